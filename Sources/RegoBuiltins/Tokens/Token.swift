internal import Rego

/// A JSON Web Token in compact serialisation (RFC 7515, section 3.1), taken apart as OPA does (v1/topdown/tokens.go).
struct Token {
  /// The three sections as they stand in the token.
  let header: [UInt8]
  let payload: [UInt8]
  let signature: [UInt8]

  /// Longer tokens are refused: no header of HTTP carries one.
  static let longest = 8 << 20

  init(_ text: [UInt8]) throws(BuiltinError) {
    guard text.count <= Self.longest else { throw .failed("encoded JWT is longer than \(Self.longest) bytes") }
    guard text.contains(0x2E) else { throw .failed("encoded JWT had no period separators") }
    let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .failed("encoded JWT must have 3 sections, found \(parts.count)") }
    (header, payload, signature) = (Array(parts[0]), Array(parts[1]), Array(parts[2]))
  }

  /// What the signature is made over.
  var signedText: [UInt8] { header + [0x2E] + payload }

  func decodedHeader() throws(BuiltinError) -> RegoValue {
    let text = try Self.decoded(header, "header")
    let value: RegoValue
    do throws(BuiltinError) {
      value = try Self.object(text)
    } catch {
      guard case .failed(let reason) = error else { throw error }
      throw .failed("bad JWT header: \(reason)")
    }
    if value["enc"] != nil { throw .failed("JWT is a JWE object, which is not supported") }
    return value
  }

  func decodedPayload() throws(BuiltinError) -> [UInt8] { try Self.decoded(payload, "payload") }

  func decodedSignature() throws(BuiltinError) -> [UInt8] { try Self.decoded(signature, "signature") }

  /// A JSON object; of equal keys the last counts.
  static func object(_ text: [UInt8]) throws(BuiltinError) -> RegoValue {
    let value: RegoValue
    do throws(RegoError) {
      value = try Document(json: text).regoValue
    } catch {
      throw .failed("invalid JSON: \(error.message)")
    }
    guard case .object = value else { throw .failed("decoded JSON type was not an Object") }
    return value
  }

  private static func decoded(_ section: [UInt8], _ name: String) throws(BuiltinError) -> [UInt8] {
    do throws(BuiltinError) {
      return try Base64.decodeURL(section)
    } catch {
      guard case .failed(let reason) = error else { throw error }
      throw .failed("JWT \(name) had invalid encoding: \(reason)")
    }
  }
}

/// The fields of a JOSE header that verification looks at (RFC 7515, section 4.1).
struct TokenHeader {
  private(set) var algorithm = ""
  private(set) var keyID = ""
  private(set) var contentType = ""
  private var critical: [String] = []
  private var unknown: Set<String> = []

  /// - Throws: a field of another type than the standard says.
  init(_ header: RegoValue) throws(BuiltinError) {
    guard case .object(let members) = header else { return }
    for member in members {
      guard case .string(let name) = member.key else { continue }
      switch name {
      case "alg": algorithm = try Self.text(member.value, name)
      case "kid": keyID = try Self.text(member.value, name)
      case "cty": contentType = try Self.text(member.value, name)
      case "typ": _ = try Self.text(member.value, name)
      case "crit":
        guard case .array(let names) = member.value else { throw .failed("crit: must be a list") }
        // As in OPA, the names end at an entry that is none.
        for entry in names {
          guard case .string(let entry) = entry else { break }
          critical.append(entry)
        }
        if critical.isEmpty { throw .failed("crit: must be a nonempty list") }
      default: unknown.insert(name)
      }
    }
  }

  /// An algorithm is named, and every extension that must be understood is.
  var isValid: Bool { !algorithm.isEmpty && !critical.contains(where: unknown.contains) }

  private static func text(_ value: RegoValue, _ name: String) throws(BuiltinError) -> String {
    guard case .string(let text) = value else { throw .failed("\(name): must be a string") }
    return text
  }
}
