extension Machine {
  /// Calls a function without operands that may be remembered or replaced.
  mutating func call(_ function: Int, at base: Memory.Address) throws(RegoError) -> Value {
    if hasMocks, let mock = mock(Int32(truncatingIfNeeded: function)) { return try callMock(mock, [], at: base) }
    let isMemoized = program.functions[function].isMemoized
    if isMemoized {
      if hasOverrides, let override = override(of: function) { return override }
      let known = Memory.value(memo, at: function)
      if known.head != 0 || known.body != 0 { return known }
    }
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.maximumDepth else { throw tooDeep() }
    let value = try run(function, at: base)
    if isMemoized { remember(value, of: function) }
    return value
  }

  /// Keeps a document's value for the rest of the evaluation. Undefined is kept too: as no value with a body of 1.
  @inline(__always)
  func remember(_ value: Value, of function: Int) {
    Memory.setValue(memo, at: function, value.isUndefined ? Value(.undefined, 1) : value)
  }

  /// Whether a document is known, or is better made as a whole than once more for one key.
  ///
  /// - Parameter limit: questions that it may be asked before, or a collection with four elements for each of these.
  @inline(never)
  func isSettled(_ function: Int, limit: Value) -> Bool {
    let known = Memory.value(memo, at: function)
    if known.head != 0 || known.body != 0 || hasOverrides { return true }
    let counter = program.functions.count &* 16 &+ function &* 4
    let asked = Memory.load(memo, counter, as: Int32.self)
    Memory.store(memo, counter, asked &+ 1)
    return Int(asked) >= (limit.isComposite ? Self.count(limit) / 4 : Int(limit.exactInt ?? 0))
  }

  /// - Parameter function: where the depth ran out, or -1.
  func tooDeep(in function: Int = -1) -> RegoError {
    RegoError(
      .cancel,
      "caller cancelled query execution: the evaluation needs more than its budget of \(Self.maximumFrames) calls within calls\(place(of: function))"
    )
  }

  /// " in RULE" for an error's text.
  func place(of function: Int) -> String {
    function >= 0 && !program.functions[function].name.isEmpty ? " in \(program.functions[function].name)" : ""
  }

  /// Two different values where there may be one.
  func conflict(_ kind: Int, in function: Int) -> RegoError {
    let text =
      switch Conflict(rawValue: Int32(truncatingIfNeeded: kind)) {
      case .function: "functions must not produce multiple outputs for same inputs"
      case .objectKey: "object keys must be unique"
      case .completeRule, nil: "complete rules must not produce multiple outputs"
      }
    let place = program.functions[function]
    return RegoError(.conflict, text, file: place.file, location: Location(packed: place.place))
  }

  // MARK: - Built-in functions

  /// Calls what an instruction names.
  ///
  /// - Parameters:
  ///   - instruction: where it stands: after the operation the function, the result, the place in the source.
  ///   - scratch: free registers for the operands.
  @inline(never)
  mutating func builtin(
    _ operands: Operands, _ instruction: Memory.Address, scratch: Memory.Address, function: Int32
  ) throws(RegoError) -> Value {
    var index = 0
    while index < operands.count {
      Memory.setValue(scratch, at: index, operands[index])
      index &+= 1
    }
    return try builtin(
      Int(Memory.load(instruction, 4, as: Int32.self)), count: operands.count, at: scratch, function: Int(function),
      place: Memory.load(instruction, 12))
  }

  mutating func builtin(_ number: Int, count: Int, at base: Memory.Address, function: Int, place: Int32) throws(RegoError) -> Value {
    if hasMocks, let mock = mock(-1 - Int32(number)) {
      return try callMock(mock, (0..<count).map { Memory.value(base, at: $0) }, at: base)
    }
    let arguments = Arguments(address: base, count: count)
    do throws(BuiltinError) {
      if builtinContext.isLimited { try builtinContext.spend(on: arguments) }
      return try program.builtinFunctions[number].call(arguments, builtinContext)
    } catch {
      let builtin = program.builtins[number]
      let file = function >= 0 ? program.functions[function].file : ""
      let failure: RegoError
      switch error {
      case .type(let text): failure = RegoError(.evalType, "\(builtin.name): \(text)", file: file, location: Location(packed: place))
      case .failed(let text): failure = RegoError(.builtin, "\(builtin.name): \(text)", file: file, location: Location(packed: place))
      case .fatal(let error):
        guard error.code == .cancel else { throw error }
        // The function announced more work than is left.
        throw exhausted(in: function, calling: builtin.name)
      }
      if options.isStrict { throw failure }
      if builtinErrors.count < 100 { builtinErrors.append(failure) }
      return .undefined
    }
  }

  // MARK: - Replaced functions

  /// The innermost replacement of a function.
  func mock(_ key: Int32) -> Mock? {
    guard let scope = scopes.last else { return nil }
    return scope.mocks.last { $0.key == key }
  }

  /// The value of a replaced call. Inside the replacement nothing is replaced, so that it may call what it stands for.
  mutating func callMock(_ mock: Mock, _ operands: [Value], at base: Memory.Address) throws(RegoError) -> Value {
    guard let replacement = mock.replacement else { return mock.value }
    guard var scope = scopes.last else { return .undefined }
    guard base + UInt(operands.count + Program.maximumOperands) * 16 < stackEnd else { throw tooDeep() }
    for (index, operand) in operands.enumerated() { Memory.setValue(base, at: index, operand) }
    scope.mocks = []
    scope.memo = newMemo()
    enter(scope)
    defer { leave() }
    if replacement < 0 {
      return try builtin(Int(~replacement), count: operands.count, at: base, function: -1, place: 0)
    }
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.maximumDepth else { throw tooDeep() }
    return try run(Int(replacement), at: base)
  }

  // MARK: - Building values

  mutating func insertOnce(_ value: Value, into object: Value, _ path: Operands, function: Int) throws(RegoError) {
    let parent = path.count == 1 ? object.objectView : try descend(object, path, function: function)
    guard PartialDocument(root: object.objectView, heap: heap).insert(value, at: path[path.count - 1], of: parent) else {
      throw conflict(Int(Conflict.objectKey.rawValue), in: function)
    }
  }

  mutating func add(_ value: Value, into object: Value, _ path: Operands, function: Int) throws(RegoError) {
    let parent = try descend(object, path, function: function)
    guard PartialDocument(root: object.objectView, heap: heap).add(value, at: path[path.count - 1], of: parent) != nil else {
      throw conflict(Int(Conflict.objectKey.rawValue), in: function)
    }
  }

  /// The object that holds the last key of a path, made where it is missing.
  private func descend(_ object: Value, _ path: Operands, function: Int) throws(RegoError) -> ObjectView {
    let document = PartialDocument(root: object.objectView, heap: heap)
    var view = document.root
    for index in 0..<(path.count - 1) {
      guard let next = document.object(at: path[index], of: view) else {
        throw conflict(Int(Conflict.objectKey.rawValue), in: function)
      }
      view = next
    }
    return view
  }

  /// The text of an interpolated string.
  func interpolated(_ parts: Operands, function: Int) throws(RegoError) -> Value {
    if builtinContext.isLimited {
      do throws(BuiltinError) {
        try builtinContext.spend(parts.count)
        for index in 0..<parts.count { try builtinContext.spend(tree: parts[index]) }
      } catch {
        throw exhausted(in: function, calling: "internal.template_string")
      }
    }
    var text = TextBuilder(in: heap)
    for index in 0..<parts.count {
      let part = parts[index]
      if part.isUndefined {
        text.append(Array("<undefined>".utf8))
      } else if part.isString {
        text.append(textOf: part)
      } else if part.rawTag == Value.Tag.integer.rawValue {
        text.append(decimal: Int64(bitPattern: part.body))
      } else {
        text.append(ValueText.text(part))
      }
    }
    return text.finish()
  }
}
