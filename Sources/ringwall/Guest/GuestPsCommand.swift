internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestPsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List a guest's processes, and those that are hidden in it.",
    discussion: """
      Processes are read from three structures of the kernel: the list of tasks, the pid table, and the parents' lists of children. Who is \
      missing in one of them is hidden.

        ringwall guest ps guest.ram
        ringwall guest ps core.elf --format json

      Exit code 0: the structures agree. 1: a process is hidden, or a structure contradicts itself. 2: the memory or its kernel could not \
      be read.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
  var format: Form = .table

  @Flag(help: "Remember where this kernel's parts lie, by its build id, below $XDG_CACHE_HOME/ringwall/kernels.")
  var cache = false

  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let guest = try GuestTarget.open(guest, cache: cache ? KernelCache() : nil)
    let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.processes() }
    switch format {
    case .json: Console.print(Self.json(guest, list))
    case .table:
      Console.print(Self.table(list, texts))
      for hidden in list.hidden {
        let places = hidden.missingIn.map { texts["guest.ps.source.\($0.rawValue)"] }.joined(separator: ", ")
        Console.say(
          texts("guest.ps.hidden", ["pid": "\(hidden.process.pid)", "name": hidden.process.name.printable, "places": places]))
      }
      for fault in list.inconsistencies {
        Console.say(
          texts(
            "guest.inconsistent",
            [
              "structure": fault.structure, "address": "0x" + String(fault.address, radix: 16),
              "reason": Speech.current.translation(fault.reason),
            ]))
      }
    }
    if !list.hidden.isEmpty || !list.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  private static func json(_ guest: Guest, _ list: ProcessList) -> [UInt8] {
    JSONText.bytes(
      .object(
        [
          .init("schema", .string("ringwall.guest.processes/1")), .init("kernel", guest.kernel.factValue),
          .init("rejected", .array(guest.rejected.map(\.factValue))),
        ] + (list.factValue.members ?? [])), indent: 2)
  }

  private static func table(_ list: ProcessList, _ texts: Texts) -> String {
    let head = ["PID", "PPID", "UID", "S", texts["guest.ps.threads"], texts["guest.ps.started"], texts["guest.ps.command"]]
    return PlainTable.text(head, list.processes.map(row), right: [0, 1, 2, 4, 5])
  }

  private static func row(_ process: Process) -> [String] {
    let parent = process.parent.map(String.init) ?? "-"
    let uid = process.credentials.map { String($0.uid) } ?? "-"
    let threads = process.threads.map(String.init) ?? "-"
    let started = process.started.map(seconds) ?? "-"
    return [String(process.pid), parent, uid, String(process.stateLetter), threads, started, command(process)]
  }

  /// Seconds and hundredths since the guest's boot.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    let hundredths = nanoseconds / 10_000_000 % 100
    return "\(nanoseconds / 1_000_000_000).\(hundredths < 10 ? "0" : "")\(hundredths)"
  }

  /// The arguments; where there are none, the name in brackets, as ps(1) writes it. An argument that holds a space stands in quotes, and so does a first one
  /// with a bracket, by which a process would look like a thread of the kernel.
  private static func command(_ process: Process) -> String {
    guard let arguments = process.arguments, !arguments.isEmpty else { return "[\(process.name.printable)]" }
    return arguments.enumerated().map { index, argument in
      let isPlain = !argument.isEmpty && !argument.contains(" ") && !argument.contains("'") && (index > 0 || !argument.hasPrefix("["))
      return isPlain ? argument : "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }.joined(separator: " ").printable
  }
}
