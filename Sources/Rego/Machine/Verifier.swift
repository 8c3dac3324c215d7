/// Checks the code of a program before it may run, whoever wrote it: the machine itself trusts every word.
///
/// One pass over each function, and another where a loop loses what it began with. Every operation and operand is one that exists; every target is the beginning of an instruction of the same
/// function, and a target behind is a loop's, which counts its turns; no register is read before it was written on every way; only
/// containers that were made here and that nothing else knows grow; scopes of `with` are left as often as they are entered, the same number
/// of times on every way to one place.
struct Verifier {
  /// What does not change while code is checked.
  struct Limits {
    let constants: Int
    let caches: Int
    let sites: Int
    let parameters: [Int]
    let arities: [Int]
    let tables: [Int]
    let nodes: Int
    /// For each list of changes, the words that are read and kept.
    let changes: [[Int32]]
  }

  /// Fields of each operation, by its raw value.
  private static let layouts = Operation.allCases.map(\.fields)
  /// Most elements that a container is given room for before it has any.
  static let maximumCapacity = 1 << 16

  private struct Refusal: Error {
    let reason: String
  }

  /// A place further on that was jumped to.
  private struct Arrival {
    var state: Int
    /// Where the state was last met with: the straight run of code, and the losses until then. A longer run without new losses is sure of
    /// no less.
    var run: Int
    var losses: Int
    let scopes: Scopes
  }

  /// Scopes that the function entered and has not left, and those it left for a while.
  private struct Scopes: Equatable {
    var entered = 0
    var suspended = 0
  }

  /// A loop whose code is not over: its head's state.
  private struct Loop {
    let head: Int
    let state: Int
    let scopes: Scopes
  }

  private let limits: Limits
  /// Instructions that have each cache.
  private var cacheOwners: [Bool]

  // The function that is checked.
  private var code: Memory.Address = 0
  private var count = 0
  private var registers = 0
  private var states = RegisterStates(registers: 0, parameters: 0)
  private var scopes = Scopes()
  private var arrivals: [Arrival] = []
  /// By word of the code: 1 + the arrival there, 1 + the loop whose head is there, 1 + the loop that ends there with all inside it.
  private var arrivalAt: [Int32] = []
  private var loopAt: [Int32] = []
  private var loopEndAt: [Int32] = []
  private var loops: [Loop] = []
  private var run = 0
  private var waiting = 0
  private var isReached = true
  private var bindingCount: Int?
  private var caches: [Int] = []
  /// What is sure at heads of loops that are come back to with less, by word.
  private var heads: [Int: [UInt64]] = [:]
  private var isToBeRepeated = false
  private static let mostPasses = 8

  init(_ limits: Limits) {
    self.limits = limits
    cacheOwners = Array(repeating: false, count: limits.caches)
  }

  /// - Throws: `eval_internal_error` naming the function and the word where its code is not sound.
  mutating func check(_ function: Program.Function) throws(RegoError) {
    do throws(Refusal) {
      try checkCode(of: function)
    } catch {
      let name = function.name.isEmpty ? "the query" : function.name
      throw RegoError(
        .internal, "the code of \(name) is not sound: \(error.reason)", file: function.file, location: Location(packed: function.place))
    }
  }

  private mutating func checkCode(of function: Program.Function) throws(Refusal) {
    heads.removeAll(keepingCapacity: true)
    for _ in 0..<Self.mostPasses {
      caches.removeAll(keepingCapacity: true)
      isToBeRepeated = false
      try pass(over: function)
      if !isToBeRepeated { return }
      for cache in caches { cacheOwners[cache] = false }
    }
    throw Refusal(reason: "its loops lose more in each of \(Self.mostPasses) passes")
  }

  private mutating func pass(over function: Program.Function) throws(Refusal) {
    code = function.code
    count = function.words
    registers = function.locals
    guard count > 0, count < Int(Int32.max) else { throw Refusal(reason: "it has \(count) words") }
    guard function.parameters >= 0, function.parameters <= min(registers, Program.maximumOperands), registers <= 1 << 24 else {
      throw Refusal(reason: "\(function.parameters) parameters in \(registers) registers")
    }
    states = RegisterStates(registers: registers, parameters: function.parameters)
    scopes = Scopes()
    arrivals.removeAll(keepingCapacity: true)
    loops.removeAll(keepingCapacity: true)
    Self.clear(&arrivalAt, count)
    Self.clear(&loopAt, count)
    Self.clear(&loopEndAt, count)
    waiting = 0
    isReached = true
    bindingCount = nil
    var position = 0
    while position < count {
      try arrive(at: position)
      position = try instruction(at: position)
    }
    guard !isReached else { throw Refusal(reason: "it goes on behind its end") }
    guard waiting == 0 else { throw Refusal(reason: "a target is no beginning of an instruction") }
  }

  private static func clear(_ table: inout [Int32], _ count: Int) {
    table.removeAll(keepingCapacity: true)
    table.append(contentsOf: repeatElement(0, count: count))
  }

  // MARK: - Flow

  /// Meets the states of all ways to a place.
  private mutating func arrive(at position: Int) throws(Refusal) {
    if loopEndAt[position] > 0 {
      let depth = Int(loopEndAt[position]) - 1
      while loops.count > depth, let loop = loops.popLast() {
        loopAt[loop.head] = 0
        states.forget(loop.state)
      }
    }
    guard arrivalAt[position] > 0 else { return }
    let arrival = arrivals[Int(arrivalAt[position]) - 1]
    guard !isReached || arrival.scopes == scopes else { throw Refusal(reason: "at word \(position), ways meet in different scopes") }
    states.arrive(arrival.state, isReached: isReached)
    scopes = arrival.scopes
    isReached = true
    waiting -= 1
    run += 1
  }

  private mutating func go(to word: Int, from position: Int) throws(Refusal) {
    guard word >= 0, word < count else { throw Refusal(reason: "at word \(position), the target \(word) is outside") }
    guard isReached else { return }
    if word > position {
      let known = Int(arrivalAt[word]) - 1
      if known < 0 {
        arrivals.append(Arrival(state: states.save(), run: run, losses: states.losses, scopes: scopes))
        arrivalAt[word] = Int32(arrivals.count)
        waiting += 1
        return
      }
      guard arrivals[known].scopes == scopes else { throw Refusal(reason: "at word \(position), the target \(word) is in other scopes") }
      if arrivals[known].run == run, arrivals[known].losses == states.losses { return }
      states.meet(arrivals[known].state)
      arrivals[known].run = run
      arrivals[known].losses = states.losses
      return
    }
    let loop = Int(loopAt[word]) - 1
    guard loop >= 0 else { throw Refusal(reason: "at word \(position), the target \(word) behind is no open loop") }
    guard loops[loop].scopes == scopes else { throw Refusal(reason: "at word \(position), the loop at \(word) began in other scopes") }
    if !states.covers(loops[loop].state) { lose(in: loop) }
  }

  /// A loop is come back to with less than it began with: its turns, and those of the loops around it, begin with so much only.
  private mutating func lose(in loop: Int) {
    isToBeRepeated = true
    let left = states.current
    for loop in loops[...loop] {
      if let known = heads[loop.head] {
        heads[loop.head] = zip(known, left).map { $0 & $1 }
      } else {
        heads[loop.head] = left
      }
    }
  }

  /// Remembers a loop's head, which `end` lies behind.
  private mutating func open(_ head: Int, end: Int) {
    guard isReached else { return }
    if let left = heads[head] { states.meet(left) }
    loops.append(Loop(head: head, state: states.save(), scopes: scopes))
    loopAt[head] = Int32(loops.count)
    if end > head, end < count, loopEndAt[end] == 0 || Int(loopEndAt[end]) > loops.count { loopEndAt[end] = Int32(loops.count) }
  }

  // MARK: - Instructions

  @inline(__always)
  private func word(_ position: Int) throws(Refusal) -> Int {
    guard position < count else { throw Refusal(reason: "its last instruction is not whole") }
    return Int(Memory.load(code, position &* 4, as: Int32.self))
  }

  /// Checks the instruction at a position; returns the position behind it.
  private mutating func instruction(at start: Int) throws(Refusal) -> Int {
    let number = try word(start)
    guard number >= 0, number < Self.layouts.count, let operation = Operation(rawValue: UInt8(number)) else {
      throw Refusal(reason: "at word \(start), there is no operation \(number)")
    }
    let fields = Self.layouts[number]
    if operation.countsTurns {
      var width = 1
      for field in fields {
        if case .target = field { break }
        width += 1
      }
      open(start, end: try word(start + width))
    }
    // What is read and kept counts before a target is gone to, what is written only where nothing fails.
    var position = start + 1
    var operands: Int?
    for field in fields {
      position = try read(field, at: position, of: start, operands: &operands)
    }
    let end = position
    guard isReached else { return end }
    position = start + 1
    for field in fields {
      switch field {
      case .write, .rewrite: states.write(try word(position))
      case .make(let container): states.make(try word(position), container)
      case .beginScan: states.beginLoop(try word(position), isSeeking: false)
      case .beginSeek: states.beginLoop(try word(position), isSeeking: true)
      // After its other operands were read: it is none of them.
      case .grow(let container): try growing(try word(position), container, at: position)
      case .growSetAtPath: try growing(try word(position), try word(position + 2) == 0 ? .set : .object, at: position)
      // Nothing is written behind a list.
      case .list, .keptList, .path, .bindings, .select, .pieces: break
      case .read, .readRegister, .keep, .scan, .seek, .target, .capacity, .size, .cache, .function, .document, .builtin, .builtinTaking,
        .site,
        .constant,
        .register, .optional, .node, .change, .record, .comparison, .conflict, .place, .drop:
        break
      }
      position += 1
    }
    try scope(operation, at: start)
    if !operation.fallsThrough { isReached = false }
    return end
  }

  private mutating func scope(_ operation: Operation, at start: Int) throws(Refusal) {
    let effect = operation.scopeEffect
    guard effect != (0, 0) else { return }
    scopes.entered += effect.entered
    scopes.suspended += effect.suspended
    guard scopes.entered >= 0, scopes.suspended >= 0 else {
      throw Refusal(reason: "at word \(start), a scope is left that was not entered")
    }
  }

  // MARK: - Fields

  private mutating func read(
    _ field: InstructionField, at position: Int, of start: Int, operands: inout Int?
  ) throws(Refusal) -> Int {
    let value = try word(position)
    switch field {
    case .read: try operand(value, at: position)
    case .keep: try keep(value, at: position)
    case .write, .make, .grow, .growSetAtPath: try register(value, at: position)
    case .rewrite, .readRegister: try written(value, at: position)
    case .beginScan, .beginSeek: try register(value + 1, at: position, least: 1)
    case .scan:
      try register(value + 1, at: position, least: 1)
      guard !isReached || states.isLoop(value, isSeeking: false) else { throw Refusal(reason: "at word \(position), no loop began") }
    case .seek:
      try register(value + 1, at: position, least: 1)
      guard !isReached || states.isLoop(value, isSeeking: true) else { throw Refusal(reason: "at word \(position), no such loop began") }
    case .target: try go(to: value, from: start)
    case .capacity: try range(value, 0..<(Self.maximumCapacity + 1), "capacity", at: position)
    case .size: try range(value, 0..<Int(Int32.max), "size", at: position)
    case .cache:
      try range(value, 0..<limits.caches, "cache", at: position)
      guard !cacheOwners[value] else { throw Refusal(reason: "at word \(position), the cache \(value) is another instruction's") }
      cacheOwners[value] = true
      caches.append(value)
    case .function:
      try range(value, 0..<limits.parameters.count, "function", at: position)
      operands = limits.parameters[value]
    case .document:
      try range(value, 0..<limits.parameters.count, "function", at: position)
      guard limits.parameters[value] == 0 else { throw Refusal(reason: "at word \(position), the function \(value) is no document") }
    case .builtin:
      try range(value, 0..<limits.arities.count, "built-in function", at: position)
      operands = limits.arities[value]
    case .builtinTaking(let count):
      try range(value, 0..<limits.arities.count, "built-in function", at: position)
      operands = limits.arities[value]
      guard operands == count else { throw Refusal(reason: "at word \(position), the function does not take \(count) operands") }
    case .site: try range(value, 0..<limits.sites, "place", at: position)
    case .constant: try range(~value, 0..<limits.constants, "constant", at: position)
    case .register: try register(value, at: position)
    case .node: try range(value, 0..<limits.nodes, "document", at: position)
    case .change:
      try range(value, 0..<limits.changes.count, "change", at: position)
      for operand in limits.changes[value] { try keep(Int(operand), at: position) }
    case .record:
      try range(value, 0..<limits.tables.count, "key table", at: position)
      operands = limits.tables[value]
    case .select:
      try range(value, 0..<limits.tables.count, "key table", at: position)
      for offset in 0...limits.tables[value] { try go(to: try word(position + 1 + offset), from: start) }
      return position + 2 + limits.tables[value]
    case .comparison:
      guard Comparison(rawValue: Int32(value)) != nil else { throw Refusal(reason: "at word \(position), there is no comparison \(value)") }
    case .conflict:
      guard Conflict(rawValue: Int32(value)) != nil else { throw Refusal(reason: "at word \(position), there is no conflict \(value)") }
    case .place: break
    case .list: return try list(value, at: position, operands: operands, least: 0)
    case .keptList:
      let end = try list(value, at: position, operands: operands, least: 0)
      var open = 0
      for offset in 1..<(value + 1) where try word(position + offset) >= 0 { open += 1 }
      guard open <= ScalarCalls.operands else { throw Refusal(reason: "at word \(position), answers to \(open) operands are not kept") }
      return end
    case .path: return try list(value, at: position, operands: nil, least: 1)
    case .pieces: return try pieces(value, at: position)
    case .optional: if value >= 0 { try operand(value, at: position) }
    case .bindings: return try bindings(value, at: position)
    case .drop:
      try range(value, 0..<(isReached ? scopes.suspended + 1 : Int(Int32.max)), "number of scopes", at: position)
      if isReached { scopes.suspended -= value }
    }
    return position + 1
  }

  private mutating func list(_ count: Int, at position: Int, operands: Int?, least: Int) throws(Refusal) -> Int {
    try range(count, least..<Int(Int32.max), "number of operands", at: position)
    if let operands, count != operands { throw Refusal(reason: "at word \(position), \(count) operands where \(operands) are taken") }
    guard position + count < self.count else { throw Refusal(reason: "its last instruction is not whole") }
    for offset in 1..<(count + 1) { try keep(try word(position + offset), at: position + offset) }
    return position + 1 + count
  }

  private mutating func pieces(_ count: Int, at position: Int) throws(Refusal) -> Int {
    try range(count, 0..<(Int(Int32.max) / 3), "number of operands", at: position)
    let end = position + 3 + 3 * count
    guard end <= self.count else { throw Refusal(reason: "its last instruction is not whole") }
    for offset in 1...2 { try range(~(try word(position + offset)), 0..<limits.constants, "constant", at: position + offset) }
    for piece in stride(from: position + 3, to: end, by: 3) {
      try keep(try word(piece + 1), at: piece + 1)
      try range(~(try word(piece + 2)), 0..<limits.constants, "constant", at: piece + 2)
    }
    return end
  }

  private mutating func bindings(_ count: Int, at position: Int) throws(Refusal) -> Int {
    try range(count, 0..<Int(Int32.max), "number of bindings", at: position)
    guard count == bindingCount ?? count else { throw Refusal(reason: "at word \(position), solutions have different numbers of bindings") }
    bindingCount = count
    guard position + count < self.count else { throw Refusal(reason: "its last instruction is not whole") }
    for offset in 1..<(count + 1) {
      let register = try word(position + offset)
      if register >= 0 { try keep(register, at: position + offset) }
    }
    return position + 1 + count
  }

  // MARK: - Words

  private func range(_ value: Int, _ range: Range<Int>, _ name: String, at position: Int) throws(Refusal) {
    guard range.contains(value) else { throw Refusal(reason: "at word \(position), there is no \(name) \(value)") }
  }

  @inline(__always)
  private func register(_ value: Int, at position: Int, least: Int = 0) throws(Refusal) {
    guard value >= least, value < registers else { throw Refusal(reason: "at word \(position), there is no register \(value)") }
  }

  private func written(_ value: Int, at position: Int) throws(Refusal) {
    try register(value, at: position)
    guard !isReached || states.isWritten(value) else {
      throw Refusal(reason: "at word \(position), register \(value) is read before it is written")
    }
  }

  @inline(__always)
  private func operand(_ value: Int, at position: Int) throws(Refusal) {
    if value >= 0 { return try written(value, at: position) }
    guard ~value < limits.constants else { throw Refusal(reason: "at word \(position), there is no constant \(~value)") }
  }

  @inline(__always)
  private mutating func keep(_ value: Int, at position: Int) throws(Refusal) {
    try operand(value, at: position)
    if value >= 0, isReached { states.publish(value) }
  }

  /// What holds a container was written.
  private func growing(_ value: Int, _ container: InstructionField.Container, at position: Int) throws(Refusal) {
    guard states.isGrowing(value, container) else {
      throw Refusal(reason: "at word \(position), register \(value) holds no \(container) that may grow")
    }
  }
}
