internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement
internal import Signatures

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

struct GuestScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan", abstract: "Search a guest's memory with YARA rules, and say who owns what is found.",
    discussion: """
      The memory is searched where it lies: nothing is copied, holes are not touched, and the guest runs on. Offsets in conditions are \
      physical addresses; filesize and entrypoint are undefined. A text that lies on two pages is found where the pages follow one another \
      in physical memory. Without --rules the rules of the program itself are used.

        ringwall guest scan web01
        ringwall guest scan guest.ram --rules mine.yar --rules more/
        ringwall guest scan guest.ram --context 16 --format json

      Memory in which no Linux kernel is found is searched all the same; whose it is cannot be told then, which is said.

      Nothing of the memory goes into the result but with --context, which shows each match and so many bytes around it. Exit code 0: no \
      rule holds. 1: one holds. 2: the memory or the rules could not be read, or not all was searched. 2 wins over 1.
      """)

  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String

  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "A rule file, or a folder with .yar and .yara files, in the place of the program's own rules. May be repeated.", valueName: "path"),
    completion: .file(extensions: ["yar", "yara"]))
  var rules: [String] = []

  @Option(help: ArgumentHelp("Show each match with so many bytes before and behind it, 0 to 4096; 0 shows nothing.", valueName: "bytes"))
  var context: Int = 0

  @Option(help: ArgumentHelp("Threads that search, 1 to 32. Else one for each processor.", valueName: "count"))
  var threads: Int?

  @Option(help: ArgumentHelp("Time after which the search is ended, seconds.", valueName: "seconds"))
  var timeout: Int = 600

  @Option(help: ArgumentHelp("Form of the result: table or json.", valueName: "format"))
  var format: GuestForm = .table

  @Flag(help: "Every place of each rule in the table, not only the first 20.")
  var all = false

  @Flag(help: "No progress line, even on a terminal.")
  var noProgress = false

  @OptionGroup var data: DataOptions

  func validate() throws {
    if !(0...ScanLimits.mostContext).contains(context) { throw ValidationError("--context must lie between 0 and 4096") }
    if let threads, !(1...ScanLimits.mostThreads).contains(threads) { throw ValidationError("--threads must lie between 1 and 32") }
    if !(1...604_800).contains(timeout) { throw ValidationError("--timeout must lie between 1 and 604800 seconds") }
  }

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let rules = try Self.rules(self.rules, folder)
    for warning in rules.warnings { Console.complain("\(warning)") }
    let target = try GuestTarget.reach(guest)
    let progress = SharedProgress(isWanted: !noProgress)
    let limits = ScanLimits(time: .seconds(timeout), threads: threads ?? Self.processors, context: context)
    let result: ScanResult
    do throws(ScanError) {
      result = try MemoryScan(rules, limits: limits).scan(target.memory) { done, all in
        progress.update(texts("guest.scan.progress", ["done": "\(done >> 20)", "all": "\(all >> 20)"]))
      }
    } catch {
      progress.clear()
      throw DataError("\(guest) cannot be scanned: \(error.message)")
    }
    progress.clear()
    let owners = Self.owners(of: result, target)
    switch format {
    case .json: Console.print(json(result, rules, owners))
    case .table: GuestScanTable(texts: texts, isWhole: all).print(result, owners: owners.found)
    }
    tell(result, rules, owners, texts)
    if !result.isComplete { throw ExitCode(2) }
    if !result.matches.isEmpty { throw ExitCode(1) }
  }

  /// Processors that are online, as far as sysconf(3) tells.
  private static var processors: Int { max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }

  /// The rules that are named, else those of the data folder, each checked against the installation's manifest.
  private static func rules(_ paths: [String], _ folder: DataFolder) throws(DataError) -> RuleSet {
    do {
      if !paths.isEmpty { return try RuleSet(paths: paths) }
      return try RuleSet(
        texts: try folder.files(below: "data/yara", suffixes: [".yar"]).map { name in
          (String(name.dropFirst("data/yara/".utf8.count)), try folder.bytes(name))
        })
    } catch let error as DataError {
      throw error
    } catch let error as RuleError {
      throw DataError("rules cannot be used: \(error.summary)")
    } catch {
      throw DataError("rules cannot be used: \(error)")
    }
  }

  /// Owners of all places and the kernel that they were told by, or why they cannot be told.
  private struct Owners {
    var kernel: Kernel?
    var found: PageOwners?
    var reason: String?
  }

  private static func owners(of result: ScanResult, _ target: GuestTarget.Reached) -> Owners {
    var owners = Owners()
    do throws(IntrospectionError) {
      let guest = try target.kernel()
      owners.kernel = guest.kernel
      owners.found = try guest.owners(of: result.addresses)
    } catch {
      owners.reason = error.description
    }
    return owners
  }

  private func json(_ result: ScanResult, _ rules: RuleSet, _ owners: Owners) -> [UInt8] {
    var members: [FactValue.Member] = [
      .init("schema", .string("ringwall.guest.scan/1")), .init("guest", .string(guest)),
      .init("kernel", owners.kernel?.factValue ?? .null),
      .init("rules", .int(Int64(rules.rules.count))), .init("contextBytes", .int(Int64(context))),
    ]
    members += result.facts(owners: owners.found)
    members.append(.init("ownersUnknown", owners.reason.map(FactValue.string) ?? .null))
    members.append(.init("inconsistencies", .array((owners.found?.inconsistencies ?? []).map(\.factValue))))
    return JSONText.bytes(.object(members), indent: 2)
  }

  /// What goes to standard error: how much was seen, and what was not.
  private func tell(_ result: ScanResult, _ rules: RuleSet, _ owners: Owners, _ texts: Texts) {
    if let reason = owners.reason { Console.say(texts("guest.scan.owners", ["reason": Speech.current.translation(reason)])) }
    Guest.say(owners.found?.inconsistencies ?? [], texts)
    for gap in result.gaps { Console.say(texts("guest.scan.gap", ["reason": Speech.current.translation(gap)])) }
    if format == .table {
      Console.say(
        texts(
          "guest.scan.summary",
          [
            "matches": "\(result.matches.count)", "rules": "\(rules.rules.count)", "scanned": "\(result.scanned >> 20)",
            "zeros": "\(result.zeros >> 20)",
          ]))
    }
  }
}
