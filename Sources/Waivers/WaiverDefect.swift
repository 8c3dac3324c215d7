public import Domain
public import Judgement

/// Why a waiver, or a part of it, does not waive. Each is a finding of its own: the controls WVR-001 to WVR-013 of data/waivers.yaml.
public enum WaiverDefect: Sendable, Hashable {
  case expired(end: Instant)
  case notYetValid(start: Instant)
  case unsigned(Waiver.Role, Waiver.Signer)
  case wronglySigned(Waiver.Role, Waiver.Signer)
  /// The key is not among the trusted ones.
  case untrustedKey(Waiver.Role, Waiver.Signer)
  /// The key is trusted, for another role.
  case untrustedRole(Waiver.Role, Waiver.Signer)
  /// The key is trusted, and belongs to somebody else than the waiver says.
  case otherOwner(Waiver.Signer, owner: String)
  case revokedKey(Waiver.Role, Waiver.Signer, at: Instant)
  /// One person, or one key, stands in two of the three places.
  case selfApproved(person: String)
  case unknownControl(String)
  case unknownAsset(String)
  case changedFact(control: String, asset: String)
  case unrecordedFact(control: String, asset: String)
  /// `verdict` is nil where the control was not judged; `asset` is nil where it was judged on no asset of the scope.
  case failingCompensation(control: String, asset: String?, verdict: Verdict?)
  case tooLong(control: String, days: Int, longest: Int)
  /// A control of the scope does not fail, so that there is nothing to waive.
  case needless(control: String, asset: String)

  public var id: String {
    switch self {
    case .expired: "WVR-001"
    case .notYetValid: "WVR-002"
    case .unsigned: "WVR-003"
    case .wronglySigned: "WVR-004"
    case .untrustedKey, .untrustedRole, .otherOwner: "WVR-005"
    case .revokedKey: "WVR-006"
    case .selfApproved: "WVR-007"
    case .unknownControl: "WVR-008"
    case .unknownAsset: "WVR-009"
    case .changedFact, .unrecordedFact: "WVR-010"
    case .failingCompensation: "WVR-011"
    case .tooLong: "WVR-012"
    case .needless: "WVR-013"
    }
  }

  /// Key into the messages of the control.
  public var messageCase: String {
    switch self {
    case .expired: "expired"
    case .notYetValid: "notYetValid"
    case .unsigned: "unsigned"
    case .wronglySigned: "wronglySigned"
    case .untrustedKey: "untrustedKey"
    case .untrustedRole: "untrustedRole"
    case .otherOwner: "otherOwner"
    case .revokedKey: "revokedKey"
    case .selfApproved: "selfApproved"
    case .unknownControl: "unknownControl"
    case .unknownAsset: "unknownAsset"
    case .changedFact: "changedFact"
    case .unrecordedFact: "unrecordedFact"
    case .failingCompensation(_, let asset, let verdict): asset == nil || verdict == nil ? "notJudged" : "failingCompensation"
    case .tooLong: "tooLong"
    case .needless: "needless"
    }
  }

  /// Arguments of the message. `key` and `name` tell two findings of one waiver apart, in their fingerprints too.
  public var arguments: [String: FactValue] {
    func signed(_ role: Waiver.Role, _ signer: Waiver.Signer) -> [String: FactValue] {
      ["role": .string(role.rawValue), "person": .string(signer.name), "key": .string(signer.key)]
    }
    func pair(_ control: String, _ asset: String) -> [String: FactValue] {
      ["control": .string(control), "asset": .string(asset), "name": .string("\(control) \(asset)")]
    }
    switch self {
    case .expired(let end): return ["end": .string(end.text)]
    case .notYetValid(let start): return ["start": .string(start.text)]
    case .unsigned(let role, let signer), .wronglySigned(let role, let signer), .untrustedKey(let role, let signer),
      .untrustedRole(let role, let signer):
      return signed(role, signer)
    case .otherOwner(let signer, let owner):
      return ["person": .string(signer.name), "key": .string(signer.key), "owner": .string(owner)]
    case .revokedKey(let role, let signer, let at): return signed(role, signer).merging(["at": .string(at.text)]) { a, _ in a }
    case .selfApproved(let person): return ["person": .string(person), "name": .string(person)]
    case .unknownControl(let control): return ["control": .string(control), "name": .string(control)]
    case .unknownAsset(let asset): return ["asset": .string(asset), "name": .string(asset)]
    case .changedFact(let control, let asset), .unrecordedFact(let control, let asset), .needless(let control, let asset):
      return pair(control, asset)
    case .failingCompensation(let control, let asset, let verdict):
      var arguments: [String: FactValue] = ["control": .string(control), "name": .string("\(control) \(asset ?? "")")]
      if let asset { arguments["asset"] = .string(asset) }
      if let verdict { arguments["verdict"] = .string(verdict.rawValue) }
      return arguments
    case .tooLong(let control, let days, let longest):
      return ["control": .string(control), "name": .string(control), "days": .int(Int64(days)), "longest": .int(Int64(longest))]
    }
  }
}

/// The controls WVR-nnn and the longest times that waivers may run (data/waivers.yaml).
public struct WaiverRules: Sendable {
  private static let file = "data/waivers.yaml"
  private let byID: [String: Control]
  private let longest: [Severity: Int]

  public init(from folder: DataFolder) throws(DataError) {
    let document = try YAMLDocument.read(try folder.bytes(Self.file), file: Self.file)
    var longest: [Severity: Int] = [:]
    for severity in Severity.allCases {
      guard let days = document["longestDays"]?[severity.rawValue]?.integer, (1...3660).contains(days) else {
        throw DataError("\(Self.file): longestDays needs \(severity.rawValue), 1 to 3660 days")
      }
      longest[severity] = Int(days)
    }
    self.longest = longest
    var byID: [String: Control] = [:]
    for member in document["findings"]?.members ?? [] {
      let value = member.value
      guard let title = value["title"]?.text, let description = value["description"]?.text, let remediation = value["remediation"]?.text,
        let severity = value["severity"]?.text.flatMap(Severity.init(rawValue:)), let source = value["source"]?.text
      else { throw DataError("\(Self.file): \(member.key) needs title, description, severity, remediation and source") }
      var messages: [String: String] = [:]
      for message in value["messages"]?.members ?? [] { messages[message.key] = message.value.text }
      byID[member.key] = Control(
        id: member.key, rule: "", kind: .waiver, platform: Controls.platform(of: .waiver), family: "WVR", layer: .management,
        severity: severity, title: title, description: description, facts: ["waiver"], safe: "", defaultValue: "", remediation: remediation,
        disable: nil, messages: messages, provenance: source, always: false, keyIndicator: nil, location: .path(Self.file))
    }
    self.byID = byID
  }

  /// Ids that have an entry, sorted.
  public var ids: [String] { byID.keys.sorted() }

  public func control(_ id: String) -> Control? { byID[id.uppercased()] }

  /// What is wrong with a waiver that runs longer than it may for one of its controls; nil where nothing is.
  public func tooLong(_ waiver: Waiver, _ control: String, _ severity: Severity) -> WaiverDefect? {
    let days = waiver.start.days(until: waiver.end)
    let longest = longestDays(severity)
    return days > longest ? .tooLong(control: control, days: days, longest: longest) : nil
  }

  /// Most days from start to end for a control of this severity.
  public func longestDays(_ severity: Severity) -> Int { longest[severity] ?? 0 }

  /// The finding of one defect of one waiver; nil only where data/waivers.yaml has no entry for its id.
  public func finding(_ defect: WaiverDefect, of signed: SignedWaiver) -> Finding? {
    guard let control = byID[defect.id] else { return nil }
    var arguments = defect.arguments
    arguments["waiver"] = .string(signed.waiver.id)
    let evidence = Evidence(fact: "waiver", state: .present, value: .string(signed.waiver.id), source: .path(signed.file))
    return Finding(
      control: control, asset: signed.asset, verdict: .fail, reason: "", messageCase: defect.messageCase, arguments: arguments,
      evidence: [evidence])
  }
}

extension SignedWaiver {
  /// The document as what findings of its defects are about.
  public var asset: Asset {
    Asset(id: "waiver:\(waiver.id)", kind: .waiver, platform: Controls.platform(of: .waiver), name: waiver.id)
  }
}
