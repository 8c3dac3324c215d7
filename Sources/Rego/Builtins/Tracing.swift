extension Builtins {
  /// OPA's v1/topdown/trace.go, print.go, test.go and runtime.go.
  static let tracing: [Builtin] = [
    // Only those who follow an evaluation see the text.
    Builtin("trace", 1) { arguments, _ throws(BuiltinError) in
      _ = try arguments.text(0)
      return .true
    },
    Builtin("print", 1) { arguments, context throws(BuiltinError) in
      context.printed?(printed(arguments[0]))
      return .true
    },
    Builtin("internal.print", 1) { arguments, context throws(BuiltinError) in
      guard let printed = context.printed else { return .true }
      if arguments[0].isString {
        printed(arguments[0].string)
        return .true
      }
      let operands = try arguments.array(0)
      var choices: [[String]] = []
      for index in 0..<operands.count {
        let operand = operands[index]
        // Each operand is a set: empty where its expression is undefined, several values where it has several.
        guard operand.isComposite else {
          choices.append([Self.printed(operand)])
          continue
        }
        guard operand.isSet else { throw .fatal(RegoError(.internal, "illegal argument type: \(operand.typeName)")) }
        choices.append(operand.setView.count == 0 ? ["<undefined>"] : operand.elements.map { Self.printed($0) })
      }
      var selection = [Int](repeating: 0, count: choices.count)
      while true {
        try context.spend(choices.count + 1)
        printed(zip(choices, selection).map { $0[$1] }.joined(separator: " "))
        var index = selection.count - 1
        while index >= 0 {
          selection[index] += 1
          if selection[index] < choices[index].count { break }
          selection[index] = 0
          index -= 1
        }
        if index < 0 { return .true }
      }
    },
    Builtin("internal.test_case", 1) { arguments, context throws(BuiltinError) in
      let names = try arguments.array(0)
      if let began = context.testCaseBegan { began((0..<names.count).map { RegoValue(names[$0]) }) }
      return .true
    },
    Builtin("opa.runtime", 0, isNondeterministic: true) { _, context throws(BuiltinError) in
      context.runtime.value(in: context.heap)
    },
  ]

  /// Texts as they are, everything else as a term.
  private static func printed(_ value: Value) -> String {
    value.isString ? value.string : String(decoding: ValueText.text(value), as: UTF8.self)
  }
}
