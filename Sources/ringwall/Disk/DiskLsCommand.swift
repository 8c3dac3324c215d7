internal import ArgumentParser
internal import Audit
internal import Disks
internal import Domain
internal import Judgement

struct DiskLsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List a disk's volumes, and what lies in one of its directories.",
    discussion: """
        ringwall disk ls vm.qcow2                     volumes, and the root of each
        ringwall disk ls vm.qcow2 /etc --volume 1     one directory of one volume
        ringwall disk ls vm.vhdx /Windows --format json
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Argument(help: ArgumentHelp("An image, pid:N, a guest's name, or the socket of its monitor.", valueName: "disk"), completion: .file())
  var disk: String

  @Argument(help: ArgumentHelp("A directory or file on the disk.", valueName: "path"))
  var path: String = "/"

  @Option(help: ArgumentHelp("Form of the list: table, or json with one object a line.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var options: DiskOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let wanted = EscapedName.bytes(of: path) ?? Array(path.utf8)
    let (_, reading) = try options.read(disk, .list(path: wanted), texts: texts)
    var volumes = 0
    var found = 0
    var unreadable = 0
    while let record = try reading.record() {
      switch record {
      case .volume(let volume):
        volumes += 1
        if volume.state == .unreadable { unreadable += 1 }
        if format == .table { Console.print(Self.row(volume, texts)) }
      case .notice(let notice):
        if notice.isIncomplete { unreadable += 1 }
        if format == .table { Console.print(DiskReport.text(notice, texts)) }
      case .entry(let entry):
        found += 1
        if entry.problem != nil { unreadable += 1 }
        if format == .table { Console.print(Self.row(entry)) }
      default: break
      }
      if format == .json, Self.isShown(record) { Console.print(record.line) }
    }
    if found == 0, wanted != [0x2F] { throw DataError("\(path): no volume of \(disk) that can be read has this path") }
    if unreadable > 0 { throw ExitCode(2) }
  }

  private static func isShown(_ record: DiskRecord) -> Bool {
    switch record {
    case .volume, .notice, .entry: true
    default: false
    }
  }

  private static func row(_ volume: VolumeRecord, _ texts: Texts) -> String {
    var parts = [
      texts("disk.volume", ["number": "\(volume.index)"]), Speech.current.translation(volume.content), shownBytes(volume.size),
      texts("disk.offset", ["offset": "\(volume.offset)"]),
    ]
    if let label = volume.label { parts.append(label) }
    switch volume.state {
    case .read: break
    case .unreadable: parts.append(texts("disk.unreadable", ["reason": Speech.current.translation(volume.reason ?? "")]))
    case .withoutFiles: parts.append(texts["disk.without-files"])
    case .skipped: parts.append(texts["disk.skipped"])
    }
    return parts.joined(separator: "  ").printable
  }

  private static func row(_ entry: DiskEntry) -> String {
    let kinds: [DiskEntry.Kind: Character] = [
      .file: "-", .directory: "d", .symlink: "l", .fifo: "p", .character: "c", .block: "b", .socket: "s", .stream: "+", .unknown: "?",
    ]
    func padded(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.utf8.count)) + text }
    let name = entry.path.split(separator: 0x2F).last.map { EscapedName.text(of: Array($0)) } ?? "/"
    var line = "\(kinds[entry.kind] ?? "?")\(DiskEntry.octal(entry.mode)) \(padded("\(entry.uid)", 5)) \(padded("\(entry.gid)", 5)) "
    line += "\(padded("\(entry.size)", 12)) \(entry.modified.map { String($0.text.prefix(19)) + "Z" } ?? "-                   ") \(name)"
    if let target = entry.target { line += " -> \(EscapedName.text(of: target))" }
    if let problem = entry.problem { line += "  (\(problem))" }
    return line
  }
}
