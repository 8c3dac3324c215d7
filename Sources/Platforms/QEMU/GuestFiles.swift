internal import Domain

/// Files that a QEMU process reads or serves, and which users of the host can change or reach them.
struct GuestFiles {
  private let pid: Int32
  private let tree: Tree

  init(_ pid: Int32, _ tree: Tree) {
    self.pid = pid
    self.tree = tree
  }

  // MARK: - Files handed to the guest

  /// process.guestFiles: of each file the first part of its path that somebody other than root owns or can write to.
  func facts(_ files: [(option: String, path: String, source: FactSource)]) -> Fact {
    var list = FactList()
    for file in files {
      let path = absolute(file.path)
      switch firstWeakness(path) {
      case .failure(let fact): return fact
      case .found(let problem, let place):
        var members: [FactValue.Member] = [
          .init("option", .string(file.option)), .init("path", .string(path)), .init("problem", .string(problem)),
        ]
        if let place { members.append(.init("place", .string(place))) }
        list.append(members, file.source)
      }
    }
    return list.fact(emptyAt: .path("/proc/\(pid)/cmdline"))
  }

  private enum Weakness {
    /// "none", "owner" or "writable", and the path it holds for.
    case found(String, String?)
    case failure(Fact)
  }

  private func firstWeakness(_ path: String) -> Weakness {
    var prefix = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
      prefix += "/" + part
      let isLast = prefix.utf8.count == path.utf8.count
      let fact = FileAccess(tree).fact(prefix)
      guard let value = fact.value, let mode = value["mode"]?.text.flatMap({ UInt32($0, radix: 8) }), let owner = value["uid"]?.integer
      else {
        // In a saved tree the listing may name the file and not its folders.
        if !isLast, fact.state == .absent || fact.state == .notCollected, !tree.isLive { continue }
        return .failure(fact)
      }
      if owner != 0 { return .found("owner", prefix) }
      // In a folder with the sticky bit others can add files, and not replace this one.
      if mode & 0o022 != 0, isLast || mode & 0o1000 == 0 { return .found("writable", prefix) }
    }
    return .found("none", nil)
  }

  private func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = tree.linkText("/proc/\(pid)/cwd") ?? ""
    return (folder == "/" ? "" : folder) + "/" + path
  }

  // MARK: - Sockets of monitors

  /// process.monitorSockets: who can open the Unix sockets that monitors listen on: "owner", "group" or "others".
  /// Source: unix(7): connecting needs write permission on the socket and search permission on every folder above it.
  func sockets(_ monitors: [Monitors.Monitor]) -> Fact {
    var list = FactList()
    for monitor in monitors {
      guard monitor.device.type == "unix", monitor.device.mode == "bind", !monitor.device.isAbstract, let path = monitor.device.address
      else { continue }
      let fact = reach(absolute(path))
      guard fact.state == .present, let reach = fact.value else { return fact }
      list.append([.init("path", .string(path)), .init("reach", reach)], monitor.source)
    }
    return list.fact(emptyAt: .path("/proc/\(pid)/cmdline"))
  }

  private func reach(_ path: String) -> Fact {
    // The socket lies in the mount namespace of the process.
    let seen = tree.isLive && tree.exists("/proc/\(pid)/root\(path)") ? "/proc/\(pid)/root" : ""
    var forGroup = true
    var forOthers = true
    var prefix = ""
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    for (index, part) in parts.enumerated() {
      prefix += "/" + part
      let fact = FileAccess(tree).fact(seen + prefix)
      guard let mode = fact.value?["mode"]?.text.flatMap({ UInt32($0, radix: 8) }) else {
        if index + 1 < parts.count, !tree.isLive { continue }
        return fact.state == .absent ? .notCollected("not-given", .path(path)) : fact
      }
      let needed: UInt32 = index + 1 == parts.count ? 0o2 : 0o1
      if mode >> 3 & needed == 0 { forGroup = false }
      if mode & needed == 0 { forOthers = false }
    }
    return .present(.string(forOthers ? "others" : forGroup ? "group" : "owner"), .path(path))
  }
}
