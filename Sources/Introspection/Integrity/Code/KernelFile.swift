/// The kernel's own ELF file (vmlinux, or the one in a vmlinuz): its code as it was built, and the tables of what is patched while it boots, which
/// the kernel itself frees afterwards.
public struct KernelFile: Sendable {
  /// Where it comes from.
  public enum Origin: String, Sendable, Hashable {
    /// Somebody named it.
    case given
    /// A file of the host: the one that QEMU starts the guest with, or one that the host itself starts with.
    case host
    /// The guest's memory still holds the compressed image that its boot unpacked.
    case memory
  }

  public let path: String
  public let origin: Origin
  /// Whether damage of the file would have been seen: false for one from memory that has no checksum.
  let isChecked: Bool
  /// Lower case hexadecimal digits of the GNU build id; nil where the file has none.
  public let buildID: String?
  /// Address and contents of .text.
  let text: (address: UInt64, bytes: [UInt8])
  private let sections: [String: (address: UInt64, bytes: [UInt8])]
  /// What KASLR moves; nil where the file does not say.
  private let relocations: Relocations?
  /// Addresses and contents of what nobody writes once the kernel has started, .rodata first: constants, types, and tables that are the same wherever the
  /// image lies (their entries are distances) or hold addresses that KASLR moves.
  var constants: [(address: UInt64, bytes: [UInt8])] { Self.readOnly.compactMap { sections[$0] } }

  /// Address and contents of the data that the kernel starts with; nil where the file has none.
  var data: (address: UInt64, bytes: [UInt8])? { sections[".data"] }

  private static let readOnly = [".rodata", ".BTF", "__ex_table", "__ksymtab", "__ksymtab_gpl", ".pci_fixup", ".orc_unwind", ".orc_unwind_ip"]

  /// Sections that are kept, with the most bytes that each may have.
  private static let wanted: [String: UInt64] = [
    ".text": 128 << 20, ".rodata": 64 << 20, ".notes": 1 << 20, ".altinstructions": 4 << 20, ".altinstr_replacement": 4 << 20,
    ".retpoline_sites": 4 << 20, ".return_sites": 4 << 20, ".call_sites": 8 << 20, ".ibt_endbr_seal": 4 << 20, ".parainstructions": 4 << 20,
    ".smp_locks": 4 << 20, ".BTF": 64 << 20, "__ex_table": 4 << 20, "__ksymtab": 4 << 20, "__ksymtab_gpl": 4 << 20, ".pci_fixup": 1 << 20,
    ".orc_unwind": 64 << 20, ".orc_unwind_ip": 64 << 20, ".data": 64 << 20,
  ]

  /// Sections with places of constants that boot writes into the code (include/asm-generic/runtime-const.h), and the length of each.
  private static let constants: [(prefix: String, length: Int)] = [("runtime_ptr_", 8), ("runtime_shift_", 1), ("runtime_mask_", 4)]

  /// Reads a vmlinux or a vmlinuz.
  ///
  /// - Parameter build: the build id that is sought; any file where it is nil.
  /// - Throws: `unreadable` for a file that cannot be opened, `malformed` for one that is no such file.
  public init(path: String, origin: Origin = .given, build: String? = nil) throws(IntrospectionError) {
    let file = try MappedFile(path: path)
    guard let range = PhysicalRange(start: 0, count: file.count) else {
      throw .malformed(path: path, offset: 0, reason: "the file is empty")
    }
    let memory = try PhysicalMemory(segments: [PhysicalMemory.Segment(range: range, file: file, fileOffset: 0)], path: path)
    guard let place = try KernelPayload.range(in: memory) else {
      try self.init(memory, origin: origin, build: build)
      return
    }
    guard let bytes = memory.bytes(place.lowerBound, count: place.count), let payload = KernelPayload(bytes[...], isWhole: true) else {
      throw .malformed(path: path, offset: place.lowerBound, reason: "the kernel is compressed in a way that is not known here")
    }
    guard let unpacked = payload.unpacked(path) else {
      throw .malformed(path: path, offset: place.lowerBound, reason: "the compressed kernel (\(payload.form.rawValue)) is damaged")
    }
    try self.init(unpacked, origin: origin, build: build)
  }

  /// - Parameter build: the build id that is sought; of a file with another one nothing else is read.
  init(_ file: PhysicalMemory, origin: Origin = .given, isChecked: Bool = true, build: String? = nil) throws(IntrospectionError) {
    path = file.path
    self.origin = origin
    self.isChecked = isChecked
    func malformed(_ offset: UInt64, _ reason: String) -> IntrospectionError { .malformed(path: file.path, offset: offset, reason: reason) }
    // ELFCLASS64, little-endian, EM_X86_64 (System V ABI, chapter 4).
    guard file.bytes(0, count: 6) == [0x7F, 0x45, 0x4C, 0x46, 2, 1], file.u16(18) == 62 else {
      throw malformed(0, "it is neither a vmlinuz nor an ELF file for x86-64")
    }
    guard let table = file.u64(0x28), let entry = file.u16(0x3A), let count = file.u16(0x3C), let names = file.u16(0x3E), entry == 64,
      count > 0,
      names < count, table < file.end, UInt64(count) * 64 <= file.end - table
    else { throw malformed(0x28, "its section headers lie outside of the file") }
    func header(_ index: UInt16) -> (name: UInt32, address: UInt64, offset: UInt64, size: UInt64)? {
      let place = table + UInt64(index) * 64
      guard let name = file.u32(place), let type = file.u32(place + 4), let address = file.u64(place + 16),
        let offset = file.u64(place + 24),
        let size = file.u64(place + 32), type != 8, offset <= file.end, size <= file.end - offset
      else { return nil }
      return (name, address, offset, size)
    }
    guard let texts = header(names), texts.size <= 1 << 20, let strings = file.bytes(texts.offset, count: Int(texts.size)) else {
      throw malformed(table, "its section names lie outside of the file")
    }
    // Any number of sections may lie over the same bytes, and have the same name: the first of each counts.
    var places: [String: (address: UInt64, offset: UInt64, size: UInt64)] = [:]
    var constants: UInt64 = 0
    for index in 0..<count {
      guard let header = header(index), header.name < strings.count else { continue }
      let name = String(decoding: strings[Int(header.name)...].prefix(64).prefix { $0 != 0 }, as: UTF8.self)
      let isConstant = Self.constants.contains { name.hasPrefix($0.prefix) }
      guard let limit = Self.wanted[name] ?? (isConstant ? (1 << 20) - min(constants, 1 << 20) : nil), header.size <= limit,
        header.address <= UInt64.max - header.size, places[name] == nil
      else { continue }
      if isConstant { constants += header.size }
      places[name] = (header.address, header.offset, header.size)
    }
    let notes = places[".notes"].flatMap { file.bytes($0.offset, count: Int($0.size)) } ?? []
    buildID = ELFNotes(notes).first { $0.name == "GNU" && $0.type == 3 }?.content.hexadecimal
    if let build, buildID != build { throw malformed(table, "its build id is not the one that is sought") }
    var sections: [String: (address: UInt64, bytes: [UInt8])] = [:]
    for (name, place) in places {
      guard let bytes = file.bytes(place.offset, count: Int(place.size)) else { continue }
      sections[name] = (place.address, bytes)
    }
    guard let text = sections[".text"], !text.bytes.isEmpty else { throw malformed(table, "it has no section .text") }
    self.text = text
    self.sections = sections
    relocations = Relocations(file, text: text.address)
  }

  /// Bytes of the file as they are where KASLR moved the kernel; nil where the file does not say what it moves.
  func moved(_ bytes: [UInt8], at address: UInt64, by slide: UInt64) -> [UInt8]? {
    slide == 0 ? bytes : relocations?.applied(to: bytes, at: address, by: slide)
  }

  /// Places that are patched during boot.
  ///
  /// - Parameter types: the kernel's own, since the layout of its tables differs between versions.
  func bootSites(_ types: TypeIndex) -> [BootSite] {
    var found: [BootSite] = []
    if let table = sections[".altinstructions"], let size = types.size(of: "alt_instr"), size >= 12,
      let place = types.member("alt_instr", "instr_offset")?.offset, let length = types.member("alt_instr", "instrlen")?.offset,
      let replacement = types.member("alt_instr", "repl_offset")?.offset, let count = types.member("alt_instr", "replacementlen")?.offset,
      max(place + 4, replacement + 4, length + 1, count + 1) <= size
    {
      for start in stride(from: 0, through: table.bytes.count - size, by: size) {
        found.append(
          BootSite(
            kind: .alternative, address: Self.relative(table, start + place), length: Int(table.bytes[start + length]),
            replacement: (Self.relative(table, start + replacement), Int(table.bytes[start + count]))))
      }
    }
    if let table = sections[".parainstructions"], let size = types.size(of: "paravirt_patch_site"), size >= 10,
      let length = types.member("paravirt_patch_site", "len")?.offset
    {
      // Entries are aligned, and the last is not filled up.
      for start in stride(from: 0, to: table.bytes.count - length, by: size) {
        found.append(
          BootSite(kind: .paravirtual, address: PatchTable.word(table.bytes, start, 8), length: Int(table.bytes[start + length])))
      }
    }
    // Calls through thunks have five bytes, six with a prefix or a condition; returns five; landing pads four; locks one. Other calls stay calls, of which
    // the distance changes.
    let sites: [(prefix: String, kind: BootSite.Kind, offset: UInt64, length: Int)] = [
      (".retpoline_sites", .thunk, 0, 6), (".return_sites", .returns, 0, 5), (".call_sites", .call, 1, 4),
      (".ibt_endbr_seal", .landingPad, 0, 4),
      (".smp_locks", .lock, 0, 1),
    ]
    for site in sites + Self.constants.map({ ($0.prefix, .constant, 0, $0.length) }) {
      for (name, table) in sections where name.hasPrefix(site.prefix) {
        for start in stride(from: 0, through: table.bytes.count - 4, by: 4) {
          found.append(BootSite(kind: site.kind, address: Self.relative(table, start) &+ site.offset, length: site.length))
        }
      }
    }
    return found
  }

  /// Bytes of an alternative; nil where the file does not have them.
  func replacement(_ place: (address: UInt64, length: Int)) -> [UInt8]? {
    if place.length == 0 { return [] }
    guard let section = sections[".altinstr_replacement"], place.address >= section.address,
      place.address - section.address <= UInt64(section.bytes.count),
      place.length <= section.bytes.count - Int(place.address - section.address)
    else { return nil }
    let start = Int(place.address - section.address)
    return Array(section.bytes[start..<start + place.length])
  }

  private static func relative(_ table: (address: UInt64, bytes: [UInt8]), _ offset: Int) -> UInt64 {
    table.address &+ UInt64(offset) &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(table.bytes, offset, 4))))
  }
}
