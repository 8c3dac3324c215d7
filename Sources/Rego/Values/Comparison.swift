/// Hashing keyed per process, so that a document cannot be made to collide.
enum Hashing {
  static let seed = UInt64.random(in: .min ... .max) | 1

  @inline(__always)
  static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
  /// Mixed twice: one product takes words in even steps to places in even steps, which under some seeds lie side by side.
  @inline(__always)
  static func word(_ a: UInt64) -> UInt64 {
    mix(mix(a ^ 0xa076_1d64_78bd_642f, seed ^ 0xe703_7ed1_a0b4_28db), 0x9e37_79b9_7f4a_7c15) | 1
  }
  @inline(__always)
  static func words(_ a: UInt64, _ b: UInt64) -> UInt64 { mix(a ^ seed, b ^ 0xe703_7ed1_a0b4_28db &+ seed) | 1 }
  /// As above, for callers that have read the seed.
  @inline(__always)
  static func words(_ a: UInt64, _ b: UInt64, seed: UInt64) -> UInt64 { mix(a ^ seed, b ^ 0xe703_7ed1_a0b4_28db &+ seed) | 1 }
  @inline(__always)
  static func integer(_ value: Int64) -> UInt64 { word(UInt64(bitPattern: value)) }

  /// No factor of a product is 0 for bytes that can be chosen without the seed: all texts with such a factor would be equal.
  static func bytes(_ address: Memory.Address, _ count: Int) -> UInt64 {
    let seed = seed
    let first = seed ^ 0xa076_1d64_78bd_642f
    var state = seed ^ UInt64(count)
    var i = 0
    while i &+ 16 <= count {
      state = mix(
        Memory.loadUnaligned(address, i, as: UInt64.self) ^ first,
        Memory.loadUnaligned(address, i &+ 8, as: UInt64.self) ^ state)
      i &+= 16
    }
    var a: UInt64 = 0, b: UInt64 = 0
    if count >= 16 {
      // The rest with bytes before it, which are known already.
      if i < count {
        a = Memory.loadUnaligned(address, count &- 16)
        b = Memory.loadUnaligned(address, count &- 8)
      }
    } else if count >= 8 {
      a = Memory.loadUnaligned(address, 0)
      b = Memory.loadUnaligned(address, count &- 8)
    } else {
      while i < count {
        a |= UInt64(Memory.load(address, i, as: UInt8.self)) << UInt64(8 &* i)
        i &+= 1
      }
    }
    return mix(a ^ first ^ 0xe703_7ed1_a0b4_28db, b ^ state) | 1
  }
}

extension Value {
  /// `hash`, for callers that have read the seed: most members of objects are texts.
  @inline(__always)
  private func hash(seed: UInt64) -> UInt64 {
    switch rawTag {
    case 5: Hashing.words(head, body, seed: seed)
    case 6: Memory.load(address, 0)
    default: hash
    }
  }

  /// Equal values have equal hashes, whatever their representation. Never 0. Composites remember theirs.
  var hash: UInt64 {
    switch tag {
    case .integer: return Hashing.integer(Int64(bitPattern: body))
    case .shortString: return Hashing.words(head, body)
    case .longString: return Memory.load(address, 0)
    case .number: return NumberRecord(address).hash
    case .undefined, .null, .boolean: return Hashing.words(head, body)
    case .array:
      let known = arrayView.hash
      if known != 0 { return known }
    case .set:
      let known = setView.table.hash
      if known != 0 { return known }
    case .object:
      let known = objectView.hash
      if known != 0 { return known }
    }
    if hasCompositeParts { hashParts() }
    return hashOfHashedParts
  }

  private var hasCompositeParts: Bool {
    switch tag {
    case .array: (0..<arrayView.count).contains { arrayView[$0].isComposite }
    case .set: (0..<setView.count).contains { setView[$0].isComposite }
    default:
      (0..<objectView.count).contains { objectView.table[$0].isComposite || Memory.value(objectView.values, at: $0).isComposite }
    }
  }

  /// The hash of a composite whose parts have theirs.
  var hashOfHashedParts: UInt64 {
    switch tag {
    case .array:
      let view = arrayView
      var state: UInt64 = 0x51_7c_c1
      for i in 0..<view.count { state = Hashing.words(state, view[i].hash) }
      view.hash = state | 1
      return state | 1
    case .set:
      let view = setView
      var sum: UInt64 = 0x2545_f491
      for i in 0..<view.count { sum &+= view.table[i].hash }
      let result = Hashing.words(sum, 9)
      view.table.hash = result
      return result
    default:
      let view = objectView
      var sum: UInt64 = 0x9e6c_63d0
      let table = view.table, values = view.values
      let seed = Hashing.seed
      for i in 0..<table.count {
        sum &+= Hashing.words(table[i].hash(seed: seed), Memory.value(values, at: i).hash(seed: seed), seed: seed)
      }
      let result = Hashing.words(sum, 8)
      view.hash = result
      return result
    }
  }

  /// Rego's `==`: numbers by value, composites by content.
  @inline(__always)
  func equals(_ other: Value) -> Bool {
    if head == other.head, body == other.body { return true }
    let a = rawTag, b = other.rawTag
    if a <= 3 || a == 5 { return a == 3 && b == 4 ? equalsSlow(other) : false }
    return equalsSlow(other)
  }

  @inline(never)
  private func equalsSlow(_ other: Value) -> Bool {
    let a = tag, b = other.tag
    switch (a, b) {
    case (.integer, .number), (.number, .integer), (.number, .number):
      if hash != other.hash { return false }
      return Numbers.compare(self, other) == 0
    case (.longString, .longString):
      let n = textCount
      if n != other.textCount || hash != other.hash { return false }
      return Memory.equalBytes(address + UInt(TextRecord.headerSize), other.address + UInt(TextRecord.headerSize), n)
    case (.array, .array), (.set, .set), (.object, .object):
      var comparison = ValueComparison()
      return comparison.equal(self, other)
    default: return false
    }
  }

  /// OPA's total order (v1/ast/compare.go): by type, then numbers by value, strings by bytes, arrays by element and length, sets by their
  /// sorted elements, objects by their sorted keys and then values.
  func compare(_ other: Value) -> Int {
    if head == other.head, body == other.body { return 0 }
    let a = typeRank, b = other.typeRank
    if a != b { return a < b ? -1 : 1 }
    switch (tag, other.tag) {
    case (.integer, .integer):
      let x = Int64(bitPattern: body), y = Int64(bitPattern: other.body)
      return x < y ? -1 : (x == y ? 0 : 1)
    case (.boolean, _): return body < other.body ? -1 : (body == other.body ? 0 : 1)
    case (.integer, _), (.number, _): return Numbers.compare(self, other)
    case (.shortString, .shortString):
      // Past its length a short string is zero, which no longer string's byte can precede; the length breaks the tie of a NUL.
      let x = (head >> 16 | body << 48).byteSwapped, y = (other.head >> 16 | other.body << 48).byteSwapped
      if x != y { return x < y ? -1 : 1 }
      let p = (body >> 16).byteSwapped, q = (other.body >> 16).byteSwapped
      if p != q { return p < q ? -1 : 1 }
      return textCount - other.textCount
    case (.shortString, _), (.longString, _):
      return unsafe withText { x in
        unsafe other.withText { y in
          // SAFETY: both buffers are valid during the call; an empty one has an address of its own.
          Memory.compareBytes(
            UInt(bitPattern: x.baseAddress), x.count, UInt(bitPattern: y.baseAddress), y.count)
        }
      }
    case (.array, .array), (.set, .set), (.object, .object):
      var comparison = ValueComparison()
      return comparison.order(self, other)
    default: return 0
    }
  }
}
