import Domain
import Foundation
import Judgement
import Testing

@testable import Waivers

@Suite("Waivers")
struct WaiverTests {
  private let samples: Samples

  init() throws { samples = try Samples() }

  @Test("A waiver that is in order waives the failing control, and nothing else")
  func valid() throws {
    let (decision, nested) = try samples.decision(try samples.signed(samples.waiver()))
    #expect(decision.findings.isEmpty)
    let grant = try #require(decision.grant(nested))
    #expect(grant.waiver.id == "W-1" && grant.daysLeft == 34)
    #expect(decision.grant(samples.finding(samples.guardian, .pass)) == nil)
    #expect(decision.outcomes.map(\.covers) == [1] && decision.outcomes.allSatisfy(\.isInForce))
  }

  @Test("The term is the half-open time from start to end")
  func term() throws {
    let signed = try samples.signed(samples.waiver())
    #expect(samples.defects(signed, now: Instant("2026-10-31T23:59:59Z")) == ["notYetValid"])
    #expect(samples.defects(signed, now: Instant("2026-11-01T00:00:00Z")) == [])
    #expect(samples.defects(signed, now: Instant("2026-12-30T23:59:59Z")) == [])
    #expect(samples.defects(signed, now: Instant("2026-12-31T00:00:00Z")) == ["expired"])
  }

  @Test("Each signature is needed")
  func unsigned() throws {
    let waiver = samples.waiver()
    #expect(samples.defects(try samples.signed(waiver, by: [samples.requester, samples.approvers[0]])) == ["unsigned"])
    #expect(samples.defects(try samples.signed(waiver, by: [])) == ["unsigned", "unsigned", "unsigned"])
  }

  @Test("A changed document, a foreign signature and a flipped bit are wrong signatures")
  func wronglySigned() throws {
    let signed = try samples.signed(samples.waiver())
    let longer = SignedWaiver(file: signed.file, waiver: samples.waiver(end: "2027-01-31T00:00:00Z"), signatures: signed.signatures)
    #expect(samples.defects(longer) == ["wronglySigned", "wronglySigned", "wronglySigned"])
    for (index, key) in ([samples.requester] + samples.approvers).enumerated() {
      var signatures = signed.signatures
      signatures[key.verificationKey.id]?[1000 + index] ^= 1
      #expect(samples.defects(SignedWaiver(file: "x", waiver: signed.waiver, signatures: signatures)) == ["wronglySigned"])
    }
    var signatures = signed.signatures
    signatures[samples.requester.verificationKey.id] = signatures[samples.approvers[0].verificationKey.id]
    #expect(samples.defects(SignedWaiver(file: "x", waiver: signed.waiver, signatures: signatures)) == ["wronglySigned"])
    signatures[samples.requester.verificationKey.id] = []
    #expect(samples.defects(SignedWaiver(file: "x", waiver: signed.waiver, signatures: signatures)) == ["wronglySigned"])
  }

  @Test("A key that is revoked, unknown, of another role or of another owner does not count")
  func keys() throws {
    let signed = try samples.signed(samples.waiver())
    var revoked = samples.keys
    try revoked.revoke(samples.approvers[1].verificationKey.id, at: samples.now, reason: "lost")
    #expect(samples.defects(signed, keys: revoked) == ["revokedKey"])

    var fewer = TrustedKeys()
    try fewer.add(samples.requester.verificationKey, owner: "requester", roles: [.approve], at: samples.now)
    try fewer.add(samples.approvers[0].verificationKey, owner: "somebody", roles: [.approve], at: samples.now)
    #expect(samples.defects(signed, keys: fewer) == ["untrustedRole", "otherOwner", "untrustedKey"])
  }

  @Test("A field of the trusted-keys file that is misspelt is refused, with its place")
  func unknownFields() throws {
    let text = String(decoding: samples.keys.bytes, as: UTF8.self)
    #expect(try TrustedKeys(Array(text.utf8), file: "keys.json").entries.count == 3)
    for (from, to, place) in [
      ("\"added\"", "\"revokd\": {}, \"added\"", "/keys/0/revokd"), ("\"keys\"", "\"note\": 1, \"keys\"", "/note"),
    ] {
      let changed = text.replacing(from, with: to, maxReplacements: 1)
      let error = #expect(throws: DataError.self) { try TrustedKeys(Array(changed.utf8), file: "keys.json") }
      #expect(error?.message.contains("keys.json: \(place) is no field") == true, "\(error?.message ?? "")")
    }
  }

  @Test("Nobody stands in two places, whatever the waiver calls them")
  func selfApproval() throws {
    let requester = samples.signer(0)
    let same = try samples.signed(samples.waiver(approvers: [requester, samples.signer(1)]))
    #expect(samples.defects(same).contains("selfApproved"))
    let twice = try samples.signed(samples.waiver(approvers: [samples.signer(1), samples.signer(1)]))
    #expect(samples.defects(twice) == ["selfApproved"])
    // Two keys of one owner are one person, however the name is written.
    for name in ["Approver A", " approver  a "] {
      var keys = samples.keys
      let key = try SigningKey()
      try keys.add(key.verificationKey, owner: name, roles: [.approve], at: samples.now)
      let again = samples.waiver(approvers: [samples.signer(1), Waiver.Signer(name: name, key: key.verificationKey.id)])
      let signed = try samples.signed(again, by: [samples.requester, samples.approvers[0], key])
      #expect(samples.defects(signed, keys: keys) == ["selfApproved"])
    }
    #expect(TrustedKeys.isOwner(" ") == false)
    for unseen in ["\u{200B}", "\u{202E}", "\u{1B}", "\u{85}", "\u{FEFF}"] { #expect(!TrustedKeys.isOwner("approver\(unseen) A")) }
    #expect(TrustedKeys.isOwner("审批人 é"))
    var keys = samples.keys
    let second = try SigningKey()
    try keys.add(second.verificationKey, owner: "approver A", roles: [.approve], at: samples.now)
    let other = Waiver.Signer(name: "approver A", key: second.verificationKey.id)
    let waiver = samples.waiver(approvers: [samples.signer(1), other])
    #expect(
      samples.defects(try samples.signed(waiver, by: [samples.requester, samples.approvers[0], second]), keys: keys) == ["selfApproved"])
  }

  @Test("Changed facts end the waiver, a moved line does not")
  func facts() throws {
    let signed = try samples.signed(samples.waiver())
    let (changed, finding) = try samples.decision(signed, nested: samples.finding(samples.nested, .fail, value: "1"))
    #expect(changed.findings.map(\.messageCase) == ["changedFact"] && changed.grant(finding) == nil)
    let (moved, same) = try samples.decision(signed, nested: samples.finding(samples.nested, .fail, line: 77))
    #expect(moved.findings.isEmpty && moved.grant(same) != nil)
  }

  @Test("What compensates must pass", arguments: [Verdict.fail, .unknown, .notApplicable, nil])
  func compensation(verdict: Verdict?) throws {
    let (decision, nested) = try samples.decision(try samples.signed(samples.waiver()), guardian: verdict)
    #expect(decision.grant(nested) == nil)
    #expect(decision.findings.map(\.control.id) == ["WVR-011"])
    #expect(decision.outcomes.map(\.isInForce) == [false])
  }

  @Test("What passes on one asset of the scope compensates nothing on another one", arguments: [Verdict.notApplicable, nil])
  func compensationElsewhere(verdict: Verdict?) throws {
    let other = Asset(id: "host:kvm-08", kind: .host, platform: "linux-kvm", name: "kvm-08")
    func moved(_ finding: Finding, to asset: Asset) -> Finding {
      Finding(
        control: finding.control, asset: asset, verdict: finding.verdict, reason: finding.reason, messageCase: finding.messageCase,
        arguments: finding.arguments, evidence: finding.evidence)
    }
    let here = samples.finding(samples.nested, .fail)
    let there = moved(here, to: other)
    let recorded = Waiver.RecordedFacts(control: "KVM-004", asset: other.id, sha256: FactDigest.of(there))
    let waiver = samples.waiver(assets: [samples.host.id, other.id], also: [recorded])
    var set = WaiverSet(
      [try samples.signed(waiver)], keys: samples.keys, rules: samples.rules, severities: ["KVM-004": .medium, "KVM-001": .high],
      now: samples.now)
    for asset in [samples.host, other] { set.observe(asset) }
    for finding in [here, there, samples.finding(samples.guardian, .pass)] { set.observe(finding) }
    if let verdict { set.observe(moved(samples.finding(samples.guardian, verdict), to: other)) }
    let decision = set.decide()
    #expect(decision.grant(here) != nil && decision.grant(there) == nil)
    #expect(decision.findings.map(\.control.id) == ["WVR-011"])
    #expect(decision.outcomes.map(\.covers) == [1])
  }

  @Test("Scopes that match nothing are told, and cost nothing else")
  func unmatched() throws {
    let (control, nested) = try samples.decision(try samples.signed(samples.waiver(controls: ["KVM-004", "KVM-999"])))
    #expect(control.findings.map(\.control.id) == ["WVR-008"] && control.grant(nested) != nil)
    let (asset, same) = try samples.decision(try samples.signed(samples.waiver(assets: ["host:kvm-07", "host:gone"])))
    #expect(asset.findings.map(\.control.id) == ["WVR-009"] && asset.grant(same) != nil)
    let (elsewhere, other) = try samples.decision(try samples.signed(samples.waiver(assets: ["host:gone"])), guardian: nil)
    #expect(elsewhere.findings.map(\.control.id) == ["WVR-009"] && elsewhere.grant(other) == nil)
  }

  @Test("A term longer than the severity allows waives nothing")
  func tooLong() throws {
    let (decision, nested) = try samples.decision(try samples.signed(samples.waiver(end: "2027-10-31T00:00:00Z")))
    #expect(decision.findings.map(\.control.id) == ["WVR-012"] && decision.grant(nested) == nil)
  }

  @Test("Unknown is never waived, and a pass needs no waiver")
  func verdicts() throws {
    let signed = try samples.signed(samples.waiver())
    let (unknown, finding) = try samples.decision(signed, nested: samples.finding(samples.nested, .unknown))
    #expect(unknown.grant(finding) == nil)
    let (passing, pass) = try samples.decision(signed, nested: samples.finding(samples.nested, .pass))
    #expect(passing.grant(pass) == nil && passing.findings.map(\.control.id) == ["WVR-013"])
  }

  @Test("Every defect has its finding, and every finding its texts in both languages")
  func texts() throws {
    let (signer, other) = (samples.signer(0), samples.signer(1))
    let defects: [WaiverDefect] = [
      .expired(end: samples.now), .notYetValid(start: samples.now), .unsigned(.request, signer), .wronglySigned(.approve, other),
      .untrustedKey(.request, signer), .untrustedRole(.request, signer), .otherOwner(signer, owner: "x"),
      .revokedKey(.request, signer, at: samples.now), .selfApproved(person: "x"), .unknownControl("X-1"), .unknownAsset("host:x"),
      .changedFact(control: "X-1", asset: "host:x"), .unrecordedFact(control: "X-1", asset: "host:x"),
      .failingCompensation(control: "X-1", asset: "host:x", verdict: .fail), .failingCompensation(control: "X-1", asset: nil, verdict: nil),
      .tooLong(control: "X-1", days: 9, longest: 3), .needless(control: "X-1", asset: "host:x"),
    ]
    let folder = try DataFolder(named: nil)
    let chinese = try YAMLDocument.read(try folder.bytes("data/text/zh-CN/waivers.yaml"), file: "waivers.yaml")
    let signed = try samples.signed(samples.waiver())
    for defect in defects {
      let finding = try #require(samples.rules.finding(defect, of: signed))
      let english = try #require(finding.control.messages[defect.messageCase], "\(defect.messageCase)")
      let translated = try #require(chinese[defect.id]?["messages"]?[defect.messageCase]?.text, "\(defect.messageCase)")
      for match in english.matches(of: /\{(\w+)\}/) {
        #expect(finding.arguments[String(match.1)] != nil, "\(defect.messageCase) \(match.1)")
        #expect(translated.contains(match.0))
      }
    }
    #expect(Set(defects.map(\.id)).sorted() == samples.rules.ids)
    #expect(chinese.members?.map(\.key) == samples.rules.ids)
  }
}
