internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestSocketsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sockets", abstract: "List a guest's sockets with the processes that hold them, and those that are hidden.",
    discussion: """
      Sockets are read from the tables of the protocols and from the descriptors of processes: TCP, UDP, raw, local, netlink and packet sockets \
      of all network namespaces. One that a process holds and its table lacks is hidden, and so is one that has a file and no process.

        ringwall guest sockets guest.ram
        ringwall guest sockets web01 --format json

      Exit code 0: the structures agree. 1: a socket is hidden, or a structure contradicts itself. 2: the memory or its kernel could not be read.
      """)

  @OptionGroup var options: GuestViewOptions

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.sockets() }
    switch options.format {
    case .json: options.print("ringwall.guest.sockets/1", guest, list.factValue)
    case .table:
      let head = ["protocol", "state", "local", "remote", "inode", "namespace", "holders"].map { texts["guest.sockets.\($0)"] }
      Console.print(PlainTable.text(head, list.sockets.map(Self.row), right: [4, 5]))
      for hidden in list.hidden {
        let places = hidden.missingIn.map { texts["guest.sockets.source.\($0.rawValue)"] }.joined(separator: ", ")
        let row = Self.row(hidden.socket)
        Console.say(
          texts("guest.sockets.hidden", ["protocol": row[0], "local": row[2], "remote": row[3], "holders": row[6], "places": places]))
      }
      Guest.say(list.inconsistencies, texts)
    }
    if !list.hidden.isEmpty || !list.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  private static func row(_ socket: Socket) -> [String] {
    let isSecond = socket.family == .inet6 && !socket.protocolName.hasSuffix("6")
    let holders = socket.holders.map { "\($0.process.printable):\($0.pid)/\($0.descriptor)" }.joined(separator: " ")
    return [
      socket.protocolName + (isSecond ? "6" : ""), socket.state?.word ?? "-", socket.local?.description.printable ?? "-",
      socket.remote?.description.printable ?? "-", socket.inode.map(String.init) ?? "-", socket.namespace.map(String.init) ?? "-",
      holders.isEmpty ? "-" : holders,
    ]
  }
}
