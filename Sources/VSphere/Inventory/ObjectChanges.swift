/// What changed in the inventory since the last step.
public struct ObjectChange: Sendable {
  public enum Kind: String, Sendable {
    /// The object is there: at the beginning of all, or since now.
    case enter
    case modify
    /// The object is gone; it has no properties.
    case leave
  }

  public let kind: Kind
  public let object: ManagedObject
  /// Properties with their new values, by path.
  public let properties: [String: SOAPElement]
  /// Paths of properties that are no longer set.
  public let unset: [String]
}

/// The changes of all objects of some types, step by step, for as long as somebody asks (vim25, WaitForUpdatesEx).
///
/// The first step is the state as it stands, every object entering it. What the sequence needs on the server ends with the session.
public struct ObjectChanges: AsyncSequence, Sendable {
  public typealias Element = [ObjectChange]
  public typealias Failure = ServiceFailure

  /// What is watched: the paths of a type.
  public struct Watched: Sendable {
    let type: String
    let paths: [String]

    public init(_ type: String, _ paths: [String]) {
      self.type = type
      self.paths = paths
    }
  }

  private let session: ServiceSession
  private let watched: [Watched]
  private let wait: Duration

  /// - Parameter wait: how long the server holds one call open while nothing changes, in whole seconds. A step without a change is not told.
  public init(_ session: ServiceSession, _ watched: [Watched], wait: Duration = .seconds(30)) {
    self.session = session
    self.watched = watched
    self.wait = wait
  }

  public func makeAsyncIterator() -> Iterator { Iterator(session: session, watched: watched, wait: wait) }

  public struct Iterator: AsyncIteratorProtocol {
    private let session: ServiceSession
    private let watched: [Watched]
    private let wait: Duration
    private var collector: ManagedObject?
    private var version = ""

    fileprivate init(session: ServiceSession, watched: [Watched], wait: Duration) {
      self.session = session
      self.watched = watched
      self.wait = wait
    }

    /// Nil where the task was cancelled.
    public mutating func next() async throws(ServiceFailure) -> [ObjectChange]? {
      let collector = try await begin()
      let seconds = Swift.max(1, wait.components.seconds)
      let options = SOAPElement(
        "options", children: [SOAPElement("maxWaitSeconds", "\(seconds)"), SOAPElement("maxObjectUpdates", "\(session.limits.page)")])
      while !Task.isCancelled {
        let answer: SOAPElement
        do throws(ServiceFailure) {
          answer = try await session.call(
            "WaitForUpdatesEx", on: collector, [SOAPElement("version", version), options], within: .seconds(seconds + 30))
        } catch {
          if error.code == .cancelled { return nil }
          throw error
        }
        // No result: nothing changed for so long.
        guard let set = answer.first("returnval") else { continue }
        guard let next = set.text("version"), !next.isEmpty else {
          throw ServiceFailure(
            .foreign, "\(session.address.text): WaitForUpdatesEx gives no result that vim25 knows; name a vCenter or an ESXi host")
        }
        version = next
        let changes = set.all("filterSet").flatMap { $0.all("objectSet") }.compactMap(ObjectChange.init)
        if !changes.isEmpty { return changes }
      }
      return nil
    }

    /// A property collector of the sequence's own, with one filter for each type. Created by the first step.
    private mutating func begin() async throws(ServiceFailure) -> ManagedObject {
      if let collector { return collector }
      guard let parent = session.manager("propertyCollector") else { throw session.unknownManager("propertyCollector") }
      guard let made = try await session.call("CreatePropertyCollector", on: parent).first("returnval")?.object else {
        throw session.unknownManager("propertyCollector")
      }
      for watched in watched {
        let view = try await PropertyCollector.view(of: watched.type, session)
        let filter = PropertyCollector.filter(watched.type, watched.paths, [PropertyCollector.members(of: view)], named: "spec")
        try await session.call("CreateFilter", on: made, [filter, SOAPElement("partialUpdates", "false")])
      }
      collector = made
      return made
    }
  }
}

extension ObjectChange {
  /// One `ObjectUpdate`; nil where it names no object.
  fileprivate init?(_ element: SOAPElement) {
    guard let object = element.first("obj")?.object, let kind = element.text("kind").flatMap({ Kind(rawValue: $0) }) else { return nil }
    var properties: [String: SOAPElement] = [:]
    var unset: [String] = []
    for change in element.all("changeSet") {
      guard let name = change.text("name") else { continue }
      if let value = change.first("val") { properties[name] = value } else { unset.append(name) }
    }
    self.init(kind: kind, object: object, properties: properties, unset: unset)
  }
}
