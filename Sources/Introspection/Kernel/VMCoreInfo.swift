/// What a kernel writes down about itself for crash dumps: lines of `KEY=value`, `SYMBOL(name)=hex`, `NUMBER(name)=decimal`,
/// `OFFSET(struct.member)=decimal` (Documentation/admin-guide/kdump/vmcoreinfo.rst; kernel/vmcore_info.c).
///
/// It lies in the guest's memory in a page of its own and once more in an ELF note. The text is the guest's: anything may stand there.
public struct VMCoreInfo: Sendable, Hashable {
  /// The kernel's own bound: VMCOREINFO_BYTES, one page.
  public static let limit = 4096

  /// `uname -r`.
  public let release: String
  /// Lower case hexadecimal digits; nil before Linux 5.14.
  public let buildID: String?
  private let values: [String: Substring]

  /// Nil for a text that has no OSRELEASE, or one that is no release.
  ///
  /// - Parameter text: bytes from the first line on; what follows a zero byte, and bytes beyond `limit`, are not looked at.
  public init?(_ text: some Swift.Collection<UInt8>) {
    var values: [String: Substring] = [:]
    let whole = String(decoding: text.prefix(Self.limit).prefix { $0 != 0 }, as: UTF8.self)
    for line in whole.split(separator: "\n") {
      guard let sign = line.firstIndex(of: "=") else { continue }
      let key = String(line[..<sign])
      // The kernel writes each key once; of a forged second one the first stands.
      if values[key] == nil { values[key] = line[line.index(after: sign)...] }
    }
    guard let release = values["OSRELEASE"], (1...64).contains(release.utf8.count), release.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      return nil
    }
    self.release = String(release)
    buildID = values["BUILD-ID"].flatMap { id in
      id.utf8.count.isMultiple(of: 2) && (16...128).contains(id.utf8.count) && id.allSatisfy(\.isHexDigit) ? id.lowercased() : nil
    }
    self.values = values
  }

  /// The text of a line, without its key.
  public subscript(key: String) -> String? { values[key].map(String.init) }

  /// Address of a symbol as it is at run time, with KASLR in it.
  public func symbol(_ name: String) -> UInt64? { values["SYMBOL(\(name))"].flatMap { UInt64($0, radix: 16) } }

  /// A number; decimal, maybe negative, or hexadecimal after "0x".
  public func number(_ name: String) -> Int64? {
    guard let text = values["NUMBER(\(name))"] else { return nil }
    return text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16).map(Int64.init(bitPattern:)) : Int64(text)
  }

  /// Offset of a member, bytes: `offset("uts_namespace.name")`.
  public func offset(_ member: String) -> Int? { values["OFFSET(\(member))"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }

  /// By how much KASLR moved the kernel; nil for a kernel of another architecture.
  public var slide: UInt64? { values["KERNELOFFSET"].flatMap { UInt64($0, radix: 16) } }
}

extension VMCoreInfo {
  /// A VMCOREINFO text and where it was found.
  struct Sighting: Sendable {
    /// Guest-physical address of the first line.
    let address: UInt64
    let info: VMCoreInfo

    /// Whether it does not name the symbol table, as before Linux 6.0.
    var isPartial: Bool { info.symbol("kallsyms_names") == nil }
  }

  private static let firstLine = Array("OSRELEASE=".utf8)
  /// Length of the note's name, of its text (not looked at), type 0, then the name (include/linux/vmcore_info.h).
  private static let noteName = Array("VMCOREINFO\0\0".utf8)

  /// All texts at the start of a populated page, and behind a note's header there; those that say the same are told once, with the first
  /// address.
  ///
  /// - Parameter limit: texts at most, and sixteen times as many pages that look like one. A guest can plant as many as it has pages.
  static func sightings(in memory: PhysicalMemory, limit: Int = 64) -> [Sighting] {
    var found: [Sighting] = []
    var known: Set<VMCoreInfo> = []
    var tried = 0
    for range in memory.populated {
      // The text lies in one page, the last range of a segment may end within one.
      var page = (range.start + 4095) & ~4095
      while page < range.end, range.end - page >= 64, found.count < limit, tried < limit * 16 {
        let start = start(memory, page: page)
        if start != nil { tried += 1 }
        if let start, let bytes = memory.bytes(start, count: min(Self.limit, Int(range.end - start))),
          let info = VMCoreInfo(bytes), known.insert(info).inserted
        {
          found.append(Sighting(address: start, info: info))
        }
        page += 4096
      }
    }
    return found
  }

  /// Where a text begins in the page, or nil.
  @inline(__always)
  private static func start(_ memory: PhysicalMemory, page: UInt64) -> UInt64? {
    switch memory.load(UInt64.self, at: page) {
    // "OSRELEAS" as a little-endian integer.
    case 0x5341_454C_4552_534F: return memory.bytes(page, count: 10) == firstLine ? page : nil
    case let word? where UInt32(truncatingIfNeeded: word) == 11:
      guard memory.bytes(page + 12, count: 12) == noteName, memory.bytes(page + 24, count: 10) == firstLine else { return nil }
      return page + 24
    default: return nil
    }
  }
}
