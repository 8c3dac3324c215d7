internal import Domain
public import Judgement

/// Findings of an earlier run, by their fingerprints: what is not among them is new.
public struct EarlierFindings: Sendable {
  /// Where they were read, as the user named it.
  public let source: String
  /// Fingerprints of results that failed, were unknown or were waived then.
  public let fingerprints: Set<String>

  public init(source: String, fingerprints: Set<String>) {
    self.source = source
    self.fingerprints = fingerprints
  }

  /// Largest earlier report that is read, in bytes.
  private static let limit = 256 << 20

  /// Findings of a report that this program wrote as JSON (`ringwall.audit/1`) or as SARIF.
  ///
  /// Errors: no such file, no JSON, or JSON that is neither.
  public init(file: String) throws(DataError) {
    let document = try PolicyEngine.readJSON(try DataFiles.bytes(file, limit: Self.limit), file: file)
    guard let fingerprints = Self.ofResult(document) ?? Self.ofSARIF(document) else {
      throw DataError("\(file): no result of ringwall audit; name a report written with --format json or --format sarif")
    }
    self.init(source: file, fingerprints: fingerprints)
  }

  private static func ofResult(_ document: FactValue) -> Set<String>? {
    guard document["schema"]?.text == JSONReport.schema, let results = document["results"]?.elements else { return nil }
    return Set(
      results.compactMap { result in
        guard let verdict = result["verdict"]?.text.flatMap(Verdict.init(rawValue:)), verdict.needsAttention else { return nil }
        return result["fingerprint"]?.text
      })
  }

  private static func ofSARIF(_ document: FactValue) -> Set<String>? {
    guard document["version"]?.text == "2.1.0", let runs = document["runs"]?.elements,
      runs.contains(where: { $0["tool"]?["driver"]?["name"]?.text == "Ringwall" })
    else { return nil }
    let results = runs.flatMap { $0["results"]?.elements ?? [] }
    return Set(
      results.compactMap { result in
        guard ["fail", "open"].contains(result["kind"]?.text) else { return nil }
        return result["partialFingerprints"]?[SARIFReport.fingerprintKey]?.text
      })
  }
}

/// What became of the findings of an earlier run.
public struct Comparison: Sendable, Hashable {
  public let source: String
  /// Findings that are there now and were not.
  public let new: Int
  /// Findings that are there now and were there.
  public let known: Int
  /// Findings that were there and are not any more.
  public let gone: Int
}

extension AuditOutcome {
  /// The outcome with only those results that fail, are unknown or are waived now and were not then. Counts and scores stay those of the
  /// whole run; the exit code follows from the results that are left.
  public func onlyNew(against earlier: EarlierFindings) -> (outcome: AuditOutcome, comparison: Comparison) {
    let findings = results.filter(\.verdict.needsAttention)
    let new = findings.filter { !earlier.fingerprints.contains($0.fingerprint) }
    let now = Set(findings.map(\.fingerprint))
    let comparison = Comparison(
      source: earlier.source, new: new.count, known: findings.count - new.count, gone: earlier.fingerprints.subtracting(now).count)
    let outcome = AuditOutcome(
      version: version, policyDigest: policyDigest, collected: collected, baseline: baseline, targets: targets, assets: assets,
      results: new,
      tally: tally, scores: scores, passedOver: passedOver, roots: roots, seconds: seconds, shares: shares, waivers: waivers)
    return (outcome, comparison)
  }
}
