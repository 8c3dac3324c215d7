public import Domain
internal import Platforms

/// One thing to collect from, as resolved from what the user named.
public enum Target: Sendable, Hashable {
  /// This machine or a saved copy of one: host, daemons' configuration, domains, processes.
  case machine(name: String, root: String?)
  /// One file. `isNamed` is false for a file met while walking a folder.
  case file(String, isNamed: Bool)
  case process(Int32, name: String)
  /// A running container engine, by the path of its socket.
  case engine(String, name: String)
  /// A vSphere server, asked over its API: `vsphere://HOST[:PORT]`.
  case server(String)
  case refused(Refusal)

  /// The name that reports show.
  public var name: String {
    switch self {
    case .machine(let name, _): name
    case .file(let path, _): path
    case .process(_, let name), .engine(_, let name), .server(let name): name
    case .refused(let refusal): refusal.target
    }
  }
}

/// Turns the words of the command line into targets. Folders are walked in order of names, at most `depth` deep and `files` long.
public struct TargetResolver {
  private static let depth = 32
  private static let files = 200_000
  /// Name of the target when nothing is named.
  public static let thisHost = "this host"

  /// Lists a folder by its absolute path.
  private let listing: (String) throws(Tree.Failure) -> FolderListing

  public init() { listing = FolderListing.read }

  /// - Parameter listing: in the place of the file system, for folders that were listed before.
  init(listing: @escaping (String) throws(Tree.Failure) -> FolderListing) { self.listing = listing }

  /// - Parameters:
  ///   - named: targets as given; empty means this host, or the saved copy at `root`.
  ///   - root: folder with a saved copy of a system, or nil.
  public func resolve(_ named: [String], root: String?) -> [Target] {
    var targets: [Target] = []
    if let root { targets.append(machine(savedAt: root)) }
    if named.isEmpty && root == nil { targets.append(.machine(name: Self.thisHost, root: nil)) }
    // An empty name, as of a variable that is not set, is not the working folder.
    for name in named { targets += name.isEmpty ? [.refused(Self.refusal("\"\"", .notFound))] : resolve(name) }
    // A file that is named twice, or by itself and with its folder, is judged once; the first naming counts. So is a server.
    var seen: Set<String> = []
    return targets.filter { target in
      switch target {
      case .file(let name, _), .server(let name): seen.insert(name).inserted
      default: true
      }
    }
  }

  /// One of these at least has a saved tree from which facts of a host can be read.
  private static let topFolders = ["etc", "proc", "sys"]

  private func machine(savedAt root: String) -> Target {
    do throws(Tree.Failure) {
      guard try Tree().attributes(absolute(root)).isDirectory else {
        return .refused(
          Refusal(target: root, code: "unknown-kind", message: "--root \(root): not a folder; name the top of a saved system tree"))
      }
      let folder = absolute(root)
      guard Self.topFolders.contains(where: { (try? Tree().attributes(folder + "/" + $0).isDirectory) ?? false }) else {
        return .refused(
          Refusal(
            target: root, code: "unknown-kind",
            message:
              "--root \(root): no saved tree of a system: it has none of \(Self.topFolders.joined(separator: ", ")); name its top, or name files without --root"
          ))
      }
      return .machine(name: root, root: folder)
    } catch {
      return .refused(Self.refusal(root, error))
    }
  }

  /// True for what is asked over a network, and not read from this machine.
  public static func isServer(_ name: String) -> Bool { name.lowercased().hasPrefix("vsphere://") }

  private func resolve(_ name: String) -> [Target] {
    if name.hasPrefix("pid:") {
      guard let pid = Int32(name.dropFirst(4)), pid > 0 else {
        return [
          .refused(Refusal(target: name, code: "not-found", message: "\(name): not a process id; write pid: and a number, as in pid:1234"))
        ]
      }
      return [.process(pid, name: name)]
    }
    if name.hasPrefix("docker://") {
      let socket = String(name.dropFirst(9))
      guard socket.hasPrefix("/") else {
        let shown = Secrets.masked(name)
        return [
          .refused(
            Refusal(
              target: shown, code: "not-judged",
              message: "\(shown): an engine is asked over a local socket only; write docker:///run/docker.sock, or run ringwall on its host"
            )
          )
        ]
      }
      return [.engine(socket, name: name)]
    }
    if Self.isServer(name) { return [.server(name)] }
    if let scheme = name.firstRange(of: "://").map({ name[..<$0.lowerBound] }), !scheme.contains("/") {
      let shown = Secrets.masked(name)
      return [
        .refused(
          Refusal(
            target: shown, code: "not-judged",
            message: "\(shown): connections over \(scheme) are not judged by this version; audit the host itself, or name files"))
      ]
    }
    do throws(Tree.Failure) {
      guard try Tree().attributes(absolute(name)).isDirectory else { return [.file(name, isNamed: true)] }
      let folder = trimmed(name)
      if isSavedSystem(folder) { return [.machine(name: name, root: absolute(folder))] }
      if OCIBundle.isOne(absolute(folder)) { return [.file(folder + "/config.json", isNamed: true)] }
      return files(below: folder)
    } catch {
      return [.refused(Self.refusal(name, error))]
    }
  }

  private func isSavedSystem(_ folder: String) -> Bool { FolderListing.isSavedSystem(absolute(folder)) }

  private func files(below folder: String) -> [Target] {
    var found: [Target] = []
    walk(folder, depth: 0, into: &found)
    if found.isEmpty {
      return [
        .refused(Refusal(target: folder, code: "not-found", message: "\(folder): holds no files; name a folder with configuration in it"))
      ]
    }
    return found
  }

  private func walk(_ folder: String, depth: Int, into found: inout [Target]) {
    let entries: [FolderListing.Entry]
    do throws(Tree.Failure) {
      entries = try listing(absolute(folder)).entries
    } catch {
      found.append(.refused(Self.refusal(folder, error)))
      return
    }
    for entry in entries {
      guard found.count < Self.files else {
        found.append(
          .refused(Refusal(target: folder, code: "too-large", message: "\(folder): more than \(Self.files) files; name smaller folders")))
        return
      }
      let path = folder == "/" ? "/" + entry.name : folder + "/" + entry.name
      switch entry.kind {
      case .file, .link: found.append(.file(path, isNamed: false))
      case .folderLink: continue
      case .system: found.append(.machine(name: path, root: absolute(path)))
      case .bundle: found.append(.file(path + "/config.json", isNamed: false))
      case .unnamed: found.append(.refused(RepairedName.refusal(path)))
      case .folder where depth + 1 < Self.depth: walk(path, depth: depth + 1, into: &found)
      case .folder:
        found.append(
          .refused(Refusal(target: path, code: "too-deep", message: "\(path): folders nested deeper than \(Self.depth); name it by itself"))
        )
      }
    }
  }

  private func trimmed(_ path: String) -> String {
    var path = path
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// What Tree reads must start with a slash; a relative name stays relative to where the user stands.
  private func absolute(_ path: String) -> String { Self.absolute(path) }

  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : WorkingFolder.path + "/" + path
  }

  /// The same text for one file however it is named: absolute, without `.`, `..` and doubled slashes. Links are not followed.
  static func canonical(_ path: String) -> String {
    var parts: [Substring] = []
    for part in absolute(path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  static func refusal(_ name: String, _ failure: Tree.Failure) -> Refusal {
    switch failure {
    case .notFound, .notGiven: Refusal(target: name, code: "not-found", message: "\(name): no such file or folder")
    case .permission: Refusal(target: name, code: "permission", message: "\(name): permission denied; run as a user who may read it")
    case .tooLarge: Refusal(target: name, code: "too-large", message: "\(name): larger than what is read of one file (64 MiB)")
    case .io: Refusal(target: name, code: "io", message: "\(name): cannot be read (a folder, a broken link or a device error)")
    }
  }
}
