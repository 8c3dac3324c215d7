import TestSupport
import Testing

@testable import Rego

/// Sorting against a plain insertion by `compare`, on rows of every kind.
@Suite("Order of values")
struct OrderTests {
  private static let shapes = [
    "objects of one form", "objects of several forms", "arrays of one length", "arrays of several lengths", "scalars",
  ]

  private static func scalar(_ random: inout SplitMix, _ heap: Heap) -> Value {
    switch random.below(7) {
    case 0: .integer(Int64(random.below(5)) - 2)
    case 1: .string(["", "a", "a\0", "ab", "aé", "zzzzzzzz", "zzzzzzzza", "zzzzzzzzb"][random.below(8)], in: heap)
    case 2: .string(String(repeating: "long text ", count: 1 + random.below(3)) + "\(random.below(4))", in: heap)
    case 3: .boolean(random.below(2) == 0)
    case 4: .null
    case 5: .array([.integer(Int64(random.below(2))), .string("x\(random.below(2))", in: heap)], in: heap)
    default: .set([.integer(Int64(random.below(2)))], in: heap)
    }
  }

  private static func value(_ shape: Int, _ random: inout SplitMix, _ table: KeyTable, _ heap: Heap) -> Value {
    switch shape {
    case 0:
      let record = ObjectView.make(sharing: table, count: 3, in: heap)
      for slot in 0..<3 { record.setValue(at: slot, scalar(&random, heap)) }
      return record.value
    case 1:
      return .object((0...random.below(3)).map { (.string("k\($0)", in: heap), scalar(&random, heap)) }, in: heap)
    case 2: return .array((0..<3).map { _ in scalar(&random, heap) }, in: heap)
    case 3: return .array((0..<random.below(4)).map { _ in scalar(&random, heap) }, in: heap)
    default: return scalar(&random, heap)
    }
  }

  @Test("sorts as comparisons say, equal ones in the order they had", arguments: shapes.indices)
  func sorted(_ shape: Int) {
    let heap = Heap()
    let table = KeyTable.make(capacity: 3, in: heap)
    for name in ["a", "b", "c"] { _ = table.append(.string(name, in: heap), in: heap) }
    table.seal()
    var random = SplitMix(UInt64(shape) + 1)
    for count in [0, 1, 2, 12, 13, 40, 400] {
      let values = (0..<count).map { _ in Self.value(shape, &random, table, heap) }
      let array = Value.array(values, in: heap).arrayView
      var expected: [Int] = []
      for index in values.indices {
        var position = expected.count
        while position > 0, values[expected[position - 1]].compare(values[index]) > 0 { position -= 1 }
        expected.insert(index, at: position)
      }
      #expect(ValueOrder.sorted(array.elements, count: count).map(Int.init) == expected, "\(Self.shapes[shape]), \(count)")
    }
  }
}
