extension Builtins {
  /// OPA's v1/topdown/parse.go and runtime.go: policies about policies.
  static let policyTexts: [Builtin] = [
    Builtin("rego.parse_module", 2) { arguments, context throws(BuiltinError) in
      let file = try arguments.string(0), source = try arguments.string(1)
      try context.spend(source.count)
      let text: [UInt8]
      do throws(RegoErrors) {
        let module = try Parser.module(
          source, file: String(decoding: file, as: UTF8.self), options: Parser.Options(annotations: false))
        text = ModuleJSON.encode(module, source: source, options: ModuleJSON.Options(hasAnnotations: false, indent: nil))
      } catch {
        throw .failed(error.description)
      }
      try context.spend(text.count >> 4)
      do throws(JSONError) { return try JSONReader.read(text, in: context.heap) } catch { throw .failed(error.reason) }
    },
    // Calls in rules are replaced when they are compiled: these are calls of a query.
    outsideRules("rego.metadata.chain"), outsideRules("rego.metadata.rule"),
  ]

  private static func outsideRules(_ name: String) -> Builtin {
    Builtin(name, 0) { _, _ throws(BuiltinError) in throw .failed("the `\(name)` function must only be called within the scope of a rule") }
  }
}
