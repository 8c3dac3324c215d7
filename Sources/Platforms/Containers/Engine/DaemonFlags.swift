internal import Domain

/// dockerd's command line, read as its flags are (spf13/pflag), under the names that daemon.json has for the same settings.
///
/// Source: docs.docker.com, "dockerd", options and daemon configuration file.
struct DaemonFlags: Sendable {
  /// Values by setting: a flag, a text, or the list of a flag that may be repeated.
  private(set) var values: [String: FactValue] = [:]
  let sources: [FactSource]

  /// Settings that are true or false.
  static let switches: Set<String> = [
    "debug", "experimental", "icc", "ip-forward", "ip-masq", "iptables", "ip6tables", "ipv6", "live-restore", "no-new-privileges",
    "raw-logs", "selinux-enabled", "tls", "tlsverify", "userland-proxy", "init", "allow-direct-routing",
  ]
  /// Flags that may be repeated, with their names in daemon.json.
  static let lists: [String: String] = [
    "host": "hosts", "insecure-registry": "insecure-registries", "authorization-plugin": "authorization-plugins",
    "registry-mirror": "registry-mirrors", "label": "labels", "dns": "dns", "add-runtime": "add-runtime", "storage-opt": "storage-opts",
    "log-opt": "log-opts", "exec-opt": "exec-opts", "default-ulimit": "default-ulimits",
  ]
  private static let letters: [Character: String] = [
    "H": "host", "D": "debug", "l": "log-level", "G": "group", "g": "data-root", "p": "pidfile", "b": "bridge", "s": "storage-driver",
    "v": "version",
  ]

  /// - Parameter words: without the program's name.
  init(_ words: [String], sources: [FactSource]) {
    self.sources = sources
    var rest = Array(words.reversed())
    while let word = rest.popLast() {
      if word == "--" { return }
      if word.hasPrefix("--") {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        take(parts[0], parts.count > 1 ? parts[1] : nil, &rest)
      } else if word.hasPrefix("-") {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
          guard let name = Self.letters[letter] else { continue }
          if Self.switches.contains(name) || name == "version" {
            take(name, nil, &rest)
            continue
          }
          let value = letters.hasPrefix("=") ? letters.dropFirst() : letters
          take(name, value.isEmpty ? nil : String(value), &rest)
          break
        }
      }
    }
  }

  private mutating func take(_ flag: String, _ value: String?, _ rest: inout [String]) {
    if Self.switches.contains(flag) {
      // What is neither true nor false keeps the daemon from starting, and stands for neither.
      values[flag] = value.map { text in Self.flag(text).map { .bool($0) } ?? .string(text) } ?? true
      return
    }
    guard flag != "version", flag != "help", flag != "validate", let value = value ?? rest.popLast() else { return }
    if let name = Self.lists[flag] {
      values[name] = .array((values[name]?.elements ?? []) + [.string(value)])
    } else {
      values[flag] = .string(value)
    }
  }

  /// strconv.ParseBool of Go.
  static func flag(_ text: String) -> Bool? {
    if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
    return ["0", "f", "F", "FALSE", "false", "False"].contains(text) ? false : nil
  }
}

/// The command line of the machine's Docker daemon: of the process where it runs, else of the unit.
enum DockerDaemon {
  static let configuration = "/etc/docker/daemon.json"

  static func flags(_ tree: Tree, unit: SystemdUnit?) -> DaemonFlags? {
    for pid in ((try? tree.names(in: "/proc")) ?? []).compactMap({ Int32($0) }).sorted() {
      guard let command = try? tree.line("/proc/\(pid)/comm"), command == "dockerd" else { continue }
      guard let bytes = try? tree.bytes("/proc/\(pid)/cmdline", limit: 1 << 20) else { continue }
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      guard !words.isEmpty else { continue }
      return DaemonFlags(Array(words.dropFirst()), sources: [.path("/proc/\(pid)/cmdline", line: 1, column: 1)])
    }
    guard let unit, !unit.isMasked, let start = ServiceStart(unit, tree: tree) else { return nil }
    return DaemonFlags(start.words, sources: start.sources)
  }
}
