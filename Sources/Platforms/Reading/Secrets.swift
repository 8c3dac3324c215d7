package import Domain

/// Passwords and keys inside of texts that are shown: of addresses (`user:password@host`), of options (`password=...`, `rbd:...:key=...`),
/// of JSON (`"data": "..."`) and of environment variables. Each is replaced by dots.
///
/// Names of secrets that are kept elsewhere (`password-secret=sec0`) and switches (`password=on`) are none.
package enum Secrets {
  private static let dots = Array("...".utf8)

  /// The text with dots in the place of every secret; the same text, at the cost of one look at its bytes, where it has none.
  package static func masked(_ text: String) -> String {
    guard mayHoldSecret(text) else { return text }
    return String(decoding: withoutPasswords(withoutValues(Array(text.utf8))), as: UTF8.self)
  }

  private static func mayHoldSecret(_ text: String) -> Bool {
    for byte in text.utf8 where byte == UInt8(ascii: "@") || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\"") { return true }
    return false
  }

  // MARK: - user:password@host

  /// Runs of bytes that an address may hold, each looked at once.
  private static func withoutPasswords(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      let run = bytes[at...].prefix { !isDelimiter($0) }
      if let password = password(in: run) {
        result += bytes[at..<password.lowerBound] + dots + bytes[password.upperBound..<run.endIndex]
      } else {
        result += run
      }
      at = run.endIndex
      while at < bytes.count, isDelimiter(bytes[at]) {
        result.append(bytes[at])
        at += 1
      }
    }
    return result
  }

  /// From the first colon to the last @, for a password may hold both. libiscsi has a percent sign in the place of the colon.
  private static func password(in run: ArraySlice<UInt8>) -> Range<Int>? {
    // Digests of images follow the same mark, and a name such as iqn.2026-01.org:disk is no user.
    let end = run.indices.last { at in
      run[at] == UInt8(ascii: "@") && !["sha256:", "sha384:", "sha512:"].contains { run[(at + 1)...].starts(with: $0.utf8) }
    }
    guard let end, !run.starts(with: "iqn.".utf8) else { return nil }
    let user = run[..<end]
    guard let mark = user.firstIndex(of: UInt8(ascii: ":")) ?? user.firstIndex(of: UInt8(ascii: "%")), mark + 1 < end else { return nil }
    return (mark + 1)..<end
  }

  /// What no user's part of an address holds.
  private static func isDelimiter(_ byte: UInt8) -> Bool { byte <= 0x20 || "/,;\"'<>()[]{}|=".utf8.contains(byte) }

  // MARK: - name=value

  private static func withoutValues(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var (kept, at) = (0, 0)
    while at < bytes.count {
      defer { at += 1 }
      let isJSON = bytes[at] == UInt8(ascii: ":")
      guard isJSON || bytes[at] == UInt8(ascii: "="), let name = name(before: at, in: bytes, isQuoted: isJSON), isSecret(name),
        let value = value(after: at, in: bytes, isQuoted: isJSON), !isSwitch(bytes[value])
      else { continue }
      result += bytes[kept..<value.lowerBound] + dots
      kept = value.upperBound
      at = kept - 1
    }
    return result + bytes[kept...]
  }

  /// The name that ends before a mark, in lower case; of JSON the text in quotes.
  private static func name(before mark: Int, in bytes: [UInt8], isQuoted: Bool) -> [UInt8]? {
    var end = mark
    if isQuoted {
      while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
      guard end > 0, bytes[end - 1] == UInt8(ascii: "\"") else { return nil }
      end -= 1
      if end > 0, bytes[end - 1] == UInt8(ascii: "\\") { end -= 1 }
    }
    var start = end
    while start > 0, end - start < 128, isNameByte(bytes[start - 1]) { start -= 1 }
    return start < end ? bytes[start..<end].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } : nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x5F || byte == 0x2D || byte == 0x2E
  }

  private static let names = [
    "data", "key", "pass", "pwd", "secret", "token", "cookie", "authorization", "apikey", "accesskey", "secretkey", "privatekey", "userkey",
  ].map { Array($0.utf8) }
  /// Those that are secrets wherever they stand.
  private static let telling = ["token", "secret", "apikey"].map { Array($0.utf8) }
  private static let passwords = ["password", "passwd", "passphrase"].map { Array($0.utf8) }
  /// They name the object that holds the secret.
  private static let references = ["-secret", "_secret_uuid"].map { Array($0.utf8) }

  private static func isSecret(_ name: [UInt8]) -> Bool {
    if references.contains(where: { name.suffix($0.count).elementsEqual($0) }) { return false }
    if passwords.contains(where: { ByteSearch.firstIndex(of: $0, in: name[...]) != nil }) { return true }
    guard let end = name.lastIndex(where: { !isSeparator($0) }) else { return false }
    let start = name[...end].lastIndex(where: isSeparator).map { $0 + 1 } ?? 0
    let last = name[start...end]
    guard names.contains(where: last.elementsEqual) else { return false }
    // Of the short words those that stand alone, end a path of keys, or an environment variable.
    let isAlone = end == name.count - 1 && (start == 0 || name[start - 1] != UInt8(ascii: "-"))
    return isAlone || telling.contains(where: last.elementsEqual)
  }

  private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") }

  /// From behind the mark to the end of the value: a quote, or a comma that is not doubled.
  private static func value(after mark: Int, in bytes: [UInt8], isQuoted: Bool) -> Range<Int>? {
    var start = mark + 1
    if isQuoted { while start < bytes.count, bytes[start] <= 0x20 { start += 1 } }
    var isEscaped = false
    if isQuoted, start + 1 < bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "\"") {
      isEscaped = true
      start += 1
    }
    let quote = start < bytes.count && (bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'")) ? bytes[start] : nil
    if isQuoted && quote == nil { return nil }
    if quote != nil { start += 1 }
    var end = start
    while end < bytes.count {
      let byte = bytes[end]
      if let quote {
        if byte == quote { break }
        if byte == UInt8(ascii: "\\") {
          if isEscaped, end + 1 < bytes.count, bytes[end + 1] == quote { break }
          end += 1
        }
      } else if byte == UInt8(ascii: ",") {
        guard end + 1 < bytes.count, bytes[end + 1] == byte else { break }
        end += 1
      } else if byte == 0x0A || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "&") {
        break
      }
      end += 1
    }
    end = min(end, bytes.count)
    return start < end ? start..<end : nil
  }

  private static func isSwitch(_ value: ArraySlice<UInt8>) -> Bool {
    ["on", "off", "yes", "no", "true", "false", "y", "n", "..."].contains { value.elementsEqual($0.utf8) }
  }
}

// MARK: - In what was collected

extension Secrets {
  package static func masked(_ value: FactValue) -> FactValue {
    switch value {
    case .string(let text): .string(masked(text))
    case .array(let elements): .array(elements.map(masked))
    case .object(let members): .object(members.map { .init($0.key, masked($0.value)) })
    case .null, .bool, .int, .double: value
    }
  }

  package static func masked(_ fact: Fact) -> Fact {
    guard let value = fact.value, mayHoldSecret(value) else { return fact }
    let shown = masked(value)
    return shown == value ? fact : .present(shown, sources: fact.source)
  }

  private static func mayHoldSecret(_ value: FactValue) -> Bool {
    switch value {
    case .string(let text): mayHoldSecret(text)
    case .array(let elements): elements.contains(where: mayHoldSecret)
    case .object(let members): members.contains { mayHoldSecret($0.value) }
    case .null, .bool, .int, .double: false
    }
  }

  /// The collection as it may be shown and kept: facts, invented settings and what was refused.
  package static func masked(_ collection: Collection) -> Collection {
    var collection = collection
    for i in collection.assets.indices {
      // Most facts hold none: an estate of ten thousand machines is not copied for the few that do.
      for (name, fact) in collection.assets[i].facts where fact.value.map(mayHoldSecret) ?? false {
        collection.assets[i].facts[name] = masked(fact)
      }
      collection.assets[i].inventedSettings = collection.assets[i].inventedSettings.map {
        InventedSetting(id: $0.id, text: masked($0.text), source: $0.source)
      }
    }
    collection.refusals = collection.refusals.map { refusal in
      // The name of a file is no secret, whatever it looks like.
      let isNamed = refusal.message.hasPrefix(refusal.target)
      let rest = isNamed ? String(refusal.message.dropFirst(refusal.target.count)) : refusal.message
      return Refusal(
        target: refusal.target, code: refusal.code, message: (isNamed ? refusal.target : "") + masked(rest), line: refusal.line,
        column: refusal.column)
    }
    return collection
  }
}
