internal import Domain

/// Writes a kernel's symbols and types as Volatility 3 reads them: ISF, schema 6.2.0 (volatility3/schemas/schema-6.2.0.json).
///
/// Addresses are those of a kernel that KASLR did not move, which is what Volatility expects. Names that stand twice are written once, with the
/// first type; a type that refers to itself without end is written as void. Text is handed over in pieces, none of which is kept.
public struct SymbolFile: Sendable {
  private let guest: Guest
  private let types: TypeIndex
  /// Types of variables, which BTF tells for those that each processor has.
  private let variables: [String: Int]

  /// The bytes of `linux_banner`, by which Volatility finds the file of an image; with the line's end and a zero byte.
  private let banner: [UInt8]

  /// Types that one type may be made of, one around the other.
  private static let depthLimit = 64
  private static let pieceSize = 1 << 16

  /// - Throws: `missing` for a kernel that does not tell its banner.
  public init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    types = guest.kernel.types
    let address = try guest.required("linux_banner")
    guard let text = guest.bytes(address, count: 1024)?.prefix(while: { $0 != 0 }), !text.isEmpty else {
      throw .missing(path: guest.memory.path, what: "its banner")
    }
    banner = text + [0]
    var found: [String: Int] = [:]
    if types.count > 0 {
      for id in 1...types.count where types.kind(id) == .variable {
        let name = types.name(id)
        if !name.isEmpty, found[name] == nil { found[name] = types.reference(id) }
      }
    }
    variables = found
  }

  /// - Parameters:
  ///   - version: of this program, as the file names it.
  ///   - put: takes the next piece.
  public func write<Failure: Error>(version: String, to put: @escaping ([UInt8]) throws(Failure) -> Void) throws(Failure) {
    var output = Output<Failure>(put: put)
    // The form has SHA-256 of a file as its only hash, and there is no file: the build id stands in the name.
    let of = guest.kernel.buildID.map { " of build id \($0)" } ?? ""
    let source: FactValue = [["kind": "symtab", "name": .string("kallsyms" + of)]]
    let types: FactValue = [["kind": "dwarf", "name": .string("BTF" + of)]]
    try output.open("metadata")
    try output.member("linux", ["symbols": source, "types": types])
    try output.member("producer", ["name": "ringwall", "version": .string(version)])
    try output.member("format", "6.2.0")
    try output.close()
    try writeBases(&output)
    try writeStructures(&output)
    try writeEnumerations(&output)
    try writeSymbols(&output)
    try output.finish()
  }

  // MARK: Types

  private func writeBases<Failure>(_ output: inout Output<Failure>) throws(Failure) {
    func base(_ size: Int, _ isSigned: Bool, _ kind: String) -> FactValue {
      ["size": .int(Int64(size)), "signed": .bool(isSigned), "kind": .string(kind), "endian": "little"]
    }
    var written: Set<String> = ["void", "pointer", ""]
    try output.open("base_types")
    try output.member("void", base(0, false, "void"))
    try output.member("pointer", base(8, false, "int"))
    for id in 0..<types.count + 1 {
      switch types.kind(id) {
      case .integer:
        guard let encoding = types.encoding(id), written.insert(types.name(id)).inserted else { continue }
        let size = types.reference(id)
        try output.member(types.name(id), base(size, encoding.isSigned, encoding.isBoolean ? "bool" : size == 1 ? "char" : "int"))
      case .float:
        guard written.insert(types.name(id)).inserted else { continue }
        try output.member(types.name(id), base(types.reference(id), true, "float"))
      default: continue
      }
    }
    for (name, size) in Self.enumerationBases where !written.contains(name) { try output.member(name, base(size, false, "int")) }
    try output.close()
  }

  /// What an enumeration lies in, by its size.
  private static let enumerationBases = [
    ("unsigned char", 1), ("short unsigned int", 2), ("unsigned int", 4), ("long unsigned int", 8),
  ]

  private func writeStructures<Failure>(_ output: inout Output<Failure>) throws(Failure) {
    var written: Set<String> = []
    try output.open("user_types")
    for id in 0..<types.count + 1 {
      guard let kind = types.kind(id), kind == .structure || kind == .union, written.insert(name(id)).inserted else { continue }
      var fields: [FactValue.Member] = []
      var names: Set<String> = []
      for (index, member) in types.members(of: id).enumerated() {
        var field: [FactValue.Member] = []
        if member.bitSize == 0 {
          field = [.init("offset", .int(Int64(member.offset))), .init("type", description(member.type))]
        } else {
          let bits: FactValue = [
            "kind": "bitfield", "bit_position": .int(Int64(member.bitOffset % 32)), "bit_length": .int(Int64(member.bitSize)),
            "type": description(member.type),
          ]
          field = [.init("offset", .int(Int64(member.bitOffset / 32 * 4))), .init("type", bits)]
        }
        var text = member.name
        if text.isEmpty {
          text = "unnamed_field_\(index)"
          field.append(.init("anonymous", true))
        }
        if names.insert(text).inserted { fields.append(.init(text, .object(field))) }
      }
      try output.member(
        name(id),
        [
          "size": .int(Int64(types.reference(id))), "fields": .object(fields), "kind": kind == .structure ? "struct" : "union",
        ])
    }
    try output.close()
  }

  private func writeEnumerations<Failure>(_ output: inout Output<Failure>) throws(Failure) {
    var written: Set<String> = []
    try output.open("enums")
    for id in 0..<types.count + 1 {
      guard let kind = types.kind(id), kind == .enumeration || kind == .enumeration64, written.insert(name(id)).inserted else { continue }
      var names: Set<String> = []
      let constants = types.enumerators(of: id).filter { names.insert($0.name).inserted }
      let size = types.reference(id)
      try output.member(
        name(id),
        [
          "size": .int(Int64(size)), "base": .string(Self.enumerationBases.first { $0.1 == size }?.0 ?? "unsigned int"),
          "constants": .object(constants.map { FactValue.Member($0.name, .int($0.value)) }),
        ])
    }
    try output.close()
  }

  private func name(_ id: Int) -> String { Self.name(id, types) }

  /// As the file names a type: one without a name by its id.
  static func name(_ id: Int, _ types: TypeIndex) -> String {
    let name = types.name(id)
    return name.isEmpty ? "unnamed_\(id)" : name
  }

  /// What a type is made of, down to a name.
  private func description(_ id: Int, depth: Int = 0) -> FactValue {
    let void: FactValue = ["kind": "base", "name": "void"]
    guard depth < Self.depthLimit, let inner = types.resolved(id), let kind = types.kind(inner) else { return void }
    switch kind {
    case .integer, .float: return ["kind": "base", "name": .string(types.name(inner))]
    case .pointer: return ["kind": "pointer", "subtype": description(types.reference(inner), depth: depth + 1)]
    case .array:
      guard let array = types.array(inner) else { return void }
      return ["kind": "array", "count": .int(Int64(array.count)), "subtype": description(array.element, depth: depth + 1)]
    case .structure: return ["kind": "struct", "name": .string(name(inner))]
    case .union: return ["kind": "union", "name": .string(name(inner))]
    case .enumeration, .enumeration64: return ["kind": "enum", "name": .string(name(inner))]
    case .forward: return ["kind": types.isForwardOfUnion(inner) ? "union" : "struct", "name": .string(name(inner))]
    case .prototype, .function: return ["kind": "function"]
    default: return void
    }
  }

  // MARK: Symbols

  private func type(ofSymbol name: String, _ known: SymbolTypes) -> FactValue? {
    if name == "linux_banner" { return ["kind": "array", "count": .int(Int64(banner.count)), "subtype": ["kind": "base", "name": "char"]] }
    return known[name] ?? variables[name].map { description($0) }
  }

  private func writeSymbols<Failure>(_ output: inout Output<Failure>) throws(Failure) {
    let symbols = guest.kernel.symbols
    let slide = guest.kernel.slide
    let known = SymbolTypes(guest)
    var written: Set<String> = []
    try output.open("symbols")
    for index in 0..<symbols.count {
      let symbol = symbols.symbol(at: index)
      guard !symbol.name.isEmpty, written.insert(symbol.name).inserted else { continue }
      // Places within each processor's own memory are not moved.
      let address = symbol.address >= Kernel.mapBase ? symbol.address &- slide : symbol.address
      var members: [FactValue.Member] = []
      if let type = type(ofSymbol: symbol.name, known) { members.append(.init("type", type)) }
      if symbol.name == "linux_banner" { members.append(.init("constant_data", .string(Self.base64(banner)))) }
      try output.symbol(symbol.name, address, members)
    }
    try output.close()
  }

  /// RFC 4648, section 4.
  private static func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = (0..<3).reduce(UInt32(0)) { $0 << 8 | (start + $1 < bytes.count ? UInt32(bytes[start + $1]) : 0) }
      for place in 0..<4 {
        text.append(start + place - 1 < bytes.count || place == 0 ? digits[Int(group >> UInt32(18 - 6 * place) & 63)] : 0x3D)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: Output

  /// An object of objects, one member after the other.
  private struct Output<Failure: Error> {
    private let put: ([UInt8]) throws(Failure) -> Void
    private var bytes: [UInt8] = Array("{".utf8)
    private var isFirst = true
    private var isFirstInside = true

    init(put: @escaping ([UInt8]) throws(Failure) -> Void) { self.put = put }

    mutating func open(_ name: String) throws(Failure) {
      if !isFirst { append(",\n") }
      isFirst = false
      isFirstInside = true
      JSONText.append(name, to: &bytes)
      append(": {\n")
    }

    mutating func member(_ name: String, _ value: FactValue) throws(Failure) {
      key(name)
      JSONText.append(value, to: &bytes)
      if bytes.count >= SymbolFile.pieceSize { try flush() }
    }

    /// Addresses are numbers of 64 bits without a sign, which a fact cannot hold.
    mutating func symbol(_ name: String, _ address: UInt64, _ rest: [FactValue.Member]) throws(Failure) {
      key(name)
      append("{\"address\":\(address)")
      for member in rest {
        append(",")
        JSONText.append(member.key, to: &bytes)
        append(":")
        JSONText.append(member.value, to: &bytes)
      }
      append("}")
      if bytes.count >= SymbolFile.pieceSize { try flush() }
    }

    mutating func close() throws(Failure) { append("\n}") }

    mutating func finish() throws(Failure) {
      append("}\n")
      try flush()
    }

    private mutating func key(_ name: String) {
      if !isFirstInside { append(",\n") }
      isFirstInside = false
      JSONText.append(name, to: &bytes)
      append(":")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func flush() throws(Failure) {
      try put(bytes)
      bytes.removeAll(keepingCapacity: true)
    }
  }
}
