internal import Domain

/// Where a character device leads: the far end of a serial port, a monitor, a debugger.
struct CharacterDevice: Sendable, Hashable {
  /// libvirt's word: tcp, udp, unix, pty, dev, file, pipe, null, stdio, vc, spicevmc, spiceport, dbus, qemu-vdagent;
  /// beside these "fd" (a socket inherited from the starter), "vsock", "none" and "unresolved" (its definition is not in view).
  var type: String
  /// "bind" for one that listens, "connect" for one that calls; nil where neither applies.
  var mode: String?
  /// "host:port", with `*` for every address, or a path.
  var address: String?
  /// Its transport is encrypted with these credentials.
  var isEncrypted = false
  /// A Unix socket in the abstract namespace: no file and no permission guards it.
  var isAbstract = false
  /// An access list of client names is asked (tls-authz).
  var hasAccessList = false
  var source: FactSource

  /// From the keys of `-chardev`.
  init(_ values: OptionValues, source: FactSource) {
    self.source = source
    let backend = values["backend"] ?? values["type"] ?? ""
    switch backend {
    case "socket":
      type = "unix"
      let isServer = values.flag("server") ?? false
      mode = isServer ? "bind" : "connect"
      if values["fd"] != nil || values["addr.type"] == "fd" {
        type = "fd"
        address = values.first("fd", "addr.data.str", "addr.str").map { "fd \($0)" }
      } else if values["cid"] != nil || values["addr.type"] == "vsock" {
        type = "vsock"
        address = "\(values.first("cid", "addr.data.cid") ?? "*"):\(values.first("port", "addr.data.port") ?? "")"
      } else if let path = values.first("path", "addr.data.path", "addr.path") {
        address = path
        isAbstract = values.flag("abstract") ?? false
      } else {
        type = "tcp"
        address = Self.address(
          host: values.first("host", "addr.data.host", "addr.host"), port: values.first("port", "addr.data.port", "addr.port"))
      }
    case "udp":
      // It sends to one address and receives on another; the one it listens on matters more.
      type = "udp"
      mode = values["localport"] == nil ? "connect" : "bind"
      address =
        mode == "bind"
        ? Self.address(host: values["localaddr"], port: values["localport"])
        : Self.address(host: values["host"] ?? "localhost", port: values["port"])
    case "serial", "tty", "parallel", "parport":
      type = "dev"
      address = values["path"]
    case "spicevmc", "dbus", "qemu-vdagent":
      type = backend
    case "file", "pipe", "pty", "null", "stdio", "vc", "spiceport":
      type = backend
      address = values.first("path", "name")
    default:
      type = backend.isEmpty ? "unresolved" : backend
      address = values["path"]
    }
    isEncrypted = values["tls-creds"] != nil
    hasAccessList = values["tls-authz"] != nil
  }

  /// From the older notation of `-serial`, `-monitor`, `-qmp` and `-gdb`, which is `chardev:ID` or a URL-like text.
  /// Source: qemu_chr_parse_compat in chardev/char.c.
  init(compat text: String, among named: [String: CharacterDevice], source: FactSource) {
    self.source = source
    let (scheme, rest) = Self.split(text)
    switch scheme {
    case "chardev":
      self = named[String(rest)] ?? CharacterDevice(type: "unresolved", address: String(rest), source: source)
    case "tcp", "telnet", "tn3270", "websocket":
      let values = OptionValues(String(rest), implied: "address")
      type = "tcp"
      // Without `server` it calls out.
      mode = values.flag("server") ?? false ? "bind" : "connect"
      address = Self.normalized(values["address"] ?? "")
      isEncrypted = values["tls-creds"] != nil
    case "udp":
      type = "udp"
      mode = "connect"
      address = Self.normalized(String(rest.split(separator: "@").first ?? ""))
    case "unix":
      let values = OptionValues(String(rest), implied: "path")
      type = "unix"
      mode = values.flag("server") ?? false ? "bind" : "connect"
      address = values["path"]
      isAbstract = values.flag("abstract") ?? false
    case "vsock":
      type = "vsock"
      address = String(rest)
    case "fd":
      type = "fd"
      address = "fd \(rest)"
    case "file", "pipe":
      type = scheme
      address = OptionValues(String(rest), implied: "path")["path"]
    case "vc", "pty", "null", "stdio", "none", "braille", "msmouse", "wctablet", "testdev":
      type = scheme
    default:
      type = text.hasPrefix("/dev/") || scheme == "con" || text.hasPrefix("COM") ? "dev" : "unresolved"
      address = text
    }
  }

  init(type: String, address: String? = nil, source: FactSource) {
    self.type = type
    self.address = address
    self.source = source
  }

  /// True where other machines, or any user of this one, may be able to reach it.
  var isOnNetwork: Bool { ["tcp", "udp", "vsock"].contains(type) }

  /// Scheme before the first colon or comma, and what follows.
  private static func split(_ text: String) -> (scheme: String, rest: Substring) {
    guard let end = text.utf8.firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ",") }) else { return (text, "") }
    return (String(text[..<end]), text[text.utf8.index(after: end)...])
  }

  /// `host:port` of a listener; an empty host is every address.
  static func address(host: String?, port: String?) -> String {
    let host = host ?? ""
    let shown = host.isEmpty ? "*" : host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[") ? "[\(host)]" : host
    return "\(shown):\(port ?? "")"
  }

  /// The same from `host:port`, `:port` and `[v6]:port`.
  static func normalized(_ text: String) -> String {
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return address(host: text, port: nil) }
    return address(host: String(text[..<colon]), port: String(text[text.utf8.index(after: colon)...]))
  }

  /// Members that a fact shows of it.
  var members: [FactValue.Member] {
    var members: [FactValue.Member] = [.init("type", .string(type))]
    if let mode { members.append(.init("mode", .string(mode))) }
    if let address { members.append(.init("address", .string(address))) }
    members.append(.init("tls", .bool(isEncrypted)))
    return members
  }
}
