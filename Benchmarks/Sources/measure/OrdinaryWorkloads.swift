import Foundation
import Rego

/// Policies of ordinary style with inputs of two sizes from a generator that computes their answers itself: what a decision costs, and how the
/// cost grows with the input.
struct OrdinaryWorkloads {
  /// The second has four times the first.
  private static let sizes = [60, 240]

  let policies: URL
  let generator: URL

  func measure(into results: inout Results) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-ordinary-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try Child.run("/usr/bin/env", ["python3", generator.path, folder.path] + Self.sizes.map(String.init))
    guard made.status == 0 else {
      results.skip("workload: \(generator.lastPathComponent) cannot be run by python3")
      return
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      do {
        let seconds = try Self.sizes.map { try measure(name, $0, folder.appending(path: name)) }
        results.add("workload.\(name)", "us", seconds[0] * 1e6)
        results.add("workload.\(name).growth", "x linear", seconds[1] / seconds[0] / 4)
      } catch let wrong as WrongAnswer {
        results.fail("workload.\(wrong)")
      }
    }
  }

  private func measure(_ name: String, _ size: Int, _ made: URL) throws -> Double {
    let place = policies.appending(path: name)
    let files = try FileManager.default.contentsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".rego") }.sorted()
    let modules = try files.map { try Parser.module(try bytes(place, $0), file: $0) }
    let query = try Policy(modules, data: try Document(json: try bytes(made, "data-\(size).json"))).prepare("data.\(name).report")
    let input = try Document(json: try bytes(made, "input-\(size).json"))
    let evaluator = Evaluator(query)
    guard let got = try evaluator.evaluate(input: input).first?.values.first,
      try Document(json: Document(got).json()) == Document(json: try bytes(made, "expected-\(size).json"))
    else { throw WrongAnswer(description: "\(name): not the answer of the generator at size \(size)") }
    return try CPUTime.perCall { _ = try evaluator.evaluate(input: input) }
  }

  private func bytes(_ place: URL, _ file: String) throws -> [UInt8] { Array(try Data(contentsOf: place.appending(path: file))) }
}
