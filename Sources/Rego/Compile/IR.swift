/// The intermediate representation: nested blocks of statements over numbered locals, in the manner of OPA's plan
/// (v1/ir/ir.go). What follows an expression stands inside the blocks that the expression opened, so the end of a block means that there
/// is no further solution, just as a statement that fails does: a loop goes on with its next element, an attempt with what follows it.
final class Block {
  var statements: [Statement] = []
}

enum Operand {
  case local(Int)
  /// Index into the program's constants.
  case constant(Int)
}

/// What a function does when it gets two different values.
enum Conflict: Int32 {
  case completeRule = 0
  case function = 1
  case objectKey = 2
}

struct WithStatement {
  enum Target {
    case input([Operand])
    case data([Operand])
    /// Base data only: rules keep their documents.
    case base([Operand])
    /// Index into the program's mock targets.
    case function(Int)
  }
  var target: Target
  var value: Operand
  /// Index of the function that replaces it, for function targets; -1 for a value.
  var replacement: Int
}

/// One constant of a `select`. No two cases of one have equal constants.
struct SelectCase {
  /// Index into the program's constants.
  var constant: Int
  var block: Block
}

/// `sprintf` with a constant format whose verbs write texts and integers as they stand.
struct FormatCall {
  var builtin: Int
  /// Indices into the program's constants: the format, and what stands before, between and behind its verbs.
  var format: Int
  var texts: [Int]
  /// `s`, `v` or `d`.
  var verbs: [UInt8]
  var place: Int32
}

indirect enum Statement {
  case input(Int)
  case base(Int)
  case assign(Int, Operand)
  /// Makes a local undefined.
  case reset(Int)
  case equal(Operand, Operand)
  /// Fails when the value is false.
  case truthy(Operand)
  /// Fails unless the comparison holds; its built-in function is named for those who replace it.
  case compare(builtin: Int, Comparison, Operand, Operand)
  case isDefined(Int)
  /// Fails unless the document of a function is known, or this was asked so often that it is better made: more often than the limit, or than
  /// there are fours of elements in it.
  case isSettled(function: Int, limit: Operand)
  case isUndefined(Int)
  case isArray(Operand, count: Int)
  case isObject(Operand, count: Int)
  case isCollection(Operand)
  /// Fails unless the element is one of the collection's, or one of an object's values.
  case contains(Operand, Operand)
  case dot(target: Int, source: Operand, key: Operand)
  /// As dot, in base data.
  case dotBase(target: Int, source: Operand, key: Operand)
  case scan(source: Operand, key: Int, value: Int, Block)
  /// First in a loop's block: no turn comes to anything whose element does not have a value equal to the operand under the keys, which are
  /// indices of constants. The operand is defined outside of the loop. It does nothing; the loop may look elements up by it.
  case sought(keys: [Int], Operand)
  /// Fails when the block succeeds.
  case not(Block)
  /// Runs the block once; whether it fails or not, goes on.
  case attempt(Block)
  /// Runs blocks until one succeeds; fails when none does.
  case any([Block])
  /// Runs the block of the case whose constant equals the operand, if there is one; whether it fails or not, goes on.
  case select(Operand, [SelectCase])
  /// Leaves the innermost `not` or `any` as successful.
  case succeed
  /// Goes to the end of a block around the statement, as if the block had failed.
  case leave(Block)
  case makeArray(Int, capacity: Int)
  /// An array of given elements, which is not changed.
  case makeTuple(Int, values: [Operand])
  case makeObject(Int)
  case makeSet(Int)
  /// An object whose keys are constants: a sealed table, values in its order.
  case makeRecord(Int, keys: Int, values: [Operand])
  case append(array: Int, Operand)
  /// Fails the evaluation when the key is there with another value.
  case insertOnce(object: Int, path: [Operand], value: Operand)
  /// Sets a key of an object, whatever it held.
  case insert(object: Int, key: Operand, value: Operand)
  /// Adds to the set at a path of an object (an empty path: to the set itself).
  case add(set: Int, path: [Operand], value: Operand)
  case call(function: Int, [Operand], Int)
  /// Its place in the source as `Location.packed`.
  case builtin(Int, [Operand], Int, place: Int32)
  case format(FormatCall, [Operand], Int)
  case document(node: Int, [Operand], Int)
  case documentKeys(node: Int, [Operand], Int)
  case with([WithStatement], Block)
  /// Inside a `with` block: what follows the expression, without its changes.
  case outside(Block)
  case assignOnce(Int, Operand, Conflict)
  case template(Int, [Operand])
  case returnLocal(Int)
  /// Hands the query's bindings to the caller.
  case result([Int])
}

/// A planned function: a group of rules, or the query.
struct PlannedFunction {
  var name: String
  var path: [String]
  var parameterCount: Int
  var localCount: Int
  var body: Block
  /// A document: its value is remembered during an evaluation.
  var isMemoized: Bool
  var file: String
  /// `Location.packed` of its first rule.
  var place: Int32
}
