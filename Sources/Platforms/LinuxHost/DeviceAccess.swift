internal import CLinux
internal import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// An access control list as the kernel keeps it. Source: include/uapi/linux/posix_acl_xattr.h.
struct AccessControlList {
  struct Entry: Hashable {
    /// "user" or "group"; entries of owner, owning group and others stand in the mode already.
    let kind: String
    let id: UInt32
    /// Read 4, write 2, execute 1, already cut by the mask.
    let permissions: UInt16
  }

  let entries: [Entry]

  /// The named entries of the extended attribute `system.posix_acl_access`; nil for bytes of another form.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4, (bytes.count - 4) % 8 == 0, Self.number(bytes, 0, 4) == 2 else { return nil }
    var named: [Entry] = []
    var mask: UInt16 = 7
    for at in stride(from: 4, to: bytes.count, by: 8) {
      let tag = Self.number(bytes, at, 2)
      let permissions = UInt16(Self.number(bytes, at + 2, 2))
      let id = Self.number(bytes, at + 4, 4)
      switch tag {
      case 0x02: named.append(Entry(kind: "user", id: id, permissions: permissions))
      case 0x08: named.append(Entry(kind: "group", id: id, permissions: permissions))
      case 0x10: mask = permissions
      default: break
      }
    }
    entries = named.map { Entry(kind: $0.kind, id: $0.id, permissions: $0.permissions & mask) }
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt32 {
    (0..<count).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
  }
}

extension HostFacts {
  private static let device = "/dev/kvm"

  /// Facts `device.kvm` ({mode, uid, gid, user, group}) and `device.kvm.acl` ([{kind, id, name, permissions}]).
  ///
  /// A plain copy keeps neither mode nor owner of a device: in a saved tree they come from `/.ringwall/stat`, lines of
  /// `stat -c '%a %u %g %n'`, and `/.ringwall/getfacl.txt`.
  mutating func readDeviceAccess() {
    let accounts = Accounts(tree)
    guard tree.isLive || isKeptDevice else {
      readRecordedMode(accounts)
      readRecordedList(accounts)
      return
    }
    let path = Self.device
    do throws(Tree.Failure) {
      let attributes = try tree.attributes(path)
      self["device.kvm"] = .present(
        access(mode: attributes.mode, uid: attributes.uid, gid: attributes.gid, accounts), .path(path))
      readList(accounts)
    } catch {
      self["device.kvm"] = fact(path, failed: error, within: "/dev")
      self["device.kvm.acl"] = self["device.kvm"]
    }
  }

  private func access(mode: UInt32, uid: UInt32, gid: UInt32, _ accounts: Accounts) -> FactValue {
    let digits = String(mode, radix: 8)
    return [
      "mode": .string(String(repeating: "0", count: max(0, 4 - digits.count)) + digits), "uid": .int(Int64(uid)), "gid": .int(Int64(gid)),
      "user": accounts.user(uid).map { .string($0) } ?? .null, "group": accounts.group(gid).map { .string($0) } ?? .null,
      "beyond": .int(Int64(mode & ~0o660)), "forGroup": .bool(mode & 0o070 != 0),
    ]
  }

  /// True where the saved tree holds the device itself, as a copy made by the superuser can.
  private var isKeptDevice: Bool {
    var status = stat()
    return unsafe lstat(tree.root + Self.device, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
  }

  private mutating func readList(_ accounts: Accounts) {
    let source = FactSource.property("system.posix_acl_access of \(Self.device)")
    var buffer = [UInt8](repeating: 0, count: 4096)
    let path = tree.root + Self.device
    // SAFETY: getxattr(2) writes at most the length given, which is the array's.
    let n = unsafe buffer.withUnsafeMutableBytes { unsafe getxattr(path, "system.posix_acl_access", $0.baseAddress, $0.count) }
    if n < 0 {
      // Without a list, or on a file system that keeps none, the mode says everything.
      let isNone = errno == ENODATA || errno == EOPNOTSUPP
      self["device.kvm.acl"] = isNone ? .present([], source) : .unreadable(errno == EACCES ? "permission" : "io", source)
    } else if let list = AccessControlList(Array(buffer[0..<n])) {
      self["device.kvm.acl"] = .present(.array(list.entries.map { entry($0.kind, $0.id, nil, $0.permissions, accounts) }), source)
    } else {
      self["device.kvm.acl"] = .unreadable("malformed", source)
    }
  }

  private func entry(_ kind: String, _ id: UInt32?, _ name: String?, _ permissions: UInt16, _ accounts: Accounts) -> FactValue {
    let known = name ?? id.flatMap { kind == "user" ? accounts.user($0) : accounts.group($0) }
    let letters = [(4, "r"), (2, "w"), (1, "x")].map { permissions & UInt16($0.0) == 0 ? "-" : $0.1 }.joined()
    return [
      "kind": .string(kind), "id": id.map { .int(Int64($0)) } ?? .null, "name": known.map { .string($0) } ?? .null,
      "permissions": .string(letters),
    ]
  }

  private mutating func readRecordedMode(_ accounts: Accounts) {
    let path = Tree.recordings + "/stat"
    guard let text = try? tree.line(path) else {
      self["device.kvm"] = .notCollected("not-given", .path(path))
      return
    }
    self["device.kvm"] = .notCollected("not-given", .path(path))
    for (number, line) in NumberedLines(text) {
      let words = line.words
      guard words.count >= 4, words[3...].joined(separator: " ") == Self.device else { continue }
      guard let mode = UInt32(words[0], radix: 8), let uid = UInt32(words[1]), let gid = UInt32(words[2]) else {
        self["device.kvm"] = .unreadable("malformed", .path(path, line: number))
        continue
      }
      self["device.kvm"] = .present(access(mode: mode, uid: uid, gid: gid, accounts), .path(path, line: number, column: 1))
    }
  }

  /// Output of getfacl for the device: "user:1000:rw-", with "#effective:r--" where the mask cuts.
  private mutating func readRecordedList(_ accounts: Accounts) {
    let path = Tree.recordings + "/getfacl.txt"
    guard let text = try? tree.line(path) else {
      self["device.kvm.acl"] = .notCollected("not-given", .path(path))
      return
    }
    var isDevice = false
    var wasSeen = false
    var entries: [(FactValue, Int)] = []
    for (number, line) in NumberedLines(text) {
      if line.hasPrefix("# file:") {
        isDevice = line.dropFirst(7).trimmed.drop { $0 == "/" } == Self.device.drop { $0 == "/" }
        wasSeen = wasSeen || isDevice
      }
      let parts = line.trimmed.split(separator: ":", omittingEmptySubsequences: false)
      guard isDevice, parts.count >= 3, parts[0] == "user" || parts[0] == "group", !parts[1].isEmpty else { continue }
      let effective = line.firstRange(of: "#effective:").map { line[$0.upperBound...].trimmed } ?? parts[2].trimmed
      let letters = effective.prefix(3)
      let permissions = UInt16((letters.contains("r") ? 4 : 0) + (letters.contains("w") ? 2 : 0) + (letters.contains("x") ? 1 : 0))
      let id = UInt32(parts[1]) ?? (parts[0] == "user" ? accounts.uid(String(parts[1])) : accounts.gid(String(parts[1])))
      entries.append((entry(String(parts[0]), id, UInt32(parts[1]) == nil ? String(parts[1]) : nil, permissions, accounts), number))
    }
    guard wasSeen else {
      self["device.kvm.acl"] = .notCollected("not-given", .path(path))
      return
    }
    self["device.kvm.acl"] = .present(
      .array(entries.map(\.0)), sources: entries.isEmpty ? [.path(path, line: 1)] : entries.map { .path(path, line: $0.1, column: 1) })
  }
}
