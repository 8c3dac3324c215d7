@testable import Rego

extension Program.Function {
  var codeWords: [Int32] { (0..<words).map { Memory.load(code, $0 * 4) } }
}

extension Program {
  /// The program with another code for one of its functions.
  func replacing(_ function: Int, code words: [Int32]) throws(RegoError) -> Program {
    let address = heap.allocate(max(1, words.count) * 4)
    for (index, word) in words.enumerated() { Memory.store(address, index * 4, word) }
    var functions = functions
    let old = functions[function]
    functions[function] = Function(
      name: old.name, path: old.path, code: address, words: words.count, parameters: old.parameters, locals: old.locals,
      isMemoized: old.isMemoized, file: old.file, place: old.place)
    return try Program(
      heap: heap, modules: modules, constants: constants, functions: functions, documentNodes: documentNodes, builtins: builtins,
      changes: changes, tables: tables, constantCount: constantCount, cacheCount: cacheCount, siteCount: siteCount, root: root)
  }

  /// A program of one function, whose constants are 0, 1, 2 and an empty object.
  static func of(_ words: [Int32], registers: Int = 4, parameters: Int = 0, caches: Int = 1, name: String = "data.p.q") throws(RegoError)
    -> Program
  {
    let heap = Heap()
    let values = [Value.integer(0), .integer(1), .integer(2), ObjectView.make(in: heap).value]
    let constants = heap.allocate(values.count * 16)
    for (index, value) in values.enumerated() { Memory.setValue(constants, at: index, value) }
    let address = heap.allocate(max(1, words.count) * 4)
    for (index, word) in words.enumerated() { Memory.store(address, index * 4, word) }
    let keys = KeyTable.make(capacity: 2, in: heap)
    _ = keys.append(.integer(1), in: heap)
    _ = keys.append(.integer(2), in: heap)
    keys.seal()
    let node = DocumentNode(
      path: [], function: -1, isFunction: false, childNames: [], childTable: KeyTable.make(capacity: 1, in: heap), children: [])
    return try Program(
      heap: heap, modules: heap, constants: constants,
      functions: [
        Function(
          name: name, path: [], code: address, words: words.count, parameters: parameters, locals: registers, isMemoized: false,
          file: "p.rego", place: 0)
      ],
      documentNodes: [node], builtins: ["plus", "count"].compactMap { Builtins.all[$0] },
      changes: [[Change(target: .input([0]), value: 1, isReplacement: false)]], tables: [keys], constantCount: values.count,
      cacheCount: caches, siteCount: 1, root: 0)
  }
}
