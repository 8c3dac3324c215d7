internal import ArgumentParser
internal import Audit
internal import Disks
internal import Introspection
internal import Judgement
internal import QMP

/// How a disk is opened.
struct DiskOptions: ParsableArguments {
  @Option(
    name: .customLong("image-format"),
    help: ArgumentHelp(
      "Format of the image: raw, qcow2, vmdk, vhdx, vhd or vdi. Else by its marks, which a guest can write to a raw disk of its own.",
      valueName: "format"), transform: Self.format)
  var format: ImageFormat?

  @Option(
    help: ArgumentHelp(
      "The image below this one, for an image that rests on another. May be repeated, nearest first. What images name themselves is not followed.",
      valueName: "file"), completion: .file())
  var backing: [String] = []

  @Flag(help: "Read the image although a running guest has it open for writing: what is read may not fit together.")
  var inUse = false

  @Option(help: ArgumentHelp("Which drive of a running guest: its id, its device's id or its node's name.", valueName: "name"))
  var drive: String?

  @Option(
    help: ArgumentHelp(
      "Where what a running guest overwrites while its drive is read is kept; QEMU must be able to write there.", valueName: "dir"),
    completion: .directory)
  var scratch: String = "/var/tmp"

  @Option(help: ArgumentHelp("Only this volume of the disk, by its number in the list of volumes.", valueName: "number"))
  var volume: Int?

  @Option(name: .customLong("max-file"), help: ArgumentHelp("Largest file whose content is read, GiB.", valueName: "gibibytes"))
  var largestFile: Int = 64

  @Option(help: ArgumentHelp("Time after which reading is ended, seconds.", valueName: "seconds"))
  var timeout: Int = 6 * 3600

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  func validate() throws {
    if let volume, !(0...4096).contains(volume) {
      throw ValidationError("--volume \(volume): no such number; the list of volumes has them")
    }
    if !(1...1_048_576).contains(largestFile) { throw ValidationError("--max-file must lie between 1 and 1048576 GiB") }
    if !(1...604_800).contains(timeout) { throw ValidationError("--timeout must lie between 1 and 604800 seconds") }
  }

  @Sendable private static func format(_ name: String) throws -> ImageFormat {
    guard let format = ImageFormat(rawValue: name) else { throw ValidationError("there are raw, qcow2, vmdk, vhdx, vhd and vdi") }
    return format
  }

  var limits: ReadingLimits {
    var limits = ReadingLimits()
    limits.fileBytes = Int64(largestFile) << 30
    limits.seconds = timeout
    return limits
  }

  /// Opens what was named and starts reading it. What a running guest will be asked for is said before.
  func read(
    _ target: String, _ work: DiskWork, rules: [String] = [], context: Int = 0, texts: Texts
  ) throws -> (disk: OpenDisk, reading: ConfinedReading) {
    let monitor = try Self.monitor(of: target)
    if monitor == nil, drive != nil { throw DataError("--drive names a drive of a running guest, and \(target) is an image") }
    if monitor != nil, format != nil || !backing.isEmpty || inUse {
      throw DataError("\(target): --image-format, --backing and --in-use are for images, and this is a running guest")
    }
    do throws(DiskError) {
      let worker = try WorkerProgram.path()
      let disk: OpenDisk
      if let monitor {
        disk = try Fleece(monitor: monitor, drive: drive, folder: scratch).open(worker: worker, texts)
      } else {
        disk = try DiskImage(path: target, format: format, backing: backing, isUsedAnyway: inUse).open(worker: worker)
      }
      return (disk, try disk.read(work, volume: volume, limits: limits, rules: rules, context: context, worker: worker))
    } catch {
      throw DataError(error.message)
    }
  }

  /// The socket of the monitor of a running guest; nil for what is an image.
  private static func monitor(of target: String) throws(DataError) -> String? {
    switch try GuestTarget(target) {
    case .file: return nil
    case .socket(let path): return path
    case .process(let process):
      // The connection found here is given up again: a monitor serves one client at a time.
      if let path = process.connect().monitor?.path { return path }
      throw DataError("\(target): no QMP monitor of this guest answers; start it with -qmp unix:/run/guest.qmp,server=on,wait=off")
    }
  }
}

extension ConfinedReading {
  /// The next record, with errors as the command line tells them.
  func record() throws(DataError) -> DiskRecord? {
    do throws(DiskError) {
      return try next()
    } catch {
      throw DataError(error.message)
    }
  }
}

/// A byte count as people read it.
func shownBytes(_ count: Int64) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
  var value = Double(count)
  var unit = 0
  while value >= 1024, unit + 1 < units.count {
    value /= 1024
    unit += 1
  }
  guard unit > 0 else { return "\(count) B" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

extension Fleece {
  /// Says what the guest's QEMU will be asked for, and begins.
  func open(worker: String, _ texts: Texts) throws(DiskError) -> OpenDisk {
    Console.say(
      texts(
        "disk.plan",
        [
          "monitor": plan.monitor, "drive": plan.drive.name, "image": plan.drive.image, "size": shownBytes(plan.drive.size),
          "folder": plan.folder, "free": shownBytes(plan.free),
        ]))
    return try open(worker: worker)
  }
}
