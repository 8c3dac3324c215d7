internal import CArchive
public import Domain

/// The descriptor of an OVA: a tar archive whose first file is the OVF descriptor (DSP0243, section 5.3). Disks behind it are not read.
public enum OVFArchive {
  /// Bytes of an archive that are read: the header, and the largest descriptor.
  public static let beginning = XMLReader.limit + (1 << 20)
  /// Files before the descriptor that are looked at.
  private static let most = 16

  /// True for the beginning of a tar archive.
  public static func isArchive(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 512 && Array(bytes[257..<262]) == Array("ustar".utf8)
  }

  /// - Parameters:
  ///   - bytes: the archive's first bytes, `beginning` at most.
  ///   - path: how the user names the archive.
  /// - Returns: the descriptor, and its name inside the archive.
  /// - Throws: "malformed" where no descriptor stands among the first files, or the archive breaks off inside it; "too-large".
  public static func descriptor(in bytes: [UInt8], path: String) throws(Refusal) -> (name: String, bytes: [UInt8]) {
    let result: Result<(name: String, bytes: [UInt8]), Refusal> = unsafe bytes.withUnsafeBytes { buffer in
      do throws(Refusal) { return .success(try unsafe read(buffer, path)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func read(_ buffer: UnsafeRawBufferPointer, _ path: String) throws(Refusal) -> (name: String, bytes: [UInt8]) {
    let locale = unsafe archive_enter_utf8()
    defer { unsafe archive_leave_utf8(locale) }
    guard let reader = unsafe archive_read_new() else { throw refusal(path, "no memory to read the archive", "io") }
    // SAFETY: the reader is freed here and nowhere else; it reads the buffer, which outlives it.
    defer { _ = unsafe archive_read_free(reader) }
    _ = unsafe archive_read_support_format_tar(reader)
    guard unsafe archive_read_open_memory(reader, buffer.baseAddress, buffer.count) == ARCHIVE_OK else { throw missing(path) }
    for _ in 0..<most {
      var entry: OpaquePointer?
      let status = unsafe archive_read_next_header(reader, &entry)
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry = unsafe entry else { throw missing(path) }
      guard let pathname = unsafe archive_entry_pathname(entry), let name = unsafe String(validatingCString: pathname),
        name.lowercased().hasSuffix(".ovf"), unsafe archive_entry_is_file(entry) != 0
      else { continue }
      return (name, try unsafe content(reader, path))
    }
    throw missing(path)
  }

  private static func content(_ reader: OpaquePointer, _ path: String) throws(Refusal) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      // SAFETY: the buffer is the array's own, and no more than its length is written.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe archive_read_data(reader, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      guard count > 0 else { throw refusal(path, "the archive breaks off inside its OVF descriptor; copy the file again", "malformed") }
      guard bytes.count + count <= XMLReader.limit else {
        throw refusal(
          path, "its OVF descriptor is larger than \(XMLReader.limit >> 20) MiB; name an archive of one virtual machine", "too-large")
      }
      bytes += chunk[0..<count]
    }
  }

  /// The refusal of an archive that breaks off: inside a file, in a header, or between two files, where the two empty blocks that end
  /// every tar archive (POSIX.1-2017, pax, "ustar Interchange Format") are missing. nil where it holds all that its headers announce.
  ///
  /// Disks are passed over by their size, so that an archive of any length costs a header for each file in it.
  /// - Parameters:
  ///   - path: how the user names the archive.
  ///   - header: the 512 bytes from an offset on, fewer at the end of the archive.
  public static func broken<Failure: Error>(
    _ path: String, size: Int64, header: (Int64) throws(Failure) -> [UInt8]
  ) throws(Failure) -> Refusal? {
    var offset: Int64 = 0
    for _ in 0..<4096 {
      guard offset < size else {
        return refusal(
          path, "the archive breaks off behind one of its files: the empty blocks that end it are missing; copy the file again", "malformed")
      }
      let block = try header(offset)
      let name = String(decoding: block.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
      // One empty block ends an archive for every reader; what follows it is padding.
      if !block.isEmpty, block.allSatisfy({ $0 == 0 }) { return nil }
      guard block.count == 512 else { return inside(name, path) }
      guard let length = length(block) else { return nil }
      let (end, isBeyond) = offset.addingReportingOverflow(512 + length)
      if isBeyond || end > size { return inside(name, path) }
      offset = end + (512 - end % 512) % 512
    }
    return nil
  }

  /// Bytes of the file behind a header: octal digits, or a binary number behind a first bit that is set. nil where it is neither.
  private static func length(_ block: [UInt8]) -> Int64? {
    let field = block[124..<136]
    if field[124] & 0x80 != 0 {
      guard field[124] == 0x80, field[125..<128].allSatisfy({ $0 == 0 }), field[128] < 0x40 else { return nil }
      return field[128..<136].reduce(0) { $0 << 8 | Int64($1) }
    }
    let digits = field.filter { $0 != 0 && $0 != UInt8(ascii: " ") }
    guard !digits.isEmpty else { return 0 }
    return Int64(String(decoding: digits, as: UTF8.self), radix: 8)
  }

  private static func inside(_ name: String, _ path: String) -> Refusal {
    if name.isEmpty { return refusal(path, "the archive breaks off in a header; copy the file again", "malformed") }
    return refusal(path, "the archive breaks off inside \(name); copy the file again", "malformed")
  }

  private static func missing(_ path: String) -> Refusal {
    refusal(path, "no OVF descriptor among its first files; name an OVA archive or the .ovf itself", "malformed")
  }

  private static func refusal(_ path: String, _ what: String, _ code: String) -> Refusal {
    Refusal(target: path, code: code, message: "\(path): \(what)")
  }
}
