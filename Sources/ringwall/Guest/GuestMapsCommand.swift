internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestMapsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maps", abstract: "List the mappings of one process of a guest, with permissions and files.",
    discussion: """
        ringwall guest maps guest.ram 1
        ringwall guest maps web01 612 --format json

      Exit code 0: the mappings were read. 1: their tree contradicts itself. 2: there is no such process, or the memory or its kernel could not \
      be read.
      """)

  @OptionGroup var options: GuestViewOptions

  @Argument(help: ArgumentHelp("Process id in the guest.", valueName: "pid"))
  var pid: Int32

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.processes() }
    guard let process = list.processes.first(where: { $0.pid == pid }) else {
      throw DataError("\(options.guest): the guest has no process \(pid)")
    }
    guard let mm = process.mm else {
      throw DataError("\(options.guest): process \(pid) has no memory of its own: it is a thread of the kernel or has ended")
    }
    let found = try guest.answer { (guest) throws(IntrospectionError) in try guest.mappings(of: mm) }
    let faults = found.inconsistency.map { [$0] } ?? []
    switch options.format {
    case .json:
      options.print(
        "ringwall.guest.maps/1", guest,
        [
          "process": process.factValue, "mappings": .array(found.mappings.map(\.factValue)),
          "inconsistencies": .array(faults.map(\.factValue)),
        ])
    case .table:
      let head = ["start", "end", "permissions", "file"].map { texts["guest.maps.\($0)"] }
      Console.print(PlainTable.text(head, found.mappings.map(Self.row), right: [0, 1]))
      Guest.say(faults, texts)
    }
    if !faults.isEmpty { throw ExitCode(1) }
  }

  private static func row(_ mapping: MemoryMapping) -> [String] {
    let file = mapping.file?.printable ?? mapping.use ?? "-"
    return [String(mapping.start, radix: 16), String(mapping.end, radix: 16), mapping.permissions, file]
  }
}
