internal import ArgumentParser
internal import Rego

/// What one evaluation may take. OPA has the time alone.
struct BudgetOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Time that one evaluation may take, as in 500ms or 5s.", valueName: "duration"))
  var timeout: CommandDuration?

  @Option(help: ArgumentHelp("Steps that one evaluation may take.", valueName: "count"))
  var steps: Int?

  @Option(help: ArgumentHelp("Memory that values of one evaluation may take, as in 64MB or 2GB.", valueName: "size"))
  var memory: CommandSize?

  func validate() throws {
    if let steps, steps < 0 { throw ValidationError("--steps takes 0 and more") }
  }

  func apply(to options: inout EvaluationOptions) {
    if let timeout, timeout.duration > .zero { options.timeout = timeout.duration }
    if let steps { options.steps = steps }
    if let memory { options.memory = memory.bytes }
  }
}

/// Bytes: "4096", "64kB", "64MB", "2GB"; units are powers of 1,024.
struct CommandSize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), let shift = Self.shifts[argument.dropFirst(digits.count).lowercased()] else { return nil }
    let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: 1 << shift)
    guard !isTooMuch else { return nil }
    self.bytes = bytes
  }

  private static let shifts = ["": 0, "b": 0, "kb": 10, "mb": 20, "gb": 30]
}
