/// Writes BTF.
struct SyntheticTypes {
  private var types: [UInt8] = []
  private var strings: [UInt8] = [0]
  private(set) var count = 0

  static func words(_ values: [UInt32]) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  private mutating func name(_ text: String) -> UInt32 {
    guard !text.isEmpty else { return 0 }
    defer { strings += Array(text.utf8) + [0] }
    return UInt32(strings.count)
  }

  /// Adds a type and returns its id.
  @discardableResult
  mutating func add(_ kind: UInt32, _ name: String = "", size: UInt32 = 0, count: Int = 0, flag: Bool = false, _ extra: [UInt32] = [])
    -> UInt32
  {
    types += Self.words([self.name(name), kind << 24 | UInt32(count) | (flag ? 1 << 31 : 0), size] + extra)
    self.count += 1
    return UInt32(self.count)
  }

  mutating func integer(_ name: String, size: UInt32) -> UInt32 { add(1, name, size: size, [size * 8]) }
  mutating func pointer(_ type: UInt32) -> UInt32 { add(2, size: type) }
  mutating func array(_ type: UInt32, _ length: UInt32) -> UInt32 { add(3, "", [type, 0, length]) }

  struct Member {
    let name: String
    let type: UInt32
    /// Bits.
    let offset: UInt32
    var size: UInt32 = 0
  }

  @discardableResult
  mutating func structure(_ name: String, size: UInt32, isUnion: Bool = false, _ members: [Member]) -> UInt32 {
    let hasBitFields = members.contains { $0.size > 0 }
    var extra: [UInt32] = []
    for member in members {
      extra += [self.name(member.name), member.type, hasBitFields ? member.size << 24 | member.offset : member.offset]
    }
    return add(isUnion ? 5 : 4, name, size: size, count: members.count, flag: hasBitFields, extra)
  }

  var bytes: [UInt8] {
    let header: [UInt8] = [0x9F, 0xEB, 1, 0]
    return header
      + Self.words([24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)])
      + types + strings
  }
}

extension SyntheticTypes.Member {
  /// A member at an offset in bytes.
  init(_ name: String, _ type: UInt32, at offset: UInt32) { self.init(name: name, type: type, offset: offset * 8) }
}

/// Writes kallsyms: every character stands for itself but for some words, which have tokens of their own.
struct SyntheticSymbols {
  static let words = ["sys_", "task", "init", "_table", "kallsyms_"]
  /// Characters that no name here has, which stand for the words.
  private static let codes: [UInt8] = [1, 2, 3, 4, 5]

  let symbols: [(name: String, address: UInt64)]

  init(_ symbols: [(String, UInt64)]) { self.symbols = symbols.sorted { $0.1 < $1.1 } }

  private static func text(of token: UInt8) -> [UInt8] {
    if let place = codes.firstIndex(of: token) { return Array(words[place].utf8) }
    // Real tables have a text for every token; those of no character here are filled with something.
    return token >= 0x20 && token < 0x7F ? [token] : Array("~\(token)".utf8)
  }

  var tokenTable: [UInt8] { (0...255).flatMap { Self.text(of: $0) + [0] } }

  var tokenIndex: [UInt8] {
    var offset = 0
    return (UInt8(0)...255).flatMap { token in
      defer { offset += Self.text(of: token).count + 1 }
      return [UInt8(truncatingIfNeeded: offset), UInt8(truncatingIfNeeded: offset >> 8)]
    }
  }

  static func compressed(_ name: String) -> [UInt8] {
    var rest = Array(("T" + name).utf8)
    var tokens: [UInt8] = []
    while !rest.isEmpty {
      if let place = words.firstIndex(where: { rest.starts(with: Array($0.utf8)) }) {
        tokens.append(codes[place])
        rest.removeFirst(words[place].utf8.count)
      } else {
        tokens.append(rest.removeFirst())
      }
    }
    let length = tokens.count
    return (length < 0x80 ? [UInt8(length)] : [UInt8(length & 0x7F | 0x80), UInt8(length >> 7)]) + tokens
  }

  var names: [UInt8] { symbols.flatMap { Self.compressed($0.name) } }

  var markers: [UInt8] {
    var offset = 0
    var result: [UInt8] = []
    for (index, symbol) in symbols.enumerated() {
      if index % 256 == 0 { result += SyntheticTypes.words([UInt32(offset)]) }
      offset += Self.compressed(symbol.name).count
    }
    return result
  }
}
