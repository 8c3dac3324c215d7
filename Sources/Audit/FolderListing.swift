internal import Platforms

/// The names in a folder as the walk over targets sees them, sorted.
struct FolderListing: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case file
    /// A symbolic link to what is no folder, or to nothing.
    case link
    /// A symbolic link to a folder: not followed, since it may lead anywhere, and back.
    case folderLink
    case folder
    /// A folder that holds a copy of a whole system.
    case system
    /// A folder with an OCI bundle: its root filesystem is the container's, not a saved system.
    case bundle
    /// A name that is no UTF-8: no path can be made of its text.
    case unnamed
  }

  struct Entry: Sendable, Hashable {
    let name: String
    let kind: Kind
  }

  private(set) var entries: [Entry]

  /// - Parameter folder: absolute path.
  static func read(_ folder: String) throws(Tree.Failure) -> FolderListing {
    var entries: [Entry] = []
    for name in try Tree().names(in: folder) {
      let found = kind(of: folder == "/" ? "/" + name : folder + "/" + name)
      if let kind = found ?? (RepairedName.isPossible(name) ? .unnamed : nil) { entries.append(Entry(name: name, kind: kind)) }
    }
    return FolderListing(entries: entries)
  }

  /// nil for what is not there.
  static func kind(of path: String) -> Kind? {
    let tree = Tree()
    guard let attributes = try? tree.attributes(path, followingLinks: false) else { return nil }
    if attributes.isDirectory { return isSavedSystem(path) ? .system : OCIBundle.isOne(path) ? .bundle : .folder }
    guard attributes.isSymbolicLink else { return .file }
    return (try? tree.attributes(path))?.isDirectory == true ? .folderLink : .link
  }

  /// Folders that only a copy of a whole system has at its top.
  static let systemFolders = ["proc", "sys", "etc"]

  /// True for the copy of a whole system: a folder with proc, sys or etc in it. The live root itself is this host.
  static func isSavedSystem(_ path: String) -> Bool {
    let top = path == "/" ? "" : path
    return systemFolders.contains { (try? Tree().attributes(top + "/" + $0))?.isDirectory == true }
  }

  /// Looks one name up anew. Returns whether the listing is another one now.
  ///
  /// - Parameter folder: absolute path of the folder listed.
  mutating func refresh(_ name: String, in folder: String) -> Bool {
    let kind = Self.kind(of: folder == "/" ? "/" + name : folder + "/" + name)
    let place = entries.partitioningIndex { $0.name >= name }
    let isThere = place < entries.count && entries[place].name == name
    switch (isThere, kind) {
    case (false, nil): return false
    case (true, nil): entries.remove(at: place)
    case (false, let kind?): entries.insert(Entry(name: name, kind: kind), at: place)
    case (true, let kind?):
      if entries[place].kind == kind { return false }
      entries[place] = Entry(name: name, kind: kind)
    }
    return true
  }
}

extension Array {
  /// The first index whose element, and every later one, belongs; the elements must be ordered that way.
  fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
