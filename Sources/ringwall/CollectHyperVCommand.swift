internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

/// Prints the script that reads a Hyper-V host: it runs where PowerShell is, and nothing of ours has to be installed there.
struct CollectHyperVCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hyperv",
    abstract: "Print a PowerShell script that writes the settings of a Hyper-V host, its machines and Windows into a file.",
    discussion: """
      The script changes nothing and needs no module beyond those of Windows. Windows PowerShell 5.1 and PowerShell 7 run it, as \
      administrator:

        ringwall collect hyperv --output hyperv.ps1
        powershell -ExecutionPolicy Bypass -File hyperv.ps1 -Path HV-01.json
        ringwall audit --baseline hyperv-2022 HV-01.json

      JSON of single cmdlets, registry exports, the listing of bcdedit and reports of msinfo32 are audited too.
      """)

  static let script = "data/collectors/hyperv.ps1"

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Write the script to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

  @OptionGroup var data: DataOptions

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("--output names no file; leave it out to write to standard output") }
  }

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let result = try ResultOutput(path: output)
    try result.write(try folder.bytes(Self.script))
    try result.finish()
  }
}
