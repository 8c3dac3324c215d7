/// Why a built-in function gave no value.
public enum BuiltinError: Error, Sendable {
  /// An operand of the wrong type: `eval_type_error`. Text without the function's name ("operand 1 must be string but got number").
  case type(String)
  /// Anything else that fails at run time: `eval_builtin_error`. Text without the function's name.
  case failed(String)
  /// Stops the whole evaluation, whatever the mode.
  case fatal(RegoError)
}

/// The operands of a call, contiguous in the machine's registers. Valid during the call only.
struct Arguments {
  private let address: Memory.Address
  let count: Int

  init(address: Memory.Address, count: Int) {
    self.address = address
    self.count = count
  }

  @inline(__always)
  subscript(index: Int) -> Value {
    precondition(index >= 0 && index < count)
    return Memory.value(address, at: index)
  }
}

/// A function that policies call by name.
struct Builtin: Sendable {
  typealias Function = @Sendable (_ arguments: Arguments, _ context: BuiltinContext) throws(BuiltinError) -> Value

  let name: String
  /// Number of operands.
  let arity: Int
  /// Its answers may differ between two evaluations of the same input.
  let isNondeterministic: Bool
  /// Nil for OPA's functions, whose types stand in `Signature.table`.
  let signature: Signature?
  /// It came from outside of the engine, perhaps in place of a function of OPA's.
  let isExtension: Bool
  /// Undefined as a result makes the call undefined without an error.
  let function: Function

  init(
    _ name: String, _ arity: Int, isNondeterministic: Bool = false, signature: Signature? = nil, isExtension: Bool = false,
    _ function: @escaping Function
  ) {
    self.name = name
    self.arity = arity
    self.isNondeterministic = isNondeterministic
    self.signature = signature
    self.isExtension = isExtension
    self.function = function
  }
}

/// Every built-in function of the engine, by name. A family is one file with one list.
enum Builtins {
  static let all: [String: Builtin] = {
    var table: [String: Builtin] = [:]
    for family in families { for builtin in family { table[builtin.name] = builtin } }
    return table
  }()
}

/// What built-in functions may use besides their operands: one per evaluation.
final class BuiltinContext {
  let heap: Heap
  private var instant: Int64?
  /// Nanoseconds since 1970, the same during one evaluation; the clock is read on first use.
  var now: Int64 {
    if let instant { return instant }
    let now = clock()
    instant = now
    return now
  }
  private let clock: @Sendable () -> Int64
  /// Hosts that functions may connect to.
  let network: NetworkAccess
  /// What `opa.runtime` answers.
  let runtime: RegoValue
  /// Where `print` writes; nil drops the text.
  var printed: ((String) -> Void)?
  /// Told which case of a test begins.
  var testCaseBegan: (([RegoValue]) -> Void)?
  /// Compiled expressions by the hash of their pattern.
  var regularExpressions: [UInt64: RegularExpressionMemo] = [:]
  var recentExpressions = [RegularExpressionMemo?](repeating: nil, count: recentPlaces)
  var recentGlobs = [RecentGlob?](repeating: nil, count: recentPlaces)
  /// Memory of what a function makes and drops; empty between calls.
  private(set) lazy var scratch = Heap()
  /// The period of a time zone that was asked for last.
  var recentPeriod: RecentPeriod?
  /// Compiled JSON schemas by their text.
  var schemas: [[UInt8]: JSONSchema] = [:]
  /// Seeds of `rand.intn`, uuids by key.
  var memo: [[UInt8]: Value] = [:]
  /// Forms of the objects that this evaluation read from texts.
  var shapes: ShapeCache {
    if let knownShapes { return knownShapes }
    let shapes = ShapeCache(heap: heap)
    knownShapes = shapes
    return shapes
  }
  private var knownShapes: ShapeCache?
  /// Layouts of times met in this evaluation.
  var layouts: [(text: Value, layout: TimeLayout)] = []
  /// Steps left for work that a small input can make large; see `spend`.
  var steps: Int
  /// Whether a number of steps or bytes, or the clock, ends the evaluation.
  private(set) var isLimited: Bool
  /// When the evaluation ends; nil where the clock does not matter.
  private(set) var deadline: ContinuousClock.Instant?
  /// Steps since the last look at the clock and the task.
  var unseen = 0

  init(
    heap: Heap, steps: Int = .max, network: NetworkAccess = .none, runtime: RegoValue = .object([]),
    clock: @escaping @Sendable () -> Int64
  ) {
    self.heap = heap
    self.network = network
    self.runtime = runtime
    self.steps = steps
    self.clock = clock
    isLimited = steps < .max || heap.budget < .max
  }

  /// Forgets what belongs to one evaluation; compiled regular expressions are kept.
  func reset(steps: Int, deadline: ContinuousClock.Instant?) {
    instant = nil
    knownShapes = nil
    if !memo.isEmpty { memo.removeAll(keepingCapacity: true) }
    if !layouts.isEmpty { layouts.removeAll(keepingCapacity: true) }
    self.steps = steps
    self.deadline = deadline
    unseen = 0
    isLimited = steps < .max || heap.budget < .max || deadline != nil
  }
}

extension Arguments {
  /// The message OPA gives for a wrong operand: position counts from 1.
  func wrongType(_ index: Int, _ expected: String...) -> BuiltinError {
    let got = "\(self[index].typeName)"
    return expected.count == 1
      ? .type("operand \(index + 1) must be \(expected[0]) but got \(got)")
      : .type("operand \(index + 1) must be one of {\(expected.joined(separator: ", "))} but got \(got)")
  }

  func string(_ index: Int) throws(BuiltinError) -> [UInt8] {
    guard self[index].isString else { throw wrongType(index, "string") }
    return self[index].text
  }

  /// An integer of 64 bits; numbers like 2.0 do not count.
  func integer(_ index: Int) throws(BuiltinError) -> Int {
    guard self[index].isNumber else { throw wrongType(index, "number") }
    guard self[index].rawTag == Value.Tag.integer.rawValue, let value = self[index].exactInt else {
      throw .type("operand \(index + 1) must be integer number but got floating-point number")
    }
    return Int(value)
  }
}
