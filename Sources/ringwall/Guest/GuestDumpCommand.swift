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
        ringwall guest dump guest.ram --output guest.lime --format lime

      The file holds everything that the guest had in memory: passwords, keys and data of people. It is made readable by its owner alone; keep it \
      so, and remove it when it has served.

      Pages that the guest never filled stay holes. A running guest goes on meanwhile, so that pages are of different moments. Raw has the RAM \
      as QEMU's file has it; the others keep the addresses above 4 GiB too.

      Exit code 0: the file is written. 2: the memory could not be read, or the file not written.
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

  @OptionGroup var data: DataOptions

  func run() throws {
    let texts = try Texts(data.language, from: try DataFolder(named: data.data))
    let reached = try GuestTarget.reach(guest)
    let (memory, guest) = (reached.memory, try? reached.kernel())
    let dump = MemoryDump(
      memory, format: format == .raw ? .raw : format == .elf ? .elfCore : .lime, information: guest?.coreInformation())
    let name = force ? "\(output).\(getpid())" : output
    let descriptor = createPrivate(name)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw DataError("\(output): exists; name another file, or replace it with --force") }
      throw ResultOutput.failure(output, errno)
    }
    var code: Int32 = 0
    var shown: UInt64 = 0
    var written: UInt64 = 0
    do throws(MemoryDump.Failure) {
      try dump.write(to: descriptor) { done, total in
        written = done
        let percent = done * 100 / max(1, total)
        guard percent >= shown + 10, Console.isTerminal(Console.error) else { return }
        shown = percent
        Console.say("\(percent) %")
      }
      if fsync(descriptor) != 0 { code = errno }
    } catch { code = error.code }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0, force, unsafe rename(name, output) != 0 { code = errno }
    guard code == 0 else {
      _ = unsafe unlink(name)
      throw ResultOutput.failure(output, code)
    }
    Console.say(texts("guest.dump.written", ["file": output, "filled": "\(written >> 20)", "whole": "\(memory.count >> 20)"]))
  }
}

/// open(2) of a file that must not exist yet, for its owner alone.
private func createPrivate(_ path: String) -> Int32 { unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600) }
