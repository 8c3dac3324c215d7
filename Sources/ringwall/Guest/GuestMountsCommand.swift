internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestMountsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mounts", abstract: "List what is mounted in a guest, in every mount namespace.",
    discussion: """
      Mounts are read from three structures of the kernel: the list or tree of each namespace, the mounts below its root, and the mounts of each \
      file system. Which one is missing in one of them is hidden.

        ringwall guest mounts guest.ram
        ringwall guest mounts web01 --format json

      Exit code 0: the structures agree. 1: a mount is hidden, or a structure contradicts itself. 2: the memory or its kernel could not be read.
      """)

  @OptionGroup var options: GuestViewOptions

  func run() throws {
    let texts = try options.texts()
    let guest = try GuestTarget.open(options.guest)
    let list = try guest.answer { (guest) throws(IntrospectionError) in try guest.mounts() }
    switch options.format {
    case .json: options.print("ringwall.guest.mounts/1", guest, list.factValue)
    case .table:
      let head = ["namespace", "processes", "type", "device", "source", "flags", "point"].map { texts["guest.mounts.\($0)"] }
      let rows = list.namespaces.flatMap { space in space.mounts.map { Self.row($0, space) } }
      Console.print(PlainTable.text(head, rows, right: [0, 1]))
      for hidden in list.hidden {
        let places = hidden.missingIn.map { texts["guest.mounts.from.\($0.rawValue)"] }.joined(separator: ", ")
        Console.say(
          texts(
            "guest.mounts.hidden", ["point": hidden.mount.point?.printable ?? "?", "type": hidden.mount.type.printable, "places": places]))
      }
      Guest.say(list.inconsistencies, texts)
    }
    if !list.hidden.isEmpty || !list.inconsistencies.isEmpty { throw ExitCode(1) }
  }

  private static func row(_ mount: Mount, _ space: MountNamespace) -> [String] {
    let flags = mount.flags.isEmpty ? "rw" : mount.flags.joined(separator: ",")
    return [
      String(space.inode), String(space.processes.count), mount.type.printable, mount.device.description, source(mount), flags,
      mount.point?.printable ?? "?",
    ]
  }

  /// What was mounted; of a bind mount the folder of its file system in brackets, as findmnt(8) writes it.
  private static func source(_ mount: Mount) -> String {
    guard let root = mount.root, root != "/" else { return mount.source.printable }
    return "\(mount.source.printable)[\(root.printable)]"
  }
}
