/// Calls of functions with their operands and values: what a policy asks twice in one evaluation is answered once, as in OPA. Operands are the
/// same when they are the same words: a collection made anew is another one.
///
/// An entry belongs to one place of a small table; a later call that falls on it takes it over.
enum CallLayout {
  static let entries = 256
  /// Most operands of a call that is remembered.
  static let operands = 3
  /// 0, or scope and function of a call whose value is known.
  static let tag = 0
  /// Ticket of the call that entered its operands.
  static let ticket = 8
  static let value = 16
  static let arguments = 32
  static let size = 80
}

extension Machine {
  @inline(__always)
  private func tag(of function: Int) -> UInt64 { scopeNumber << 24 | UInt64(function &+ 1) & 0xFF_FFFF }

  /// The entry of a call: its tag is not 0 where the value is known; else the operands stand there under a new ticket.
  @inline(__always)
  mutating func rememberedCall(_ function: Int, _ operands: Operands) -> Memory.Address {
    let tag = tag(of: function)
    var hash = tag &* 0x9E37_79B9_7F4A_7C15
    var index = 0
    while index < operands.count {
      let operand = operands[index]
      hash = (hash ^ operand.head ^ operand.body.byteSwapped) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      index &+= 1
    }
    let entry = calls &+ UInt(truncatingIfNeeded: hash >> 40) % UInt(CallLayout.entries) &* UInt(CallLayout.size)
    let arguments = entry &+ UInt(CallLayout.arguments)
    if Memory.load(entry, CallLayout.tag, as: UInt64.self) == tag {
      index = 0
      while index < operands.count {
        let known = Memory.value(arguments, at: index), operand = operands[index]
        if known.head != operand.head || known.body != operand.body { break }
        index &+= 1
      }
      if index == operands.count { return entry }
    }
    ticket &+= 1
    Memory.store(entry, CallLayout.tag, UInt64(0))
    Memory.store(entry, CallLayout.ticket, ticket)
    index = 0
    while index < operands.count {
      Memory.setValue(arguments, at: index, operands[index])
      index &+= 1
    }
    return entry
  }

  /// Keeps a call's value, unless another call has taken its place meanwhile.
  @inline(__always)
  func remember(_ value: Value, of function: Int, at entry: Memory.Address, ticket: UInt64) {
    guard Memory.load(entry, CallLayout.ticket, as: UInt64.self) == ticket else { return }
    Memory.setValue(entry &+ UInt(CallLayout.value), at: 0, value)
    Memory.store(entry, CallLayout.tag, tag(of: function))
  }
}
