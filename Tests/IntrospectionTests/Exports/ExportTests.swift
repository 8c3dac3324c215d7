import Foundation
import Introspection
import TestSupport
import Testing

/// Volatility 3 of PyPI, in an environment beside the build.
private enum Volatility {
  private static let environment = PythonEnvironment("volatility", packages: ["volatility3==2.28.2"], modules: ["volatility3"])

  /// Why it cannot be had; nil where it is there.
  static var problem: String? { environment.problem }

  /// Rows of a plugin.
  static func rows(_ plugin: String, image: String, symbols: String) throws -> [[String: Any]] {
    let cache = symbols + "-cache"
    try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    let answer = try HostProgram.output(
      environment.python,
      ["-W", "ignore", environment.folder + "/bin/vol", "-q", "--offline", "--cache-path", cache, "-r", "json", "-f", image, "-s", symbols, plugin])
    guard let start = answer.firstIndex(of: "[") else { return [] }
    return try JSONSerialization.jsonObject(with: Data(answer[start...].utf8)) as? [[String: Any]] ?? []
  }
}

@Suite(
  "Exports of a guest", .enabled(if: TestGuest.obstacle() == nil, "\(TestGuest.obstacle() ?? "")"),
  .guest(KnownGuest.recipe(.cloud, ["no5lvl"])))
struct ExportTests {
  private func symbolFile(_ guest: Guest, in folder: String) throws -> String {
    try FileManager.default.createDirectory(atPath: folder + "/linux", withIntermediateDirectories: true)
    var bytes: [UInt8] = []
    try SymbolFile(guest).write(version: "0") { bytes += $0 }
    let path = folder + "/linux/guest.json"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("the symbol file is JSON whose offsets are those of the kernel") func symbols() throws {
    let known = try KnownGuest.shared()
    let path = try symbolFile(known.guest, in: known.booted.folder + "/symbols-plain")
    let file = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    let types = try #require(file["user_types"] as? [String: [String: Any]])
    let fields = try #require(types["task_struct"]?["fields"] as? [String: [String: Any]])
    #expect(fields["tasks"]?["offset"] as? UInt64 == known.guest.kernel.offset("task_struct", "tasks"))
    let symbols = try #require(file["symbols"] as? [String: [String: Any]])
    #expect(symbols["_text"]?["address"] as? UInt64 == 0xFFFF_FFFF_8100_0000)
    let banner = try #require((symbols["linux_banner"]?["constant_data"] as? String).flatMap { Data(base64Encoded: $0) })
    #expect(String(decoding: banner, as: UTF8.self) == known.guest.kernel.banner + "\n\0")
  }

  @Test("Volatility 3 lists the same processes by it", .enabled(if: Volatility.problem == nil, "\(Volatility.problem ?? "")"))
  func volatility() throws {
    let known = try KnownGuest.shared()
    let folder = known.booted.folder + "/symbols"
    _ = try symbolFile(known.guest, in: folder)
    let rows = try Volatility.rows("linux.pslist", image: known.image, symbols: folder)
    let theirs = rows.map { "\($0["PID"] ?? "") \($0["PPID"] ?? "") \($0["COMM"] ?? "") \($0["UID"] ?? "") \($0["OFFSET (V)"] ?? "")" }
    // Volatility leaves the upper 16 bits of an address out.
    let ours = try known.guest.processes().processes.filter { $0.pid != 0 }.map {
      "\($0.pid) \($0.parent ?? -1) \($0.name) \($0.credentials?.uid ?? .max) \($0.address & 0xFFFF_FFFF_FFFF)"
    }
    #expect(ours.count > 40 && theirs.sorted() == ours.sorted())
  }

  @Test("Volatility 3 lists the same modules by it", .enabled(if: Volatility.problem == nil, "\(Volatility.problem ?? "")"))
  func modules() throws {
    let known = try KnownGuest.shared()
    let folder = known.booted.folder + "/symbols-modules"
    _ = try symbolFile(known.guest, in: folder)
    let rows = try Volatility.rows("linux.lsmod", image: known.image, symbols: folder)
    let theirs = rows.map { row in
      let taints = (row["Taints"] as? String ?? "").split(separator: ",").count
      return "\(row["Module Name"] ?? "") \(row["Offset"] ?? "") \(taints)"
    }
    let ours = try known.guest.modules().modules.map { "\($0.name) \($0.address & 0xFFFF_FFFF_FFFF) \($0.taints.count)" }
    #expect(ours.count > 1 && theirs.sorted() == ours.sorted())
  }

  @Test("Volatility 3 lists the same sockets by it", .enabled(if: Volatility.problem == nil, "\(Volatility.problem ?? "")"))
  func sockets() throws {
    let known = try KnownGuest.shared()
    let folder = known.booted.folder + "/symbols-sockets"
    _ = try symbolFile(known.guest, in: folder)
    let rows = try Volatility.rows("linux.sockstat", image: known.image, symbols: folder)
    let theirs = rows.map { row in
      let offset = (row["Sock Offset"] as? UInt64 ?? 0) & 0xFFFF_FFFF_FFFF
      // It lists the sockets of each thread; threads of a process share them.
      return "\(row["PID"] ?? row["TID"] ?? "") \(row["FD"] ?? "") \(String(offset, radix: 16))"
    }
    let ours = try known.guest.sockets().sockets.flatMap { socket in
      socket.holders.map { "\($0.pid) \($0.descriptor) \(String(socket.address & 0xFFFF_FFFF_FFFF, radix: 16))" }
    }
    #expect(ours.count > 1 && Set(theirs) == Set(ours))
  }

  @Test("the symbol file calls no build id a SHA-256") func label() throws {
    let known = try KnownGuest.shared()
    var bytes: [UInt8] = []
    try SymbolFile(known.guest).write(version: "0") { bytes += $0 }
    let start = String(decoding: bytes.prefix(2048), as: UTF8.self)
    let id = try #require(known.guest.kernel.buildID)
    #expect(!start.contains("sha256") && start.contains("build id \(id)"))
  }

  @Test("a dump of each format is read like the memory itself, and holes stay holes", arguments: [MemoryImage.Format.raw, .elfCore, .lime])
  func dump(_ format: MemoryImage.Format) throws {
    let known = try KnownGuest.shared()
    let path = known.booted.folder + "/dump." + format.rawValue
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    try #require(descriptor >= 0)
    defer {
      close(descriptor)
      unsafe unlink(path)
    }
    let dump = MemoryDump(known.guest.memory, format: format, information: known.guest.coreInformation())
    var last: (UInt64, UInt64) = (0, 0)
    try dump.write(to: descriptor) { last = ($0, $1) }
    #expect(last.0 == last.1 && last.0 > 32 << 20)
    let image = try MemoryImage(path: path)
    #expect(image.format == format && (format == .elfCore) == !image.information.isEmpty)
    let guest = try Guest(image: image)
    #expect(guest.memory.count == known.guest.memory.count)
    #expect(try guest.processes().processes.map(\.address) == known.guest.processes().processes.map(\.address))
    for address in stride(from: UInt64(0x100_0000), to: known.guest.memory.count, by: 0x1F_F123)
    where known.guest.memory.isPopulated(address) {
      #expect(guest.memory.bytes(address, count: 64) == known.guest.memory.bytes(address, count: 64))
    }
    let filled = guest.memory.populated.reduce(0) { $0 + $1.count }
    #expect(filled < last.0 + 64 << 12 + 1 << 20)
  }
}
