internal import ArgumentParser
internal import Audit
internal import Judgement
internal import VSphere

struct CollectVSphereCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vsphere",
    abstract: "Gather the settings of a vCenter, or of one ESXi host, over its API.",
    discussion: """
        ringwall collect vsphere vcenter.example.net --user audit@vsphere.local \\
          -o inventory.json
        ringwall collect vsphere esx-07:443 --user root --password-file secret \\
          --ca vmca.pem -o esx-07.json
        ringwall audit inventory.json

      The account needs the role Read-only; nothing is changed. The certificate of the server is always verified. The file holds hosts, \
      machines, switches, port groups and advanced settings, and under errors what could not be read; passwords, keys and what guests are \
      told of themselves (guestinfo) are left out. The session is closed on the server however the collection ends.
      Exit code 0: the file is complete. 2: wrong use, or the server was not reached, not trusted, or refused; no file is written.
      """)

  @Argument(help: ArgumentHelp("Name or address of the server, with :PORT where it is not 443.", valueName: "host"))
  var host: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write the inventory to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file()
  )
  var output: String?

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  @OptionGroup var server: VSphereOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("--output names no file; leave it out to write to standard output") }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let address: ServiceAddress
    do throws(ServiceFailure) { address = try ServiceAddress(host) } catch { throw DataError(error.message) }
    let access = try server.access(to: address)
    let result = try ResultOutput(path: output)
    let progress = SharedProgress(isWanted: !noProgress)
    let inventory = access.inventory { progress.update("\(address.text): \($0)") }
    progress.clear()
    switch inventory {
    case .success(let bytes):
      try result.write(bytes)
      try result.finish()
      if let path = result.path { Console.say(texts("output.written", ["path": path, "bytes": "\(result.byteCount)"])) }
    case .failure(let error): throw DataError(error.message)
    }
  }
}
