/// A function that policies call by name, written outside the engine and given to `Policy`.
///
///     let greet = BuiltinFunction("texts.greet", [.string], result: .string) { call throws(BuiltinError) in
///       .string("hello, " + String(decoding: try call.text(0), as: UTF8.self))
///     }
///     let policy = try Policy(modules, options: .init(functions: [greet]))
///
/// A function of the engine's own with the same name is replaced.
public struct BuiltinFunction: Sendable {
  /// Gives the value of a call; nil makes the call undefined without an error.
  public typealias Body = @Sendable (_ call: borrowing BuiltinCall) throws(BuiltinError) -> RegoValue?

  public let name: String
  /// Number of operands.
  public let arity: Int
  let signature: Signature?
  let isNondeterministic: Bool
  let body: Body

  /// A function of OPA's: its types are those of OPA's table. For a name that OPA does not have, operands and result may be anything.
  ///
  /// - Parameter isNondeterministic: its answers may differ between two evaluations of the same input; partial evaluation keeps the call.
  public init(_ name: String, arity: Int, isNondeterministic: Bool = false, _ body: @escaping Body) {
    self.name = name
    self.arity = arity
    signature = nil
    self.isNondeterministic = isNondeterministic
    self.body = body
  }

  /// - Parameters:
  ///   - name: dotted, as policies write it: "texts.greet".
  ///   - operands: what the checker accepts; the call sees the values themselves and decides again.
  public init(
    _ name: String, _ operands: [ValueType], result: ValueType, isNondeterministic: Bool = false, _ body: @escaping Body
  ) {
    self.name = name
    arity = operands.count
    signature = Signature(
      name: name, arguments: operands.map { Signature.Operand(name: "", type: $0.staticType) }, variadic: nil,
      result: Signature.Operand(name: "", type: result.staticType))
    self.isNondeterministic = isNondeterministic
    self.body = body
  }

  /// The function in the engine's own form.
  var builtin: Builtin {
    let body = body
    return Builtin(name, arity, isNondeterministic: isNondeterministic, signature: signature, isExtension: true) {
      arguments, context throws(BuiltinError) in
      try body(BuiltinCall(arguments: arguments, context: context))?.value(in: context.heap) ?? .undefined
    }
  }
}

/// What the checker knows of an operand or a result before evaluation.
public indirect enum ValueType: Sendable, Hashable {
  case any, null, boolean, number, string
  case array(of: ValueType)
  case set(of: ValueType)
  case object(keys: ValueType, values: ValueType)
  case oneOf([ValueType])

  var staticType: StaticType {
    switch self {
    case .any: .any
    case .null: .null
    case .boolean: .boolean
    case .number: .number
    case .string: .string
    case .array(let element): .array([], rest: element.staticType)
    case .set(let element): .set(of: element.staticType)
    case .object(let keys, let values): .object([], rest: StaticType.Properties(key: keys.staticType, value: values.staticType))
    case .oneOf(let types): .union(types.map(\.staticType).sorted { StaticType.order($0, $1) < 0 })
    }
  }
}

/// Hosts that functions of policies may connect to.
public enum NetworkAccess: Sendable, Hashable {
  /// No host: `http.send` and `net.lookup_ip_addr` fail.
  case none
  /// These names or addresses, as OPA's capabilities list them in `allow_net`: without port, compared as they are written.
  case hosts(Set<String>)
  /// Every host, as OPA has it where `allow_net` is missing.
  case all

  public func allows(_ host: String) -> Bool {
    switch self {
    case .none: false
    case .hosts(let hosts): hosts.contains(host)
    case .all: true
    }
  }
}
