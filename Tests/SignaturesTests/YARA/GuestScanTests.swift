import Domain
import Foundation
import Introspection
import Signatures
import TestSupport
import Testing

/// Marks that a guest's own programs put into its memory, found from outside with whose they are.
enum GuestMarks {
  /// Texts are put together in the guest, so that no command line that was typed holds one.
  static let rules = #"""
    rule environment { strings: $a = "MARK=Needle_InEnvironment_7719" condition: $a }
    rule file { strings: $a = "Needle_InFile_4410" condition: $a }
    rule banner { strings: $a = "Linux version 6." condition: $a }
    rule absent { strings: $a = "Needle_Nowhere_1" condition: $a }
    """#

  /// Leaves the marks in a guest; the id of the process that carries one.
  static func leave(in guest: TestGuest) throws -> Int32 {
    try guest.run("echo Needle_In''File_4410 > /tmp/marked; cat /tmp/marked > /dev/null")
    let start = "A=Needle_InEnv; env MARK=${A}ironment_7719 sleep 1000 < /dev/null > /dev/null 2>&1 & P=$!"
    let answer = try guest.run(#"\#(start); until [ "$(cat /proc/$P/comm)" = sleep ]; do :; done; echo $P"#)
    return try #require(answer.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) })
  }

  static func check(_ image: String, pid: Int32) throws {
    let guest = try Guest(image: try MemoryImage(path: image))
    let result = try MemoryScan(try RuleSet(text: rules), limits: ScanLimits(threads: 2)).scan(guest.memory)
    #expect(result.isComplete && result.gaps == [])
    try #require(result.matches.map(\.rule.name) == ["environment", "file", "banner"], "\(guest.kernel)")
    let owners = try guest.owners(of: result.addresses)
    #expect(owners.inconsistencies.isEmpty)
    func all(_ rule: Int) -> [(place: MatchString, owner: PageOwner)] {
      result.matches[rule].strings.flatMap { place in (owners.owners(of: place.offset) ?? []).map { (place, $0) } }
    }

    // The environment lies on the stack of the process, at the address that its own page tables tell.
    let carried = all(0).filter { $0.owner.pid == pid }
    let own = try #require(carried.first { $0.owner.mapping?.use == "[stack]" }, "\(guest.kernel): \(all(0))")
    #expect(own.owner.kind == .process && own.owner.name == "sleep")
    let mapping = try #require(own.owner.mapping)
    #expect(mapping.permissions.hasPrefix("rw") && mapping.file == nil)
    let virtual = try #require(own.owner.virtual(of: own.place.offset))
    #expect(mapping.start <= virtual && virtual < mapping.end)
    let process = try #require(try guest.processes().processes.first { $0.pid == pid })
    let space = try #require(process.mm.flatMap(guest.space(ofProcess:)))
    let read = guest.bytes(virtual, count: own.place.length, in: space).map { String(decoding: $0, as: UTF8.self) }
    #expect(read == "MARK=Needle_InEnvironment_7719")

    // The file is in the page cache, and no process maps it.
    #expect(all(1).contains { $0.owner.kind == .pageCache && $0.owner.file == "/tmp/marked" }, "\(guest.kernel): \(all(1))")
    // The kernel tells its version in its own image.
    #expect(all(2).contains { $0.owner.kind == .kernelImage })
    #expect(all(2).allSatisfy { $0.owner.kind != .unknown })

    // A program's text is mapped from its file, readable and executable.
    let areas = try guest.mappings(of: try #require(process.mm))
    #expect(areas.inconsistency == nil)
    #expect(areas.mappings.contains { $0.isExecutable && !$0.isWritable && $0.file?.hasSuffix("busybox") == true })
    #expect(zip(areas.mappings, areas.mappings.dropFirst()).allSatisfy { $0.end <= $1.start })
  }
}

@Suite(
  "Scans of a guest with Linux 6.1", .enabled(if: TestGuest.obstacle(.cloud) == nil, "no test guest"),
  .guest(GuestRecipe { $0.memory = 192 }))
struct GuestScanTests {
  @Test("marks are found with whose they are") func marks() throws {
    let guest = try TestGuest.shared()
    let pid = try GuestMarks.leave(in: guest)
    defer { _ = try? guest.run("kill \(pid); rm /tmp/marked") }
    try GuestMarks.check(try guest.ramImage(named: "marks.raw"), pid: pid)
  }

  @Test("a running guest is scanned in place: no hole is filled and nothing shipped holds") func inPlace() throws {
    let guest = try TestGuest.shared()
    let path = try guest.ramFiles()[0]
    let memory = try MemoryImage(path: path).memory()
    func blocks() throws -> Int {
      var status = stat()
      #expect(unsafe stat(path, &status) == 0)
      return Int(status.st_blocks)
    }
    let result = try guest.held {
      let before = try blocks()
      let result = try MemoryScan(try ShippedRulesTests.rules.get(), limits: ScanLimits(threads: 2)).scan(memory)
      #expect(try blocks() == before)
      return result
    }
    #expect(result.isComplete && result.matches.map(\.rule.name) == [])
    #expect(result.scanned + result.zeros < 192 << 20)
  }

  @Test("a hit in a page that several processes map is told as each one's, at each one's address") func shared() throws {
    let live = try TestGuest.shared()
    let start = "sleep 1003 < /dev/null > /dev/null 2>&1 & P=$!"
    let pids = try (0..<2).map { _ in
      let answer = try live.run(#"\#(start); until [ "$(cat /proc/$P/comm)" = sleep ]; do :; done; echo $P"#)
      return try #require(answer.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) })
    }
    defer { _ = try? live.run("kill \(pids[0]) \(pids[1])") }
    let guest = try Guest(image: try MemoryImage(path: try live.ramImage(named: "shared.raw")))
    let found = try guest.processes().processes.filter { pids.contains($0.pid) }
    try #require(found.count == 2)
    let processes = try found.map { process in
      let mm = try #require(process.mm)
      let text = try #require(try guest.mappings(of: mm).mappings.first { $0.isExecutable && $0.file?.hasSuffix("busybox") == true })
      return (pid: process.pid, space: try #require(guest.space(ofProcess: mm)), text: text)
    }
    // A page of the program that both have in their page tables, and 32 bytes of it.
    let (first, second) = (processes[0], processes[1])
    var hit: (offset: UInt64, physical: UInt64, bytes: [UInt8])?
    for offset in stride(from: 0, to: first.text.end - first.text.start, by: 4096) where hit == nil {
      guard let physical = first.space.translate(first.text.start + offset), second.space.translate(second.text.start + offset) == physical,
        let bytes = guest.memory.bytes(physical + 64, count: 32), Set(bytes).count > 12
      else { continue }
      hit = (offset + 64, physical + 64, bytes)
    }
    let (offset, physical, bytes) = try #require(hit)
    let pattern = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    let result = try MemoryScan(try RuleSet(text: "rule shared { strings: $a = { \(pattern) } condition: $a }")).scan(guest.memory)
    #expect(result.addresses.contains(physical) && result.matches[0].strings.allSatisfy { $0.context == nil })
    let owners = try #require(try guest.owners(of: result.addresses).owners(of: physical))
    for process in processes {
      let owner = try #require(owners.first { $0.pid == process.pid }, "\(owners)")
      #expect(owner.kind == .process && owner.virtual(of: physical) == process.text.start + offset)
      #expect(owner.mapping?.file?.hasSuffix("busybox") == true && owner.mapping?.start == process.text.start)
    }
  }

  @Test("a page that no process maps and nobody holds is told as such") func others() throws {
    let guest = try Guest(image: try MemoryImage(path: try TestGuest.shared().ramImage(named: "others.raw")))
    // The first pages of the kernel's text, one of its data, and an address that is no memory.
    let text = try #require(guest.symbol("_text").flatMap(guest.physical))
    let task = try #require(guest.symbol("init_task").flatMap(guest.physical))
    let owners = try guest.owners(of: [text, task, 0xFFFF_0000_0000])
    #expect(owners.owners(of: text)?.map(\.kind) == [.kernelImage])
    #expect(owners.owners(of: text)?.first?.virtual == guest.symbol("_text"))
    #expect(owners.owners(of: task)?.map(\.kind) == [.kernelImage])
    #expect(owners.owners(of: 0xFFFF_0000_0000)?.map(\.kind) == [.unknown])
    #expect(owners.owners(of: 0x1000_0000_0000) == nil)
    // All pages at once: every one has an owner, and free ones are among them.
    let pages = guest.memory.populated.flatMap { stride(from: $0.start, to: $0.end, by: 4096) }
    let all = try guest.owners(of: pages)
    #expect(all.byPage.count == Set(pages).count)
    let kinds = all.byPage.values.reduce(into: [PageOwner.Kind: Int]()) { $0[$1[0].kind, default: 0] += 1 }
    #expect((kinds[.pageCache] ?? 0) > 0 && (kinds[.free] ?? 0) > 0, "\(kinds)")
    #expect((kinds[.process] ?? 0) > 100 && (kinds[.kernel] ?? 0) > 1000, "\(kinds)")
  }
}

@Suite(
  "Scans of a guest with Linux 6.12", .enabled(if: TestGuest.obstacle(.backportCloud) == nil, "no test guest"),
  .guest(
    GuestRecipe {
      $0.kernel = .backportCloud
      $0.memory = 256
    }))
struct NewGuestScanTests {
  @Test("marks are found with whose they are") func marks() throws {
    let guest = try TestGuest.shared()
    let pid = try GuestMarks.leave(in: guest)
    try GuestMarks.check(try guest.ramImage(named: "marks.raw"), pid: pid)
  }
}
