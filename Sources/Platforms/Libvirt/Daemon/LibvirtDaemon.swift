internal import Domain

/// One of libvirt's daemons: the monolithic libvirtd, or a modular one.
struct LibvirtDaemon: Sendable, Hashable {
  enum Kind: String, Sendable, Hashable {
    /// libvirtd: all drivers and the network in one process; opens TCP and TLS sockets only with --listen or from systemd.
    case monolithic
    /// virtproxyd: serves the old socket and the network for the modular daemons; needs no --listen.
    case proxy
    /// A daemon of one driver; it has local sockets only and reads no setting of the network.
    case driver
  }

  let name: String
  let kind: Kind

  /// In the order of a report.
  static let all =
    [LibvirtDaemon(name: "libvirtd", kind: .monolithic), LibvirtDaemon(name: "virtproxyd", kind: .proxy)]
    + [
      "virtqemud", "virtnetworkd", "virtstoraged", "virtnodedevd", "virtsecretd", "virtinterfaced", "virtnwfilterd", "virtlxcd", "virtxend",
      "virtvboxd", "virtvzd", "virtchd", "virtbhyved",
    ].map { LibvirtDaemon(name: $0, kind: .driver) }

  static func named(_ name: String) -> LibvirtDaemon? { all.first { $0.name == name } }

  /// Where the daemon of the system instance reads its settings.
  var configuration: String { "/etc/libvirt/\(name).conf" }
  var keys: ConfigurationKeys { kind == .driver ? .localDaemon : .daemon }
  var servesNetwork: Bool { kind != .driver }

  /// The sockets a daemon can have, with the suffix of their unit ("libvirtd-ro.socket").
  enum Socket: String, CaseIterable {
    case readWrite = "rw"
    case readOnly = "ro"
    case admin
    case tcp
    case tls

    var suffix: String { self == .readWrite ? "" : "-" + rawValue }
    var isLocal: Bool { self != .tcp && self != .tls }
  }

  func unit(_ socket: Socket) -> String { name + socket.suffix + ".socket" }

  /// File name of a local socket below the daemons' run directory (src/remote/remote_sockets.h).
  func file(_ socket: Socket) -> String {
    let base = kind == .driver ? name : "libvirt"
    switch socket {
    case .readOnly: return base + "-sock-ro"
    case .admin: return base + "-admin-sock"
    default: return base + "-sock"
    }
  }
}
