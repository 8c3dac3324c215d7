internal import ArgumentParser
internal import Audit
internal import Disks
internal import Domain
internal import Judgement
internal import Signatures

struct DiskScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan", abstract: "Hold every file of a disk against YARA rules.",
    discussion: """
        ringwall disk scan vm.qcow2 --rules rules.yar
        ringwall disk scan pid:4711 --drive disk0 --rules rules/

      Conditions see each file as YARA sees a file: filesize and offsets count in it. Alternate data streams of NTFS are scanned too. Bytes of a \
      match are shown only with --context. Exit codes: 0 no rule matches; 1 one does; 2 something could not be read.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Argument(help: ArgumentHelp("An image, pid:N, a guest's name, or the socket of its monitor.", valueName: "disk"), completion: .file())
  var disk: String

  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp("A file or folder with YARA rules. May be repeated. Else the rules of data/yara.", valueName: "path"),
    completion: .file(extensions: ["yar", "yara"]))
  var rules: [String] = []

  @Option(help: ArgumentHelp("Bytes before and after a match that are shown with it.", valueName: "count"))
  var context: Int?

  @Option(help: ArgumentHelp("Form of the list: table, or json with one object a line.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var options: DiskOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if let context, !(0...ScanLimits.mostContext).contains(context) {
      throw ValidationError("--context must lie between 0 and \(ScanLimits.mostContext)")
    }
  }

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let paths = rules.isEmpty ? [folder.path + "/data/yara"] : rules
    let (_, reading) = try options.read(disk, .scan, rules: paths, context: context ?? 0, texts: texts)
    let progress = ProgressLine(isWanted: !options.noProgress)
    var end = ReadingSummary()
    while let record = try reading.record() {
      if case .progress(let summary) = record {
        progress.update(texts("disk.progress", ["files": "\(summary.files)", "bytes": shownBytes(summary.bytes)]))
        continue
      }
      progress.clear()
      switch record {
      case .volume(let volume): DiskReport.volume(volume, texts)
      case .notice(let notice): DiskReport.notice(notice, texts)
      case .entry(let entry) where format == .table:
        Console.say("\(EscapedName.text(of: entry.path)): \(texts("disk.unreadable", ["reason": entry.problem ?? ""]))")
      case .match(let match) where format == .table: Console.print(row(match))
      case .end(let summary): end = summary
      default: break
      }
      if format == .json { Console.print(record.line) }
    }
    progress.clear()
    Console.say(texts("disk.scanned", ["files": "\(end.files)", "bytes": shownBytes(end.bytes), "matched": "\(end.matched)"]))
    let code = DiskReport.end(end, texts)
    throw ExitCode(code != 0 ? code : end.matched > 0 ? 1 : 0)
  }

  private func row(_ match: FileMatch) -> String {
    var name = EscapedName.text(of: match.path)
    if let stream = match.stream { name += ":" + EscapedName.text(of: stream) }
    if match.volume > 0 { name = "\(match.volume):\(name)" }
    var lines = ["\(match.rule)  \(name)"]
    for string in match.strings.prefix(10) {
      var line = "    \(string.identifier) 0x\(String(string.offset, radix: 16)) \(string.length)"
      if context != nil, let context = string.context { line += "  \(context.text)" }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }
}
