internal import ArgumentParser

@main
struct Ringwall: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ringwall", abstract: "Guards the boundary between virtual machines and their hosts.")
}
