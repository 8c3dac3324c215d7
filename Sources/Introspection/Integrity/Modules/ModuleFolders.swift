internal import Domain

/// The folder of a module as sysfs shows it (struct kernfs_node): its name is a copy of its own, and by the hash of that name it has its
/// place among the folders of /sys/module (fs/kernfs/dir.c). Whoever gives a module another name has all of these to change.
struct ModuleFolders {
  private let guest: Guest
  private let node: UInt64
  private let name: UInt64
  private let hash: UInt64
  private let link: UInt64

  struct Folder: Hashable {
    let name: String
    /// Whether the hash that the kernel keeps is that of the name.
    let isHashed: Bool
    fileprivate let node: UInt64
  }

  init?(_ guest: Guest) {
    let kernel = guest.kernel
    guard let object = kernel.offset("module", "mkobj"), let inner = kernel.offset("module_kobject", "kobj"),
      let node = kernel.offset("kobject", "sd"), let name = kernel.offset("kernfs_node", "name"),
      let hash = kernel.offset("kernfs_node", "hash"), let link = kernel.offset("kernfs_node", "rb")
    else { return nil }
    self.guest = guest
    self.node = object &+ inner &+ node
    self.name = name
    self.hash = hash
    self.link = link
  }

  /// Nil for a module without a folder, and where it cannot be read.
  func folder(of module: UInt64) -> Folder? {
    guard let own = guest.pointer(module &+ node), let key = key(own) else { return nil }
    return Folder(name: key.name, isHashed: Self.hash(key.name) == key.hash, node: own)
  }

  // MARK: Order

  /// By what the kernel orders folders beside each other, which have no namespace.
  private struct Key {
    let hash: UInt32
    let name: String

    func precedes(_ other: Key) -> Bool {
      hash == other.hash ? name.utf8.lexicographicallyPrecedes(other.name.utf8) : hash < other.hash
    }
  }

  private func key(_ own: UInt64) -> Key? {
    guard let hash = guest.u32(own &+ hash), let text = guest.pointer(own &+ name).flatMap({ guest.string($0, limit: 128) })
    else { return nil }
    return Key(hash: hash, name: text)
  }

  /// Folders that stand on the wrong side of others. One that was moved contradicts all that are below and above it, so that of two that
  /// contradict each other the one with more contradictions is meant, and the one further down where both have as many.
  func misplaced(_ folders: [Folder]) -> Set<String> {
    var keys: [UInt64: Key] = [:]
    var conflicts: [UInt64: Set<UInt64>] = [:]
    var depths: [UInt64: Int] = [:]
    for folder in folders {
      guard let own = key(folder.node) else { continue }
      var current = folder.node &+ link
      var depth = 0
      // struct rb_node: parent with two bits of colour, right, left.
      while depth < 64, let parent = guest.u64(current).map({ $0 & ~3 }), parent != 0 {
        let above = parent &- link
        guard let other = keys[above] ?? key(above), let left = guest.u64(parent &+ 16) else { break }
        keys[above] = other
        if own.precedes(other) != (left == current) {
          conflicts[folder.node, default: []].insert(above)
          conflicts[above, default: []].insert(folder.node)
        }
        current = parent
        depth += 1
      }
      depths[folder.node] = depth
    }
    var found: Set<UInt64> = []
    func weight(_ node: UInt64) -> (Int, Int, UInt64) { (conflicts[node]?.count ?? 0, depths[node] ?? 0, node) }
    while let worst = conflicts.keys.max(by: { weight($0) < weight($1) }), let others = conflicts[worst], !others.isEmpty {
      found.insert(worst)
      for other in others { conflicts[other]?.remove(worst) }
      conflicts[worst] = nil
    }
    return Set(folders.filter { found.contains($0.node) }.map(\.name))
  }

  /// kernfs_name_hash without a namespace: sums of the bytes as in include/linux/stringhash.h, 31 bits, and three values that are set aside.
  static func hash(_ name: String) -> UInt32 {
    var sum: UInt64 = 0
    for byte in name.utf8 { sum = (sum &+ UInt64(byte) << 4 &+ UInt64(byte) >> 4) &* 11 }
    var hash = UInt32(truncatingIfNeeded: (sum &* 0x61C8_8646_80B5_83EB) >> 32) & 0x7FFF_FFFF
    if hash < 2 { hash += 2 }
    return min(hash, 0x7FFF_FFFE)
  }
}

extension IntegrityReader {
  /// Members of a module's row that its folder, and those that use it, tell.
  mutating func moduleTies(_ module: UInt64, _ folder: ModuleFolders.Folder?, _ misplaced: Set<String>) -> [FactValue.Member] {
    [
      .init("shown", folder.map { .string($0.name) } ?? .null), .init("hashed", folder.map { .bool($0.isHashed) } ?? .null),
      .init("found", folder.map { .bool(!misplaced.contains($0.name)) } ?? .null),
      .init("users", users(module).map { .int(Int64($0)) } ?? .null),
    ]
  }

  /// How many modules use it (struct module_use), each of which holds it.
  private mutating func users(_ module: UInt64) -> Int? {
    let kernel = guest.kernel
    guard let head = kernel.offset("module", "source_list"), let link = kernel.offset("module_use", "source_list") else { return nil }
    let walk = guest.list(head: module &+ head, offset: link, structure: "module.source_list", limit: 1 << 12)
    return entries(walk).count
  }
}
