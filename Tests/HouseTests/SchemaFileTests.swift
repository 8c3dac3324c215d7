import Foundation
import Testing

/// Every kind of document that the program prints has a schema that says its form.
@Suite("Schemas of documents") struct SchemaFileTests {
  /// Kinds that nobody but this program reads: a cache of addresses.
  private static let own: Set<String> = ["ringwall.kernel/1"]

  private static let folder = SourceTree.root.appending(path: "data/schemas")

  /// Kinds that the sources name, as `ringwall.guest.pause/1`.
  private static let kinds: [String] = {
    let files = SourceTree.sources + SourceTree.files(["data/collectors"], suffixes: [".ps1"])
    let found = files.flatMap { file in file.text.matches(of: /["'](ringwall(?:\.[A-Za-z]+)+\/[0-9]+)["']/).map { String($0.1) } }
    return Set(found).subtracting(own).sorted()
  }()

  @Test("The sources name kinds of documents") func some() { #expect(Self.kinds.count >= 30, "\(Self.kinds)") }

  @Test("Each kind of document has its schema", arguments: kinds) func schema(kind: String) throws {
    let name = kind.dropFirst("ringwall.".count).replacing(".", with: "-").replacing("/", with: "-")
    let file = Self.folder.appending(path: name + ".json")
    try #require(FileManager.default.fileExists(atPath: file.path), "data/schemas/\(name).json says the form of \(kind)")
    let schema = try #require(try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? [String: Any])
    #expect(schema["$id"] as? String == "https://ringwall.example/schemas/\(name).json")
    #expect("\(schema)".contains(kind), "the schema names \(kind)")
  }
}
