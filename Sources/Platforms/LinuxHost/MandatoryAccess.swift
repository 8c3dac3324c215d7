internal import Domain

extension HostFacts {
  private static let booleans = [
    "virt_use_nfs", "virt_use_usb", "virt_use_rawip", "virt_use_comm", "virt_use_execmem", "virt_sandbox_use_all_caps",
  ]

  /// Facts `securityfs.lockdown` (none, integrity, confidentiality), `selinux.enforce`, `selinux.booleans` ({NAME: on|off}),
  /// `apparmor.profiles` (names with their mode).
  mutating func readMandatoryAccess() {
    readLockdown()
    readNumber("selinux.enforce", "/sys/fs/selinux/enforce", within: "/sys/fs")
    readBooleans()
    readProfiles()
  }

  /// True where securityfs shows anything: an empty folder is one where it is not mounted.
  private var hasSecurityFiles: Bool { (try? tree.names(in: "/sys/kernel/security"))?.isEmpty == false }

  /// A missing file of securityfs means something only where the file system is mounted.
  private func missingSecurityFile(_ path: String) -> Fact {
    if hasSecurityFiles { return .absent(.path(path)) }
    return .notCollected(tree.isLive ? "not-mounted" : "not-given", .path(path))
  }

  /// "none [integrity] confidentiality": the word in brackets is in force.
  private mutating func readLockdown() {
    let path = "/sys/kernel/security/lockdown"
    do throws(Tree.Failure) {
      let text = try tree.line(path)
      guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") else {
        self["securityfs.lockdown"] = .unreadable("malformed", .path(path, line: 1))
        return
      }
      let column = text[..<open].utf8.columnBehind
      self["securityfs.lockdown"] = .present(
        .string(String(text[text.index(after: open)..<close])), .path(path, line: 1, column: column))
    } catch {
      self["securityfs.lockdown"] =
        error == .notFound || error == .notGiven ? missingSecurityFile(path) : .unreadable(error.why, .path(path))
    }
  }

  /// From selinuxfs, where each file holds the current and the pending value; else from recorded output of getsebool.
  private mutating func readBooleans() {
    let folder = "/sys/fs/selinux/booleans"
    var found: [FactValue.Member] = []
    var sources: [FactSource] = []
    var failure: Fact?
    for name in Self.booleans {
      let path = folder + "/" + name
      do throws(Tree.Failure) {
        let isOn = try tree.line(path).words.first == "1"
        found.append(.init(name, .string(isOn ? "on" : "off")))
        sources.append(.path(path, line: 1, column: 1))
      } catch {
        if error != .notFound && error != .notGiven { failure = .unreadable(error.why, .path(path)) }
      }
    }
    if let failure {
      self["selinux.booleans"] = failure
    } else if !found.isEmpty || tree.exists(folder) {
      self["selinux.booleans"] = .present(.object(found), sources: found.isEmpty ? [.path(folder)] : sources)
    } else if !tree.isLive, let output = try? tree.output(of: "getsebool", ["-a"]) {
      for (number, line) in NumberedLines(output.text) {
        let words = line.words
        guard words.count == 3, words[1] == "-->", Self.booleans.contains(words[0]) else { continue }
        found.append(.init(words[0], .string(words[2])))
        sources.append(output.source(line: number))
      }
      self["selinux.booleans"] = .present(.object(found), sources: found.isEmpty ? [output.source] : sources)
    } else {
      self["selinux.booleans"] = missing(.path(folder), within: "/sys/fs")
    }
  }

  private mutating func readProfiles() {
    let path = "/sys/kernel/security/apparmor/profiles"
    do throws(Tree.Failure) {
      let text = String(decoding: try tree.bytes(path), as: UTF8.self)
      let profiles = text.split(separator: "\n").map { FactValue.string(String($0)) }
      self["apparmor.profiles"] = .present(.array(profiles), .path(path))
    } catch {
      self["apparmor.profiles"] =
        error == .notFound || error == .notGiven ? missingSecurityFile(path) : .unreadable(error.why, .path(path))
    }
  }
}
