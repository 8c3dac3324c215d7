import Foundation
import Signatures
import Testing

@Suite("Scans of files") struct FileScanTests {
  static let rules = """
    rule head { strings: $a = "NeedleInFile" condition: uint32(0) == 0x464c457f and filesize < 200MB and $a }
    rule tail { strings: $a = "NeedleInFile" condition: @a[#a] > 70MB }
    """

  @Test("a file in memory is judged as a file") func whole() throws {
    let scan = try FileScan(try RuleSet(text: Self.rules))
    let bytes = Array("\u{7F}ELF NeedleInFile".utf8)
    let result = try unsafe bytes.withUnsafeBytes { try unsafe scan.scan($0) }
    #expect(result.matches.map(\.rule.name) == ["head"] && result.matches[0].strings.map(\.offset) == [5])
    // The next file starts anew.
    #expect(try unsafe Array("NeedleInFile".utf8).withUnsafeBytes { try unsafe scan.scan($0) }.matches.isEmpty)
    #expect(try unsafe scan.scan(UnsafeRawBufferPointer(start: nil, count: 0)).matches.isEmpty)
  }

  @Test("a large file is read in pieces, and matches at every cut are found") func pieces() throws {
    let mib = UInt64(1 << 20)
    let size = 100 * mib
    // Around the end of the head, and around the ends of the pieces behind it.
    let places = [64 * mib - 6, 64 * mib - 4096 - 6, 64 * mib + 16 * mib - 4096 - 6, 64 * mib + 16 * mib - 4120, size - 12]
    var largest = 0
    let scan = try FileScan(try RuleSet(text: Self.rules), limits: ScanLimits(context: 2))
    let result = unsafe try scan.scan(size: size) { offset, buffer in
      // Short answers are asked again.
      let count = min(buffer.count, 3 << 20)
      largest = max(largest, buffer.count)
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      unsafe _ = memset(part.baseAddress!, 0x2E, count)
      for place in places {
        for (index, byte) in "NeedleInFile".utf8.enumerated() {
          let at = place + UInt64(index)
          if at >= offset, at < offset + UInt64(count) { unsafe part[Int(at - offset)] = byte }
        }
      }
      if offset == 0 { unsafe part.copyBytes(from: "\u{7F}ELF".utf8) }
      return count
    }
    #expect(result.matches.map(\.rule.name) == ["head", "tail"])
    #expect(result.matches[0].strings.map(\.offset) == places.sorted())
    #expect(result.matches[0].strings.last?.context?.text == "..NeedleInFile")
    #expect(result.isComplete && largest <= 64 << 20)
  }

  @Test("what cannot be read is a gap and no answer") func unreadable() throws {
    struct Broken: Error {}
    let scan = try FileScan(try RuleSet(text: Self.rules))
    let result = unsafe try scan.scan(size: 10 << 20) { offset, buffer in
      if offset >= 4096 { throw Broken() }
      return min(buffer.count, 4096)
    }
    #expect(result.gaps.count == 1 && result.matches.isEmpty)
    // A file that became shorter ends where it ends.
    #expect(try unsafe scan.scan(size: 10 << 20) { offset, _ in offset == 0 ? 100 : 0 }.isComplete == true)
  }
}
