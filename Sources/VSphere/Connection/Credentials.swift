/// Who asks. Neither part is ever printed: the description names nothing.
public struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let user: String
  let password: String

  public init(user: String, password: String) throws(ServiceFailure) {
    guard !user.isEmpty else { throw ServiceFailure(.usage, "--user names nobody; name an account that may read, as audit@vsphere.local") }
    guard !password.isEmpty else { throw ServiceFailure(.usage, "the password is empty; give it in RINGWALL_PASSWORD or --password-file") }
    // XML 1.0 has no way to write these (section 2.2).
    for text in [user, password] where text.unicodeScalars.contains(where: { $0.value < 0x20 && ![0x09, 0x0A, 0x0D].contains($0.value) }) {
      throw ServiceFailure(.usage, "user or password hold a control character, which the server's protocol cannot carry")
    }
    self.user = user
    self.password = password
  }

  public var description: String { "credentials" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
