internal import ArgumentParser

struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    abstract: "Print a script that completes ringwall's commands in a shell.",
    discussion: """
        ringwall completion bash > /etc/bash_completion.d/ringwall
        ringwall completion zsh > ~/.zsh/completion/_ringwall
        ringwall completion fish > ~/.config/fish/completions/ringwall.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash
    case zsh
    case fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    Console.print(Ringwall.completionScript(for: kind))
  }
}
