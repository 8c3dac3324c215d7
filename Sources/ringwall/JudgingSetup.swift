internal import Audit
internal import Domain
internal import Judgement
internal import Waivers

/// What judging needs before the first fact: the program's own data, the policies, the baseline and the parameters in use.
struct JudgingSetup {
  let folder: DataFolder
  let texts: Texts
  let policies: Policies
  let baseline: Baseline
  let claims: Claims
  let waiverRules: WaiverRules
  /// In the order of their weight: the last of one name counts.
  let parameters: [FactValue.Member]
  /// Parameters that the shipped policies know.
  let known: [Parameter]
  private let only: Set<String>
  private let skip: Set<String>

  init(_ data: DataOptions, _ options: PolicyOptions) throws(DataError) {
    try self.init(data, options.setting, isReplacing: options.replacePolicy, only: options.only, skip: options.skip)
  }

  init(
    _ data: DataOptions, _ options: SettingOptions, isReplacing: Bool = false, only: [String] = [], skip: [String] = []
  ) throws(DataError) {
    folder = try DataFolder(named: data.data)
    texts = try Texts(data.language, from: folder)
    policies = try Policies.load(from: folder, extra: options.policies, replacing: isReplacing)
    if let problem = policies.controls.problems.first { throw DataError("\(problem); correct the METADATA of that rule") }
    baseline = try Baseline.load(options.baseline, from: folder)
    claims = try Claims(from: folder)
    waiverRules = try WaiverRules(from: folder)
    known = try Parameter.all(in: folder)
    var parameters = baseline.parameters
    for file in options.parameters { parameters += try ParameterSetting.members(ofFile: file) }
    let set = try options.settings.map { text throws(DataError) in try ParameterSetting.member(text) }
    if options.policies.isEmpty {
      let names = known.map(\.name) + baseline.parameters.map(\.key)
      for member in set where !names.contains(member.key) {
        throw DataError("--set \(member.key): no control reads a parameter of that name\(Suggestion.text(for: member.key, among: names))")
      }
    }
    for member in set {
      if let wanted = known.first(where: { $0.name == member.key })?.mismatch(member.value) {
        throw DataError("--set \(member.key)=\(member.value.shown): must be \(wanted)")
      }
    }
    self.parameters = parameters + set
    self.only = try Self.ids(only, "--only", policies.controls, claims, waiverRules)
    self.skip = try Self.ids(skip, "--skip", policies.controls, claims, waiverRules)
  }

  func includes(_ control: Control) -> Bool {
    !skip.contains(control.id) && (only.isEmpty ? baseline.includes(control) : only.contains(control.id))
  }

  /// Ids of controls that are judged, and of invented settings that are reported.
  var includedIDs: @Sendable (String) -> Bool {
    let (controls, baseline, only, skip, waiverIDs) = (policies.controls, baseline, only, skip, Set(waiverRules.ids))
    return { id in
      if skip.contains(id) { return false }
      // Whoever gives waivers is told what is wrong with them, whichever controls are judged.
      if waiverIDs.contains(id) { return true }
      if !only.isEmpty { return only.contains(id) }
      return controls[id].map(baseline.includes) ?? true
    }
  }

  func judge() throws(DataError) -> Judge {
    try Judge(policies: policies, parameters: parameters, isIncluded: includes)
  }

  /// The value that policies read under a parameter's name.
  func value(of parameter: String) -> FactValue? { parameters.last { $0.key == parameter }?.value }

  private static func ids(_ texts: [String], _ option: String, _ controls: Controls, _ claims: Claims, _ waivers: WaiverRules)
    throws(DataError) -> Set<String>
  {
    var ids: Set<String> = []
    for text in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let id = text.filter { $0 != " " }.uppercased()
      guard !id.isEmpty else { throw DataError("\(option): an empty id; name a control, as in \(option) KVM-001") }
      guard let known = controls[id] ?? claims.control(id) ?? waivers.control(id) else {
        throw DataError(
          "\(option) \(text): no such control. All of them: ringwall controls\(Suggestion.text(for: id, among: controls.all.map(\.id)))")
      }
      ids.insert(known.id)
    }
    return ids
  }
}

/// Parameters as users write them.
enum ParameterSetting {
  /// "key=value": lists, objects and quoted texts as YAML or JSON writes them, numbers and true or false as such, anything else as text.
  static func member(_ text: String) throws(DataError) -> FactValue.Member {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw DataError("--set \(text): not of the form key=value, as in tenants=trusted")
    }
    let key = String(text[..<equals])
    let value = String(text[text.index(after: equals)...])
    if let first = value.first, "[{\"'".contains(first) {
      return .init(key, try YAMLDocument.read(Array(value.utf8), file: "--set \(key)"))
    }
    if !value.contains("#"), !value.contains(":"), let read = try? YAMLDocument.read(Array(value.utf8), file: key) {
      switch read {
      case .bool, .int, .double: return .init(key, read)
      default: break
      }
    }
    return .init(key, .string(value))
  }

  /// The parameters of a file: at `ringwall.parameters`, as a baseline or data for OPA has them, else its top level.
  static func members(ofFile path: String) throws(DataError) -> [FactValue.Member] {
    let document = try YAMLDocument.read(try DataFiles.bytes(path), file: path)
    guard let members = (document["ringwall"]?["parameters"] ?? document).members else {
      throw DataError("--parameters \(path): not a map of names and values")
    }
    return members
  }
}

/// The name that was probably meant.
enum Suggestion {
  /// "; did you mean X?", "" when nothing is near.
  static func text(for name: String, among names: [String]) -> String {
    let near = names.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }.filter {
      $0.distance <= max(2, name.count / 4)
    }
    guard let best = near.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return "" }
    return "; did you mean \(best.name)?"
  }

  /// Levenshtein's distance, over at most 64 characters of each.
  private static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
    var row = Array(0...b.count)
    for i in 0..<a.count {
      var previous = row[0]
      row[0] = i + 1
      for j in 0..<b.count {
        let old = row[j + 1]
        row[j + 1] = a[i] == b[j] ? previous : min(previous, row[j], old) + 1
        previous = old
      }
    }
    return row[b.count]
  }
}
