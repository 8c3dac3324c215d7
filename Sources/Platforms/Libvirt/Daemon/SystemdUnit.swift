internal import Domain

/// One systemd unit as its files describe it: the unit file, the drop-ins that override it, and whether something starts it.
///
/// Search order and drop-in rules are those of systemd.unit(5). Nothing is asked of a running systemd.
struct SystemdUnit: Sendable {
  struct Setting: Sendable, Hashable {
    let section: String
    let key: String
    let value: String
    let source: FactSource
  }

  let name: String
  /// The unit file that counts; nil where there is none.
  let file: String?
  /// Linked to /dev/null, or empty: it cannot be started.
  let isMasked: Bool
  /// The link or setting that makes another unit start this one (`sockets.target.wants/NAME`); nil where nothing does.
  let startedBy: FactSource?
  /// In the order in which systemd reads them: unit file, then drop-ins by file name.
  let settings: [Setting]
  /// Files that are there and cannot be read.
  let unreadable: [(path: String, why: String)]

  /// Values of a list setting after resets (an empty value clears what stood before it).
  func list(_ section: String, _ key: String) -> [Setting] {
    var result: [Setting] = []
    for setting in settings where setting.section == section && setting.key == key {
      if setting.value.isEmpty { result.removeAll() } else { result.append(setting) }
    }
    return result
  }

  /// The value that counts of a setting that holds one: the last; nil where none is written or the last is empty.
  func last(_ section: String, _ key: String) -> Setting? {
    settings.last { $0.section == section && $0.key == key }.flatMap { $0.value.isEmpty ? nil : $0 }
  }
}

/// Finds and reads the units of a tree.
struct SystemdUnits: Sendable {
  /// Folders of unit files, the strongest first.
  static let folders = [
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
  ]
  private static let vendorFolders = ["/usr/lib/systemd/system", "/lib/systemd/system"]
  private static let largestFile = 1 << 20

  private let tree: Tree
  /// Folders that exist, without a second name of the same one (/lib is often a link to /usr/lib).
  private let present: [String]
  /// Links in `*.wants` and `*.requires` folders: unit name to the link's path.
  private let wanted: [String: String]

  init(_ tree: Tree) {
    self.tree = tree
    let resolver = TreeLinks(tree)
    var seen: Set<String> = []
    present = Self.folders.filter { folder in
      guard let real = resolver.resolved(folder), (try? tree.attributes(real))?.isDirectory == true else { return false }
      return seen.insert(real).inserted
    }
    var wanted: [String: String] = [:]
    for folder in present {
      for group in (try? tree.names(in: folder)) ?? [] where group.hasSuffix(".wants") || group.hasSuffix(".requires") {
        for name in (try? tree.names(in: folder + "/" + group)) ?? [] where wanted[name] == nil {
          wanted[name] = "\(folder)/\(group)/\(name)"
        }
      }
    }
    self.wanted = wanted
  }

  /// False where the tree holds no folder of units at all: then nothing is known of any.
  var areGiven: Bool { !present.isEmpty }
  /// False where only local overrides were given, and the distribution's own unit files were not.
  var areVendorUnitsGiven: Bool { tree.isLive || Self.vendorFolders.contains { present.contains($0) } }
  /// What was looked through, for facts about units that are not there.
  var sources: [FactSource] { (present.isEmpty ? [Self.folders[0]] : present).map { .path($0) } }

  func unit(_ name: String) -> SystemdUnit {
    var file: String?
    var isMasked = false
    for folder in present {
      let path = "\(folder)/\(name)"
      guard tree.exists(path) else { continue }
      file = path
      isMasked = leadsToNull(path) || (try? tree.attributes(path))?.size == 0
      break
    }
    var settings: [SystemdUnit.Setting] = []
    var unreadable: [(path: String, why: String)] = []
    for path in (file.map { isMasked ? [] : [$0] } ?? []) + dropIns(of: name) {
      do throws(Tree.Failure) {
        let bytes = try tree.bytes(TreeLinks(tree).readable(path), limit: Self.largestFile)
        settings += UnitText.settings(bytes, path: path)
      } catch {
        unreadable.append((path, error.why))
      }
    }
    return SystemdUnit(
      name: name, file: file, isMasked: isMasked, startedBy: wanted[name].map { .path($0) }, settings: settings, unreadable: unreadable)
  }

  /// Drop-ins of a unit in the order they apply: by file name, the strongest folder's file of each name.
  private func dropIns(of name: String) -> [String] {
    var chosen: [String: String] = [:]
    for folder in Self.dropInFolders(of: name) {
      for base in present {
        let path = "\(base)/\(folder)"
        for file in (try? tree.names(in: path)) ?? [] where file.hasSuffix(".conf") && chosen[file] == nil {
          chosen[file] = "\(path)/\(file)"
        }
      }
    }
    return chosen.sorted { $0.key < $1.key }.map(\.value).filter { !leadsToNull($0) }
  }

  /// "libvirtd-tcp.socket" has libvirtd-tcp.socket.d, libvirtd-.socket.d and socket.d, the nearest first.
  private static func dropInFolders(of name: String) -> [String] {
    guard let dot = name.lastIndex(of: ".") else { return [name + ".d"] }
    let type = String(name[dot...])
    var result = [name + ".d"]
    var stem = name[..<dot]
    while let dash = stem.dropLast().lastIndex(of: "-") {
      stem = stem[...dash]
      result.append(stem + type + ".d")
    }
    return result + [type.dropFirst() + ".d"]
  }

  private func leadsToNull(_ path: String) -> Bool {
    guard let text = try? tree.link(path) else { return false }
    return text == "/dev/null" || text.hasSuffix("/dev/null")
  }
}

/// Follows symbolic links of a saved tree inside that tree, where an absolute link means the tree's own top.
struct TreeLinks: Sendable {
  private let tree: Tree

  init(_ tree: Tree) { self.tree = tree }

  /// The path to open: of the live system as it is, of a saved tree without links that would lead out of it.
  func readable(_ path: String) -> String { tree.isLive ? path : resolved(path) ?? path }

  /// The path without links; nil for nothing there, and for a chain of more than 16 links.
  func resolved(_ path: String) -> String? {
    var rest = path.split(separator: "/").map(String.init)
    rest.reverse()
    var done = ""
    var links = 0
    while let part = rest.popLast() {
      if part == "." { continue }
      if part == ".." {
        done = done.lastIndex(of: "/").map { String(done[..<$0]) } ?? ""
        continue
      }
      let next = done + "/" + part
      guard let attributes = try? tree.attributes(next, followingLinks: false) else { return nil }
      guard attributes.isSymbolicLink else {
        done = next
        continue
      }
      links += 1
      guard links <= 16, let text = try? tree.link(next) else { return nil }
      if text.hasPrefix("/") { done = "" }
      rest += text.split(separator: "/").map(String.init).reversed()
    }
    return done.isEmpty ? "/" : done
  }
}

/// The syntax of unit files (systemd.syntax(7)).
enum UnitText {
  static func settings(_ bytes: [UInt8], path: String) -> [SystemdUnit.Setting] {
    var result: [SystemdUnit.Setting] = []
    var section = ""
    var pending = ""
    var start = 0
    for (i, raw) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let line = trimmed(String(decoding: raw, as: UTF8.self))
      let isComment = line.hasPrefix("#") || line.hasPrefix(";")
      // A comment between continued lines is skipped; the continuation goes on after it.
      if isComment || (pending.isEmpty && line.isEmpty) { continue }
      if pending.isEmpty { start = i + 1 }
      if line.hasSuffix("\\") {
        pending += line.dropLast() + " "
        continue
      }
      let whole = trimmed(pending + line)
      pending = ""
      if whole.hasPrefix("["), whole.hasSuffix("]") {
        section = String(whole.dropFirst().dropLast())
      } else if let equals = whole.firstIndex(of: "=") {
        result.append(
          SystemdUnit.Setting(
            section: section, key: trimmed(whole[..<equals]), value: trimmed(whole[whole.index(after: equals)...]),
            source: .path(path, line: start, column: 1)))
      }
    }
    return result
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    var slice = text[...]
    while let first = slice.first, first.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isWhitespace { slice.removeLast() }
    return String(slice)
  }
}
