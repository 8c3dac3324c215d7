/// Escaping in the parts of a URL, and taking URLs apart, as Go's `net/url` does.
enum URLText {
  enum Part { case path, query, fragment, host, zone, user }

  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Whether a byte is written as it is in the part.
  private static func isPlain(_ byte: UInt8, _ part: Part) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F, 0x2E, 0x7E: true
    // "$&+,/:;=@?"
    case 0x24, 0x26, 0x2B, 0x2C, 0x2F, 0x3A, 0x3B, 0x3D, 0x40, 0x3F:
      switch part {
      case .path: byte != 0x3F
      case .fragment: true
      case .user: byte != 0x40 && byte != 0x2F && byte != 0x3F && byte != 0x3A
      case .query: false
      case .host, .zone: byte != 0x2F && byte != 0x40 && byte != 0x3F
      }
    // "!'()*"
    case 0x21, 0x27, 0x28, 0x29, 0x2A: part == .host || part == .zone || (part == .fragment && byte != 0x27)
    // "[]<>\""
    case 0x5B, 0x5D, 0x3C, 0x3E, 0x22: part == .host || part == .zone
    default: false
    }
  }

  static func escape(_ text: [UInt8], _ part: Part) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for byte in text {
      if byte == 0x20, part == .query {
        result.append(0x2B)
      } else if isPlain(byte, part) {
        result.append(byte)
      } else {
        result.append(0x25)
        result.append(digits[Int(byte >> 4)])
        result.append(digits[Int(byte & 15)])
      }
    }
    return result
  }

  static func unescape(_ text: ArraySlice<UInt8>, _ part: Part) throws(Fault) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      if byte == 0x25 {
        guard index + 2 < text.endIndex, let high = Builtins.hexadecimal(text[index + 1]), let low = Builtins.hexadecimal(text[index + 2])
        else {
          throw invalidEscape(text[index...].prefix(3))
        }
        let value = high << 4 | low
        // In hosts only bytes beyond ASCII are escaped, and the percent sign before a zone; zones may hold anything a host may not.
        if part == .host, value < 0x80, value != 0x25 { throw invalidEscape(text[index..<(index + 3)]) }
        if part == .zone, value != 0x25, value != 0x20, value < 0x80, !isPlain(value, .host) {
          throw invalidEscape(text[index..<(index + 3)])
        }
        result.append(value)
        index += 3
        continue
      }
      if part == .host || part == .zone, byte < 0x80, !isPlain(byte, part) {
        throw Fault(description: "invalid character \(Builtins.quoted([byte])) in host name")
      }
      result.append(byte == 0x2B && part == .query ? 0x20 : byte)
      index += 1
    }
    return result
  }

  private static func invalidEscape(_ text: ArraySlice<UInt8>) -> Fault {
    Fault(description: "invalid URL escape \(Builtins.quoted(Array(text)))")
  }

  /// The parts of a URL that policies see. Empty parts are absent.
  struct Parts {
    var scheme: [UInt8] = []
    var host: [UInt8] = []
    var port: [UInt8] = []
    var path: [UInt8] = []
    var rawPath: [UInt8] = []
    var query: [UInt8] = []
    var fragment: [UInt8] = []
  }

  static func parse(_ text: [UInt8]) throws(Fault) -> Parts {
    var parts = Parts()
    let hash = text.firstIndex(of: 0x23) ?? text.endIndex
    let main = text[..<hash]
    if main.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw Fault(description: "net/url: invalid control character in URL") }
    if main == [0x2A][...] {
      parts.path = [0x2A]
    } else {
      var rest = try scheme(main, &parts)
      if let mark = rest.firstIndex(of: 0x3F) {
        parts.query = Array(rest[(mark + 1)...])
        rest = rest[..<mark]
      }
      if rest.first != 0x2F {
        // An opaque part, as in mailto:.
        if !parts.scheme.isEmpty { return try withFragment(parts, text, hash) }
        if let colon = rest.firstIndex(of: 0x3A), !rest[..<colon].contains(0x2F) {
          throw Fault(description: "first path segment in URL cannot contain colon")
        }
      }
      if rest.starts(with: [0x2F, 0x2F]), !parts.scheme.isEmpty || !rest.starts(with: [0x2F, 0x2F, 0x2F]) {
        let after = rest.dropFirst(2)
        let slash = after.firstIndex(of: 0x2F) ?? after.endIndex
        try authority(after[..<slash], &parts)
        rest = after[slash...]
      }
      parts.path = try unescape(rest, .path)
    }
    parts.rawPath = parts.path.isEmpty ? [] : (main.isEmpty ? [] : rawPath(main, parts))
    return try withFragment(parts, text, hash)
  }

  private static func withFragment(_ parts: Parts, _ text: [UInt8], _ hash: Int) throws(Fault) -> Parts {
    var parts = parts
    if hash < text.endIndex { parts.fragment = try unescape(text[(hash + 1)...], .fragment) }
    return parts
  }

  /// The path as written where the default escaping of the decoded one gives another text, else the decoded path.
  private static func rawPath(_ main: ArraySlice<UInt8>, _ parts: Parts) -> [UInt8] {
    var rest = main
    if !parts.scheme.isEmpty { rest = rest.dropFirst(parts.scheme.count + 1) }
    if let mark = rest.firstIndex(of: 0x3F) { rest = rest[..<mark] }
    if rest.starts(with: [0x2F, 0x2F]), !parts.scheme.isEmpty || !rest.starts(with: [0x2F, 0x2F, 0x2F]) {
      rest = rest.dropFirst(2)
      rest = rest[(rest.firstIndex(of: 0x2F) ?? rest.endIndex)...]
    }
    return escape(parts.path, .path) == Array(rest) ? parts.path : Array(rest)
  }

  private static func scheme(_ text: ArraySlice<UInt8>, _ parts: inout Parts) throws(Fault) -> ArraySlice<UInt8> {
    for (index, byte) in text.enumerated() {
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: continue
      case 0x30...0x39, 0x2B, 0x2D, 0x2E:
        if index == 0 { return text }
      case 0x3A:
        if index == 0 { throw Fault(description: "missing protocol scheme") }
        parts.scheme = text.prefix(index).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        return text.dropFirst(index + 1)
      default: return text
      }
    }
    return text
  }

  private static func authority(_ text: ArraySlice<UInt8>, _ parts: inout Parts) throws(Fault) {
    var host = text
    var user: ArraySlice<UInt8>?
    if let at = text.lastIndex(of: 0x40) {
      user = text[..<at]
      host = text[(at + 1)...]
    }
    let decoded = try hostAndPort(host)
    if let user {
      let isValid = user.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: Array("-._:~!$&'()*+,;=%@".utf8).contains(byte)
        }
      }
      guard isValid else { throw Fault(description: "net/url: invalid userinfo") }
      let colon = user.firstIndex(of: 0x3A) ?? user.endIndex
      _ = try unescape(user[..<colon], .user)
      _ = try unescape(user[colon...].dropFirst(), .user)
    }
    (parts.host, parts.port) = split(decoded)
  }

  private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
    text.isEmpty || (text.first == 0x3A && text.dropFirst().allSatisfy { $0 >= 0x30 && $0 <= 0x39 })
  }

  private static func invalidPort(_ text: ArraySlice<UInt8>) -> Fault {
    Fault(description: "invalid port \(Builtins.quoted(Array(text))) after host")
  }

  private static func hostAndPort(_ host: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
    if host.first == 0x5B {
      guard let close = host.lastIndex(of: 0x5D) else { throw Fault(description: "missing ']' in host") }
      guard isPort(host[(close + 1)...]) else { throw invalidPort(host[(close + 1)...]) }
      // RFC 6874: %25 begins a zone, in which escapes of other bytes are allowed.
      let inside = host[..<close]
      if let zone = inside.indices.first(where: { inside[$0...].starts(with: [0x25, 0x32, 0x35]) }) {
        return try unescape(inside[..<zone], .host) + unescape(inside[zone...], .zone) + unescape(host[close...], .host)
      }
    } else if let colon = host.lastIndex(of: 0x3A) {
      guard isPort(host[colon...]) else { throw invalidPort(host[colon...]) }
    }
    return try unescape(host, .host)
  }

  private static func split(_ host: [UInt8]) -> (host: [UInt8], port: [UInt8]) {
    var name = host[...]
    var port: [UInt8] = []
    if let colon = host.lastIndex(of: 0x3A), isPort(host[colon...]) {
      port = Array(host[(colon + 1)...])
      name = host[..<colon]
    }
    if name.first == 0x5B, name.last == 0x5D { name = name.dropFirst().dropLast() }
    return (Array(name), port)
  }
}

extension Builtins {
  /// OPA's v1/topdown/uri.go.
  static let uris: [Builtin] = [
    Builtin("uri.parse", 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      do throws(URLText.Fault) {
        let parts = try URLText.parse(text)
        let members: [(StaticString, [UInt8])] = [
          ("scheme", parts.scheme), ("hostname", parts.host), ("port", parts.port), ("path", parts.path), ("raw_path", parts.rawPath),
          ("raw_query", parts.query), ("fragment", parts.fragment),
        ]
        return .object(
          members.filter { !$0.1.isEmpty }.map { (.short($0.0), .string(String(decoding: $0.1, as: UTF8.self), in: context.heap)) },
          in: context.heap)
      } catch {
        throw .failed("parse \(quoted(text)): \(error)")
      }
    },
    Builtin("uri.is_valid", 1) { arguments, _ throws(BuiltinError) in
      guard arguments[0].isString, arguments[0].textCount > 0 else { return .false }
      do throws(URLText.Fault) {
        _ = try URLText.parse(arguments[0].text)
        return .true
      } catch { return .false }
    },
  ]
}
