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
    let row: Int32
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
      case function(Int)
    }
    let target: Target
    let value: Int32
    let isReplacement: Bool
  }

  /// Owns everything below.
  let heap: Heap
  let constants: Memory.Address
  let functions: [Function]
  let documentNodes: [DocumentNode]
  let builtins: [Builtin]
  let changes: [[Change]]
  /// Key tables of objects with constant keys.
  let tables: [KeyTable]
  let cacheCount: Int
  /// Root of the tree of documents.
  let root: Int

  init(
    heap: Heap, constants: Memory.Address, functions: [Function], documentNodes: [DocumentNode], builtins: [Builtin], changes: [[Change]],
    tables: [KeyTable], cacheCount: Int, root: Int
  ) {
    self.heap = heap
    self.constants = constants
    self.functions = functions
    self.documentNodes = documentNodes
    self.builtins = builtins
    self.changes = changes
    self.tables = tables
    self.cacheCount = cacheCount
    self.root = root
  }
}
