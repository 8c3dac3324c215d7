internal import ArgumentParser
internal import Audit
internal import Domain
internal import History
internal import Judgement

/// Results over time: where they are kept, and what a run is compared with.
struct HistoryOptions: ParsableArguments {
  @Flag(help: "Keep the results of this run.")
  var store = false

  @Option(
    help: ArgumentHelp(
      "Report what changed since a stored run of the same targets, and why: last, a date, or the number of a run.", valueName: "run"))
  var since: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Audit nothing; report what changed between two runs: numbers of stored runs, dates, last, or JSON reports.", valueName: "run"),
    completion: .file(extensions: ["json"]))
  var compare: [String] = []

  @Option(
    name: .customLong("history"),
    help: ArgumentHelp(
      "The store of kept results. Else /var/lib/ringwall/history.db (root) or $XDG_STATE_HOME/ringwall/history.db.", valueName: "file"),
    completion: .file())
  var history: String?

  func validate() throws {
    if !compare.isEmpty {
      guard compare.count == 2 else {
        throw ValidationError("--compare takes two runs, as in --compare 12 last or --compare old.json new.json")
      }
      if store || since != nil { throw ValidationError("--compare audits nothing: leave out --store and --since") }
    }
    if history?.isEmpty == true { throw ValidationError("--history names no file; leave it out for the usual place") }
  }

  /// A store that exists.
  func existing() throws(DataError) -> ResultStore { try ResultStore(path: history, creating: false) }

  /// The store to write to; made where there is none.
  func writing() throws(DataError) -> ResultStore { try ResultStore(path: history, creating: true) }

  /// Scores of stored runs of the same targets, oldest first; none where no store was named.
  func earlierScores(scope: String) throws(DataError) -> [EarlierScores] {
    guard store || history != nil, let existing = try? existing() else { return [] }
    return try existing.runs(scope: scope, limit: 100).reversed().map { run in
      let scores = run.head.scores.map { ($0.layer, $0.low) }
      return EarlierScores(time: run.head.time, scores: Dictionary(scores, uniquingKeysWith: { first, _ in first }))
    }
  }

  /// Findings of the run of the same targets that was stored last.
  func lastFindings(scope: String) throws(DataError) -> EarlierFindings {
    let store = try existing()
    let record = try store.record(try Self.run("last", in: store, scope: scope))
    let entries = record.assets.flatMap(\.entries).filter { $0.isOpen || $0.verdict == .waived }
    return EarlierFindings(source: "last", fingerprints: Set(entries.map(\.fingerprint)))
  }

  /// A stored run as users name it.
  static func run(_ name: String, in store: ResultStore, scope: String) throws(DataError) -> ResultStore.Run {
    if name == "last" {
      if let run = try store.runs(scope: scope, limit: 1).first { return run }
    } else if let id = Int64(name), id > 0, name.utf8.count < 19 {
      if let run = try store.run(id) { return run }
      throw DataError("\(store.path): no run \(id); ringwall history lists them")
    } else if let seconds = Clock.seconds(name) {
      if let run = try store.run(scope: scope, at: Clock.text(seconds)) { return run }
    } else {
      throw DataError("\(name): no run; write last, a date as in 2026-11-24, or a number that ringwall history lists")
    }
    throw DataError("\(store.path): no run of these targets is stored; keep one with ringwall audit --store")
  }

  /// One side of --compare: a report or a stored run.
  func side(_ name: String, scope: String) throws(DataError) -> (record: RunRecord, run: ResultStore.Run?, store: ResultStore?) {
    if name.hasSuffix(".json") || name.contains("/") {
      return (try RunRecord(report: try DataFiles.bytes(name, limit: DataFiles.documentLimit), file: name), nil, nil)
    }
    let store = try existing()
    let run = try Self.run(name, in: store, scope: scope)
    return (try store.record(run), run, store)
  }

  /// The comparison that `--compare` asks for.
  func comparison(scope: String) throws(DataError) -> RunComparison {
    let (before, after) = (try side(compare[0], scope: scope), try side(compare[1], scope: scope))
    var comparison = RunComparison(from: before.record, to: after.record)
    if let run = before.run, let store = before.store { comparison.stillOpen = try store.dated(comparison.stillOpen, from: run) }
    return comparison
  }
}

extension RunRecord.Head {
  /// What a run of this setup leaves of itself as a whole.
  init(_ outcome: AuditOutcome, exit: ExitStatus, setup: JudgingSetup) {
    self.init(outcome, rules: setup.policies.ruleDigests, parameters: setup.effectiveParameters, exitCode: Int(exit.code))
  }
}

extension JudgingSetup {
  /// The parameters in use, one of each name.
  var effectiveParameters: [FactValue.Member] {
    var last: [String: FactValue] = [:]
    for member in parameters { last[member.key] = member.value }
    return last.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
  }
}
