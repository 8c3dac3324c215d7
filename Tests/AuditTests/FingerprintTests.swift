import Domain
import Testing

@testable import Audit

@Suite("Fingerprints")
struct FingerprintTests {
  private func fingerprint(
    control: String = "KVM-001", asset: String = "kvm-07", messageCase: String = "unsafe", arguments: [String: FactValue] = [:],
    fact: String = "a.fact", line: Int? = 1, value: FactValue = "N", path: String = "/sys/a"
  ) -> String {
    let evidence = Evidence(fact: fact, state: .present, value: value, source: .path(path, line: line))
    return Fingerprint.of(
      Samples.finding(
        Samples.control(control), .fail, asset: Samples.asset(asset), messageCase: messageCase, arguments: arguments, evidence: [evidence]))
  }

  @Test("The first 32 digits of SHA-256 over control, asset, subject and case, with zero bytes between them")
  func known() {
    #expect(fingerprint() == "474d5c01b18365f080429e0d9172da4e")
  }

  @Test("A line more, another value or another path do not change it")
  func stable() {
    #expect(fingerprint(line: 17) == fingerprint())
    #expect(fingerprint(line: nil) == fingerprint())
    #expect(fingerprint(value: "0") == fingerprint())
    #expect(fingerprint(path: "/srv/copy/sys/a") == fingerprint())
    #expect(fingerprint(fact: "configured.nics[0]") == fingerprint(fact: "configured.nics[4]"))
  }

  @Test("Control, asset, subject and case change it")
  func distinct() {
    let all = [
      fingerprint(), fingerprint(control: "KVM-002"), fingerprint(asset: "kvm-08"), fingerprint(messageCase: "off"),
      fingerprint(fact: "b.fact"),
      fingerprint(arguments: ["device": "net0"]), fingerprint(arguments: ["device": "net1"]), fingerprint(arguments: ["key": "vnc_listen"]),
    ]
    #expect(Set(all).count == all.count)
  }

  @Test("What a rule calls the device counts, not where it stands")
  func device() {
    #expect(
      fingerprint(arguments: ["device": "net1"], fact: "configured.nics[0]")
        == fingerprint(arguments: ["device": "net1"], fact: "configured.nics[3]"))
  }
}
