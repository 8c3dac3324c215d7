internal import QMP

/// The keys of one of QEMU's option values: `type,key=value` or JSON, whose nested keys are joined by dots.
///
/// Source: QEMU util/keyval.c and util/qemu-option.c; a doubled comma stands for itself.
struct QEMUOptions: Sendable, Hashable {
  private(set) var pairs: [(key: String, value: String)] = []

  /// - Parameter implied: key of a first part without `=`.
  init(_ text: String, implied: String) {
    if text.utf8.first == UInt8(ascii: "{") {
      if let value = JSONValue(json: text.utf8) { flatten(value, key: "", depth: 0) }
      return
    }
    for (index, part) in Self.parts(text).enumerated() {
      if let equals = part.firstIndex(of: "=") {
        pairs.append((String(part[..<equals]), String(part[part.index(after: equals)...])))
      } else if index == 0 {
        pairs.append((implied, part))
      } else {
        pairs.append((part, "on"))
      }
    }
  }

  /// The last value of a key, as QEMU takes it.
  subscript(key: String) -> String? { pairs.last { $0.key == key }?.value }

  func flag(_ key: String) -> Bool? {
    switch self[key] {
    case "on", "yes", "true", "y": true
    case "off", "no", "false", "n": false
    default: nil
    }
  }

  /// A size: a number with an optional suffix of k, M, G, T, P or E for powers of 1024; `unit` is that of a bare number.
  func size(_ key: String, unit: UInt64 = 1) -> UInt64? { self[key].flatMap { Self.size($0, unit: unit) } }

  static func size(_ text: String, unit: UInt64 = 1) -> UInt64? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "x" || $0.isHexDigit) }
    let suffixes: [Character: UInt64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50, "e": 1 << 60]
    var number = Substring(text)
    var factor = unit
    if let last = text.lowercased().last, let power = suffixes[last], !text.hasPrefix("0x") {
      number = text.dropLast()
      factor = power
    } else if text.lowercased().last == "b" && !text.hasPrefix("0x") {
      number = text.dropLast()
      factor = 1
    }
    let value = number.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(number)
    guard let value else { return nil }
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  private static func parts(_ text: String) -> [String] {
    var parts = [""]
    var rest = Substring(text)
    while let character = rest.popFirst() {
      if character != "," {
        parts[parts.count - 1].append(character)
      } else if rest.first == "," {
        rest.removeFirst()
        parts[parts.count - 1].append(",")
      } else {
        parts.append("")
      }
    }
    return parts.filter { !$0.isEmpty }
  }

  private mutating func flatten(_ value: JSONValue, key: String, depth: Int) {
    switch value {
    case .object(let members):
      for (name, member) in members.sorted(by: { $0.key < $1.key }) where depth < 16 {
        flatten(member, key: key.isEmpty ? name : "\(key).\(name)", depth: depth + 1)
      }
    case .list(let elements):
      for (index, element) in elements.enumerated() where depth < 16 { flatten(element, key: "\(key).\(index)", depth: depth + 1) }
    case .text(let text): pairs.append((key, text))
    case .bool(let flag): pairs.append((key, flag ? "on" : "off"))
    case .integer(let number): pairs.append((key, "\(number)"))
    case .unsigned(let number): pairs.append((key, "\(number)"))
    case .real(let number): pairs.append((key, "\(number)"))
    case .null: break
    }
  }

  static func == (left: QEMUOptions, right: QEMUOptions) -> Bool { left.pairs.elementsEqual(right.pairs, by: ==) }

  func hash(into hasher: inout Hasher) {
    for pair in pairs {
      hasher.combine(pair.key)
      hasher.combine(pair.value)
    }
  }
}
