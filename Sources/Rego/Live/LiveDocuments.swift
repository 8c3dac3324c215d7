/// Documents of rules that are kept from one evaluation to the next.
///
/// An evaluation begins with what is known still: the machine takes it for remembered. Whatever cannot be known from its parts, because a
/// contribution ends with an error or two do not agree, is left to the machine, which evaluates it in full where a rule asks for it, and fails as any
/// evaluation would.
struct LiveDocuments: ~Copyable {
  /// A distributed document.
  struct Distributed {
    let distribution: Distribution
    var union: Union
    var parts: [Contributions]
    /// What the other bodies contribute.
    var rest = Value.undefined
    var restFailed = false
    var restIsStale: Bool

    init(_ distribution: Distribution) {
      self.distribution = distribution
      restIsStale = distribution.rest != nil
      union = Union(distribution.kind)
      parts = distribution.parts.map { Contributions($0) }
    }

    /// A budget ended the last look at it.
    var isUnfinished: Bool { restIsStale || parts.contains { $0.isStale } }

    /// The document is what its parts say.
    var isKnown: Bool {
      !restFailed && union.conflicts == 0 && parts.allSatisfy { $0.failures == 0 && !$0.isStale && $0.changed.isEmpty }
    }
  }

  let plan: LivePlan
  /// Where kept values lie.
  private(set) var heap = Heap()
  /// Values by function, `Contributions.failed` apart: undefined with a body of 1 as the machine remembers it.
  private var values: [Int: Value] = [:]
  private(set) var distributed: [Int: Distributed] = [:]
  /// Bytes in use after the last compaction.
  private var settledBytes = 0
  private static let leastGarbage = 8 << 20

  init(_ plan: LivePlan) { self.plan = plan }

  /// Takes note of edits before the next `update`.
  mutating func note(_ events: [EditedDocument.Event]) {
    for function in distributed.keys {
      for event in events {
        guard var item = distributed.removeValue(forKey: function) else { continue }
        for index in item.parts.indices { item.parts[index].note(event) { item.union.remove($0) } }
        distributed[function] = item
      }
    }
  }

  /// Brings everything that was known up to date, and puts what is known where the machine looks for it.
  ///
  /// - Parameter machine: has begun an evaluation of the documents as they are now.
  /// - Returns: documents that are not what they were.
  mutating func update(_ machine: inout Machine, _ events: [EditedDocument.Event]) -> Set<Int> {
    var changed: Set<Int> = []
    for function in plan.order {
      guard let summary = plan.summaries[function] else { continue }
      let isDirty = summary.isVolatile || summary.isAffected(by: events) || !summary.documents.isDisjoint(with: changed)
      if var item = distributed.removeValue(forKey: function) {
        let isChanged = isDirty || item.isUnfinished ? update(&item, &machine, events, changed) : false
        if isChanged || !item.isKnown {
          changed.insert(function)
          values[function] = nil
        }
        distributed[function] = item
      } else if isDirty, let old = values[function] {
        values[function] = nil
        if summary.isVolatile {
          changed.insert(function)
          continue
        }
        offer(summary.documents, to: &machine)
        let new = machine.evaluated(function).map { kept($0, from: machine.heap) }
        values[function] = new
        if let new, new.isIdentical(to: old) { values[function] = old } else { changed.insert(function) }
      }
    }
    return changed
  }

  /// Lets the machine find documents, and all that these were made of, remembered.
  mutating func offer(_ functions: Set<Int>, to machine: inout Machine) {
    for function in functions {
      form(function)
      if let value = values[function] { machine.remember(value, of: function) }
    }
  }

  /// A distributed document's value, undefined where it has none; nil where it is not known.
  mutating func value(of function: Int) -> Value? {
    form(function)
    return values[function].map { $0.isUndefined ? .undefined : $0 }
  }

  /// Puts a distributed document together.
  private mutating func form(_ function: Int) {
    guard values[function] == nil, let item = distributed[function], item.isKnown else { return }
    var value = item.union.value(in: heap)
    if value.isUndefined { value = item.distribution.fallback }
    values[function] = value.isUndefined ? Value(.undefined, 1) : value
  }

  /// Keeps what the machine has evaluated, and takes distributed documents apart that were needed for the first time.
  mutating func harvest(_ machine: inout Machine) {
    for function in plan.order where values[function] == nil && plan.summaries[function]?.isVolatile == false {
      guard let value = machine.remembered(function) else { continue }
      if distributed[function] == nil, plan.distributions[function] != nil {
        build(function, &machine)
      } else if distributed[function] == nil {
        values[function] = kept(value, from: machine.heap)
      }
    }
  }

  /// Takes a distributed document apart.
  mutating func build(_ function: Int, _ machine: inout Machine) {
    guard distributed[function] == nil, let distribution = plan.distributions[function] else { return }
    var item = Distributed(distribution)
    _ = update(&item, &machine, [], [])
    item.union.settle()
    distributed[function] = item
  }

  /// - Returns: whether the document is not what it was.
  private mutating func update(
    _ item: inout Distributed, _ machine: inout Machine, _ events: [EditedDocument.Event], _ changed: Set<Int>
  ) -> Bool {
    var isChanged = item.parts.contains { $0.failures > 0 } || item.restFailed || item.union.conflicts > 0
    for index in item.parts.indices {
      guard let summary = plan.summaries[item.parts[index].part.function] else { continue }
      if summary.isAffected(by: events) || !summary.documents.isDisjoint(with: changed) { item.parts[index].isStale = true }
      offer(summary.documents, to: &machine)
      refresh(&item, index, &machine)
    }
    if let rest = item.distribution.rest, let summary = plan.summaries[rest] {
      if item.restIsStale || summary.isAffected(by: events) || !summary.documents.isDisjoint(with: changed) {
        offer(summary.documents, to: &machine)
        let value = machine.contribution(of: rest)
        if !item.restFailed { item.union.remove(item.rest) }
        item.restFailed = value == nil
        item.rest = kept(value ?? .undefined, from: machine.heap)
        if value != nil { item.union.add(item.rest) }
        item.restIsStale = machine.isSpent
      }
    }
    if !item.union.touched.isEmpty { isChanged = true }
    return isChanged
  }

  private mutating func refresh(_ item: inout Distributed, _ index: Int, _ machine: inout Machine) {
    let part = item.parts[index].part
    let root = part.collection.root == .input ? machine.input : machine.data
    let collection = part.collection.value(in: root)
    let count = collection.isComposite ? collection.elementCount ?? 0 : 0
    var slots: [Int]
    if item.parts[index].isStale || item.parts[index].values.count != count {
      item.parts[index].restart(count: count) { item.union.remove($0) }
      slots = Array(0..<count)
    } else {
      slots = item.parts[index].changed.sorted()
    }
    for slot in slots {
      let (key, value) = Self.element(of: collection, at: slot)
      let made = machine.contribution(of: part.function, key, value)
      let old = item.parts[index].values[slot]
      if let made, !Contributions.isFailed(old), made.isIdentical(to: old) { continue }
      let new = made.map { kept($0, from: machine.heap) } ?? Contributions.failed
      _ = item.parts[index].set(slot, new)
      if !Contributions.isFailed(old) { item.union.remove(old) }
      if made != nil { item.union.add(new) }
    }
    item.parts[index].looked()
    if machine.isSpent { item.parts[index].isStale = true }
  }

  private static func element(of collection: Value, at slot: Int) -> (Value, Value) {
    switch collection.tag {
    case .array: return (.integer(slot), collection.arrayView[slot])
    case .object:
      let view = collection.objectView
      return (view.key(at: slot), view.value(at: slot))
    default:
      let element = collection.setView[slot]
      return (element, element)
    }
  }

  private func kept(_ value: Value, from source: Heap) -> Value {
    if !value.isComposite, value.rawTag != 4, value.rawTag != 6 { return value }
    var relocation = Relocation(from: source, to: heap)
    return relocation.move(value)
  }

  // MARK: - After an evaluation

  /// The difference was told: what is there now is what the next one is measured by.
  mutating func settle() {
    for function in distributed.keys { distributed[function]?.union.settle() }
  }

  /// Leaves memory behind that edits and earlier values took, where that is more than what is in use.
  mutating func compact(_ input: inout EditedDocument, _ data: inout EditedDocument) {
    guard heap.used > 2 * settledBytes + Self.leastGarbage else { return }
    let new = Heap()
    var relocation = Relocation(from: heap, to: new, owned: input.ownedContainers.union(data.ownedContainers))
    input.move(by: &relocation)
    data.move(by: &relocation)
    for function in values.keys { if let value = values[function] { values[function] = relocation.move(value) } }
    for function in distributed.keys {
      guard var item = distributed.removeValue(forKey: function) else { continue }
      item.rest = relocation.move(item.rest)
      item.union.move(by: &relocation)
      for index in item.parts.indices { item.parts[index].move(by: &relocation) }
      distributed[function] = item
    }
    heap = new
    settledBytes = new.used
  }
}
