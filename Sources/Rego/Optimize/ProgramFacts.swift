/// What `with` may change anywhere in a program. Whatever it names is looked up when it is needed; everything else is known when the
/// program is made.
struct ProgramFacts {
  /// Functions that may be replaced, as `Planner.mockKey` names them.
  private var replaced: Set<Int> = []
  /// First keys of paths below data that may be replaced.
  private var changedRoots: [Value] = []
  /// Some path below data is known only when it is replaced, or data as a whole is.
  private var changesAnyData = false
  /// Base data of every evaluation; undefined where it is not known.
  let data: Value

  init(_ functions: [PlannedFunction], constants: [Value], data: Value) {
    self.data = data
    for function in functions {
      function.body.forEachStatement { statement in
        guard case .with(let changes, _) = statement else { return }
        for change in changes {
          switch change.target {
          case .function(let key): replaced.insert(key)
          case .data(let path), .base(let path):
            if case .constant(let index)? = path.first { changedRoots.append(constants[index]) } else { changesAnyData = true }
          case .input: break
          }
        }
      }
    }
  }

  func isReplaced(function: Int) -> Bool { replaced.contains(function) }
  func isReplaced(builtin: Int) -> Bool { replaced.contains(-1 - builtin) }

  /// True when what stands under a key of base data is the same in every evaluation.
  func isConstant(below key: Value) -> Bool {
    data.isObject && !changesAnyData && !changedRoots.contains { $0.equals(key) }
  }

  /// True when nothing replaces anything below data.
  var isDataConstant: Bool { data.isDefined && !changesAnyData && changedRoots.isEmpty }
}
