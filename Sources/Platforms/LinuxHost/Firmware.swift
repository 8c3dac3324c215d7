internal import Domain

extension HostFacts {
  private static let variables = "/sys/firmware/efi/efivars"
  private static let secureBoot = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
  /// 1 where `mokutil --disable-validation` switched off shim's checks. Source: drivers/firmware/efi/libstub/secureboot.c.
  private static let shimState = "MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"

  /// Facts `efi` (true; absent on a machine started without UEFI), `efi.secure_boot` and `efi.shim_insecure` (0 or 1), `tpm.chips`
  /// ([{name, major}]).
  mutating func readFirmware() {
    let folder = "/sys/firmware/efi"
    self["efi"] = tree.exists(folder) ? .present(true, .path(folder)) : missing(.path(folder), within: "/sys/firmware")
    readVariable("efi.secure_boot", Self.secureBoot)
    readVariable("efi.shim_insecure", Self.shimState)
    if let state = self["efi.secure_boot"]?.state, state == .notCollected || state == .unreadable, self["efi"]?.state != .absent {
      readSecureBootTool()
    }
    readTPM()
  }

  /// The last byte of a variable: four bytes of attributes stand before the data.
  private mutating func readVariable(_ name: String, _ variable: String) {
    let path = Self.variables + "/" + variable
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(path, limit: 64 << 10)
      guard bytes.count >= 5 else {
        self[name] = .unreadable("malformed", .path(path))
        return
      }
      self[name] = .present(.int(Int64(bytes[bytes.count - 1])), .path(path))
    } catch {
      self[name] = fact(path, failed: error, within: Self.variables)
      // An empty folder is one where efivarfs is not mounted.
      if self[name]?.state == .absent, (try? tree.names(in: Self.variables))?.isEmpty != false {
        self[name] = .notCollected("not-mounted", .path(Self.variables))
      }
      if self["efi"]?.state == .absent { self[name] = .absent(.path(path)) }
    }
  }

  /// Where the variables cannot be read: the answer of `mokutil --sb-state`.
  private mutating func readSecureBootTool() {
    guard let output = try? tree.output(of: "mokutil", ["--sb-state"]) else { return }
    for (number, line) in NumberedLines(output.text) {
      let source = output.source(line: number)
      if line.hasPrefix("SecureBoot enabled") { self["efi.secure_boot"] = .present(1, source) }
      if line.hasPrefix("SecureBoot disabled") { self["efi.secure_boot"] = .present(0, source) }
      if line.contains("validation is disabled in shim") { self["efi.shim_insecure"] = .present(1, source) }
    }
    if self["efi.secure_boot"]?.state == .present, self["efi.shim_insecure"]?.state != .present {
      self["efi.shim_insecure"] = .absent(output.source)
    }
  }

  private mutating func readTPM() {
    let folder = "/sys/class/tpm"
    do throws(Tree.Failure) {
      let names = try tree.names(in: folder).filter { $0.hasPrefix("tpm") && !$0.hasPrefix("tpmrm") }
      let versions = names.map { "\(folder)/\($0)/tpm_version_major" }
      let chips: [FactValue] = zip(names, versions).map { name, path in
        ["name": .string(name), "major": (try? tree.line(path)).flatMap { Int64($0.trimmed) }.map { .int($0) } ?? .null]
      }
      let sources: [FactSource] = versions.map { .path($0, line: 1, column: 1) }
      self["tpm.chips"] = .present(.array(chips), sources: chips.isEmpty ? [.path(folder)] : sources)
    } catch {
      self["tpm.chips"] = fact(folder, failed: error, within: "/sys/class")
    }
  }
}
