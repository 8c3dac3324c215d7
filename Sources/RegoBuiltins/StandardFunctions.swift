public import Rego

/// OPA's built-in functions that need cryptography or the network. `Rego` has all others.
///
///     let policy = try Policy(modules, options: .init(functions: StandardFunctions.all))
public enum StandardFunctions {
  public static let all: [BuiltinFunction] =
    digests + tokens + tokenSigning + certificates + privateKeys + requestSigning + addressLookup + requestSending
}
