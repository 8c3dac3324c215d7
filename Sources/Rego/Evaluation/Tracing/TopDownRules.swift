/// Rules: documents with one value, sets and objects that grow, functions (v1/topdown/eval.go, evalVirtual and evalFunc).
extension TopDown {
  private func key(_ path: [Value]) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in path {
      bytes += ValueText.text(value)
      bytes.append(0)
    }
    return bytes
  }

  private func conflict(_ message: String, _ rule: CheckRule) -> RegoError {
    RegoError(.conflict, message, file: contents.file(rule.module), location: rule.location)
  }

  private func child(_ rule: CheckRule, of search: Search, needsOne: Bool = false) -> Search {
    Search(rule.body, Bindings(rule.variables), module: rule.module, id: nextID(), parent: search, needsOne: needsOne, rule: rule)
  }

  // MARK: - Documents

  /// - Parameter position: of the last part of the rules' constant path in `path`.
  @_optimize(none)
  func virtual(
    _ path: [CheckTerm], _ position: Int, _ plugged: [Value], _ node: CheckRuleTree, _ search: Search,
    _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    let reference = [CheckTerm(.variable(VariableTable.data), .generated)] + plugged.map { contents.term($0) }
    let choice = try choose(node, reference, nil, search)
    if choice.isGrowing {
      return try growing(choice, path, position, plugged, search, next)
    }
    if choice.isEmpty || (choice.rules.first?.rule ?? choice.fallback)?.arity ?? 0 > 0 { return .more }
    return try complete(choice, plugged, search) { (value) throws(RegoError) -> Flow in
      try self.part(of: value, path, position + 1, search, next)
    }
  }

  @_optimize(none)
  private func complete(
    _ choice: RuleChoice, _ path: [Value], _ search: Search, _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    let name = key(path)
    if let value = known[known.count - 1][name] { return value.isUndefined ? .more : try next(value) }
    var previous: Value?
    var deferred: Flow?
    for chain in choice.rules {
      var result: Value?
      for rule in [chain.rule] + chain.elses {
        let flow = try one(rule, choice, name, &previous, &result, search, next)
        if !flow.isMore {
          guard case .deferred = flow else { return flow.suppressed }
          if deferred == nil { deferred = flow }
        }
        if result != nil { break }
      }
    }
    if let fallback = choice.fallback, previous == nil {
      var result: Value?
      return try one(fallback, choice, name, &previous, &result, search, next).suppressed
    }
    if previous == nil { known[known.count - 1][name] = .undefined }
    return deferred?.suppressed ?? .more
  }

  @_optimize(none)
  private func one(
    _ rule: CheckRule, _ choice: RuleChoice, _ name: [UInt8], _ previous: inout Value?, _ result: inout Value?, _ search: Search,
    _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    let child = child(rule, of: search, needsOne: choice.exitsEarly)
    try trace(.enter, .rule(rule), child)
    let state = RuleState(previous: previous)
    defer {
      previous = state.previous
      result = state.result
    }
    return try evaluate(child) { () throws(RegoError) -> Flow in
      try self.exit(rule, child)
      guard let term = rule.value, let value = self.value(of: term, child.bindings) else { return .more }
      state.result = value
      if let held = state.previous {
        if !held.equals(value) { throw self.conflict("complete rules must not produce multiple outputs", rule) }
        try self.trace(.redo, .rule(rule), child)
        return .more
      }
      state.previous = value
      self.known[self.known.count - 1][name] = value
      let flow = try next(value)
      if !flow.isMore { return flow }
      try self.trace(.redo, .rule(rule), child)
      return .more
    }
  }

  /// What the rules of one name have given so far.
  private final class RuleState {
    var previous: Value?
    var result: Value?
    init(previous: Value?) { self.previous = previous }
  }

  // MARK: - Sets and objects

  @_optimize(none)
  private func growing(
    _ choice: RuleChoice, _ path: [CheckTerm], _ position: Int, _ plugged: [Value], _ search: Search,
    _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    let name = key(plugged)
    let continued: (Value) throws(RegoError) -> Flow = { (value) throws(RegoError) -> Flow in
      try self.part(of: value, path, position + 1, search, next)
    }
    if let value = known[known.count - 1][name], value.isDefined { return try continued(value) }
    guard position + 1 < path.count else {
      let value = try all(choice, below: plugged.count, search)
      known[known.count - 1][name] = value
      return try continued(value)
    }
    if choice.isEmpty { return .more }
    guard let first = value(of: path[position + 1], search.bindings) else {
      let value = try all(choice, below: plugged.count, search)
      known[known.count - 1][name] = value
      return try continued(value)
    }
    // Only rules that can give what stands under the keys that are known count.
    var keys = [first]
    let longest = choice.rules.map { $0.rule.path(below: plugged.count).count + ($0.rule.key == nil ? 0 : 1) }.max() ?? 1
    for part in path.dropFirst(position + 2).prefix(max(0, longest - 1)) {
      guard let value = value(of: part, search.bindings) else { break }
      keys.append(value)
    }
    let partName = key(plugged + keys)
    if let value = known[known.count - 1][partName], value.isDefined {
      return try part(of: value, path, position + 1 + keys.count, search, next)
    }
    let builder = DocumentBuilder(choice.isSet, heap)
    for chain in choice.rules {
      let rule = chain.rule
      let child = child(rule, of: search)
      try trace(.enter, .rule(rule), child)
      var isDefined = false
      let head = rule.path(below: plugged.count) + (rule.key.map { [$0] } ?? [])
      _ = try match(keys, head, 0, child) { () throws(RegoError) -> Flow in
        isDefined = true
        return try self.evaluate(child) { () throws(RegoError) -> Flow in
          try self.exit(rule, child)
          if try self.add(rule, child, below: plugged.count, to: builder) {
            try self.trace(.duplicate, .rule(rule), child)
            return .more
          }
          try self.trace(.redo, .rule(rule), child)
          return .more
        }
      }
      if !isDefined { try trace(.fail, .rule(rule), child) }
    }
    let value = builder.value
    let found = Machine.descendExactly(value, keys)
    if found.isDefined { known[known.count - 1][partName] = found }
    return try continued(value)
  }

  @_optimize(none)
  private func match(
    _ keys: [Value], _ head: [CheckTerm], _ index: Int, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    if index >= keys.count || index >= head.count { return try next() }
    return try match(keys[index], head[index], search) { () throws(RegoError) -> Flow in
      try self.match(keys, head, index + 1, search, next)
    }
  }

  private func all(_ choice: RuleChoice, below depth: Int, _ search: Search) throws(RegoError) -> Value {
    let builder = DocumentBuilder(choice.isSet, heap)
    for chain in choice.rules {
      let rule = chain.rule
      let child = child(rule, of: search)
      try trace(.enter, .rule(rule), child)
      _ = try evaluate(child) { () throws(RegoError) -> Flow in
        try self.exit(rule, child)
        _ = try self.add(rule, child, below: depth, to: builder)
        try self.trace(.redo, .rule(rule), child)
        return .more
      }
    }
    return builder.value
  }

  /// Adds what a rule gives. True where that was there already.
  private func add(_ rule: CheckRule, _ search: Search, below depth: Int, to builder: DocumentBuilder) throws(RegoError) -> Bool {
    guard let keys = all(rule.path(below: depth), search.bindings), let term = rule.key ?? rule.value,
      let value = value(of: term, search.bindings)
    else { return false }
    guard let isNew = builder.add(value, keys, isElement: rule.key != nil) else { throw conflict("object keys must be unique", rule) }
    return !isNew
  }

  // MARK: - Calls

  @_optimize(none)
  func call(_ terms: [CheckTerm], _ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    let variables = search.bindings.variables
    let name = contents.name(of: terms[0], variables)
    var replacement: Value?
    if let mock = mocks.last?.last(where: { $0.name == name }) {
      switch mock.value {
      case .value(let value): replacement = value
      case .document(let path):
        let arity = contents.rules(of: terms[0])?.rules.first?.arity ?? contents.builtins[name]?.arity ?? 0
        return try reference(path, search) { (value) throws(RegoError) -> Flow in
          try self.output(value, terms, arity, search, next)
        }
      case .function(let function):
        // Inside the replacement nothing is replaced, so that it may call what it stands for.
        mocks.append([])
        defer { mocks.removeLast() }
        return try call([function] + terms.dropFirst(), search) { () throws(RegoError) -> Flow in
          let own = self.mocks.removeLast()
          defer { self.mocks.append(own) }
          return try next()
        }
      }
    }
    if let node = contents.rules(of: terms[0]) {
      let arity = node.rules.first?.arity ?? 0
      if let replacement { return try output(replacement, terms, arity, search, next) }
      return try function(terms, node, arity, search, next)
    }
    if name == "internal.template_string" { return try template(terms, search, next) }
    guard let builtin = contents.builtins[name] else { return .more }
    if let replacement { return try output(replacement, terms, builtin.arity, search, next) }
    return try self.builtin(builtin, terms, search, next)
  }

  /// The value of a call is its last operand's, where there is one more than the function takes; else it must not be false.
  @_optimize(none)
  private func output(
    _ value: Value, _ terms: [CheckTerm], _ arity: Int, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    if terms.count == arity + 2 { return try match(value, terms[terms.count - 1], search, next) }
    return value.isFalse ? .more : try next()
  }

  /// The text of an interpolated string. Each part is a text or a set with the value, which is empty where it is undefined.
  @_optimize(none)
  private func template(_ terms: [CheckTerm], _ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    guard terms.count > 1, let parts = value(of: terms[1], search.bindings) else { return .more }
    var text: [UInt8] = []
    for part in parts.elements {
      let value = part.isSet ? part.elements.first ?? .undefined : part
      if value.isUndefined { text += Array("<undefined>".utf8) } else { text += value.isString ? value.text : ValueText.text(value) }
    }
    return try output(.string(text, in: heap), terms, 1, search, next)
  }

  @_optimize(none)
  private func builtin(_ builtin: Builtin, _ terms: [CheckTerm], _ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    let isPrint = builtin.name == "internal.print"
    if builtin.name.hasPrefix("rego.metadata.") {
      guard let rule = search.rule, let value = contents.metadata(builtin.name, rule, heap) else { return .more }
      return try output(value, terms, 0, search, next)
    }
    let arity = isPrint ? 1 : builtin.arity
    guard let operands = try self.operands(Array(terms.dropFirst().prefix(arity)), search) else { return .more }
    if isPrint { return try next() }
    if builtin.name == "trace", let text = operands.first, text.isString {
      try trace(.note, .none, search, message: text.string)
    }
    guard let value = try result(builtin, operands, search) else { return .more }
    if builtin.name == "walk" {
      for pair in value.elements {
        let flow = try output(pair, terms, arity, search, next)
        if !flow.isMore { return flow }
      }
      return .more
    }
    return try output(value, terms, arity, search, next)
  }

  /// Values of operands; sets that stand for parts of a text are evaluated here.
  private func operands(_ terms: [CheckTerm], _ search: Search) throws(RegoError) -> [Value]? {
    var values: [Value] = []
    for term in terms {
      guard let value = value(of: term, search.bindings) else { return nil }
      values.append(value)
    }
    return values
  }

  private func result(_ builtin: Builtin, _ operands: [Value], _ search: Search) throws(RegoError) -> Value? {
    let address = heap.allocate(max(1, operands.count) * 16)
    for (index, operand) in operands.enumerated() { Memory.setValue(address, at: index, operand) }
    do throws(BuiltinError) {
      let value = try builtin.function(Arguments(address: address, count: operands.count), context)
      return value.isUndefined ? nil : value
    } catch {
      let file = contents.file(search.module), location = search.expression.location
      switch error {
      case .type(let text):
        if contents.isStrict { throw RegoError(.evalType, "\(builtin.name): \(text)", file: file, location: location) }
      case .failed(let text):
        if contents.isStrict { throw RegoError(.builtin, "\(builtin.name): \(text)", file: file, location: location) }
      case .fatal(let error):
        throw error.code == .cancel ? exhausted(calling: builtin.name, at: location, file: file) : error
      }
      return nil
    }
  }

  @_optimize(none)
  private func function(
    _ terms: [CheckTerm], _ node: CheckRuleTree, _ arity: Int, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    guard case .reference(let path) = terms[0].kind, let operands = all(Array(terms.dropFirst().prefix(arity)), search.bindings) else {
      return .more
    }
    let choice = try choose(node, path, operands, search)
    if choice.isEmpty { return .more }
    let name = [UInt8](contents.name(of: terms[0], search.bindings.variables).utf8) + [1] + key(operands)
    if let value = known[known.count - 1][name] { return try output(value, terms, arity, search, next) }
    var previous: Value?
    var deferred: Flow?
    for chain in choice.rules {
      var result: Value?
      for rule in [chain.rule] + chain.elses {
        let flow = try one(rule, terms, operands, choice, name, &previous, &result, search, next)
        if !flow.isMore {
          guard case .deferred = flow else { return flow.suppressed }
          if deferred == nil { deferred = flow }
        }
        if result != nil { break }
      }
    }
    if let fallback = choice.fallback, previous == nil {
      var result: Value?
      return try one(fallback, terms, operands, choice, name, &previous, &result, search, next).suppressed
    }
    return deferred?.suppressed ?? .more
  }

  @_optimize(none)
  private func one(
    _ rule: CheckRule, _ terms: [CheckTerm], _ operands: [Value], _ choice: RuleChoice, _ name: [UInt8], _ previous: inout Value?,
    _ result: inout Value?, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    let child = child(rule, of: search, needsOne: choice.exitsEarly)
    try trace(.enter, .rule(rule), child)
    let state = RuleState(previous: previous)
    defer {
      previous = state.previous
      result = state.result
    }
    return try match(operands, rule.arguments, 0, child) { () throws(RegoError) -> Flow in
      try self.evaluate(child) { () throws(RegoError) -> Flow in
        try self.exit(rule, child)
        guard let term = rule.value, let value = self.value(of: term, child.bindings) else { return .more }
        state.result = value
        self.known[self.known.count - 1][name] = value
        if let held = state.previous {
          if !held.equals(value) { throw self.conflict("functions must not produce multiple outputs for same inputs", rule) }
          try self.trace(.redo, .rule(rule), child)
          return .more
        }
        state.previous = value
        let flow = try self.output(value, terms, operands.count, search, next)
        if !flow.isMore { return flow }
        try self.trace(.redo, .rule(rule), child)
        return .more
      }
    }
  }
}

extension CheckRule {
  /// The part of the name behind its first parts below data.
  func path(below count: Int) -> [CheckTerm] {
    Array(((package + [name]).map { CheckTerm(.string($0), headLocation) } + suffix).dropFirst(count))
  }
}

/// A set, or an object of any depth whose leaves may be sets, while rules fill it.
final class DocumentBuilder {
  private let heap: Heap
  private let root: Value

  init(_ isSet: Bool, _ heap: Heap) {
    self.heap = heap
    root = isSet ? SetView.make(in: heap).value : ObjectView.make(in: heap).value
  }

  var value: Value { root }

  /// True where the value is new, false where it was there, nil where another one stands in its place.
  func add(_ value: Value, _ keys: [Value], isElement: Bool) -> Bool? {
    if root.isSet { return insert(value, root.setView) }
    let document = PartialDocument(root: root.objectView, heap: heap)
    var object = document.root
    for key in keys.dropLast() {
      guard let next = document.object(at: key, of: object) else { return nil }
      object = next
    }
    guard let last = keys.last else { return nil }
    if isElement { return document.add(value, at: last, of: object) }
    let count = object.count
    guard document.insert(value, at: last, of: object) else { return nil }
    return object.count > count
  }

  private func insert(_ value: Value, _ set: SetView) -> Bool {
    if set.contains(value) { return false }
    set.insert(value, in: heap)
    return true
  }
}

extension Machine {
  /// What stands at a path of keys, as `element` finds it.
  static func descendExactly(_ value: Value, _ keys: [Value]) -> Value {
    keys.reduce(value) { $0.isUndefined ? .undefined : element($0, $1) }
  }
}
