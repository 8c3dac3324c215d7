internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestFilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "files", abstract: "List the files that a guest's processes have open.",
    discussion: """
        ringwall guest files guest.ram
        ringwall guest files web01 --pid 612
        ringwall guest files web01 --deleted      programs and logs that were removed and are still in use

      Exit code 0: the tables were read. 1: one contradicts itself. 2: the memory or its kernel could not be read.
      """)

  @OptionGroup var options: GuestViewOptions

  @Option(help: ArgumentHelp("Files of this process alone.", valueName: "pid"))
  var pid: Int32?

  @Flag(help: "Files alone that have no name any more.")
  var deleted = false

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let all = try guest.answer { (guest) throws(IntrospectionError) in try guest.openFiles(of: pid) }
    if let pid, all.files.isEmpty {
      let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.processes() }
      guard list.processes.contains(where: { $0.pid == pid }) else {
        throw DataError("\(options.guest): the guest has no process \(pid)")
      }
    }
    let list = all.filter { !deleted || $0.isDeleted }
    switch options.format {
    case .json: options.print("ringwall.guest.files/1", guest, list.factValue)
    case .table:
      let head = ["process", "fd", "access", "kind", "inode", "size", "path"].map { texts["guest.files.\($0)"] }
      Console.print(PlainTable.text(["PID"] + head, list.files.map { Self.row($0, texts) }, right: [0, 2, 5, 6]))
      Guest.say(list.inconsistencies, texts)
    }
    if !list.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  private static func row(_ file: OpenFile, _ texts: Texts) -> [String] {
    let name = file.path?.printable ?? "?"
    let path = file.isDeleted ? texts("guest.files.deleted", ["path": name]) : name
    let kind = texts["guest.files.kindOf.\(file.kind.word)"]
    let numbers = [String(file.inode), String(file.size)]
    return [String(file.pid), file.process.printable, String(file.descriptor), file.access, kind] + numbers + [path]
  }
}
