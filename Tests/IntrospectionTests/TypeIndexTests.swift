import Testing

@testable import Introspection

@Suite("BTF") struct TypeIndexTests {
  @Test("members of nested structures, arrays and bit fields have their places") func members() throws {
    let types = try TypeIndex(SyntheticKernel.types.bytes)
    #expect(types.count == SyntheticKernel.types.count)
    #expect(types.size(of: "task_struct") == 2048)
    #expect(types.member("task_struct", "comm")?.offset == 104)
    #expect(types.member("task_struct", "tasks.prev")?.offset == 72)
    #expect(types.member("nested", "before")?.offset == 0)
    #expect(types.member("nested", "second")?.offset == 16)
    #expect(types.member("nested", "bits.across") == TypeIndex.Member(name: "bits.across", bitOffset: 32 * 8 + 5, bitSize: 7, type: 2))
    #expect(types.member("nested", "bits.whole")?.bitSize == 0)
    for (structure, member) in [("nested", "none"), ("nested", ""), ("nested", "before.x"), ("none", "x"), ("", ""), ("nested", "bits.")] {
      #expect(types.member(structure, member) == nil)
    }
    let slots = try #require(types.member("xa_node", "slots"))
    #expect(types.array(slots.type)?.count == 64 && types.size(slots.type) == 512)
    #expect(types.structure("nested").map { types.members(of: $0).map(\.name) } == ["before", "", "bits"])
  }

  @Test("typedefs and qualifiers are followed, and a circle of them is not") func chains() throws {
    var types = SyntheticTypes()
    let int = types.integer("int", size: 4)
    let constant = types.add(10, size: int)
    let named = types.add(8, "int_t", size: constant)
    types.structure("holder", size: 8, [.init("value", named, at: 4)])
    let circle = types.add(8, "round", size: UInt32(types.count) + 2)
    types.add(10, size: circle)
    let index = try TypeIndex(types.bytes)
    #expect(index.resolved(Int(named)) == Int(int) && index.size(Int(named)) == 4)
    #expect(index.resolved(Int(circle)) == nil && index.size(Int(circle)) == nil)
    #expect(index.id(.typedef, "int_t") == Int(named) && index.id(.typedef, "int") == nil)
    #expect(index.name(Int(named)) == "int_t" && index.name(9999) == "" && index.kind(9999) == nil)
  }

  @Test("structures without names inside each other end") func nesting() throws {
    var types = SyntheticTypes()
    // Two structures without names that hold each other twice: 2^32 ways without a bound.
    types.structure("", size: 8, [.init("", 2, at: 0), .init("", 2, at: 0)])
    types.structure("", size: 8, [.init("", 1, at: 0), .init("", 1, at: 0)])
    types.structure("outer", size: 8, [.init("", 1, at: 0)])
    #expect(try TypeIndex(types.bytes).member("outer", "x") == nil)
  }

  @Test("an array of an array whose size overflows has none") func overflow() throws {
    var types = SyntheticTypes()
    var type = types.integer("long", size: 8)
    for _ in 0..<8 { type = types.array(type, .max) }
    let index = try TypeIndex(types.bytes)
    #expect(index.size(Int(type)) == nil && index.size(2) == 8 * Int(UInt32.max))
    #expect(index.kind(Int(type)) == .array)
  }

  @Test("values of enumerations") func enumerations() throws {
    var types = SyntheticTypes()
    types.structure("VALUE", size: 0, [])
    types.add(6, "small", size: 4, count: 1, [1, 0xFFFF_FFFE])
    types.add(19, "large", size: 8, count: 1, [1, 5, 1])
    let index = try TypeIndex(types.bytes)
    #expect(index.value("small", "VALUE") == -2 && index.value("large", "VALUE") == 1 << 32 | 5)
    #expect(index.value("small", "OTHER") == nil && index.value("none", "VALUE") == nil)
  }

  @Test("broken bytes are refused at their place") func malformed() throws {
    let whole = SyntheticKernel.types.bytes
    func offset(_ bytes: [UInt8]) -> Int? {
      do {
        _ = try TypeIndex(bytes)
        return nil
      } catch { return error.offset }
    }
    #expect(offset([]) == 0 && offset(Array(whole[..<23])) == 0)
    func changed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var bytes = whole
      change(&bytes)
      return bytes
    }
    #expect(offset(changed { $0[0] = 0 }) == 0)
    #expect(offset(changed { $0[2] = 9 }) == 2)
    #expect(offset(changed { $0.replaceSubrange(4..<8, with: [255, 255, 255, 255]) }) == 4)
    #expect(offset(changed { $0.replaceSubrange(12..<16, with: [255, 255, 255, 127]) }) == 8)
    #expect(offset(changed { $0.replaceSubrange(16..<20, with: [255, 255, 255, 255]) }) == 16)
    #expect(offset(changed { $0[$0.count - 1] = 0x41 }) == 16)
    // The kind of the first type, its name, and a count that reaches beyond the types.
    #expect(offset(changed { $0[24 + 7] = 31 }) == 24)
    #expect(offset(changed { $0.replaceSubrange(24..<32, with: [255, 255, 255, 0, 0, 0, 0, 4]) }) == 24)
    #expect(offset(changed { $0.replaceSubrange(28..<32, with: [255, 255, 0, 15]) }) == 24)
    for length in stride(from: 24, to: whole.count, by: 7) { #expect(offset(Array(whole[..<length])) != nil) }
  }
}
