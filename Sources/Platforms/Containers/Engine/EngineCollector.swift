public import Domain

/// Assets of a running engine from its answers: the engine, its gVisor runtimes, every container, running or not, and every image.
///
/// Calls: /version, /info, /containers/json?all=1, /containers/ID/json, /images/json, /images/ID/json. Who makes them is the caller's.
public struct EngineCollector {
  /// More containers or images than this are refused.
  private static let most = 10_000

  private let socket: String
  private let target: String
  private let ask: (String) -> Result<[UInt8]?, Refusal>

  /// - Parameters:
  ///   - socket: path of the socket, whose owner and mode are looked at too.
  ///   - target: what the engine was named.
  ///   - ask: the body of the answer to a call; nil where the engine knows no such thing.
  public init(socket: String, target: String, ask: @escaping (String) -> Result<[UInt8]?, Refusal>) {
    self.socket = socket
    self.target = target
    self.ask = ask
  }

  public func collect() -> Collection {
    var collection = Collection()
    do throws(Refusal) {
      let version = try json("/version")
      guard EngineReport.isVersion(version.node) else {
        throw Refusal(target: target, code: "unknown-kind", message: "\(target): what answers here is no container engine")
      }
      let info = try json("/info")
      collection.assets += engine(info, version)
    } catch {
      return Collection(refusals: [error])
    }
    let inspector = ContainerCollector(tree: Tree())
    for (list, call) in [("/containers/json?all=1", "/containers/"), ("/images/json", "/images/")] {
      do throws(Refusal) {
        for id in try ids(list, &collection) {
          // What was removed since it was listed is gone.
          guard let found = try answer("\(call)\(id)/json") else { continue }
          guard let asset = inspector.inspected(found, target: target) else {
            throw Refusal(
              target: target, code: "malformed", message: "\(target): the answer to \(call)\(id)/json is not what Docker's API describes")
          }
          collection.assets.append(asset)
        }
      } catch {
        collection.refusals.append(error)
      }
    }
    return collection
  }

  private func engine(_ info: SourcedJSON, _ version: SourcedJSON) -> [AssetFacts] {
    var facts = EngineReport.facts(info: info, version: version)
    let access = FileAccess(Tree()).fact(socket)
    facts["socket.docker"] =
      access.state == .present
      ? .present(EngineHostFacts.named(access.value, Accounts(Tree())), sources: access.source) : access
    let id = info["ID"]?.text ?? socket
    let asset = Asset(id: "docker:\(id)", kind: .docker, platform: "docker", name: info["Name"]?.text ?? "engine")
    let gVisor = GVisorCollector(tree: nil, target: target)
    // podman lists every runtime that it would know, installed or not.
    let runtimes = facts["engine"]?.value?.text == "docker" ? gVisor.collect(docker: info, key: "Runtimes", place: id) : []
    return [AssetFacts(asset: asset, target: target, facts: facts)] + runtimes
  }

  private func ids(_ list: String, _ collection: inout Collection) throws(Refusal) -> [String] {
    let listed = try json(list)
    guard listed.node.isArray else {
      throw Refusal(target: target, code: "malformed", message: "\(target): the answer to \(list) is not what Docker's API describes")
    }
    let ids = (listed.node.elements ?? []).compactMap { $0.given("Id")?.text }.filter(Self.isID)
    if ids.count > Self.most {
      collection.refusals.append(
        Refusal(target: target, code: "too-large", message: "\(target): \(list) lists more than \(Self.most); the first were judged"))
    }
    return Array(ids.prefix(Self.most))
  }

  /// What may stand in a path as it is.
  private static func isID(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128
      && text.utf8.allSatisfy { byte in
        (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x2D
      }
  }

  private func json(_ call: String) throws(Refusal) -> SourcedJSON {
    guard let found = try answer(call) else {
      throw Refusal(
        target: target, code: "unknown-kind", message: "\(target): \(call) is not known here; what answers is no container engine")
    }
    return found
  }

  private func answer(_ call: String) throws(Refusal) -> SourcedJSON? {
    guard let bytes = try ask(call).get() else { return nil }
    let document: PlacedJSON
    do throws(JSONFault) {
      document = try PlacedJSON.whole(bytes)
    } catch {
      let reason = error.offset >= bytes.count ? "breaks off" : "is not JSON"
      throw Refusal(
        target: target, code: "malformed", message: "\(target): the answer to \(call) \(reason); what answers may be no container engine")
    }
    var duplicates = JSONDuplicates(places: PlaceIndex(of: bytes))
    duplicates.add(document.tree)
    if let key = duplicates.found.first(where: \.differs) {
      throw Refusal(
        target: target, code: "malformed",
        message: "\(target): the answer to \(call) holds \(key.way.prefix(160)) more than once with different values")
    }
    return SourcedJSON(document, .engine("\(target) \(call)"))
  }
}
