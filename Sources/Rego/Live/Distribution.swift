/// How a document of rules is put together.
enum MemberKind {
  /// A set.
  case elements
  /// An object with one value for each key.
  case members
  /// An object of sets.
  case grouped
  /// One value that all contributions agree on.
  case single
}

/// A document that is the union of what single elements of collections contribute, and of a rest.
struct Distribution {
  /// Bodies that loop over one collection and read it in no other way.
  struct Part {
    let collection: BasePath
    /// Takes key and value of an element, gives its contribution.
    let function: Int
    /// The contribution depends on the element's key.
    let usesKey: Bool
  }

  let kind: MemberKind
  let parts: [Part]
  /// Gives what the other bodies contribute; nil where there are none.
  let rest: Int?
  /// Of a single value: what it is where nothing is contributed; undefined for nothing.
  let fallback: Value
}

/// Finds documents that are distributed, and plans the functions of their parts.
struct DistributionSplit {
  private let planner: Planner
  /// Elements of a collection now, which tells the collection that is worth it among several.
  private let size: (BasePath) -> Int

  init(_ planner: Planner, size: @escaping (BasePath) -> Int) {
    self.planner = planner
    self.size = size
  }

  private struct Shape {
    var kind: MemberKind
    let start: Statement
    let result: Int
    var bodies: [Block] = []
    var fallback = Value.undefined
  }

  /// Nil for a document that is not distributed, or over no collection that exists.
  ///
  /// - Parameter analysis: of the planner's functions.
  func run(_ function: Int, _ analysis: inout ReadAnalysis) -> Distribution? {
    let planned = planner.functions[function]
    guard planned.isMemoized, let shape = shape(of: planned.body) else { return nil }
    var groups: [BasePath: [(block: Block, usesKey: Bool)]] = [:]
    var order: [BasePath] = []
    var rest: [Block] = []
    for body in shape.bodies {
      guard let (path, block, usesKey) = element(of: body, planned, shape, &analysis) else {
        rest.append(body)
        continue
      }
      if groups[path] == nil { order.append(path) }
      groups[path, default: []].append((block, usesKey))
    }
    guard !order.isEmpty else { return nil }
    let parts = order.map { path in
      let bodies = groups[path] ?? []
      return Distribution.Part(
        collection: path, function: add(bodies.map(\.block), shape, planned, shift: 2), usesKey: bodies.contains { $0.usesKey })
    }
    let others = rest.isEmpty ? nil : add(rest.map { BlockCopy { $0 }.copy($0) }, shape, planned, shift: 0)
    return Distribution(kind: shape.kind, parts: parts, rest: others, fallback: shape.fallback)
  }

  // MARK: - Shape

  private func shape(of body: Block) -> Shape? {
    guard let first = body.statements.first, case .returnLocal(let result)? = body.statements.last else { return nil }
    var shape: Shape
    switch first {
    case .makeSet(result): shape = Shape(kind: .elements, start: first, result: result)
    case .makeObject(result): shape = Shape(kind: .members, start: first, result: result)
    case .reset(result): shape = Shape(kind: .single, start: first, result: result)
    default: return nil
    }
    var kinds: Set<MemberKind> = []
    for statement in body.statements.dropFirst().dropLast() {
      guard case .attempt(let block) = statement else { return nil }
      if shape.kind == .single, let value = fallback(block, result) {
        shape.fallback = value
        continue
      }
      // A default comes last and counts where nothing else does.
      guard shape.fallback.isUndefined, contributes(block, shape, &kinds) else { return nil }
      shape.bodies.append(block)
    }
    guard kinds.count <= 1 else { return nil }
    if let kind = kinds.first { shape.kind = kind }
    return shape
  }

  private func fallback(_ block: Block, _ result: Int) -> Value? {
    guard block.statements.count == 2, case .isUndefined(result) = block.statements[0],
      case .assignOnce(result, .constant(let index), _) = block.statements[1]
    else { return nil }
    return planner.constants[index]
  }

  /// Whether a body does nothing with the result but to add to it.
  private func contributes(_ block: Block, _ shape: Shape, _ kinds: inout Set<MemberKind>) -> Bool {
    var isGood = true
    block.forEachStatement { statement in
      var uses = 0
      statement.forEachUse { if $0 == shape.result { uses += 1 } }
      if statement.definitions.contains(shape.result) { isGood = false }
      guard uses > 0 else { return }
      switch statement {
      case .add(shape.result, let path, _) where uses == 1 && path.count <= 1 && shape.kind != .single:
        kinds.insert(path.isEmpty ? .elements : .grouped)
        if path.isEmpty != (shape.kind == .elements) { isGood = false }
      case .insertOnce(shape.result, let path, _) where uses == 1 && path.count == 1 && shape.kind == .members: kinds.insert(.members)
      case .assignOnce(shape.result, _, _) where uses == 1 && shape.kind == .single: kinds.insert(.single)
      case .returnLocal(shape.result) where shape.kind == .single: break
      default: isGood = false
      }
    }
    return isGood
  }

  // MARK: - Elements

  /// A body for one element of a collection: the loop over it is gone, its variables are the first two locals.
  private func element(
    of body: Block, _ planned: PlannedFunction, _ shape: Shape, _ analysis: inout ReadAnalysis
  ) -> (path: BasePath, block: Block, usesKey: Bool)? {
    var candidates: [(path: BasePath, loop: Block, size: Int)] = []
    var walk = ReadWalk(planner)
    find(body, &walk, &candidates)
    // The largest first; of equal ones the outermost.
    for candidate in candidates.sorted(by: { $0.size > $1.size }) where candidate.size > 1 {
      var copy = LoopRemoval(candidate.loop, origins: candidate.path, planner)
      let block = copy.copy(body)
      guard copy.isDone, !reads(block, candidate.path, &analysis) else { continue }
      return (candidate.path, block, copy.usesKey)
    }
    return nil
  }

  /// Loops over base documents whose turns add up: those not inside of anything that looks at all turns together.
  private func find(_ block: Block, _ walk: inout ReadWalk, _ candidates: inout [(path: BasePath, loop: Block, size: Int)]) {
    for statement in block.statements {
      switch statement {
      case .scan(let source, let key, let value, let inner):
        if case .local(let local) = source, let origin = walk.origins[local] { candidates.append((origin, inner, size(origin))) }
        walk.walk(.scan(source: source, key: key, value: value, Block()))
        find(inner, &walk, &candidates)
      case .attempt(let inner): find(inner, &walk, &candidates)
      default: walk.walk(statement)
      }
    }
  }

  /// Whether a body reads a collection itself, or a function that it calls does.
  private func reads(_ block: Block, _ path: BasePath, _ analysis: inout ReadAnalysis) -> Bool {
    var walk = ReadWalk(planner)
    walk.walk(block)
    if walk.found.isVolatile { return true }
    func overlaps(_ read: Read) -> Bool {
      guard read.path.root == path.root else { return false }
      if read.path.keys.count <= path.keys.count { return read.isWhole && path.keys.starts(with: read.path.keys) }
      return read.path.keys.starts(with: path.keys)
    }
    if walk.found.reads.contains(where: overlaps) { return true }
    for callee in walk.found.calls where !planner.functions[callee].isMemoized {
      let summary = analysis.summary(of: callee)
      if summary.isVolatile || summary.reads.contains(where: overlaps) { return true }
    }
    for callee in walk.found.changedCalls {
      let closure = analysis.closure(of: callee)
      if closure.isVolatile || closure.reads.contains(where: overlaps) { return true }
    }
    return false
  }

  // MARK: - Functions

  private func add(_ bodies: [Block], _ shape: Shape, _ planned: PlannedFunction, shift: Int) -> Int {
    let body = Block()
    let copy = { (statement: Statement) in
      statement.rewritten(read: { $0 }, use: { $0 + shift }, define: { $0 + shift })
    }
    body.statements.append(copy(shape.start))
    body.statements += bodies.map { .attempt($0) }
    body.statements.append(copy(.returnLocal(shape.result)))
    planner.add(
      PlannedFunction(
        name: planned.name, path: planned.path, parameterCount: shift, localCount: planned.localCount + shift, body: body,
        isMemoized: false,
        file: planned.file, place: planned.place))
    return planner.functions.count - 1
  }
}
