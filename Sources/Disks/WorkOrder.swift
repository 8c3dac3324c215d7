internal import Domain

/// What is wanted of a disk.
public enum DiskWork: Sendable, Hashable {
  /// The volumes, and the names in one directory of each, or the one file.
  case list(path: [UInt8])
  /// Every entry, with the SHA-256 of each file's content.
  case manifest
  /// Every file's content held against rules.
  case scan
}

/// What a reading process is told on its command line.
package struct WorkOrder: Sendable, Hashable {
  /// What its standard input is.
  package enum Input: Sendable, Hashable {
    /// A raw image, or a block device.
    case file
    /// A socket that is connected to an NBD server of ours.
    case nbd(export: String)
    /// One that is connected to the NBD server of a guest's QEMU.
    case guest(export: String)
  }

  package var input: Input
  package var work: DiskWork
  package var volume: Int?
  package var limits = ReadingLimits()
  /// Files and folders with YARA rules.
  package var rules: [String] = []
  /// Bytes around a match that are told, 0 to `ScanLimits.mostContext`.
  package var context = 0
  /// Whether descriptors 3, 4 and 5 are there for journals.
  package var replaysJournals = false

  var arguments: [String] {
    var result: [String] = []
    switch input {
    case .file: result.append("input=file")
    case .nbd(let export): result.append("input=nbd:\(export)")
    case .guest(let export): result.append("input=guest:\(export)")
    }
    switch work {
    case .list(let path): result += ["work=list", "path=\(EscapedName.text(of: path))"]
    case .manifest: result.append("work=manifest")
    case .scan: result.append("work=scan")
    }
    if let volume { result.append("volume=\(volume)") }
    result += [
      "entries=\(limits.entries)", "depth=\(limits.depth)", "path-bytes=\(limits.pathBytes)", "file-bytes=\(limits.fileBytes)",
      "content-bytes=\(limits.contentBytes)", "seconds=\(limits.seconds)", "memory=\(limits.memoryBytes)",
      "context=\(context)", "replay=\(replaysJournals ? 1 : 0)",
    ]
    return result + rules.map { "rule=\($0)" }
  }

  init(input: Input, work: DiskWork, volume: Int? = nil, limits: ReadingLimits = ReadingLimits(), rules: [String] = [], context: Int = 0) {
    self.input = input
    self.work = work
    self.volume = volume
    self.limits = limits
    self.rules = rules
    self.context = context
  }

  /// nil for arguments that `arguments` does not write.
  package init?(arguments: some Sequence<String>) {
    var path: [UInt8] = []
    var kind = ""
    self.init(input: .file, work: .manifest)
    for argument in arguments {
      guard let mark = argument.firstIndex(of: "=") else { return nil }
      let value = String(argument[argument.index(after: mark)...])
      switch argument[..<mark] {
      case "input":
        if value.hasPrefix("nbd:") {
          input = .nbd(export: String(value.dropFirst(4)))
        } else if value.hasPrefix("guest:") {
          input = .guest(export: String(value.dropFirst(6)))
        } else {
          input = .file
        }
      case "work": kind = value
      case "path":
        guard let bytes = EscapedName.bytes(of: value) else { return nil }
        path = bytes
      case "volume":
        guard let number = Int(value) else { return nil }
        volume = number
      case "rule": rules.append(value)
      default:
        guard let number = Int64(value), set(String(argument[..<mark]), number) else { return nil }
      }
    }
    switch kind {
    case "list": work = .list(path: path)
    case "manifest": work = .manifest
    case "scan": work = .scan
    default: return nil
    }
  }

  private mutating func set(_ name: String, _ value: Int64) -> Bool {
    guard value >= 0 else { return false }
    switch name {
    case "entries": limits.entries = Int(value)
    case "depth": limits.depth = Int(value)
    case "path-bytes": limits.pathBytes = Int(value)
    case "file-bytes": limits.fileBytes = value
    case "content-bytes": limits.contentBytes = value
    case "seconds": limits.seconds = Int(value)
    case "memory": limits.memoryBytes = UInt64(value)
    case "replay": replaysJournals = value == 1
    case "context": context = Int(value)
    default: return false
    }
    return true
  }
}
