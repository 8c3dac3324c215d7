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
    var found: [String: PlacedJSON] = [:]
    for (name, value) in options.members ?? [] { found[name] = value }
    for setting in options.elements ?? [] {
      if let name = setting["Name"]?.text ?? setting["key"]?.text { found[name] = setting["Value"] ?? setting["value"] }
    }
    var facts: [String: Fact] = [:]
    for name in names {
      let place = owner.path([section, name])
      if let value = found[name] {
        let source = owner.document.source(value, place)
        facts["option.\(name)"] =
          value.isNull ? .present("", source) : value.scalar == nil ? .unreadable("malformed", source) : .present(value.value, source)
      } else {
        facts["option.\(name)"] =
          options.isObject ? .absent(sources: all.source) : .notCollected("not-given", owner.document.source(missing: place))
      }
    }
    return facts
  }
}
