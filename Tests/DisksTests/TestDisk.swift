import Crypto
import Disks
import Foundation
import QMP
import TestSupport

/// A folder for images, removed with its last user.
final class DiskFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/ringwall-disk-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// An empty sparse image.
  func image(_ name: String, mebibytes: Int) throws -> String {
    let path = file(name)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: UInt64(mebibytes) << 20)
    try handle.close()
    return path
  }
}

enum TestDisk {
  struct Failure: Error, CustomStringConvertible { let description: String }

  /// The program for what touches a disk, as it was built.
  static let worker = built(WorkerProgram.name)
  /// The program that people start.
  static let program = built("ringwall")

  private static func built(_ name: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
  }

  static func path(of program: String) -> String? { HostProgram.path(of: program) }

  /// What is not installed, as the reason of a skip; nil where all is there.
  static func missing(_ programs: String...) -> String? {
    programs.first { path(of: $0) == nil }.map { "\($0) is not installed" }
  }

  /// What a program prints; what it exits with other than 0 is thrown, with its message.
  @discardableResult
  static func run(_ program: String, _ arguments: [String], in folder: String? = nil) throws -> String {
    let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC0", "MTOOLS_SKIP_CHECK": "1"]
    let ended = try HostProgram.run(program, arguments, in: folder, environment: environment)
    guard ended.status == 0 else {
      throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(ended.status): \(ended.output.suffix(500))")
    }
    return ended.output
  }

  /// A tree with what is hard to get right; the same bytes every time.
  static func makeTree(_ root: String) throws {
    let files = FileManager.default
    for folder in ["a/b/c", "empty", "名字"] { try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true) }
    func put(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(name)")) }
    try put("hello", Array("hello\n".utf8))
    try put("nothing", [])
    try put("block", pattern(4096, seed: 1))
    try put("large", pattern(3_000_001, seed: 2))
    try put("a/b/c/deep", pattern(70_000, seed: 3))
    try put("名字/文件", pattern(10, seed: 4))
    for index in 0..<300 { try put("a/file\(index)", pattern(index * 37, seed: UInt64(index))) }
  }

  /// What only Linux's own file systems hold.
  static func addLinks(_ root: String) throws {
    let files = FileManager.default
    try files.createSymbolicLink(atPath: "\(root)/short", withDestinationPath: "../hello")
    try files.createSymbolicLink(atPath: "\(root)/long", withDestinationPath: String(repeating: "long/", count: 40) + "target")
    try files.linkItem(atPath: "\(root)/large", toPath: "\(root)/hard")
    try run("truncate", ["-s", "20M", "\(root)/sparse"])
    try run("sh", ["-c", "printf end | dd of=\(root)/sparse bs=1 seek=9000000 conv=notrunc 2>/dev/null"])
    try files.setAttributes([.posixPermissions: 0o4750], ofItemAtPath: "\(root)/hello")
  }

  static func pattern(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix(seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// SHA-256 of every regular file of a tree by its path, as the host's own program says it.
  static func digests(of root: String) throws -> [String: String] {
    let text = try run("sh", ["-c", "find . -type f -print0 | xargs -0 sha256sum"], in: root)
    var result: [String: String] = [:]
    for line in text.split(separator: "\n") {
      result[String(line.dropFirst(64 + 4))] = String(line.prefix(64))
    }
    return result
  }

  /// Everything that one reading yields, by the confined process.
  static func records(_ image: DiskImage, _ work: DiskWork = .manifest, volume: Int? = nil, rules: [String] = []) throws -> [DiskRecord] {
    let disk = try image.open(worker: worker)
    let reading = try disk.read(work, volume: volume, rules: rules, worker: worker)
    var records: [DiskRecord] = []
    while let record = try reading.next() { records.append(record) }
    return records
  }

  static func records(_ path: String, _ work: DiskWork = .manifest, volume: Int? = nil) throws -> [DiskRecord] {
    try records(DiskImage(path: path), work, volume: volume)
  }

  static func entries(_ records: [DiskRecord]) -> [String: DiskEntry] {
    var result: [String: DiskEntry] = [:]
    for case .entry(let entry) in records {
      result[String(decoding: entry.path, as: UTF8.self) + (entry.stream.map { ":" + String(decoding: $0, as: UTF8.self) } ?? "")] = entry
    }
    return result
  }

  static func volumes(_ records: [DiskRecord]) -> [VolumeRecord] {
    records.compactMap { if case .volume(let volume) = $0 { volume } else { nil } }
  }

  static func end(_ records: [DiskRecord]) -> ReadingSummary? {
    if case .end(let summary)? = records.last { return summary }
    return nil
  }

  static func sha256(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

  /// A monitor's answer to a question, as text. A machine with much to do answers late; a QEMU that stands still does not.
  static func ask(_ monitor: String, _ command: String) throws -> String {
    "\(try Monitor(path: monitor, within: 30_000).execute(command, within: 30_000))"
  }

  static func digest(_ entry: DiskEntry?) -> String? { entry?.digest.map(DiskEntry.hexadecimal) }
}
