import Domain
import Foundation
import Judgement
import Platforms
import Testing

/// The running kernel's own report, read a second time by other means.
@Suite("Vulnerabilities of this host")
struct LiveHostTests {
  static let folder = "/sys/devices/system/cpu/vulnerabilities"
  static let isReported = FileManager.default.fileExists(atPath: folder)

  /// Controls by the file they judge.
  static let controls = [
    "l1tf": "KVM-101", "mds": "KVM-102", "meltdown": "KVM-103", "spectre_v1": "KVM-104", "spectre_v2": "KVM-105",
    "spec_store_bypass": "KVM-106", "tsx_async_abort": "KVM-107", "itlb_multihit": "KVM-108", "srbds": "KVM-109",
    "mmio_stale_data": "KVM-110", "retbleed": "KVM-111", "spec_rstack_overflow": "KVM-112", "gather_data_sampling": "KVM-113",
    "reg_file_data_sampling": "KVM-114", "indirect_target_selection": "KVM-115", "tsa": "KVM-116", "vmscape": "KVM-117",
    "old_microcode": "KVM-084",
  ]

  /// What the text means for tenants who distrust each other, by looking for words alone.
  static func verdict(_ text: String) -> Verdict {
    let lower = text.lowercased()
    if lower.hasSuffix("vulnerable, kvm: not affected") { return .pass }
    if lower.contains("vulnerable") || lower == "mitigation: none" { return .fail }
    if lower.contains("unknown") { return .unknown }
    return lower.hasPrefix("not affected") || lower.hasPrefix("mitigation: ") || lower.hasPrefix("kvm: mitigation: ") ? .pass : .unknown
  }

  @Test("the verdict of each file is what the file says", .enabled(if: LiveHostTests.isReported, "the kernel reports none"))
  func everyFile() throws {
    let judge = try ControlTableTests.judge.get()
    let asset = try #require(LinuxHostCollector(tree: Tree()).collect(target: "host").assets.first)
    let made = try Judge(policies: judge.policies, parameters: judge.baseline.parameters)
    let findings = Dictionary(
      made.judge(asset, collected: Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0)).map { ($0.control.id, $0) },
      uniquingKeysWith: { first, _ in first })
    var others: [Verdict] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() {
      let text = try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      let expected = Self.verdict(text)
      guard let id = Self.controls[name] else {
        others.append(expected)
        continue
      }
      #expect(findings[id]?.verdict == expected, "\(name): \(text)")
      #expect(findings[id]?.evidence.first?.source == .path("\(Self.folder)/\(name)", line: 1, column: 1))
    }
    let rest: Verdict = others.isEmpty ? .notApplicable : others.contains(.fail) ? .fail : others.contains(.unknown) ? .unknown : .pass
    #expect(findings["KVM-199"]?.verdict == rest)
  }
}
