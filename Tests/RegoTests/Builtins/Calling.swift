import Testing

@testable import Rego

/// Calls built-in functions on operands given as JSON.
final class Calling {
  private let heap = Heap()
  private let context: BuiltinContext
  private(set) var printed: [String] = []

  init(steps: Int = .max) {
    context = BuiltinContext(heap: heap, steps: steps) { 1_700_000_000_000_000_000 }
    context.printed = { [unowned self] in printed.append($0) }
  }

  /// The result as a term, "undefined", or the error's text behind "error: ".
  func result(_ name: String, _ operands: String) -> String {
    guard let builtin = Builtins.all[name] else { return "no such function" }
    do {
      let array = try JSONReader.read(Array("[\(operands)]".utf8), in: heap).arrayView
      return try withExtendedLifetime(heap) {
        let value = try builtin.function(Arguments(address: array.elements, count: array.count), context)
        return String(decoding: ValueText.text(value), as: UTF8.self)
      }
    } catch let error as BuiltinError {
      switch error {
      case .type(let text): return "type error: \(text)"
      case .failed(let text): return "error: \(text)"
      case .fatal(let error): return "fatal: \(error.message)"
      }
    } catch {
      return "\(error)"
    }
  }
}
