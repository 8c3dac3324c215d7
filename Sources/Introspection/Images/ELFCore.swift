/// An ELF core of a machine's memory: QEMU's dump-guest-memory, `virsh dump --memory-only`, kdump's /proc/vmcore (ELF-64 object file
/// format; QEMU dump/dump.c and target/i386/arch_dump.c).
struct ELFCore {
  static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]

  let segments: [PhysicalMemory.Segment]
  let information: [VMCoreInfo]
  let processors: [VirtualProcessor]
  /// Processors whose note is of a form that is not known, by their number.
  let unreadProcessors: [Int]
  /// What `guest dump` noted of the time in which it was copied.
  let mark: CopyMark?

  private static let load: UInt64 = 1
  private static let note: UInt64 = 4
  /// Program headers at most; a dump by virtual address (paging) has some thousands.
  private static let headerLimit: UInt64 = 1 << 20
  /// Bytes of all notes together: some 500 for each processor.
  private static let notesLimit: UInt64 = 16 << 20
  private static let processorLimit = 4096
  private static let informationLimit = 64

  init(_ file: MappedFile) throws(IntrospectionError) {
    func malformed(_ offset: UInt64, _ reason: String) -> IntrospectionError { .malformed(path: file.path, offset: offset, reason: reason) }
    guard let header = file.bytes(at: 0, count: 64) else { throw malformed(0, "the ELF header is cut off") }
    guard header[4] == 2, header[5] == 1 else { throw malformed(4, "it is no little-endian ELF of 64 bits") }
    guard header.integer(at: 16, size: 2) == 4 else { throw malformed(16, "it is an ELF file, but no core") }
    guard header.integer(at: 18, size: 2) == 62 else { throw malformed(18, "it is a core of another machine than x86-64") }
    let place = header.integer(at: 32, size: 8)
    guard header.integer(at: 54, size: 2) == 56 else { throw malformed(54, "its program headers do not have 56 bytes") }
    var count = header.integer(at: 56, size: 2)
    if count == 0xFFFF {
      // PN_XNUM: the true count is sh_info of the first section header.
      let sections = header.integer(at: 40, size: 8)
      guard let section = file.bytes(at: sections, count: 64) else {
        throw malformed(40, "the section header with the count of segments is cut off")
      }
      count = section.integer(at: 44, size: 4)
    }
    guard count > 0, count <= Self.headerLimit else { throw malformed(56, "it has \(count) program headers") }
    guard place <= file.count, count * 56 <= file.count - place else {
      throw malformed(32, "the program headers reach beyond the end of the file")
    }

    var parts: [ELFSegments.Part] = []
    var information: [VMCoreInfo] = []
    var processors: [VirtualProcessor] = []
    var unread: [Int] = []
    var mark: CopyMark?
    var notesSize: UInt64 = 0
    for index in 0..<count {
      let start = place + index * 56
      guard let bytes = file.bytes(at: start, count: 56) else { throw malformed(start, "a program header is cut off") }
      let kind = bytes.integer(at: 0, size: 4)
      let offset = bytes.integer(at: 8, size: 8)
      let physical = bytes.integer(at: 24, size: 8)
      let size = bytes.integer(at: 32, size: 8)
      guard kind == Self.load || kind == Self.note, size > 0 else { continue }
      guard offset <= file.count, size <= file.count - offset else {
        throw malformed(start, "a segment of \(size) bytes at \(offset) reaches beyond the end of the file; the dump was cut off")
      }
      if kind == Self.note {
        notesSize += size
        guard notesSize <= Self.notesLimit, let notes = file.bytes(at: offset, count: Int(size)) else {
          throw malformed(start, "the notes have \(notesSize) bytes")
        }
        for note in ELFNotes(notes) {
          if note.name == "VMCOREINFO", information.count < Self.informationLimit, let info = VMCoreInfo(note.content) {
            information.append(info)
          }
          if note.name == CopyMark.noteName, note.type == CopyMark.noteType { mark = mark ?? CopyMark(note.content) }
          let number = processors.count + unread.count
          guard note.name == "QEMU", note.type == 0, number < Self.processorLimit else { continue }
          // The notes stand in the order of the processors.
          if let registers = VirtualProcessor(note: note.content, index: number) {
            processors.append(registers)
          } else {
            unread.append(number)
          }
        }
      } else if physical != .max {
        guard let range = PhysicalRange(start: physical, count: size) else {
          throw malformed(start, "a segment at physical 0x\(String(physical, radix: 16)) reaches beyond 52 bits")
        }
        parts.append(ELFSegments.Part(range: range, offset: offset, number: Int(index)))
      }
    }
    let found: [ELFSegments.Part]
    do throws(ELFSegments.Contradiction) { found = try ELFSegments.disjoint(parts) } catch {
      throw malformed(place + UInt64(error.number) * 56, error.reason)
    }
    segments = found.map { PhysicalMemory.Segment(range: $0.range, file: file, fileOffset: $0.offset) }
    guard !segments.isEmpty else { throw malformed(place, "it has no segment with memory") }
    self.information = information
    self.processors = processors
    unreadProcessors = unread
    self.mark = mark
  }
}
