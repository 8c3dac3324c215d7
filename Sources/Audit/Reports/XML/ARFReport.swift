internal import Domain

/// The result as an asset report collection (ARF 1.1, NIST IR 7694): the benchmark as the request, each asset (AI 1.1, NIST IR 7693) with the report
/// about it, which is an XCCDF TestResult.
public struct ARFReport {
  static let requestID = "request"
  private static let collection = "http://scap.nist.gov/schema/asset-reporting-format/1.1"
  private static let core = "http://scap.nist.gov/schema/reporting-core/1.1"
  private static let identification = "http://scap.nist.gov/schema/asset-identification/1.1"
  private static let vocabulary = "http://scap.nist.gov/specifications/arf/vocabulary/relationships/1.0#"

  /// Hands the report over asset by asset.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    guard let xml = XMLWriter() else { return }
    let results = XCCDFReport(outcome: outcome, texts: texts)
    let groups = outcome.resultsByAsset
    xml.open(
      "arf:asset-report-collection",
      ["xmlns:arf": collection, "xmlns:core": core, "xmlns:ai": identification, "xmlns:arfvocab": vocabulary])
    if !groups.isEmpty { relationships(groups.count, xml) }
    xml.open("arf:report-requests")
    xml.open("arf:report-request", ["id": requestID])
    xml.open("arf:content")
    results.openBenchmark(xml)
    xml.close()
    xml.close()
    xml.close()
    xml.close()
    try output(xml.take())
    if !groups.isEmpty {
      xml.open("arf:assets")
      for (number, group) in groups.enumerated() { asset(group.asset, number: number + 1, xml) }
      xml.close()
      try output(xml.take())
      xml.open("arf:reports")
      for (number, group) in groups.enumerated() {
        xml.open("arf:report", ["id": "report-\(number + 1)"])
        xml.open("arf:content")
        results.testResult(group.asset, group.results, number: number + 1, isStandalone: true, xml)
        xml.close()
        xml.close()
        try output(xml.take())
      }
      xml.close()
    } else {
      nothing(texts, xml)
    }
    xml.close()
    try output(xml.finish())
  }

  /// A collection has at least one report: this one says that nothing was judged.
  private static func nothing(_ texts: Texts, _ xml: XMLWriter) {
    xml.open("arf:reports")
    xml.open("arf:report", ["id": "report-0"])
    xml.open("arf:content")
    xml.element("dc:description", ["xmlns:dc": "http://purl.org/dc/elements/1.1/"], texts["html.nothing"])
    xml.close()
    xml.close()
    xml.close()
  }

  private static func relationships(_ count: Int, _ xml: XMLWriter) {
    xml.open("core:relationships")
    for number in 1...count {
      for (type, reference) in [("createdFor", requestID), ("isAbout", "asset-\(number)")] {
        xml.open("core:relationship", ["type": "arfvocab:\(type)", "subject": "report-\(number)"])
        xml.element("core:ref", [:], reference)
        xml.close()
      }
    }
    xml.close()
  }

  private static func asset(_ asset: Asset, number: Int, _ xml: XMLWriter) {
    xml.open("arf:asset", ["id": "asset-\(number)"])
    xml.open("ai:computing-device")
    xml.element("ai:synthetic-id", ["resource": "https://ringwall.example/assets", "id": asset.id.printable])
    // A host name has letters, digits, dots and hyphens there; anything else is named by the synthetic id alone.
    if asset.kind == .host, asset.name.utf8.allSatisfy(isOfHostName) { xml.element("ai:hostname", [:], asset.name) }
    xml.close()
    xml.close()
  }

  private static func isOfHostName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
