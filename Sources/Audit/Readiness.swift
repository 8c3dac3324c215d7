internal import Domain
internal import Platforms

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What this machine and this user allow an audit to see.
public struct Readiness {
  public enum Status: String, Sendable, Hashable {
    case ok
    /// Worth knowing; the audit is complete without it.
    case note
    /// The audit cannot run, or cannot judge everything.
    case problem
  }

  public struct Line: Sendable, Hashable {
    public let status: Status
    /// Key of the line's head in the interface's texts: "doctor.KEY".
    public let topic: String
    public let text: String

    public init(status: Status, topic: String, text: String) {
      self.status = status
      self.topic = topic
      self.text = text
    }
  }

  private let texts: Texts
  private let tree = Tree()

  public init(texts: Texts) { self.texts = texts }

  /// The machine's own lines, in the order in which they are read.
  public func lines() -> [Line] { [user(), sources()] + libvirt() + [qemu(), processes(), kvm()] }

  private func user() -> Line {
    CurrentUser.id == 0
      ? Line(status: .ok, topic: "user", text: texts["doctor.root"])
      : Line(status: .note, topic: "user", text: texts("doctor.ordinary", ["uid": "\(CurrentUser.id)"]))
  }

  /// Files and folders that an audit of a host begins with. Those that do not exist are no fault: their absence is a fact.
  private static let files = ["/proc/cmdline", "/proc/cpuinfo", "/proc/self/status", "/proc/1/cmdline"]
  private static let folders = [
    "/sys/module", "/sys/devices/system/cpu/vulnerabilities", "/proc/sys/kernel", "/etc/modprobe.d", "/sys/kernel/security",
    "/sys/kernel/iommu_groups", "/etc/libvirt", "/etc/libvirt/qemu", "/run/libvirt/qemu",
  ]

  /// Files that hold the settings and guests of this machine's libvirt, those that exist.
  private var configuration: [String] {
    [("/etc/libvirt", ".conf"), ("/etc/libvirt/qemu", ".xml"), ("/run/libvirt/qemu", ".xml")].flatMap { folder, suffix in
      ((try? tree.names(in: folder)) ?? []).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
    }
  }

  private func sources() -> Line {
    var readable = 0
    var refused: [String] = []
    func count(_ path: String, _ read: () throws(Tree.Failure) -> Void) {
      do throws(Tree.Failure) {
        try read()
        readable += 1
      } catch {
        if error != .notFound { refused.append(path) }
      }
    }
    for path in Self.files + configuration { count(path) { () throws(Tree.Failure) in _ = try tree.bytes(path) } }
    for path in Self.folders { count(path) { () throws(Tree.Failure) in _ = try tree.names(in: path) } }
    if refused.isEmpty { return Line(status: .ok, topic: "sources", text: texts("doctor.readable", ["count": "\(readable)"])) }
    return Line(
      status: .problem, topic: "sources",
      text: texts("doctor.unreadableSources", ["count": "\(refused.count)", "places": refused.joined(separator: texts["list.items"])]))
  }

  private func libvirt() -> [Line] {
    let configuration = ((try? tree.names(in: "/etc/libvirt")) ?? []).filter { $0.hasSuffix(".conf") }
    let sockets = ((try? tree.names(in: "/run/libvirt")) ?? []).filter { $0.hasSuffix("-sock") || $0.hasSuffix("-sock-ro") }
    guard !configuration.isEmpty || !sockets.isEmpty else {
      return [Line(status: .note, topic: "libvirt", text: texts["doctor.noLibvirt"])]
    }
    let places = sockets.map { "/run/libvirt/" + $0 }.joined(separator: texts["list.items"])
    let daemon =
      sockets.isEmpty
      ? Line(status: .note, topic: "libvirt", text: texts("doctor.libvirtFiles", ["count": "\(configuration.count)"]))
      : Line(status: .ok, topic: "libvirt", text: texts("doctor.libvirtSockets", ["places": places]))
    return [daemon, domains()]
  }

  private func domains() -> Line {
    do throws(Tree.Failure) {
      let count = try tree.names(in: "/etc/libvirt/qemu").count { $0.hasSuffix(".xml") }
      if count > 0 { return Line(status: .ok, topic: "domains", text: texts("doctor.domainsValue", ["count": "\(count)"])) }
    } catch {
      if error != .notFound { return Line(status: .problem, topic: "domains", text: texts["doctor.domainsUnreadable"]) }
    }
    return Line(status: .note, topic: "domains", text: texts["doctor.noDomains"])
  }

  private func qemu() -> Line {
    var found: [String] = []
    for folder in (Environment.value("PATH") ?? "/usr/bin:/bin").split(separator: ":") where folder.hasPrefix("/") {
      for name in (try? tree.names(in: String(folder))) ?? [] where name.hasPrefix("qemu-system-") || name == "qemu-kvm" {
        if !found.contains(name) { found.append(name) }
      }
    }
    if found.isEmpty { return Line(status: .note, topic: "qemu", text: texts["doctor.noQEMU"]) }
    let shown = found.prefix(4).joined(separator: texts["list.items"]) + (found.count > 4 ? " +\(found.count - 4)" : "")
    return Line(status: .ok, topic: "qemu", text: texts("doctor.qemuValue", ["places": shown]))
  }

  private func processes() -> Line {
    let count = ((try? tree.names(in: "/proc")) ?? []).count { name in
      guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let command = try? tree.line("/proc/\(name)/comm") else { return false }
      return command.hasPrefix("qemu-system-") || command.hasPrefix("qemu-kvm")
    }
    return Line(status: .ok, topic: "processes", text: texts("doctor.processesValue", ["count": "\(count)"]))
  }

  private func kvm() -> Line {
    guard tree.exists("/dev/kvm") else { return Line(status: .note, topic: "kvm", text: texts["doctor.noKVM"]) }
    return unsafe access("/dev/kvm", R_OK | W_OK) == 0
      ? Line(status: .ok, topic: "kvm", text: texts["doctor.kvmValue"]) : Line(status: .note, topic: "kvm", text: texts["doctor.kvmClosed"])
  }
}
