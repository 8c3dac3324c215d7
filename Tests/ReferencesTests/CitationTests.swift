import Foundation
import Judgement
import Testing

@testable import References

@Suite("Citations")
struct CitationTests {
  private let check: CitationCheck
  private let table: CitationTable

  init() throws {
    table = try CitationTable(from: try DataFolder(named: nil))
    check = CitationCheck(table: table)
  }

  private func kinds(_ text: String) -> [String] { check.findings(in: text).map(\.kind.rawValue) }

  @Test(
    "What the article got wrong is refused",
    arguments: [
      ("CISA issued VMSA-23-033, which forbids it.", ["form"]),
      ("Audit virtualization by NIST SP 800-77.", ["subject"]),
      ("虚拟化审计依据 NIST SP 800-77。", ["subject"]),
      ("By NIST SP 800-193 containers cut the attack surface.", ["subject"]),
      ("CVE-2022-23397 shows a side channel.", ["subject"]),
      ("NIST SP 800-77 Rev. 1, \"Guide to Virtualization Security Audits\"", ["title"]),
      ("NIST SP 800-125A Rev. 1 (Security Recommendations for Hypervisor Deployment on Servers)", ["title", "pairing"]),
      ("ISO/IEC 27001:2022 adds a clause on virtualization.", ["pairing"]),
      ("BOD 22-01 sets the due dates.", ["revoked"]),
      ("DORA has been in force since 2025-01-17.", ["pairing"]),
      ("按照网络安全法第二十一条", ["pairing"]),
      ("CVE-2021-21974 is a VM escape.", ["subject"]),
      ("CISA issued VMSA-2025-0004.", ["issuer"]), ("The CISA advisory VMSA-2025-0004 was sent out.", ["issuer"]),
      ("VMSA-2025-0004, issued by CISA, forbids it.", ["issuer"]), ("CISA 公告 VMSA-2025-0004 要求如此。", ["issuer"]),
      ("CVE–2022–23397 shows a side channel.", ["subject"]), ("CVE\u{2011}2022\u{2011}23397 shows a side channel.", ["subject"]),
      ("CV\u{200B}E-2022\u{AD}-23397 shows a side channel.", ["subject"]), ("NIST.SP.800-77 on virtualization", ["subject"]),
      ("Special Publication\u{202F}800\u{2013}77 on virtualization", ["subject"]),
      ("FIPS 203 is the signature standard.", ["subject"]),
    ] as [(String, [String])])
  func wrong(text: String, expected: [String]) { #expect(kinds(text) == expected, "\(check.findings(in: text))") }

  @Test(
    "What is right passes",
    arguments: [
      "NIST SP 800-77 Rev. 1 is \"Guide to IPsec VPNs\".", "See NIST SP 800-125, SP 800-125A Rev. 1 and SP 800-125B.",
      "NIST SP 800-77 is not about virtualization.", "BOD 26-04 replaces and revokes BOD 22-01.",
      "Broadcom published VMSA-2025-0004 (CVE-2025-22224).",
      "ISO/IEC 27017:2015 names virtual machines.", "RFC 8785 (JSON Canonicalization Scheme)",
      "FIPS 204, Module-Lattice-Based Digital Signature Standard",
      "GB/T 22239-2019 第三级", "GB/T 22239—2019 第三级", "CVE-2025-22224–22226 are fixed.", "FIPS 203–205", "keys of ED25519",
      "CISA lists the flaws of VMSA-2025-0004.", "the id \"NIST SP 800-53 Rev. 5\" and \"some other quoted text\"", "CISA BOD 26-04《基于风险确定安全更新优先级》",
      "no id at all, but a CVE and an ISO image", "spied 12-34", "CVE-YYYY-NNNN", "VMSA-2024-0006.1",
      "NIST SP 800-125A Rev. 1, Security Recommendations for Server-based Hypervisor Platforms", "",
    ])
  func right(text: String) { #expect(kinds(text).isEmpty, "\(check.findings(in: text))") }

  @Test(
    "A line of a list speaks for itself, and prose that wraps does not",
    arguments: [
      ("NIST SP 800-193 Platform Firmware Resiliency Guidelines\nNIST SP 800-190 Application Container Security Guide", []),
      ("NIST SP 800-77 Guide to IPsec VPNs\nCVE-2022-23397 reflected XSS\nCVE-2025-22224 in VMCI of virtual machines", []),
      ("[1] NIST SP 800-193, resiliency\n[2] NIST SP 800-190, containers", []),
      ("vpn: NIST SP 800-77\nguest: NIST SP 800-125 on virtualization", []),
      ("NIST SP 800-193 Platform Firmware Resiliency Guidelines\nNIST SP 800-77 Guide to virtualization audits", ["subject"]),
      ("NIST SP 800-77 and\nNIST SP 800-125 ask for audits of virtualization", ["subject"]),
      ("NIST SP 800-77 is the standard by which\nvirtualization is audited", ["subject"]),
      ("By the standard for virtualization,\nNIST SP 800-77, auditors look at logs", ["subject"]),
    ] as [(String, [String])])
  func lines(text: String, expected: [String]) { #expect(kinds(text) == expected, "\(check.findings(in: text))") }

  @Test(
    "Forms that no issuer uses",
    arguments: [
      "CVE-22-1234", "CVE-2025-123", "VMSA-2025-4", "VMSA-25-0004", "ISO/IEC 27001", "ISO 27001", "GB/T 22239", "BOD 2-01", "XSA-12345",
      "INTEL-SA-161", "SP800-125", "NIST SP800-125", "ISO27001:2022", "GB/T22239-2019", "BOD22-01", "FIPS203",
    ])
  func forms(id: String) {
    let found = check.findings(in: "as \(id) says")
    #expect(found.map(\.kind) == [.form], "\(found)")
  }

  @Test("Findings stand in the order of the text, a title ends where the next id begins, and what is cited already is not named again")
  func order() {
    let text = """
      HIPAA's final rule makes encryption mandatory in 2026, as NIST SP 800-125A Rev. 1, Security Recommendations for Servers NIST SP 800-77, \
      asks of virtualization
      """
    let found = check.findings(in: text)
    #expect(found.map(\.column) == found.map(\.column).sorted() && found.count >= 2, "\(found)")
    #expect(found.first { $0.kind == .title }?.arguments["title"] == "Security Recommendations for Servers", "\(found)")
    #expect(check.findings(in: "DORA has been in force since 2025-01-17.").first?.arguments["use"] == "")
  }

  @Test("What is not seen hides no id, and leaves the column right")
  func invisible() {
    let found = check.findings(in: "a\u{200B}b CVE-22-1234")
    #expect(found.map(\.kind) == [.form] && found.map(\.column) == [5])
  }

  @Test("What the table does not hold is unknown, and said with its place")
  func unknown() {
    let found = check.findings(in: "# Title\n\nFirst line\nof CVE-1999-0001 and\nNIST SP 800-999 here.\n")
    #expect(found.map(\.kind) == [.unknown, .unknown])
    #expect(found.map(\.line) == [4, 5] && found.map(\.column) == [4, 1])
  }

  @Test("Each entry of the table has a form that is its issuer's")
  func entries() {
    #expect(table.entries.count >= 160)
    for entry in table.entries {
      guard let mention = CitationScanner.mentions(in: Array(entry.id.unicodeScalars)).first else { continue }
      #expect(mention.isWellFormed || entry.id.hasPrefix("GB "), "\(entry.id)")
      #expect(table.entry(mention)?.id == entry.id || entry.id.contains("Amd"), "\(entry.id) \(mention.id)")
    }
  }

  @Test("The product's own documents cite rightly")
  func documents() throws {
    for file in ReferenceDataTests.texts
    where file != "data/citations.yaml" && file.hasSuffix(".md") || file == "data/regulations.yaml" || file == "data/cases.yaml" {
      let text = try String(contentsOf: ReferenceDataTests.root.appending(path: file), encoding: .utf8)
      for finding in check.findings(in: text) where finding.kind != .unknown {
        Issue.record("\(file):\(finding.line): \(finding.kind) \(finding.citation) \(finding.arguments)")
      }
    }
  }
}
