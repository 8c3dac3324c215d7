/// What the property collector says of one object.
public struct ObjectContent: Sendable {
  public let object: ManagedObject
  /// By path as it was asked for: "config.flags". What is not set is not there.
  public internal(set) var properties: [String: SOAPElement]
  /// Paths that could not be read, and the server's reason.
  public internal(set) var missing: [String: String]
}

/// Reads properties of many objects in few calls (vim25, PropertyCollector), page by page.
public struct PropertyCollector: Sendable {
  private let session: ServiceSession
  private let object: ManagedObject

  public init(_ session: ServiceSession) throws(ServiceFailure) {
    guard let object = session.manager("propertyCollector") else { throw session.unknownManager("propertyCollector") }
    self.session = session
    self.object = object
  }

  /// Every object of a type below the root folder. A path that this version of the server does not know is left out and reported as
  /// missing with every object.
  ///
  /// - Parameters:
  ///   - type: "VirtualMachine", "HostSystem", "DistributedVirtualSwitch", …
  ///   - page: told each page as it comes.
  public func all(
    _ type: String, _ paths: [String], page: (([ObjectContent]) -> Void)? = nil
  ) async throws(ServiceFailure) -> [ObjectContent] {
    let view = try await Self.view(of: type, session)
    do throws(ServiceFailure) {
      let found = try await retrieve(type, paths, from: [Self.members(of: view)], page: page)
      _ = try? await session.call("DestroyView", on: view)
      return found
    } catch {
      _ = try? await session.call("DestroyView", on: view)
      throw error
    }
  }

  /// A view of every object of a type below the root folder; the caller's to destroy.
  static func view(of type: String, _ session: ServiceSession) async throws(ServiceFailure) -> ManagedObject {
    guard let views = session.manager("viewManager"), let root = session.manager("rootFolder") else {
      throw session.unknownManager("viewManager")
    }
    let answer = try await session.call(
      "CreateContainerView", on: views,
      [SOAPElement("container", root), SOAPElement("type", type), SOAPElement("recursive", "true")])
    guard let view = answer.first("returnval")?.object else { throw unusable("CreateContainerView", session) }
    return view
  }

  /// The objects of a view, but not the view itself.
  static func members(of view: ManagedObject) -> SOAPElement {
    let traversal = SOAPElement(
      "selectSet", type: "TraversalSpec",
      children: [
        SOAPElement("name", "view"), SOAPElement("type", "ContainerView"), SOAPElement("path", "view"), SOAPElement("skip", "false"),
      ])
    return SOAPElement("objectSet", children: [SOAPElement("obj", view), SOAPElement("skip", "true"), traversal])
  }

  /// Named objects of one type.
  public func of(_ objects: [ManagedObject], _ paths: [String]) async throws(ServiceFailure) -> [ObjectContent] {
    guard let type = objects.first?.type else { return [] }
    return try await retrieve(type, paths, from: objects.map { SOAPElement("objectSet", children: [SOAPElement("obj", $0)]) })
  }

  private func retrieve(
    _ type: String, _ paths: [String], from objects: [SOAPElement], page: (([ObjectContent]) -> Void)? = nil
  ) async throws(ServiceFailure) -> [ObjectContent] {
    var (paths, unknown): ([String], [String: String]) = (paths, [:])
    var first: SOAPElement?
    while first == nil {
      do throws(ServiceFailure) {
        first = try await session.call("RetrievePropertiesEx", on: object, [Self.filter(type, paths, objects), options])
      } catch {
        guard error.fault == "InvalidProperty", let path = error.subject, let i = paths.firstIndex(of: path), paths.count > 1 else {
          throw error
        }
        unknown[paths.remove(at: i)] = "this version of the server has no such property"
      }
    }
    var result: [ObjectContent] = []
    var answer = first
    while let current = answer {
      guard let returned = current.first("returnval") else { break }  // Nothing selected.
      let contents = returned.all("objects").compactMap { Self.content($0, unknown) }
      page?(contents)
      result += contents
      guard let token = returned.text("token"), !token.isEmpty else { break }
      answer = try await next(token, hasObjects: !contents.isEmpty)
    }
    return result
  }

  /// The page behind a token. Where the task is cancelled the server is told, so that it keeps no pages for nobody.
  private func next(_ token: String, hasObjects: Bool) async throws(ServiceFailure) -> SOAPElement {
    guard hasObjects else { throw Self.unusable("RetrievePropertiesEx", session) }
    if Task.isCancelled {
      _ = await Task { try? await session.call("CancelRetrievePropertiesEx", on: object, [SOAPElement("token", token)]) }.value
      throw ServiceFailure(.cancelled, "\(session.address.text): interrupted")
    }
    return try await session.call("ContinueRetrievePropertiesEx", on: object, [SOAPElement("token", token)])
  }

  private var options: SOAPElement { SOAPElement("options", children: [SOAPElement("maxObjects", "\(session.limits.page)")]) }

  static func filter(_ type: String, _ paths: [String], _ objects: [SOAPElement], named name: String = "specSet") -> SOAPElement {
    let properties = SOAPElement(
      "propSet", children: [SOAPElement("type", type)] + paths.map { SOAPElement("pathSet", $0) })
    return SOAPElement(name, children: [properties] + objects)
  }

  private static func content(_ element: SOAPElement, _ unknown: [String: String]) -> ObjectContent? {
    guard let object = element.first("obj")?.object else { return nil }
    var content = ObjectContent(object: object, properties: [:], missing: unknown)
    for property in element.all("propSet") {
      if let name = property.text("name"), let value = property.first("val") { content.properties[name] = value }
    }
    for missing in element.all("missingSet") {
      guard let path = missing.text("path") else { continue }
      let fault = ServerFault(missing.first("fault", "fault"), message: missing.first("fault")?.text("localizedMessage") ?? "")
      content.missing[path] = fault.text
    }
    return content
  }

  private static func unusable(_ method: String, _ session: ServiceSession) -> ServiceFailure {
    ServiceFailure(.foreign, "\(session.address.text): \(method) gives no result that vim25 knows; name a vCenter or an ESXi host")
  }
}
