internal import Platforms

/// Listings of the folders that targets are found in, kept true by what a watcher tells, so that resolving targets again reads no folder
/// that did not change.
final class FolderCache {
  private var listings: [String: Result<FolderListing, Tree.Failure>] = [:]
  /// Told each folder before it is read: what is watched from then on is not missed.
  private let willRead: (String) -> Void

  init(willRead: @escaping (String) -> Void) { self.willRead = willRead }

  /// Folders that were read.
  var folders: Set<String> { Set(listings.keys) }

  func listing(_ folder: String) throws(Tree.Failure) -> FolderListing {
    if let known = listings[folder] { return try known.get() }
    willRead(folder)
    let read: Result<FolderListing, Tree.Failure>
    do throws(Tree.Failure) { read = .success(try FolderListing.read(folder)) } catch { read = .failure(error) }
    listings[folder] = read
    return try read.get()
  }

  /// Symbolic links to files, by absolute path.
  var links: [String] {
    listings.flatMap { folder, listing in
      ((try? listing.get())?.entries ?? []).filter { $0.kind == .link }.map { folder == "/" ? "/" + $0.name : folder + "/" + $0.name }
    }
  }

  /// Looks again at where links lead: what they name may have come, gone, or become a folder.
  func refreshLinks() {
    for (folder, listing) in listings {
      guard case .success(var entries) = listing else { continue }
      let links = entries.entries.filter { $0.kind == .link || $0.kind == .folderLink }
      for link in links { _ = entries.refresh(link.name, in: folder) }
      if !links.isEmpty { listings[folder] = .success(entries) }
    }
  }

  /// Forgets a folder and all below it.
  func drop(_ folder: String) {
    let inside = folder == "/" ? "/" : folder + "/"
    for other in listings.keys where other == folder || other.hasPrefix(inside) { listings[other] = nil }
  }

  func dropAll() { listings = [:] }

  /// Looks one name of a folder up anew. Returns whether targets may be other ones now.
  func refresh(_ name: String, in folder: String) -> Bool {
    guard let known = listings[folder] else { return false }
    guard case .success(var listing) = known else {
      listings[folder] = nil
      return true
    }
    // Of such a name nothing tells whether it came or went.
    if RepairedName.isPossible(name) {
      listings[folder] = nil
      return true
    }
    let path = folder == "/" ? "/" + name : folder + "/" + name
    var isChanged = listing.refresh(name, in: folder)
    listings[folder] = .success(listing)
    // A folder in the place of another of the same name holds other files.
    if listings[path] != nil {
      drop(path)
      isChanged = true
    }
    // Its first etc, proc or sys makes a folder the copy of a system, and its last one unmakes it.
    if FolderListing.systemFolders.contains(name), let slash = folder.lastIndex(of: "/"), folder != "/" {
      let parent = slash == folder.startIndex ? "/" : String(folder[..<slash])
      if case .success(var above)? = listings[parent] {
        if above.refresh(String(folder[folder.index(after: slash)...]), in: parent) {
          listings[parent] = .success(above)
          drop(folder)
          isChanged = true
        }
      }
    }
    return isChanged
  }
}
