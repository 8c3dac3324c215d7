internal import ArgumentParser
internal import Audit
internal import Disks
internal import Judgement

struct DiskManifestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manifest", abstract: "Write down every file of a disk: SHA-256, size, mode, owner, times, target of a link.",
    discussion: """
        ringwall disk manifest vm.qcow2 -o vm.manifest        keep it
        ringwall disk diff vm.manifest vm.qcow2               compare with it later

      The result is JSON lines of the schema ringwall.disk.manifest/1, in the order of paths; the same disk gives the same bytes. Exit code 2: \
      something could not be read, and is marked so.
      """)

  @Argument(help: ArgumentHelp("An image, pid:N, a guest's name, or the socket of its monitor.", valueName: "disk"), completion: .file())
  var disk: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the result to a file, which is replaced only when it is complete.", valueName: "file"), completion: .file())
  var output: String?

  @OptionGroup var options: DiskOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let result = try ResultOutput(path: output, inputs: [disk] + options.backing)
    let (disk, reading) = try options.read(disk, .manifest, texts: texts)
    let progress = ProgressLine(isWanted: !options.noProgress)
    try result.write(disk.header.line + [0x0A])
    var end = ReadingSummary()
    while let record = try reading.record() {
      switch record {
      case .progress(let summary):
        progress.update(texts("disk.progress", ["files": "\(summary.files)", "bytes": shownBytes(summary.bytes)]))
        continue
      case .volume(let volume): DiskReport.volume(volume, texts)
      case .notice(let notice): DiskReport.notice(notice, texts)
      case .end(let summary): end = summary
      default: break
      }
      try result.write(record.line + [0x0A])
    }
    progress.clear()
    try result.finish()
    Console.say(texts("disk.manifest", ["entries": "\(end.entries)", "files": "\(end.files)", "bytes": shownBytes(end.bytes)]))
    throw ExitCode(DiskReport.end(end, texts))
  }
}

/// What commands over disks say on standard error.
enum DiskReport {
  /// A volume that is not what its name promises.
  ///
  /// - Parameter disk: what it is called, where it is one of two.
  static func volume(_ volume: VolumeRecord, _ texts: Texts, of disk: String? = nil) {
    guard volume.state == .unreadable else { return }
    let reason = volume.reason ?? ""
    let said = texts("disk.unreadable", ["reason": Speech.current.translation(reason)])
    // A refusal begins with what it refuses.
    let name = reason.hasPrefix(volume.content + ":") ? "" : Speech.current.translation(volume.content) + ": "
    Console.say("\(disk.map { $0 + ": " } ?? "")\(texts("disk.volume", ["number": "\(volume.index)"])): \(name)\(said)")
  }

  static func notice(_ notice: DiskNotice, _ texts: Texts, of disk: String? = nil) {
    Console.say((disk.map { $0 + ": " } ?? "") + text(notice, texts))
  }

  /// A notice as one sentence, with what it is about in front.
  static func text(_ notice: DiskNotice, _ texts: Texts) -> String {
    var inodes = notice.inodes.map(String.init).joined(separator: ", ")
    if notice.count > Int64(notice.inodes.count) { inodes += ", ..." }
    let amount = notice.kind == .volumeCut ? shownBytes(notice.count) : "\(notice.count)"
    let subject = notice.volume.map { texts("disk.volume", ["number": "\($0)"]) } ?? texts["disk.image"]
    return "\(subject): \(texts("disk.notice.\(notice.kind.rawValue)", ["count": amount, "inodes": inodes]))"
  }

  /// - Returns: the exit code of a reading: 2 where something was not read.
  static func end(_ summary: ReadingSummary, _ texts: Texts) -> Int32 {
    if let cut = summary.cut { Console.say(texts("disk.cut", ["reason": Speech.current.translation(cut)])) }
    if summary.unreadable > 0 { Console.say(texts("disk.incomplete", ["count": "\(summary.unreadable)"])) }
    return summary.cut != nil || summary.unreadable > 0 ? 2 : 0
  }
}
