public import Domain

/// The detections that judge a guest's facts (`ringwall.guest.facts/1`): policies/detections/guest. They are no controls: an audit of settings does not
/// know them, and each of their rules is a set of hits, which is empty where nothing was found.
public struct Detections: Sendable {
  /// Sorted by id.
  public let all: [Detection]
  /// SHA-256 over the names and contents of the policies.
  public let digest: String
  private let engine: PolicyEngine

  private static let root = "policies/detections"
  /// Doubts of one detection that are told: a guest may have a container of thousands of such processes.
  private static let doubtLimit = 64
  private static let package = ["ringwall", "detections", "guest"]

  /// - Throws: every mistake in the policies, one a line.
  public static func load(from folder: DataFolder) throws(DataError) -> Detections {
    var modules: [PolicyEngine.Source] = []
    for file in try folder.files(below: root, suffixes: [".rego"]) where !file.hasSuffix("_test.rego") {
      modules.append(.init(file: file, text: try folder.bytes(file)))
    }
    let parsed = try PolicyEngine.parse(modules)
    var found: [Detection] = []
    for rule in PolicyEngine.annotatedRules(of: parsed) where rule.path.count == 5 && Array(rule.path.prefix(3)) == package {
      let detection = try Detection(rule)
      guard !found.contains(where: { $0.id == detection.id }) else {
        throw DataError("\(rule.file):\(rule.line): the id \(detection.id) is taken by another rule")
      }
      found.append(detection)
    }
    return Detections(
      all: found.sorted { $0.id < $1.id }, digest: Digest.manifest(modules.map { (name: $0.file, bytes: $0.text) }),
      engine: try PolicyEngine(parsed: parsed, data: .object([])))
  }

  public subscript(id: String) -> Detection? { all.first { $0.id == id.uppercased() } }

  /// Judges a document.
  ///
  /// - Parameters:
  ///   - document: as `IntegrityFacts.document` makes it, or as it was saved.
  ///   - baseline: a document of the same guest from earlier, for those detections that compare.
  /// - Throws: what is wrong with a document that is none.
  public func judge(_ document: FactValue, baseline: FactValue? = nil) throws(DataError) -> DetectionReport {
    try Self.check(document)
    if let baseline { try Self.check(baseline) }
    let input = try engine.input(
      json: JSONText.bytes(.object((document.members ?? []) + (baseline.map { [FactValue.Member("baseline", $0)] } ?? []))))
    var values: [String: FactValue] = [:]
    var errors: [String: String] = [:]
    for family in Set(all.map(\.family)).sorted() {
      do throws(DataError) {
        for (name, result) in try engine.results(family, input: input) { values["\(family).\(name)"] = result.value }
      } catch {
        errors[family] = error.message
      }
    }
    var hits: [DetectionHit] = []
    var unjudged: [DetectionReport.Unjudged] = []
    for detection in all {
      var doubts: [DetectionHit] = []
      for value in values[detection.rule]?.elements ?? [] {
        guard let name = value["case"]?.text, let key = value["key"]?.text else { continue }
        let arguments = (value["args"]?.members ?? []).map { ($0.key, $0.value) }
        let hit = DetectionHit(
          detection: detection, messageCase: name, key: key, arguments: Dictionary(arguments, uniquingKeysWith: { first, _ in first }))
        if detection.doubts.contains(name) { doubts.append(hit) } else { hits.append(hit) }
      }
      for doubt in doubts.sorted(by: { ($0.key, $0.messageCase) < ($1.key, $1.messageCase) }).prefix(Self.doubtLimit) {
        unjudged.append(.init(detection: detection, fact: detection.facts.first ?? "", state: "doubt", why: "", doubt: doubt))
      }
      if let error = errors[detection.family] {
        unjudged.append(.init(detection: detection, fact: "", state: "policyError", why: error))
      } else if let lacking = Self.lacking(detection, document, baseline) {
        unjudged.append(lacking)
      } else {
        unjudged += Self.leftOver(detection, document)
      }
    }
    hits.sort { a, b in
      a.detection.severity != b.detection.severity
        ? a.detection.severity > b.detection.severity : (a.detection.id, a.key, a.messageCase) < (b.detection.id, b.key, b.messageCase)
    }
    return DetectionReport(hits: hits, unjudged: unjudged)
  }

  /// The first fact that a detection needs and that is not there.
  private static func lacking(_ detection: Detection, _ document: FactValue, _ baseline: FactValue?) -> DetectionReport.Unjudged? {
    for name in detection.facts {
      let isOld = name.hasPrefix("baseline.")
      let own = isOld ? String(name.dropFirst(9)) : name
      guard let fact = (isOld ? baseline : document)?["facts"]?[own] else {
        if isOld, baseline == nil { return .init(detection: detection, fact: name, state: "notCollected", why: "no baseline was given") }
        return .init(detection: detection, fact: name, state: "unreadable", why: "the facts do not hold it")
      }
      let state = fact["state"]?.text ?? "notCollected"
      if state == "present" {
        if isOld, bootBound.contains(own), let baseline, isOther(baseline, document) {
          return .init(detection: detection, fact: name, state: "unreadable", why: "the baseline is of another kernel or of another boot")
        }
        continue
      }
      return .init(
        detection: detection, fact: name, state: state, why: fact["why"]?.text ?? "")
    }
    return nil
  }

  /// Facts that are compared by addresses of one boot.
  private static let bootBound: Set<String> = ["text", "readOnly", "moduleCode", "processes"]

  /// Whether two documents tell of different kernels, or of one that lay at other places.
  private static func isOther(_ a: FactValue, _ b: FactValue) -> Bool {
    guard let one = a["facts"]?["kernel"]?["value"], let other = b["facts"]?["kernel"]?["value"] else { return false }
    return ["buildId", "slide", "directMap"].contains { one[$0] != other[$0] }
  }

  /// What a detection leaves out though its facts are there.
  private static func leftOver(_ detection: Detection, _ document: FactValue) -> [DetectionReport.Unjudged] {
    if let (fact, names) = listed(detection.needs, document) {
      return [.init(detection: detection, fact: fact, state: "notCollected", why: "what it judges by is not known: \(names)")]
    }
    var found: [DetectionReport.Unjudged] = []
    if let (fact, names) = listed(detection.unknown, document) {
      found.append(.init(detection: detection, fact: fact, state: "unreadable", why: "a sign may be in what could not be judged: \(names)"))
    }
    if let (fact, names) = listed(detection.partial, document) {
      found.append(.init(detection: detection, fact: fact, state: "partial", why: "left out is what proves nothing here: \(names)"))
    }
    return found
  }

  /// The fact and the names of the first list that holds any.
  private static func listed(_ paths: [String], _ document: FactValue) -> (fact: String, names: String)? {
    for path in paths {
      let parts = path.split(separator: ".").map(String.init)
      var value = parts.first.flatMap { document["facts"]?[$0]?["value"] }
      for part in parts.dropFirst() { value = value?[part] }
      let names = (value?.elements ?? []).compactMap(\.text)
      guard let fact = parts.first, !names.isEmpty else { continue }
      return (fact, names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ..." : ""))
    }
    return nil
  }

  /// - Throws: what is wrong with a document that holds no facts of a guest.
  public static func check(_ document: FactValue) throws(DataError) {
    let schema = document["schema"]?.text
    guard schema == "ringwall.guest.facts/1" else {
      throw DataError("these are no facts of a guest: schema is \(schema ?? "missing"), not ringwall.guest.facts/1")
    }
    guard let facts = document["facts"]?.members, facts.allSatisfy({ $0.value["state"]?.text != nil }) else {
      throw DataError("facts is missing, or one of them has no state")
    }
  }
}

extension Detection {
  /// Path of the package: "data.ringwall.detections.guest.system_calls".
  var family: String { rule.split(separator: ".").dropLast().joined(separator: ".") }
}
