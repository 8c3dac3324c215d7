public import Domain

/// Facts of libvirt domains: persistent definitions joined by UUID with live status documents, or one document that was named.
///
/// Fact names and shapes: docs/facts/domain.md. Nothing is thrown: what cannot be read or judged is a refusal or an unreadable fact.
public struct DomainCollector: Sendable {
  private static let definitions = "/etc/libvirt/qemu"
  private static let statuses = ["/run/libvirt/qemu", "/var/run/libvirt/qemu"]
  /// The architecture of a domain that names none, where the machine's own is not known.
  private static let architecture = "x86_64"

  private let tree: Tree

  public init(tree: Tree) {
    self.tree = tree
  }

  // MARK: A named document

  /// - Parameters:
  ///   - document: a domain's definition or status document.
  ///   - path: how the user names it.
  public func collect(document: [UInt8], path: String, target: String) -> Collection {
    do throws(Refusal) {
      let guest: Guest
      switch try DomainDocument.of(try XMLReader.read(document, path: path), path: path) {
      case .definition(let domain):
        guest = Guest(
          identity: Identity(domain), configured: Part(domain, path: path, state: "file"), running: nil,
          missing: .notCollected("not-given"))
      case .status(let domain, let state):
        guest = Guest(
          identity: Identity(domain), configured: nil, running: Part(domain, path: path, state: state), missing: .notCollected("not-given"))
      }
      return Collection(assets: [guest.asset(target: target, fallbackName: path, machine: MachineFacts.none)])
    } catch {
      return Collection(refusals: [error])
    }
  }

  // MARK: Every domain of a machine

  public func collect(target: String) -> Collection {
    var collection = Collection()
    let statusFolder = Self.statuses.first { tree.exists($0) } ?? Self.statuses[0]
    let definitions = files(in: Self.definitions, &collection)
    let statuses = files(in: statusFolder, &collection)
    guard !definitions.files.isEmpty || !statuses.files.isEmpty else { return collection }
    let machine = MachineFacts(tree)

    var running = statuses.files.compactMap { path -> Found? in read(path, &collection) }
    for path in definitions.files {
      guard let found = read(path, &collection) else { continue }
      let match = running.firstIndex { $0.identity.isSame(as: found.identity) }
      let live = match.map { running.remove(at: $0) }
      collection.assets.append(
        Guest(
          identity: found.identity.completed(by: live?.identity), configured: found.part, running: live?.part,
          configuredFailure: found.failure,
          runningFailure: live?.failure, missing: statuses.missing(.path(statusFolder))
        ).asset(target: target, fallbackName: found.name, machine: machine))
    }
    // Guests that run without a definition are transient, unless the definitions could not be listed.
    for live in running {
      collection.assets.append(
        Guest(
          identity: live.identity, configured: nil, running: live.part, runningFailure: live.failure,
          missing: definitions.missing(.path(Self.definitions))
        ).asset(target: target, fallbackName: live.name, machine: machine))
    }
    return collection
  }

  /// A file that belongs to a guest: read, or known to be there and not readable.
  private struct Found {
    let path: String
    let identity: Identity
    var part: Part?
    var failure: Fact?

    /// The file's name without its ending, which is the guest's.
    var name: String { Identity.name(ofFile: path) }
  }

  /// The files of a folder, and what it means when a guest has none there.
  private struct Folder {
    var files: [String] = []
    var failure: Tree.Failure?

    func missing(_ source: FactSource) -> Fact {
      switch failure {
      case nil: .absent(source)
      case .notFound: .absent(source)
      case .notGiven: .notCollected("not-given", source)
      case .some(let failure): .unreadable(failure.why, source)
      }
    }
  }

  private func files(in folder: String, _ collection: inout Collection) -> Folder {
    do throws(Tree.Failure) {
      let names = try tree.names(in: folder).filter { $0.hasSuffix(".xml") && !$0.hasPrefix(".") }
      return Folder(files: names.map { folder + "/" + $0 }, failure: nil)
    } catch {
      if error != .notFound && error != .notGiven {
        collection.refusals.append(
          Refusal(
            target: folder, code: error == .permission ? "permission" : "io",
            message: "\(folder): the domains of this machine cannot be listed (\(error.why)); run as root"))
      }
      return Folder(failure: error)
    }
  }

  private func read(_ path: String, _ collection: inout Collection) -> Found? {
    do throws(Tree.Failure) {
      let bytes = try tree.bytes(path, limit: XMLReader.statusLimit)
      do throws(Refusal) {
        switch try DomainDocument.of(try XMLReader.read(bytes, path: path), path: path) {
        case .definition(let domain):
          return Found(path: path, identity: Identity(domain), part: Part(domain, path: path, state: "persistent"))
        case .status(let domain, let state):
          return Found(path: path, identity: Identity(domain), part: Part(domain, path: path, state: state))
        }
      } catch {
        collection.refusals.append(error)
        return nil
      }
    } catch {
      if error == .notFound {
        // A guest that ended between listing and reading, or a name in which bytes that are no UTF-8 were replaced.
        if RepairedName.isPossible(path) { collection.refusals.append(RepairedName.refusal(path)) }
        return nil
      }
      return Found(
        path: path, identity: Identity(name: Identity.name(ofFile: path), uuid: nil), failure: .unreadable(error.why, .path(path)))
    }
  }

  // MARK: -

  /// One guest's documents.
  private struct Guest {
    let identity: Identity
    var configured: Part?
    var running: Part?
    var configuredFailure: Fact?
    var runningFailure: Fact?
    /// What the document that is not there leaves behind.
    let missing: Fact

    func asset(target: String, fallbackName: String, machine: MachineFacts) -> AssetFacts {
      var facts = machine.facts
      // A document has some fifty: the table is not to grow on the way.
      facts.reserveCapacity(facts.count + 96)
      for (prefix, part, failure) in [("configured.", configured, configuredFailure), ("running.", running, runningFailure)] {
        guard let part else {
          facts[prefix + "document"] = failure ?? missing
          continue
        }
        facts.merge(
          DomainFacts.read(part.domain, prefix: prefix, path: part.path, architecture: DomainCollector.architecture)
        ) { first, _ in first }
        facts[prefix + "document"] = .present(.string(part.state), .path(part.path, line: part.domain.line, column: part.domain.column))
        if let networks = facts[prefix + "nics.networks"] { facts[prefix + "nics.networks"] = machine.resolved(networks) }
        if let graphics = facts[prefix + "graphics"] { facts[prefix + "graphics"] = machine.resolved(graphics: graphics) }
      }
      let name = identity.name.isEmpty ? fallbackName : identity.name
      return AssetFacts(
        asset: Asset(
          id: "domain:" + (identity.uuid ?? name), kind: .domain, platform: "libvirt-domain", name: name, uuid: identity.uuid),
        target: target, facts: facts)
    }
  }

  private struct Part {
    let domain: XMLElement
    let path: String
    /// Value of the fact `document`.
    let state: String

    init(_ domain: XMLElement, path: String, state: String) {
      self.domain = domain
      self.path = path
      self.state = state
    }
  }
}

/// Which guest a document is about.
struct Identity {
  let name: String
  /// Lower case with hyphens, as libvirt writes it; nil where none is written.
  let uuid: String?

  init(name: String, uuid: String?) {
    self.name = name
    self.uuid = uuid
  }

  init(_ domain: XMLElement) {
    name = domain.text("name") ?? ""
    uuid = domain.text("uuid").flatMap(Self.canonical)
  }

  /// The same UUID, or the same name where one of the two has no UUID.
  func isSame(as other: Identity) -> Bool {
    if let uuid, let theirs = other.uuid { return uuid == theirs }
    return !name.isEmpty && name == other.name
  }

  func completed(by other: Identity?) -> Identity { Identity(name: name, uuid: uuid ?? other?.uuid) }

  static func name(ofFile path: String) -> String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.hasSuffix(".xml") ? String(last.dropLast(4)) : last
  }

  /// virUUIDParse: 32 hexadecimal digits with hyphens and spaces anywhere between them.
  static func canonical(_ text: String) -> String? {
    let digits = text.lowercased().filter { $0 != "-" && $0 != " " }
    guard digits.utf8.count == 32, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
    var result = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { result += "-" }
      result.append(digit)
    }
    return result
  }
}
