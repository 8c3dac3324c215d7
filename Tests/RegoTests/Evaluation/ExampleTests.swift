import Foundation
import Rego
import Testing

/// The example of the library as its readers see it, and as it is compiled here.
@Suite("Example")
struct ExampleTests {
  static let here = URL(filePath: #filePath).deletingLastPathComponent()
  static let package = here.appending(path: "../../..").standardizedFileURL

  /// What stands between the marks of Example.swift.
  static func example() throws -> String {
    let text = try String(contentsOf: here.appending(path: "Example.swift"), encoding: .utf8)
    let behind = try #require(text.components(separatedBy: "// begin\n").last)
    return try #require(behind.components(separatedBy: "// end\n").first)
  }

  /// Blocks of Swift in a text of Markdown.
  static func blocks(_ text: String) -> [String] {
    text.components(separatedBy: "```swift\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
  }

  @Test("it does what it says")
  func answers() throws {
    #expect(try isAllowed(#"{"role": "guard"}"#))
    #expect(try !isAllowed(#"{"role": "guest"}"#))
    #expect(throws: RegoError.self) { try isAllowed("{") }
  }

  @Test("readers see what is compiled", arguments: ["README.md", "README.zh-CN.md", "Sources/Rego/Rego.docc/Rego.md"])
  func same(_ path: String) throws {
    let text = try String(contentsOf: Self.package.appending(path: path), encoding: .utf8)
    #expect(Self.blocks(text).first == (try Self.example()), "the first block of \(path) is not the one in Example.swift")
  }

  @Test("it has ten lines")
  func length() throws {
    #expect(try Self.example().split(separator: "\n").count == 10)
  }
}
