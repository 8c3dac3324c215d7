/// LiME's format, version 1: for each range of memory a header of 32 bytes (magic, version, first and last guest-physical address, eight
/// reserved bytes, which hold a `CopyMark` in ours), then its bytes (LiME, doc/README.md, "Spec").
enum LiMEImage {
  /// 0x4C694D45, little-endian.
  static let magic: [UInt8] = [0x45, 0x4D, 0x69, 0x4C]
  private static let header: UInt64 = 32
  /// Ranges at most; a machine has some tens.
  private static let limit = 65536

  static func segments(_ file: MappedFile) throws(IntrospectionError) -> [PhysicalMemory.Segment] {
    var segments: [PhysicalMemory.Segment] = []
    var offset: UInt64 = 0
    func malformed(_ reason: String) -> IntrospectionError { .malformed(path: file.path, offset: offset, reason: reason) }
    while offset < file.count {
      guard let bytes = file.bytes(at: offset, count: Int(header)) else { throw malformed("the header of a LiME range is cut off") }
      guard bytes.starts(with: magic) else { throw malformed("no LiME range begins here, where the one before it ends") }
      let version = bytes.integer(at: 4, size: 4)
      guard version == 1 else { throw malformed("LiME version \(version) is not known") }
      let first = bytes.integer(at: 8, size: 8)
      let last = bytes.integer(at: 16, size: 8)
      guard last >= first, let range = PhysicalRange(start: first, count: (last - first) &+ 1) else {
        throw malformed("a LiME range from 0x\(String(first, radix: 16)) to 0x\(String(last, radix: 16)) is none")
      }
      guard range.count <= file.count - offset - header else {
        throw malformed("a LiME range of \(range.count) bytes is cut off")
      }
      guard segments.count < limit else { throw malformed("it has more than \(limit) ranges") }
      segments.append(PhysicalMemory.Segment(range: range, file: file, fileOffset: offset + header))
      offset += header + range.count
    }
    return segments
  }
}

extension [UInt8] {
  /// A little-endian integer of `size` bytes; the caller knows that they are there.
  func integer(at offset: Int, size: Int) -> UInt64 {
    self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
