internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

struct GuestFactsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facts",
    abstract: "Save what a guest's integrity is judged by.",
    discussion: """
      Schema ringwall.guest.facts/1: tables of system calls and interrupts with their owners, hashes of the kernel's code, hooks, operations, executable \
      memory, processes and modules, each with what it cannot see. No contents of memory are in it but short pieces of code.

        ringwall guest facts web01 -o web01.facts.json
        ringwall guest check --facts web01.facts.json              judge it later, anywhere
        ringwall guest baseline web01 -o web01.baseline.json       the same under the name of its other use
        ringwall guest check web01 --baseline web01.baseline.json  what has changed since

      Exit code 0: facts were read; what could not be had says so in them. 2: an error.
      """,
    aliases: ["baseline"])

  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the facts to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

  @OptionGroup var kernel: GuestKernelOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let result = try ResultOutput(path: output, inputs: [guest] + [kernel.vmlinux].compactMap(\.self))
    let document = try GuestInspection(guest, kernel: kernel.vmlinux).document()
    try result.write(JSONText.bytes(document, indent: 1))
    try result.write([0x0A])
    try result.finish()
  }
}
