internal import Domain

/// A command line with the definitions that its options refer to by id.
struct Arguments: Sendable {
  /// One `-device`, or what another option creates.
  struct Device: Sendable, Hashable {
    let driver: String
    let values: OptionValues
    /// The option that creates it, with its dash.
    let option: String
    let source: FactSource

    var id: String? { values["id"] }
  }

  /// One `-object`.
  struct Object: Sendable, Hashable {
    let type: String
    let values: OptionValues
    let source: FactSource
  }

  let line: CommandLine
  let options: Options
  let devices: [Device]
  let objects: [Object]
  let chardevs: [String: CharacterDevice]
  /// Keys of every `-machine`, later ones last.
  let machine: OptionValues
  let global: [(values: OptionValues, source: FactSource)]
  /// Texts that hide what matters: option files, unsettled expansions, JSON that does not parse.
  let unresolved: [CommandLine.Argument]

  init(_ line: CommandLine) {
    self.line = line
    let options = Options(line)
    self.options = options
    var unresolved = options.hidden

    func values(_ option: Option, implied: String?) -> OptionValues {
      let values = OptionValues(option.text, implied: implied)
      if let value = option.value, !values.isReadable || (!option.isResolved && Self.hidesIdentity(value.text)) { unresolved.append(value) }
      return values
    }
    devices = options.named("device").compactMap { option in
      let values = values(option, implied: "driver")
      return values["driver"].map { Device(driver: $0, values: values, option: "-device", source: option.source) }
    }
    objects = options.named("object").compactMap { option in
      let values = values(option, implied: "qom-type")
      return values["qom-type"].map { Object(type: $0, values: values, source: option.source) }
    }
    var chardevs: [String: CharacterDevice] = [:]
    for option in options.named("chardev") {
      let values = values(option, implied: "backend")
      if let id = values["id"] { chardevs[id] = CharacterDevice(values, source: option.source) }
    }
    self.chardevs = chardevs
    machine = OptionValues(pairs: options.named("machine").flatMap { values($0, implied: "type").pairs })
    global = options.named("global").map { (values($0, implied: nil), $0.source) }
    for option in options.all where !["device", "object", "chardev", "machine", "global", "append", "name"].contains(option.name) {
      if let value = option.value, !value.isResolved, Self.hidesIdentity(value.text) { unresolved.append(value) }
    }
    self.unresolved = unresolved
  }

  /// An unsettled expansion right at the start of a value, or right behind its scheme, decides what the option is.
  private static func hidesIdentity(_ text: String) -> Bool {
    let start = text.utf8.first
    return start == UInt8(ascii: "$") || start == UInt8(ascii: "`")
  }

  /// The last option of a name, as QEMU takes options that stand once.
  func last(_ names: String...) -> Option? { options.all.last { names.contains($0.name) } }

  func object(id: String) -> Object? { objects.last { $0.values["id"] == id } }

  /// Value of `-global driver.property=value`, in either notation.
  func global(_ driver: String, _ property: String) -> (value: String, source: FactSource)? {
    for (values, source) in global.reversed() {
      if values["driver"] == driver, values["property"] == property, let value = values["value"] { return (value, source) }
      if let value = values["\(driver).\(property)"] { return (value, source) }
    }
    return nil
  }
}

/// A list as a fact: one source per element in the same order. An empty list is absent.
struct FactList {
  private var elements: [FactValue] = []
  private var sources: [FactSource] = []

  var isEmpty: Bool { elements.isEmpty }

  mutating func append(_ value: FactValue, _ source: FactSource) {
    elements.append(value)
    sources.append(source)
  }

  mutating func append(_ members: [FactValue.Member], _ source: FactSource) { append(.object(members), source) }

  /// - Parameter place: what an empty list is cited by.
  func fact(emptyAt place: FactSource) -> Fact {
    elements.isEmpty ? .absent(place) : .present(.array(elements), sources: sources)
  }
}
