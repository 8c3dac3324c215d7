internal import ArgumentParser
internal import Judgement
internal import VSphere

/// Who asks a vSphere server, and what it must show first. The password never stands on the command line.
struct VSphereOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Account of a vSphere server, as audit@vsphere.local; Read-only is enough. Its password comes from --password-file, from RINGWALL_PASSWORD, or is asked for.",
      valueName: "name"))
  var user: String?

  @Option(
    help: ArgumentHelp("A file whose first line is the password, closed to everybody but its owner.", valueName: "file"),
    completion: .file())
  var passwordFile: String?

  @Option(
    help: ArgumentHelp("Authorities in PEM that are trusted in the place of the system's.", valueName: "file"), completion: .file())
  var ca: String?

  @Option(
    help: ArgumentHelp(
      "SHA-256 of the server's certificate, which is then accepted whoever signed it; with --ca both must hold.", valueName: "sha256"))
  var thumbprint: String?

  /// True where anything of these was given.
  var isGiven: Bool { user != nil || passwordFile != nil || ca != nil || thumbprint != nil }

  /// Reads what the options name; asks for the password where nothing else gives it.
  func access(to address: ServiceAddress) throws(DataError) -> VSphereAccess {
    guard let user else {
      throw DataError("\(address.text): --user is missing; name an account that may read, as in --user audit@vsphere.local")
    }
    let pin = try thumbprint.map { text throws(DataError) in try Self.usable { () throws(ServiceFailure) in try Thumbprint(text) } }
    var authorities: (pem: [UInt8], name: String)?
    if let ca { authorities = (try DataFiles.bytes(ca), ca) }
    let trust = try Self.usable { () throws(ServiceFailure) in try ServerTrust(authorities: authorities, thumbprint: pin) }
    let password = try PasswordInput.password(ofFile: passwordFile, user: user, server: address.text)
    let credentials = try Self.usable { () throws(ServiceFailure) in try Credentials(user: user, password: password) }
    return VSphereAccess(address: address, trust: trust, credentials: credentials)
  }

  private static func usable<Value>(_ body: () throws(ServiceFailure) -> Value) throws(DataError) -> Value {
    do throws(ServiceFailure) { return try body() } catch { throw DataError(error.message) }
  }
}
