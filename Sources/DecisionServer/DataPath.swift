internal import Rego

/// A path below data, and what storage does at it. Errors are those of OPA's in-memory store.
struct DataPath {
  let parts: [String]

  init(_ parts: [String]) { self.parts = parts }

  /// "/a/b"
  var text: String { "/" + parts.joined(separator: "/") }

  private static let missing = APIError(404, .resourceNotFound, "storage_not_found_error: document does not exist")

  private static func invalidPatch(_ reason: String) -> APIError {
    APIError(400, .invalidParameter, "storage_invalid_patch_error: \(reason)")
  }

  /// The position that a part names in an array of so many elements.
  private func position(_ part: String, of count: Int) throws(APIError) -> Int {
    guard let index = Int(part) else {
      throw APIError(404, .resourceNotFound, "storage_not_found_error: \(text): array index must be integer")
    }
    guard index >= 0, index < count else {
      throw APIError(404, .resourceNotFound, "storage_not_found_error: \(text): array index out of range")
    }
    return index
  }

  private func conflict(_ count: Int) -> APIError {
    APIError(404, .resourceConflict, "storage_write_conflict_error: \(DataPath(Array(parts.prefix(count))).text)")
  }

  func value(in root: RegoValue) -> RegoValue? {
    var value = root
    for part in parts {
      switch value {
      case .object:
        guard let next = value[part] else { return nil }
        value = next
      case .array(let elements):
        guard let index = Int(part), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }

  /// Sets the value, and makes objects of the path above it.
  func put(_ value: RegoValue, in root: RegoValue) throws(APIError) -> RegoValue {
    var root = root
    for count in 1..<max(1, parts.count) {
      let above = DataPath(Array(parts.prefix(count)))
      switch above.value(in: root) {
      case nil: root = try above.add(.object([]), in: root)
      case .object?, .array?: break
      default: throw conflict(count)
      }
    }
    return try add(value, in: root)
  }

  func add(_ value: RegoValue, in root: RegoValue) throws(APIError) -> RegoValue { try write(value, root, 0, mustExist: false) }

  func replace(_ value: RegoValue, in root: RegoValue) throws(APIError) -> RegoValue { try write(value, root, 0, mustExist: true) }

  func remove(in root: RegoValue) throws(APIError) -> RegoValue {
    guard !parts.isEmpty else { throw Self.invalidPatch("root cannot be removed") }
    return try write(nil, root, 0, mustExist: true)
  }

  /// - Parameter new: nil takes the value away.
  private func write(_ new: RegoValue?, _ value: RegoValue, _ depth: Int, mustExist: Bool) throws(APIError) -> RegoValue {
    guard depth < parts.count else {
      guard depth == 0 else { return new ?? .null }
      guard case .object? = new else { throw Self.invalidPatch("root must be object") }
      return new ?? .object([])
    }
    let part = parts[depth]
    let isLast = depth == parts.count - 1
    switch value {
    case .object(var members):
      let position = members.firstIndex { $0.key == .string(part) }
      if isLast {
        if mustExist, position == nil { throw Self.missing }
        if let position { members.remove(at: position) }
        if let new { members.append(.init(.string(part), new)) }
      } else {
        guard let position else { throw Self.missing }
        members[position] = .init(.string(part), try write(new, members[position].value, depth + 1, mustExist: mustExist))
      }
      return .object(members)
    case .array(var elements):
      if isLast, part == "-" || part == "\(elements.count)" {
        guard let new, !mustExist else { throw Self.invalidPatch("\(text): invalid patch path") }
        return .array(elements + [new])
      }
      let index = try position(part, of: elements.count)
      if isLast {
        if mustExist { elements.remove(at: index) }
        if let new { elements.insert(new, at: index) }
      } else {
        elements[index] = try write(new, elements[index], depth + 1, mustExist: mustExist)
      }
      return .array(elements)
    default: throw Self.missing
    }
  }
}
