internal import ArgumentParser
internal import Audit
internal import Introspection
internal import Judgement

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

@main
struct Ringwall: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ringwall",
    abstract: "Guards the boundary between virtual machines and their hosts.",
    discussion: """
      Facts in, a Rego rule judges, evidence out. Start with:

        ringwall audit               this host, its libvirt, domains and guests
        ringwall audit guest.xml     files or folders
        ringwall explain KVM-001     why a control matters, how it is repaired
        ringwall doctor              what this machine lets an audit see

      Exit codes: 0 everything was judged and nothing that counts fails; 1 something fails; 2 something could not be judged, a \
      target was refused, or the command was used wrongly. 2 wins over 1.
      """,
    version: "ringwall \(Version.text)",
    subcommands: [
      AuditCommand.self,
      FactsCommand.self,
      CollectCommand.self,
      ExplainCommand.self,
      ControlsCommand.self,
      FrameworksCommand.self,
      ChecklistCommand.self,
      DoctorCommand.self,
      DiskCommand.self,
      GuestCommand.self,
      HistoryCommand.self,
      ScheduleCommand.self,
      WaiverCommand.self,
      KeysCommand.self,
      RegulationsCommand.self,
      CitationsCommand.self,
      EvalCommand.self,
      TestCommand.self,
      CheckCommand.self,
      FmtCommand.self,
      ParseCommand.self,
      BuildCommand.self,
      SignCommand.self,
      InspectCommand.self,
      BenchCommand.self,
      DepsCommand.self,
      RunCommand.self,
      ExecCommand.self,
      CapabilitiesCommand.self,
      CompletionCommand.self,
      VersionCommand.self,
    ])

  /// Runs the command line. Wrong use exits with 2, as everything does that keeps an audit from its answer.
  static func main() {
    MappedFile.tellFaults { "ringwall: " + Speech.current.translation($0).printable }
    // A limit of the size of files is then an error of the write, and said.
    _ = signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as DataError {
      Console.complain(Speech.current.translation(error.message))
      leave(2)
    } catch {
      let code = exitCode(for: error)
      let message = Speech.current.message(for: error)
      if code.isSuccess {
        if !message.isEmpty { Console.print(message) }
        leave(0)
      }
      if !message.isEmpty { Console.complain(message, isWhole: true) }
      leave(code == .validationFailure ? wrongUse : code.rawValue)
    }
  }
}

extension Ringwall {
  /// Commands that OPA has too, and scripts that were written for it with them.
  private static let sharedWithOPA: Set<String> = [
    "eval", "test", "check", "fmt", "parse", "bench", "deps", "run", "capabilities", "exec", "build", "inspect", "sign",
  ]

  /// What wrong use exits with: OPA's 1 where the command is one of its own.
  private static var wrongUse: Int32 { CommandLine.arguments.dropFirst().first.map(sharedWithOPA.contains) ?? false ? 1 : 2 }
}

/// exit(3), which the name of a ParsableCommand's own function hides.
private func leave(_ code: Int32) -> Never { exit(code) }
