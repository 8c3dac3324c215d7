public import Domain

/// What a detection is, from the METADATA of its rule: one sign of a guest that was taken over.
public struct Detection: Sendable, Hashable {
  /// "GST-001".
  public let id: String
  /// Path of its rule: "data.ringwall.detections.guest.system_calls.gst_001".
  public let rule: String
  public let severity: Severity
  public let title: String
  /// What it means and what it cannot see.
  public let description: String
  /// Techniques of MITRE ATT&CK: "T1014".
  public let techniques: [String]
  /// Facts that the rule reads; "baseline.NAME" for those of an earlier reading.
  public let facts: [String]
  public let remediation: String
  /// Text of each case the rule can return; `{name}` is replaced by the argument of that name.
  public let messages: [String: String]
  /// Where the structure and its lawful contents were read.
  public let provenance: String
  /// File of the policy and line of the rule.
  public let location: FactSource
  /// Cases that hold structures against each other which a running guest changes one after the other (`custom.compares`).
  public let comparing: Set<String>
  /// Further cases that read what a working guest gives back and takes anew all the time, as tasks and their credentials (`custom.torn`): what
  /// they find in pages of different moments may be of two owners of one place.
  public let torn: Set<String>
  /// Lists in the facts of what this detection could not judge, as FACT.MEMBER.MEMBER (`custom.partial`).
  public let partial: [String]
  /// Lists in the facts of what this detection judges by and could not be had, in the same form (`custom.needs`): with any of it nothing was judged.
  public let needs: [String]
  /// Lists in the facts of what a sign of this detection may hide in, in the same form (`custom.unknown`): with any of it no sign is no pass.
  public let unknown: [String]

  /// Cases that may be lawful: what they find is told as a doubt and is no sign (`custom.doubts`).
  public let doubts: Set<String>

  init(_ rule: PolicyEngine.AnnotatedRule) throws(DataError) {
    let place = "\(rule.file):\(rule.line)"
    let metadata = rule.metadata
    let custom = metadata["custom"] ?? .object([])
    func text(_ value: FactValue?, _ name: String) throws(DataError) -> String {
      guard let text = value?.text, !text.isEmpty else { throw DataError("\(place): METADATA of \(rule.path.last ?? "") has no \(name)") }
      return text
    }
    id = try text(custom["id"], "custom.id")
    guard rule.path.last == Controls.ruleName(of: id) else {
      throw DataError("\(place): the rule of \(id) must be named \(Controls.ruleName(of: id))")
    }
    let severityText = try text(custom["severity"], "custom.severity")
    guard let severity = Severity(rawValue: severityText) else {
      throw DataError("\(place): severity \(severityText) of \(id) is none of info, low, medium, high, critical")
    }
    guard let messages = custom["messages"]?.members, !messages.isEmpty else {
      throw DataError("\(place): METADATA of \(id) has no custom.messages")
    }
    self.rule = "data." + rule.path.joined(separator: ".")
    self.severity = severity
    title = try text(metadata["title"], "title")
    description = try text(metadata["description"], "description")
    remediation = try text(custom["remediation"], "custom.remediation")
    provenance = try text(custom["source"], "custom.source")
    techniques = custom["technique"]?.elements?.compactMap(\.text) ?? []
    facts = custom["facts"]?.elements?.compactMap(\.text) ?? []
    self.messages = Dictionary(messages.map { ($0.key, $0.value.text ?? "") }, uniquingKeysWith: { first, _ in first })
    location = .path(rule.file, line: rule.line)
    partial = custom["partial"]?.elements?.compactMap(\.text) ?? []
    needs = custom["needs"]?.elements?.compactMap(\.text) ?? []
    unknown = custom["unknown"]?.elements?.compactMap(\.text) ?? []
    comparing = Set(custom["compares"]?.elements?.compactMap(\.text) ?? [])
    doubts = Set(custom["doubts"]?.elements?.compactMap(\.text) ?? [])
    let torn = custom["torn"]?.elements?.compactMap(\.text) ?? []
    self.torn = torn == ["all"] ? Set(self.messages.keys) : Set(torn)
    if let unknown = self.torn.first(where: { self.messages[$0] == nil }) {
      throw DataError("\(place): torn of \(id) names \(unknown), which is no case of its messages")
    }
    if let unknown = comparing.first(where: { self.messages[$0] == nil }) {
      throw DataError("\(place): compares of \(id) names \(unknown), which is no case of its messages")
    }
    if let unknown = doubts.first(where: { self.messages[$0] == nil }) {
      throw DataError("\(place): doubts of \(id) names \(unknown), which is no case of its messages")
    }
  }
}

/// One sign that a detection found in the facts.
public struct DetectionHit: Sendable, Hashable {
  public let detection: Detection
  /// Key into the detection's messages, and into those of each language.
  public let messageCase: String
  /// Tells hits of one detection apart, the same in every reading.
  public let key: String
  /// Arguments of the message by name.
  public let arguments: [String: FactValue]

  /// Whether it was found by structures that contradict each other.
  public var comparesStructures: Bool { detection.comparing.contains(messageCase) }
}

/// What came of judging one document of facts.
public struct DetectionReport: Sendable, Hashable {
  /// A detection that could not say anything, or not of everything.
  public struct Unjudged: Sendable, Hashable {
    public let detection: Detection
    /// The fact that it lacks; empty where its policy failed.
    public let fact: String
    /// "absent", "unreadable", "notCollected", "policyError", "torn", "partial": its facts are there, and some of them prove nothing in this kernel;
    /// or "doubt": it found what may be lawful.
    public let state: String
    /// Empty for a doubt of the detection itself, of which `doubt` says what it is.
    public let why: String
    /// What it found that may be lawful, or prove nothing for the reason that `why` says.
    public let doubt: DetectionHit?

    init(detection: Detection, fact: String, state: String, why: String, doubt: DetectionHit? = nil) {
      self.detection = detection
      self.fact = fact
      self.state = state
      self.why = why
      self.doubt = doubt
    }
  }

  /// The most severe first, then by id and key.
  public let hits: [DetectionHit]
  /// By id.
  public let unjudged: [Unjudged]

  public init(hits: [DetectionHit], unjudged: [Unjudged]) {
    self.hits = hits
    self.unjudged = unjudged
  }

  /// Signs in doubt that are named of one detection.
  private static let namedDoubts = 8

  /// The report with the hits that are kept, and with the detections of others as being in doubt.
  func doubting(_ hits: Set<DetectionHit>, why: String, keeping isKept: (DetectionHit) -> Bool) -> DetectionReport {
    let more = Dictionary(grouping: hits, by: \.detection).flatMap { detection, found -> [Unjudged] in
      func entry(_ hit: DetectionHit?) -> Unjudged {
        Unjudged(detection: detection, fact: detection.facts.first ?? "inconsistencies", state: "torn", why: why, doubt: hit)
      }
      let named = found.sorted { $0.key < $1.key }.prefix(Self.namedDoubts).map(entry)
      return found.count > named.count ? named + [entry(nil)] : named
    }
    return DetectionReport(hits: self.hits.filter(isKept), unjudged: (unjudged + more).sorted { $0.detection.id < $1.detection.id })
  }

  /// Structures that tell whose code in the area of modules is.
  private static let ownerStructures: Set<String> = ["modules", "module_kset", "mod_tree", "module_bug_list"]

  /// The report on a saved image, by `moments` of its document. In one that was copied while its guest ran pages are of different moments, so
  /// that two structures that differ accuse nobody, nor does a place that had another owner a moment later; and a process that was just
  /// beginning or ending is in one structure and not in the other in any. What was found so is in doubt. Code, constants, tables at rest,
  /// settings and rights of the kernel's pages do not change meanwhile, and what is found in them stays a sign.
  ///
  /// What is found in an image that ends before the guest's memory does (`shortfall`) is all in doubt: what structures lead to may lie in what is missing.
  public func doubting(_ document: FactValue) -> DetectionReport {
    if let shortfall = document["shortfall"], shortfall != .null {
      let why = "the image ends before the guest's memory does: what is missing may be all that was found"
      return doubting(Set(hits), why: why) { _ in false }
    }
    // Facts that were read of a running guest once are of as many moments.
    let isRead = document["read"] == .string("running")
    guard document["moments"] != nil || isRead else { return self }
    let isTorn = isRead || document["moments"]?["torn"] == .bool(true)
    let passing = Set((document["moments"]?["passing"]?.elements ?? []).compactMap(\.text))
    // Where the list of modules breaks off, the code of those behind belongs to nobody.
    let isOwnerless =
      isTorn && (document["inconsistencies"]?.elements ?? []).contains { Self.ownerStructures.contains($0["structure"]?.text ?? "") }
    func isDoubtful(_ hit: DetectionHit) -> Bool {
      if hit.comparesStructures, isTorn || passing.contains(hit.key) { return true }
      if isOwnerless, hit.arguments["owner"] == "nobody" { return true }
      return isTorn && hit.detection.torn.contains(hit.messageCase)
    }
    return doubting(
      Set(hits.filter(isDoubtful)),
      why: "the image shows structures in passing: pages of different moments, or a process that was beginning or ending"
    ) { !isDoubtful($0) }
  }
}
