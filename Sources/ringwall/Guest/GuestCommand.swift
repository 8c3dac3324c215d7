internal import ArgumentParser

/// Running guests and images of their memory, seen from outside.
struct GuestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guest",
    abstract: "Look into a running guest, or an image of its memory, from outside.",
    discussion: """
      A target is pid:N, the name or UUID of a running guest, the socket of its QMP monitor, or a file: bare RAM, an ELF core, a LiME image.

        ringwall guest list                       running guests, and which of them can be read
        ringwall guest ps web01                   processes, and those that are hidden
        ringwall guest ps guest.ram               the same of a file
        ringwall guest scan web01                 YARA rules over its memory, and whose what they find is
        ringwall guest modules web01              its kernel's modules, and those that are hidden
        ringwall guest sockets web01              its sockets, and the processes that hold them
        ringwall guest isf web01                  symbols and types for Volatility 3
        ringwall guest check web01                signs that its kernel was taken over
        ringwall guest facts web01 -o facts.json  what that is judged by, to keep or to compare with
        ringwall guest state web01                control registers and system call entries of each processor
        ringwall guest pause web01 --samples 500  how long a guest stands still when it is paused
        ringwall guest dirty web01                which pages it writes

      The guest needs no agent and no symbol file; its RAM must be shared memory of QEMU. Nothing in the guest is changed.
      """,
    subcommands: [
      GuestListCommand.self,
      GuestPsCommand.self,
      GuestModulesCommand.self,
      GuestMountsCommand.self,
      GuestFilesCommand.self,
      GuestSocketsCommand.self,
      GuestBPFCommand.self,
      GuestLogCommand.self,
      GuestMapsCommand.self,
      GuestScanCommand.self,
      GuestISFCommand.self,
      GuestDumpCommand.self,
      GuestCheckCommand.self,
      GuestFactsCommand.self,
      GuestStateCommand.self,
      GuestPauseCommand.self,
      GuestDirtyCommand.self,
      GuestGuardCommand.self,
    ])
}

/// A table or JSON.
enum GuestForm: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}
