import Domain
import Foundation
import Platforms
import Testing

/// Each domain document against the command line that libvirt makes of it: two collectors, one guest, the same facts.
@Suite("XML against arguments", .enabled(if: Corpus.isThere, "../shared/corpus/libvirt is absent"))
struct XMLAgainstArgumentsTests {
  @Test("every command line gives one asset with every fact")
  func everyCommandLine() throws {
    let names = try Corpus.names(".args")
    var count = 0
    for name in names {
      let bytes = try Corpus.bytes(name)
      #expect(FileKind.recognise(bytes, path: name) == .commandLine, "\(name)")
      let collection = QEMUCollector(tree: Tree()).collect(arguments: bytes, path: name, target: name)
      #expect(collection.refusals.isEmpty && collection.assets.count == 1, "\(name): \(collection.refusals)")
      guard let asset = collection.assets.first else { continue }
      #expect(asset.facts["argv.unresolved"]?.state == .absent, "\(name)")
      #expect(asset.facts["argv.uuid"]?.state == .present, "\(name)")
      for (fact, value) in asset.facts where fact.hasPrefix("argv.") {
        if let elements = value.value?.elements { #expect(elements.count == value.source.count, "\(name): \(fact)") }
      }
      count += 1
    }
    #expect(count == names.count && count >= 597)
  }

  @Test("facts agree, or differ for a known reason")
  func facts() throws {
    var compared = 0
    var agreed = 0
    var pairs = 0
    var reasons: [String: Int] = [:]
    var lines: [String] = []
    var unexplained: [String] = []
    for name in try Corpus.names(".args") {
      guard let document = Corpus.document(of: name) else { continue }
      let xml = DomainCollector(tree: Tree()).collect(document: try Corpus.bytes(document), path: document, target: document)
      let arguments = QEMUCollector(tree: Tree()).collect(arguments: try Corpus.bytes(name), path: name, target: name)
      guard let domain = xml.assets.first, let process = arguments.assets.first else { continue }
      pairs += 1
      let comparison = GuestComparison(domain, process)
      for fact in GuestComparison.facts {
        let differences = comparison.differences(fact)
        compared += 1
        if differences.isEmpty { agreed += 1 }
        for difference in differences {
          let line = "\(name): \(fact): XML \(difference.configured), arguments \(difference.argv): \(difference.reason ?? "UNEXPLAINED")"
          lines.append(line)
          if let reason = difference.reason { reasons[reason, default: 0] += 1 } else { unexplained.append(line) }
        }
      }
    }
    for line in lines { print(line) }
    print(
      "\(pairs) guests, \(GuestComparison.facts.count) facts each: \(compared) compared, \(agreed) agree; \(lines.count) differences in the rest"
    )
    for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) { print("\(count) x \(reason)") }
    #expect(pairs >= 560)
    #expect(GuestComparison.facts.count >= 12)
    #expect(unexplained.isEmpty, "\(unexplained.count) unexplained, the first: \(unexplained.prefix(20).joined(separator: "\n"))")
  }
}
