import Domain
import Foundation
import Platforms
import Testing

private let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/corpus/libvirt").standardized
  .path

/// The .vmx of libvirt's own test data, where it lies beside the project.
@Suite(
  "Configurations of libvirt's corpus",
  .enabled(if: FileManager.default.fileExists(atPath: corpus), "skipped: ../shared/corpus/libvirt is not there"))
struct ConfigurationCorpusTests {
  private static func collect(_ file: String) throws -> Collection {
    let bytes = Array(try Data(contentsOf: URL(filePath: corpus + "/" + file)))
    #expect(FileKind.recognise(bytes, path: file) == .vmx, "\(file)")
    return VirtualMachineCollector(tree: Tree()).collect(configuration: bytes, path: file, target: file)
  }

  @Test("every .vmx is judged, and every place names the key that it cites")
  func everyFile() throws {
    let files = try FileManager.default.subpathsOfDirectory(atPath: corpus).filter { $0.hasSuffix(".vmx") }.sorted()
    #expect(files.count >= 100)
    for file in files {
      let collection = try Self.collect(file)
      #expect(collection.assets.count == 1 && collection.refusals.isEmpty, "\(file): \(collection.refusals)")
      let lines = try String(contentsOf: URL(filePath: corpus + "/" + file), encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (name, fact) in collection.assets.first?.facts ?? [:] where fact.state == .present && name != "duplicates" {
        for source in fact.source { #expect(source.line.map { lines[$0 - 1].contains("=") } == true, "\(file): \(name) at \(source)") }
        if case .array(let elements)? = fact.value { #expect(elements.count == fact.source.count, "\(file): \(name)") }
      }
    }
    print("corpus: \(files.count) .vmx")
  }

  @Test("keys in another case give the same facts")
  func caseInsensitive() throws {
    func facts(_ file: String) throws -> [String: FactValue?] {
      try #require(try Self.collect(file).assets.first).facts.mapValues(\.value)
    }
    let first = try facts("vmx2xmldata/case-insensitive-1.vmx")
    let second = try facts("vmx2xmldata/case-insensitive-2.vmx")
    for name in ["nics", "disks", "hardwareVersion", "guestOS"] {
      let a = first[name].map { $0.map { JSONText.string($0).lowercased() } }
      let b = second[name].map { $0.map { JSONText.string($0).lowercased() } }
      #expect(a == b, "\(name)")
    }
  }

  @Test("known answers")
  func knownAnswers() throws {
    let vnc = try #require(try Self.collect("vmx2xmldata/graphics-vnc.vmx").assets.first)
    #expect(vnc.facts["setting.RemoteDisplay.vnc.enabled"]?.value?.text?.lowercased() == "true")
    let shared = try #require(try Self.collect("vmx2xmldata/sharedfolder.vmx").assets.first)
    #expect(shared.facts["sharedFolders"]?.state == .present)
    let serial = try #require(try Self.collect("vmx2xmldata/serial-network-server.vmx").assets.first)
    #expect(serial.facts["serialPorts"]?.state == .present)
    let minimal = try #require(try Self.collect("vmx2xmldata/minimal.vmx").assets.first)
    #expect(minimal.facts["serialPorts"]?.state == .absent && minimal.facts["floppies"]?.why == "default-varies")
  }
}
