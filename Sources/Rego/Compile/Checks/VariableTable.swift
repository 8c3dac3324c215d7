/// The variables of one rule and its `else` branches, or of a query, by number.
///
/// Two places name the same variable exactly when they hold the same number: a declared variable gets a number of its own, an undeclared
/// one has the number of its name.
final class VariableTable {
  static let input = 0
  static let data = 1
  /// Operators that the checks ask for.
  static let unify = 2
  static let assign = 3
  static let equal = 4
  static let print = 5
  private static let reserved = ["input", "data", "eq", "assign", "equal", "print"]

  /// The name in the source; generated variables begin with `generatedPrefix`.
  private(set) var names: [String]
  private var originals: [Int]
  private var numbers: [String: Int]
  /// What a variable was declared in the place of.
  private(set) var declared: [Int: Int] = [:]
  /// OPA's numbers for variables that a stage made; nil where nobody asks for them.
  private let labels: LabelCounter?
  private var labelled: [Int: Int] = [:]

  /// OPA's prefix: what begins with it is never named in an error.
  static let generatedPrefix = "__local"

  init(labels: LabelCounter? = nil) {
    self.labels = labels
    names = Self.reserved
    originals = Array(Self.reserved.indices)
    numbers = Dictionary(uniqueKeysWithValues: zip(Self.reserved, Self.reserved.indices))
  }

  var count: Int { names.count }

  /// The undeclared variable of this name.
  func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    names.append(name)
    originals.append(names.count - 1)
    numbers[name] = names.count - 1
    return names.count - 1
  }

  /// A variable that the source does not have.
  func generate() -> Int {
    names.append(Self.generatedPrefix)
    originals.append(names.count - 1)
    label()
    return names.count - 1
  }

  /// A variable of its own for a declaration of `variable`.
  func declare(_ variable: Int) -> Int {
    names.append(names[variable])
    originals.append(originals[variable])
    label()
    declared[names.count - 1] = variable
    return names.count - 1
  }

  private func label() { if let labels { labelled[names.count - 1] = labels.next() } }

  /// The name as OPA's compiler gives it: "__local3__" for a variable that a stage made, else the one in the source.
  func label(_ variable: Int) -> String {
    labelled[variable].map { "\(Self.generatedPrefix)\(labels?.infix ?? "")\($0)__" } ?? names[variable]
  }

  /// The name that a declared variable had; nil for any other.
  func writtenLabel(_ variable: Int) -> String? { declared[variable].map { label($0) } }

  /// What the variable was before declarations were told apart.
  func original(_ variable: Int) -> Int { originals[variable] }

  func isGenerated(_ variable: Int) -> Bool { names[variable].hasPrefix(Self.generatedPrefix) }

  /// `_`, of which each has a name of its own.
  func isWildcard(_ variable: Int) -> Bool { names[variable].hasPrefix("$") }

  /// The name for messages.
  func text(_ variable: Int) -> String { isWildcard(variable) ? "_" : names[variable] }
}

/// Numbers variables of all rules of a compilation in the order in which they are made.
final class LabelCounter {
  /// Stands before the number in labels of queries.
  let infix: String
  private var count = 0

  init(infix: String = "") { self.infix = infix }

  func next() -> Int {
    defer { count += 1 }
    return count
  }
}

/// A set of variables of one table.
struct VariableSet: Equatable {
  private var low: UInt64 = 0
  private var high: [UInt64] = []

  static let reserved = VariableSet([VariableTable.input, VariableTable.data])

  init() {}

  init(_ members: some Sequence<Int>) { for member in members { insert(member) } }

  mutating func insert(_ member: Int) {
    if member < 64 {
      low |= 1 << UInt64(member)
      return
    }
    let word = member >> 6 - 1
    if word >= high.count { high.append(contentsOf: repeatElement(0, count: word + 1 - high.count)) }
    high[word] |= 1 << UInt64(member & 63)
  }

  mutating func remove(_ member: Int) {
    if member < 64 {
      low &= ~(1 << UInt64(member))
    } else if member >> 6 - 1 < high.count {
      high[member >> 6 - 1] &= ~(1 << UInt64(member & 63))
    }
  }

  func contains(_ member: Int) -> Bool {
    if member < 64 { return low & 1 << UInt64(member) != 0 }
    let word = member >> 6 - 1
    return word < high.count && high[word] & 1 << UInt64(member & 63) != 0
  }

  var isEmpty: Bool { low == 0 && high.allSatisfy { $0 == 0 } }

  mutating func formUnion(_ other: VariableSet) {
    low |= other.low
    if other.high.count > high.count { high.append(contentsOf: repeatElement(0, count: other.high.count - high.count)) }
    for index in other.high.indices { high[index] |= other.high[index] }
  }

  mutating func formIntersection(_ other: VariableSet) {
    low &= other.low
    for index in high.indices { high[index] &= index < other.high.count ? other.high[index] : 0 }
  }

  mutating func subtract(_ other: VariableSet) {
    low &= ~other.low
    for index in 0..<min(high.count, other.high.count) { high[index] &= ~other.high[index] }
  }

  func union(_ other: VariableSet) -> VariableSet {
    var result = self
    result.formUnion(other)
    return result
  }

  func intersection(_ other: VariableSet) -> VariableSet {
    var result = self
    result.formIntersection(other)
    return result
  }

  func subtracting(_ other: VariableSet) -> VariableSet {
    var result = self
    result.subtract(other)
    return result
  }

  func isSubset(of other: VariableSet) -> Bool { subtracting(other).isEmpty }

  static func == (a: VariableSet, b: VariableSet) -> Bool { a.isSubset(of: b) && b.isSubset(of: a) }

  /// In ascending order.
  func forEach(_ visit: (Int) -> Void) {
    Self.visit(low, from: 0, visit)
    for (index, word) in high.enumerated() where word != 0 { Self.visit(word, from: (index + 1) << 6, visit) }
  }

  private static func visit(_ word: UInt64, from base: Int, _ visit: (Int) -> Void) {
    var rest = word
    while rest != 0 {
      visit(base + rest.trailingZeroBitCount)
      rest &= rest - 1
    }
  }

  var members: [Int] {
    var result: [Int] = []
    forEach { result.append($0) }
    return result
  }
}
