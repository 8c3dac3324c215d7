internal import ArgumentParser
internal import Introspection

/// The process of ours that continues a guest when the one that paused it does not.
struct GuestGuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "guard", abstract: "Used by the program itself.", shouldDisplay: false)

  @Option var pid: Int32
  @Option var started: UInt64
  @Option var monitor: String?
  @Flag var inherited = false

  func run() throws {
    PauseGuardProcess(pid: pid, startTime: started, monitor: monitor, isInherited: inherited).run()
  }
}
