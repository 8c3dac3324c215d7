/// An XML document as a flat tree: elements in document order, each with its attributes and the place of both.
///
/// Comments, processing instructions and white space between elements are not kept. The tree never changes after reading.
public final class XMLDocument: Sendable {
  struct Node: Sendable {
    let name: String
    /// "" outside of any namespace.
    let namespace: String
    /// Range of `attributes`.
    let attributes: Range<Int32>
    let line: Int32
    let column: Int32
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    /// The element's own character data, without white space at its ends.
    var text = ""
  }

  let nodes: [Node]
  let attributes: [XMLAttribute]

  init(nodes: [Node], attributes: [XMLAttribute]) {
    self.nodes = nodes
    self.attributes = attributes
  }

  public var root: XMLElement { XMLElement(document: self, index: 0) }
  /// Number of elements.
  public var count: Int { nodes.count }
}

/// An attribute with the place of its value.
public struct XMLAttribute: Sendable, Hashable {
  public let name: String
  /// "" outside of any namespace.
  public let namespace: String
  public let value: String
  /// Line of the value's first character, from 1.
  public let line: Int
  /// Column of the value's first character, from 1, in bytes.
  public let column: Int
}

/// One element of a document. Names and attributes are looked up outside of any namespace unless one is given.
public struct XMLElement: Sendable {
  let document: XMLDocument
  let index: Int

  public var name: String { document.nodes[index].name }
  public var namespace: String { document.nodes[index].namespace }
  /// Line of the start tag, from 1.
  public var line: Int { Int(document.nodes[index].line) }
  /// Column of the start tag, from 1, in bytes.
  public var column: Int { Int(document.nodes[index].column) }
  public var text: String { document.nodes[index].text }

  public var attributes: ArraySlice<XMLAttribute> {
    let range = document.nodes[index].attributes
    return document.attributes[Int(range.lowerBound)..<Int(range.upperBound)]
  }

  public func attribute(_ name: String) -> XMLAttribute? {
    let range = document.nodes[index].attributes
    var i = Int(range.lowerBound)
    while i < Int(range.upperBound) {
      if document.attributes[i].name == name, document.attributes[i].namespace.isEmpty { return document.attributes[i] }
      i += 1
    }
    return nil
  }

  /// The value of an attribute; nil where it is not written.
  public subscript(name: String) -> String? { attribute(name)?.value }

  public var children: XMLChildren { XMLChildren(document: document, following: document.nodes[index].firstChild) }

  /// Children of that name, in order.
  public func all(_ name: String, namespace: String = "") -> [XMLElement] {
    children.filter { $0.name == name && $0.namespace == namespace }
  }

  /// The first child of that name, and of each further name below it: `first("os", "loader")`.
  public func first(_ names: String...) -> XMLElement? {
    var element = self
    for name in names {
      guard let next = element.children.first(where: { $0.name == name && $0.namespace.isEmpty }) else { return nil }
      element = next
    }
    return element
  }

  /// The trimmed text of the element at that path; nil where there is none or it is empty.
  public func text(_ names: String...) -> String? {
    var element = self
    for name in names {
      guard let next = element.children.first(where: { $0.name == name && $0.namespace.isEmpty }) else { return nil }
      element = next
    }
    return element.text.isEmpty ? nil : element.text
  }
}

/// The children of an element, in order.
public struct XMLChildren: Sequence, IteratorProtocol {
  let document: XMLDocument
  var following: Int32

  public mutating func next() -> XMLElement? {
    guard following >= 0 else { return nil }
    let index = Int(following)
    following = document.nodes[index].nextSibling
    return XMLElement(document: document, index: index)
  }
}
