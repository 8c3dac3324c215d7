internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement
internal import QMP

struct GuestStateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Show the control registers and system call entries of each virtual processor.",
    discussion: """
        ringwall guest state web01
        ringwall guest state web01 --format json

      Registers come from the QMP monitor; those that it does not print (LSTAR and its like) from QEMU's device state, which goes to memory of this \
      program and to no file. Both are read in one pause.
      """)

  @Argument(help: ArgumentHelp("pid:N, a guest's name or UUID, or the socket of its monitor.", valueName: "guest"), completion: .file())
  var guest: String

  @Flag(help: "Do not pause the guest: registers of two processors may then be of different moments, and LSTAR is left out.")
  var noPause = false

  @Option(help: ArgumentHelp("Form: table or json.", valueName: "format"))
  var format: GuestForm = .table

  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let found = try GuestTarget(guest).process()
    guard let monitor = found.monitor else {
      throw DataError(MachineError.noMonitor(pid: found.process.pid, reasons: found.failures).description)
    }
    let state: ProcessorState
    do {
      if noPause {
        state = try ProcessorState(monitor, in: nil)
      } else {
        state = try ProcessorState(monitor, in: try PauseWindow(found.process, monitor: monitor, second: found.second))
        guard state.isOneMoment else {
          throw DataError("pid \(found.process.pid): the guest was continued by somebody else while its registers were read; try again")
        }
      }
    } catch let error as MachineError { throw DataError(error.description) }
    guard !state.processors.isEmpty else {
      throw DataError("pid \(found.process.pid): the monitor prints no registers of 64-bit processors")
    }
    switch format {
    case .json: Console.print(JSONText.bytes(Self.json(state, found.process), indent: 2))
    case .table: Console.print(Self.table(state, texts))
    }
  }

  private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private static func json(_ state: ProcessorState, _ process: QEMUProcess) -> FactValue {
    func number(_ value: UInt64) -> FactValue { .string(hexadecimal(value)) }
    let processors = state.processors.map { entry -> FactValue in
      let processor = entry.processor
      var members: [FactValue.Member] = [
        .init("index", .int(Int64(processor.index))), .init("rip", number(processor.rip)), .init("cpl", .int(Int64(processor.privilege))),
        .init("cr0", number(processor.cr0)), .init("cr2", number(processor.cr2)), .init("cr3", number(processor.cr3)),
        .init("cr4", number(processor.cr4)), .init("efer", processor.efer.map(number) ?? .null), .init("gsBase", number(processor.gsBase)),
        .init("idt", ["base": number(processor.idt.base), "limit": .int(Int64(processor.idt.limit))]),
        .init("gdt", ["base": number(processor.gdt.base), "limit": .int(Int64(processor.gdt.limit))]),
        .init(
          "modes",
          [
            "writeProtect": .bool(processor.isWriteProtected), "smep": .bool(processor.hasSMEP), "smap": .bool(processor.hasSMAP),
            "la57": .bool(processor.hasFiveLevels), "noExecute": processor.hasNoExecute.map(FactValue.bool) ?? .null,
          ]),
        .init("source", "qmp human-monitor-command: info registers -a"),
      ]
      if let entries = entry.entries {
        members.append(
          .init(
            "entries",
            [
              "lstar": number(entries.lstar), "cstar": number(entries.cstar), "star": number(entries.star), "mask": number(entries.mask),
              "kernelGSBase": number(entries.kernelGSBase), "sysenterEIP": number(entries.sysenterEIP),
              "sysenterESP": number(entries.sysenterESP), "source": "qmp xen-save-devices-state: section cpu",
            ]))
      } else {
        members.append(.init("entriesMissing", .string(entry.why ?? "")))
      }
      return .object(members)
    }
    return [
      "schema": "ringwall.guest.state/1", "pid": .int(Int64(process.pid)), "name": .string(process.name), "uuid": .string(process.uuid),
      "oneMoment": .bool(state.isOneMoment), "processors": .array(processors),
    ]
  }

  private static func table(_ state: ProcessorState, _ texts: Texts) -> String {
    var rows: [[String]] = []
    for entry in state.processors {
      let processor = entry.processor
      rows.append(
        ["CPU \(processor.index)"]
          + [processor.cr0, processor.cr3, processor.cr4, processor.efer, processor.idt.base, processor.gdt.base]
          .map { $0.map(hexadecimal) ?? "-" }
          + [entry.entries.map { hexadecimal($0.lstar) } ?? "-", hexadecimal(processor.rip)])
    }
    var text = PlainTable.text(["", "CR0", "CR3", "CR4", "EFER", "IDT", "GDT", "LSTAR", "RIP"], rows)
    for entry in state.processors {
      guard let why = entry.why else { continue }
      text +=
        "\n" + texts("guest.entriesMissing", ["index": "\(entry.processor.index)", "reason": Speech.current.translation(why)]).printable
    }
    return text
  }
}
