public import Domain
public import Judgement

/// Whose signatures count, and for what: the file `ringwall.keys/1`.
public struct TrustedKeys: Sendable {
  public static let schema = "ringwall.keys/1"
  private static let most = 1000

  public struct Entry: Sendable {
    public let key: VerificationKey
    /// The person or office. Two keys of one owner, in any case and with any white space, are one person.
    public let owner: String
    public let roles: Set<Waiver.Role>
    public let added: Instant
    public var revoked: Revocation?

    public var id: String { key.id }
  }

  public struct Revocation: Sendable, Hashable {
    public let at: Instant
    public let reason: String
  }

  /// In the order of the file.
  public private(set) var entries: [Entry]

  public init() { entries = [] }

  public subscript(id: String) -> Entry? { entries.first { ConstantTime.equal($0.id, id) } }

  /// Reads the file. Errors name it and the entry.
  public init(_ bytes: [UInt8], file: String) throws(DataError) {
    let document = try PolicyEngine.readJSON(bytes, file: file)
    guard document["schema"]?.text == Self.schema else {
      throw DataError("\(file): /schema is not \(Self.schema); make the file with ringwall keys generate --trusted-keys")
    }
    if let key = RepeatedKeys.first(in: bytes) { throw DataError("\(file): the key \(key) stands twice in one object") }
    try Self.onlyKnown(document, ["schema", "keys"], file + ": ")
    guard let list = document["keys"]?.elements, list.count <= Self.most else {
      throw DataError("\(file): /keys must be a list of at most \(Self.most) keys")
    }
    entries = []
    for (i, value) in list.enumerated() {
      let entry = try Self.entry(value, "\(file): /keys/\(i)")
      guard self[entry.id] == nil else { throw DataError("\(file): /keys/\(i) repeats the key \(entry.id)") }
      entries.append(entry)
    }
  }

  /// A misspelt `revoked` must not leave a key trusted.
  private static func onlyKnown(_ value: FactValue, _ known: [String], _ place: String) throws(DataError) {
    for member in value.members ?? [] where !known.contains(member.key) {
      throw DataError("\(place)/\(member.key) is no field of \(schema); there are \(known.joined(separator: ", "))")
    }
  }

  private static func entry(_ value: FactValue, _ place: String) throws(DataError) -> Entry {
    try onlyKnown(value, ["id", "owner", "roles", "added", "revoked", "publicKey"], place)
    guard let owner = value["owner"]?.text, isOwner(owner) else {
      throw DataError("\(place)/owner must be one line of 1 to 200 characters that are seen")
    }
    guard let pem = value["publicKey"]?.text else { throw DataError("\(place)/publicKey must be a public key in PEM") }
    let key = try VerificationKey(pem: pem, of: place + "/publicKey")
    guard let id = value["id"]?.text, ConstantTime.equal(id, key.id) else {
      throw DataError("\(place)/id is not the id of its public key, which is \(key.id)")
    }
    guard let added = value["added"]?.text.flatMap({ Instant($0) }) else {
      throw DataError("\(place)/added must be a time in UTC of the form 2026-11-24T16:38:38Z")
    }
    var roles: Set<Waiver.Role> = []
    for role in value["roles"]?.elements ?? [] {
      guard let role = role.text.flatMap(Waiver.Role.init(rawValue:)) else {
        throw DataError("\(place)/roles: there are request and approve")
      }
      roles.insert(role)
    }
    guard !roles.isEmpty else { throw DataError("\(place)/roles must name request, approve or both") }
    var revoked: Revocation?
    if let revocation = value["revoked"] {
      try onlyKnown(revocation, ["at", "reason"], place + "/revoked")
      guard let at = revocation["at"]?.text.flatMap({ Instant($0) }), let reason = revocation["reason"]?.text else {
        throw DataError("\(place)/revoked needs at, a time in UTC, and a reason")
      }
      revoked = Revocation(at: at, reason: reason)
    }
    return Entry(key: key, owner: owner, roles: roles, added: added, revoked: revoked)
  }

  /// Kinds of characters that are not seen, so that two owners would look like one.
  private static let unseen: Set<Unicode.GeneralCategory> = [
    .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
  ]

  /// One person under names that differ in case or white space.
  static func folded(_ owner: String) -> String {
    owner.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The signers of a new waiver: who asks, and two who approve.
  ///
  /// Errors: a key that is not in the file, is revoked or has another role, or two keys of one person; each with the file's name.
  public func signers(requester: String, approvers: [String], file: String) throws(DataError) -> [Waiver.Signer] {
    var found: [Entry] = []
    for (key, role) in [(requester, Waiver.Role.request)] + approvers.map({ ($0, Waiver.Role.approve) }) {
      guard let entry = self[key] else { throw DataError("\(file): no key \(key) is in the file; list them with ringwall keys list") }
      if entry.revoked != nil { throw DataError("\(file): the key \(key) is revoked; name another one") }
      guard entry.roles.contains(role) else {
        throw DataError(
          role == .request
            ? "\(file): the key \(key) may not request; name one that may" : "\(file): the key \(key) may not approve; name one that may")
      }
      if let same = found.first(where: { Self.folded($0.owner) == Self.folded(entry.owner) }) {
        throw DataError(
          "\(file): \(same.id) and \(entry.id) are keys of one person, and a waiver needs three: who asks, and two who approve")
      }
      found.append(entry)
    }
    return found.map { Waiver.Signer(name: $0.owner, key: $0.id) }
  }

  /// Whether a person can be called so: one line of 1 to 200 characters that are all seen, not of blanks alone.
  public static func isOwner(_ text: String) -> Bool {
    (1...200).contains(text.count) && !text.allSatisfy(\.isWhitespace)
      && text.unicodeScalars.allSatisfy { !Self.unseen.contains($0.properties.generalCategory) }
  }

  /// Errors: a key that is there already.
  public mutating func add(_ key: VerificationKey, owner: String, roles: Set<Waiver.Role>, at now: Instant) throws(DataError) {
    guard self[key.id] == nil else { throw DataError("the key \(key.id) is in the file already") }
    guard entries.count < Self.most else { throw DataError("the file holds \(Self.most) keys already, which is the most") }
    entries.append(Entry(key: key, owner: owner, roles: roles, added: now, revoked: nil))
  }

  /// From then on no signature of the key counts, whenever it was made: a signature does not prove its time.
  ///
  /// Errors: an id that is not there, a key that is revoked.
  public mutating func revoke(_ id: String, at now: Instant, reason: String) throws(DataError) {
    guard let index = entries.firstIndex(where: { ConstantTime.equal($0.id, id) }) else {
      throw DataError("no key \(id) is in the file; list them with ringwall keys list")
    }
    if let revoked = entries[index].revoked { throw DataError("the key \(id) was revoked at \(revoked.at.text) already") }
    entries[index].revoked = Revocation(at: now, reason: reason)
  }

  public var value: FactValue {
    let keys = entries.map { entry -> FactValue in
      .object([
        "id": .string(entry.id), "owner": .string(entry.owner),
        "roles": .array(Waiver.Role.allCases.filter(entry.roles.contains).map { .string($0.rawValue) }), "added": .string(entry.added.text),
        "revoked": entry.revoked.map { ["at": .string($0.at.text), "reason": .string($0.reason)] }, "publicKey": .string(entry.key.pem),
      ])
    }
    return ["schema": .string(Self.schema), "keys": .array(keys)]
  }

  public var bytes: [UInt8] { JSONText.bytes(value, indent: 2) + [0x0A] }
}
