internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement
internal import QMP

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

struct GuestDirtyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dirty",
    abstract: "Show which pages of a guest's memory it writes.",
    discussion: """
        ringwall guest dirty web01
        ringwall guest dirty web01 --range 0x1000000+0x800000 --rounds 10
        ringwall guest dirty web01 --rate        megabytes a second, as QEMU measures it

      Pages are hashed again and again, so that a page that was changed and put back in between is not seen, and reading leaves no trace. \
      --rate uses KVM's log where the guest runs under KVM, else QEMU's own sampling.
      """)

  @Argument(help: ArgumentHelp("pid:N, a guest's name or UUID, or the socket of its monitor.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(
    help: ArgumentHelp("Physical addresses that are watched, as START+SIZE. May be repeated; else all of the memory.", valueName: "range"))
  var range: [String] = []

  @Option(help: ArgumentHelp("Pages at most, spread evenly over each range.", valueName: "count"))
  var pages: Int = 65_536

  @Option(help: ArgumentHelp("How many times the pages are looked at after the first.", valueName: "count"))
  var rounds: Int = 5

  @Option(help: ArgumentHelp("Time between two rounds, milliseconds.", valueName: "milliseconds"))
  var interval: Int = 200

  @Flag(help: "Ask QEMU how much the guest writes, instead of watching pages.")
  var rate = false

  @Option(help: ArgumentHelp("Form: table or json.", valueName: "format"))
  var format: GuestForm = .table

  @OptionGroup var data: DataOptions

  func validate() throws {
    if !(1...16_777_216).contains(pages) { throw ValidationError("--pages must lie between 1 and 16777216") }
    if !(1...10_000).contains(rounds) { throw ValidationError("--rounds must lie between 1 and 10000") }
    if !(0...60_000).contains(interval) { throw ValidationError("--interval must lie between 0 and 60000 milliseconds") }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    if rate { return try showRate(texts) }
    let machine = try GuestTarget(guest).machine()
    let ranges = try range.isEmpty ? machine.memory.segments.map(\.range) : range.map(Self.range)
    for (text, asked) in zip(range, ranges) {
      if machine.memory.segments.contains(where: { $0.range.start < asked.end && asked.start < $0.range.end }) { continue }
      throw DataError("--range \(text): none of it is the guest's memory")
    }
    var watches = ranges.map { PageWatch(machine.memory, range: $0, limit: max(1, pages / ranges.count)) }
    var changes: [UInt64: Int] = [:]
    var samples: [PageWatch.Sample] = []
    for round in 0...rounds {
      if round > 0 { _ = usleep(UInt32(interval) * 1000) }
      machine.memory.refresh()
      samples = watches.indices.map { watches[$0].sample() }
      for page in samples.flatMap(\.changed) { changes[page, default: 0] += 1 }
    }
    let watched = watches.reduce(0) { $0 + $1.pages.count }
    let holes = samples.reduce(0) { $0 + $1.holes }
    let outside = samples.reduce(0) { $0 + $1.outside }
    let most = changes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    switch format {
    case .json:
      let document: FactValue = [
        "schema": "ringwall.guest.dirty/1", "pid": .int(Int64(machine.process.pid)), "name": .string(machine.process.name),
        "watched": .int(Int64(watched)), "holes": .int(Int64(holes)), "outside": .int(Int64(outside)), "rounds": .int(Int64(rounds)),
        "changed": .int(Int64(changes.count)),
        "pages": .array(most.map { ["address": .string("0x" + String($0.key, radix: 16)), "rounds": .int(Int64($0.value))] }),
      ]
      Console.print(JSONText.bytes(document, indent: 2))
    case .table:
      let rows = most.prefix(20).map { ["0x" + String($0.key, radix: 16), "\($0.value)"] }
      if !rows.isEmpty { Console.print(PlainTable.text([texts["guest.page"], texts["guest.changedRounds"]], rows)) }
      Console.say(
        texts("guest.dirty", ["changed": "\(changes.count)", "watched": "\(watched)", "holes": "\(holes)", "rounds": "\(rounds)"]))
      if outside > 0 { Console.say(texts("guest.dirtyOutside", ["outside": "\(outside)"])) }
    }
    // What is asked for and cannot be watched is not unchanged.
    if outside > 0 { throw ExitCode(2) }
  }

  private func showRate(_ texts: Texts) throws {
    let found = try GuestTarget(guest).process()
    guard let monitor = found.monitor else {
      throw DataError(MachineError.noMonitor(pid: found.process.pid, reasons: found.failures).description)
    }
    let rate: DirtyRate
    do throws(QMPError) { rate = try DirtyRate.measure(monitor) } catch { throw DataError(error.description) }
    switch format {
    case .json:
      let document: FactValue = [
        "schema": "ringwall.guest.dirtyRate/1", "pid": .int(Int64(found.process.pid)), "mode": .string(rate.mode.rawValue),
        "mebibytesPerSecond": .int(Int64(clamping: rate.rate)), "seconds": .int(Int64(rate.seconds)),
      ]
      Console.print(JSONText.bytes(document, indent: 2))
    case .table: Console.print(texts("guest.dirtyRate", ["rate": "\(rate.rate)", "mode": rate.mode.rawValue]))
    }
  }

  /// `0x1000+0x2000`: both decimal or hexadecimal.
  private static func range(_ text: String) throws(DataError) -> PhysicalRange {
    func number(_ text: Substring) -> UInt64? { text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text) }
    let parts = text.split(separator: "+", omittingEmptySubsequences: false)
    guard parts.count == 2, let start = number(parts[0]), let count = number(parts[1]),
      let range = PhysicalRange(start: start, count: count)
    else {
      throw DataError("--range \(text): a range is written as START+SIZE, as in 0x1000000+0x200000")
    }
    return range
  }
}
