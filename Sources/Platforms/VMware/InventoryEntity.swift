internal import Domain

/// One host, machine or other object of an inventory, and how facts are read from it.
struct InventoryEntity: Sendable {
  let document: InventoryDocument
  /// The object's own part of the document; nil where it is missing, and for the document as a whole.
  private let own: PlacedJSON?
  /// Its way through the document, "hosts[host-12]"; "" for the document's own sections.
  let place: String
  private let failures: [InventoryDocument.Failure]

  init(_ document: InventoryDocument, _ json: PlacedJSON?, place: String) {
    self.document = document
    own = json
    self.place = place
    failures = place.isEmpty ? document.sectionFailures : document.failures(around: place)
  }

  /// The value below a way of properties.
  func at(_ keys: [String]) -> PlacedJSON? {
    guard place.isEmpty else { return own?.at(keys) }
    guard let section = keys.first else { return nil }
    return document[section]?.at(keys.dropFirst())
  }

  /// Why what stands at a place, or what holds it, could not be read; nil where nothing went wrong.
  private func failure(of place: String) -> String? {
    failures.first { failure in
      guard place.hasPrefix(failure.place) else { return false }
      let rest = place.dropFirst(failure.place.count)
      return rest.isEmpty || rest.first == "." || rest.first == "["
    }?.why
  }

  /// What a property that is not there says.
  enum Missing {
    /// The API leaves it out while it is unset: the default is judged.
    case isDefault
    /// The API always gives it, so that the document holds a part only.
    case isNotGiven
  }

  func path(_ keys: [String]) -> String {
    let way = keys.joined(separator: ".")
    return place.isEmpty ? way : way.isEmpty ? place : place + "." + way
  }

  /// A fact from the property below `keys`.
  ///
  /// - Parameters:
  ///   - missing: what it means when the property is not there although what holds it is.
  ///   - value: nil for a value of the wrong form, which is unreadable.
  func fact(_ keys: String..., missing: Missing = .isNotGiven, value: (PlacedJSON) -> FactValue? = { $0.value }) -> Fact {
    fact(at: keys, missing: missing, value: value)
  }

  func fact(at keys: [String], missing: Missing = .isNotGiven, value: (PlacedJSON) -> FactValue? = { $0.value }) -> Fact {
    let way = path(keys)
    if let why = failure(of: way) { return .unreadable(why, document.source(missing: way)) }
    guard let found = at(keys), !found.isNull else {
      if missing == .isDefault, let holder = at(Array(keys.dropLast())), holder.isObject {
        return .absent(document.source(holder, path(Array(keys.dropLast()))))
      }
      return .notCollected("not-given", document.source(missing: way))
    }
    let source = document.source(found, way)
    guard let read = value(found) else { return .unreadable("malformed", source) }
    return .present(read, source)
  }

  /// A fact that is a list: one value and one source for each element that counts.
  ///
  /// - Parameters:
  ///   - counts: false for elements of another kind, which are left out.
  ///   - element: nil for one of the wrong form. Then, and where one of them could not be read, the whole list is unreadable: what it lacks
  ///     might be what is looked for.
  func list(
    _ keys: String..., missing: Missing = .isNotGiven, where counts: (PlacedJSON) -> Bool = { _ in true },
    element: (PlacedJSON) -> FactValue?
  ) -> Fact {
    let way = path(keys)
    if let why = failure(of: way) ?? failures.first(where: { $0.place.hasPrefix(way + "[") })?.why {
      return .unreadable(why, document.source(missing: way))
    }
    guard let found = at(keys), !found.isNull else { return fact(at: keys, missing: missing) }
    var values: [FactValue] = []
    var sources: [FactSource] = []
    for (index, part) in found.list.enumerated() where counts(part) {
      guard let value = element(part) else { return .unreadable("malformed", document.source(part, "\(way)[\(index)]")) }
      values.append(value)
      sources.append(document.source(part, "\(way)[\(index)]"))
    }
    return .present(.array(values), sources: sources.isEmpty ? [document.source(found, way)] : sources)
  }
}

extension PlacedJSON {
  /// True or false, also as the text that esxcli and PowerShell print.
  var switchState: Bool? {
    if let flag { return flag }
    if let integer { return integer == 1 ? true : integer == 0 ? false : nil }
    return switch text?.lowercased() {
    case "true", "yes", "enabled", "on", "1": true
    case "false", "no", "disabled", "off", "0": false
    default: nil
    }
  }

  /// A text, a number or a flag as text; nil for anything else.
  var scalar: String? {
    switch value {
    case .string(let text): text
    case .int(let number): String(number)
    case .double(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// The value of a column of a row that esxcli printed, whatever spaces and capitals its name has: "Shell Access", "ShellAccess" and
  /// "Shellaccess" are one.
  func column(_ name: String) -> PlacedJSON? {
    let wanted = Self.plain(name)
    return members?.last { Self.plain($0.key) == wanted }?.value
  }

  private static func plain(_ name: String) -> String {
    String(decoding: name.utf8.filter { $0 >= 0x30 && $0 != 0x5F && $0 != 0x5E }, as: UTF8.self).lowercased()
  }
}
