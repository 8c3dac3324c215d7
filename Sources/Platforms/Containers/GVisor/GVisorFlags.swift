internal import Domain

/// Flags that gVisor's runsc is started with: facts `flags` (each as {name, value}) and `flag.NAME` of those that controls read.
///
/// Source: gVisor, runsc/config/flags.go.
struct GVisorFlags {
  static let names = [
    "allow-flag-override", "allow-packet-socket-write", "allow-suid", "character-device-policy", "directfs", "fsgofer-host-uds",
    "host-fifo",
    "host-uds", "ignore-cgroups", "net-raw", "network", "nvproxy", "nvproxy-allow-unsupported-driver", "overlay", "overlay2", "platform",
    "rootless",
  ]
  /// Flags whose value may only follow an equals sign; any other takes the next word.
  private static let switches: Set<String> = [
    "TESTONLY-allow-packet-endpoint-write", "TESTONLY-unsafe-nonroot", "TESTONLY-nftables", "TESTONLY-afs-syscall-panic",
    "allow-flag-override",
    "allow-live-tcp-migration", "allow-packet-socket-write", "allow-rootfs-tar-annotation", "allow-suid", "alsologtostderr",
    "app-huge-pages",
    "buffer-pooling", "cpu-num-from-quota", "debug", "debug-to-user-log", "directfs", "enable-core-tags", "fsgofer-host-uds", "gso",
    "gvisor-gro", "gvisor-marker-file", "ignore-cgroups", "iouring", "log-packets", "net-raw", "nvproxy",
    "nvproxy-allow-unsupported-driver",
    "nvproxy-docker", "oci-seccomp", "overlay", "profile", "reproduce-nat", "reproduce-nftables", "rootless", "rx-checksum-offload",
    "software-gso", "strace", "strace-event", "systemd-cgroup", "systrap-disable-fast-path", "systrap-disable-syscall-patching",
    "tpuproxy", "tx-checksum-offload",
  ]

  struct Flag: Sendable, Hashable {
    let name: String
    let value: FactValue
    let source: FactSource
  }

  let flags: [Flag]
  /// Cited where a flag is not given.
  let nowhere: [FactSource]

  /// From the words of runtimeArgs, each with its place.
  init(arguments: [(text: String, source: FactSource)], nowhere: [FactSource]) {
    var flags: [Flag] = []
    var rest = Array(arguments.reversed())
    while let argument = rest.popLast() {
      guard argument.text.hasPrefix("-"), argument.text != "-", argument.text != "--" else { continue }
      let word = argument.text.drop { $0 == "-" }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count > 1 {
        flags.append(Flag(name: parts[0], value: Self.value(parts[1], of: parts[0]), source: argument.source))
      } else if Self.isSwitch(parts[0]) {
        flags.append(Flag(name: parts[0], value: true, source: argument.source))
      } else {
        flags.append(Flag(name: parts[0], value: Self.value(rest.popLast()?.text ?? "", of: parts[0]), source: argument.source))
      }
    }
    self.flags = flags
    self.nowhere = nowhere
  }

  /// From the table runsc_config of the shim's file: each key is a flag, each value its text.
  init(_ document: TOMLDocument, nowhere: [FactSource]) {
    flags = (document[["runsc_config"]]?.members ?? []).map { member in
      let name = String(member.key.drop { $0 == "-" })
      return Flag(
        name: name, value: member.value.text.map { Self.value($0, of: name) } ?? member.value,
        source: document.source(["runsc_config", member.key]))
    }
    self.nowhere = document[["runsc_config"]] == nil ? nowhere : [document.source(["runsc_config"])]
  }

  var facts: [String: Fact] {
    var facts: [String: Fact] = [:]
    facts["flags"] =
      flags.isEmpty
      ? .absent(sources: nowhere)
      : .present(.array(flags.map { .object(["name": .string($0.name), "value": $0.value]) }), sources: flags.map(\.source))
    for name in Self.names {
      // Of a flag that stands twice the last counts.
      facts["flag." + name] =
        flags.last { $0.name == name }.map { .present($0.value, $0.source) } ?? .absent(sources: nowhere)
    }
    return facts
  }

  /// The same fact under every name, where the flags themselves are not known.
  static func facts(all fact: Fact) -> [String: Fact] {
    var facts = ["flags": fact]
    for name in names { facts["flag." + name] = fact }
    return facts
  }

  private static func isSwitch(_ name: String) -> Bool { switches.contains(name) || name.hasPrefix("TESTONLY-") }

  /// strconv.ParseBool of Go for texts that are meant as true or false; 1 and 0 are that in switches alone.
  private static func value(_ text: String, of name: String) -> FactValue {
    switch text {
    case "true", "TRUE", "True", "t", "T": true
    case "false", "FALSE", "False", "f", "F": false
    case "1" where isSwitch(name): true
    case "0" where isSwitch(name): false
    default: .string(text)
    }
  }
}
