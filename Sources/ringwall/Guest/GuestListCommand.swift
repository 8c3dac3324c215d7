internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the guests that run on this host, and whether they can be read from outside.",
    discussion: """
        ringwall guest list
        ringwall guest list --format json

      RAM that is private to QEMU cannot be read from outside; the last column then says which option is missing.
      """)

  @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
  var format: GuestForm = .table

  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let processes = QEMUProcess.all()
    switch format {
    case .json: Console.print(JSONText.bytes(["schema": "ringwall.guest.list/1", "guests": .array(processes.map(Self.json))], indent: 2))
    case .table:
      if processes.isEmpty { Console.say(texts["guest.none"]) } else { Console.print(Self.table(processes, texts)) }
    }
  }

  private static func json(_ process: QEMUProcess) -> FactValue {
    var members: [FactValue.Member] = [
      .init("pid", .int(Int64(process.pid))), .init("name", .string(process.name)), .init("uuid", .string(process.uuid)),
      .init("machine", .string(process.machine)), .init("memory", .int(Int64(clamping: process.memory))),
    ]
    switch process.access {
    case .shared(_, let kinds):
      members.append(.init("ram", "shared"))
      members.append(.init("kinds", .array(kinds.map { .string($0) })))
    case .private:
      members.append(.init("ram", "private"))
      members.append(.init("missing", .string(ShareableRAM(process).options)))
      members.append(.init("missingInLibvirt", .string(ShareableRAM.libvirtElement)))
    case .notPermitted: members.append(.init("ram", "notPermitted"))
    }
    members.append(.init("monitors", .array(process.monitors.map { ["path": .string($0.path), "qmp": .bool($0.speaksQMP)] })))
    return .object(members)
  }

  private static func table(_ processes: [QEMUProcess], _ texts: Texts) -> String {
    let head = ["pid", "name", "uuid", "machine", "memory", "ram", "monitor"].map { texts["guest.\($0)"] }
    let rows = processes.map { process in
      let access =
        switch process.access {
        case .shared(_, let kinds): texts("guest.shared", ["kind": kinds.joined(separator: ", ")])
        case .private: texts("guest.private", ["options": ShareableRAM(process).options])
        case .notPermitted: texts["guest.notPermitted"]
        }
      return [
        "\(process.pid)", process.name.printable, process.uuid.printable, process.machine.printable, "\(process.memory >> 20) MiB", access,
        process.monitors.first { $0.speaksQMP }?.path.printable ?? "-",
      ]
    }
    // What may be long stands last.
    let order = [0, 1, 2, 3, 4, 6, 5]
    return PlainTable.text(order.map { head[$0] }, rows.map { row in order.map { row[$0] } })
  }
}
