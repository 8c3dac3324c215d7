extension Machine {
  /// Runs a function whose operands stand in the registers at `base`.
  ///
  /// One loop over the code, with the registers' and constants' addresses in local variables; calls of rules take frames, not recursion.
  mutating func run(_ function: Int, at start: Memory.Address) throws(RegoError) -> Value {
    let entry = frameTop, entryScopes = scopes.count, entrySuspended = suspended.count
    let table = program.table, constants = program.constants, stackEnd = stackEnd
    var base = start
    var current = Int32(truncatingIfNeeded: function)
    var code: Memory.Address = Memory.load(table, function &* Program.entrySize)
    var locals = Int(Memory.load(table, function &* Program.entrySize &+ 12, as: Int32.self))
    guard base &+ UInt(locals &+ Program.maximumOperands) &* 16 < stackEnd else { throw tooDeep(in: function) }
    var pc = 0

    @inline(__always)
    func word(_ offset: Int) -> Int { Int(Memory.load(code, (pc &+ offset) &* 4, as: Int32.self)) }
    @inline(__always)
    func operand(_ offset: Int) -> Value {
      let index = word(offset)
      return index >= 0 ? Memory.value(base, at: index) : Memory.value(constants, at: ~index)
    }
    @inline(__always)
    func constant(_ offset: Int) -> Value { Memory.value(constants, at: ~word(offset)) }
    @inline(__always)
    func list(_ offset: Int, _ count: Int) -> Operands {
      Operands(words: code &+ UInt((pc &+ offset) &* 4), count: count, base: base, constants: constants)
    }
    @inline(__always)
    func set(_ register: Int, _ value: Value) { Memory.setValue(base, at: register, value) }

    while true {
      // SAFETY: the assembler alone writes code, and begins each instruction with the raw value of an Operation.
      switch unsafe unsafeBitCast(UInt8(truncatingIfNeeded: word(0)), to: Operation.self) {
      case .input:
        if input.isUndefined {
          pc = word(2)
        } else {
          set(word(1), input)
          pc &+= 3
        }
      case .base:
        if data.isUndefined {
          pc = word(2)
        } else {
          set(word(1), data)
          pc &+= 3
        }
      case .move:
        set(word(1), operand(2))
        pc &+= 3
      case .reset:
        set(word(1), .undefined)
        pc &+= 2
      case .equal:
        pc = operand(1).equals(operand(2)) ? pc &+ 4 : word(3)
      case .compare:
        if hasMocks, let mock = mock(-1 &- Int32(truncatingIfNeeded: word(1))) {
          let value = try callMock(mock, [operand(3), operand(4)], at: base &+ UInt(locals) &* 16)
          pc = value.isUndefined || value.isFalse ? word(5) : pc &+ 6
        } else {
          pc = Self.holds(word(2), operand(3), operand(4)) ? pc &+ 6 : word(5)
        }
      case .truthy:
        let value = operand(1)
        pc = value.isUndefined || value.isFalse ? word(2) : pc &+ 3
      case .defined:
        pc = operand(1).isDefined ? pc &+ 3 : word(2)
      case .undefined:
        pc = operand(1).isUndefined ? pc &+ 3 : word(2)
      case .isArray:
        let value = operand(1)
        pc = value.isArray && value.arrayView.count == word(2) ? pc &+ 4 : word(3)
      case .isObject:
        let value = operand(1)
        pc = value.isObject && value.objectView.count == word(2) ? pc &+ 4 : word(3)
      case .isCollection:
        pc = operand(1).isComposite ? pc &+ 3 : word(2)
      case .contains:
        pc = Builtins.isMember(operand(2), of: operand(1)) ? pc &+ 4 : word(3)
      case .select:
        pc = word(4 &+ program.tables[word(2)].find(operand(1)))
      case .dot:
        let value = Self.element(operand(2), operand(3))
        if value.isUndefined {
          pc = word(4)
        } else {
          set(word(1), value)
          pc &+= 5
        }
      case .field:
        let value = field(operand(2), constant(3), cache: word(4))
        if value.isUndefined {
          pc = word(5)
        } else {
          set(word(1), value)
          pc &+= 6
        }
      case .fieldEqual:
        let value = field(operand(2), constant(3), cache: word(4))
        if value.isDefined, value.equals(operand(5)) {
          set(word(1), value)
          pc &+= 7
        } else {
          pc = word(6)
        }
      case .fieldCompare:
        let value = field(operand(2), constant(3), cache: word(4))
        if value.isUndefined {
          pc = word(8)
        } else {
          set(word(1), value)
          if hasMocks, let mock = mock(-1 &- Int32(truncatingIfNeeded: word(5))) {
            let answer = try callMock(mock, [value, operand(7)], at: base &+ UInt(locals) &* 16)
            pc = answer.isUndefined || answer.isFalse ? word(8) : pc &+ 9
          } else {
            pc = Self.holds(word(6), value, operand(7)) ? pc &+ 9 : word(8)
          }
        }
      case .fieldTruthy:
        let value = field(operand(2), constant(3), cache: word(4))
        if value.isUndefined || value.isFalse {
          pc = word(5)
        } else {
          set(word(1), value)
          pc &+= 6
        }
      case .fieldFalsy:
        let value = field(operand(2), constant(3), cache: word(4))
        pc = value.isUndefined || value.isFalse ? pc &+ 6 : word(5)
      case .dotBase:
        let value = Self.descend(operand(2), [operand(3)])
        if value.isUndefined {
          pc = word(4)
        } else {
          set(word(1), value)
          pc &+= 5
        }
      case .scanStart:
        let collection = operand(2)
        switch collection.rawTag {
        case 7: break
        case 8: collection.objectView.sort()
        case 9: collection.setView.sort()
        default:
          pc = word(3)
          continue
        }
        set(word(1), collection)
        set(word(1) &+ 1, .integer(0))
        pc &+= 4
      case .scanNext:
        steps &-= 1
        if steps < 0 || heap.isExhausted { try refill(in: Int(current)) }
        let state = word(1)
        let collection = Memory.value(base, at: state)
        let position = Int(truncatingIfNeeded: Memory.value(base, at: state &+ 1).body)
        if position >= Self.count(collection) {
          pc = word(4)
        } else {
          set(state &+ 1, .integer(position &+ 1))
          switch collection.rawTag {
          case 7:
            set(word(2), .integer(position))
            set(word(3), collection.arrayView[position])
          case 8:
            set(word(2), collection.objectView.key(at: position))
            set(word(3), collection.objectView.value(at: position))
          default:
            let element = collection.setView[position]
            set(word(2), element)
            set(word(3), element)
          }
          pc &+= 5
        }
      case .jump:
        pc = word(1)
      case .makeArray:
        set(word(1), ArrayView.make(capacity: word(2), in: heap).value)
        pc &+= 3
      case .makeObject:
        set(word(1), ObjectView.make(in: heap).value)
        pc &+= 2
      case .makeSet:
        set(word(1), SetView.make(in: heap).value)
        pc &+= 2
      case .makeTuple:
        let n = word(2)
        let elements = ArrayView.make(filled: n, in: heap)
        for i in 0..<n { Memory.setValue(elements.elements, at: i, operand(3 &+ i)) }
        set(word(1), elements.value)
        pc &+= 3 &+ n
      case .makeRecord:
        let n = word(3)
        let record = ObjectView.make(sharing: program.tables[word(2)], count: n, in: heap)
        for i in 0..<n { record.setValue(at: i, operand(4 &+ i)) }
        set(word(1), record.value)
        pc &+= 4 &+ n
      case .append:
        operand(1).arrayView.append(operand(2), in: heap)
        pc &+= 3
      case .insertOnce:
        let n = word(3)
        try insertOnce(operand(2), into: operand(1), list(4, n), function: Int(current))
        pc &+= 4 &+ n
      case .insert:
        operand(1).objectView.set(operand(2), operand(3), in: heap)
        pc &+= 4
      case .add:
        let n = word(3)
        if n == 0 {
          operand(1).setView.insert(operand(2), in: heap)
        } else {
          try add(operand(2), into: operand(1), list(4, n), function: Int(current))
        }
        pc &+= 4 &+ n
      case .call:
        steps &-= 1
        if steps < 0 || heap.isExhausted { try refill(in: Int(current)) }
        let callee = word(1), n = word(3)
        if hasMocks, let mock = mock(Int32(truncatingIfNeeded: callee)) {
          let value = try callMock(mock, list(4, n).values, at: base &+ UInt(locals) &* 16)
          if value.isUndefined {
            pc = word(4 &+ n)
          } else {
            set(word(2), value)
            pc &+= 5 &+ n
          }
          continue
        }
        let record = callee &* Program.entrySize
        let isMemoized = Memory.load(table, record &+ 16, as: Int32.self) != 0
        if isMemoized {
          var known = Memory.value(memo, at: callee)
          if hasOverrides, known.head == 0, known.body == 0, let override = override(of: callee) { known = override }
          if known.head != 0 || known.body != 0 {
            if known.isUndefined {
              pc = word(4 &+ n)
            } else {
              set(word(2), known)
              pc &+= 5 &+ n
            }
            continue
          }
        }
        var known: Memory.Address = 0
        if Memory.load(table, record &+ Program.remembersOffset, as: Int32.self) != 0 {
          known = rememberedCall(callee, list(4, n))
          if Memory.load(known, CallLayout.tag, as: UInt64.self) != 0 {
            let value = Memory.value(known &+ UInt(CallLayout.value), at: 0)
            if value.isUndefined {
              pc = word(4 &+ n)
            } else {
              set(word(2), value)
              pc &+= 5 &+ n
            }
            continue
          }
        }
        let next = base &+ UInt(locals) &* 16
        let calleeLocals = Int(Memory.load(table, record &+ 12, as: Int32.self))
        guard next &+ UInt(calleeLocals &+ Program.maximumOperands) &* 16 < stackEnd, frameTop < frameEnd else {
          throw tooDeep(in: Int(current))
        }
        var i = 0
        while i < n {
          Memory.setValue(next, at: i, operand(4 &+ i))
          i &+= 1
        }
        let frame = frameTop
        Memory.store(frame, FrameLayout.code, code)
        Memory.store(frame, FrameLayout.base, base)
        Memory.store(frame, FrameLayout.function, current)
        Memory.store(frame, FrameLayout.next, Int32(truncatingIfNeeded: pc &+ 5 &+ n))
        Memory.store(frame, FrameLayout.fail, Int32(truncatingIfNeeded: word(4 &+ n)))
        Memory.store(frame, FrameLayout.result, Int32(truncatingIfNeeded: word(2)))
        Memory.store(frame, FrameLayout.scopes, Int32(truncatingIfNeeded: scopes.count))
        Memory.store(frame, FrameLayout.suspended, Int32(truncatingIfNeeded: suspended.count))
        Memory.store(frame, FrameLayout.known, known)
        Memory.store(frame, FrameLayout.ticket, ticket)
        frameTop = frame &+ UInt(FrameLayout.size)
        base = next
        locals = calleeLocals
        current = Int32(truncatingIfNeeded: callee)
        code = Memory.load(table, record)
        pc = 0
      case .builtin:
        let n = word(4)
        let value = try builtin(list(5, n), code &+ UInt(pc &* 4), scratch: base &+ UInt(locals) &* 16, function: current)
        if value.isUndefined {
          pc = word(5 &+ n)
        } else {
          set(word(2), value)
          pc &+= 6 &+ n
        }
      case .keptBuiltin:
        let n = word(4), site = word(6 &+ n)
        var question = ScalarCalls.Question(entry: 0, isAnswered: false)
        if !hasMocks { question = scalarCalls.ask(site, list(5, n)) }
        if question.isAnswered {
          set(word(2), ScalarCalls.answer(at: question.entry))
          pc &+= 7 &+ n
          continue
        }
        let value = try builtin(list(5, n), code &+ UInt(pc &* 4), scratch: base &+ UInt(locals) &* 16, function: current)
        if value.isUndefined {
          pc = word(5 &+ n)
        } else {
          if question.entry != 0 { scalarCalls.keep(value, site, list(5, n), at: question.entry) }
          set(word(2), value)
          pc &+= 7 &+ n
        }
      case .count:
        let collection = operand(5)
        let value: Value
        if collection.isComposite, !hasMocks {
          value = .integer(Self.count(collection))
        } else {
          value = try builtin(list(5, 1), code &+ UInt(pc &* 4), scratch: base &+ UInt(locals) &* 16, function: current)
        }
        if value.isUndefined {
          pc = word(6)
        } else {
          set(word(2), value)
          pc &+= 7
        }
      case .document:
        let n = word(3)
        let value = try document(word(1), list(4, n).values, at: base &+ UInt(locals) &* 16)
        if value.isUndefined {
          pc = word(4 &+ n)
        } else {
          set(word(2), value)
          pc &+= 5 &+ n
        }
      case .documentKeys:
        let n = word(3)
        let value = try documentKeys(word(1), list(4, n).values, at: base &+ UInt(locals) &* 16)
        if value.isUndefined {
          pc = word(4 &+ n)
        } else {
          set(word(2), value)
          pc &+= 5 &+ n
        }
      case .withPush:
        try push(program.changes[word(1)], list(1, 0))
        pc &+= 2
      case .withPop:
        leave()
        pc &+= 1
      case .withSuspend:
        suspend()
        pc &+= 1
      case .withResume:
        resume()
        pc &+= 1
      case .withDrop:
        suspended.removeLast(word(1))
        pc &+= 2
      case .assignOnce:
        let value = operand(2)
        let register = word(1)
        let held = Memory.value(base, at: register)
        if held.isUndefined { set(register, value) } else if !held.equals(value) { throw conflict(word(3), in: Int(current)) }
        pc &+= 4
      case .template:
        let n = word(2)
        set(word(1), interpolated(list(3, n)))
        pc &+= 3 &+ n
      case .result:
        let n = word(1)
        try spend()
        let variables = list(2, n)
        for index in 0..<n { results.append(solution(variables, index)) }
        solutionCount += 1
        pc &+= 2 &+ n
      case .returnValue:
        let value = Memory.value(base, at: word(1))
        if frameTop == entry {
          if scopes.count != entryScopes || suspended.count != entrySuspended { restore(scopes: entryScopes, suspended: entrySuspended) }
          return value
        }
        let frame = frameTop &- UInt(FrameLayout.size)
        frameTop = frame
        let scopeCount = Int(Memory.load(frame, FrameLayout.scopes, as: Int32.self))
        let suspendedCount = Int(Memory.load(frame, FrameLayout.suspended, as: Int32.self))
        if scopes.count != scopeCount || suspended.count != suspendedCount { restore(scopes: scopeCount, suspended: suspendedCount) }
        if Memory.load(table, Int(current) &* Program.entrySize &+ 16, as: Int32.self) != 0 { remember(value, of: Int(current)) }
        let known: Memory.Address = Memory.load(frame, FrameLayout.known)
        if known != 0 { remember(value, of: Int(current), at: known, ticket: Memory.load(frame, FrameLayout.ticket)) }
        code = Memory.load(frame, FrameLayout.code)
        base = Memory.load(frame, FrameLayout.base)
        current = Memory.load(frame, FrameLayout.function)
        locals = Int(Memory.load(table, Int(current) &* Program.entrySize &+ 12, as: Int32.self))
        if value.isUndefined {
          pc = Int(Memory.load(frame, FrameLayout.fail, as: Int32.self))
        } else {
          set(Int(Memory.load(frame, FrameLayout.result, as: Int32.self)), value)
          pc = Int(Memory.load(frame, FrameLayout.next, as: Int32.self))
        }
      }
    }
  }
}
