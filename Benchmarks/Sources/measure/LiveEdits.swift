import Foundation
import Rego

/// One machine of ten thousand changes: what it costs to have the new verdicts, against which those of a full evaluation are held.
struct LiveEdits {
  let module: [UInt8]
  let inventory: Document
  let data: Document

  private static let rounds = 400
  /// Edits between two comparisons with a full evaluation.
  private static let compared = 100

  /// Edits of the inventory as input, and of the same inventory as base data.
  func measure(into results: inout Results) throws {
    try measure("incremental", root: .input, into: &results)
    try measure("incremental.data", root: .data, into: &results)
  }

  private func measure(_ name: String, root: DocumentEdit.Root, into results: inout Results) throws {
    var text = String(decoding: module, as: UTF8.self)
    var documents = (input: inventory, data: data)
    if root == .data {
      // The same rules over machines in base data.
      text = text.replacingOccurrences(of: "input.vms", with: "data.vms")
      guard case .object(let own) = data.regoValue, case .object(let machines) = inventory.regoValue else { return }
      documents = (.empty, Document(.object(own + machines)))
    }
    let policy = try Policy([try Parser.module(Array(text.utf8), file: "fleet.rego")], data: documents.data)
    let query = "data.ringwall.fleet.deny"
    let live = try policy.live(query, input: documents.input)
    let start = CPUTime.own
    let first = try live.solutions().first?.values.first
    results.add("\(name).first", "CPU ms", (CPUTime.own - start) * 1000)
    guard case .set(var held)? = first, case .array(let machines)? = inventory.regoValue["vms"] else {
      throw WrongAnswer(description: "\(name): no findings")
    }
    var findings = Set(held)
    var times: [Double] = []
    var random: UInt64 = 1
    for round in 0..<Self.rounds {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // A machine as another one is, under its own name: mostly of another platform, with other findings.
      let place = Int(random >> 33) % machines.count, other = Int(random >> 13) % machines.count
      let edit = try DocumentEdit(.replace(renamed(machines[other], as: machines[place])), at: "/vms/\(place)", of: root)
      let start = CPUTime.own
      let change = try live.apply([edit])
      times.append(CPUTime.own - start)
      for finding in change.removed {
        guard findings.remove(finding) != nil else { throw WrongAnswer(description: "\(name): a finding went that was not there") }
      }
      for finding in change.added {
        guard findings.insert(finding).inserted else { throw WrongAnswer(description: "\(name): a finding came that was there") }
      }
      guard (round + 1) % Self.compared == 0 else { continue }
      let full = try Policy(
        [try Parser.module(Array(text.utf8), file: "fleet.rego")], data: root == .data ? document(live.currentData) : data
      )
      .prepare(query).evaluate(input: root == .input ? document(live.currentInput) : .empty)
      guard case .set(let expected)? = full.first?.values.first, findings == Set(expected) else {
        throw WrongAnswer(description: "\(name): the findings are not those of a full evaluation")
      }
      held = expected
    }
    guard try live.solutions().first?.values.first == .set(held) else { throw WrongAnswer(description: "\(name): another answer") }
    times.sort()
    results.add(name, "CPU us", times[times.count / 2] * 1e6)
    results.add("\(name).mean", "CPU us", times.reduce(0, +) / Double(times.count) * 1e6)
    results.add("\(name).most", "CPU us", (times.last ?? 0) * 1e6)
  }

  private func document(_ value: RegoValue?) -> Document { Document(value ?? .null) }

  private func renamed(_ machine: RegoValue, as other: RegoValue) -> RegoValue {
    guard case .object(let members) = machine else { return machine }
    return .object(
      members.map { member in
        guard case .string(let key) = member.key, key == "id" || key == "name" else { return member }
        return RegoValue.Member(member.key, other[key] ?? member.value)
      })
  }
}
