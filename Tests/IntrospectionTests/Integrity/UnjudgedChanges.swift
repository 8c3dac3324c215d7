import Domain
import Foundation
import Introspection
import Judgement
import Testing

/// What proves nothing and must not pass for nothing: detections and the state that they are told in, as "GST-078 partial".
extension Change {
  static let unjudged: [Change] = [
    Change("a mapping out of the list with the lock held", ["GST-078 unreadable"], [.executable]) {
      try $0.unlistStack(of: try $0.victim())
      try $0.holdMappings(of: try $0.victim())
    },
    Change("a stack that can be executed with the lock held", ["GST-078 unreadable"], [.executable]) {
      let place = try $0.userEntry(of: try $0.victim()) + 7
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) & 0x7F])
      try $0.holdMappings(of: try $0.victim())
    },
    Change("a tree of mappings that contradicts itself with the lock held", ["GST-078 partial", "GST-079 partial"], [.executable]) {
      try $0.breakMappings(of: try $0.victim())
      try $0.holdMappings(of: try $0.victim())
    },
    Change("two trees of mappings that contradict themselves with the lock held", ["GST-078 partial", "GST-079 partial"], [.executable]) {
      for user in [1000, 0] as [UInt32] {
        try $0.breakMappings(of: try $0.sleeper(user: user))
        try $0.holdMappings(of: try $0.sleeper(user: user))
      }
    },
  ]

  /// Of an image; and of shared code, which is read in a moment.
  static let unread: [Change] = [
    Change(
      "a tree of mappings that contradicts itself, of which nobody holds the lock", ["GST-078 unreadable", "GST-079 partial"], [.executable]
    ) {
      try $0.breakMappings(of: try $0.victim())
    },
    Change("shared code that is no program", ["GST-079 partial"], [.executable]) {
      try $0.write(try $0.sharedFunction().data, [UInt8](repeating: 0, count: 6))
    },
    Change("shared code of an odd length", ["GST-079 partial"], [.executable]) {
      let place = try $0.symbol("vdso_image_64") &+ $0.offset("vdso_image", "size")
      try $0.write(place, try $0.pointer(place) &+ 1)
    },
    Change("a process without shared code", ["GST-079 partial"], [.executable]) {
      for area in try $0.sharedAreas(of: try $0.victim()) {
        try $0.write(area &+ $0.offset("vm_area_struct", "vm_private_data"), UInt64(0))
      }
    },
  ]
}

extension GuestEditor {
  /// Lets somebody hold the lock under which a process's mappings are changed, as a reader.
  func holdMappings(of process: Introspection.Process) throws {
    guard let mm = process.mm else { throw Impossible(description: "the process has no memory") }
    try write(mm &+ offset("mm_struct", "mmap_lock") &+ offset("rw_semaphore", "count"), UInt64(0x100))
  }

  /// Lets the tree of a process's mappings lead to a node in no memory.
  func breakMappings(of process: Introspection.Process) throws {
    guard let mm = process.mm else { throw Impossible(description: "the process has no memory") }
    try write(mm &+ offset("mm_struct", "mm_mt") &+ offset("maple_tree", "ma_root"), 0xFFFF_FF00_0000_0000 | 0x1E as UInt64)
  }

  /// Mappings of the kernel's shared code in a process.
  func sharedAreas(of process: Introspection.Process) throws -> [UInt64] {
    guard let mm = process.mm else { throw Impossible(description: "the process has no memory") }
    let mapping = try symbol("vdso_mapping")
    let owner = try offset("vm_area_struct", "vm_private_data")
    return guest.mapleTree(mm &+ (try offset("mm_struct", "mm_mt")), structure: "mm_mt").entries.map(\.entry)
      .filter { guest.u64($0 &+ owner) == mapping }
  }
}

extension IntegrityScene {
  /// What is told as not judged, of an image and of a running guest alike, and as no sign of either.
  func expectUnjudged(_ change: Change, alsoRunning: Bool) throws {
    try locked {
      let running = try running()
      func states(_ guest: Guest) throws -> Set<String> {
        guest.memory.refresh()
        let document = try guest.integrity(change.facts).document(target: "image")
        let report = try detections.judge(document)
        let told = report.hits.map { ($0.detection.id, $0.messageCase, $0.arguments) }
        #expect(told.isEmpty, "\(told)")
        let unjudged = report.unjudged.filter { ["partial", "unreadable"].contains($0.state) && document["facts"]?[$0.fact] != nil }
        return Set(unjudged.map { "\($0.detection.id) \($0.state)" })
      }
      for guest in [editor.guest] + (alsoRunning ? [running] : []) {
        #expect(try editor.with({ try change.apply(editor) }, { try states(guest) }) == change.detections)
      }
      #expect(try states(editor.guest).isEmpty)
    }
  }

  /// The image, read as the memory of a guest that runs.
  func running() throws -> Guest {
    let descriptor = unsafe open(editor.path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let size = UInt64(lseek(descriptor, 0, SEEK_END))
    let range = try #require(PhysicalRange(start: 0, count: size))
    return try Guest(memory: try PhysicalMemory(segments: [(descriptor, 0, range)], path: editor.path, isRunning: true))
  }
}
