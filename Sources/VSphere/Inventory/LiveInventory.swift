public import Domain

/// Gathers the settings of a vCenter or an ESXi host into one document, `ringwall.vsphere/1`. Only reads.
///
/// What one object refuses is listed under `errors`, and the rest is gathered; a connection that fails ends all.
public struct LiveInventory: Sendable {
  let session: ServiceSession
  let properties: PropertyCollector
  private let progress: @Sendable (String) -> Void

  /// - Parameter progress: told what is being read.
  public init(_ session: ServiceSession, progress: @escaping @Sendable (String) -> Void = { _ in }) throws(ServiceFailure) {
    self.session = session
    properties = try PropertyCollector(session)
    self.progress = progress
  }

  /// - Parameter collected: the time of the collection, in RFC 3339 and UTC.
  public func document(collected: String) async throws(ServiceFailure) -> FactValue {
    var document = InventoryDocument()
    if let about = session.content.first("about") { document.about = VimValue.of(about) }
    progress("settings of the server")
    if let manager = session.manager("setting") {
      document.options = try await options(manager, "options", &document)
    }
    try await hosts(&document)
    try await machines(&document)
    try await networks(&document)
    try await vsan(&document)
    try await appliance(&document)
    try await tasks(&document)
    return document.value(server: session.address.text, collected: collected)
  }

  func report(_ text: String) { progress(text) }

  /// Every option of an OptionManager, by key.
  func options(_ manager: ManagedObject, _ what: String, _ document: inout InventoryDocument) async throws(ServiceFailure) -> FactValue {
    do throws(ServiceFailure) {
      let answer = try await session.call("QueryOptions", on: manager)
      return Self.options(answer.all("returnval"))
    } catch {
      // An option manager without options says that the name, which was not given, is none.
      if error.fault == "InvalidName" { return .object([]) }
      guard error.isOfOneObject else { throw error }
      document.miss(what, error.message)
      return .object([])
    }
  }

  static func options(_ values: [SOAPElement]) -> FactValue {
    var places: [String: Int] = [:]
    var members: [FactValue.Member] = []
    for option in values {
      guard let key = option.text("key"), let value = option.first("value") else { continue }
      let member = FactValue.Member(key, VimNames.isSecret(key) ? .string(Self.withheld) : VimValue.of(value))
      if let place = places[key] {
        members[place] = member
      } else {
        places[key] = members.count
        members.append(member)
      }
    }
    return .object(members)
  }

  /// Stands in the place of a value that is a secret: that there is one is a fact, what it is belongs in no file.
  static let withheld = "(withheld)"

  private func tasks(_ document: inout InventoryDocument) async throws(ServiceFailure) {
    guard let manager = session.manager("taskManager") else { return }
    progress("recent tasks")
    let paths = [
      "info.descriptionId", "info.entityName", "info.state", "info.startTime", "info.completeTime", "info.reason",
    ]
    do throws(ServiceFailure) {
      let recent = try await properties.of([manager], ["recentTask"]).first?.properties["recentTask"]?.children.compactMap(\.object) ?? []
      for content in try await properties.of(recent, paths) { document.tasks.append(Self.object(content)) }
    } catch {
      // A task may be gone before it is asked about.
      guard error.isOfOneObject else { throw error }
      document.miss("tasks", error.message)
    }
  }

  var isVirtualCenter: Bool { session.content.first("about")?.text("apiType") != "HostAgent" }

  // MARK: - Objects

  /// An object of the document: its id, and what was read of it.
  static func object(_ content: ObjectContent, leavingOut: Set<String> = []) -> FactValue {
    let tree = PathTree()
    tree.set("moid", .string(content.object.id))
    for path in content.properties.keys.sorted() where !leavingOut.contains(path) {
      guard let element = content.properties[path] else { continue }
      tree.set(path, VimValue.of(element, name: path.split(separator: ".").last.map(String.init)))
    }
    return .object(tree.members)
  }

  /// Lists what the server did not give of an object.
  static func note(_ content: ObjectContent, as list: String, _ document: inout InventoryDocument) {
    for (path, message) in content.missing.sorted(by: { $0.key < $1.key }) {
      document.miss("\(list)[\(content.object.id)].\(path)", message)
    }
  }
}
