import Foundation
import Rego

/// Policies in everyday styles: each is right on its large input and on 200 small ones, or it does not count. The figure is the CPU time of one
/// evaluation of the large input, query prepared and input parsed before, its result copied out.
struct OrdinaryPolicies {
  let folder: URL

  private struct Figures: Decodable {
    let ns_per_op: Double
  }

  func measure(into results: inout Results) throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      results.skip("ordinary: ../shared/bench/rego/ordinary is not here")
      return
    }
    var least = Double.infinity
    var product = 1.0
    var count = 0.0
    for name in names.sorted() {
      let place = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: place.appending(path: "policy.rego").path) else { continue }
      let seconds: Double, peer: Double
      do { (seconds, peer) = try measure(name, place) } catch let wrong as WrongAnswer {
        results.fail("ordinary.\(wrong)")
        continue
      }
      results.addCost("ordinary.\(name)", "us", seconds * 1e6, peers: [("OPA", peer * 1e6)])
      least = min(least, peer / seconds)
      product *= peer / seconds
      count += 1
    }
    guard count > 0 else { return }
    results.add("ordinary.least", "x OPA", least)
    results.add("ordinary.mean", "x OPA", pow(product, 1 / count))
  }

  private func measure(_ name: String, _ place: URL) throws -> (seconds: Double, peer: Double) {
    let query = try prepared(place)
    try checkMany(name, query, place)
    let input = try Document(json: try bytes(place, "input.json"), name: "input.json")
    let expected = try Document(json: try bytes(place, "expected.json"), name: "expected.json")
    guard let wanted = Self.value(of: expected.regoValue["result"]) else {
      throw WrongAnswer(description: "\(name): expected.json holds no value")
    }
    let evaluator = Evaluator(query)
    guard let got = try evaluator.evaluate(input: input).first?.values.first else { throw WrongAnswer(description: "\(name): no result") }
    guard try Self.same(got, wanted) else { throw WrongAnswer(description: "\(name): not the recorded result") }
    let seconds = try CPUTime.perCall { _ = try evaluator.evaluate(input: input) }
    let figures = try JSONDecoder().decode(Figures.self, from: Data(contentsOf: place.appending(path: "figures.json")))
    return (seconds, figures.ns_per_op / 1e9)
  }

  private func prepared(_ place: URL) throws -> PreparedQuery {
    let module = try Parser.module(try bytes(place, "policy.rego"), file: "policy.rego")
    let data =
      FileManager.default.fileExists(atPath: place.appending(path: "data.json").path)
      ? try Document(json: try bytes(place, "data.json"), name: "data.json") : .empty
    let text = String(decoding: try bytes(place, "query"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return try Policy([module], data: data).prepare(text)
  }

  /// Line n of the answers belongs to line n of the inputs.
  private func checkMany(_ name: String, _ query: PreparedQuery, _ place: URL) throws {
    let inputs = try bytes(place, "inputs.jsonl").split(separator: 0x0A)
    let answers = try bytes(place, "expected-many.jsonl").split(separator: 0x0A)
    guard inputs.count == answers.count else { throw WrongAnswer(description: "\(name): as many answers as inputs") }
    let evaluator = Evaluator(query)
    for (line, (input, answer)) in zip(inputs, answers).enumerated() {
      let got = try evaluator.evaluate(input: try Document(json: Array(input))).first?.values.first
      let wanted = try Document(json: Array(answer)).regoValue["result"]
      let isRight = if let got, let wanted { try Self.same(got, wanted) } else { got == nil && wanted == nil }
      guard isRight else { throw WrongAnswer(description: "\(name): line \(line + 1) of the inputs has another answer") }
    }
  }

  private func bytes(_ place: URL, _ file: String) throws -> [UInt8] { Array(try Data(contentsOf: place.appending(path: file))) }

  private static func value(of result: RegoValue?) -> RegoValue? {
    guard case .array(let solutions)? = result, case .array(let expressions)? = solutions.first?["expressions"] else { return nil }
    return expressions.first?["value"]
  }

  /// As JSON, where a set is an array in order; numbers by value.
  private static func same(_ a: RegoValue, _ b: RegoValue) throws -> Bool {
    try Document(json: Document(a).json()) == Document(json: Document(b).json())
  }
}
