import Domain
import Foundation
import Testing

@testable import Introspection

/// What a guest could have written to end or to keep busy whoever reads its code: every symbol and every table is its word.
@Suite("Hostile code", .timeLimit(.minutes(2))) struct HostileCodeTests {
  private static let base: UInt64 = 0xFFFF_FFFF_8500_0000
  private static let text = base..<base + 0x10_0000

  private static let types = SyntheticKernel.makeTypes(hasCode: true)

  /// A kernel with a text, and symbols that it has besides.
  private static func kernel(
    _ added: [String: UInt64] = [:], slide: UInt64 = 0x400_0000, moved: [String: UInt64] = [:], etext: UInt64 = text.upperBound
  ) -> SyntheticKernel {
    SyntheticKernel(slide: slide, moved: moved, added: added.merging(["_etext": etext]) { own, _ in own }, types: types)
  }

  // MARK: Symbols

  @Test("a text that ends behind the image is none", arguments: [0xFFFF_FFFF_FFFF_FFF0, base + 0x40_0001, base] as [UInt64])
  func etext(_ end: UInt64) throws {
    let guest = try Self.kernel(etext: end).guest()
    #expect(throws: IntrospectionError.self) { try guest.integrity([.executable]) }
  }

  @Test("an image that ends behind where images lie is no kernel") func image() throws {
    let base: UInt64 = 0xFFFF_FFFF_C500_0000
    let synthetic = Self.kernel(slide: base - 0xFFFF_FFFF_8100_0000, moved: ["_end": .max], etext: base + 0x10_0000)
    #expect(throws: IntrospectionError.self) { try synthetic.guest() }
  }

  @Test(
    "symbols in any order and anywhere end nothing",
    arguments: [
      ["__init_begin": base + 0x8000], ["__init_begin": .max], ["__init_begin": base + 0x8000, "__init_end": .max],
      ["__static_call_text_start": 0xFFFF_FFFF_FFFF_FFFD, "__static_call_text_end": 0xFFFF_FFFF_FFFF_FFFE],
      ["__static_call_text_start": base + 0xF_FFFD, "__static_call_text_end": .max],
      ["__static_call_text_start": 0, "__static_call_text_end": 64],
      ["__start_ro_after_init": base, "__end_ro_after_init": .max], ["__entry_text_start": base, "__entry_text_end": .max],
      ["__start_orc_unwind_ip": .max - 8, "__stop_orc_unwind_ip": .max, "__start_orc_unwind": .max - 3],
      ["__start___jump_table": .max - 16, "__stop___jump_table": .max],
      ["__start_static_call_sites": .max - 16, "__stop_static_call_sites": .max],
      ["idt_table": .max - 7, "idt_descr": .max - 3, "sys_call_table": .max - 7, "x64_sys_call": .max - 1],
    ] as [[String: UInt64]])
  func symbols(_ added: [String: UInt64]) throws {
    let facts = try Self.kernel(added).guest().integrity()
    #expect(facts.facts.count == IntegrityFacts.Name.allCases.count)
  }

  @Test("functions whose symbols stand in no order are swept once") func order() throws {
    // With an unwinder's table, so that what knows the stack is run too.
    let synthetic = Self.kernel([
      "__start_orc_unwind_ip": Self.base + 0x7800, "__stop_orc_unwind_ip": Self.base + 0x7900, "__start_orc_unwind": Self.base + 0x7A00,
    ])
    let table = SyntheticSymbols(synthetic.symbols + [("per_cpu_thing", 0x1000)])
    let place = try #require(synthetic.places["offsets"])
    for (index, symbol) in table.symbols.enumerated() where symbol.name.hasPrefix("fill_") {
      let address = index % 2 == 0 ? Self.base : Self.text.upperBound - 16
      let offset = UInt32(truncatingIfNeeded: Self.base &- 1 &- address)
      synthetic.put(image: place + 4 * UInt64(index), SyntheticTypes.words([offset]))
    }
    let time = try ContinuousClock().measure { _ = try synthetic.guest().integrity([.text]) }
    #expect(time < .seconds(30))
  }

  // MARK: Modules

  /// So many modules, each with the same name and the same words (offset in struct module, value), and the address of each.
  private static func modules(_ synthetic: SyntheticKernel, _ count: Int, _ words: [(UInt64, UInt64)]) -> [UInt64] {
    let modules = (0..<count).map { _ in synthetic.allocate(512) }
    for module in modules {
      synthetic.put(module + 24, Array("m".utf8))
      synthetic.link(module + Module.uses, [])
      for (offset, value) in words { synthetic.put(module + offset, value) }
    }
    synthetic.link(synthetic.address("modules"), modules.map { $0 + 8 })
    return modules
  }

  /// A module's symbols: so many functions at the same place.
  private static func symbols(_ synthetic: SyntheticKernel, _ count: Int, at text: UInt64, size: UInt64) -> UInt64 {
    let table = synthetic.allocate(UInt64(count) * 24)
    let entry: [UInt8] = [0, 0, 0, 0, 2, 0, 0, 0] + synthetic.word(text) + synthetic.word(size)
    synthetic.put(table, (0..<count).flatMap { _ in entry })
    let symbols = synthetic.allocate(64)
    synthetic.put(symbols, table)
    synthetic.put(symbols + 8, UInt64(count))
    return symbols
  }

  /// Offsets in struct module.
  private enum Module {
    static let base: UInt64 = 64
    static let size: UInt64 = 72
    static let symbols: UInt64 = 176
    static let labels: UInt64 = 184
    static let labelCount: UInt64 = 192
    static let thunks: UInt64 = 216
    static let thunkCount: UInt64 = 224
    static let uses: UInt64 = 232
  }

  /// What the steps of a view ended at when it read the code of modules; nil where they did not end.
  private static func end(_ guest: Guest, steps: Int) throws -> String? {
    let guest = guest.bounded(steps: steps)
    _ = try guest.integrity([.moduleCode])
    return guest.budget?.exhaustion?.structure
  }

  @Test("more modules than there can be, each with as many pages of thunks as it may have") func thunks() throws {
    let synthetic = Self.kernel()
    let array = synthetic.allocate(4096 * 8)
    for index in UInt64(0)..<4096 { synthetic.put(array + 8 * index, Self.base) }
    _ = Self.modules(synthetic, 5000, [(Module.thunks, array), (Module.thunkCount, 4096)])
    let code = try CodeMap(try synthetic.guest())
    #expect(code.modules.count == 1 << 16)
  }

  @Test("a module that is nothing but ways out of it") func ways() throws {
    let synthetic = Self.kernel()
    let text = synthetic.allocate(65536)
    synthetic.put(text, (0..<13_107).flatMap { _ in [0xE9, 0, 0, 0x10, 0] as [UInt8] })
    let symbols = Self.symbols(synthetic, 1, at: text, size: 65536)
    _ = Self.modules(synthetic, 1, [(Module.base, text), (Module.size, 65536), (Module.symbols, symbols)])
    #expect(try Self.end(synthetic.guest(), steps: 10_000) == "code")
    #expect(try Self.end(synthetic.guest(), steps: 30_000) == nil)
  }

  @Test("modules of a few bytes with large tables") func tables() throws {
    let synthetic = Self.kernel()
    let text = synthetic.allocate(64)
    _ = Self.modules(synthetic, 100, [(Module.base, text), (Module.size, 16), (Module.labels, Self.base), (Module.labelCount, 1 << 16)])
    #expect(try Self.end(synthetic.guest(), steps: 1 << 18) == "module.jump_entries")
    let other = Self.kernel()
    let symbols = other.allocate(64)
    other.put(symbols, Self.base)
    other.put(symbols + 8, UInt64(1 << 16))
    other.put(symbols + 16, Self.base)
    _ = Self.modules(other, 100, [(Module.base, other.allocate(64)), (Module.size, 16), (Module.symbols, symbols)])
    #expect(try Self.end(other.guest(), steps: 1 << 18) == "mod_kallsyms")
  }

  @Test("symbols that all begin at one return with nothing but padding behind it") func returns() throws {
    let synthetic = Self.kernel()
    let text = synthetic.allocate(1 << 20)
    synthetic.put(text, [0xC3] + [UInt8](repeating: 0x90, count: 1 << 20 - 1))
    let symbols = Self.symbols(synthetic, 1 << 16, at: text, size: 1 << 20)
    _ = Self.modules(synthetic, 1, [(Module.base, text), (Module.size, 1 << 20), (Module.symbols, symbols)])
    let time = try ContinuousClock().measure { _ = try synthetic.guest().integrity([.moduleCode]) }
    #expect(time < .seconds(30))
  }

  // MARK: Pages

  @Test("each page of shared programs costs what is looked at in it") func packs() throws {
    let synthetic = Self.kernel(["pack_list": Self.base + 0x7700])
    let pack = synthetic.allocate(8192)
    synthetic.put(pack + 16, Self.base)
    synthetic.link(Self.base + 0x7700, [pack])
    let guest = try synthetic.guest().bounded(steps: 20_000)
    let packs = try #require(ProgramPacks(guest))
    #expect(packs.packs.count == 1)
    _ = packs.strays()
    #expect(guest.budget?.exhaustion?.structure == "bpf_prog_pack.bitmap")
  }

  @Test("pages of a running guest are watched for a time, not for a number of looks") func watch() throws {
    let synthetic = Self.kernel()
    let array = synthetic.allocate(4096 * 8)
    for index in UInt64(0)..<4096 { synthetic.put(array + 8 * index, Self.base) }
    _ = Self.modules(synthetic, 16, [(Module.thunks, array), (Module.thunkCount, 4096)])
    let file = try synthetic.file()
    let descriptor = unsafe open(file.path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let range = try #require(PhysicalRange(start: 0, count: UInt64(SyntheticKernel.size)))
    let guest = try Guest(memory: try PhysicalMemory(segments: [(descriptor, 0, range)], path: file.path, isRunning: true))
    let time = try ContinuousClock().measure { _ = try guest.integrity([.executable]) }
    #expect(time >= .seconds(3) && time < .seconds(20))
  }
}
