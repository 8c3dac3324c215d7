import Foundation
import Rego

/// The role based example of OPA's documentation, as a service decides it: one small input after another.
struct Decisions {
  let folder: URL

  /// Nanoseconds that a decision takes OPA 1.10-dev (Go 1.24) with a prepared query and a parsed input: 20 to 29 us.
  private static let peers = [("OPA", 20_000.0)]

  func measure(into results: inout Results) throws {
    guard FileManager.default.fileExists(atPath: folder.appending(path: "rbac.rego").path) else {
      results.skip("rbac: ../shared/bench/rego/rbac is not here")
      return
    }
    let module = try Parser.module(try bytes("rbac.rego"), file: "rbac.rego")
    let query = try Policy([module], data: Document(json: try bytes("data.json"))).prepare("data.rbac.allow")
    let input = try Document(json: try bytes("input.json"))
    let stranger = Document(.object([.init(.string("user"), .string("nobody"))]))
    let evaluator = Evaluator(query)
    let answer = try evaluator.evaluate(input: input).first?.values.first
    guard try evaluator.evaluate(input: stranger).first?.values.first == .boolean(false), case .boolean? = answer else {
      throw WrongAnswer(description: "rbac: allow is \(String(describing: answer)) for the example")
    }
    let seconds = try CPUTime.perCall { _ = try evaluator.evaluate(input: input) }
    results.addCost("rbac", "ns", seconds * 1e9, peers: Self.peers)
    let pooled = try CPUTime.perCall { _ = try query.evaluate(input: input) }
    results.addCost("rbac.pooled", "ns", pooled * 1e9, peers: Self.peers)
  }

  private func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: file))) }
}
