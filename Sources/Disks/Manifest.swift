internal import Domain
internal import Platforms

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What a manifest says of itself in its first line. The document is JSON lines: this, then volumes each followed by its entries, then an end.
/// The same disk gives the same bytes.
public struct ManifestHeader: Sendable, Hashable {
  public static let schema = "ringwall.disk.manifest/1"

  /// The image, or the guest's drive, as it was named.
  public let disk: String
  public let format: String
  /// The moment that a running guest's disk is shown at, RFC 3339; nil for an image.
  public let moment: String?

  public init(disk: String, format: String, moment: String? = nil) {
    self.disk = disk
    self.format = format
    self.moment = moment
  }

  /// Without a line end.
  public var line: [UInt8] {
    JSONText.bytes(
      .object(["schema": .string(Self.schema), "disk": .string(disk), "format": .string(format), "moment": moment.map { .string($0) }]))
  }
}

/// Records of a disk in the order of documents, from wherever they come.
public protocol RecordSource: AnyObject {
  /// The next one; nil after the last.
  func next() throws(DiskError) -> DiskRecord?
}

extension ConfinedReading: RecordSource {}

/// A manifest in a file.
public final class ManifestFile: RecordSource {
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var line = 1
  private var isOver = false
  private var last: DiskEntry?

  /// Whether a file begins as manifests do.
  public static func isManifest(_ path: String) -> Bool {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { _ = close(descriptor) }
    let mark = Array("{\"schema\":\"ringwall.disk.manifest/".utf8)
    var head = [UInt8](repeating: 0, count: mark.count)
    // SAFETY: pread(2) writes no more than the array has.
    let count = unsafe head.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    return count == mark.count && head == mark
  }

  public init(_ path: String) throws(DiskError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw DiskError("cannot read the manifest \(path): \(SystemText.reason(errno))") }
    guard let head = try takeLine(), let value = JSONReader.read(String(decoding: head, as: UTF8.self)),
      value["schema"]?.text == ManifestHeader.schema
    else { throw DiskError("\(path):1: no manifest of a disk (\(ManifestHeader.schema))") }
  }

  deinit { _ = close(descriptor) }

  public func next() throws(DiskError) -> DiskRecord? {
    guard !isOver else { return nil }
    line += 1
    guard let bytes = try takeLine() else { throw DiskError("\(path):\(line): the manifest has no end: it was cut short") }
    guard let record = DiskRecord(line: bytes) else { throw DiskError("\(path):\(line): no line of a manifest") }
    switch record {
    case .end: isOver = true
    case .entry(let entry):
      if let last, !DiskEntry.isOrdered(last, before: entry), last.path != entry.path {
        throw DiskError("\(path):\(line): \(EscapedName.text(of: entry.path)) stands behind what it must stand before")
      }
      last = entry
    case .volume: last = nil
    case .notice: break
    default: throw DiskError("\(path):\(line): no line of a manifest")
    }
    return record
  }

  private func takeLine() throws(DiskError) -> [UInt8]? {
    while true {
      if let mark = buffer[start...].firstIndex(of: 0x0A) {
        let line = Array(buffer[start..<mark])
        start = mark + 1
        return line
      }
      buffer.removeFirst(start)
      start = 0
      guard buffer.count <= DiskRecord.longestLine else {
        throw DiskError("\(path):\(line): a line longer than \(DiskRecord.longestLine) bytes")
      }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      // SAFETY: read(2) writes no more than the array has.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      buffer += chunk[0..<count]
    }
  }
}
