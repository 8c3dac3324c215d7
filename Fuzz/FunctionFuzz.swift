@testable import Rego
import RegoBuiltins

/// A libFuzzer entry: the first byte names a built-in function, what follows are its operands, in a short form that any bytes are.
///
/// Beyond not crashing and ending within a budget: the function gives a value that can be written, or an error that says something, and a second
/// call gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFunction(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard let first = bytes.first else { return 0 }
  let function = functions[Int(first) % functions.count]
  var reader = OperandReader(bytes: bytes[1...])
  let operands = (0..<function.arity).map { _ in reader.value(depth: 0) }
  let input = Document(.array(operands))
  let answers = (0..<2).map { _ in answer(function.query, input) }
  precondition(function.isRandom || answers[0] == answers[1], "\(function.name): two calls differ")
  return 0
}

private func answer(_ query: PreparedQuery, _ input: Document) -> [Solution]? {
  let options = EvaluationOptions(isStrict: true, steps: 200_000, memory: 64 << 20, now: 1_700_000_000_000_000_000)
  do throws(RegoError) {
    let solutions = try query.evaluate(input: input, options: options)
    for solution in solutions { if let value = solution["x"] { _ = Document(value).json() } }
    return solutions
  } catch {
    precondition(!error.message.isEmpty, "an error says nothing")
    return nil
  }
}

/// Bytes as values: a kind, then what it needs. What is missing at the end is null.
private struct OperandReader {
  var bytes: ArraySlice<UInt8>

  mutating func value(depth: Int) -> RegoValue {
    guard let kind = bytes.popFirst() else { return .null }
    switch kind & 15 {
    case 0: return .null
    case 1: return .boolean(kind & 16 != 0)
    case 2: return .integer(Int64(Int8(bitPattern: bytes.popFirst() ?? 0)))
    case 3: return .integer((0..<8).reduce(Int64(0)) { number, _ in number << 8 | Int64(bytes.popFirst() ?? 0) })
    case 4:
      let digits = (0..<Int(kind >> 4) + 1).map { _ in "\((bytes.popFirst() ?? 0) % 10)" }.joined()
      return .number("1\(digits).5e\(Int(bytes.popFirst() ?? 0) % 40)")
    case 5, 6, 7, 8, 9: return .string(text())
    case 10: return .string(words[Int(bytes.popFirst() ?? 0) % words.count])
    case 11, 12: return .array(list(kind, depth))
    case 13: return .set(list(kind, depth))
    default: return .object(list(kind, depth).map { .init(.string(text()), $0) })
    }
  }

  private mutating func list(_ kind: UInt8, _ depth: Int) -> [RegoValue] {
    depth > 6 ? [] : (0..<Int(kind >> 4) % 8).map { _ in value(depth: depth + 1) }
  }

  private mutating func text() -> String {
    let count = Int(bytes.popFirst() ?? 0)
    defer { bytes = bytes.dropFirst(count) }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}

/// Texts that functions look for.
private let words = [
  "UTC", "2006-01-02T15:04:05Z07:00", "10.0.0.0/8", "::/0", "op", "path", "value", "add", "/a/-", "type", "object", "properties",
  "%v%d%s%[1]x",
  "(a+)+$", "[[:alpha:]]", "**", "{a,b}", "Monday", "1h2m", "10Gi", "1.2.3-rc.1", "http://a:b@c/d?e#f", "{{range .}}{{.}}{{end}}", "alg",
  "HS256",
]

private struct Callee {
  let name: String
  let arity: Int
  let isRandom: Bool
  let query: PreparedQuery
}

/// Every function that takes values and is no operator, by name.
private let functions: [Callee] = {
  let names = Builtins.all.values.map { ($0.name, $0.arity) } + StandardFunctions.all.map { ($0.name, $0.arity) }
  var result: [Callee] = []
  let policy: Policy
  do { policy = try Policy([], options: .init(functions: StandardFunctions.all)) } catch { fatalError("\(error)") }
  for (name, arity) in names.sorted(by: { $0.0 < $1.0 }) where result.last?.name != name {
    let operands = (0..<arity).map { "input[\($0)]" }.joined(separator: ", ")
    guard let query = try? policy.prepare("x := \(name)(\(operands))") else { continue }
    let isRandom = ["rand", "uuid.rfc4122", "opa.runtime", "io.jwt.encode_sign", "crypto", "http", "net.lookup"].contains {
      name.hasPrefix($0)
    }
    result.append(Callee(name: name, arity: arity, isRandom: isRandom, query: query))
  }
  return result
}()
