internal import Domain

extension HostFacts {
  /// Facts `qemu.labels` ([{pid, name, label, why?}]) and `qemu.users` ([{pid, name, uid, user, why?}]): how every process of a system
  /// emulator is confined and as whom it runs. A label is "" where the kernel has no security module that labels processes. Call after
  /// `readMandatoryAccess` and `readModules`.
  mutating func readGuestProcesses() {
    let names: [String]
    do throws(Tree.Failure) {
      names = try tree.names(in: "/proc").filter { Int32($0) != nil }
    } catch {
      for name in ["qemu.labels", "qemu.users"] {
        self[name] = error == .notFound || error == .notGiven ? missingInstance(.path("/proc")) : .unreadable(error.why, .path("/proc"))
      }
      return
    }
    if tree.isLive ? areOthersHidden(names) : names.isEmpty {
      // A saved tree without any process was not meant to tell.
      let fact = tree.isLive ? Fact.unreadable("permission", .path("/proc")) : .notCollected("not-given", .path("/proc"))
      self["qemu.labels"] = fact
      self["qemu.users"] = fact
      return
    }
    let accounts = Accounts(tree)
    var labels: [FactValue] = []
    var users: [FactValue] = []
    var labelSources: [FactSource] = []
    var userSources: [FactSource] = []
    for pid in names.sorted(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) {
      guard let program = emulator(pid) else { continue }
      let name = guestName(pid) ?? program
      let (label, labelSource) = label(pid, name)
      labels.append(label)
      labelSources.append(labelSource)
      let (user, userSource) = user(pid, name, accounts)
      users.append(user)
      userSources.append(userSource)
    }
    self["qemu.labels"] = .present(.array(labels), sources: labels.isEmpty ? [.path("/proc")] : labelSources)
    self["qemu.users"] = .present(.array(users), sources: users.isEmpty ? [.path("/proc")] : userSources)
  }

  /// procfs mounted with hidepid shows an ordinary user his own processes alone: 2 leaves the others out, 1 refuses to read them.
  private func areOthersHidden(_ names: [String]) -> Bool {
    guard names.contains("1") else { return true }
    do throws(Tree.Failure) {
      _ = try tree.bytes("/proc/1/comm", limit: 4096)
      return false
    } catch {
      return error == .permission
    }
  }

  /// The program's name where the process is a system emulator: by its first argument, else by the name the kernel keeps.
  private func emulator(_ pid: String) -> String? {
    let arguments = (try? tree.bytes("/proc/\(pid)/cmdline", limit: 2 << 20)) ?? []
    let first = String(decoding: arguments.prefix { $0 != 0 }, as: UTF8.self)
    var program = first.split(separator: "/").last.map(String.init) ?? ""
    if program.isEmpty { program = (try? tree.line("/proc/\(pid)/comm")) ?? "" }
    let isEmulator = program.hasPrefix("qemu-system-") || program == "qemu-kvm" || program == "kvm" || program == "qemu-system"
    return isEmulator ? program : nil
  }

  /// The guest's name from `-name guest=NAME,...` or `-name NAME`.
  private func guestName(_ pid: String) -> String? {
    guard let bytes = try? tree.bytes("/proc/\(pid)/cmdline", limit: 2 << 20) else { return nil }
    let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    guard let at = arguments.firstIndex(where: { $0 == "-name" || $0 == "--name" }), at + 1 < arguments.count else { return nil }
    let first = arguments[at + 1].split(separator: ",").first ?? ""
    return first.hasPrefix("guest=") ? String(first.dropFirst(6)) : String(first)
  }

  private func label(_ pid: String, _ name: String) -> (FactValue, FactSource) {
    let path = "/proc/\(pid)/attr/current"
    var members: [FactValue.Member] = [.init("pid", .int(Int64(pid) ?? 0)), .init("name", .string(name))]
    do throws(Tree.Failure) {
      let text = String(decoding: try tree.bytes(path, limit: 4096).filter { $0 != 0 }, as: UTF8.self)
      members.append(.init("label", .string(text.trimmed)))
    } catch {
      // Without a labelling security module the kernel answers EINVAL.
      let hasNoModule = self["selinux.enforce"]?.state == .absent && self["module.apparmor.enabled"]?.value?.text != "Y"
      if error == .io && hasNoModule {
        members.append(.init("label", ""))
      } else {
        members.append(.init("label", .null))
        members.append(.init("why", .string(error.why)))
      }
    }
    return (.object(members), .path(path, line: 1, column: 1))
  }

  private func user(_ pid: String, _ name: String, _ accounts: Accounts) -> (FactValue, FactSource) {
    let path = "/proc/\(pid)/status"
    var members: [FactValue.Member] = [.init("pid", .int(Int64(pid) ?? 0)), .init("name", .string(name))]
    do throws(Tree.Failure) {
      for (number, line) in NumberedLines(try tree.line(path)) where line.hasPrefix("Uid:") {
        // Real, effective, saved and file system id: one of them being 0 is enough to become root again.
        let ids = line.words.dropFirst().compactMap { Int64($0) }
        guard ids.count == 4 else { break }
        members.append(.init("uids", .array(ids.map { .int($0) })))
        members.append(.init("user", UInt32(exactly: ids[1]).flatMap(accounts.user).map { .string($0) } ?? .string(String(ids[1]))))
        return (.object(members), .path(path, line: number, column: 1))
      }
      members.append(.init("why", "malformed"))
    } catch {
      members.append(.init("why", .string(error.why)))
    }
    members.append(.init("uids", .null))
    return (.object(members), .path(path))
  }
}
