import Foundation
import Rego

/// What it costs to take a bundle of policies into use: read, check and compile all its modules, and answer one query.
struct Activation {
  private static let sizes = [125, 250, 500]

  func measure(into results: inout Results) throws {
    var costs: [Double] = []
    for size in Self.sizes {
      let texts = (0..<size).map { (file: "mods/p\($0).rego", text: Array(Self.module($0, of: size).utf8)) }
      let input = try Document(json: Array(Self.input(user: "u3").utf8))
      let seconds = try CPUTime.median {
        let modules = try texts.map { try Parser.module($0.text, file: $0.file) }
        let query = try Policy(modules).prepare("[data.mods.p3.allow, count(data.mods.p3.deny)]")
        let answer = try query.evaluate(input: input).first?.values.first
        guard answer == .array([.boolean(true), .integer(1)]) else {
          throw WrongAnswer(description: "activation of \(size) modules: \(String(describing: answer))")
        }
      }
      costs.append(seconds / Double(size))
      results.add("activation.\(size)", "CPU s", seconds)
    }
    results.add("activation.growth", "x time a module, \(Self.sizes[2]) to \(Self.sizes[0])", costs[2] / costs[0])
  }

  private static func input(user: String) -> String {
    #"{"user": "\#(user)", "roles": ["x", "b"], "items": [{"size": 9, "owner": "x", "name": "n"}, {"size": 1, "name": "m"}, {}, {}]}"#
  }

  /// A module of its own package that calls the next one's function.
  private static func module(_ number: Int, of count: Int) -> String {
    """
    package mods.p\(number)

    import data.mods.p\((number + 1) % count).helper as next

    default allow := false

    allow if {
    	input.user == "u\(number)"
    	some role in input.roles
    	role in {"a\(number)", "b", "c"}
    	count(input.items) > \(number)
    }

    deny contains msg if {
    	some item in input.items
    	item.size > \(number)
    	not item.owner == "root"
    	msg := sprintf("%s is larger than %d", [item.name, bounded(item.size)])
    }

    bounded(size) := least if {
    	least := min([size, \(100 + number)])
    }

    helper(x) := x + \(number)

    shifted := next(\(number)) if input.shift
    """
  }
}
