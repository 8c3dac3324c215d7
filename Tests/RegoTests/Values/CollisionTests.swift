import Testing

@testable import Rego

/// Keys whose hashes are the same, or were chosen so that those of a lesser function would be.
@Suite("Colliding keys")
struct CollisionTests {
  /// A text whose hash is 1 whatever its first 16 bytes are: its last 8 bytes, which whoever knows the process's seed can work out, make a
  /// factor 0.
  private static func collidingText(_ number: Int, in heap: Heap) -> Value {
    var bytes = Array("a colliding key ".utf8)
    for index in 0..<8 { bytes[8 + index] = UInt8(truncatingIfNeeded: 0x61 + (number >> (4 * index)) & 15) }
    let read = { (start: Int) in (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) } }
    let state = Hashing.mix(read(0) ^ Hashing.seed ^ 0xa076_1d64_78bd_642f, read(8) ^ Hashing.seed ^ 24)
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: state >> UInt64(8 * index))) }
    return .string(bytes, in: heap)
  }

  /// A short string, by its words, with a hash of 1 too.
  private static func collidingWord(_ number: Int) -> Value {
    let body = (0 &- Hashing.seed) ^ 0xe703_7ed1_a0b4_28db
    return Value(head: UInt64(Value.Tag.shortString.rawValue) | 14 << 8 | UInt64(number) << 16, body: body)
  }

  private static func keys(_ count: Int, in heap: Heap) -> [Value] {
    (0..<count).map { $0.isMultiple(of: 2) ? collidingText($0, in: heap) : collidingWord($0) }
  }

  @Test("the keys do collide")
  func collide() {
    let heap = Heap()
    #expect(Set(Self.keys(100, in: heap).map(\.hash)) == [1])
  }

  @Test("tables hold what was put into them when every hash is the same")
  func tables() {
    let heap = Heap()
    let keys = Self.keys(700, in: heap)
    let object = ObjectView.make(in: heap), set = SetView.make(in: heap)
    for (number, key) in keys.enumerated() {
      #expect(object[key].isUndefined)
      object.set(key, .integer(number), in: heap)
      set.insert(key, in: heap)
      set.insert(key, in: heap)
    }
    #expect(object.count == keys.count && set.count == keys.count)
    let check = {
      for (number, key) in keys.enumerated() {
        #expect(object[key].exactInt == Int64(number))
        #expect(set.contains(key))
      }
      for key in Self.keys(720, in: heap).suffix(20) { #expect(object[key].isUndefined && !set.contains(key)) }
    }
    check()
    object.sort()
    set.sort()
    check()
    for key in keys.prefix(50) { #expect(!object.setIfMissing(key, .null, in: heap).isUndefined) }
    let other = ObjectView.make(in: heap)
    for (number, key) in keys.enumerated().reversed() { other.set(key, .integer(number), in: heap) }
    #expect(other.value.equals(object.value))
    other.set(keys[3], .null, in: heap)
    #expect(!other.value.equals(object.value))
  }

  @Test("policies answer the same when every key of the input collides")
  func policies() throws {
    let module = """
      package p
      found := {k: v | some k, v in input.o; input.o[k] == v; k in input.s}
      names contains k if some k in input.keys
      both := input.s & names
      grouped[k] contains v if { some v, k in input.keys }
      union := object.union(input.o, {k: "new" | some i, k in input.keys; i < 10})
      same if { found == input.o; names == input.s; both == names; count(grouped) == count(input.keys) }
      """
    let policy = try Policy([try Parser.module(Array(module.utf8), file: "p.rego")])
    let query = try policy.prepare("same := data.p.same; n := count({k | some k, \"new\" in data.p.union}); c := count(data.p.found)")
    let heap = Heap()
    let keys = Self.keys(120, in: heap)
    let object = ObjectView.make(in: heap), set = SetView.make(in: heap), input = ObjectView.make(in: heap)
    for (number, key) in keys.enumerated() {
      object.set(key, .integer(number), in: heap)
      set.insert(key, in: heap)
    }
    for (name, value) in [("o", object.value), ("s", set.value), ("keys", Value.array(keys, in: heap))] {
      input.set(.string(name, in: heap), value, in: heap)
    }
    var machine = Machine(query.program)
    machine.begin(input: input.value.frozen(), data: query.data.value)
    try machine.solve(query.function)
    let results = Dictionary(uniqueKeysWithValues: zip(query.names, machine.results))
    #expect(results["same"]?.isTrue == true)
    #expect(results["n"]?.exactInt == 10)
    #expect(results["c"]?.exactInt == Int64(keys.count))
    withExtendedLifetime(heap) {}
  }

  @Test(
    "a hundred thousand chosen keys take a few probes each",
    arguments: [
      "counting", "high halves", "high words", "negative", "one byte apart", "long and one byte apart", "zero factors", "floats", "arrays",
    ])
  func probes(kind: String) {
    let heap = Heap()
    let table = SetView.make(in: heap).table
    for number in 0..<100_000 { _ = table.insert(Self.chosen(kind, number, in: heap), in: heap) }
    #expect(table.count == 100_000)
    // Under two each are expected of a table that is filled to five eighths at most; keys in even steps may stand closer.
    #expect(table.probes < 12 * table.count, "\(table.probes) probes")
    #expect(table.longestProbe < 2_000, "\(table.longestProbe) probes for one key")
  }

  /// Keys that collide in functions without a seed, or with one that is only added.
  private static func chosen(_ kind: String, _ number: Int, in heap: Heap) -> Value {
    let bits = UInt64(number)
    func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    switch kind {
    case "counting": return .integer(number)
    case "high halves": return .integer(number << 32)
    case "high words": return .integer(number << 46)
    case "negative": return .integer(-number << 20)
    case "one byte apart": return .string("k\(number)", in: heap)
    case "long and one byte apart": return .string("a long key with the same beginning for everybody and an end \(number)", in: heap)
    // The first word of the text is the constant that it is combined with.
    case "zero factors": return .string(bytes(0xa076_1d64_78bd_642f) + bytes(bits) + bytes(0xe703_7ed1_a0b4_28db) + bytes(bits), in: heap)
    case "floats": return RegoValue.number("\(number).5").value(in: heap)
    default: return .array([.integer(number & 255), .integer(number >> 8)], in: heap)
    }
  }
}

extension KeyTable {
  /// Entries looked at to find every key once, by the layout of the index.
  fileprivate var probes: Int { lengths.reduce(0, +) }
  fileprivate var longestProbe: Int { lengths.max() ?? 0 }

  private var lengths: [Int] {
    let index: Memory.Address = Memory.load(address, 16)
    let capacity = Int(Memory.load(address, 24, as: UInt32.self))
    return (0..<capacity).compactMap { position in
      let entry: UInt64 = Memory.load(index, position * 8)
      return entry == 0 ? nil : (position - Int(entry >> 32)) & (capacity - 1) + 1
    }
  }
}
