internal import ArgumentParser

/// What is gathered elsewhere and audited as a file: one subcommand for each kind of system.
struct CollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Gather the settings of another system into a file that audit judges.",
    discussion: """
      Nothing is changed on the system that is asked. The file holds no password and can be audited anywhere, later and again.
      """,
    subcommands: [
      CollectVSphereCommand.self,
      CollectHyperVCommand.self,
    ])
}
