public import Domain

/// Turns what vim25 sends into values of a document: property names verbatim, objects of a polymorphic type with their `_type`.
///
/// SOAP names the type of a value only where it is not the declared one. What an element without a type means is decided by `VimNames`.
public enum VimValue {
  /// - Parameter name: the property's name, where the element is one of an answer's `val`.
  public static func of(_ element: SOAPElement, name: String? = nil) -> FactValue {
    value(element, name: name ?? element.name)
  }

  private static func value(_ element: SOAPElement, name: String, parent: SOAPElement? = nil) -> FactValue {
    if let type = element.objectType {
      return .object([.init("type", .string(type)), .init("value", .string(element.text))])
    }
    if let type = element.type {
      if type.hasPrefix("ArrayOf") { return .array(element.children.map { value($0, name: $0.name, parent: element) }) }
      if let scalar = scalar(element.text, type) { return scalar }
    }
    guard element.children.isEmpty else { return object(element) }
    // An object of a type with nothing set in it.
    if let type = element.type, type.first?.isUppercase == true, element.text.isEmpty { return .object([.init("_type", .string(type))]) }
    return plain(element.text, name: name, parent: parent)
  }

  private static func object(_ element: SOAPElement) -> FactValue {
    var members: [FactValue.Member] = []
    if let type = element.type { members.append(.init("_type", .string(type))) }
    var places: [String: Int] = [:]
    for child in element.children where !VimNames.isSecret(child.name) {
      let value = value(child, name: child.name, parent: element)
      if let place = places[child.name] {
        // The second of one name says that it is an array.
        let elements = members[place].value.elements.map { VimNames.isArray(child, of: element) ? $0 : [members[place].value] }
        members[place] = .init(child.name, .array((elements ?? [members[place].value]) + [value]))
      } else {
        places[child.name] = members.count
        members.append(.init(child.name, VimNames.isArray(child, of: element) ? .array([value]) : value))
      }
    }
    return .object(members)
  }

  /// A value whose type the server names (XML Schema, part 2).
  private static func scalar(_ text: String, _ type: String) -> FactValue? {
    switch type {
    case "boolean": .bool(text == "true" || text == "1")
    case "int", "long", "short", "byte", "integer": Int64(text).map { .int($0) } ?? .string(text)
    case "double", "float": Double(text).map { .double($0) } ?? .string(text)
    case "string", "dateTime", "base64Binary", "anyURI": .string(text)
    default: type.first?.isLowercase == true ? .string(text) : nil
    }
  }

  private static func plain(_ text: String, name: String, parent: SOAPElement?) -> FactValue {
    if text.isEmpty, VimNames.isObject(name) { return .object([]) }
    if text == "true" || text == "false", !VimNames.isText(name, of: parent) { return .bool(text == "true") }
    if let number = Int64(text), VimNames.isNumber(name, of: parent) { return .int(number) }
    return .string(text)
  }
}
