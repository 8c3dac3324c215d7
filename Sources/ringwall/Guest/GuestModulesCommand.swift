internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestModulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modules", abstract: "List the modules of a guest's kernel, and those that are hidden in it.",
    discussion: """
      Modules are read from three structures of the kernel: its list of modules, their entries in sysfs, and the tree by which it finds the \
      module of an address. Which one is missing in one of them is hidden.

        ringwall guest modules guest.ram
        ringwall guest modules web01 --format json

      A module that was unlinked from all three is seen by ringwall guest check alone, by the memory that it runs in.

      Exit code 0: the structures agree. 1: a module is hidden, or a structure contradicts itself. 2: the memory or its kernel could not be read.
      """)

  @OptionGroup var options: GuestViewOptions

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.modules() }
    switch options.format {
    case .json: options.print("ringwall.guest.modules/1", guest, list.factValue)
    case .table:
      let head = [
        texts["guest.name"], texts["guest.base"], texts["guest.size"], texts["guest.uses"], texts["guest.stateHead"], texts["guest.taints"],
      ]
      Console.print(PlainTable.text(head, list.modules.map { Self.row($0, texts) }, right: [2, 3]))
      for hidden in list.hidden {
        let places = hidden.missingIn.map { texts["guest.modules.source.\($0.rawValue)"] }.joined(separator: ", ")
        Console.say(texts("guest.modules.hidden", ["name": hidden.module.name.printable, "places": places]))
      }
      Guest.say(list.inconsistencies, texts)
    }
    if !list.hidden.isEmpty || !list.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  private static func row(_ module: Module, _ texts: Texts) -> [String] {
    let base = module.base.map { "0x" + String($0, radix: 16) } ?? "-"
    let uses = module.uses.map(String.init) ?? "-"
    let state = texts["guest.modules.stateOf.\(module.state.word)"]
    return [module.name.printable, base, String(module.size), uses, state, module.taints.isEmpty ? "-" : module.taints]
  }
}
