internal import Domain
public import Judgement

/// Reads a waiver document, and refuses whatever it does not know: a condition that is overlooked would waive too much.
public struct WaiverReader {
  /// Largest document, in bytes.
  public static let limit = 1 << 20
  private static let mostEntries = 1000
  private static let longestText = 4000

  private let file: String

  /// - Parameter file: name used in errors.
  /// - Returns: the waiver. Errors name the file and the place in it as a JSON pointer.
  public static func read(_ bytes: [UInt8], file: String) throws(DataError) -> Waiver {
    guard bytes.count <= limit else { throw DataError("\(file): larger than \(limit >> 20) MiB; a waiver is a short document") }
    let value = try PolicyEngine.readJSON(bytes, file: file)
    if let key = RepeatedKeys.first(in: bytes) {
      throw DataError("\(file): the key \(key) stands twice in one object; a signed document says everything once")
    }
    return try WaiverReader(file: file).waiver(value)
  }

  private func waiver(_ value: FactValue) throws(DataError) -> Waiver {
    guard let members = value.members else { throw DataError("\(file): not a JSON object; write one with ringwall waiver new") }
    guard value["schema"]?.text == Waiver.schema else {
      throw DataError("\(file): /schema is not \(Waiver.schema); this version reads no other")
    }
    let known = ["schema", "id", "reason", "reference", "requester", "approvers", "start", "end", "scope", "facts", "compensating"]
    try onlyKnown(members, known, "")
    let id = try text(value["id"], "/id")
    guard Self.isPlainID(id) else { throw wrong("/id", "must have 1 to 64 letters, digits, dots, underscores or hyphens") }
    let start = try instant(value["start"], "/start")
    let end = try instant(value["end"], "/end")
    guard start < end else { throw wrong("/end", "must be later than /start") }
    let requester = try signer(value["requester"], "/requester")
    var approvers: [Waiver.Signer] = []
    let signers = try list(value["approvers"], "/approvers")
    guard signers.count == 2 else { throw wrong("/approvers", "must be two") }
    for (i, entry) in signers.enumerated() { approvers.append(try signer(entry, "/approvers/\(i)")) }
    try onlyKnown(value["scope"]?.members ?? [], ["controls", "assets"], "/scope")
    let controls = try texts(value["scope"]?["controls"], "/scope/controls")
    let assets = try texts(value["scope"]?["assets"], "/scope/assets")
    let reason = try text(value["reason"], "/reason")
    guard reason.count >= 10 else { throw wrong("/reason", "must say why, in at least 10 characters") }
    return Waiver(
      id: id, reason: reason, reference: value["reference"] == nil ? "" : try text(value["reference"], "/reference"),
      requester: requester, approvers: approvers, start: start, end: end, controls: controls, assets: assets,
      facts: try facts(value["facts"], controls, assets), compensating: try compensating(value["compensating"], controls, assets))
  }

  private func facts(_ value: FactValue?, _ controls: [String], _ assets: [String]) throws(DataError) -> [Waiver.RecordedFacts] {
    var facts: [Waiver.RecordedFacts] = []
    var pairs: Set<[String]> = []
    for (i, entry) in try list(value, "/facts").enumerated() {
      let place = "/facts/\(i)"
      try onlyKnown(entry.members ?? [], ["control", "asset", "sha256"], place)
      let control = try text(entry["control"], place + "/control")
      let asset = try text(entry["asset"], place + "/asset")
      let digest = try text(entry["sha256"], place + "/sha256")
      guard controls.contains(control) else { throw wrong(place + "/control", "must stand in /scope/controls") }
      guard assets.contains(asset) else { throw wrong(place + "/asset", "must stand in /scope/assets") }
      guard digest.utf8.count == 64, digest.utf8.allSatisfy(Self.isHexadecimal) else {
        throw wrong(place + "/sha256", "must be 64 lower-case hexadecimal digits")
      }
      guard pairs.insert([control, asset]).inserted else { throw wrong(place, "repeats a control and an asset") }
      facts.append(.init(control: control, asset: asset, sha256: digest))
    }
    return facts
  }

  private func compensating(_ value: FactValue?, _ controls: [String], _ assets: [String]) throws(DataError) -> [Waiver.Compensation] {
    var found: [Waiver.Compensation] = []
    for (i, entry) in try list(value, "/compensating").enumerated() {
      let place = "/compensating/\(i)"
      try onlyKnown(entry.members ?? [], ["control", "asset"], place)
      let control = try text(entry["control"], place + "/control")
      guard !controls.contains(control) else { throw wrong(place + "/control", "is waived by the same document and compensates nothing") }
      let compensation = Waiver.Compensation(
        control: control, asset: entry["asset"] == nil ? nil : try text(entry["asset"], place + "/asset"))
      guard !found.contains(compensation) else { throw wrong(place, "stands twice") }
      found.append(compensation)
    }
    return found
  }

  private func signer(_ value: FactValue?, _ place: String) throws(DataError) -> Waiver.Signer {
    try onlyKnown(value?.members ?? [], ["name", "key"], place)
    let key = try text(value?["key"], place + "/key")
    guard KeyID.isWellFormed(key) else { throw wrong(place + "/key", "must be 32 lower-case hexadecimal digits, the id of a key") }
    return Waiver.Signer(name: try text(value?["name"], place + "/name"), key: key)
  }

  private func instant(_ value: FactValue?, _ place: String) throws(DataError) -> Instant {
    guard let instant = Instant(try text(value, place)) else {
      throw wrong(place, "must be a time in UTC of the form 2026-11-24T16:38:38Z")
    }
    return instant
  }

  /// One line of text that is not empty.
  private func text(_ value: FactValue?, _ place: String) throws(DataError) -> String {
    guard let text = value?.text, !text.isEmpty else { throw wrong(place, "must be text") }
    guard text.utf8.count <= Self.longestText else { throw wrong(place, "is longer than \(Self.longestText) bytes") }
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw wrong(place, "holds a control character; write one line")
    }
    return text
  }

  private func list(_ value: FactValue?, _ place: String) throws(DataError) -> [FactValue] {
    guard let elements = value?.elements, !elements.isEmpty else { throw wrong(place, "must be a list with at least one entry") }
    guard elements.count <= Self.mostEntries else { throw wrong(place, "has more than \(Self.mostEntries) entries") }
    return elements
  }

  private func texts(_ value: FactValue?, _ place: String) throws(DataError) -> [String] {
    var texts: [String] = []
    for (i, entry) in try list(value, place).enumerated() {
      let text = try text(entry, "\(place)/\(i)")
      guard !texts.contains(text) else { throw wrong("\(place)/\(i)", "stands twice") }
      texts.append(text)
    }
    return texts
  }

  private func onlyKnown(_ members: [FactValue.Member], _ known: [String], _ place: String) throws(DataError) {
    for member in members where !known.contains(member.key) {
      throw wrong("\(place)/\(member.key)", "is no field of \(Waiver.schema); there are \(known.joined(separator: ", "))")
    }
  }

  private func wrong(_ place: String, _ reason: String) -> DataError { DataError("\(file): \(place) \(reason)") }

  static func isPlainID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
      }
  }

  static func isHexadecimal(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
}

/// Keys that stand twice in one object of a text that is JSON.
enum RepeatedKeys {
  /// The first such key as it is written; a key with an escape counts as repeated, since it could be any other.
  static func first(in bytes: [UInt8]) -> String? {
    var seen: [Set<[UInt8]>] = []
    var i = 0
    while i < bytes.count {
      switch bytes[i] {
      case 0x7B, 0x5B: seen.append([])
      case 0x7D, 0x5D: _ = seen.popLast()
      case 0x22:
        let start = i + 1
        i = start
        var isEscaped = false
        while i < bytes.count, bytes[i] != 0x22 {
          if bytes[i] == 0x5C {
            isEscaped = true
            i += 1
          }
          i += 1
        }
        let text = Array(bytes[start..<min(i, bytes.count)])
        var next = i + 1
        while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
        guard next < bytes.count, bytes[next] == 0x3A, !seen.isEmpty else { break }
        if isEscaped || !seen[seen.count - 1].insert(text).inserted { return String(decoding: text, as: UTF8.self) }
      default: break
      }
      i += 1
    }
    return nil
  }
}
