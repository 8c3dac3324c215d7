/// A compiled policy: constants, code and the tree of documents. Immutable; shared by evaluations on any thread.
final class Program: @unchecked Sendable {
  struct Function {
    let name: String
    let path: [Value]
    let code: Memory.Address
    let words: Int
    let parameters: Int
    let locals: Int
    let isMemoized: Bool
    let file: String
    /// `Location.packed` of its first rule.
    let place: Int32
  }

  /// A place in the tree of rules.
  struct DocumentNode {
    let path: [Value]
    /// The group that gives its value, or -1.
    let function: Int
    /// The group is a function with parameters: no document.
    let isFunction: Bool
    /// Names of children, and their nodes in the same order.
    let childNames: [Value]
    let childTable: KeyTable
    let children: [Int]
  }

  struct Change {
    enum Target {
      case input([Int32])
      case data([Int32])
      /// Base data, while rules keep their documents.
      case base([Int32])
      case function(Int)
    }
    let target: Target
    let value: Int32
    let isReplacement: Bool
  }

  /// Bytes of a function's entry in `table`: address of the code (8), words (4), locals (4), whether its value is remembered (4), parameters (4),
  /// whether its calls are remembered by their operands (4).
  static let entrySize = 32
  static let remembersOffset = 24
  /// Words of code from which on remembering a call costs less than running it again.
  private static let leastRemembered = 40
  /// Registers that a frame keeps free behind its locals for the operands of one call.
  static let maximumOperands = 256

  /// Owns everything below, but for constants of the modules, which their heap owns.
  let heap: Heap
  let modules: Heap
  let constants: Memory.Address
  let constantCount: Int
  let functions: [Function]
  /// What the interpreter needs of `functions`.
  let table: Memory.Address
  let documentNodes: [DocumentNode]
  let builtins: [Builtin]
  /// The functions of `builtins`, in structures: bare functions in an array are called by way of another one.
  let builtinFunctions: [BuiltinFunction]

  struct BuiltinFunction {
    let call: Builtin.Function
  }
  let changes: [[Change]]
  /// Key tables of objects with constant keys.
  let tables: [KeyTable]
  let cacheCount: Int
  /// Places in the code that call built-in functions whose answers are kept.
  let siteCount: Int
  /// Root of the tree of documents.
  let root: Int

  /// - Throws: `eval_internal_error` where the code is not sound: a program that exists may run.
  init(
    heap: Heap, modules: Heap, constants: Memory.Address, functions: [Function], documentNodes: [DocumentNode], builtins: [Builtin],
    changes: [[Change]],
    tables: [KeyTable], constantCount: Int, cacheCount: Int, siteCount: Int, root: Int
  ) throws(RegoError) {
    self.heap = heap
    self.modules = modules
    self.constants = constants
    self.constantCount = constantCount
    self.functions = functions
    table = heap.allocate(max(1, functions.count) * Self.entrySize)
    for (index, function) in functions.enumerated() {
      let entry = index * Self.entrySize
      Memory.store(table, entry, function.code)
      Memory.store(table, entry + 8, Int32(function.words))
      Memory.store(table, entry + 12, Int32(function.locals))
      Memory.store(table, entry + 16, Int32(function.isMemoized ? 1 : 0))
      Memory.store(table, entry + 20, Int32(function.parameters))
      let isRemembered = (1...CallLayout.operands).contains(function.parameters) && function.words >= Self.leastRemembered
      Memory.store(table, entry + Self.remembersOffset, Int32(isRemembered ? 1 : 0))
    }
    self.documentNodes = documentNodes
    self.builtins = builtins
    builtinFunctions = builtins.map { BuiltinFunction(call: $0.function) }
    self.changes = changes
    self.tables = tables
    self.cacheCount = cacheCount
    self.siteCount = siteCount
    self.root = root
    try verify()
  }
}
