/// A guest's memory saved to a file: an ELF core of QEMU's dump-guest-memory or of kdump, a LiME image, or the bare RAM.
public struct MemoryImage: Sendable {
  public enum Format: String, Sendable {
    /// ELF core with guest-physical addresses in its program headers.
    case elfCore = "elf"
    /// LiME, version 1.
    case lime
    /// The RAM alone, as memory-backend-file and pmemsave write it.
    case raw
  }

  public let path: String
  public let format: Format
  let file: MappedFile
  let segments: [PhysicalMemory.Segment]
  /// VMCOREINFO texts in the notes of an ELF core.
  public let information: [VMCoreInfo]
  /// Registers in the notes of an ELF core of QEMU, one for each vCPU.
  public let processors: [VirtualProcessor]
  /// vCPUs whose note has a form that is not known, by their number.
  let unreadProcessors: [Int]
  /// What the image says of the time in which it was copied; nil for bare RAM and for images of other programs.
  public let mark: CopyMark?

  /// Recognises the format and reads the headers; the memory itself is mapped and not read.
  ///
  /// - Throws: `unreadable` for a file that cannot be opened, `malformed` for one whose headers contradict themselves.
  public init(path: String) throws(IntrospectionError) {
    try self.init(file: try MappedFile(path: path))
  }

  init(file: MappedFile) throws(IntrospectionError) {
    self.file = file
    path = file.path
    switch file.bytes(at: 0, count: Int(min(8, file.count))) {
    case let start? where start.starts(with: ELFCore.magic):
      let core = try ELFCore(file)
      format = .elfCore
      segments = core.segments
      information = core.information
      processors = core.processors
      unreadProcessors = core.unreadProcessors
      mark = core.mark
    case let start? where start.starts(with: LiMEImage.magic):
      format = .lime
      segments = try LiMEImage.segments(file)
      information = []
      processors = []
      unreadProcessors = []
      mark = file.bytes(at: 24, count: 8).flatMap { CopyMark($0) }
    case let start:
      if let start, let other = Self.foreign.first(where: { start.starts(with: $0.magic) }) {
        throw .malformed(path: path, offset: 0, reason: other.reason)
      }
      guard file.count >= 1 << 20 else {
        throw .malformed(path: path, offset: 0, reason: "it is no ELF core and no LiME image, and too small for a guest's RAM")
      }
      format = .raw
      segments = []
      information = []
      processors = []
      unreadProcessors = []
      mark = nil
    }
  }

  private static let foreign: [(magic: [UInt8], reason: String)] = [
    (Array("KDUMP   ".utf8), "it is a compressed kdump; write an ELF core instead (dump-guest-memory without a format, makedumpfile -E)"),
    (Array("DISKDUMP".utf8), "it is a diskdump; write an ELF core instead"),
    (Array("PAGEDU".utf8), "it is a crash dump of Windows, whose kernel is not read here"),
    (Array("makedump".utf8), "it is a flattened kdump; write an ELF core instead (makedumpfile -R, then -E)"),
    ([0x51, 0x46, 0x49, 0xFB], "it is a qcow2 disk, not memory"),
    ([0x1F, 0x8B], "it is compressed with gzip; decompress it first"),
    ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed with zstd; decompress it first"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "it is compressed with xz; decompress it first"),
    (Array("QEVM".utf8), "it is a saved machine state of QEMU; write the memory with dump-guest-memory or pmemsave"),
    (Array("LibvirtQ".utf8), "it is a saved domain of libvirt; write the memory with virsh dump --memory-only"),
  ]

  /// The memory that the image holds.
  ///
  /// - Parameter layout: for bare RAM, where it lies; nil takes the likeliest for its size. Others say it themselves.
  public func memory(_ layout: MachineLayout? = nil) throws(IntrospectionError) -> PhysicalMemory {
    guard format == .raw else { return try PhysicalMemory(segments: segments, path: path) }
    let layout = layout ?? MachineLayout.candidates(size: file.count)[0]
    return try PhysicalMemory(
      segments: layout.ranges.map { PhysicalMemory.Segment(range: $0.range, file: file, fileOffset: $0.fileOffset) }, path: path)
  }

  /// Layouts that the image may have: one, but for bare RAM of more than 2.75 GiB.
  public var layouts: [MachineLayout?] { format == .raw ? MachineLayout.candidates(size: file.count) : [nil] }
}

extension MappedFile {
  /// `count` bytes from `offset`, holes as zeros; nil where they reach beyond the end. For headers, not for memory.
  func bytes(at offset: UInt64, count: Int) -> [UInt8]? {
    guard count >= 0, offset <= self.count, UInt64(count) <= self.count - offset else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    for place in offset..<offset + UInt64(count) {
      // SAFETY: `place` lies within the file, and its page has data.
      result.append(isPopulated(at: place) ? unsafe address(of: place).load(as: UInt8.self) : 0)
    }
    return result
  }
}
