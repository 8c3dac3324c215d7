internal import CArchive
internal import CLinux
internal import Glibc

/// The compressed ELF file in the image that a boot loader loads (bzImage, vmlinuz). Bytes may be hostile: what is unpacked is bounded, and
/// goes into memory that no other process can name.
///
/// Source: Documentation/arch/x86/boot.rst (The Real-Mode Kernel Header), arch/x86/boot/compressed/Makefile.
struct KernelPayload {
  /// How the ELF file is compressed.
  enum Form: String, CaseIterable {
    case gzip, bzip2, lzma, xz, zstd, lz4

    /// What a payload of this form begins with.
    var mark: [UInt8] {
      switch self {
      case .gzip: [0x1F, 0x8B, 0x08]
      case .bzip2: [0x42, 0x5A, 0x68]
      case .lzma: [0x5D, 0x00, 0x00]
      case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
      case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
      // The kernel's own format, older than LZ4's frames.
      case .lz4: [0x02, 0x21, 0x4C, 0x18]
      }
    }

    /// Whether a checksum tells of every byte that was changed: lzma and LZ4 have none, and libarchive does not look at that of GZIP. zstd leaves it
    /// out where it is asked to, which the kernel's build does not.
    var hasChecksum: Bool {
      switch self {
      case .bzip2, .xz, .zstd: true
      case .gzip, .lzma, .lz4: false
      }
    }

    fileprivate var filter: CInt {
      switch self {
      case .gzip: ARCHIVE_FILTER_GZIP
      case .bzip2: ARCHIVE_FILTER_BZIP2
      case .lzma: ARCHIVE_FILTER_LZMA
      case .xz: ARCHIVE_FILTER_XZ
      case .zstd: ARCHIVE_FILTER_ZSTD
      case .lz4: ARCHIVE_FILTER_LZ4
      }
    }
  }

  let form: Form
  /// The payload, and whatever follows it.
  private let bytes: ArraySlice<UInt8>

  /// Most bytes of a payload, and of what is in it.
  static let limit = 64 << 20
  static let unpackedLimit = 256 << 20

  /// - Parameter isWhole: whether the bytes end where the payload does, and with the size of what is in it (scripts/Makefile.lib, size_append).
  /// - Returns: nil where the bytes begin as no form does.
  init?(_ bytes: ArraySlice<UInt8>, isWhole: Bool = false) {
    guard let form = Form.allCases.first(where: { bytes.starts(with: $0.mark) }) else { return nil }
    var bytes = bytes.prefix(Self.limit)
    if form == .zstd {
      // Frame_Header_Descriptor, Content_Checksum_flag (RFC 8878, section 3.1.1.1.1).
      guard bytes.count > 4, bytes[bytes.startIndex + 4] & 4 != 0 else { return nil }
    }
    if isWhole {
      // GZIP has the size itself.
      if form != .gzip { bytes = bytes.dropLast(4) }
    } else if form == .xz {
      bytes = bytes.prefix(Self.length(ofXZ: bytes))
    }
    self.form = form
    self.bytes = bytes
  }

  /// Where a stream of XZ ends, of which the decompressor does not tell how far it came: its footer has the flags of its header and stands at
  /// a multiple of four bytes (The .xz File Format, sections 2.1.1 and 2.1.2).
  private static func length(ofXZ bytes: ArraySlice<UInt8>) -> Int {
    guard bytes.count >= 12 else { return bytes.count }
    let start = bytes.startIndex
    let footer = [bytes[start + 6], bytes[start + 7], 0x59, 0x5A]
    return stride(from: 8, through: bytes.count - 4, by: 4).first { bytes[(start + $0)...].starts(with: footer) }.map { $0 + 4 }
      ?? bytes.count
  }

  /// The place of the payload in a vmlinuz.
  ///
  /// - Returns: nil for a file that is none.
  /// - Throws: `malformed` for one whose header lies, or that is older than the place of the payload in it (protocol 2.08, Linux 2.6.26).
  static func range(in file: PhysicalMemory) throws(IntrospectionError) -> Range<UInt64>? {
    guard file.u16(0x1FE) == 0xAA55, file.u32(0x202) == 0x5372_6448 else { return nil }
    guard let version = file.u16(0x206), version >= 0x208, let sectors = file.u8(0x1F1), let offset = file.u32(0x248),
      let length = file.u32(0x24C)
    else { throw .malformed(path: file.path, offset: 0x206, reason: "its header does not tell where the compressed kernel is") }
    let start = (UInt64(sectors == 0 ? 4 : sectors) + 1) * 512 + UInt64(offset)
    guard length > 0, length <= UInt32(limit), start + UInt64(length) <= file.end else {
      throw .malformed(path: file.path, offset: 0x248, reason: "the compressed kernel lies outside of the file")
    }
    return start..<start + UInt64(length)
  }

  /// Unpacks the payload.
  ///
  /// - Parameter path: what errors and what is unpacked are named by.
  /// - Returns: nil for a payload that is damaged or cut, or larger than `unpackedLimit`.
  func unpacked(_ path: String) -> PhysicalMemory? {
    let file = unsafe anonymous_file("ringwall-kernel")
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var result = unpack(bytes.count, into: file)
    // Behind the payload there is something else, which some of the decompressors take for more of it.
    if case .failed(let consumed) = result, consumed > 0, consumed < bytes.count {
      guard ftruncate(file, 0) == 0 else { return nil }
      result = unpack(consumed, into: file)
    }
    guard case .ended(let count) = result, count > 0, let range = PhysicalRange(start: 0, count: UInt64(count)) else { return nil }
    return try? PhysicalMemory(segments: [(file, 0, range)], path: path)
  }

  private enum Outcome {
    case ended(count: Int)
    /// How much of the payload was read until then.
    case failed(consumed: Int)
  }

  private func unpack(_ length: Int, into file: CInt) -> Outcome {
    unsafe bytes.withUnsafeBytes { buffer in
      guard let reader = unsafe archive_read_new() else { return .failed(consumed: 0) }
      // SAFETY: the reader is freed here and nowhere else; it reads the buffer, which outlives it.
      defer { _ = unsafe archive_read_free(reader) }
      var entry: OpaquePointer?
      // No other filter may guess: one inside of the other would multiply what is unpacked, and for some libarchive starts programs.
      guard unsafe archive_read_support_format_raw(reader) == ARCHIVE_OK,
        unsafe archive_read_append_filter(reader, form.filter) == ARCHIVE_OK,
        unsafe archive_read_open_memory(reader, buffer.baseAddress, min(length, buffer.count)) == ARCHIVE_OK
      else { return .failed(consumed: 0) }
      func consumed() -> Int { Int(clamping: unsafe archive_filter_bytes(reader, -1)) }
      guard unsafe archive_read_next_header(reader, &entry) == ARCHIVE_OK else { return .failed(consumed: consumed()) }
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      var total = 0
      while true {
        // SAFETY: the buffer is the array's own, and no more than its length is written; pwrite(2) reads as much of it as was filled.
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe archive_read_data(reader, $0.baseAddress, $0.count) }
        if count == 0 { return .ended(count: total) }
        guard count > 0 else { return .failed(consumed: consumed()) }
        let isWritten = unsafe chunk.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, count, off_t(total)) } == count
        total += count
        guard isWritten, total <= Self.unpackedLimit else { return .failed(consumed: 0) }
      }
    }
  }
}
