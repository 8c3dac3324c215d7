/// One element of a SOAP message, as it is read and as it is written. Names are local names; vim25 has no two that differ by namespace only.
public struct SOAPElement: Sendable, Hashable {
  public var name: String
  /// Local part of `xsi:type`: "string", "ArrayOfHostService", "VirtualE1000"; nil where the declared type holds.
  public var type: String?
  /// The attribute `type` of a reference to a managed object: "HostSystem".
  public var objectType: String?
  /// The element's character data; "" where it has elements.
  public var text: String
  public var children: [SOAPElement]
  /// The namespace of what is written, where it begins there.
  var namespace: String?

  public init(_ name: String, _ text: String = "", type: String? = nil, objectType: String? = nil, children: [SOAPElement] = []) {
    self.name = name
    self.text = text
    self.type = type
    self.objectType = objectType
    self.children = children
  }

  /// An argument that names a managed object.
  public init(_ name: String, _ object: ManagedObject) {
    self.init(name, object.id, objectType: object.type)
  }

  /// The first child of that name, and of each further name below it.
  public func first(_ names: String...) -> SOAPElement? {
    var element = self
    for name in names {
      guard let next = element.children.first(where: { $0.name == name }) else { return nil }
      element = next
    }
    return element
  }

  public func all(_ name: String) -> [SOAPElement] { children.filter { $0.name == name } }

  /// The text of the first child of that name; nil where there is none.
  public func text(_ name: String) -> String? { first(name)?.text }

  /// The managed object that the element names; nil where it names none.
  public var object: ManagedObject? { objectType.map { ManagedObject($0, text) } }
}

/// A reference to an object of the server: its type and its id, the "moid".
public struct ManagedObject: Sendable, Hashable {
  public let type: String
  public let id: String

  public init(_ type: String, _ id: String) {
    self.type = type
    self.id = id
  }
}
