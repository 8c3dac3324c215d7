internal import Foundation

extension TestGuest {
  /// Paths through which the guest's RAM can be opened, one for each back end, in the order of the recipe.
  public func ramFiles() throws -> [String] {
    let folder = "/proc/\(process)/fd"
    var found: [(String, UInt64)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) {
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)") else { continue }
      if target.hasPrefix("/memfd:memory-backend-memfd") || target.hasPrefix("/dev/shm/ringwall-g-") {
        var status = stat()
        guard unsafe stat("\(folder)/\(name)", &status) == 0 else { continue }
        found.append(("\(folder)/\(name)", UInt64(status.st_size)))
      }
    }
    guard !found.isEmpty else { throw Failure(description: "the guest's RAM is private to QEMU") }
    return found.map(\.0)
  }

  /// A copy of the whole RAM at one moment: the guest stands still while its pages are copied, holes stay holes.
  ///
  /// The bytes are those of the back end: for a guest of at most 2 GiB and one back end an offset is a physical address.
  /// - Returns: path of the copy, in the guest's folder, which goes with the guest.
  public func ramImage(named name: String = "ram.raw") throws -> String {
    let path = folder + "/" + name
    guard let source = try ramFiles().first else { throw Failure(description: "no RAM was found") }
    try held { try SparseFile.copy(source, to: path) }
    return path
  }
}

/// Files with holes.
public enum SparseFile {
  /// SEEK_DATA and SEEK_HOLE of lseek(2), which the Foundation module does not name.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4

  /// Copies what is no hole; the copy has the same length.
  public static func copy(_ source: String, to target: String) throws {
    let input = unsafe open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw TestGuest.Failure(description: "\(source): errno \(errno)") }
    defer { close(input) }
    let output = unsafe open(target, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw TestGuest.Failure(description: "\(target): errno \(errno)") }
    defer { close(output) }
    let length = lseek(input, 0, SEEK_END)
    guard length >= 0, ftruncate(output, length) == 0 else { throw TestGuest.Failure(description: "\(target): errno \(errno)") }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    var position: off_t = 0
    while true {
      let start = lseek(input, position, seekData)
      if start < 0 { return }
      let end = lseek(input, start, seekHole)
      guard end > start else { return }
      position = start
      while position < end {
        let wanted = min(chunk.count, Int(end - position))
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe pread(input, $0.baseAddress, wanted, position) }
        guard count > 0 else { throw TestGuest.Failure(description: "\(source): errno \(errno)") }
        guard unsafe chunk.withUnsafeBytes({ unsafe pwrite(output, $0.baseAddress, count, position) }) == count else {
          throw TestGuest.Failure(description: "\(target): errno \(errno)")
        }
        position += off_t(count)
      }
    }
  }
}
