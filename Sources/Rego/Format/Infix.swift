/// A built-in function that is written as an operator between its operands.
struct Infix {
  static let membership = "internal.member_2"
  static let keyedMembership = "internal.member_3"

  let text: String
  /// The looser, the smaller.
  let binding: Int

  static let equality = Infix(text: "=", binding: 0)

  private static let operators: [String: Infix] = [
    "eq": equality, "assign": Infix(text: ":=", binding: 0),
    "equal": Infix(text: "==", binding: 2), "neq": Infix(text: "!=", binding: 2), "lt": Infix(text: "<", binding: 2),
    "lte": Infix(text: "<=", binding: 2), "gt": Infix(text: ">", binding: 2), "gte": Infix(text: ">=", binding: 2),
    "or": Infix(text: "|", binding: 3), "and": Infix(text: "&", binding: 4),
    "plus": Infix(text: "+", binding: 5), "minus": Infix(text: "-", binding: 5),
    "mul": Infix(text: "*", binding: 6), "div": Infix(text: "/", binding: 6), "rem": Infix(text: "%", binding: 6),
  ]

  private init(text: String, binding: Int) {
    self.text = text
    self.binding = binding
  }

  /// The operator that stands for the function of this name.
  init?(_ name: String) {
    guard let found = Self.operators[name] else { return nil }
    self = found
  }

  /// The operator of a call, `in` included.
  init?(of term: Term) {
    guard case .call(let function, let operands) = term.node else { return nil }
    let name = TermSpelling.text(function)
    // A membership test with a key is always written in parentheses.
    if name == Self.membership, operands.count == 2 {
      self = Infix(text: "in", binding: 1)
    } else {
      self.init(name)
    }
  }

  static func isMembership(_ name: String) -> Bool { name == membership || name == keyedMembership }

  static func isUnion(_ term: Term) -> Bool {
    guard case .call(let function, _) = term.node else { return false }
    return TermSpelling.text(function) == "or"
  }
}
