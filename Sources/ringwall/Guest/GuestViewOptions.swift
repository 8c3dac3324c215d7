internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

/// What every view of a guest is asked with.
struct GuestViewOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
  var format: GuestForm = .table

  @OptionGroup var data: DataOptions

  func texts() throws -> Texts { try Texts(data.language, from: try DataFolder(named: data.data)) }

  /// JSON that begins with its schema, the kernel, and what looked like one.
  func print(_ schema: String, _ guest: Guest, _ value: FactValue) {
    Console.print(
      JSONText.bytes(
        .object(
          [
            .init("schema", .string(schema)), .init("kernel", guest.kernel.factValue),
            .init("rejected", .array(guest.rejected.map(\.factValue))),
          ] + (value.members ?? [])), indent: 2))
  }
}

extension Guest {
  /// One line on standard error for each contradiction.
  static func say(_ inconsistencies: [Inconsistency], _ texts: Texts) {
    for fault in inconsistencies {
      Console.say(
        texts(
          "guest.inconsistent",
          [
            "structure": fault.structure, "address": "0x" + String(fault.address, radix: 16),
            "reason": Speech.current.translation(fault.reason),
          ]))
    }
  }
}
