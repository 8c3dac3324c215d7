internal import Domain

/// Docker's containers from the files that the daemon keeps of them: `containers/ID/config.v2.json` and `hostconfig.json` below its data root.
///
/// They hold what the API answers, also while the daemon does not run and in a saved copy of a machine.
struct StoredContainers {
  /// More folders than this are refused.
  private static let most = 10_000
  private static let largestFile = 4 << 20

  let tree: Tree
  let target: String

  /// - Parameter root: the data root; with user namespaces remapped the containers lie one folder deeper, named by its numbers.
  func collect(below root: String) -> Collection {
    var collection = Collection()
    for folder in [root] + remappedRoots(root) { collect(in: folder + "/containers", into: &collection) }
    return collection
  }

  /// Folders such as "100000.100000".
  private func remappedRoots(_ root: String) -> [String] {
    ((try? tree.names(in: root)) ?? []).filter { name in
      name.contains(".") && name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    }.map { root + "/" + $0 }
  }

  private func collect(in folder: String, into collection: inout Collection) {
    let names: [String]
    do throws(Tree.Failure) {
      names = try tree.names(in: folder)
    } catch {
      if error == .permission {
        collection.refusals.append(
          Refusal(target: target, code: "permission", message: "\(folder): permission denied; run as a user who may read it"))
      }
      return
    }
    for name in names.prefix(Self.most) {
      do throws(Refusal) {
        collection += try container(folder + "/" + name)
      } catch {
        collection.refusals.append(error)
      }
    }
    if names.count > Self.most {
      collection.refusals.append(
        Refusal(target: target, code: "too-large", message: "\(folder): more than \(Self.most) containers; the first were judged"))
    }
  }

  /// Empty for a folder that holds no container.
  private func container(_ folder: String) throws(Refusal) -> Collection {
    guard let config = try read(folder + "/config.v2.json") else { return Collection() }
    let host = try read(folder + "/hostconfig.json")
    var facts = InspectFacts(config, host: host)
    var collection = Collection(assets: [
      AssetFacts(asset: ContainerCollector.container(config), target: target, facts: facts.collect())
    ])
    for (document, name) in [(config, "/config.v2.json"), (host, "/hostconfig.json")] {
      guard let duplicates = document?.duplicates else { continue }
      collection = duplicates.marking(collection, path: folder + name, keeping: ContainerCollector.undecided)
    }
    return collection
  }

  private func read(_ path: String) throws(Refusal) -> SourcedJSON? {
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try tree.bytes(path, limit: Self.largestFile)
    } catch {
      if error == .notFound || error == .notGiven { return nil }
      throw Refusal(target: target, code: error.why, message: "\(path): cannot be read (\(error.why))")
    }
    do throws(JSONFault) {
      return try SourcedJSON.read(bytes, file: path)
    } catch {
      throw error.refusal(bytes, path: path, target: target)
    }
  }
}
