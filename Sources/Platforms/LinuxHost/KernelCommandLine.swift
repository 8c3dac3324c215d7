internal import Domain

/// The kernel's command line, split as the kernel splits it: at blanks outside quotes, up to a lone `--`, after which words are init's.
///
/// Names are normalised: the kernel takes `-` and `_` in a parameter's name as the same character.
/// Source: lib/cmdline.c (next_arg), kernel/params.c (parse_args, parameq).
struct KernelCommandLine {
  struct Parameter: Hashable {
    let name: String
    /// Text after `=`, quotes removed; empty for a parameter without one.
    let value: String
    /// Column of the parameter's first byte, from 1.
    let column: Int
  }

  let parameters: [Parameter]

  init(_ text: [UInt8]) {
    var parameters: [Parameter] = []
    var places = LinePlaces(of: text)
    var i = 0
    while i < text.count {
      if Self.isBlank(text[i]) {
        i += 1
        continue
      }
      let start = i
      var quoted = false
      var equals: Int?
      while i < text.count, quoted || !Self.isBlank(text[i]) {
        if text[i] == 0x22 { quoted.toggle() }
        if text[i] == 0x3D, equals == nil { equals = i }
        i += 1
      }
      let name = Self.unquoted(text[start..<(equals ?? i)])
      let value = equals.map { Self.unquoted(text[($0 + 1)..<i]) } ?? ""
      if name == "--" && equals == nil { break }
      parameters.append(Parameter(name: Self.normalised(name), value: value, column: places.at(start).column))
    }
    self.parameters = parameters
  }

  static func normalised(_ name: String) -> String {
    String(decoding: name.utf8.map { $0 == 0x2D ? 0x5F : $0 }, as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String {
    var part = bytes
    if part.first == 0x22 { part.removeFirst() }
    if part.last == 0x22 { part.removeLast() }
    return String(decoding: part, as: UTF8.self)
  }
}

extension HostFacts {
  static let commandLinePath = "/proc/cmdline"

  /// Parameters that policies ask for; each has a fact whether or not it was given.
  private static let known = [
    "mitigations", "l1tf", "mds", "tsx_async_abort", "mmio_stale_data", "retbleed", "spectre_v2", "spectre_v2_user", "spectre_bhi",
    "spec_store_bypass_disable", "nospec_store_bypass_disable", "srbds", "gather_data_sampling", "reg_file_data_sampling",
    "spec_rstack_overflow", "indirect_target_selection", "tsa", "vmscape", "nospectre_v1", "nospectre_v2", "nospectre_bhb", "nopti", "pti",
    "kpti", "ssbd", "iommu", "iommu.passthrough", "iommu.strict", "intel_iommu", "amd_iommu", "intremap", "nointremap", "pci",
    "pcie_acs_override", "efi", "lockdown", "module.sig_enforce", "init_on_alloc", "init_on_free", "nosmt",
  ]

  /// Facts `cmdline` (every parameter in order) and `cmdline.NAME` (the values of one, in order).
  mutating func readCommandLine() {
    let path = Self.commandLinePath
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try tree.bytes(path, limit: 1 << 20)
    } catch {
      let failed = error == .notFound || error == .notGiven ? missingInstance(.path(path)) : Fact.unreadable(error.why, .path(path))
      self["cmdline"] = failed
      for name in Self.known { self["cmdline." + name] = failed }
      return
    }
    let line = KernelCommandLine(bytes)
    self["cmdline"] = .present(
      .array(
        line.parameters.map { ["name": .string($0.name), "value": .string($0.value), "column": .int(Int64($0.column))] }),
      .path(path, line: 1, column: 1))
    for name in Self.known { self["cmdline." + name] = .absent(.path(path, line: 1)) }
    for (name, uses) in Dictionary(grouping: line.parameters, by: \.name) {
      self["cmdline." + name] = .present(
        .array(uses.map { .string($0.value) }), sources: uses.map { .path(path, line: 1, column: $0.column) })
    }
  }
}
