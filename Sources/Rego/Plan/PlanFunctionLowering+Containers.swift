/// Containers under construction: arrays, sets and objects, and what stands inside an object that rules with general references build.
extension PlanFunctionLowering {
  /// OPA goes down such an object by "what stands there, else a new one", changes that, and inserts it again. Here the way is remembered
  /// instead, and the machine goes down it when something is inserted.
  func lower(_ blocks: [PlanBlock]) throws(RegoError) {
    if blocks.count == 1, try descend(blocks[0]) { return }
    for item in blocks {
      let inner = Block()
      append(.attempt(inner))
      try lower(item, into: inner, isAttempt: true)
    }
  }

  /// True for a block of the form { { dot object key -> local; break 1 } make local }.
  private func descend(_ block: PlanBlock) throws(RegoError) -> Bool {
    guard block.statements.count == 2, case .blocks(let inner) = block.statements[0].kind, inner.count == 1 else { return false }
    let probe = inner[0].statements
    guard probe.count == 2, case .dot(let local, .local(let parent), let key) = probe[0].kind, case .leave(1) = probe[1].kind else {
      return false
    }
    let kind: Container
    switch block.statements[1].kind {
    case .makeObject(local): kind = .object
    case .makeSet(local): kind = .set
    default: return false
    }
    guard let (root, path) = try place(in: parent) else { return false }
    // The statements of the form count as those that the loops' positions were counted from.
    position += 4
    _ = try look(key)
    guard path.count < Program.maximumOperands / 2 else { throw refusal("an object is built more than \(path.count) keys deep") }
    try setPart(local, Part(root: root, path: path + [key], parent: parent, kind: kind))
    return true
  }

  /// Where an object under construction stands; nil for a local that holds none.
  private func place(in local: Int) throws(RegoError) -> (root: Int, path: [PlanStatement.Operand])? {
    if let part = part(local) { return part.kind == .object ? (part.root, part.path) : nil }
    return isUnderConstruction(local, .object) ? (local, []) : nil
  }

  func insert(_ key: PlanStatement.Operand, _ value: PlanStatement.Operand, into object: Int) throws(RegoError) {
    if case .local(let local) = value, let part = part(local) {
      // The machine put it there already.
      guard part.parent == object, let last = part.path.last, Self.isSame(last, key) else {
        throw refusal("local \(local) is part of one object and is inserted elsewhere")
      }
      return
    }
    guard part(object) == nil else { throw refusal("an object that is part of another is overwritten") }
    if isEntryPoint, case .string(let index) = key { keys[object, default: []].append(plan.document.strings[index].string) }
    let key = try operand(key)
    let value = try operand(value)
    append(.insert(object: try container(object, .object), key: key, value: value))
  }

  func insertOnce(_ key: PlanStatement.Operand, _ value: PlanStatement.Operand, into object: Int) throws(RegoError) {
    let last = try operand(key)
    let value = try operand(value)
    let part = part(object)
    if let part, part.kind != .object { throw refusal("a set takes no keys") }
    let path = try operands(part?.path ?? [])
    append(.insertOnce(object: try container(part?.root ?? object, .object), path: path + [last], value: value))
  }

  func add(_ value: PlanStatement.Operand, to set: Int) throws(RegoError) {
    let value = try operand(value)
    guard let part = part(set) else {
      append(.add(set: try container(set, .set), path: [], value: value))
      return
    }
    guard part.kind == .set else { throw refusal("an object is used as a set") }
    let path = try operands(part.path)
    append(.add(set: try container(part.root, .object), path: path, value: value))
  }

  private static func isSame(_ a: PlanStatement.Operand, _ b: PlanStatement.Operand) -> Bool {
    switch (a, b) {
    case (.local(let a), .local(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.boolean(let a), .boolean(let b)): a == b
    default: false
    }
  }
}
