internal import ArgumentParser
internal import Audit
internal import Judgement
internal import Rego

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Ask Rego queries line by line, or serve them over HTTP, as opa run does.",
    discussion: """
        ringwall run
        ringwall run policies data.json repl.input:request.json
        echo 'count(data.users)' | ringwall run data.json
        ringwall run --server policies data.json
        ringwall run --server --addr unix:///run/ringwall.sock --bundle bundle.tar.gz

      Files and folders are loaded as by eval --data. Type help for what lines may hold. Lines may come through a pipe. \
      A server speaks OPA's REST API and ends, when it is interrupted or terminated, after the requests that have begun.
      Exit codes: 0; 1 where a file cannot be used, and after wrong use.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "Policies and data: files or folders; a.b:file.json places data below data.a.b.", completion: .file())
  var paths: [String] = []

  @OptionGroup var compilation: RegoCompilation

  @OptionGroup var network: NetworkOptions

  @Option(
    help: ArgumentHelp(
      "JSON schemas: a file with that of the input, or a folder with those that METADATA blocks name, schema.a.b in a/b.json.",
      valueName: "path"), completion: .file())
  var schema: String?

  @OptionGroup var server: ServerOptions

  @Flag(name: [.short, .long], help: "The paths are bundles.")
  var bundle = false

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  @Option(
    name: [.customShort("H", allowingJoined: true), .long],
    help: ArgumentHelp("Where lines are kept for the next time. Else ~/.ringwall_history.", valueName: "file"), completion: .file())
  var history: String?

  func run() throws {
    var session: ShellSession
    do {
      if server.isServer {
        return try ServerRun(options: server, compilation: compilation, network: network, schema: schema, paths: paths, areBundles: bundle)
          .run()
      }
      let (modules, data) = try bundle ? compilation.load([], bundles: paths) : compilation.load(paths)
      let policy = try ShellPolicy(
        loaded: modules, data: data, parserOptions: compilation.parserOptions, options: try compilation.policyOptions(schema: schema))
      session = ShellSession(policy, format: format == .json ? .json : .pretty, network: try network.access(compilation))
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain(OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
    if StandardInput.isTerminal { interact(&session) } else { read(&session) }
  }

  private func read(_ session: inout ShellSession) {
    var reader = LineReader()
    while !session.isFinished, let line = reader.next() { for answer in session.take(line) { Console.print(answer) } }
    for answer in session.finish() { Console.print(answer) }
  }

  private func interact(_ session: inout ShellSession) {
    Console.print("ringwall \(Version.text), Rego. Type help for help, exit to leave.")
    let file = history ?? Environment.value("HOME").map { $0 + "/.ringwall_history" }
    let lines = file.flatMap { try? DataFiles.bytes($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
    var editor = LineEditor(history: lines.split(separator: "\n").map(String.init))
    loop: while !session.isFinished {
      switch editor.read(prompt: session.pending.isEmpty ? "> " : "| ") {
      case .line(let line):
        editor.remember(line)
        for answer in session.take(line) { Console.print(answer) }
      case .interrupted: session.drop()
      case .end: break loop
      }
    }
    guard let file else { return }
    do throws(DataError) {
      let output = try ResultOutput(path: file)
      try output.write(Array(editor.history.map { $0 + "\n" }.joined().utf8))
      try output.finish()
    } catch {
      Console.complain("the history is not kept: \(error.message)")
    }
  }
}
