internal import Domain

/// One statement of a file below /sys/devices/system/cpu/vulnerabilities.
///
/// The files are sentences, not values: "Mitigation: PTE Inversion; VMX: conditional cache flushes, SMT vulnerable" makes three statements,
/// and the last one says that the first does not hold for guests that share a core. Source: arch/x86/kernel/cpu/bugs.c,
/// arch/arm64/kernel/proton-pack.c, arch/powerpc/kernel/security.c.
struct VulnerabilityClause: Hashable {
  enum State: String, Hashable {
    case notAffected = "not affected"
    case mitigation
    case vulnerable
    case unknown
    /// A detail that says nothing about safety by itself ("RSB filling", "IBPB: conditional").
    case detail
  }

  /// What the statement is about where it does not speak of the whole: "SMT", "KVM", "VMX", "BHI", "Processor", ...
  let scope: String?
  let state: State
  /// Text of the statement without its scope.
  let detail: String

  /// The statements of one file's text, in order. Empty for an empty text.
  static func parse(_ text: String) -> [VulnerabilityClause] {
    split(text).enumerated().map { clause($0.element, isFirst: $0.offset == 0) }
  }

  /// Parts between semicolons and commas; those inside parentheses do not divide.
  private static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var depth = 0
    for character in text {
      switch character {
      case "(": depth += 1
      case ")": depth = max(0, depth - 1)
      case ";" where depth == 0, "," where depth == 0:
        parts.append(part.trimmed)
        part = ""
        continue
      default: break
      }
      part.append(character)
    }
    parts.append(part.trimmed)
    return parts.filter { !$0.isEmpty }
  }

  private static func clause(_ text: String, isFirst: Bool) -> VulnerabilityClause {
    let (scope, body) = scoped(text)
    let lower = body.lowercased()
    let state: State
    if lower.hasPrefix("not affected") || lower.hasPrefix("not vulnerable") {
      state = .notAffected
    } else if lower.hasPrefix("mitigation") {
      // "Mitigation: None", and "Mitigation: Vulnerable, KVM: Not affected" of indirect target selection.
      let how = lower.dropFirst("mitigation".count).drop { $0 == ":" || $0 == " " }
      let isNone = how == "none" || how.hasPrefix("vulnerable") || how.hasSuffix("vulnerable module loaded")
      state = isNone ? .vulnerable : .mitigation
    } else if lower.split(whereSeparator: { !$0.isLetter }).contains("vulnerable") || lower.hasPrefix("but not ") {
      // "Vulnerable: ...", "SMT vulnerable", and "but not BHB" of arm64.
      state = .vulnerable
    } else if lower.hasPrefix("unknown") || lower.hasSuffix("unknown") {
      state = .unknown
    } else if scope == "SMT" {
      // "SMT disabled", "SMT mitigated", "SMT enabled with STIBP protection".
      state = lower.hasPrefix("disabled") || lower.hasPrefix("mitigated") || lower.hasSuffix("protection") ? .mitigation : .unknown
    } else {
      state = .detail
    }
    return VulnerabilityClause(scope: scope, state: state, detail: body)
  }

  /// "KVM: Mitigation: VMX disabled" is about KVM; "SMT vulnerable" and "Processor vulnerable" name their subject without a colon.
  private static func scoped(_ text: String) -> (String?, String) {
    for subject in ["SMT", "Processor"] where text.hasPrefix(subject + " ") {
      return (subject, text.dropFirst(subject.count + 1).trimmed)
    }
    guard let colon = text.firstIndex(of: ":") else { return (nil, text) }
    let name = text[..<colon]
    let isWord = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    guard isWord, !["mitigation", "vulnerable", "unknown"].contains(name.lowercased()) else { return (nil, text) }
    return (String(name), text[text.index(after: colon)...].trimmed)
  }

  var value: FactValue {
    var members: [FactValue.Member] = []
    if let scope { members.append(.init("scope", .string(scope))) }
    members.append(.init("state", .string(state.rawValue)))
    members.append(.init("detail", .string(detail)))
    return .object(members)
  }
}

extension HostFacts {
  private static let vulnerabilityFolder = "/sys/devices/system/cpu/vulnerabilities"

  /// Files that a control of their own judges; each has a fact whether or not the kernel knows it.
  private static let knownVulnerabilities = [
    "l1tf", "mds", "meltdown", "spectre_v1", "spectre_v2", "spec_store_bypass", "tsx_async_abort", "itlb_multihit", "srbds",
    "mmio_stale_data", "retbleed", "spec_rstack_overflow", "gather_data_sampling", "reg_file_data_sampling", "indirect_target_selection",
    "tsa", "vmscape", "old_microcode",
  ]

  /// Facts `cpu.vulnerabilities` (names of the files) and `cpu.vulnerabilities.NAME` ({text, clauses}).
  mutating func readVulnerabilities() {
    let folder = Self.vulnerabilityFolder
    var names: [String] = []
    do throws(Tree.Failure) {
      names = try tree.names(in: folder)
      self["cpu.vulnerabilities"] = .present(.array(names.map { .string($0) }), .path(folder))
    } catch {
      self["cpu.vulnerabilities"] = fact(folder, failed: error, within: "/sys/devices/system/cpu")
      if !tree.isLive, !tree.exists(folder) { self["cpu.vulnerabilities"] = .notCollected("not-given", .path(folder)) }
    }
    for name in Self.knownVulnerabilities + names.filter({ !Self.knownVulnerabilities.contains($0) }) {
      let fact = "cpu.vulnerabilities." + name
      read(fact, folder + "/" + name, within: folder)
      if let text = self[fact]?.value?.text {
        self[fact] = .present(
          ["text": .string(text), "clauses": .array(VulnerabilityClause.parse(text).map(\.value))],
          .path(folder + "/" + name, line: 1, column: 1))
      }
    }
  }
}
