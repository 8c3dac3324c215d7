/// The operands of an instruction: words of the code that name registers or constants. Valid during the instruction only.
struct Operands {
  let words: Memory.Address
  let count: Int
  let base: Memory.Address
  let constants: Memory.Address

  /// The value of a word: a register, or -1 - index of a constant.
  @inline(__always)
  func value(of word: Int32) -> Value {
    word >= 0 ? Memory.value(base, at: Int(word)) : Memory.value(constants, at: Int(~word))
  }

  @inline(__always)
  subscript(index: Int) -> Value { value(of: Memory.load(words, index &* 4)) }

  var values: [Value] { (0..<count).map { self[$0] } }
}

extension Machine {
  /// One binding of a solution; a variable that the query never bound is undefined.
  func solution(_ operands: Operands, _ index: Int) -> Value {
    let word: Int32 = Memory.load(operands.words, index &* 4)
    return word < 0 ? .undefined : operands.value(of: word)
  }

  @inline(__always)
  static func count(_ collection: Value) -> Int {
    switch collection.rawTag {
    case 7: collection.arrayView.count
    case 8: collection.objectView.count
    default: collection.setView.count
    }
  }

  @inline(__always)
  static func holds(_ comparison: Int, _ a: Value, _ b: Value) -> Bool {
    if a.rawTag == 3, b.rawTag == 3 {
      let x = Int64(bitPattern: a.body), y = Int64(bitPattern: b.body)
      switch comparison {
      case 0: return x == y
      case 1: return x != y
      case 2: return x < y
      case 3: return x <= y
      case 4: return x > y
      default: return x >= y
      }
    }
    switch comparison {
    case 0: return a.equals(b)
    case 1: return !a.equals(b)
    case 2: return a.compare(b) < 0
    case 3: return a.compare(b) <= 0
    case 4: return a.compare(b) > 0
    default: return a.compare(b) >= 0
    }
  }

  /// What stands under a constant key in a value, else undefined.
  ///
  /// - Parameter cache: where the key was found in objects of the forms met last.
  @inline(__always)
  func field(_ source: Value, _ key: Value, cache: Int) -> Value {
    guard source.rawTag == 8 else { return Self.element(source, key) }
    let view = source.objectView
    let identity = view.table.identity
    let entry = FieldCache.entry(caches, cache)
    if Memory.load(entry, FieldCache.identity, as: UInt64.self) == identity {
      let slot = Int(Memory.load(entry, FieldCache.slot, as: Int32.self))
      return slot < 0 ? .undefined : Memory.value(view.values, at: slot)
    }
    return FieldCache.other(view, key, identity, entry)
  }

  /// As `field`, for any key and without a cache.
  static func element(_ source: Value, _ key: Value) -> Value {
    switch source.rawTag {
    case 7:
      guard let index = key.exactInt, index >= 0, index < source.arrayView.count else { return .undefined }
      return source.arrayView[Int(index)]
    case 8: return source.objectView[key]
    case 9: return source.setView.contains(key) ? key : .undefined
    default: return .undefined
    }
  }
}
