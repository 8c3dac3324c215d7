/// A plan as OPA writes it (`opa build -t plan`; v1/ir/ir.go): functions and entry points as nested blocks of statements over numbered locals.
struct PlanDocument {
  /// Texts that operands name by index; numbers are kept here too.
  var strings: [Value] = []
  var files: [String] = []
  /// Names of built-in functions that the plan calls.
  var builtins: Set<String> = []
  var functions: [PlanFunction] = []
  var entryPoints: [PlanFunction] = []
}

/// A function of a plan, or an entry point.
struct PlanFunction {
  /// "g0.data.p.q", or the name of an entry point ("p/q").
  var name: String
  /// Where a dynamic call finds it: ["g0", "p", "q"]; empty where it has none.
  var path: [String]
  /// The first two are input and data.
  var parameters: [Int]
  var blocks: [PlanBlock]
}

/// Statements that run one after the other; a statement that is undefined ends the block.
final class PlanBlock {
  var statements: [PlanStatement] = []
}

struct PlanStatement {
  var kind: Kind
  /// Index into the plan's files.
  var file: Int
  /// `Location.packed`; 0 where it is not known.
  var place: Int32

  enum Operand {
    case local(Int)
    case string(Int)
    case boolean(Bool)
  }

  enum TypeCheck {
    case array
    case object
    case set
  }

  indirect enum Kind {
    case arrayAppend(array: Int, Operand)
    /// MakeNumberIntStmt and AssignIntStmt, which differ only in what their targets held before.
    case assignInteger(Int, Int64)
    case assign(Int, Operand)
    case assignOnce(Int, Operand)
    case blocks([PlanBlock])
    case leave(Int)
    case call(String, [Operand], result: Int)
    case callDynamic([Operand], [Int], result: Int)
    case dot(target: Int, source: Operand, key: Operand)
    case equal(Operand, Operand)
    case notEqual(Operand, Operand)
    case isType(TypeCheck, Operand)
    case isDefined(Int)
    case isUndefined(Int)
    case length(target: Int, Operand)
    case makeArray(Int, capacity: Int)
    case makeNull(Int)
    case makeNumber(Int, string: Int)
    case makeObject(Int)
    case makeSet(Int)
    case nothing
    case not(PlanBlock)
    case insert(object: Int, key: Operand, value: Operand)
    case insertOnce(object: Int, key: Operand, value: Operand)
    case merge(target: Int, Int, Int)
    case reset(Int)
    case result(Int)
    case returnLocal(Int)
    case scan(source: Int, key: Int, value: Int, PlanBlock)
    case add(set: Int, Operand)
    case with(local: Int, path: [Int], Operand, PlanBlock)

    /// What follows is reached, whatever the input is.
    var alwaysSucceeds: Bool {
      switch self {
      case .assignInteger, .makeArray, .makeNull, .makeNumber, .makeObject, .makeSet, .nothing, .reset, .assign(_, .string),
        .assign(_, .boolean):
        true
      default: false
      }
    }
  }
}
