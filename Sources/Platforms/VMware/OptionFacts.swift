internal import Domain

/// Advanced options (`OptionManager`) of a host or a vCenter: facts `option.NAME`.
struct OptionFacts {
  private let owner: InventoryEntity
  private let section: String

  init(_ owner: InventoryEntity, at section: String) {
    self.owner = owner
    self.section = section
  }

  /// One fact for each name. A name that is not there is absent where the whole list was read, and not collected where single settings were
  /// exported ({Name, Value} as PowerCLI writes them).
  func facts(_ names: [String]) -> [String: Fact] {
    let all = owner.fact(at: [section]) { $0.isObject || $0.isArray ? .null : nil }
    guard all.state == .present, let options = owner.at([section]) else {
      return Dictionary(uniqueKeysWithValues: names.map { ("option.\($0)", all) })
    }
    // A host has more than a thousand options: of a whole list only those that are asked for are looked up.
    var single: [String: PlacedJSON] = [:]
    var ambiguous: Set<String> = []
    for setting in options.elements ?? [] {
      guard let name = setting["Name"]?.text ?? setting["key"]?.text, let value = setting["Value"] ?? setting["value"] else { continue }
      if let before = single.updateValue(value, forKey: name), before.value != value.value { ambiguous.insert(name) }
    }
    var facts: [String: Fact] = [:]
    for name in names {
      let place = owner.path([section, name])
      if let value = options[name] ?? single[name] {
        let source = owner.document.source(value, place)
        facts["option.\(name)"] = ambiguous.contains(name) ? .unreadable("duplicate-key", source) : Self.fact(value, source)
      } else {
        facts["option.\(name)"] =
          options.isObject ? .absent(sources: all.source) : .notCollected("not-given", owner.document.source(missing: place))
      }
    }
    return facts
  }

  /// An option without a text of its own, as PowerShell writes an empty one, is an empty text.
  static func fact(_ value: PlacedJSON, _ source: FactSource) -> Fact {
    if value.isNull { return .present("", source) }
    return value.scalar == nil ? .unreadable("malformed", source) : .present(value.value, source)
  }
}
