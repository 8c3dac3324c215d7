import Foundation
import QMP
import TestSupport
import Testing

@testable import Introspection

@Suite("Maps of a machine's RAM") struct MachineMapTests {
  private static func part(_ start: UInt64, _ end: UInt64, _ backend: String, _ offset: UInt64) throws -> MachineMap.Part {
    MachineMap.Part(range: try #require(PhysicalRange(start: start, count: end - start)), backend: backend, offset: offset)
  }

  @Test("the address space of memory is taken, shadowed ROM of a back end too, devices not") func flatView() throws {
    let text = """
      FlatView #0\r
       AS "I/O", root: io\r
       Root memory region: io\r
        0000000000000000-0000000000000007 (prio 0, ram): ram\r
      \r
      FlatView #1\r
       AS "memory", root: system\r
       AS "cpu-memory-0", root: system\r
       Root memory region: system\r
        0000000000000000-00000000000bffff (prio 0, ram): ram KVM\r
        00000000000c0000-00000000000dffff (prio 1, rom): pc.rom\r
        00000000000e0000-00000000000fffff (prio 0, rom): ram @00000000000e0000\r
        0000000000100000-000000007fffffff (prio 0, ram): /objects/ram @0000000000100000 KVM\r
        00000000b0000000-00000000bfffffff (prio 0, i/o): pcie-mmcfg-mmio\r
        0000000100000000-000000017fffffff (prio 0, ram): ram @0000000080000000\r
      \r
      FlatView #2\r
       AS "cpu-smm-0", root: memory\r
        0000000000000000-00000000000bffff (prio 0, ram): other\r

      """
    let map = try #require(MachineMap(flatView: text, backends: ["ram"]))
    #expect(
      map.parts == [
        try Self.part(0, 0xC0000, "ram", 0), try Self.part(0xE0000, 0x8000_0000, "ram", 0xE0000),
        try Self.part(1 << 32, 0x1_8000_0000, "ram", 0x8000_0000),
      ])
    #expect(MachineMap(flatView: text, backends: ["pc.ram"]) == nil)
  }

  @Test(
    "texts that contradict themselves give no map",
    arguments: [
      "", "FlatView #0", " AS \"memory\", root: system\n  0-0 (prio 0, ram): ram @zz",
      " AS \"memory\", root: system\n  0000-0fff (prio 0, ram): ram\n  0800-1fff (prio 0, ram): ram @800",
      " AS \"memory\", root: system\n  1000-0fff (prio 0, ram): ram",
      " AS \"memory\", root: system\n  0-ffffffffffffffff (prio 0, ram): ram",
    ])
  func hostile(_ text: String) {
    let map = MachineMap(flatView: text, backends: ["ram"])
    #expect(map == nil || text.contains("@zz"))
  }

  @Test(
    "the hole for PCI by the rules of the machine's type",
    arguments: [
      ("pc", 1, 1 << 30), ("pc", 3, 3 << 30), ("pc", 4, 3 << 30), ("pc-i440fx-7.2", 8, 3 << 30), ("q35", 1, 1 << 30), ("q35", 3, 2 << 30),
      ("pc-q35-7.2", 8, 2 << 30),
    ] as [(String, UInt64, UInt64)])
  func hole(_ machine: String, _ gibibytes: UInt64, _ low: UInt64) throws {
    let map = try #require(MachineMap(backends: [("a", gibibytes << 30)], machine: machine, limit: nil))
    #expect(map.parts.first == (try Self.part(0, low, "a", 0)))
    #expect(map.parts.count == (gibibytes << 30 > low ? 2 : 1))
    if let high = map.parts.dropFirst().first { #expect(high == (try Self.part(1 << 32, (1 << 32) + (gibibytes << 30) - low, "a", low))) }
  }

  @Test("nodes follow each other, and one of them may lie around the hole") func nodes() throws {
    let map = try #require(MachineMap(backends: [("a", 3 << 29), ("b", 5 << 29)], machine: "pc", limit: nil))
    #expect(
      map.parts == [
        try Self.part(0, 3 << 29, "a", 0), try Self.part(3 << 29, 3 << 30, "b", 0), try Self.part(1 << 32, 5 << 30, "b", 3 << 29),
      ])
    #expect(MachineMap(backends: [("a", .max), ("b", 1)], machine: "pc", limit: nil) == nil)
    #expect(MachineMap(backends: [], machine: "pc", limit: nil) == nil)
    #expect(try #require(MachineMap(backends: [("a", 4 << 30)], machine: "pc", limit: 2 << 30)).parts.first?.range.end == 2 << 30)
  }
}

@Suite("Layouts of real machines", .enabled(if: TestGuest.obstacle(nil) == nil, "qemu-system-x86_64 is not installed"))
struct RealLayoutTests {
  static let machines: [GuestRecipe] = [GuestRecipe.Machine.pc, .q35].flatMap { machine in
    [1024, 2816, 3584, 4096, 8192].map { size in
      GuestRecipe {
        $0.kernel = nil
        $0.machine = machine
        $0.memory = size
      }
    }
  }

  @Test("QEMU's own map and the one by rules agree, and no RAM is filled by looking", arguments: machines)
  func agree(_ recipe: GuestRecipe) async throws {
    let guest = try await TestGuest.boot(recipe)
    defer { guest.stop() }
    let process = try #require(QEMUProcess(pid: guest.process))
    #expect(process.memory == UInt64(recipe.memory) << 20 && process.name == "ringwall-test")
    let asked = try LiveMachine(process)
    #expect(asked.layoutSource == .monitor && asked.memory.segments.last?.range.end == asked.memory.end)
    let before = asked.memory.populated.reduce(0) { $0 + $1.count }
    #expect(before < 8 << 20, "a machine that never ran has firmware alone")
    let ruled = try #require(
      MachineMap(backends: [("ram", UInt64(recipe.memory) << 20)], machine: recipe.machine.rawValue, limit: nil))
    for part in asked.map.parts {
      let owner = try #require(ruled.parts.first { $0.range.holds(part.range.start, count: part.range.count) })
      #expect(part.offset - owner.offset == part.range.start - owner.range.start)
    }
    #expect(asked.map.parts.last?.range.end == ruled.parts.last?.range.end)
    for address in stride(from: UInt64(0), to: asked.memory.end, by: 64 << 20) { _ = asked.memory.u64(address) }
    asked.memory.refresh()
    #expect(asked.memory.populated.reduce(0) { $0 + $1.count } == before)
  }

  @Test("nodes with back ends of one size are told apart, with and without the monitor", arguments: [GuestRecipe.Backing.memfd, .file])
  func nodes(_ backing: GuestRecipe.Backing) async throws {
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.machine = .pc
        $0.memory = 256
        $0.processors = 2
        $0.nodes = [128, 128]
        $0.backing = backing
      })
    defer { guest.stop() }
    let machine = try LiveMachine(pid: guest.process)
    #expect(machine.map.parts.map(\.backend).contains("ram0") && machine.map.parts.map(\.backend).contains("ram1"))
    let monitor = try #require(machine.monitor)
    let without = try RAMBackends(machine.process, monitor: nil)
    #expect(without.mappings == machine.files)
    #expect(without.map.parts.map(\.range) == machine.map.parts.map(\.range))
    #expect(without.map.parts.map(\.backend) == machine.map.parts.map(\.backend))
    #expect(Set(machine.files.values.map(\.inode)).count == 2)
    // What QEMU itself reads at some places of both nodes, while the guest stands still.
    try guest.held {
      var same = 0
      for address in stride(from: UInt64(16 << 20), to: 256 << 20, by: 4 << 20) where machine.memory.isPopulated(address) {
        let words = try monitor.human("xp /1gx 0x" + String(address, radix: 16)).split(whereSeparator: \.isWhitespace)
        let value = try #require(words.last.flatMap { UInt64($0.dropFirst(2), radix: 16) })
        #expect(machine.memory.u64(address) == value)
        if value != 0 { same += 1 }
      }
      #expect(same > 4)
    }
  }

  @Test("private RAM is refused with the option that is missing", arguments: [GuestRecipe.Backing.anonymous])
  func privateMemory(_ backing: GuestRecipe.Backing) async throws {
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.kernel = nil
        $0.backing = backing
      })
    defer { guest.stop() }
    let error = #expect(throws: MachineError.self) { try LiveMachine(pid: guest.process) }
    #expect(
      error?.description.contains("start it with -object memory-backend-memfd,id=ram,size=256M,share=on, in libvirt") == true
        && error?.description.contains("<access mode='shared'/>") == true, "\(String(describing: error))")
    #expect(QEMUProcess(pid: guest.process)?.access == .private)
  }

  @Test(
    "huge pages are read where all are allocated, and refused where reading would allocate them",
    .enabled(if: RealLayoutTests.hasHugePages, "no 80 huge pages are reserved (vm.nr_hugepages)"), arguments: [true, false])
  func hugePages(_ isAllocated: Bool) async throws {
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.kernel = nil
        $0.backing = .anonymous
        $0.memory = 64
        $0.arguments = [
          "-object", "memory-backend-memfd,id=huge,size=64M,share=on,hugetlb=on,hugetlbsize=2M,prealloc=\(isAllocated ? "on" : "off")",
          "-machine", "memory-backend=huge",
        ]
      })
    defer { guest.stop() }
    if isAllocated {
      #expect(try LiveMachine(pid: guest.process).memory.count > 63 << 20)
    } else {
      let error = #expect(throws: MachineError.self) { try LiveMachine(pid: guest.process) }
      #expect(error?.description.contains("prealloc=on") == true)
    }
  }

  static let hasHugePages: Bool = {
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("HugePages_Free:") }
    return (line?.split(separator: " ").last.flatMap { Int($0) } ?? 0) >= 80
  }()

  @Test("a file that QEMU maps privately is private RAM") func privateFile() async throws {
    let file = "/dev/shm/ringwall-private-\(UInt32.random(in: 0 ... .max))"
    let guest = try await TestGuest.boot(
      GuestRecipe {
        $0.kernel = nil
        $0.backing = .anonymous
        $0.memory = 64
        $0.arguments = ["-object", "memory-backend-file,id=spare,size=64M,mem-path=\(file)", "-machine", "memory-backend=spare"]
      })
    defer {
      guest.stop()
      unsafe unlink(file)
    }
    #expect(throws: MachineError.self) { try LiveMachine(pid: guest.process) }
    #expect(QEMUProcess(pid: guest.process)?.access == .private)
  }
}

@Suite("RAM that others can map, as a command line would have it") struct ShareableRAMTests {
  private func wanted(_ arguments: String) -> ShareableRAM {
    let files = ProcessFiles(pid: getpid())
    let words = arguments.split(separator: " ").map(String.init)
    return ShareableRAM(QEMUProcess(pid: getpid(), startTime: 0, arguments: words, files: files))
  }

  @Test("a machine without back ends is given one; one that has some is told which of them to share") func options() {
    #expect(wanted("-m 1G").options == "-object memory-backend-memfd,id=ram,size=1G,share=on -machine memory-backend=ram")
    let path = wanted("-m 96 -mem-path /dev/shm")
    #expect(path.options == "-object memory-backend-file,id=ram,size=96M,mem-path=/dev/shm,share=on -machine memory-backend=ram")
    #expect(path.replacesPath && !wanted("-m 1G").replacesPath)
    let file = wanted("-object memory-backend-file,id=pc,size=1G,mem-path=/dev/shm -machine q35,memory-backend=pc")
    #expect(file.options == "-object memory-backend-file,id=pc,size=1G,mem-path=/dev/shm,share=on")
    let nodes = wanted(
      "-object memory-backend-memfd,id=r0,size=256M,share=on -object memory-backend-ram,id=r1,size=768M "
        + "-numa node,memdev=r0 -numa node,memdev=r1")
    #expect(nodes.options == "-object memory-backend-memfd,id=r1,size=768M,share=on")
  }
}
