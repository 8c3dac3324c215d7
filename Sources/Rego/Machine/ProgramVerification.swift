extension Program {
  /// Checks the code of every function, and what the code names: documents, changes of `with`, key tables.
  ///
  /// - Throws: `eval_internal_error` naming the function, or the part of the program, that is not sound.
  func verify() throws(RegoError) {
    try verifyDocuments()
    try verifyChanges()
    var verifier = Verifier(
      Verifier.Limits(
        constants: constantCount, caches: cacheCount, sites: siteCount, parameters: functions.map(\.parameters),
        arities: builtins.map(\.arity),
        tables: tables.map(\.count), nodes: documentNodes.count, changes: changes.map { $0.flatMap(\.words) }))
    for function in functions { try verifier.check(function) }
  }

  private func refusal(_ reason: String) -> RegoError { RegoError(.internal, "the program is not sound: \(reason)") }

  /// Children come before their parents, so that no document holds itself.
  private func verifyDocuments() throws(RegoError) {
    guard documentNodes.indices.contains(root) else { throw refusal("the root of its documents is missing") }
    for (number, node) in documentNodes.enumerated() {
      guard node.children.allSatisfy({ (0..<number).contains($0) }), node.children.count == node.childNames.count,
        node.childTable.count == node.childNames.count
      else { throw refusal("document \(number) has a child that does not stand before it") }
      guard node.function < functions.count, node.function < 0 || node.isFunction || functions[node.function].parameters == 0 else {
        throw refusal("document \(number) has no function without parameters")
      }
    }
  }

  /// What replaces a function takes as many operands.
  private func verifyChanges() throws(RegoError) {
    for change in changes.joined() where change.isReplacement {
      guard case .function(let key) = change.target, change.value < 0, Int(~change.value) < constantCount,
        let replacement = Memory.value(constants, at: Int(~change.value)).exactInt
      else { throw refusal("what replaces a function is no constant") }
      // A function that does not exist is never called, and so never replaced.
      guard let taken = parameterCount(Int64(key)) else { continue }
      guard parameterCount(replacement) == taken else { throw refusal("a function of \(taken) operands is replaced by another kind") }
    }
  }

  /// Operands of a function by its number, or of a built-in function by -1 - number; nil where there is none.
  private func parameterCount(_ key: Int64) -> Int? {
    if key >= 0 { return key < Int64(functions.count) ? functions[Int(key)].parameters : nil }
    return ~key < Int64(builtins.count) ? builtins[Int(~key)].arity : nil
  }
}

extension Program.Change {
  /// Registers and constants that it reads, as words of the code.
  var words: [Int32] {
    switch target {
    case .input(let path), .data(let path), .base(let path): path + [value]
    case .function: [value]
    }
  }
}
