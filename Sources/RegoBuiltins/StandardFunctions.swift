public import Rego

/// OPA's built-in functions that need cryptography or the network. `Rego` has all others.
///
///     let policy = try Policy(modules, options: .init(functions: StandardFunctions.all))
public enum StandardFunctions {
  /// All, of which `http.send` makes no requests.
  public static let all: [BuiltinFunction] = local + requestSending(nil)

  /// All, with the transport that `http.send` uses. Answers that policies ask to be cached are kept as long as the list is.
  public static func all(sending transport: any RequestTransport) -> [BuiltinFunction] { local + requestSending(transport) }

  private static let local =
    digests + tokens + tokenSigning + certificates + privateKeys + requestSigning + addressLookup
}
