internal import Domain
public import Judgement

/// Reading and writing of run records: heads and assets as JSON for the store, and the JSON report as a run.
extension RunRecord {
  /// The run that a report of `--format json` tells.
  ///
  /// - Throws: what is missing or of another kind, with its place in the report.
  public init(report bytes: [UInt8], file: String) throws(DataError) {
    let report = try PolicyEngine.readJSON(bytes, file: file)
    guard report["schema"]?.text == JSONReport.schema else {
      throw DataError("\(file): no report of ringwall audit --format json (schema \(JSONReport.schema))")
    }
    func text(_ value: FactValue?, _ place: String) throws(DataError) -> String {
      guard let text = value?.text else { throw DataError("\(file): \(place) is not text; write the report anew") }
      return String(text)
    }
    var entries: [String: [Entry]] = [:]
    for (index, result) in (report["results"]?.elements ?? []).enumerated() {
      let asset = try text(result["asset"], "results[\(index)].asset")
      entries[asset, default: []].append(try Entry(reported: result, place: "\(file): results[\(index)]"))
    }
    var assets: [AssetRecord] = []
    for (index, asset) in (report["assets"]?.elements ?? []).enumerated() {
      let id = try text(asset["id"], "assets[\(index)].id")
      assets.append(
        AssetRecord(
          id: id, kind: asset["kind"]?.text ?? "", name: asset["name"]?.text ?? id, entries: Self.ordered(entries[id] ?? [])))
    }
    var counts: [Verdict: Int] = [:]
    for member in report["summary"]?.members ?? [] {
      if let verdict = Verdict(rawValue: member.key) { counts[verdict] = member.value.integer.flatMap { Int(exactly: $0) } }
    }
    self.init(
      head: Head(
        time: try text(report["time"], "time"), version: report["tool"]?["version"]?.text ?? "",
        policyDigest: report["tool"]?["policyDigest"]?.text ?? "", baseline: report["baseline"]?["name"]?.text ?? "",
        baselineVersion: report["baseline"]?["version"]?.text ?? "", baselineDigest: report["baseline"]?["digest"]?.text ?? "",
        parametersDigest: "", rules: [:], counts: counts, scores: Self.scores(report["scores"]),
        exitCode: report["exit"]?["code"]?.integer.flatMap { Int(exactly: $0) } ?? 0),
      assets: assets)
  }

  private static func scores(_ value: FactValue?) -> [LayerTrend] {
    (value?.members ?? []).compactMap { member in
      guard let layer = Layer(rawValue: member.key), let low = member.value["low"]?.integer.flatMap({ Int(exactly: $0) }),
        let high = member.value["high"]?.integer.flatMap({ Int(exactly: $0) })
      else { return nil }
      return LayerTrend(layer: layer, low: low, high: high)
    }
  }
}

extension RunRecord.Entry {
  fileprivate init(reported result: FactValue, place: String) throws(DataError) {
    guard let control = result["id"]?.text, let verdict = result["verdict"]?.text.flatMap(Verdict.init(rawValue:)),
      let severity = result["severity"]?.text.flatMap(Severity.init(rawValue:))
    else { throw DataError("\(place): needs id, verdict and severity; write the report anew") }
    var facts: [String: String] = [:]
    for evidence in result["evidence"]?.elements ?? [] {
      guard let pointer = evidence["pointer"]?.text, let fact = Self.fact(pointer), facts[fact] == nil else { continue }
      let state = evidence["state"]?.text ?? ""
      let value = evidence["value"].flatMap { value -> FactValue? in if case .null = value { nil } else { value } }
      facts[fact] = RunRecord.digest(state: state, value: value)
    }
    let found = result["found"].flatMap { value -> String? in if case .null = value { nil } else { RunRecord.cut(value.shown) } }
    self.init(
      control: control, severity: severity, verdict: verdict, reason: result["reason"]?.text ?? "", found: found,
      fingerprint: result["fingerprint"]?.text ?? "", facts: facts)
  }

  /// The name of the fact that a JSON pointer into the facts document leads to: "configured.nics[1]" of
  /// "/facts/configured.nics/value/1"; nil for another pointer.
  private static func fact(_ pointer: String) -> String? {
    var parts = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard parts.popFirst() == "facts", let name = parts.popFirst() else { return nil }
    let text = name.replacing("~1", with: "/").replacing("~0", with: "~")
    if parts.popFirst() == "value", let index = parts.popFirst() { return "\(text)[\(index)]" }
    return String(text)
  }
}

/// Heads and bodies as they lie in the store. Within one schema fields are only added.
extension RunRecord.Head {
  public var stored: [UInt8] {
    JSONText.bytes(
      .object([
        "time": .string(time), "version": .string(version), "policyDigest": .string(policyDigest), "baseline": .string(baseline),
        "baselineVersion": .string(baselineVersion), "baselineDigest": .string(baselineDigest),
        "parametersDigest": .string(parametersDigest),
        "rules": .object(rules.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
        "counts": .object(Verdict.allCases.compactMap { verdict in counts[verdict].map { .init(verdict.rawValue, .int(Int64($0))) } }),
        "scores": .array(
          scores.map { ["layer": .string($0.layer.rawValue), "low": .int(Int64($0.low)), "high": .int(Int64($0.high))] }),
        "exitCode": .int(Int64(exitCode)),
      ]))
  }

  public init(stored bytes: [UInt8]) throws(DataError) {
    let value = try PolicyEngine.readJSON(bytes, file: "the head of a stored run")
    var counts: [Verdict: Int] = [:]
    for member in value["counts"]?.members ?? [] {
      if let verdict = Verdict(rawValue: member.key) { counts[verdict] = member.value.integer.flatMap { Int(exactly: $0) } }
    }
    var rules: [String: String] = [:]
    for member in value["rules"]?.members ?? [] { rules[member.key] = member.value.text }
    func text(_ key: String) -> String { value[key]?.text ?? "" }
    let scores = (value["scores"]?.elements ?? []).compactMap { score -> RunRecord.LayerTrend? in
      guard let layer = score["layer"]?.text.flatMap(Layer.init(rawValue:)), let low = score["low"]?.integer,
        let high = score["high"]?.integer
      else { return nil }
      return RunRecord.LayerTrend(layer: layer, low: Int(clamping: low), high: Int(clamping: high))
    }
    self.init(
      time: text("time"), version: text("version"), policyDigest: text("policyDigest"), baseline: text("baseline"),
      baselineVersion: text("baselineVersion"), baselineDigest: text("baselineDigest"), parametersDigest: text("parametersDigest"),
      rules: rules, counts: counts, scores: scores, exitCode: value["exitCode"]?.integer.map { Int(clamping: $0) } ?? 0)
  }
}

extension RunRecord.AssetRecord {
  public init(id: String, kind: String, name: String, body: [UInt8]) throws(DataError) {
    let value = try PolicyEngine.readJSON(body, file: "the results of \(id) in the store")
    var entries: [RunRecord.Entry] = []
    for element in value.elements ?? [] {
      guard let fields = element.elements, fields.count >= 7, let control = fields[0].text,
        let severity = fields[1].text.flatMap(Severity.init(rawValue:)), let verdict = fields[2].text.flatMap(Verdict.init(rawValue:))
      else { throw DataError("the results of \(id) in the store are damaged; remove that run with ringwall history prune") }
      var facts: [String: String] = [:]
      for member in fields[6].members ?? [] { facts[member.key] = member.value.text }
      entries.append(
        .init(
          control: control, severity: severity, verdict: verdict, reason: fields[3].text ?? "", found: fields[4].text,
          fingerprint: fields[5].text ?? "", facts: facts))
    }
    self.init(id: id, kind: kind, name: name, entries: entries)
  }

  /// The results: the same bytes for the same results, so that a store keeps them once.
  public var body: [UInt8] {
    JSONText.bytes(
      .array(
        entries.map { entry in
          .array([
            .string(entry.control), .string(entry.severity.rawValue), .string(entry.verdict.rawValue), .string(entry.reason),
            entry.found.map { .string($0) } ?? .null, .string(entry.fingerprint),
            .object(entry.facts.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
          ])
        }))
  }
}
