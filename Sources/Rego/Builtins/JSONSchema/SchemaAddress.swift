/// The address of a schema: a URI reference (RFC 3986) whose fragment may be a JSON Pointer (RFC 6901).
struct SchemaAddress: Hashable {
  private(set) var scheme: String?
  private var authority: String?
  private var path: String
  private var query: String?
  /// Decoded; empty without one.
  private(set) var fragment: [UInt8]

  /// The address of a document that has none.
  static let root = SchemaAddress(scheme: nil, authority: nil, path: "", query: nil, fragment: [])

  private init(scheme: String?, authority: String?, path: String, query: String?, fragment: [UInt8]) {
    self.scheme = scheme
    self.authority = authority
    self.path = path
    self.query = query
    self.fragment = fragment
  }

  /// - Throws: for a text that is no URI reference, with the words of Go's `net/url`.
  init(_ text: [UInt8]) throws(SchemaError) {
    do throws(URLText.Fault) {
      fragment = try URLText.parse(text).fragment
    } catch {
      throw SchemaError("parse \(Builtins.quoted(text)): \(error.description)")
    }
    var rest = text[..<(text.firstIndex(of: 0x23) ?? text.endIndex)]
    if let colon = rest.firstIndex(of: 0x3A), Self.isScheme(rest[..<colon]) {
      scheme = String(decoding: rest[..<colon], as: UTF8.self).lowercased()
      rest = rest[(colon + 1)...]
    } else {
      scheme = nil
    }
    if let mark = rest.firstIndex(of: 0x3F) {
      query = String(decoding: rest[(mark + 1)...], as: UTF8.self)
      rest = rest[..<mark]
    } else {
      query = nil
    }
    if rest.starts(with: [0x2F, 0x2F]) {
      let after = rest.dropFirst(2)
      let slash = after.firstIndex(of: 0x2F) ?? after.endIndex
      authority = String(decoding: after[..<slash], as: UTF8.self)
      rest = after[slash...]
    } else {
      authority = nil
    }
    path = String(decoding: rest, as: UTF8.self)
  }

  private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A else { return false }
    return text.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
      default: false
      }
    }
  }

  var text: String {
    var result = ""
    if let scheme { result += scheme + ":" }
    if let authority { result += "//" + authority }
    result += path
    if let query { result += "?" + query }
    if !fragment.isEmpty { result += "#" + String(decoding: URLText.escape(fragment, .fragment), as: UTF8.self) }
    return result
  }

  var withoutFragment: SchemaAddress {
    var result = self
    result.fragment = []
    return result
  }

  /// Whether it leads somewhere by itself.
  var isCanonical: Bool { scheme == "file" ? path.hasPrefix("/") : scheme != nil && authority?.isEmpty == false }

  /// The keys of the fragment's pointer, still escaped; none for a fragment that is no pointer.
  var pointer: [[UInt8]] {
    guard fragment.first == 0x2F else { return [] }
    return fragment.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init)
  }

  /// A key of a pointer without its escapes.
  static func decoded(_ token: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(token.count)
    var index = 0
    while index < token.count {
      if token[index] == 0x7E, index + 1 < token.count, token[index + 1] == 0x30 || token[index + 1] == 0x31 {
        result.append(token[index + 1] == 0x30 ? 0x7E : 0x2F)
        index += 2
      } else {
        result.append(token[index])
        index += 1
      }
    }
    return result
  }

  /// The address another one has where this one is the base (RFC 3986, section 5.2). As in Go, a base keeps its fragment where the
  /// other one is empty.
  func resolving(_ other: SchemaAddress) -> SchemaAddress {
    if other.scheme != nil { return other }
    if other.authority != nil {
      var result = other
      result.scheme = scheme
      result.path = Self.withoutDots(other.path)
      return result
    }
    var result = self
    result.fragment = other.fragment
    if other.path.isEmpty {
      if other.query != nil { result.query = other.query } else if other.fragment.isEmpty { result.fragment = fragment }
      return result
    }
    result.query = other.query
    if other.path.hasPrefix("/") {
      result.path = Self.withoutDots(other.path)
    } else {
      let slash = path.lastIndex(of: "/").map { path[...$0] } ?? (authority == nil ? "" : "/")
      result.path = Self.withoutDots(slash + other.path)
    }
    return result
  }

  /// RFC 3986, section 5.2.4.
  private static func withoutDots(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        if kept.count > 1 || kept.first?.isEmpty == false { kept.removeLast() }
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return kept.joined(separator: "/")
  }
}
