internal import Domain

/// What the kernel says of a QEMU process, as facts `process.*` and `qemu.version` (docs/facts/qemu.md).
struct ProcessFacts {
  /// Every fact with the place it is read from; PID stands for the process.
  static let places = [
    "process.executable": "/proc/PID/exe", "process.users": "/proc/PID/status", "process.seccomp": "/proc/PID/status",
    "process.noNewPrivileges": "/proc/PID/status", "process.capabilities": "/proc/PID/status", "process.label": "/proc/PID/attr/current",
    "process.mountNamespace": "/proc/PID/ns/mnt", "process.root": "/proc/PID/root", "process.cgroup": "/proc/PID/cgroup",
    "process.kvm": "/proc/PID/fd", "process.listeners": "/proc/PID/net/tcp", "process.monitorSockets": "/proc/PID/root",
    "process.guestFiles": "/proc/PID/root", "qemu.version": "/var/lib/dpkg/status",
  ]

  private let pid: Int32
  private let tree: Tree
  private var folder: String { "/proc/\(pid)" }

  init(_ pid: Int32, _ tree: Tree) {
    self.pid = pid
    self.tree = tree
  }

  /// - Parameter arguments: nil when they could not be read.
  func facts(_ arguments: ArgumentFacts?) -> [String: Fact] {
    var facts: [String: Fact] = [
      "process.executable": executable,
      "process.label": text("attr/current"),
      "process.mountNamespace": mountNamespace,
      "process.root": link("root"),
      "process.cgroup": text("cgroup"),
      "qemu.version": version,
    ]
    facts.merge(status) { first, _ in first }
    facts.merge(descriptors) { first, _ in first }
    let files = GuestFiles(pid, tree)
    facts["process.guestFiles"] = arguments.map { files.facts($0.guestFiles) } ?? .unreadable("malformed", .path(folder + "/cmdline"))
    facts["process.monitorSockets"] = arguments.map { files.sockets($0.monitors) } ?? .unreadable("malformed", .path(folder + "/cmdline"))
    return facts
  }

  // MARK: - One file, one fact

  private func text(_ name: String) -> Fact {
    let path = "\(folder)/\(name)"
    let fact = tree.fact(path)
    guard case .string(let text)? = fact.value else { return fact }
    // A security module that is not there reads as an empty text, or as an invalid argument.
    let trimmed = String(text.prefix { $0 != "\0" })
    return trimmed.isEmpty ? .absent(.path(path)) : .present(.string(trimmed), .path(path, line: 1, column: 1))
  }

  private func link(_ name: String) -> Fact {
    let path = "\(folder)/\(name)"
    if let text = tree.linkText(path) { return .present(.string(text), .path(path)) }
    return failed(path)
  }

  /// Why a link could not be read: most often it may only be read by the owner and root.
  private func failed(_ path: String) -> Fact {
    do throws(Tree.Failure) {
      _ = try tree.link(path)
      return .unreadable("io", .path(path))
    } catch {
      return tree.fact(path, failed: error)
    }
  }

  private var executable: Fact {
    let path = folder + "/exe"
    guard let text = tree.linkText(path) else { return failed(path) }
    let isDeleted = text.hasSuffix(" (deleted)")
    return .present(["path": .string(QEMUCollector.withoutDeletion(text)), "deleted": .bool(isDeleted)], .path(path))
  }

  private var mountNamespace: Fact {
    let path = folder + "/ns/mnt"
    guard let own = tree.linkText(path) else { return failed(path) }
    guard let first = tree.linkText("/proc/1/ns/mnt") else { return failed("/proc/1/ns/mnt") }
    return .present(
      ["own": .string(own), "init": .string(first), "differs": .bool(own != first)], sources: [.path(path), .path("/proc/1/ns/mnt")])
  }

  // MARK: - /proc/PID/status

  private var status: [String: Fact] {
    let path = folder + "/status"
    var lines: [String: (value: Substring, source: FactSource)] = [:]
    let wanted = [
      "process.users": "Uid", "process.seccomp": "Seccomp", "process.noNewPrivileges": "NoNewPrivs", "process.capabilities": "CapEff",
    ]
    do throws(Tree.Failure) {
      let text = String(decoding: try tree.bytes(path, limit: 1 << 20), as: UTF8.self)
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        guard let colon = line.firstIndex(of: ":") else { continue }
        lines[String(line[..<colon])] = (line[line.index(after: colon)...], .path(path, line: index + 1, column: 1))
      }
    } catch {
      return wanted.mapValues { _ in tree.fact(path, failed: error) }
    }
    return Dictionary(
      uniqueKeysWithValues: wanted.map { name, key in
        guard let (value, source) = lines[key] else { return (name, Fact.absent(.path(path))) }
        let fields = value.split { $0 == "\t" || $0 == " " }
        guard let value = Self.value(name, fields) else { return (name, Fact.unreadable("malformed", source)) }
        return (name, Fact.present(value, source))
      })
  }

  private static func value(_ name: String, _ fields: [Substring]) -> FactValue? {
    switch name {
    case "process.users":
      let ids = fields.compactMap { Int64($0) }
      guard ids.count == 4 else { return nil }
      return ["real": .int(ids[0]), "effective": .int(ids[1]), "saved": .int(ids[2]), "filesystem": .int(ids[3])]
    case "process.seccomp":
      return ["0": "disabled", "1": "strict", "2": "filter"][fields.first ?? ""]
    case "process.noNewPrivileges":
      return fields.first.map { .bool($0 == "1") }
    default:
      return fields.first.map { .string(String($0)) }
    }
  }

  // MARK: - Descriptors

  /// The VM of KVM that it holds, and the TCP ports that it listens on.
  private var descriptors: [String: Fact] {
    let path = folder + "/fd"
    let links: [String]
    do throws(Tree.Failure) {
      links = try tree.names(in: path).compactMap { tree.linkText("\(path)/\($0)") }
    } catch {
      let fact = tree.fact(path, failed: error)
      return ["process.kvm": fact, "process.listeners": fact]
    }
    let kvm = Fact.present(.bool(links.contains { $0.hasPrefix("anon_inode:kvm-vm") }), .path(path))
    let sockets = Set(links.compactMap { $0.hasPrefix("socket:[") ? String($0.dropFirst(8).dropLast()) : nil })
    guard let listeners = ListeningPorts(tree, folder: folder + "/net").listeners else {
      return ["process.kvm": kvm, "process.listeners": .notCollected("not-given", .path(folder + "/net/tcp"))]
    }
    var list = FactList()
    for listener in listeners where sockets.contains(listener.inode) {
      list.append([.init("address", .string(listener.address)), .init("port", .int(Int64(listener.port)))], listener.source)
    }
    return ["process.kvm": kvm, "process.listeners": list.fact(emptyAt: .path(folder + "/net/tcp"))]
  }

  // MARK: - Version

  /// The version that the package manager installed, where the running program is the installed one.
  private var version: Fact {
    let database = "/var/lib/dpkg/status"
    guard let text = tree.linkText(folder + "/exe") else { return .notCollected("not-given", .path(folder + "/exe")) }
    guard text.hasPrefix("/usr/bin/qemu-system-") || text.hasPrefix("/usr/libexec/") else { return .notCollected("not-given", .path(text)) }
    guard let (version, line) = InstalledPackage.version(of: "qemu-system-common", in: tree, database) else {
      return .notCollected("not-given", .path(database))
    }
    return .present(.string(version), .path(database, line: line, column: 1))
  }
}

/// What dpkg has installed.
enum InstalledPackage {
  /// Upstream part of a package's version, "7.2" of "1:7.2+dfsg-7+deb12u18", with the line that says so.
  static func version(of package: String, in tree: Tree, _ database: String) -> (version: String, line: Int)? {
    guard let bytes = try? tree.bytes(database, limit: 64 << 20) else { return nil }
    let heading = Array("Package: \(package)".utf8)
    let key = Array("Version: ".utf8)
    var isInside = false
    var line = 0
    for text in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      if text.isEmpty { isInside = false } else if text.elementsEqual(heading) { isInside = true }
      guard isInside, text.starts(with: key) else { continue }
      let version = String(decoding: text.dropFirst(key.count), as: UTF8.self)
      let upstream = version.split(separator: ":").last ?? ""
      return (String(upstream.prefix { $0.isNumber || $0 == "." }), line)
    }
    return nil
  }
}
