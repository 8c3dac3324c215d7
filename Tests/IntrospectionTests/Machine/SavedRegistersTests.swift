import Domain
import Foundation
import Judgement
import QMP
import TestSupport
import Testing

@testable import Introspection

/// A dump that QEMU wrote of a running guest, whose notes are changed in copies.
private struct RegisterScene {
  /// Places in QEMU's note of a processor (target/i386/arch_dump.c).
  enum Place: UInt64 {
    case version = 0
    case task = 336
    case gdt = 360
    case idt = 384
    case cr0 = 392
    case cr4 = 424
  }

  let path: String
  let guest: Guest
  /// Offsets in the file of each processor's registers.
  private let notes: [UInt64]
  private let detections: Detections
  let live: ProcessorState

  init() throws {
    let test = try TestGuest.shared()
    let monitor = try Monitor(path: test.monitor)
    path = test.folder + "/dump.elf"
    let dump = path
    live = try test.held {
      if !FileManager.default.fileExists(atPath: dump) {
        try monitor.execute("dump-guest-memory", ["paging": false, "protocol": .text("file:" + dump)], within: 120_000)
      }
      return try ProcessorState(monitor, in: LiveMachine(pid: test.process).pauseWindow(.monitor, settings: .built))
    }
    guest = try Guest(image: try MemoryImage(path: path))
    let head = try Self.head(of: path)
    let name = Array("QEMU\0\0\0\0".utf8)
    notes = head.indices.dropLast(name.count).filter { head[$0] == 0x51 && head[$0..<$0 + name.count].elementsEqual(name) }
      .map { UInt64($0 + name.count) }
    let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL.path
    detections = try Detections.load(from: try DataFolder(named: source))
  }

  private static func head(of path: String) throws -> [UInt8] {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { try? file.close() }
    return Array(try file.read(upToCount: 64 << 10) ?? Data())
  }

  /// Address of a page of zeros in the direct map.
  func heap() throws -> UInt64 {
    let page = try #require(guest.symbol("empty_zero_page").flatMap { guest.physical($0) })
    return guest.kernel.directMap &+ page
  }

  func value(_ place: Place, of processor: Int) throws -> UInt64 {
    let head = try Self.head(of: path)
    return head[Int(notes[processor] + place.rawValue)...].prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func put(_ place: Place, of processor: Int, _ value: UInt64) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.seek(toOffset: notes[processor] + place.rawValue)
    try file.write(contentsOf: Data((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }))
  }

  func judged() throws -> DetectionReport {
    let facts = try Guest(image: try MemoryImage(path: path)).integrity([.kernel, .interrupts, .processors])
    return try detections.judge(facts.document(target: "dump"))
  }

  /// What is told of the registers of the second processor, one of which was changed, and of none when it is put right again.
  func expectFound(_ place: Place, _ value: (UInt64) throws -> UInt64, _ expected: [String]) throws {
    let before = try self.value(place, of: 1)
    try put(place, of: 1, try value(before))
    let found = try judged().hits
    try put(place, of: 1, before)
    #expect(found.map { "\($0.detection.id) \($0.messageCase)" } == expected, "\(found.map(\.arguments))")
    #expect(try judged().hits.isEmpty)
  }
}

private func recipe(_ kernel: GuestRecipe.Kernel, _ processor: String) -> GuestRecipe {
  GuestRecipe {
    $0.kernel = kernel
    $0.processors = 2
    $0.processor = processor
    $0.workload = [.fork]
  }
}

private enum SavedRegisters {
  static func check() throws {
    let scene = try RegisterScene()
    let report = try scene.judged()
    #expect(report.hits.isEmpty, "\(report.hits.map { ($0.detection.id, $0.messageCase, $0.arguments) })")
    let state = try #require(scene.guest.registers)
    #expect(state.processors.count == 2 && state.isOneMoment && state.unread.isEmpty)
    for (saved, live) in zip(state.processors.map(\.processor), scene.live.processors.map(\.processor)) {
      #expect(saved.index == live.index && saved.idt == live.idt && saved.gdt == live.gdt && saved.task == live.task && saved.cr4 == live.cr4)
      #expect(saved.cr0 == live.cr0 && saved.task?.base != 0)
    }
    // What no note holds is no pass.
    func told(_ id: String) -> String? { report.unjudged.first { $0.detection.id == id }?.state }
    #expect(told("GST-020") == "notCollected" && told("GST-021") == "partial" && told("GST-012") == nil)

    let heap = try scene.heap()
    try scene.expectFound(.idt, { _ in heap }, ["GST-012 other"])
    try scene.expectFound(.gdt, { _ in heap }, ["GST-014 table"])
    try scene.expectFound(.task, { $0 &+ 0x1000 }, ["GST-014 state"])
    try scene.expectFound(.cr0, { $0 & ~(1 << 16) }, ["GST-021 writable"])
    // A processor that was never started proves nothing.
    try scene.expectFound(.cr0, { _ in 0x6000_0010 }, [])

    let version = try scene.value(.version, of: 1)
    try scene.put(.version, of: 1, version &+ 1)
    let partly = try scene.judged()
    try scene.put(.version, of: 1, version)
    #expect(partly.hits.isEmpty)
    #expect(partly.unjudged.first { $0.detection.id == "GST-012" }?.why.contains("CPU 1") == true)
  }
}

@Suite(
  "Registers in a dump of QEMU's, Linux 6.1", .serialized,
  .enabled(if: TestGuest.obstacle(.cloud) == nil, "\(TestGuest.obstacle(.cloud) ?? "")"), .guest(recipe(.cloud, "max")))
struct SavedRegistersTests {
  @Test("they are those of the monitor, a changed one is told, and an untouched dump shows no sign") func check() throws {
    try SavedRegisters.check()
  }

  @Test("a protection that the kernel had pinned is told where it is off") func pinned() throws {
    try RegisterScene().expectFound(.cr4, { $0 & ~(1 << 20) }, ["GST-021 unpinned"])
  }
}

@Suite(
  "Registers in a dump of QEMU's, Linux 6.12", .serialized,
  .enabled(if: TestGuest.obstacle(.backportCloud) == nil, "\(TestGuest.obstacle(.backportCloud) ?? "")"),
  .guest(recipe(.backportCloud, "qemu64")))
struct SavedRegistersOfNewKernelTests {
  @Test("they are those of the monitor, a changed one is told, and an untouched dump shows no sign") func check() throws {
    try SavedRegisters.check()
  }
}
