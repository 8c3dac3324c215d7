internal import ArgumentParser

/// A guest seen from outside.
struct GuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest",
    abstract: "See inside a guest from outside: its processes and more, from its memory alone.",
    discussion: """
      Nothing is installed in the guest and no symbol file is needed: the kernel is found in the memory itself.

        ringwall guest ps guest.ram      a saved RAM file, an ELF core or a LiME image
        ringwall guest ps pid:4711       a running QEMU whose RAM is shareable
      """,
    subcommands: [
      GuestPsCommand.self,
      GuestScanCommand.self,
    ])
}
