/// Operations of the machine. An instruction is 32-bit words: the operation, then its operands.
///
/// r: register of the frame. x: register (0 and up) or constant (-1 - index). @: word to go to when the operation fails. The machine runs
/// another form of the words (see `MachineCode`).
enum Operation: UInt8, CaseIterable {
  /// r @
  case input
  /// r @
  case base
  /// r x
  case move
  /// r
  case reset
  /// x x @
  case equal
  /// x @
  case truthy
  /// r @
  case defined
  /// r @
  case undefined
  /// x count @
  case isArray
  /// x count @
  case isObject
  /// x @: fails unless it is an array, an object or a set
  case isCollection
  /// x x @: fails unless the second is a member of the first
  case contains
  /// x table @ @...: goes to the place behind the first of the slot that the table has for the value, to the first where it has none
  case select
  /// r x x @
  case dot
  /// r x key cache @: as dot, with a constant key
  case field
  /// r x key cache y @: field, then fails unless it equals y
  case fieldEqual
  /// r x key cache builtin comparison y @: field, then compare
  case fieldCompare
  /// r x key cache @: field, then truthy
  case fieldTruthy
  /// r x key cache @: fails where fieldTruthy does not
  case fieldFalsy
  /// r x x @: as dot in base data, where a number also finds the key with its digits
  case dotBase
  /// r(2) x @
  case scanStart
  /// r(2) key value @
  case scanNext
  /// @
  case jump
  /// r capacity
  case makeArray
  /// r
  case makeObject
  /// r
  case makeSet
  /// r n x...
  case makeTuple
  /// r table n x...
  case makeRecord
  /// r x
  case append
  /// r value n x...
  case insertOnce
  /// r value n x...
  case add
  /// function r n x... @
  case call
  /// builtin r place n x... @
  case builtin
  /// As builtin, of a function whose answers to scalars are kept: builtin r place n x... @, the place's number, and the one operand that is a
  /// register or -1
  case keptBuiltin
  /// As builtin, of the function count: builtin r place 1 x @
  case count
  /// node r n x... @
  case document
  /// node r n x... @
  case documentKeys
  /// index into the program's list of changes
  case withPush
  case withPop
  case withSuspend
  case withResume
  /// count
  case withDrop
  /// r x conflict
  case assignOnce
  /// r n x...
  case template
  /// r
  case returnValue
  /// n r...
  case result
  /// builtin comparison x x @: fails unless it holds
  case compare
  /// r key value
  case insert
  /// As scanNext, where nobody reads the key, which is left as it is
  case scanNextValue
  /// function x @: fails unless the function's document is known or was asked about more often than x, or a fourth of its elements
  case settled
  /// r(2) x y cache n key... @: as scanStart, of elements that may have y under the keys
  case seekStart
  /// r(2) key value @
  case seekNext
  /// As keptBuiltin; fails when the answer is false
  case keptTest
  /// sprintf, its pieces as `Machine.formatted` takes them: builtin r place n format text (verb x text)... @
  case format
}
