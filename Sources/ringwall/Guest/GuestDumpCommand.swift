internal import ArgumentParser
internal import Audit
internal import Introspection
internal import Judgement

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

struct GuestDumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump", abstract: "Save a guest's whole memory to a file.",
    discussion: """
        ringwall guest dump web01 --output web01.ram
        ringwall guest dump web01 --output web01.core --format elf
        ringwall guest dump web01 --output web01.ram --pause        all of it of one moment
        ringwall guest dump guest.ram --output guest.lime --format lime

      The file holds everything that the guest had in memory: passwords, keys and data of people. It is made readable by its owner alone; keep it \
      so, and remove it when it has served.

      Pages that the guest never filled stay holes. A running guest goes on meanwhile, so that pages are of different moments and structures may \
      contradict each other; --pause holds it until all is copied, and a guard continues it after --max-pause, also when this program is killed. Raw has \
      the RAM as QEMU's file has it; the others keep the addresses above 4 GiB too, and note whether the guest ran meanwhile.

      The file appears when it is whole. Exit code 0: it is written. 2: the memory could not be read, or the file not written.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case raw, elf, lime
  }

  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file"), completion: .file())
  var output: String

  @Option(help: ArgumentHelp("Form of the file: raw, elf or lime.", valueName: "format"))
  var format: Form = .raw

  @Flag(help: "Replace a file that exists.")
  var force = false

  @Flag(help: "Hold a running guest while it is copied.")
  var pause = false

  @Option(help: ArgumentHelp("Time after which a held guest is continued in any case.", valueName: "seconds"))
  var maxPause = 60

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  @OptionGroup var data: DataOptions

  func validate() throws {
    if !(1...86_400).contains(maxPause) { throw ValidationError("--max-pause must lie between 1 and 86400 seconds") }
  }

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    var status = stat()
    // SAFETY: stat(2) fills one structure, which is what the pointer leads to.
    if unsafe stat(output, &status) == 0 {
      if status.st_mode & S_IFMT != S_IFREG { throw DataError("\(output): is no file that could be replaced; name another") }
      try ResultOutput.check(output, status, differsFrom: [guest])
      if !force { throw DataError("\(output): exists; name another file, or replace it with --force") }
    }
    let reached = try GuestTarget.reach(guest)
    if pause, reached.machine == nil { throw DataError("\(guest): only a running guest can be paused, and this is a file") }
    let (memory, known) = (reached.memory, try? reached.kernel())
    // Somebody else may hold it.
    let isStanding = !pause && reached.machine?.isStanding == true
    let dump = MemoryDump(
      memory, format: format == .raw ? .raw : format == .elf ? .elfCore : .lime, information: known?.coreInformation(),
      mark: reached.machine == nil ? reached.mark : pause ? .still : .running(milliseconds: 0))
    let file: UnfinishedFile
    do throws(UnfinishedFile.Failure) { file = try UnfinishedFile(for: output, mode: 0o600) } catch { throw failure(error.code) }
    let progress = SharedProgress(isWanted: !noProgress)
    defer { progress.clear() }
    var written: UInt64 = 0
    func write() throws(DataError) {
      do throws(MemoryDump.Failure) {
        try dump.write(to: file.descriptor) { done, total in
          written = done
          progress.update(texts("guest.dump.progress", ["done": "\(done >> 20)", "all": "\(total >> 20)"]))
        } isStanding: {
          isStanding && reached.machine?.isStanding == true
        }
      } catch { throw failure(error.code) }
    }
    let stood: UInt64?
    if pause, let machine = reached.machine {
      stood = try paused(machine, write)
    } else {
      stood = nil
      try write()
    }
    do throws(UnfinishedFile.Failure) { try file.appear(as: output, replacing: force) } catch { throw failure(error.code) }
    progress.clear()
    Console.say(texts("guest.dump.written", ["file": output, "filled": "\(written >> 20)", "whole": "\(memory.count >> 20)"]))
    if let stood {
      Console.say(texts("guest.dump.paused", ["milliseconds": "\((stood + 999_999) / 1_000_000)"]))
    } else if !pause, reached.machine != nil {
      Console.say(texts["guest.dump.torn"])
    }
  }

  private func failure(_ code: Int32) -> DataError {
    if code == EEXIST { return DataError("\(output): exists; name another file, or replace it with --force") }
    return ResultOutput.failure(output, code)
  }

  /// Writes while the guest stands still, which a guard ends after `maxPause` whatever becomes of this program.
  ///
  /// - Returns: how long it stood, nanoseconds; nil for one that was paused before.
  private func paused(_ machine: LiveMachine, _ write: () throws -> Void) throws -> UInt64? {
    var settings = PauseWindow.Settings()
    settings.lease = maxPause * 1000
    // Seconds at real-time priority would take them from everybody else.
    settings.raisesPriority = false
    do {
      let window = try machine.pauseWindow(settings: settings)
      guard try window.paused(write).agreement == .paused else {
        throw DataError(
          "\(guest) ran on before all of it was copied, and nothing was kept: more than --max-pause \(maxPause) seconds were needed, or somebody else continued it"
        )
      }
      return window.roundTrips.count > 0 ? window.roundTrips.largest : nil
    } catch let error as MachineError { throw DataError(error.description) }
  }
}
