internal import Testing

@testable internal import Platforms

/// Encodings that programs of Windows write.
@Suite("Text of Windows")
struct WindowsTextTests {
  static func wide(_ text: String, isBig: Bool = false, mark: Bool = true) -> [UInt8] {
    let units = (mark ? [0xFEFF] : []) + Array(text.utf16)
    return units.flatMap { isBig ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  private func read(_ bytes: [UInt8]) -> String { String(decoding: WindowsText.utf8(bytes), as: UTF8.self) }

  @Test func unicode() {
    #expect(read(Self.wide("标识符 {current}\r\n")) == "标识符 {current}\r\n")
    #expect(read(Self.wide("[HKEY]", isBig: true)) == "[HKEY]")
    #expect(read(Self.wide("Windows Boot Loader", mark: false)) == "Windows Boot Loader")
    #expect(read([0xEF, 0xBB, 0xBF] + Array("启用".utf8)) == "启用")
    #expect(read(Array("plain".utf8)) == "plain")
    #expect(read(Self.wide("🖥")) == "🖥")
  }

  @Test("Chinese consoles write code page 936") func gbk() {
    // 标识符 and 是, as code page 936 has them.
    #expect(read([0xB1, 0xEA, 0xCA, 0xB6, 0xB7, 0xFB, 0x20, 0x7B]) == "标识符 {")
    #expect(read(Array("testsigning  ".utf8) + [0xCA, 0xC7]) == "testsigning  是")
  }

  @Test("other bytes are read as code page 1252 and never refused") func western() {
    #expect(read([0x4A, 0x61, 0x20, 0xFF]) == "Ja ÿ")
    #expect(read([0x80, 0xFF]) == "€ÿ")
    #expect(read([0xFF]) == "ÿ")
    #expect(read([0xFE, 0xFF, 0xD8]) == "")
    #expect(read([]) == "")
    let all = (0...255).map { UInt8($0) }
    #expect(read(all).unicodeScalars.count == 256)
  }

  @Test func lines() {
    #expect(WindowsText.lines(Array("a\r\nb\rc\n\nd".utf8)).map { "\($0.number)\($0.text)" } == ["1a", "2b", "3c", "4", "5d"])
    #expect(WindowsText.lines([]).isEmpty)
  }
}
