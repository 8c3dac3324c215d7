internal import ArgumentParser
internal import Judgement
internal import Rego

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

struct FmtCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Format Rego, as opa fmt does.",
    discussion: """
        ringwall fmt --write policies
        ringwall fmt --list --fail policies
        ringwall fmt --diff policy.rego
        ringwall fmt < policy.rego

      Writes the formatted text to standard output. Folders are searched for .rego files; without a path standard input is read. The \
      meaning of a text is never changed: the result is read again and compared, rule by rule.
      Exit codes: 0 done; 1 a path or standard input cannot be used; 2 a text is not Rego, cannot be written, or would change (--fail).
      """)

  @Argument(help: "Files or folders.", completion: .file(extensions: ["rego"]))
  var paths: [String] = []

  @Flag(name: [.short, .long], help: "Name the files that would change, and write nothing else.")
  var list = false

  @Flag(name: [.short, .long], help: "Show what would change: red goes, green comes.")
  var diff = false

  @Flag(name: [.short, .long], help: "Replace the files, at once and with their permissions.")
  var write = false

  @Flag(help: "End with 2 where a file would change.")
  var fail = false

  @Flag(name: [.customLong("v0-v1"), .customLong("rego-v1")], help: "Read Rego v0 and write what is both v0 and v1.")
  var isBoth = false

  @Flag(name: .customLong("v0-compatible"), help: "Read and write Rego v0. Wins over --v1-compatible.")
  var isV0 = false

  @Flag(name: .customLong("v1-compatible"), help: "Read Rego v1, which is the default; with --v0-v1 too.")
  var isV1 = false

  @Flag(name: .customLong("drop-v0-imports"), help: "Leave out imports that v1 needs no more: rego.v1 and future.keywords.")
  var dropsV0Imports = false

  @Option(
    help: ArgumentHelp("Read the result once more before it is used. The formatter compares it in every case.", valueName: "true|false"))
  var checkResult = true

  /// Where a run ends early.
  private struct Stop: Error {
    let message: String
    let code: Int32
  }

  private var options: Formatter.Options {
    let target: Formatter.Target = isBoth ? .v0AndV1 : isV0 ? .v0 : .v1
    var options = Formatter.Options(target: target, dropsV0Imports: dropsV0Imports)
    if isV1, !isV0 { options.parser.version = .v1 }
    return options
  }

  func run() throws {
    do throws(Stop) {
      if paths.isEmpty { return try formatStandardInput() }
      for path in paths {
        for file in try files(at: path) { try formatFile(file) }
      }
    } catch {
      Console.complain(error.message, isWhole: true)
      throw ExitCode(error.code)
    }
  }

  private func files(at path: String) throws(Stop) -> [String] {
    do throws(DataError) {
      return try DataFiles.files(at: path, suffixes: [".rego"]).filter { $0.hasSuffix(".rego") }
    } catch {
      throw Stop(message: error.message, code: 1)
    }
  }

  private func formatStandardInput() throws(Stop) {
    let source = try standardInput()
    let result: [UInt8]
    do throws(RegoErrors) { result = try Formatter.format(source, file: "stdin", options: options) } catch {
      throw Stop(message: error.description, code: 1)
    }
    try put(result)
  }

  private func standardInput() throws(Stop) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: read(2) writes no more than the length given, which is that of the array.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(0, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Stop(message: "standard input cannot be read: error \(errno)", code: 1) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= DataFiles.limit else {
        throw Stop(message: "standard input has more than \(DataFiles.limit) bytes, which are the most that are read", code: 1)
      }
    }
  }

  private func formatFile(_ file: String) throws(Stop) {
    let source: [UInt8]
    do throws(DataError) { source = try DataFiles.bytes(file) } catch {
      throw Stop(message: "failed to open file: \(error.message)", code: 2)
    }
    let result: [UInt8]
    do throws(RegoErrors) { result = try Formatter.format(source, file: file, options: options) } catch {
      throw Stop(message: "failed to format Rego source file: \(error.description)", code: 2)
    }
    if checkResult { try check(result, file) }
    let hasChanged = result != source
    let unexpected = Stop(message: "unexpected diff", code: 2)
    if list || diff {
      guard hasChanged else { return }
      try put(Array((list ? file : TextDiff(from: source, to: result).colouredText).utf8) + [0x0A])
      if fail { throw unexpected }
      return
    }
    if fail, hasChanged { throw unexpected }
    if !write { return try put(result) }
    if hasChanged { try replace(file, with: result) }
  }

  private func check(_ result: [UInt8], _ file: String) throws(Stop) {
    var parser = options.parser
    parser.version = isV0 || isBoth ? .v0 : .v1
    parser.maximumSize = Int(Int32.max) / 2
    do throws(RegoErrors) { _ = try Parser.module(result, file: "formatted", options: parser) } catch {
      throw Stop(
        message: "\(file) was successfully formatted, but the result is invalid: \(error.description)\n\n"
          + "To inspect the formatted Rego, you can turn off this check with --check-result=false.", code: 2)
    }
  }

  /// A link stays one: the file it leads to is replaced.
  private func replace(_ file: String, with result: [UInt8]) throws(Stop) {
    var target = file
    if let resolved = unsafe realpath(file, nil) {
      target = unsafe String(cString: resolved)
      // SAFETY: realpath(3) gave the memory, and nothing refers to it any more.
      unsafe free(resolved)
    }
    do throws(DataError) {
      let output = try ResultOutput(path: target)
      try output.write(result)
      try output.finish()
    } catch {
      throw Stop(message: "failed to open file for writing: \(error.message)", code: 2)
    }
  }

  private func put(_ bytes: [UInt8]) throws(Stop) {
    let code = Console.put(bytes, to: Console.output)
    if code != 0 { throw Stop(message: ResultOutput.failure("standard output", code).message, code: 2) }
  }
}
