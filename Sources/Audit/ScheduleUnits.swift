/// The systemd units that run an audit every so often (systemd.service(5), systemd.exec(5), systemd.timer(5)).
///
/// The service may read what an audit reads and change nothing but its own store.
public struct ScheduleUnits: Sendable, Hashable {
  /// Without ".service".
  public let name: String
  /// Full path of the program.
  public let program: String
  /// What follows it, "audit" first.
  public let arguments: [String]
  /// As systemd.time(7) writes calendar events.
  public let calendar: String
  /// Whether this host is audited and not named files alone.
  public let isHost: Bool
  /// Whether a target is reached over the network.
  public let needsNetwork: Bool

  /// First line of both files: what does not have it was written by somebody else.
  public static let mark = "# Written by ringwall schedule."

  public init(name: String, program: String, arguments: [String], calendar: String, isHost: Bool, needsNetwork: Bool) {
    self.name = name
    self.program = program
    self.arguments = arguments
    self.calendar = calendar
    self.isHost = isHost
    self.needsNetwork = needsNetwork
  }

  public var service: String {
    """
    \(Self.mark)
    [Unit]
    Description=Ringwall audit
    \(needsNetwork ? "Wants=network-online.target\nAfter=network-online.target libvirtd.service" : "After=libvirtd.service")

    [Service]
    Type=oneshot
    ExecStart=\(([program] + arguments).map(Self.quoted).joined(separator: " "))
    # 1: something fails. The audit itself has worked.
    SuccessExitStatus=1
    TimeoutStartSec=30min
    Nice=10
    IOSchedulingClass=idle
    MemoryMax=2G
    TasksMax=64
    UMask=0077
    StateDirectory=ringwall
    StateDirectoryMode=0700
    WorkingDirectory=/

    \(capabilities)
    NoNewPrivileges=yes
    ProtectSystem=strict
    ProtectHome=read-only
    PrivateTmp=yes
    # Owners and modes of devices are facts, so they stay to be seen; none can be opened.
    DevicePolicy=closed
    ProtectKernelTunables=yes
    ProtectKernelLogs=yes
    ProtectControlGroups=yes
    ProtectClock=yes
    ProtectHostname=yes
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    LockPersonality=yes
    MemoryDenyWriteExecute=yes
    RemoveIPC=yes
    KeyringMode=private
    SystemCallArchitectures=native
    SystemCallFilter=@system-service
    SystemCallFilter=~@module @mount @reboot @swap @cpu-emulation @obsolete
    SystemCallErrorNumber=EPERM
    \(network)

    """
  }

  /// Root without its powers but these.
  private var capabilities: String {
    guard isHost else { return "CapabilityBoundingSet=CAP_DAC_READ_SEARCH" }
    return """
      # Files of every owner, other users' processes, and the two that listing packet filters and audit rules takes. Without the
      # last two those facts are unknown.
      CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_NET_ADMIN CAP_AUDIT_CONTROL
      """
  }

  private var network: String {
    if needsNetwork { return "RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6" }
    return isHost
      ? "RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6\nIPAddressDeny=any\nIPAddressAllow=localhost"
      : "RestrictAddressFamilies=AF_UNIX\nPrivateNetwork=yes\nIPAddressDeny=any"
  }

  public var timer: String {
    """
    \(Self.mark)
    [Unit]
    Description=Ringwall audit, \(calendar)

    [Timer]
    OnCalendar=\(calendar)
    RandomizedDelaySec=15min
    # An audit that was missed while the machine was off is made up for.
    Persistent=yes
    Unit=\(name).service

    [Install]
    WantedBy=timers.target

    """
  }

  /// One argument of a command line: quoted where it holds more than plain characters, with systemd's own signs doubled.
  static func quoted(_ argument: String) -> String {
    let isPlain =
      !argument.isEmpty
      && argument.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "/._-=:,+@".utf8.contains(byte)
      }
    if isPlain { return argument }
    var text = ""
    for character in argument.unicodeScalars {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "%": text += "%%"
      case "$": text += "$$"
      default: text.unicodeScalars.append(character)
      }
    }
    return "\"\(text)\""
  }
}
