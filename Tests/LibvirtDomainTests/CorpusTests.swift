internal import Domain
internal import Foundation
internal import Platforms
internal import Testing

private let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/corpus/libvirt").standardized
  .path

/// libvirt's own test data, where it lies beside the project.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: corpus), "skipped: ../shared/corpus/libvirt is not there"))
struct CorpusTests {
  private static func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: corpus).filter { $0.hasSuffix(".xml") }.sorted()
  }

  private static func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: corpus + "/" + file))) }

  @Test func everyDocumentIsJudgedOrNamed() throws {
    var counts: [String: Int] = [:]
    for file in try Self.files() {
      let bytes = try Self.bytes(file)
      let collection = DomainCollector(tree: Tree()).collect(document: bytes, path: file, target: file)
      #expect(collection.assets.count + collection.refusals.count == 1, "\(file)")
      if let asset = collection.assets.first {
        counts["assets", default: 0] += 1
        #expect(asset.facts.count >= 50, "\(file)")
        for (name, fact) in asset.facts {
          guard let elements = fact.value?.elements, name != "host.cpu.flags" else { continue }
          #expect(elements.count == fact.source.count, "\(file): \(name) has a place for each element")
        }
      }
      if let refusal = collection.refusals.first {
        counts[refusal.code, default: 0] += 1
        #expect(["not-judged", "foreign-hypervisor"].contains(refusal.code), "\(refusal.message)")
      }
    }
    print("corpus:", counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    #expect(counts["assets", default: 0] >= 700)
  }

  @Test func everyPlaceIsExact() throws {
    var elements = 0
    for file in try Self.files() {
      let bytes = try Self.bytes(file)
      let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
      func check(_ element: XMLElement) {
        elements += 1
        let tag = lines[element.line - 1].dropFirst(element.column - 1)
        #expect(tag.starts(with: Array("<".utf8)), "\(file):\(element.line):\(element.column) \(element.name)")
        for attribute in element.attributes {
          let line = lines[attribute.line - 1]
          let quote = attribute.column >= 2 ? line[attribute.column - 2] : 0
          #expect(quote == 0x22 || quote == 0x27, "\(file):\(attribute.line):\(attribute.column) \(attribute.name)")
          if !attribute.value.contains(where: { "&<>\"'\n\t ".contains($0) }), !line.contains(0x26) {
            #expect(
              line.dropFirst(attribute.column - 1).starts(with: Array(attribute.value.utf8)), "\(file):\(attribute.line) \(attribute.name)")
          }
        }
        for child in element.children { check(child) }
      }
      check(try XMLReader.read(bytes, path: file).root)
    }
    #expect(elements > 10_000)
  }
}
