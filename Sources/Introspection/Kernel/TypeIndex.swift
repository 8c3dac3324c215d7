/// A kernel's types as BTF tells them (Documentation/bpf/btf.rst, include/uapi/linux/btf.h): which structures there are, and where their
/// members lie.
///
/// The bytes are copied from the guest once, every type is found once, and names of structures, unions, enumerations and type definitions
/// are hashed. Members are read when they are asked for. Ids, lengths and names come from the guest: each is checked, and chains are
/// bounded.
public struct TypeIndex: Sendable {
  /// Why bytes are no BTF; `offset` from their start.
  public struct Malformed: Error, Sendable, Hashable {
    public let offset: Int
    public let reason: String
  }

  /// One member of a structure or union, those of nested ones without a name included.
  public struct Member: Sendable, Hashable {
    public let name: String
    /// From the start of the outermost structure; bits.
    public let bitOffset: Int
    /// Bits of a bit field; 0 for any other member.
    public let bitSize: Int
    /// Id of the member's type.
    public let type: Int

    /// Bytes, rounded down for a bit field.
    public var offset: Int { bitOffset / 8 }
  }

  public enum Kind: UInt8, Sendable {
    case void = 0
    case integer, pointer, array, structure, union, enumeration, forward, typedef, volatile, const, restrict, function, prototype, variable
    case section, float, declarationTag, typeTag, enumeration64
  }

  private let bytes: ByteStore
  private let types: Range<Int>
  private let strings: Range<Int>
  /// Offset in `bytes` of each type; that of id 0, void, is unused.
  private let starts: [UInt32]
  private let heads: [UInt32]
  private let next: [UInt32]

  /// Types, void not counted.
  public var count: Int { starts.count - 1 }

  /// Bytes of BTF at most; kernels have 4 to 8 MiB.
  static let limit = 64 << 20
  private static let chainLimit = 4096
  /// Bytes of a name that are looked at.
  private static let nameLimit = 512
  /// Types that are followed from one to the next: typedef, const, anonymous members.
  private static let depthLimit = 32

  /// - Parameter bytes: from the header on; what follows the sections is not looked at.
  public init(_ bytes: [UInt8]) throws(Malformed) { try self.init(ByteStore(bytes)) }

  init(_ bytes: ByteStore) throws(Malformed) {
    guard bytes.count >= 24 else { throw Malformed(offset: 0, reason: "shorter than a header") }
    func word(_ offset: Int) -> UInt32 { bytes.word(offset) }
    guard UInt16(bytes[0]) | UInt16(bytes[1]) << 8 == 0xEB9F else {
      throw Malformed(offset: 0, reason: "it does not begin with BTF's magic number")
    }
    guard bytes[2] == 1 else { throw Malformed(offset: 2, reason: "version \(bytes[2]) is not known") }
    let header = Int(word(4))
    guard header >= 24, header <= bytes.count else { throw Malformed(offset: 4, reason: "the header has \(header) bytes") }
    func section(_ at: Int, _ what: String) throws(Malformed) -> Range<Int> {
      let start = header + Int(word(at))
      let length = Int(word(at + 4))
      guard start <= bytes.count, length <= bytes.count - start else {
        throw Malformed(offset: at, reason: "\(what) reach beyond the end")
      }
      return start..<start + length
    }
    let types = try section(8, "types")
    let strings = try section(16, "strings")
    guard !strings.isEmpty, bytes[strings.lowerBound] == 0, bytes[strings.upperBound - 1] == 0 else {
      throw Malformed(offset: 16, reason: "the strings do not begin and end with a zero byte")
    }
    var starts: [UInt32] = [0]
    starts.reserveCapacity(types.count / 24)
    var named: [(id: UInt32, hash: UInt32)] = []
    named.reserveCapacity(types.count / 128)
    var position = types.lowerBound
    while position < types.upperBound {
      guard types.upperBound - position >= 12 else { throw Malformed(offset: position, reason: "a type is cut off") }
      let info = word(position + 4)
      let kind = UInt8(truncatingIfNeeded: info >> 24 & 31)
      guard let extra = Self.extra(kind, Int(info & 0xFFFF)) else { throw Malformed(offset: position, reason: "kind \(kind) is not known") }
      guard extra <= types.upperBound - position - 12 else { throw Malformed(offset: position, reason: "a type is cut off") }
      if Self.isNamed(kind) {
        let name = Int(word(position))
        if name > 0 {
          guard name < strings.count else { throw Malformed(offset: position, reason: "a name lies outside of the strings") }
          named.append((UInt32(starts.count), Self.hash(bytes, strings.lowerBound + name, strings.upperBound)))
        }
      }
      starts.append(UInt32(position))
      position += 12 + extra
    }
    var size = 1024
    while size < named.count { size *= 2 }
    var heads = [UInt32](repeating: 0, count: size)
    var next = [UInt32](repeating: 0, count: starts.count)
    // From the last to the first, so that a chain gives the first type of a name first.
    for (id, hash) in named.reversed() {
      let bucket = Int(hash) & (size - 1)
      next[Int(id)] = heads[bucket]
      heads[bucket] = id
    }
    self.bytes = bytes
    self.types = types
    self.strings = strings
    self.starts = starts
    self.heads = heads
    self.next = next
  }

  private static func isNamed(_ kind: UInt8) -> Bool { kind == 4 || kind == 5 || kind == 6 || kind == 8 || kind == 19 }

  /// Bytes behind the first twelve; nil for an unknown kind.
  private static func extra(_ kind: UInt8, _ count: Int) -> Int? {
    switch kind {
    case 1, 14, 17: 4
    case 2, 7, 8, 9, 10, 11, 12, 16, 18: 0
    case 3: 12
    case 4, 5, 15, 19: count * 12
    case 6, 13: count * 8
    default: nil
    }
  }

  /// FNV-1a. A name that is too long is never asked for, and needs no true hash.
  @inline(__always)
  private static func hash(_ bytes: ByteStore, _ start: Int, _ end: Int) -> UInt32 {
    var hash: UInt32 = 2_166_136_261
    var place = start
    let last = min(end, start + nameLimit)
    while place < last {
      let byte = bytes[place]
      if byte == 0 { break }
      hash = (hash ^ UInt32(byte)) &* 16_777_619
      place += 1
    }
    return hash
  }

  private func word(_ offset: Int) -> UInt32 { bytes.word(offset) }

  // MARK: Types

  /// Kind of a type; nil for an id that does not exist.
  public func kind(_ id: Int) -> Kind? {
    if id == 0 { return .void }
    guard starts.indices.contains(id) else { return nil }
    return Kind(rawValue: UInt8(word(Int(starts[id]) + 4) >> 24 & 31))
  }

  /// Name of a type, "" for one without.
  public func name(_ id: Int) -> String {
    id > 0 && starts.indices.contains(id) ? string(Int(word(Int(starts[id])))) : ""
  }

  /// The third word of a type: size, or the id that it refers to.
  public func reference(_ id: Int) -> Int {
    id > 0 && starts.indices.contains(id) ? Int(word(Int(starts[id]) + 8)) : 0
  }

  /// Members, parameters, values: how many a type has.
  func length(_ id: Int) -> Int { id > 0 && starts.indices.contains(id) ? Int(word(Int(starts[id]) + 4) & 0xFFFF) : 0 }

  private func string(_ offset: Int) -> String {
    guard offset > 0, offset < strings.count else { return "" }
    return String(decoding: bytes.text(strings.lowerBound + offset, end: strings.upperBound, limit: Self.nameLimit), as: UTF8.self)
  }

  private func isString(_ offset: Int, _ text: [UInt8]) -> Bool {
    guard offset < strings.count, text.count < strings.count - offset else { return false }
    let start = strings.lowerBound + offset
    return bytes[start + text.count] == 0 && bytes.isEqual(start, text)
  }

  /// Id of the first type of this kind and name, with members where it is a structure or union; nil for none.
  public func id(_ kind: Kind, _ name: String) -> Int? {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, wanted.count < Self.nameLimit else { return nil }
    var hash: UInt32 = 2_166_136_261
    for byte in wanted { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    var entry = Int(heads[Int(hash) & (heads.count - 1)])
    var left = Self.chainLimit
    while entry != 0, left > 0 {
      if self.kind(entry) == kind, isString(Int(word(Int(starts[entry]))), wanted) { return entry }
      entry = Int(next[entry])
      left -= 1
    }
    return nil
  }

  /// Structure of this name, else the union of this name.
  public func structure(_ name: String) -> Int? { id(.structure, name) ?? id(.union, name) }

  /// The type behind typedef, const, volatile, restrict and tags; nil for a chain that does not end.
  public func resolved(_ id: Int) -> Int? {
    var id = id
    for _ in 0..<Self.depthLimit {
      switch kind(id) {
      case .typedef, .const, .volatile, .restrict, .typeTag: id = reference(id)
      case nil: return nil
      default: return id
      }
    }
    return nil
  }

  /// Size of a type, bytes; nil for a function, for void, and for what does not end. An array's size is that of all its elements.
  public func size(_ id: Int) -> Int? {
    var id = id
    var factor = 1
    for _ in 0..<Self.depthLimit {
      guard let inner = resolved(id), let kind = kind(inner) else { return nil }
      switch kind {
      case .pointer: return factor.multiplied(by: 8)
      case .integer, .structure, .union, .enumeration, .enumeration64, .float: return factor.multiplied(by: reference(inner))
      case .array:
        guard let array = array(inner), let product = factor.multiplied(by: array.count) else { return nil }
        factor = product
        id = array.element
      default: return nil
      }
    }
    return nil
  }

  /// Element type and count of an array.
  public func array(_ id: Int) -> (element: Int, count: Int)? {
    guard kind(id) == .array else { return nil }
    let start = Int(starts[id]) + 12
    return (Int(word(start)), Int(word(start + 8)))
  }

  /// Size of a structure or union, bytes.
  public func size(of structure: String) -> Int? { self.structure(structure).map(reference) }

  // MARK: Members

  /// A member by its path: `member("task_struct", "se.sum_exec_runtime")`. Members of nested structures without a name are found by their
  /// own.
  public func member(_ structure: String, _ path: String) -> Member? {
    self.structure(structure).flatMap { member(of: $0, path) }
  }

  /// The same for a type by its id.
  public func member(of type: Int, _ path: String) -> Member? {
    var type = type
    var bits = 0
    var found: Member?
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      guard !part.isEmpty, let structure = resolved(type), let member = direct(structure, Array(part.utf8), Self.depthLimit) else {
        return nil
      }
      bits += member.bitOffset
      type = member.type
      found = Member(name: path, bitOffset: bits, bitSize: member.bitSize, type: member.type)
    }
    return found
  }

  /// All members of a structure or union, in order; those without a name as they stand.
  public func members(of type: Int) -> [Member] {
    guard let kind = kind(type), kind == .structure || kind == .union else { return [] }
    return (0..<length(type)).map { index in
      let raw = raw(type, index)
      return Member(name: string(raw.name), bitOffset: raw.bitOffset, bitSize: raw.bitSize, type: raw.type)
    }
  }

  private func raw(_ type: Int, _ index: Int) -> (name: Int, type: Int, bitOffset: Int, bitSize: Int) {
    let start = Int(starts[type])
    let hasBitFields = word(start + 4) >> 31 != 0
    let place = start + 12 + 12 * index
    let offset = word(place + 8)
    return (
      Int(word(place)), Int(word(place + 4)), Int(hasBitFields ? offset & 0xFF_FFFF : offset), hasBitFields ? Int(offset >> 24) : 0
    )
  }

  private func direct(_ type: Int, _ name: [UInt8], _ depth: Int) -> Member? {
    var visits = 1 << 14
    return direct(type, name, depth, &visits)
  }

  /// - Parameter visits: members that may still be looked at; nested structures without names could refer to each other in a circle.
  private func direct(_ type: Int, _ name: [UInt8], _ depth: Int, _ visits: inout Int) -> Member? {
    guard depth > 0, let kind = kind(type), kind == .structure || kind == .union else { return nil }
    for index in 0..<length(type) {
      visits -= 1
      guard visits > 0 else { return nil }
      let raw = raw(type, index)
      if raw.name != 0 {
        guard isString(raw.name, name) else { continue }
        return Member(name: String(decoding: name, as: UTF8.self), bitOffset: raw.bitOffset, bitSize: raw.bitSize, type: raw.type)
      }
      if let inner = resolved(raw.type), let found = direct(inner, name, depth - 1, &visits) {
        return Member(name: found.name, bitOffset: raw.bitOffset + found.bitOffset, bitSize: found.bitSize, type: found.type)
      }
    }
    return nil
  }

  /// Names and values of an enumeration, in order.
  public func enumerators(of type: Int) -> [(name: String, value: Int64)] {
    let isWide = kind(type) == .enumeration64
    guard isWide || kind(type) == .enumeration else { return [] }
    let step = isWide ? 12 : 8
    return (0..<length(type)).map { index in
      let place = Int(starts[type]) + 12 + step * index
      let low = word(place + 4)
      return (
        string(Int(word(place))), isWide ? Int64(bitPattern: UInt64(word(place + 8)) << 32 | UInt64(low)) : Int64(Int32(bitPattern: low))
      )
    }
  }

  /// Name of a value in the enumeration of this name, the first of several; nil for none.
  public func name(of value: Int64, in enumeration: String) -> String? {
    guard let type = id(.enumeration, enumeration) ?? id(.enumeration64, enumeration) else { return nil }
    return enumerators(of: type).first { $0.value == value }?.name
  }

  /// How an integer is encoded: whether it is signed, and whether it is a boolean; nil for any other type.
  public func encoding(_ id: Int) -> (isSigned: Bool, isBoolean: Bool)? {
    guard kind(id) == .integer else { return nil }
    let bits = word(Int(starts[id]) + 12) >> 24
    return (bits & 1 != 0, bits & 4 != 0)
  }

  /// Whether a type that is declared and not defined is a union; false for a structure.
  public func isForwardOfUnion(_ id: Int) -> Bool { kind(id) == .forward && word(Int(starts[id]) + 4) >> 31 != 0 }

  /// Value of an enumerator in the enumeration of this name.
  public func value(_ enumeration: String, _ name: String) -> Int64? {
    let wanted = Array(name.utf8)
    if let type = id(.enumeration, enumeration) {
      for index in 0..<length(type) {
        let place = Int(starts[type]) + 12 + 8 * index
        if isString(Int(word(place)), wanted) { return Int64(Int32(bitPattern: word(place + 4))) }
      }
    }
    if let type = id(.enumeration64, enumeration) {
      for index in 0..<length(type) {
        let place = Int(starts[type]) + 12 + 12 * index
        if isString(Int(word(place)), wanted) { return Int64(bitPattern: UInt64(word(place + 8)) << 32 | UInt64(word(place + 4))) }
      }
    }
    return nil
  }
}

extension Int {
  /// Nil where the product overflows.
  fileprivate func multiplied(by other: Int) -> Int? {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows ? nil : product
  }
}
