public import Domain
internal import Rego
internal import RegoBuiltins
internal import Synchronization

/// The Rego engine as Judgement uses it: modules and data in, the value of a rule out. Nothing else in Judgement knows the engine.
public final class PolicyEngine: Sendable {
  public struct Source: Sendable, Hashable {
    /// Name used in errors.
    public let file: String
    public let text: [UInt8]

    public init(file: String, text: [UInt8]) {
      self.file = file
      self.text = text
    }
  }

  /// A rule with its METADATA block.
  public struct AnnotatedRule: Sendable, Hashable {
    /// Path of the rule without `data`: ["ringwall", "controls", "host", "cpu", "kvm_001"].
    public let path: [String]
    public let metadata: FactValue
    public let file: String
    /// Line of the rule, from 1.
    public let line: Int
  }

  /// Steps that judging one asset may take; a policy that needs more is an error of that policy.
  private static let steps = 50_000_000
  /// Bytes of values that judging one asset may make.
  private static let memory = 1 << 30

  private let policy: Policy
  private let queries = Mutex<[String: PreparedQuery]>([:])
  /// Assets of a kind are much alike.
  private let reader = Mutex(DocumentReader())

  /// - Throws: every mistake in the modules, one a line.
  public convenience init(modules: [Source], data: FactValue) throws(DataError) {
    try self.init(parsed: Self.parse(modules), data: data)
  }

  init(parsed: [ParsedSource], data: FactValue) throws(DataError) {
    do throws(RegoErrors) {
      policy = try Policy(parsed.map(\.module), data: Document(data.regoValue), options: .init(functions: StandardFunctions.all))
    } catch {
      throw DataError(error.errors.map(\.description).joined(separator: "\n"))
    }
  }

  /// A module that was read, so that its controls can be listed and its rules compiled without reading it twice.
  struct ParsedSource: Sendable {
    let file: String
    let module: Module
  }

  /// - Throws: the mistakes of the first module that has any, one a line.
  static func parse(_ sources: [Source]) throws(DataError) -> [ParsedSource] {
    do throws(RegoErrors) {
      var parsed: [ParsedSource] = []
      for source in sources { parsed.append(ParsedSource(file: source.file, module: try Parser.module(source.text, file: source.file))) }
      return parsed
    } catch {
      throw DataError(error.errors.map(\.description).joined(separator: "\n"))
    }
  }

  /// The value of a rule ("data.ringwall.audit.results"); nil where it has none.
  public func evaluate(_ rule: String, input: FactValue) throws(DataError) -> FactValue? {
    do throws(RegoErrors) {
      let query = try prepared(rule)
      do throws(RegoError) {
        let input = try Document(json: JSONText.bytes(input), name: "input")
        let options = EvaluationOptions(steps: Self.steps, memory: Self.memory)
        return try query.evaluate(input: input, options: options).first?["value"].map(FactValue.init)
      } catch {
        throw RegoErrors(error)
      }
    } catch {
      throw DataError(error.errors.map(\.description).joined(separator: "\n"))
    }
  }

  /// An input document that several rules can be asked about.
  struct Input {
    fileprivate let document: Document
  }

  func input(json: [UInt8]) throws(DataError) -> Input {
    do throws(RegoError) {
      return Input(document: try reader.withLock { reader throws(RegoError) in try reader.document(json: json, name: "input") })
    } catch {
      throw DataError(error.description)
    }
  }

  /// One value of a rule that makes an object of results; as a `FactValue` only where somebody asks.
  struct Result: Sendable {
    private let rego: RegoValue

    fileprivate init(rego: RegoValue) { self.rego = rego }

    init(_ value: FactValue) { rego = value.regoValue }

    var value: FactValue { FactValue(rego) }

    /// The value under a key; nil for a missing key.
    subscript(key: String) -> FactValue? { member(key).map(FactValue.init) }

    /// The text under a key; nil for a missing key or another kind of value.
    func text(_ key: String) -> String? {
      if case .string(let text)? = member(key) { return text }
      return nil
    }

    private func member(_ key: String) -> RegoValue? {
      guard case .object(let members) = rego else { return nil }
      for member in members {
        if case .string(let name) = member.key, name == key { return member.value }
      }
      return nil
    }
  }

  /// The members of the object that a rule makes, sorted by key; none where the rule has no value.
  func results(_ rule: String, input: Input) throws(DataError) -> [(id: String, result: Result)] {
    do throws(RegoErrors) {
      let query = try prepared(rule)
      do throws(RegoError) {
        let options = EvaluationOptions(steps: Self.steps, memory: Self.memory)
        guard case .object(let members)? = try query.evaluate(input: input.document, options: options).first?["value"] else { return [] }
        let results = members.compactMap { member -> (id: String, result: Result)? in
          guard case .string(let key) = member.key else { return nil }
          return (key, Result(rego: member.value))
        }
        return results.indices.dropFirst().allSatisfy { results[$0 - 1].id < results[$0].id } ? results : results.sorted { $0.id < $1.id }
      } catch {
        throw RegoErrors(error)
      }
    } catch {
      throw DataError(error.errors.map(\.description).joined(separator: "\n"))
    }
  }

  private func prepared(_ rule: String) throws(RegoErrors) -> PreparedQuery {
    if let known = queries.withLock({ $0[rule] }) { return known }
    let query = try policy.prepare("value = \(rule)")
    queries.withLock { $0[rule] = query }
    return query
  }

  /// Whether a module's rules are meant as controls: package `ringwall.controls...`.
  static func isControlPackage(_ module: Module) -> Bool {
    module.package.dropFirst().prefix(2).compactMap(text) == ["ringwall", "controls"]
  }

  /// "host" of package `ringwall.controls.host.cpu`; nil for a package that holds no controls.
  static func controlPackage(_ module: Module) -> String? {
    isControlPackage(module) ? module.package.dropFirst(3).first.flatMap(text) : nil
  }

  /// Every rule that has a METADATA block of its own, in the order of the modules.
  static func annotatedRules(of sources: [ParsedSource]) -> [AnnotatedRule] {
    var found: [AnnotatedRule] = []
    for source in sources {
      let package = source.module.package.dropFirst().compactMap(text)
      for rule in source.module.rules {
        guard let annotation = rule.annotations.last(where: { $0.scope == .rule }) else { continue }
        found.append(
          AnnotatedRule(
            path: package + rule.head.reference.compactMap(text), metadata: FactValue(annotation.fields), file: source.file,
            line: Int(rule.location.row)))
      }
    }
    return found
  }

  private static func text(_ term: Term) -> String? {
    switch term.node {
    case .variable(let name), .string(let name): name
    default: nil
    }
  }

  /// - Parameter file: name used in errors.
  public static func readJSON(_ bytes: [UInt8], file: String) throws(DataError) -> FactValue {
    // Programs of Windows put a mark before UTF-8, which is no part of the text, and write UTF-16 unless they are told not to.
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { throw DataError("\(file): UTF-16 text; save it as UTF-8") }
    do throws(RegoError) {
      return FactValue(try Document(json: hasMark ? Array(bytes.dropFirst(3)) : bytes, name: file).regoValue)
    } catch {
      throw DataError("\(file):\(error.location.row):\(error.location.column): not JSON: \(error.message)")
    }
  }
}

extension FactValue {
  init(_ value: RegoValue) {
    switch value {
    case .null: self = .null
    case .boolean(let flag): self = .bool(flag)
    case .integer(let number): self = .int(number)
    case .number(let text): self = Double(text).map(FactValue.double) ?? .string(text)
    case .string(let text): self = .string(text)
    case .array(let elements), .set(let elements): self = .array(elements.map(FactValue.init))
    case .object(let members):
      self = .object(
        members.map { member in
          if case .string(let key) = member.key { return Member(key, FactValue(member.value)) }
          return Member(String(decoding: Document(member.key).json(), as: UTF8.self), FactValue(member.value))
        })
    }
  }

  init(_ metadata: Metadata) {
    switch metadata {
    case .null: self = .null
    case .boolean(let flag): self = .bool(flag)
    case .number(let text): self = Int64(text).map(FactValue.int) ?? Double(text).map(FactValue.double) ?? .string(text)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .array(elements.map(FactValue.init))
    case .object(let members): self = .object(members.map { Member($0.key, FactValue($0.value)) })
    }
  }

  var regoValue: RegoValue {
    switch self {
    case .null: .null
    case .bool(let flag): .boolean(flag)
    case .int(let number): .integer(number)
    case .double(let number): .number(number.isFinite ? "\(number)" : "0")
    case .string(let text): .string(text)
    case .array(let elements): .array(elements.map(\.regoValue))
    case .object(let members): .object(members.map { .init(.string($0.key), $0.value.regoValue) })
    }
  }
}
