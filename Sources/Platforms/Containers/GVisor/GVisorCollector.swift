internal import Domain

/// Assets of gVisor: one for each runtime that Docker or containerd may start and that is runsc.
struct GVisorCollector {
  private let tree: Tree?
  private let target: String

  /// - Parameter tree: where files that settings name are read; nil where nothing beside the named file was given.
  init(tree: Tree?, target: String) {
    self.tree = tree
    self.target = target
  }

  /// Runtimes of daemon.json, or of an engine's answer to /info.
  ///
  /// - Parameter place: the file or engine that has them; part of the asset's id.
  func collect(docker settings: SourcedJSON, key: String, place: String) -> [AssetFacts] {
    (settings[key]?.members ?? []).compactMap { runtime in
      let path = runtime.value["path"]?.text ?? ""
      let type = runtime.value["runtimeType"]?.text ?? ""
      guard TextPath.lastPart(of: path).hasPrefix("runsc") || type.contains("runsc") || runtime.key.hasPrefix("runsc") && path.isEmpty
      else {
        return nil
      }
      let facts: [String: Fact]
      if let options = runtime.value["options"], let file = options["ConfigPath"] {
        facts = shimFacts(file.text ?? "", named: file.source)
      } else {
        do throws(MalformedList) {
          let arguments = try runtime.value.list("runtimeArgs") { $0.text != nil }.map { ($0.text ?? "", $0.source) }
          facts = GVisorFlags(arguments: arguments, nowhere: [(runtime.value["runtimeArgs"] ?? runtime.value).source]).facts
        } catch {
          facts = GVisorFlags.facts(all: error.fact)
        }
      }
      return asset(runtime.key, place: place, facts)
    }
  }

  func collect(_ containerd: ContainerdConfiguration, place: String) -> [AssetFacts] {
    containerd.gVisorRuntimes.map { runtime in
      // Without a file of its own the shim starts runsc with the flags' defaults.
      let facts = runtime.configuration.map { shimFacts($0, named: runtime.source) } ?? GVisorFlags.facts(all: .absent(runtime.source))
      return asset(runtime.name, place: place, facts)
    }
  }

  /// runsc.toml by itself.
  func collect(_ document: TOMLDocument, path: String) -> AssetFacts {
    asset(TextPath.lastPart(of: path), place: path, GVisorFlags(document, nowhere: [.path(path)]).facts, id: "gvisor:\(path)")
  }

  private func asset(_ name: String, place: String, _ facts: [String: Fact], id: String? = nil) -> AssetFacts {
    AssetFacts(
      asset: Asset(id: id ?? "gvisor:\(place):\(name)", kind: .gvisor, platform: "gvisor", name: name), target: target, facts: facts)
  }

  private func shimFacts(_ path: String, named place: FactSource) -> [String: Fact] {
    guard let tree else { return GVisorFlags.facts(all: .notCollected("not-given", .path(path))) }
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(path, limit: TOMLDocument.largest)
      do throws(TOMLDocument.Fault) {
        return GVisorFlags(try TOMLDocument(bytes, path: path), nowhere: [.path(path)]).facts
      } catch {
        return GVisorFlags.facts(all: .unreadable("malformed", .path(path, line: error.line, column: error.column)))
      }
    } catch {
      // The shim starts with the flags' own defaults when the file is not there.
      return GVisorFlags.facts(all: error == .notFound ? .absent(.path(path), place) : tree.fact(path, failed: error))
    }
  }
}
