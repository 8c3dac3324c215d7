internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestLogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Show the log of a guest's kernel, as dmesg does in it.",
    discussion: """
        ringwall guest log guest.ram
        ringwall guest log web01 --last 50
        ringwall guest log web01 --level 3        errors and worse

      The log is the guest's own words: what runs as root in it can write to it.

      Exit code 0: the log was read. 1: its ring contradicts itself. 2: the memory or its kernel could not be read.
      """)

  @OptionGroup var options: GuestViewOptions

  @Option(help: ArgumentHelp("So many of the newest records alone.", valueName: "count"))
  var last: Int?

  @Option(help: ArgumentHelp("Records of this level and worse alone, 0 (emergency) to 7 (debug).", valueName: "level"))
  var level: UInt8 = 7

  func validate() throws {
    if level > 7 { throw ValidationError("--level takes 0 to 7") }
    if let last, last < 1 { throw ValidationError("--last takes 1 and more") }
  }

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let all = try guest.answer { (guest) throws(IntrospectionError) in try guest.log() }
    let log = all.last(last ?? .max) { $0.level <= level }
    switch options.format {
    case .json: options.print("ringwall.guest.log/1", guest, log.factValue)
    case .table:
      if !log.records.isEmpty { Console.print(log.records.map(Self.line).joined(separator: "\n")) }
      Guest.say(log.inconsistencies, texts)
    }
    if !log.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  /// "[   12.345678] text", as dmesg(1) writes it; further lines of a text stand below its first.
  private static func line(_ record: LogRecord) -> String {
    let micro = String(record.time / 1000 % 1_000_000)
    let seconds = String(record.time / 1_000_000_000)
    let stamp =
      "[" + String(repeating: " ", count: max(0, 5 - seconds.count)) + seconds + "." + String(repeating: "0", count: 6 - micro.count)
      + micro + "] "
    let lines = (record.text ?? "-").split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
    return stamp + lines.joined(separator: "\n" + String(repeating: " ", count: stamp.count))
  }
}
