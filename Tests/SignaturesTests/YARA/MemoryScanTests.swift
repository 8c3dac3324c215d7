import Foundation
import Signatures
import Testing

/// Memory that is laid out by hand: everything is zero that is not written, and guarded pages end the test when they are touched.
///
/// SAFETY: mapped here, unmapped in deinit; offsets are the tests' own and lie within.
@safe final class Memory {
  private let pointer: UnsafeMutableRawPointer
  let count: Int

  init(_ count: Int) {
    self.count = count
    unsafe pointer = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(unsafe pointer != MAP_FAILED)
  }

  deinit { unsafe _ = munmap(pointer, count) }

  func write(_ text: String, at offset: Int) { write(Array(text.utf8), at: offset) }

  func write(_ bytes: [UInt8], at offset: Int) {
    for (index, byte) in bytes.enumerated() { unsafe pointer.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self) }
  }

  /// Bytes that hold no zero, so that nothing is left out.
  func fill(_ range: Range<Int>) { unsafe _ = memset(pointer + range.lowerBound, 0x2E, range.count) }

  func guardPages(_ range: Range<Int>) { precondition(unsafe mprotect(pointer + range.lowerBound, range.count, PROT_NONE) == 0) }

  func region(_ range: Range<Int>, at address: UInt64) -> MemoryRegion {
    unsafe MemoryRegion(bytes: UnsafeRawBufferPointer(start: pointer + range.lowerBound, count: range.count), start: address)
  }
}

@Suite("Scans of memory") struct MemoryScanTests {
  static let mib = 1 << 20
  static let needle = #"rule needle { strings: $a = "NeedleInRam" condition: $a }"#

  static func places(_ result: ScanResult) -> [UInt64] { result.matches.flatMap { $0.strings.map(\.offset) } }

  @Test("matches on and beside every cut are found once, by one thread and by several", arguments: [1, 2, 5])
  func cuts(_ threads: Int) throws {
    let memory = Memory(50 * Self.mib)
    memory.fill(0..<50 * Self.mib)
    let places = [0, 16 * Self.mib - 17, 16 * Self.mib - 5, 16 * Self.mib + 10, 32 * Self.mib, 48 * Self.mib - 1, 50 * Self.mib - 11]
    for place in places { memory.write("NeedleInRam", at: place) }
    let scan = MemoryScan(try RuleSet(text: Self.needle), limits: ScanLimits(threads: threads))
    let result = try scan.scan([memory.region(0..<50 * Self.mib, at: 0x1000)])
    #expect(Self.places(result) == places.map { UInt64($0) + 0x1000 })
    #expect(result.isComplete && result.scanned == UInt64(50 * Self.mib))
    #expect(result.matches.first?.strings.allSatisfy { $0.length == 11 && $0.context == nil } == true)
  }

  @Test("regions that follow one another only in physical memory are searched across their border, holes are not read") func borders()
    throws
  {
    let page = 4096
    let memory = Memory(16 * page)
    memory.fill(0..<2 * page)
    memory.fill(4 * page..<5 * page)
    memory.fill(8 * page..<9 * page)
    memory.guardPages(2 * page..<4 * page)
    memory.write("NeedleIn", at: 2 * page - 8)
    memory.write("Ram", at: 4 * page)
    memory.write("NeedleIn", at: 5 * page - 8)
    memory.write("Ram", at: 8 * page)
    let regions = [
      // Behind the first, in another place of the mapping.
      memory.region(4 * page..<5 * page, at: 0x10_2000), memory.region(0..<2 * page, at: 0x10_0000),
      // A hole in physical memory lies between.
      memory.region(8 * page..<9 * page, at: 0x10_4000),
    ]
    let result = try MemoryScan(try RuleSet(text: Self.needle)).scan(regions)
    #expect(Self.places(result) == [0x10_2000 - 8])
  }

  @Test("a word's border and a longer match are seen across a border, once") func seamContext() throws {
    let page = 4096
    let memory = Memory(4 * page)
    memory.write("xx", at: page - 2)
    memory.write("word run:", at: 2 * page)
    memory.write("aaaa", at: 3 * page - 4)
    memory.write("aab", at: page + 0)
    let rules = try RuleSet(
      text: #"rule a { strings: $w = "word" fullword $r = /run:/ $p = "aaaaaab" condition: any of them }"#)
    let regions = [memory.region(0..<page, at: 0), memory.region(2 * page..<3 * page, at: 4096), memory.region(page..<2 * page, at: 8192)]
    let result = try MemoryScan(rules).scan(regions)
    // "word" has "xx" before it, in the other region.
    #expect(result.matches.first?.strings.map(\.identifier) == ["$r", "$p"])
    #expect(Self.places(result) == [4096 + 5, 8192 - 4])
  }

  @Test("conditions see what all threads found together") func conditions() throws {
    let memory = Memory(40 * Self.mib)
    memory.fill(0..<40 * Self.mib)
    memory.write("FirstMark", at: 100)
    memory.write("SecondMark", at: 39 * Self.mib)
    memory.write("SecondMark", at: 20 * Self.mib)
    memory.write([0xEF, 0xBE, 0xAD, 0xDE], at: 20 * Self.mib + 10)
    let rules = try RuleSet(
      text: """
        private rule hidden { strings: $a = "FirstMark" condition: $a }
        rule both { strings: $a = "FirstMark" $b = "SecondMark" condition: all of them and #b == 2 and @b[1] == \(20 * Self.mib + 4096) }
        rule reads { strings: $b = "SecondMark" private condition: hidden and uint32(@b[1] + 10) == 0xdeadbeef }
        rule size { condition: filesize > 0 or filesize == 0 }
        rule absent { strings: $a = "FirstMark" $b = "ThirdMark" condition: all of them }
        """)
    let result = try MemoryScan(rules, limits: ScanLimits(threads: 2)).scan([memory.region(0..<40 * Self.mib, at: 4096)])
    #expect(result.matches.map(\.rule.name) == ["both", "reads"])
    #expect(result.matches.last?.strings.isEmpty == true)
    #expect(result.matches.first?.strings.count == 3)
  }

  @Test("long runs of zeros are left out, and what borders on them is not") func zeros() throws {
    let memory = Memory(8 * Self.mib)
    let places = [0, 3 * Self.mib - 5, 3 * Self.mib + 8192, 8 * Self.mib - 11]
    for place in places { memory.write("NeedleInRam", at: place) }
    let region = memory.region(0..<8 * Self.mib, at: 0)
    let result = try MemoryScan(try RuleSet(text: Self.needle)).scan([region])
    #expect(Self.places(result) == places.map(UInt64.init))
    #expect(result.zeros > UInt64(7 * Self.mib))
    #expect(result.zeros + result.scanned == UInt64(8 * Self.mib))
    // Rules that look for zeros see all of them.
    let other = try RuleSet(
      text: #"rule zero { strings: $a = { 00 00 00 00 4E 65 65 } $b = { 00 00 00 00 00 00 00 00 } condition: any of them }"#)
    #expect(try MemoryScan(other).scan([region]).zeros == 0)
  }

  @Test("no byte of the memory is kept unless context is asked for") func context() throws {
    let memory = Memory(8192)
    memory.write("before\u{1B}[31mNeedleInRam\\after", at: 0)
    let rules = try RuleSet(text: Self.needle)
    let region = memory.region(0..<8192, at: 0x2000)
    #expect(try MemoryScan(rules).scan([region]).matches[0].strings[0].context == nil)
    let context = try #require(try MemoryScan(rules, limits: ScanLimits(context: 6)).scan([region]).matches[0].strings[0].context)
    #expect(context.start == 0x2000 + 5 && context.text == #"e\x1b[31mNeedleInRam\\after"#)
    #expect(context.hexadecimal.hasPrefix("651b5b33316d4e65"))
    let wide = try #require(try MemoryScan(rules, limits: ScanLimits(context: 4096)).scan([region]).matches[0].strings[0].context)
    #expect(wide.start == 0x2000)
  }

  @Test("places beyond the bound are counted, and time that is over is told") func bounds() throws {
    let memory = Memory(Self.mib)
    for index in 0..<5000 { memory.write("NeedleInRam", at: index * 64) }
    let rules = try RuleSet(text: Self.needle)
    let region = memory.region(0..<Self.mib, at: 0)
    let result = try MemoryScan(rules, limits: ScanLimits(places: 1000)).scan([region])
    #expect(result.matches[0].strings.count == 1000 && result.matches[0].omitted == 4000)
    let late = try MemoryScan(rules, limits: ScanLimits(time: .zero)).scan([region])
    #expect(!late.isComplete && late.matches.isEmpty)
    #expect(try MemoryScan(rules).scan([]).isComplete)
  }

  @Test("regions that overlap count once, and those beyond the address space do not") func hostileRegions() throws {
    let memory = Memory(8192)
    memory.write("NeedleInRam", at: 4000)
    let rules = try RuleSet(text: Self.needle)
    let regions = [
      memory.region(0..<8192, at: 0), memory.region(100..<6000, at: 100), memory.region(0..<8192, at: UInt64.max - 10),
      memory.region(0..<0, at: 5), memory.region(4096..<8192, at: 4096),
    ]
    #expect(Self.places(try MemoryScan(rules).scan(regions)) == [4000])
  }
}
