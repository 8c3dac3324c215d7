/// One change of `input` or base data, addressed by a JSON pointer (RFC 6901) as in a JSON patch (RFC 6902).
public struct DocumentEdit: Sendable, Hashable {
  /// Which document is changed.
  public enum Root: Sendable, Hashable {
    case input
    case data
  }

  public enum Operation: Sendable, Hashable {
    /// A value where one stands already.
    case replace(RegoValue)
    /// A member of an object, new or in place of another; an element of an array, before the one that has its place, `-` behind the last.
    case add(RegoValue)
    case remove
  }

  public let root: Root
  /// Keys of objects and places in arrays, from the root on; empty for the document as a whole.
  public let path: [String]
  public let operation: Operation

  public init(_ operation: Operation, at path: [String], of root: Root = .input) {
    self.operation = operation
    self.path = path
    self.root = root
  }

  /// - Parameter pointer: "" for the document, else "/vms/17/name"; `~1` stands for a slash in a key and `~0` for a tilde.
  /// - Throws: `edit_error` for a pointer that does not begin with a slash.
  public init(_ operation: Operation, at pointer: String, of root: Root = .input) throws(RegoError) {
    guard pointer.isEmpty || pointer.utf8.first == UInt8(ascii: "/") else {
      throw RegoError(.edit, "\(pointer) is no JSON pointer: one begins with a slash")
    }
    let parts = pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
    self.init(operation, at: parts.map { Self.unescaped(Array($0)) }, of: root)
  }

  /// The operations of a JSON patch: `add`, `remove` and `replace`.
  ///
  /// - Throws: `eval_internal_error` for text that is no JSON, `edit_error` for what is no patch and for other operations.
  public static func list(jsonPatch text: [UInt8], of root: Root = .input) throws(RegoError) -> [DocumentEdit] {
    guard case .array(let items) = try Document(json: text).regoValue else {
      throw RegoError(.edit, "a JSON patch is an array of operations")
    }
    var edits: [DocumentEdit] = []
    for (index, item) in items.enumerated() {
      guard case .string(let name)? = item["op"], case .string(let pointer)? = item["path"] else {
        throw RegoError(.edit, "operation \(index) of the patch has no op or no path")
      }
      let operation: Operation
      switch (name, item["value"]) {
      case ("add", let value?): operation = .add(value)
      case ("replace", let value?): operation = .replace(value)
      case ("remove", _): operation = .remove
      default: throw RegoError(.edit, "operation \(index) of the patch, \(name): only add, remove and replace with their values are known")
      }
      edits.append(try DocumentEdit(operation, at: pointer, of: root))
    }
    return edits
  }

  private static func unescaped(_ part: [UInt8]) -> String {
    guard part.contains(UInt8(ascii: "~")) else { return String(decoding: part, as: UTF8.self) }
    var text: [UInt8] = []
    var index = 0
    while index < part.count {
      if part[index] == UInt8(ascii: "~"), index + 1 < part.count,
        part[index + 1] == UInt8(ascii: "0") || part[index + 1] == UInt8(ascii: "1")
      {
        text.append(part[index + 1] == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
        index += 2
      } else {
        text.append(part[index])
        index += 1
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// For messages.
  var pointer: String {
    (root == .input ? "input" : "data") + path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
  }
}

extension RegoError.Code {
  /// An edit does not fit the document.
  public static let edit = RegoError.Code(rawValue: "edit_error")
}
