internal import ArgumentParser
internal import Audit
internal import Disks
internal import Domain
internal import Judgement

struct DiskDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two states of a disk: files added, removed, with other content, mode or owner.",
    discussion: """
        ringwall disk diff monday.manifest vm.qcow2         what changed since monday
        ringwall disk diff old.qcow2 new.qcow2              two images

      Each state is a manifest or a disk. Times are not compared. Exit codes: 0 no difference; 1 drift; 2 something could not be read on one \
      side, so that nothing is known of it.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Argument(help: ArgumentHelp("The earlier state: a manifest, or a disk.", valueName: "old"), completion: .file())
  var old: String

  @Argument(help: ArgumentHelp("The later state: a manifest, or a disk.", valueName: "new"), completion: .file())
  var new: String

  @Option(help: ArgumentHelp("Form of the list: table, or json with one object a line.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var options: DiskOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let counts: ManifestDifference.Counts
    do {
      let earlier = try source(old, texts)
      let later = try source(new, texts)
      counts = try ManifestDifference.compare(earlier, later) { change in
        switch format {
        case .json: Console.print(change.line)
        case .table: Console.print(row(change, texts))
        }
      }
    } catch let error as DiskError {
      throw DataError(error.message)
    }
    let drift = texts(
      "disk.drift",
      [
        "added": "\(counts.added)", "removed": "\(counts.removed)", "content": "\(counts.content)", "attributes": "\(counts.attributes)",
      ])
    // What nobody has read is not the same.
    Console.say(counts.isSame && counts.unknown == 0 ? texts("disk.same", ["entries": "\(counts.compared)"]) : drift)
    if counts.unknown > 0 { Console.say(texts("disk.incomplete", ["count": "\(counts.unknown)"])) }
    throw ExitCode(counts.unknown > 0 ? 2 : counts.isSame ? 0 : 1)
  }

  private func source(_ path: String, _ texts: Texts) throws -> any RecordSource {
    let records: any RecordSource =
      if ManifestFile.isManifest(path) { try ManifestFile(path) } else { try options.read(path, .manifest, texts: texts).reading }
    return ToldRecords(records, of: path, texts)
  }

  private func row(_ change: DiskChange, _ texts: Texts) -> String {
    guard let entry = change.entry else { return "" }
    var name = EscapedName.text(of: entry.path)
    if let stream = entry.stream { name += ":" + EscapedName.text(of: stream) }
    if entry.volume > 0 { name = "\(entry.volume):\(name)" }
    let aspects = change.aspects.map { aspect in
      let what = texts["disk.aspect.\(aspect.rawValue)"]
      guard let before = change.before, let after = change.after else { return what }
      switch aspect {
      case .mode: return "\(what) \(DiskEntry.octal(before.mode)) -> \(DiskEntry.octal(after.mode))"
      case .owner: return "\(what) \(before.uid):\(before.gid) -> \(after.uid):\(after.gid)"
      case .type: return "\(what) \(before.kind.rawValue) -> \(after.kind.rawValue)"
      case .target: return "\(what) \(Self.shown(before.target)) -> \(Self.shown(after.target))"
      default: return what
      }
    }
    return "\(aspects.joined(separator: ", "))  \(name)"
  }

  private static func shown(_ target: [UInt8]?) -> String { target.map { EscapedName.text(of: $0) } ?? "?" }
}

/// Records of one of two states, with what is to be told of its image and its volumes told as it comes by.
private final class ToldRecords: RecordSource {
  private let records: any RecordSource
  private let path: String
  private let texts: Texts

  init(_ records: any RecordSource, of path: String, _ texts: Texts) {
    self.records = records
    self.path = path
    self.texts = texts
  }

  func next() throws(DiskError) -> DiskRecord? {
    let record = try records.next()
    switch record {
    case .volume(let volume): DiskReport.volume(volume, texts, of: path)
    case .notice(let notice): DiskReport.notice(notice, texts, of: path)
    default: break
    }
    return record
  }
}
