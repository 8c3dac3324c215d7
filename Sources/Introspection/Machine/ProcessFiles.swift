#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Files of /proc/PID, within bounds: another process writes what stands in them.
struct ProcessFiles {
  let pid: Int32
  /// Longest file that is read: a QEMU with thousands of disks has a command line of some hundred KiB.
  private static let limit = 8 << 20

  func path(_ name: String) -> String { "/proc/\(pid)/\(name)" }

  /// A whole file; nil where it cannot be read or is longer than the bound.
  func read(_ name: String) -> [UInt8]? { Self.read(path(name)) }

  static func read(_ path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let capacity = chunk.count
      // SAFETY: read(2) writes at most the length given, which is the array's.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, capacity) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0, bytes.count + count <= limit else { return nil }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  func text(_ name: String) -> String? { read(name).map { String(decoding: $0, as: UTF8.self) } }

  /// Where a link leads.
  func link(_ name: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let capacity = buffer.count
    // SAFETY: readlink(2) writes at most the length given, which is the array's.
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe readlink(path(name), $0.bindMemory(to: CChar.self).baseAddress!, capacity) }
    return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// Names in a folder, sorted as numbers where they are some.
  func names(_ folder: String) -> [String] { Self.names(path(folder)) }

  static func names(_ folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var found: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: readdir(3) fills d_name with a text that ends in NUL.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { found.append(name) }
    }
    return found.sorted { (Int($0) ?? .max, $0) < (Int($1) ?? .max, $1) }
  }

  /// The processes of this machine.
  static var all: [Int32] { names("/proc").compactMap { Int32($0) }.filter { $0 > 0 } }

  /// Fields of `stat` from the third on, which follows the name (proc(5) counts them from 1).
  private var fields: [Substring]? {
    guard let text = text("stat"), let end = text.lastIndex(of: ")") else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }

  /// When the process began, in clock ticks since the host's start; with the pid it names one process (field 22).
  var startTime: UInt64? { fields.flatMap { $0.count > 19 ? UInt64($0[19]) : nil } }

  /// Whether the process runs: one that has ended and was not waited for does not.
  var isAlive: Bool { fields.map { !["Z", "X"].contains($0.first ?? "X") } ?? false }

  /// Whether the process belongs to the foreground job of its terminal (pgrp, tty_nr and tpgid: fields 5, 7 and 8).
  var isForeground: Bool { fields.map { $0.count > 5 && $0[4] != "0" && $0[2] == $0[5] } ?? false }
}
