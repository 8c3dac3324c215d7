internal import Domain

/// Users and groups of the tree's own files; accounts of a directory service are not seen.
struct Accounts {
  struct Group: Hashable {
    let name: String
    let gid: UInt32
    let members: [String]
    let line: Int
  }

  private(set) var groups: [Group] = []
  private var users: [(name: String, uid: UInt32, gid: UInt32)] = []
  private(set) var groupFailure: Tree.Failure?

  init(_ tree: Tree) {
    do throws(Tree.Failure) {
      for (number, line) in NumberedLines(String(decoding: try tree.bytes("/etc/group"), as: UTF8.self)) {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 4, let gid = UInt32(fields[2]) else { continue }
        let members = fields[3].split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        groups.append(Group(name: String(fields[0]), gid: gid, members: members, line: number))
      }
    } catch {
      groupFailure = error
    }
    guard let text = try? tree.bytes("/etc/passwd") else { return }
    for (_, line) in NumberedLines(String(decoding: text, as: UTF8.self)) {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { continue }
      users.append((String(fields[0]), uid, gid))
    }
  }

  func user(_ uid: UInt32) -> String? { users.first { $0.uid == uid }?.name }
  func group(_ gid: UInt32) -> String? { groups.first { $0.gid == gid }?.name }
  func uid(_ name: String) -> UInt32? { users.first { $0.name == name }?.uid }
  func gid(_ name: String) -> UInt32? { groups.first { $0.name == name }?.gid }

  /// Users whose primary group it is.
  func primaryMembers(of gid: UInt32) -> [String] { users.filter { $0.gid == gid }.map(\.name) }
}

extension HostFacts {
  /// Facts `group.kvm` and `group.libvirt`: names of the members, those included whose primary group it is.
  mutating func readAccounts() {
    let accounts = Accounts(tree)
    for name in ["kvm", "libvirt"] {
      if let failure = accounts.groupFailure {
        self["group." + name] = fact("/etc/group", failed: failure, within: "/etc")
        if failure == .notFound, !tree.isLive { self["group." + name] = .notCollected("not-given", .path("/etc/group")) }
      } else if let group = accounts.groups.first(where: { $0.name == name }) {
        var members = group.members
        for user in accounts.primaryMembers(of: group.gid) where !members.contains(user) { members.append(user) }
        self["group." + name] = .present(.array(members.map { .string($0) }), .path("/etc/group", line: group.line, column: 1))
      } else {
        self["group." + name] = .absent(.path("/etc/group"))
      }
    }
  }
}
