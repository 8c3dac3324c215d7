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
  private let window: PauseWindow?
  private let file: KernelFile?

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
      file = given ?? KernelFileSearch(guest).run()
      machine = nil
      window = nil
      return
    }
    let machine = try named.machine()
    do throws(IntrospectionError) { guest = try Guest(machine) } catch {
      throw DataError(error.description)
    }
    self.machine = machine
    file = given ?? KernelFileSearch(guest, process: machine.process).run()
    do throws(MachineError) { window = try machine.pauseWindow() } catch { throw DataError(error.description) }
  }

  /// Facts as a document of `ringwall.guest.facts/1`.
  func document() throws(DataError) -> FactValue { try document(of: guest, Set(IntegrityFacts.Name.allCases), registers()) }

  private func document(of guest: Guest, _ names: Set<IntegrityFacts.Name>, _ processors: ProcessorState?) throws(DataError) -> FactValue {
    guest.memory.refresh()
    let file = file
    let collected: FactValue = ["at": .string(Clock.text(Clock.now())), "by": .string("ringwall \(Version.text)")]
    let facts = try guest.answer { (guest) throws(IntrospectionError) in try guest.integrity(names, processors: processors, file: file) }
    let document = facts.document(target: target, collected: collected)
    // A running guest is read again where its structures differ; a saved one is what it is.
    guard machine == nil,
      let moments = try guest.answer({ (guest) throws(IntrospectionError) in try guest.moments(suspects: facts.suspects) })
    else { return document }
    return .object((document.members ?? []) + [.init("moments", moments.factValue)])
  }

  /// Read in one pause; nil without a monitor, and where somebody else ended the pause.
  private func registers() -> ProcessorState? {
    guard let window, window.method == .monitor, let monitor = machine?.monitor,
      let reading = try? window.paused({ try ProcessorState(monitor, isPaused: true) }), reading.agreement == .paused
    else { return nil }
    return reading.value
  }

  // MARK: Judging

  /// Milliseconds before each further reading, of uneven lengths so that they do not fall in step with what the guest does again and again.
  private static let waits: [UInt32] = [0, 11, 37, 83, 151, 263, 419]

  /// Signs that stay: a running guest changes between two reads, so that what was found is read again, after longer and longer waits, and where two
  /// structures are compared at last in a pause; only what was found each time is told.
  ///
  /// - Parameters:
  ///   - known: signs that were found to stay already, which are not read again.
  ///   - body: judges a document.
  func judge(
    knowing known: [DetectionHit] = [], _ body: (FactValue) throws -> DetectionReport
  ) throws -> (document: FactValue, report: DetectionReport) {
    let document = try self.document()
    let report = try body(document)
    guard let window else { return (document, report) }
    let sure = Signs(known).keys
    var hits = report.hits.filter { !sure.contains(Signs.Key($0)) }
    for wait in Self.waits where !hits.isEmpty {
      if wait > 0 { _ = usleep(wait * 1000) }
      hits = try again(hits, body)
    }
    let compared = hits.filter(\.comparesStructures)
    if !compared.isEmpty {
      // Before, since a pause for them must not fall into another.
      let processors = registers(for: compared)
      let kept: [DetectionHit]
      do { kept = try window.paused { try again(compared, processors, body) }.value } catch is MachineError { kept = compared }
      hits = hits.filter { !$0.comparesStructures } + kept
    }
    let kept = Signs(hits).keys.union(sure)
    return (document, DetectionReport(hits: report.hits.filter { kept.contains(Signs.Key($0)) }, unjudged: report.unjudged))
  }

  /// Those of some signs that another reading shows too. It waits for nothing.
  private func again(_ hits: [DetectionHit], _ body: (FactValue) throws -> DetectionReport) throws -> [DetectionHit] {
    try again(hits, registers(for: hits), body)
  }

  private func again(
    _ hits: [DetectionHit], _ processors: ProcessorState?, _ body: (FactValue) throws -> DetectionReport
  ) throws -> [DetectionHit] {
    let now = Signs(try body(try document(of: guest.still, Self.names(hits), processors)).hits).keys
    return hits.filter { now.contains(Signs.Key($0)) }
  }

  private func registers(for hits: [DetectionHit]) -> ProcessorState? {
    let names = Self.names(hits)
    return names.contains(.processors) || names.contains(.interrupts) ? registers() : nil
  }

  /// What must be read again for the detections that found something.
  private static func names(_ hits: [DetectionHit]) -> Set<IntegrityFacts.Name> {
    var names: Set<IntegrityFacts.Name> = [.kernel]
    for hit in hits {
      if hit.detection.facts.isEmpty { return Set(IntegrityFacts.Name.allCases) }
      names.formUnion(hit.detection.facts.compactMap(IntegrityFacts.Name.init(rawValue:)))
    }
    return names
  }

  /// Signs by what tells them apart, whatever else is in them.
  private struct Signs {
    struct Key: Hashable {
      let id: String
      let key: String
      init(_ hit: DetectionHit) {
        id = hit.detection.id
        key = hit.key
      }
    }

    let keys: Set<Key>
    init(_ hits: [DetectionHit]) { keys = Set(hits.map(Key.init)) }
  }
}
