import Foundation
import Introspection
import TestSupport
import Testing

/// What each view must say of a guest whose own answers are known.
enum KnownAnswers {
  static func modules(_ known: KnownGuest) throws {
    let list = try known.guest.modules()
    let expected = known.lines("modules").map { "\($0[0]) \($0[1]) \($0[2]) \($0[5])" }.sorted()
    #expect(!expected.isEmpty)
    let found = list.modules.map { "\($0.name) \($0.size) \($0.uses ?? -1) 0x\(String($0.base ?? 0, radix: 16))" }
    #expect(found.sorted() == expected)
    #expect(list.modules.allSatisfy { $0.state == .live })
    #expect(list.sources == [.list, .kset, .tree])
    #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
  }

  static func mounts(_ known: KnownGuest) throws {
    let list = try known.guest.mounts()
    let first = try #require(list.namespaces.first { $0.processes.contains(1) })
    // id, parent, device, root, point, options, "-", type, source
    let expected = known.lines("mounts").map { words -> String in
      let dash = words.firstIndex(of: "-") ?? 0
      return "\(words[0]) \(words[2]) \(words[3]) \(words[4]) \(words[dash + 1]) \(words[dash + 2])"
    }
    #expect(expected.contains { $0.hasSuffix("/mnt/known tmpfs known-tmpfs") })
    let found = first.mounts.map { "\($0.id) \($0.device) \($0.root ?? "?") \($0.point ?? "?") \($0.type) \($0.source)" }
    // /proc/1/mountinfo leaves out what lies above a process's root.
    #expect(Set(found).isSuperset(of: expected) && found.count <= expected.count + 1)
    let own = try #require(first.mounts.first { $0.point == "/mnt/bound" })
    #expect(own.root == "/sub" && Set(own.flags).isSuperset(of: ["nosuid", "nodev", "noexec"]))
    #expect(list.namespaces.count >= 3)
    #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
  }

  static func files(_ known: KnownGuest) throws {
    let list = try known.guest.openFiles()
    #expect(list.inconsistencies.isEmpty)
    let pid = try #require(known.lines("files").first?.first.flatMap { Int32($0) })
    let own = list.files.filter { $0.pid == pid }
    #expect(own.map(\.descriptor) == [0, 1, 2, 7, 8])
    let gone = try #require(own.first { $0.descriptor == 7 })
    #expect(gone.path == "/mnt/known/gone.txt" && gone.isDeleted && gone.size == 5 && gone.access == "r" && gone.kind == .file)
    let deep = try #require(own.first { $0.descriptor == 8 })
    #expect(deep.path == "/mnt/known/sub/deep/file.txt" && !deep.isDeleted && deep.access == "wa")
    #expect(try known.guest.openFiles(of: pid).files == own)
  }

  static func sockets(_ known: KnownGuest) throws {
    let list = try known.guest.sockets()
    #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
    // sl, local, remote, state, ..., inode as the tenth word of IP sockets.
    let rows = known.lines("sockets").filter { $0.count > 9 && $0[0].hasSuffix(":") }
    let expected = Set(rows.compactMap { UInt64($0[9]) }.filter { $0 != 0 })
    let ip = list.sockets.filter { ($0.family == .inet || $0.family == .inet6) && $0.inode != nil }
    #expect(expected.count >= 5 && Set(ip.compactMap(\.inode)) == expected)
    let listener = try #require(ip.first { $0.local?.description == "127.0.0.1:8080" })
    #expect(listener.state == .listening && listener.protocolName == "tcp" && listener.holders.map(\.process) == ["httpd"])
    let six = try #require(ip.first { $0.local?.description == "[::]:4444" })
    #expect(six.state == .listening && six.holders.map(\.process) == ["nc"])
    let client = try #require(ip.first { $0.remote?.description == "127.0.0.1:7777" })
    #expect(client.state == .established && client.remote?.port == 7777)
    let own = try #require(list.sockets.first { $0.family == .unix && $0.local?.address == "/dev/log" })
    #expect(own.holders.map(\.process) == ["syslogd"] && own.type == "dgram")
    #expect(list.sockets.contains { $0.family == .netlink && $0.local?.address == "generic" })
  }

  static func bpf(_ known: KnownGuest) throws {
    let list = try known.guest.bpf()
    #expect(list.hidden.isEmpty && list.inconsistencies.isEmpty)
    guard let text = known.answers["bpf"] else { return }
    let program = try #require(list.programs.first { $0.name == "held_prog" })
    #expect(text.contains("prog_tag:\t\(program.tag)\n") && text.contains("prog_id:\t\(program.id)\n"))
    #expect(program.type == "socket_filter" && program.holders.map(\.descriptor) == [4] && program.uid == 0)
    let map = try #require(list.maps.first { $0.name == "held_map" })
    #expect(map.type == "array" && map.keySize == 4 && map.valueSize == 8 && map.entries == 3 && map.holders.map(\.process) == ["hold"])
  }

  static func log(_ known: KnownGuest) throws {
    let log = try known.guest.log()
    #expect(log.inconsistencies.isEmpty)
    let line = try #require(log.records.last { $0.text == "ringwall known line" })
    #expect(line.level == 4 && line.facility == 1 && line.time > 0)
    let found = Set(log.records.flatMap { ($0.text ?? "").split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") } })
    let expected = (known.answers["log"] ?? "").split(separator: "\n").compactMap { line in
      line.range(of: "] ").map { line[$0.upperBound...].split(separator: " ").joined(separator: " ") }
    }
    #expect(expected.count > 100)
    #expect(expected.filter { !found.contains($0) } == [])
  }

  static func maps(_ known: KnownGuest) throws {
    let process = try #require(try known.guest.processes().processes.first { $0.pid == 1 })
    let found = try known.guest.mappings(of: try #require(process.mm))
    #expect(found.inconsistency == nil)
    let expected = known.lines("maps").map { "\($0[0]) \($0[1])" }.filter { !$0.hasPrefix("ffffffff") }
    #expect(found.mappings.map { "\(padded($0.start))-\(padded($0.end)) \($0.permissions)" } == expected)
  }

  private static func padded(_ address: UInt64) -> String {
    let text = String(address, radix: 16)
    return String(repeating: "0", count: max(0, 8 - text.count)) + text
  }

  static func all(_ known: KnownGuest) throws {
    try modules(known)
    try mounts(known)
    try files(known)
    try sockets(known)
    try bpf(known)
    try log(known)
    try maps(known)
  }
}

@Suite(
  "Views of a guest with Linux 6.1", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(KnownGuest.recipe(.cloud, ["no5lvl"])))
struct KnownAnswerTests {
  @Test("agree with what the guest says itself, and tell nothing as hidden") func answers() throws {
    try KnownAnswers.all(try KnownGuest.shared())
  }
}

@Suite(
  "Views of a guest with Linux 6.12", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(KnownGuest.recipe(.backportCloud)))
struct KnownAnswerOfNewKernelTests {
  @Test("agree with what the guest says itself, and tell nothing as hidden") func answers() throws {
    try KnownAnswers.all(try KnownGuest.shared())
  }
}
