/// Why a vSphere server did not give what was asked for: one sentence that says what to do, without a credential in it.
public struct ServiceFailure: Error, Sendable, Hashable {
  public enum Code: String, Sendable {
    /// What was named is no address, or an option cannot be used.
    case usage = "malformed"
    /// Nothing answers there, or not in time.
    case unreachable
    /// The certificate is not to be trusted: unknown authority, expired, of another name, not the pinned one.
    case untrusted
    /// User or password are wrong, or the session has ended.
    case login
    /// Something answers that does not speak vim25.
    case foreign = "foreign-server"
    /// The connection ended, or the answer is no complete XML.
    case dropped
    case tooLarge = "answer-too-large"
    /// The server answered with a fault.
    case fault = "server-fault"
    /// The caller has lost interest.
    case cancelled = "interrupted"
  }

  public var code: Code
  public var message: String
  /// Type of the server's fault ("InvalidLogin", "NoPermission", "InvalidProperty"), where one was the reason.
  public var fault: String?
  /// What the fault names: the property of "InvalidProperty", the privilege of "NoPermission".
  public var subject: String?

  init(_ code: Code, _ message: String, fault: String? = nil, subject: String? = nil) {
    self.code = code
    self.message = message
    self.fault = fault
    self.subject = subject
  }

  /// The answer is about one object or property; others can still be asked for.
  var isOfOneObject: Bool { code == .fault && fault != "NotAuthenticated" }
}
