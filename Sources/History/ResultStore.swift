public import Audit
internal import GRDB
public import Judgement

/// Results of audits over time, in one SQLite file.
///
/// A run holds its head and one row for each asset; what an asset's results are is kept once however many runs have the same. Writing is
/// one transaction of a write-ahead log: a run is there as a whole or not at all, and readers never wait.
public final class ResultStore {
  /// A run in the store.
  public struct Run: Sendable, Hashable {
    /// Grows with each run and is never used again.
    public let id: Int64
    public let head: RunRecord.Head
    /// What was audited, as `scope(targets:root:)` writes it.
    public let scope: String
    public let assets: Int
  }

  public let path: String
  private let queue: DatabaseQueue

  /// - Parameters:
  ///   - path: nil for the default of the user (`StoreFile.defaultPath`).
  ///   - creating: makes the store where there is none; else that is an error.
  public init(path: String?, creating: Bool) throws(DataError) {
    let path = if let path { path } else { try StoreFile.defaultPath() }
    try StoreFile.prepare(path, creating: creating)
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(10)
    configuration.label = "history"
    configuration.prepareDatabase { db in
      // A store that somebody prepared must not run functions of its schema; a finished run survives a loss of power.
      try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL")
    }
    queue = try Self.storing(path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let mark = try queue.read { db in
        (try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0, try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0)
      }
      guard mark.0 == Int(StoreFile.mark) || mark == (0, 0) else { throw Foreign() }
      return queue
    }
    try migrate()
  }

  /// A SQLite file of somebody else.
  private struct Foreign: Error {}

  private func migrate() throws(DataError) {
    let migrator = Schema.migrator
    let isNewer = try storing { try queue.read { try migrator.hasBeenSuperseded($0) } }
    guard !isNewer else { throw DataError("\(path): written by a later version of ringwall; use that version, or name another store") }
    try storing {
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = \(StoreFile.mark)") }
      try migrator.migrate(queue)
    }
  }

  /// What identifies runs over the same things: the targets as absolute paths, or this host.
  public static func scope(targets: [String], root: String?) -> String {
    let names = (root.map { ["--root " + absolute($0)] } ?? []) + targets.map(absolute)
    return names.isEmpty ? "this host" : names.sorted().joined(separator: "\n")
  }

  private static func absolute(_ name: String) -> String {
    name.hasPrefix("/") || name.hasPrefix("pid:") || name.contains("://") ? name : WorkingFolder.path + "/" + name
  }

  // MARK: - Writing

  /// Keeps a run as a whole. Returns its id.
  @discardableResult
  public func add(_ record: RunRecord, scope: String) throws(DataError) -> Int64 {
    try add(record.head, scope: scope, assets: record.assets)
  }

  /// The same, its assets made one by one.
  @discardableResult
  public func add(
    _ head: RunRecord.Head, scope: String, assets: some Sequence<RunRecord.AssetRecord>
  ) throws(DataError) -> Int64 {
    try storing {
      try queue.write { db in
        try db.execute(
          sql: "INSERT INTO runs (time, scope, head) VALUES (?, ?, ?)",
          arguments: [head.time, scope, String(decoding: head.stored, as: UTF8.self)])
        let run = db.lastInsertedRowID
        let body = try db.makeStatement(sql: "INSERT OR IGNORE INTO bodies (digest, body) VALUES (?, ?)")
        let asset = try db.makeStatement(sql: "INSERT INTO assets (run, asset, kind, name, digest) VALUES (?, ?, ?, ?, ?)")
        for entry in assets {
          let bytes = entry.body
          let digest = Digest.sha256(bytes)
          try body.execute(arguments: [digest, String(decoding: bytes, as: UTF8.self)])
          try asset.execute(arguments: [run, entry.id, entry.kind, entry.name, digest])
        }
        return run
      }
    }
  }

  /// Removes runs and what only they needed. Returns how many.
  ///
  /// - Parameters:
  ///   - keeping: so many of the latest runs of each scope stay; nil for any number.
  ///   - before: RFC 3339; runs before it go, but for the latest of each scope. nil for no bound.
  public func prune(keeping: Int?, before: String?) throws(DataError) -> Int {
    try storing {
      let removed = try queue.write { db in
        try db.execute(
          sql: """
            DELETE FROM runs WHERE id IN (
              SELECT id FROM (SELECT id, time, row_number() OVER (PARTITION BY scope ORDER BY id DESC) AS place FROM runs)
              WHERE place > 1 AND (place > ?1 OR time < ?2))
            """, arguments: [keeping ?? Int(Int32.max), before ?? ""])
        let count = db.changesCount
        try db.execute(sql: "DELETE FROM bodies WHERE digest NOT IN (SELECT digest FROM assets)")
        return count
      }
      if removed > 0 { try queue.vacuum() }
      return removed
    }
  }

  // MARK: - Reading

  /// Runs, latest first.
  ///
  /// - Parameter scope: nil for every scope.
  public func runs(scope: String? = nil, limit: Int = 10_000) throws(DataError) -> [Run] {
    try runs("WHERE ?1 IS NULL OR scope = ?1 ORDER BY id DESC LIMIT ?2", [scope, limit])
  }

  /// The run of that id; nil where there is none.
  public func run(_ id: Int64) throws(DataError) -> Run? { try runs("WHERE id = ?1", [id]).first }

  /// The latest run of a scope at or before a time (RFC 3339); where all are later, the first of them. nil where the scope has none.
  public func run(scope: String, at time: String) throws(DataError) -> Run? {
    if let run = try runs("WHERE scope = ?1 AND time <= ?2 ORDER BY id DESC LIMIT 1", [scope, time]).first { return run }
    return try runs("WHERE scope = ?1 ORDER BY id LIMIT 1", [scope]).first
  }

  /// The whole run with its results.
  public func record(_ run: Run) throws(DataError) -> RunRecord {
    let rows = try storing {
      try queue.read { db in
        try Row.fetchAll(
          db, sql: "SELECT asset, kind, name, body FROM assets JOIN bodies USING (digest) WHERE run = ? ORDER BY asset", arguments: [run.id]
        ).map { (id: $0[0] as String, kind: $0[1] as String, name: $0[2] as String, body: $0[3] as String) }
      }
    }
    var assets: [RunRecord.AssetRecord] = []
    for row in rows { assets.append(try .init(id: row.id, kind: row.kind, name: row.name, body: Array(row.body.utf8))) }
    return RunRecord(head: run.head, assets: assets)
  }

  /// The same findings, each with the time of the first run since which it was open without a break.
  ///
  /// - Parameters:
  ///   - findings: open in both runs of a comparison.
  ///   - run: the earlier of them; runs of its scope before it are looked at, at most 1,000.
  public func dated(_ findings: [RunComparison.Change], from run: Run) throws(DataError) -> [RunComparison.Change] {
    var open: [String: Set<String>] = [:]
    for finding in findings { open[finding.asset.id, default: []].insert(finding.control) }
    var since: [String: [String: String]] = [:]
    // An asset whose results have the digest of the run after it needs no second look.
    var digests: [String: String] = [:]
    for earlier in try runs("WHERE scope = ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1000", [run.scope, run.id]) where !open.isEmpty {
      let rows = try storing {
        try queue.read { db in
          try Row.fetchAll(db, sql: "SELECT asset, digest FROM assets WHERE run = ?", arguments: [earlier.id])
            .map { (asset: $0[0] as String, digest: $0[1] as String) }
        }
      }
      let present = Dictionary(rows.map { ($0.asset, $0.digest) }, uniquingKeysWith: { first, _ in first })
      for (asset, controls) in open {
        guard let digest = present[asset] else {
          open[asset] = nil
          continue
        }
        if digests[asset] != digest {
          digests[asset] = digest
          let still = controls.intersection(try openControls(of: digest, asset: asset))
          open[asset] = still.isEmpty ? nil : still
        }
        for control in open[asset] ?? [] { since[asset, default: [:]][control] = earlier.head.time }
      }
    }
    return findings.map { finding in
      var finding = finding
      finding.since = since[finding.asset.id]?[finding.control]
      return finding
    }
  }

  private func openControls(of digest: String, asset: String) throws(DataError) -> Set<String> {
    let body = try storing {
      try queue.read { try String.fetchOne($0, sql: "SELECT body FROM bodies WHERE digest = ?", arguments: [digest]) }
    }
    let record = try RunRecord.AssetRecord(id: asset, kind: "", name: asset, body: Array((body ?? "[]").utf8))
    return Set(record.entries.filter(\.isOpen).map(\.control))
  }

  private func runs(_ condition: String, _ arguments: StatementArguments) throws(DataError) -> [Run] {
    let rows = try storing {
      try queue.read { db in
        try Row.fetchAll(
          db, sql: "SELECT id, scope, head, (SELECT count(*) FROM assets WHERE run = runs.id) FROM runs " + condition, arguments: arguments
        ).map { (id: $0[0] as Int64, scope: $0[1] as String, head: $0[2] as String, assets: $0[3] as Int) }
      }
    }
    var runs: [Run] = []
    for row in rows {
      runs.append(Run(id: row.id, head: try RunRecord.Head(stored: Array(row.head.utf8)), scope: row.scope, assets: row.assets))
    }
    return runs
  }

  /// Rows of a table.
  func count(of table: String) throws(DataError) -> Int {
    try storing { try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 } }
  }

  // MARK: -

  private func storing<Result>(_ body: () throws -> Result) throws(DataError) -> Result { try Self.storing(path, body) }

  /// Errors of SQLite as one sentence that names the file.
  private static func storing<Result>(_ path: String, _ body: () throws -> Result) throws(DataError) -> Result {
    do {
      return try body()
    } catch is Foreign {
      throw DataError("\(path): a database of another program; name another file, as in --history FILE")
    } catch let error as DatabaseError {
      let reason =
        switch error.resultCode.primaryResultCode {
        case .SQLITE_NOTADB: "no store of results; name another file, as in --history FILE"
        case .SQLITE_CORRUPT: "damaged; restore it from a copy, or remove it and begin anew"
        case .SQLITE_FULL: "no space is left; make room, or remove runs with ringwall history prune"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "in use by another ringwall for more than 10 s; try again"
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
          "cannot be written; name a file of your own, as in --history FILE"
        case .SQLITE_IOERR: "cannot be read or written (an error of the device)"
        default: "SQLite says \(error.message ?? "error \(error.resultCode.rawValue)")"
        }
      throw DataError("\(path): \(reason)")
    } catch {
      throw DataError("\(path): \(error)")
    }
  }
}
