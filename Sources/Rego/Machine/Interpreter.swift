extension Machine {
  /// Runs a function whose operands stand in the registers at `base`.
  ///
  /// One loop over the code, with the registers' and constants' addresses in local variables; calls of rules take frames, not recursion.
  mutating func run(_ function: Int, at start: Memory.Address) throws(RegoError) -> Value {
    let entry = frameTop, entryScopes = scopes.count, entrySuspended = suspended.count
    let table = program.table, tables = program.tableAddresses, constants = program.constantsEnd, stackEnd = stackEnd, caches = caches
    var base = start
    var current = Int32(truncatingIfNeeded: function)
    /// Where the current instruction stands.
    var ip: Memory.Address = Memory.load(table, function &* Program.entrySize)
    var locals = Int(Memory.load(table, function &* Program.entrySize &+ 12, as: Int32.self))
    guard base &+ UInt(locals &+ Program.maximumOperands) &* 16 < stackEnd else { throw tooDeep(in: function) }

    @inline(__always)
    func word(_ offset: Int) -> Int { Int(Memory.load(ip, offset &* 4, as: Int32.self)) }
    @inline(__always)
    func operand(_ offset: Int) -> Value {
      let place = word(offset)
      return Memory.value(place >= 0 ? base : constants, offset: place)
    }
    /// Where a constant stands.
    @inline(__always)
    func constant(_ offset: Int) -> Memory.Address { constants &+ UInt(bitPattern: word(offset)) }
    @inline(__always)
    func keys(_ offset: Int) -> KeyTable { KeyTable(address: Memory.load(tables, word(offset) &* 8)) }
    @inline(__always)
    func list(_ offset: Int, _ count: Int) -> Operands {
      Operands(words: ip &+ UInt(bitPattern: offset &* 4), count: count, base: base, constants: constants)
    }
    @inline(__always)
    func set(_ register: Int, _ value: Value) { Memory.setValue(base, offset: register, value) }
    /// Goes on behind an instruction of so many words.
    @inline(__always)
    func advance(_ words: Int) { ip = ip &+ UInt(bitPattern: words &* 4) }
    /// Goes where a word of the instruction says.
    @inline(__always)
    func jump(_ offset: Int) { ip = ip &+ UInt(bitPattern: word(offset)) }

    while true {
      // SAFETY: the assembler alone writes code, and begins each instruction with the raw value of an Operation.
      switch unsafe unsafeBitCast(Memory.load(ip, 0, as: UInt8.self), to: Operation.self) {
      case .input:
        if input.isUndefined {
          jump(2)
        } else {
          set(word(1), input)
          advance(3)
        }
      case .base:
        if data.isUndefined {
          jump(2)
        } else {
          set(word(1), data)
          advance(3)
        }
      case .move:
        set(word(1), operand(2))
        advance(3)
      case .reset:
        set(word(1), .undefined)
        advance(2)
      case .equal:
        if operand(1).equals(operand(2)) { advance(4) } else { jump(3) }
      case .compare:
        if hasMocks, let mock = mock(-1 &- Int32(truncatingIfNeeded: word(1))) {
          let value = try callMock(mock, [operand(3), operand(4)], at: base &+ UInt(locals) &* 16)
          if value.isUndefined || value.isFalse { jump(5) } else { advance(6) }
        } else {
          if Self.holds(word(2), operand(3), operand(4)) { advance(6) } else { jump(5) }
        }
      case .truthy:
        let value = operand(1)
        if value.isUndefined || value.isFalse { jump(2) } else { advance(3) }
      case .defined:
        if operand(1).isDefined { advance(3) } else { jump(2) }
      case .undefined:
        if operand(1).isUndefined { advance(3) } else { jump(2) }
      case .isArray:
        let value = operand(1)
        if value.isArray && value.arrayView.count == word(2) { advance(4) } else { jump(3) }
      case .isObject:
        let value = operand(1)
        if value.isObject && value.objectView.count == word(2) { advance(4) } else { jump(3) }
      case .isCollection:
        if operand(1).isComposite { advance(3) } else { jump(2) }
      case .contains:
        if Builtins.isMember(operand(2), of: operand(1)) { advance(4) } else { jump(3) }
      case .select:
        jump(4 &+ keys(2).find(operand(1)))
      case .dot:
        let value = Self.element(operand(2), operand(3))
        if value.isUndefined {
          jump(4)
        } else {
          set(word(1), value)
          advance(5)
        }
      case .field:
        let value = Self.field(operand(2), constant(3), caches &+ UInt(bitPattern: word(4)))
        if value.isUndefined {
          jump(5)
        } else {
          set(word(1), value)
          advance(6)
        }
      case .fieldEqual:
        let value = Self.field(operand(2), constant(3), caches &+ UInt(bitPattern: word(4)))
        if value.isDefined, value.equals(operand(5)) {
          set(word(1), value)
          advance(7)
        } else {
          jump(6)
        }
      case .fieldCompare:
        let value = Self.field(operand(2), constant(3), caches &+ UInt(bitPattern: word(4)))
        if value.isUndefined {
          jump(8)
        } else {
          set(word(1), value)
          if hasMocks, let mock = mock(-1 &- Int32(truncatingIfNeeded: word(5))) {
            let answer = try callMock(mock, [value, operand(7)], at: base &+ UInt(locals) &* 16)
            if answer.isUndefined || answer.isFalse { jump(8) } else { advance(9) }
          } else {
            if Self.holds(word(6), value, operand(7)) { advance(9) } else { jump(8) }
          }
        }
      case .fieldTruthy:
        let value = Self.field(operand(2), constant(3), caches &+ UInt(bitPattern: word(4)))
        if value.isUndefined || value.isFalse {
          jump(5)
        } else {
          set(word(1), value)
          advance(6)
        }
      case .fieldFalsy:
        let value = Self.field(operand(2), constant(3), caches &+ UInt(bitPattern: word(4)))
        if value.isUndefined || value.isFalse { advance(6) } else { jump(5) }
      case .dotBase:
        let value = Self.descend(operand(2), [operand(3)])
        if value.isUndefined {
          jump(4)
        } else {
          set(word(1), value)
          advance(5)
        }
      case .scanStart:
        let collection = operand(2)
        let first: Memory.Address, count: Int
        // What a turn does besides taking the element: count, or take the value under it.
        var companion = Value.undefined
        switch collection.rawTag {
        case 7:
          first = collection.arrayView.elements
          count = collection.arrayView.count
          companion = Value(head: 1, body: UInt64(first))
        case 8:
          let object = collection.objectView
          object.sort()
          first = object.table.keys
          count = object.count
          companion = Value(head: 2, body: UInt64(object.values))
        case 9:
          let elements = collection.setView
          elements.sort()
          first = elements.table.keys
          count = elements.count
        default:
          jump(3)
          continue
        }
        set(word(1), Value(head: UInt64(first), body: UInt64(first &+ UInt(bitPattern: count &* 16))))
        set(word(1) &+ 16, companion)
        advance(4)
      case .scanNext, .scanNextValue:
        let state = base &+ UInt(bitPattern: word(1))
        let next: Memory.Address = Memory.load(state, 0)
        if next == Memory.load(state, 8, as: Memory.Address.self) {
          jump(4)
          continue
        }
        steps &-= 1
        if steps < 0 || heap.isExhausted { try refill(in: Int(current)) }
        Memory.store(state, 0, next &+ 16)
        let element = Memory.value(next, at: 0)
        let kind = Memory.load(state, 16, as: UInt64.self)
        let needsKey = Memory.load(ip, 0, as: UInt8.self) == Operation.scanNext.rawValue
        if kind == 2 {
          let value: Memory.Address = Memory.load(state, 24)
          Memory.store(state, 24, value &+ 16)
          if needsKey { set(word(2), element) }
          set(word(3), Memory.value(value, at: 0))
        } else {
          if needsKey {
            let first: Memory.Address = Memory.load(state, 24)
            set(word(2), kind == 1 ? .integer(Int(bitPattern: next &- first) >> 4) : element)
          }
          set(word(3), element)
          // Of a long array each element lies elsewhere: the fields of one that comes soon are asked for now.
          let ahead = next &+ 64
          if element.rawTag == 8, ahead < Memory.load(state, 8, as: Memory.Address.self) {
            let later: Memory.Address = Memory.load(ahead, 8)
            Memory.prefetch(from: later, to: later &+ 256)
          }
        }
        advance(5)
      case .seekStart:
        let collection = operand(2), n = word(5)
        guard collection.isComposite else {
          jump(6 &+ n)
          continue
        }
        let position = ElementIndex.start(
          collection, operand(3), list(6, n), caches &+ UInt(bitPattern: word(4)), evaluation: evaluation, in: heap)
        set(word(1), collection)
        set(word(1) &+ 16, position)
        advance(7 &+ n)
      case .seekNext:
        let state = base &+ UInt(bitPattern: word(1))
        let slot = ElementIndex.next(state)
        if slot < 0 {
          jump(4)
          continue
        }
        steps &-= 1
        if steps < 0 || heap.isExhausted { try refill(in: Int(current)) }
        let collection = Memory.value(state, at: 0)
        set(word(2), ElementIndex.key(collection, slot))
        set(word(3), ElementIndex.element(collection, slot))
        advance(5)
      case .settled:
        if isSettled(word(1), limit: operand(2)) { advance(4) } else { jump(3) }
      case .jump:
        jump(1)
      case .makeArray:
        set(word(1), ArrayView.make(capacity: word(2), in: heap).value)
        advance(3)
      case .makeObject:
        set(word(1), ObjectView.make(in: heap).value)
        advance(2)
      case .makeSet:
        set(word(1), SetView.make(in: heap).value)
        advance(2)
      case .makeTuple:
        let n = word(2)
        let elements = ArrayView.make(filled: n, in: heap)
        for i in 0..<n { Memory.setValue(elements.elements, at: i, operand(3 &+ i)) }
        set(word(1), elements.value)
        advance(3 &+ n)
      case .makeRecord:
        let n = word(3)
        let record = ObjectView.make(sharing: keys(2), count: n, in: heap)
        for i in 0..<n { record.setValue(at: i, operand(4 &+ i)) }
        set(word(1), record.value)
        advance(4 &+ n)
      case .append:
        operand(1).arrayView.append(operand(2), in: heap)
        advance(3)
      case .insertOnce:
        let n = word(3)
        try insertOnce(operand(2), into: operand(1), list(4, n), function: Int(current))
        advance(4 &+ n)
      case .insert:
        operand(1).objectView.set(operand(2), operand(3), in: heap)
        advance(4)
      case .add:
        let n = word(3)
        if n == 0 {
          operand(1).setView.insert(operand(2), in: heap)
        } else {
          try add(operand(2), into: operand(1), list(4, n), function: Int(current))
        }
        advance(4 &+ n)
      case .call:
        steps &-= 1
        if steps < 0 || heap.isExhausted { try refill(in: Int(current)) }
        let callee = word(1), n = word(3)
        if hasMocks, let mock = mock(Int32(truncatingIfNeeded: callee)) {
          let value = try callMock(mock, list(4, n).values, at: base &+ UInt(locals) &* 16)
          if value.isUndefined {
            jump(4 &+ n)
          } else {
            set(word(2), value)
            advance(5 &+ n)
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
              jump(4 &+ n)
            } else {
              set(word(2), known)
              advance(5 &+ n)
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
              jump(4 &+ n)
            } else {
              set(word(2), value)
              advance(5 &+ n)
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
        Memory.store(frame, FrameLayout.instruction, ip)
        Memory.store(frame, FrameLayout.base, base)
        Memory.store(frame, FrameLayout.function, current)
        Memory.store(frame, FrameLayout.scopes, Int32(truncatingIfNeeded: scopes.count))
        Memory.store(frame, FrameLayout.suspended, Int32(truncatingIfNeeded: suspended.count))
        Memory.store(frame, FrameLayout.known, known)
        Memory.store(frame, FrameLayout.ticket, ticket)
        frameTop = frame &+ UInt(FrameLayout.size)
        base = next
        locals = calleeLocals
        current = Int32(truncatingIfNeeded: callee)
        ip = Memory.load(table, record)
      case .builtin:
        let n = word(4)
        let value = try builtin(list(5, n), ip, scratch: base &+ UInt(locals) &* 16, function: current)
        if value.isUndefined {
          jump(5 &+ n)
        } else {
          set(word(2), value)
          advance(6 &+ n)
        }
      case .keptBuiltin, .keptTest:
        let n = word(4), site = word(6 &+ n)
        let isTest = Memory.load(ip, 0, as: UInt8.self) == Operation.keptTest.rawValue
        var question = ScalarCalls.Question(entry: 0, isAnswered: false)
        if !hasMocks {
          let open = word(7 &+ n)
          question = open >= 0 ? scalarCalls.ask(site, Memory.value(base, offset: open)) : scalarCalls.ask(site, list(5, n))
        }
        let value: Value
        if question.isAnswered {
          value = ScalarCalls.answer(at: question.entry)
        } else {
          value = try builtin(list(5, n), ip, scratch: base &+ UInt(locals) &* 16, function: current)
          if question.entry != 0 { scalarCalls.keep(value, site, list(5, n), at: question.entry) }
        }
        if value.isUndefined || isTest && value.isFalse {
          jump(5 &+ n)
        } else {
          set(word(2), value)
          advance(8 &+ n)
        }
      case .format:
        let n = word(4)
        var value = hasMocks || builtinContext.isLimited ? .undefined : formatted(list(6, 1 &+ 3 &* n))
        if value.isUndefined {
          let scratch = base &+ UInt(locals) &* 16
          let elements = ArrayView.make(filled: n, in: heap)
          for i in 0..<n { Memory.setValue(elements.elements, at: i, operand(8 &+ 3 &* i)) }
          Memory.setValue(scratch, at: 0, operand(5))
          Memory.setValue(scratch, at: 1, elements.value)
          value = try builtin(word(1), count: 2, at: scratch, function: Int(current), place: Int32(truncatingIfNeeded: word(3)))
        }
        if value.isUndefined {
          jump(7 &+ 3 &* n)
        } else {
          set(word(2), value)
          advance(8 &+ 3 &* n)
        }
      case .count:
        let collection = operand(5)
        let value: Value
        if collection.isComposite, !hasMocks {
          value = .integer(Self.count(collection))
        } else {
          value = try builtin(list(5, 1), ip, scratch: base &+ UInt(locals) &* 16, function: current)
        }
        if value.isUndefined {
          jump(6)
        } else {
          set(word(2), value)
          advance(7)
        }
      case .document:
        let n = word(3)
        let value = try document(word(1), list(4, n).values, at: base &+ UInt(locals) &* 16)
        if value.isUndefined {
          jump(4 &+ n)
        } else {
          set(word(2), value)
          advance(5 &+ n)
        }
      case .documentKeys:
        let n = word(3)
        let value = try documentKeys(word(1), list(4, n).values, at: base &+ UInt(locals) &* 16)
        if value.isUndefined {
          jump(4 &+ n)
        } else {
          set(word(2), value)
          advance(5 &+ n)
        }
      case .withPush:
        try push(program.changes[word(1)], list(1, 0))
        advance(2)
      case .withPop:
        leave()
        advance(1)
      case .withSuspend:
        suspend()
        advance(1)
      case .withResume:
        resume()
        advance(1)
      case .withDrop:
        suspended.removeLast(word(1))
        advance(2)
      case .assignOnce:
        let value = operand(2)
        let register = word(1)
        let held = Memory.value(base, offset: register)
        if held.isUndefined { set(register, value) } else if !held.equals(value) { throw conflict(word(3), in: Int(current)) }
        advance(4)
      case .template:
        let n = word(2)
        set(word(1), try interpolated(list(3, n), function: Int(current)))
        advance(3 &+ n)
      case .result:
        let n = word(1)
        try spend()
        let variables = list(2, n)
        for index in 0..<n { results.append(solution(variables, index)) }
        solutionCount += 1
        advance(2 &+ n)
      case .returnValue:
        let value = Memory.value(base, offset: word(1))
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
        ip = Memory.load(frame, FrameLayout.instruction)
        base = Memory.load(frame, FrameLayout.base)
        current = Memory.load(frame, FrameLayout.function)
        locals = Int(Memory.load(table, Int(current) &* Program.entrySize &+ 12, as: Int32.self))
        let n = word(3)
        if value.isUndefined {
          jump(4 &+ n)
        } else {
          set(word(2), value)
          advance(5 &+ n)
        }
      }
    }
  }
}
