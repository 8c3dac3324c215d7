internal import Foundation
internal import Rego

/// What `opa.runtime()` answers in a command: an object with `version`, `commit` and, where somebody runs policies at their own
/// machine, `env` with the variables of the environment, as OPA has it. A server gives no `env`: whoever may ask a query would read its
/// secrets.
enum RuntimeDocument {
  /// For policies that run for whoever called the command.
  static let local = RegoValue.object([
    .init(.string("env"), environment), .init(.string("version"), .string(Version.text)), .init(.string("commit"), .string("")),
  ])

  /// For policies that run for others.
  static let served = RegoValue.object([
    .init(.string("version"), .string(Version.text)), .init(.string("commit"), .string("")),
  ])

  private static var environment: RegoValue {
    .object(ProcessInfo.processInfo.environment.map { .init(.string($0.key), .string($0.value)) })
  }
}
