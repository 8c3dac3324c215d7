internal import ArgumentParser
internal import Audit
internal import Domain
internal import History
internal import Judgement

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List the runs that audit --store kept, and remove old ones.",
    discussion: """
        ringwall audit --store                       keeps a run
        ringwall history                             what is kept
        ringwall audit --since last                  what changed since the last one
        ringwall audit --compare 3 7                 what changed between two of them
        ringwall history prune --keep 90             removes all but the latest 90 of each set of targets
      """,
    subcommands: [List.self, Prune.self], defaultSubcommand: List.self)

  struct StoreOptions: ParsableArguments {
    @Option(
      name: .customLong("history"),
      help: ArgumentHelp("The store. Else /var/lib/ringwall/history.db (root) or $XDG_STATE_HOME/ringwall/history.db.", valueName: "file"),
      completion: .file())
    var history: String?

    func open() throws(DataError) -> ResultStore { try ResultStore(path: history, creating: false) }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List stored runs, the latest first.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case table
      case json
    }

    @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
    var format: Format = .table

    @OptionGroup var store: StoreOptions
    @OptionGroup var data: DataOptions

    func run() throws {
      let texts = try Texts(data.language, from: try DataFolder(named: data.data))
      let store = try store.open()
      let runs = try store.runs()
      switch format {
      case .json: Console.print(Self.json(runs))
      case .table:
        if runs.isEmpty { Console.say(texts("history.none", ["path": store.path])) } else { Console.print(Self.table(runs, texts)) }
      }
    }

    private static func json(_ runs: [ResultStore.Run]) -> [UInt8] {
      JSONText.bytes(
        .array(
          runs.map { run in
            [
              "id": .int(run.id), "time": .string(run.head.time), "version": .string(run.head.version),
              "baseline": .string(run.head.baseline), "baselineVersion": .string(run.head.baselineVersion),
              "assets": .int(Int64(run.assets)),
              "summary": .object(Verdict.allCases.map { .init($0.rawValue, .int(Int64(run.head.counts[$0] ?? 0))) }),
              "exit": .int(Int64(run.head.exitCode)), "targets": .array(run.scope.split(separator: "\n").map { .string(String($0)) }),
            ]
          }), indent: 2)
    }

    private static func table(_ runs: [ResultStore.Run], _ texts: Texts) -> String {
      let head = [
        texts["history.run"], texts["history.time"], texts["history.baseline"], texts["history.assets"], texts["verdict.fail"].uppercased(),
        texts["verdict.unknown"].uppercased(), texts["verdict.pass"].uppercased(), texts["history.exit"], texts["history.targets"],
      ]
      let rows = runs.map { run in
        let targets = run.scope.split(separator: "\n")
        return [
          "\(run.id)", run.head.time.printable, "\(run.head.baseline) \(run.head.baselineVersion)".printable, "\(run.assets)",
          "\(run.head.counts[.fail] ?? 0)", "\(run.head.counts[.unknown] ?? 0)", "\(run.head.counts[.pass] ?? 0)", "\(run.head.exitCode)",
          String(targets.first ?? "").printable + (targets.count > 1 ? " +\(targets.count - 1)" : ""),
        ]
      }
      let widths = head.indices.map { column in ([head] + rows).reduce(0) { max($0, DisplayWidth.of($1[column])) } }
      return ([head] + rows).map { row in
        var line = zip(row, widths).map { DisplayWidth.padded($0, to: $1) }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
      }.joined(separator: "\n")
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "prune", abstract: "Remove old runs. The latest run of each set of targets always stays.")

    @Option(help: ArgumentHelp("Keep so many of the latest runs of each set of targets.", valueName: "count"))
    var keep: Int?

    @Option(help: ArgumentHelp("Remove runs before this date.", valueName: "date"))
    var before: String?

    @OptionGroup var store: StoreOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
      if keep == nil && before == nil { throw ValidationError("name what to remove: --keep COUNT, --before DATE, or both") }
      if let keep, !(1...1_000_000).contains(keep) { throw ValidationError("--keep must lie between 1 and 1000000") }
      if let before, Clock.seconds(before) == nil { throw ValidationError("--before \(before): no date; write it as in 2026-11-24") }
    }

    func run() throws {
      let texts = try Texts(data.language, from: try DataFolder(named: data.data))
      let store = try store.open()
      let removed = try store.prune(keeping: keep, before: before.flatMap(Clock.seconds).map(Clock.text))
      Console.say(texts("history.pruned", ["count": "\(removed)", "path": store.path]))
    }
  }
}
