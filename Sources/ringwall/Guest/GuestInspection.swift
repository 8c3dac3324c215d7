internal import Audit
internal import Domain
internal import Introspection
internal import Judgement
internal import QMP

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A guest opened for its integrity: the memory, and where it runs the monitor that tells its processors' registers.
final class GuestInspection {
  let guest: Guest
  private let target: String
  private let machine: LiveMachine?
  /// For registers, which only a monitor tells; nil without one.
  private let registerWindow: PauseWindow?
  /// For memory; nil for a saved guest.
  private let memoryWindow: PauseWindow?
  private let file: KernelFile?
  private let missingFile: IntegrityFacts.State?

  /// - Parameter kernel: path of the kernel's own file; nil for one that is searched for.
  init(_ target: String, kernel: String?) throws(DataError) {
    self.target = target
    let given: KernelFile?
    do throws(IntrospectionError) { given = if let kernel { try KernelFile(path: kernel) } else { nil } } catch {
      throw DataError(error.description)
    }
    let named = try GuestTarget(target)
    if case .file = named {
      guest = try GuestTarget.open(target)
      (file, missingFile) = Self.kernelFile(given, KernelFileSearch(guest))
      machine = nil
      registerWindow = nil
      memoryWindow = nil
      return
    }
    let machine = try named.machine()
    do throws(IntrospectionError) { guest = try Guest(machine) } catch {
      throw DataError(error.description)
    }
    self.machine = machine
    (file, missingFile) = Self.kernelFile(given, KernelFileSearch(guest, process: machine.process))
    do throws(MachineError) {
      registerWindow = machine.monitor == nil ? nil : try machine.pauseWindow(.monitor)
      memoryWindow = machine.briefMethod == .monitor ? registerWindow : try machine.pauseWindow(.signal)
    } catch { throw DataError(error.description) }
  }

  /// The file that was given, else what comes of a search.
  private static func kernelFile(_ given: KernelFile?, _ search: KernelFileSearch) -> (KernelFile?, IntegrityFacts.State?) {
    if let given { return (given, nil) }
    let found = search.run()
    return (found.file, found.missing)
  }

  /// Where a saved guest's memory ends, and where that which its kernel knows of does (`max_pfn`); bytes. Nil for one that holds as much.
  var shortfall: (end: UInt64, known: UInt64)? {
    guard machine == nil, let pages = guest.symbol("max_pfn").flatMap({ guest.u64($0) }), pages < 1 << 40, pages << 12 > guest.memory.end
    else { return nil }
    return (guest.memory.end, pages << 12)
  }

  /// How long the guest stood still for this inspection, by the method of the pauses; empty for a saved one.
  var pauses: [(method: PauseWindow.Method, times: PauseHistogram)] {
    let windows = registerWindow === memoryWindow ? [registerWindow] : [registerWindow, memoryWindow]
    return windows.compactMap(\.self).filter { $0.roundTrips.count > 0 }.map { ($0.method, $0.roundTrips) }
  }

  /// Facts as a document of `ringwall.guest.facts/1`. Those of a running guest are of one reading, as `read` says: nobody can look again who judges them
  /// later.
  func document() throws(DataError) -> FactValue {
    let document = try document(try facts(of: guest, Set(IntegrityFacts.Name.allCases), registers()))
    return machine == nil ? document : .object((document.members ?? []) + [.init("read", "running")])
  }

  private func facts(
    of guest: Guest, _ names: Set<IntegrityFacts.Name>, _ processors: ProcessorState?
  ) throws(DataError) -> IntegrityFacts {
    guest.memory.refresh()
    let (file, missing) = (file, missingFile)
    let facts = try guest.answer { (guest) throws(IntrospectionError) in
      try guest.integrity(names, processors: processors, file: file, missing: missing)
    }
    guard let machine, machine.monitor == nil, case .notCollected = facts.facts[.processors] else { return facts }
    let why = MachineError.noMonitor(pid: machine.process.pid, reasons: machine.monitorFailures).description
    return IntegrityFacts(
      facts: facts.facts.merging([.processors: .notCollected(why)]) { _, own in own }, inconsistencies: facts.inconsistencies)
  }

  private func document(_ facts: IntegrityFacts) throws(DataError) -> FactValue {
    let collected: FactValue = ["at": .string(Clock.text(Clock.now())), "by": .string("ringwall \(Version.text)")]
    let document = facts.document(target: target, collected: collected)
    // A running guest is read again where its structures differ; a saved one is what it is.
    guard machine == nil else { return document }
    var members = document.members ?? []
    if let moments = try guest.answer({ (guest) throws(IntrospectionError) in try guest.moments(suspects: facts.suspects) }) {
      members.append(.init("moments", moments.factValue))
    }
    if let (end, known) = shortfall {
      members.append(.init("shortfall", ["end": .string("0x" + String(end, radix: 16)), "known": .string("0x" + String(known, radix: 16))]))
    }
    return .object(members)
  }

  /// Read in one pause; nil without a monitor, and where somebody else ended the pause.
  private func registers() -> ProcessorState? {
    guard let registerWindow, let monitor = machine?.monitor,
      let state = try? ProcessorState(monitor, in: registerWindow), state.isOneMoment
    else { return nil }
    return state
  }

  // MARK: Judging

  /// Milliseconds before each further reading, of uneven lengths so that they do not fall in step with what the guest does again and again.
  private static let waits: [UInt32] = [0, 11, 37, 83, 151, 263, 419]

  /// Signs that stay: a running guest changes between two reads, so that what was found is read again, after longer and longer waits, and where two
  /// structures are compared at last as they are at one moment; only what was found each time is told. A reading that could not judge refutes nothing.
  ///
  /// - Parameters:
  ///   - known: signs that were found to stay already, which are not read again.
  ///   - body: judges a document.
  func judge(
    knowing known: [DetectionHit] = [], _ body: (FactValue) throws -> DetectionReport
  ) throws -> (document: FactValue, report: DetectionReport) {
    let facts = try facts(of: guest, Set(IntegrityFacts.Name.allCases), registers())
    let document = try document(facts)
    let report = try body(document)
    guard let memoryWindow else { return (document, report) }
    var signs = Confirmation(report, knowing: known)
    func judged(_ now: IntegrityFacts) throws -> DetectionReport { try body(try self.document(now.completed(by: facts, [.kernel]))) }
    for wait in Self.waits where !signs.open.isEmpty {
      if wait > 0 { _ = usleep(wait * 1000) }
      signs.hold(to: try judged(try self.facts(of: guest.still, Self.names(signs.open), registers(for: signs.open))))
    }
    let compared = signs.open.filter(\.comparesStructures)
    if !compared.isEmpty {
      // Before, since a pause for them must not fall into another.
      let processors = registers(for: compared)
      let moment: IntegrityFacts?
      do {
        moment = try memoryWindow.snapshot(of: guest) { try self.facts(of: $0, Self.names(compared), processors) }
      } catch let error where error is MachineError || error is IntrospectionError {
        // It cannot be paused, or there is no room for the copies: what was found stays found.
        moment = nil
      }
      if let moment { signs.hold(to: try judged(moment), \.comparesStructures) }
    }
    return (document, signs.report)
  }

  private func registers(for hits: [DetectionHit]) -> ProcessorState? {
    let names = Self.names(hits)
    return names.contains(.processors) || names.contains(.interrupts) ? registers() : nil
  }

  /// What must be read again for the detections that found something. The kernel itself stays what it is, and decoys of it are searched for in all of
  /// memory, so that it is read again only for who found something there.
  private static func names(_ hits: [DetectionHit]) -> Set<IntegrityFacts.Name> {
    var names: Set<IntegrityFacts.Name> = []
    for hit in hits {
      if hit.detection.facts.isEmpty { return Set(IntegrityFacts.Name.allCases) }
      names.formUnion(hit.detection.facts.compactMap(IntegrityFacts.Name.init(rawValue:)))
    }
    return names
  }
}
