/// The operands of an instruction: words of the code that name registers or constants. Valid during the instruction only.
struct Operands {
  let words: Memory.Address
  let count: Int
  let base: Memory.Address
  let constants: Memory.Address

  /// The value of a word: offset of a register, or of a constant where it is negative.
  @inline(__always)
  func value(of word: Int32) -> Value { Memory.value(word >= 0 ? base : constants, offset: Int(word)) }

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
  /// - Parameters:
  ///   - key: where the constant stands.
  ///   - entry: where the key was found in objects of the forms met last, as `FieldCache` has it.
  @inline(__always)
  static func field(_ source: Value, _ key: Memory.Address, _ entry: Memory.Address) -> Value {
    guard source.rawTag == 8 else { return element(source, Memory.value(key, at: 0)) }
    let view = source.objectView
    if Memory.load(entry, FieldCache.form, as: UInt64.self) == view.form {
      let offset: Int = Memory.load(entry, FieldCache.offset)
      return offset < 0 ? .undefined : Memory.value(view.values, offset: offset)
    }
    return FieldCache.other(view, Memory.value(key, at: 0), entry)
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
