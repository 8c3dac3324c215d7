internal import Domain

/// A libvirt daemon that runs.
struct DaemonProcess: Sendable, Hashable {
  let pid: Int32
  let daemon: String
  let arguments: DaemonArguments
  /// Path of its configuration file as this process sees it.
  let configuration: String
  /// "/proc/PID/root" for a daemon with mounts of its own, as in a container; "" for one that sees the machine's files.
  let root: String
  /// Whether systemd handed it its sockets; nil where its environment may not be read.
  let isActivated: Bool?

  var source: FactSource { .path("/proc/\(pid)/cmdline", line: 1, column: 1) }

  /// Every libvirt daemon of the tree; nil where it holds no /proc.
  static func all(in tree: Tree) -> [DaemonProcess]? {
    guard let names = try? tree.names(in: "/proc") else { return nil }
    var found: [DaemonProcess] = []
    for pid in names.compactMap({ Int32($0) }).sorted() {
      guard let command = try? tree.line("/proc/\(pid)/comm"), LibvirtDaemon.named(command) != nil else { continue }
      guard let bytes = try? tree.bytes("/proc/\(pid)/cmdline", limit: 1 << 20) else { continue }
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      // A forked child that has not executed its program yet has the same name and an empty command line.
      guard !words.isEmpty else { continue }
      let arguments = DaemonArguments(Array(words.dropFirst()))
      let root = hasOwnMounts(pid, tree) ? "/proc/\(pid)/root" : ""
      let file = arguments.configuration.map { absolute($0, pid, tree) } ?? "/etc/libvirt/\(command).conf"
      found.append(
        DaemonProcess(
          pid: pid, daemon: command, arguments: arguments, configuration: root + file, root: root, isActivated: activation(pid, tree)))
    }
    return found
  }

  private static func absolute(_ path: String, _ pid: Int32, _ tree: Tree) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = try? tree.link("/proc/\(pid)/cwd") else { return "/" + path }
    return folder == "/" ? "/" + path : folder + "/" + path
  }

  private static func hasOwnMounts(_ pid: Int32, _ tree: Tree) -> Bool {
    guard tree.isLive, let own = try? tree.link("/proc/self/ns/mnt"), let other = try? tree.link("/proc/\(pid)/ns/mnt") else {
      return false
    }
    return own != other
  }

  private static func activation(_ pid: Int32, _ tree: Tree) -> Bool? {
    guard let bytes = try? tree.bytes("/proc/\(pid)/environ", limit: 1 << 20) else { return nil }
    return bytes.split(separator: 0).contains { $0.starts(with: Array("LISTEN_FDS=".utf8)) }
  }
}

/// Listening TCP sockets of the machine, from /proc/net/tcp and tcp6.
struct ListeningPorts: Sendable {
  struct Listener: Sendable, Hashable {
    let address: String
    let port: Int
    /// Number that links of the owner's /proc/PID/fd name, as "socket:[N]".
    let inode: String
    let source: FactSource
  }

  /// nil where the tree holds neither file.
  let listeners: [Listener]?

  /// - Parameter folder: /proc/net, or /proc/PID/net for the network namespace of a process.
  init(_ tree: Tree, folder: String = "/proc/net") {
    var found: [Listener] = []
    var wasRead = false
    for path in ["\(folder)/tcp", "\(folder)/tcp6"] {
      guard let bytes = try? tree.bytes(path) else { continue }
      wasRead = true
      for (i, line) in bytes.split(separator: 0x0A).enumerated() {
        let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard fields.count > 3, fields[3] == "0A" else { continue }
        let local = fields[1].split(separator: ":")
        guard local.count == 2, let port = Int(local[1], radix: 16) else { continue }
        found.append(
          Listener(
            address: Self.address(local[0]), port: port, inode: fields.count > 9 ? String(fields[9]) : "",
            source: .path(path, line: i + 1, column: 1)))
      }
    }
    listeners = wasRead ? found : nil
  }

  /// The kernel prints words of four bytes, each as the machine's own (little-endian) number.
  private static func address(_ digits: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = digits
    while rest.count >= 8 {
      let word = UInt32(rest.prefix(8), radix: 16) ?? 0
      rest = rest.dropFirst(8)
      bytes += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
    if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
    if bytes.allSatisfy({ $0 == 0 }) { return "::" }
    if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes.last == 1 { return "::1" }
    let groups = stride(from: 0, to: bytes.count - 1, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
    return groups.joined(separator: ":")
  }
}
