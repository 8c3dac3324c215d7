/// Parts of an evaluation, one after the other, between `begin` and the next.
extension Machine {
  /// The value of a function whose operands are given; nil where it ends with an error.
  mutating func contribution(of function: Int, _ operands: Value...) -> Value? {
    for (index, operand) in operands.enumerated() { Memory.setValue(stack, at: index, operand) }
    do throws(RegoError) { return try run(function, at: stack) } catch {
      recover()
      return nil
    }
  }

  /// The value of a document of rules, undefined as it is remembered; nil where its evaluation ends with an error.
  mutating func evaluated(_ function: Int) -> Value? {
    do throws(RegoError) {
      let value = try call(function, at: stack)
      return value.isUndefined ? Value(.undefined, 1) : value
    } catch {
      recover()
      return nil
    }
  }

  /// What is remembered of a document of rules; nil where nothing is.
  func remembered(_ function: Int) -> Value? {
    let known = Memory.value(scopes.first?.memo ?? memo, at: function)
    return known.head == 0 && known.body == 0 ? nil : known
  }

  /// A budget is used up, or the task was cancelled: what is asked now says nothing of the next evaluation.
  var isSpent: Bool { steps < 0 || heap.isExhausted || DeepStack.isCancelled }

  /// Back to where an evaluation begins, after an error in one of its parts. What is remembered stays.
  mutating func recover() {
    frameTop = frameStart
    depth = 0
    restore(scopes: 1, suspended: 0)
  }
}
