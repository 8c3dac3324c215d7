import Domain
import Testing

@testable import Audit
@testable import Judgement

@Suite("The input of a judgement") struct FactsDocumentTests {
  @Test("What judging reads is the document that ringwall facts prints")
  func same() throws {
    var asset = AssetFacts(asset: Samples.asset("web \"07\"\u{202E}"), target: "a\nb")
    let collected = Collected(at: "2026-11-24T16:38:38Z", by: "test", uid: 1000)
    func read(_ bytes: [UInt8]) throws -> FactValue { try PolicyEngine.readJSON(bytes, file: "x") }
    let order = FactOrder()
    func json() -> [UInt8] { FactsDocument.json(asset, collected: collected, order: order) }
    #expect(try read(json()) == read(JSONText.bytes(FactsDocument.value(asset, collected: collected))))
    asset.facts = [
      "present": .present(
        ["a": [1, 2.5.json, nil, true, "\u{7F}é\u{200B}"]], .path("/etc/x", line: 3, column: 9), .command("virsh dumpxml")),
      "absent": .absent(), "unreadable": .unreadable("permission", .property("cpuid")), "a\"b\\c": .notCollected("not-given"),
    ]
    asset.inventedSettings = [InventedSetting(id: "CLM-18", text: "vmciUse = \"x\"", source: .path("/a", line: 1))]
    // The order is that of an asset without facts: none is left out for that.
    #expect(try read(json()) == read(JSONText.bytes(FactsDocument.value(asset, collected: collected))))
  }
}

extension Double {
  fileprivate var json: FactValue { .double(self) }
}
