import Testing

@testable import Introspection

@Suite("places that boot patches")
struct BootSiteTests {
  private static let linked: UInt64 = 0xFFFF_FFFF_8100_0000

  private func outcome(_ memory: [UInt8], _ original: [UInt8], _ sites: [BootSite]) -> BootSites.Outcome {
    let kernel = BootSites.Kernel(
      slide: 0, symbol: { $0 == "__x86_return_thunk" ? Self.linked + 64 : nil }, pointer: { _ in nil }, thunk: { _ in nil },
      replacement: { _ in [0xFF, 0xE3, 0xCC] })
    return BootSites(kernel, memory: memory, original: original, linked: Self.linked, sites: sites)
      .accepted(sites, [Bool](repeating: false, count: memory.count))
  }

  /// A thunk as it is linked: CALL over a breakpoint, MOV of the register over the return address, and a return, which is patched for itself.
  private static let thunk: [UInt8] = [0xE8, 1, 0, 0, 0, 0xCC, 0x48, 0x89, 0x1C, 0x24, 0xE9, 33, 0, 0, 0, 0xCC]

  private func isAccepted(_ bytes: [UInt8]) -> Bool {
    var original = [UInt8](repeating: 0x90, count: 128)
    original.replaceSubrange(16..<32, with: Self.thunk)
    var memory = original
    memory.replaceSubrange(16..<16 + bytes.count, with: bytes)
    let sites = [
      BootSite(kind: .alternative, address: Self.linked + 16, length: 16, replacement: (Self.linked + 0x2000, 3)),
      BootSite(kind: .returns, address: Self.linked + 26, length: 5),
    ]
    let covered = outcome(memory, original, sites).places.flatMap { $0.address..<$0.address + UInt64($0.length) }
    return (0..<128).allSatisfy { memory[$0] == original[$0] || covered.contains(Self.linked + UInt64($0)) }
  }

  @Test("of an alternative that holds another place the rest is held to what boot writes too") func inner() {
    let returned: [UInt8] = [0xC3, 0xCC, 0xCC, 0xCC, 0xCC]
    #expect(isAccepted(Self.thunk))
    #expect(isAccepted(Self.thunk[..<10] + returned + [0xCC]))
    #expect(isAccepted([0xFF, 0xE3, 0xCC] + [UInt8](repeating: 0x90, count: 13)))
    #expect(!isAccepted([0xFF, 0xE0, 0xCC] + [UInt8](repeating: 0x90, count: 13)))
    #expect(!isAccepted(Self.thunk[..<6] + [0x48, 0x89, 0x04, 0x24] + returned + [0xCC]))
    #expect(!isAccepted(Self.thunk[..<6] + [0x48, 0x89, 0x04, 0x24] + Self.thunk[10...]))
    #expect(!isAccepted(Self.thunk[..<10] + [0xC3, 0x90, 0x90, 0x90, 0x90, 0xCC]))
    #expect(!isAccepted([0xCD, 0x80]))
  }

  /// SAR of a variable of a processor's own that lies 0x1000 behind the template.
  private static let template: [UInt8] = [0x65, 0x48, 0xC1, 0x3D, 0xF7, 0x0F, 0, 0, 5]
  private static let templateAddress = linked + 0x10_0000

  /// A call of the function at 64 from 8 on, of which boot makes one of what stands before the function.
  private func isCounted(_ pad: [UInt8]?, to target: Int, thunks: CallThunks?) -> Bool {
    var original = [UInt8](repeating: 0x90, count: 128)
    original[8] = 0xE8
    func call(_ bytes: inout [UInt8], _ target: Int) { bytes.replaceSubrange(9..<13, with: [UInt8(target - 13), 0, 0, 0]) }
    call(&original, 64)
    var memory = original
    call(&memory, target)
    if let pad { memory.replaceSubrange(64 - pad.count..<64, with: pad) }
    let kernel = BootSites.Kernel(
      slide: 0, symbol: { _ in nil }, pointer: { _ in nil }, thunk: { _ in nil }, replacement: { _ in nil }, thunks: thunks)
    let sites = [BootSite(kind: .call, address: Self.linked + 9, length: 4)]
    return BootSites(kernel, memory: memory, original: original, linked: Self.linked, sites: sites)
      .accepted(sites, [Bool](repeating: false, count: 128)).places.count == 1
  }

  @Test("a call may lead to what counts the calls of its function, and to nothing else") func counted() throws {
    let thunks = try #require(CallThunks(Self.template, at: Self.templateAddress))
    let pad = thunks.bytes(at: Self.linked + 55)
    #expect(pad.count == 9 && pad.prefix(4) == Self.template.prefix(4) && pad.last == 5)
    // The same variable by another distance.
    #expect(PatchTable.word(pad, 4, 4) == 0xFF7 + 0x10_0000 - 55)
    #expect(isCounted(pad, to: 55, thunks: thunks))
    #expect(!isCounted(pad, to: 55, thunks: nil))
    #expect(!isCounted(pad, to: 54, thunks: thunks))
    #expect(!isCounted(pad, to: 48, thunks: thunks))
    #expect(!isCounted(nil, to: 55, thunks: thunks))
    #expect(!isCounted(Self.template, to: 55, thunks: thunks))
    #expect(
      CallThunks([0x65, 0x48, 0xC1, 0x3C, 0x25, 1, 2, 3, 4, 5], at: 0)?.bytes(at: 77) == [0x65, 0x48, 0xC1, 0x3C, 0x25, 1, 2, 3, 4, 5])
    #expect(CallThunks([0x90, 0x90, 0x90, 0x90, 0, 0, 0, 0, 5], at: 0) == nil)
    let code = [UInt8](repeating: 0x90, count: 55) + pad + [0xC3]
    let start = Self.linked
    #expect(thunks.taken(from: code, from: start, functions: [start + 64]) == [UInt8](repeating: 0x90, count: 64) + [0xC3])
    #expect(thunks.taken(from: code, from: start, functions: [start, start + 5, start + 63]) == code)
  }

  @Test("a kind of which many places hold something else is not taken for patched, but where nearly all do")
  func many() {
    func locks(_ changed: Int) -> BootSites.Outcome {
      let original = (0..<256).map { UInt8($0 % 2 == 0 ? 0xF0 : 0x90) }
      var memory = original
      for index in 0..<changed { memory[index * 2] = 0x26 }
      return outcome(memory, original, (0..<100).map { BootSite(kind: .lock, address: Self.linked + UInt64($0 * 2), length: 1) })
    }
    let few = locks(3)
    #expect(few.places.isEmpty && few.unknown.isEmpty && few.undecided.isEmpty)
    let more = locks(70)
    #expect(more.unknown.isEmpty && more.undecided == [.lock] && more.places.count == 70)
    let all = locks(100)
    #expect(all.unknown == [.lock] && all.undecided.isEmpty)
  }
}
