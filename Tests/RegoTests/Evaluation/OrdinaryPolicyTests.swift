import Foundation
import Testing

@testable import Rego

/// The policies of `Benchmarks/Workloads/ordinary`, whose answers were computed by other means.
@Suite("Policies of ordinary style")
struct OrdinaryPolicyTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Benchmarks/Workloads/ordinary")
    .standardizedFileURL
  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

  @Test("answers are those of the workload's own computation", arguments: names, [true, false])
  func answer(_ name: String, isOptimized: Bool) throws {
    let place = Self.folder.appending(path: name)
    func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: place.appending(path: file))) }
    let modules = try FileManager.default.contentsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".rego") }.sorted().map {
      try Parser.module(try bytes($0), file: $0)
    }
    var options = Policy.Options()
    options.isOptimized = isOptimized
    let policy = try Policy(modules, data: try Document(json: try bytes("data.json")), options: options)
    let query = try policy.prepare("data.\(name).report")
    let expected = try Document(json: try bytes("expected.json"))
    // Twice, as evaluations keep memory.
    let evaluator = Evaluator(query)
    for _ in 0..<2 {
      let value = try #require(try evaluator.evaluate(input: try Document(json: try bytes("input.json"))).first?.values.first)
      #expect(try Document(json: Document(value).json()) == expected, "\(Self.difference(value, expected.regoValue))")
    }
  }

  @Test("there are policies")
  func exist() { #expect(Self.names.count >= 12) }

  /// The members that differ, as text.
  private static func difference(_ got: RegoValue, _ wanted: RegoValue) -> String {
    guard case .object(let members) = wanted else { return "" }
    return members.compactMap { member in
      guard case .string(let key) = member.key, let value = got[key] else { return "\(member.key) is missing" }
      let a = String(decoding: Document(value).json(), as: UTF8.self), b = String(decoding: Document(member.value).json(), as: UTF8.self)
      return a == b ? nil : "\(key): \(a.prefix(600)) instead of \(b.prefix(600))"
    }.joined(separator: "\n")
  }
}
