internal import ArgumentParser
internal import Introspection
internal import Judgement

struct GuestISFCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isf", abstract: "Write a guest's symbols and types as Volatility 3 reads them, made from the guest itself.",
    discussion: """
        ringwall guest isf guest.ram --output symbols/linux/guest.json
        vol -f guest.ram -s symbols linux.pslist

      No debug package is needed: types come from the kernel's BTF, symbols from its kallsyms. The file holds nothing of the guest but these and \
      its banner. Types of modules are not in it.

      Exit code 0: the file is written. 2: the memory or its kernel could not be read, or the file not written.
      """)

  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(name: .shortAndLong, help: ArgumentHelp("File to write; else standard output.", valueName: "file"), completion: .file())
  var output: String?

  func run() throws {
    let result = try ResultOutput(path: output, inputs: [guest])
    let guest = try GuestTarget.open(guest)
    let file = try guest.answer { (guest) throws(IntrospectionError) in try SymbolFile(guest) }
    try file.write(version: Version.text) { (piece) throws(DataError) in try result.write(piece) }
    try result.finish()
  }
}
