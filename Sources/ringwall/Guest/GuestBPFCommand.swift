internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestBPFCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bpf", abstract: "List the BPF programs, maps and links of a guest, and those that are hidden.",
    discussion: """
      Tables of the kernel are compared with what it uses itself: the symbols of programs, links, the maps of programs, and descriptors. What \
      runs or is held and is in no table is hidden.

        ringwall guest bpf guest.ram
        ringwall guest bpf web01 --format json

      Exit code 0: the structures agree. 1: an object is hidden, or a structure contradicts itself. 2: the memory or its kernel could not be read.
      """)

  @OptionGroup var options: GuestViewOptions

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.bpf() }
    switch options.format {
    case .json: options.print("ringwall.guest.bpf/1", guest, list.factValue)
    case .table:
      let head = ["kind", "id", "type", "objectName", "detail", "holders"].map { texts["guest.bpf.\($0)"] }
      Console.print(PlainTable.text(head, Self.rows(list, texts), right: [1]))
      for hidden in list.hidden {
        let places = hidden.missingIn.map { texts["guest.bpf.source.\($0.rawValue)"] }.joined(separator: ", ")
        Console.say(
          texts(
            "guest.bpf.hidden",
            [
              "kind": texts["guest.bpf.kindOf.\(hidden.kind.rawValue)"], "id": "\(hidden.id)", "name": hidden.name.printable,
              "places": places,
            ]))
      }
      Guest.say(list.inconsistencies, texts)
    }
    if !list.hidden.isEmpty || !list.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  private static func rows(_ list: BPFObjectList, _ texts: Texts) -> [[String]] {
    func holders(_ all: [DescriptorHolder]) -> String {
      all.isEmpty ? "-" : all.map { "\($0.process.printable):\($0.pid)/\($0.descriptor)" }.joined(separator: " ")
    }
    let programs = list.programs.map { program in
      let code = program.code.map { "0x" + String($0.lowerBound, radix: 16) } ?? "-"
      let detail = ([program.tag, code] + (program.target.map { [$0.printable] } ?? [])).joined(separator: " ")
      return [
        texts["guest.bpf.kindOf.program"], String(program.id), program.type.printable, program.name.printable, detail,
        holders(program.holders),
      ]
    }
    let maps = list.maps.map { map in
      [
        texts["guest.bpf.kindOf.map"], String(map.id), map.type.printable, map.name.printable,
        "\(map.keySize)/\(map.valueSize) x \(map.entries)",
        holders(map.holders),
      ]
    }
    let links = list.links.map { link in
      [
        texts["guest.bpf.kindOf.link"], String(link.id), link.type.printable, "-", link.program.map { "-> \($0)" } ?? "-",
        holders(link.holders),
      ]
    }
    return programs + maps + links
  }
}
