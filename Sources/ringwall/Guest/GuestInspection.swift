internal import Audit
internal import Domain
internal import Introspection
internal import Judgement
internal import QMP

/// A guest opened for its integrity: the memory, and where it runs the monitor that tells its processors' registers.
final class GuestInspection {
  let guest: Guest
  private let target: String
  private let machine: LiveMachine?
  private let window: PauseWindow?
  private let file: KernelFile?

  /// - Parameter kernel: path of the kernel's own ELF file; nil where nobody has it.
  init(_ target: String, kernel: String?) throws(DataError) {
    self.target = target
    do throws(IntrospectionError) { file = if let kernel { try KernelFile(path: kernel) } else { nil } } catch {
      throw DataError(error.description)
    }
    let named = try GuestTarget(target)
    if case .file = named {
      guest = try GuestTarget.open(target)
      machine = nil
      window = nil
      return
    }
    let machine = try named.machine()
    do throws(IntrospectionError) { guest = try Guest(memory: machine.memory, processors: machine.roots()) } catch {
      throw DataError(error.description)
    }
    self.machine = machine
    do throws(MachineError) { window = try machine.pauseWindow() } catch { throw DataError(error.description) }
  }

  /// Facts as a document of `ringwall.guest.facts/1`.
  func document() throws(DataError) -> FactValue { try document(Set(IntegrityFacts.Name.allCases), registers()) }

  private func document(_ names: Set<IntegrityFacts.Name>, _ processors: ProcessorState?) throws(DataError) -> FactValue {
    guest.memory.refresh()
    let file = file
    let guest = guest
    let collected: FactValue = ["at": .string(Clock.text(Clock.now())), "by": .string("ringwall \(Version.text)")]
    let document = try guest.answer { (guest) throws(IntrospectionError) in
      try guest.integrity(names, processors: processors, file: file)
    }.document(target: target, collected: collected)
    // A running guest is read again where its structures differ; a saved one is what it is.
    guard machine == nil, let moments = try guest.answer({ (guest) throws(IntrospectionError) in try guest.moments() }) else { return document }
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

  /// Signs that stay: a running guest changes between two reads, so that what was found is read again until two readings agree, with a pause where they
  /// do not, and only what was found each time is told.
  ///
  /// - Parameters:
  ///   - body: judges a document.
  func judge(_ body: (FactValue) throws -> DetectionReport) throws -> (document: FactValue, report: DetectionReport) {
    let document = try self.document()
    let report = try body(document)
    guard let window, !report.hits.isEmpty else { return (document, report) }
    let names = Self.names(report)
    // Before, since a pause for them must not fall into another.
    let processors = names.contains(.processors) || names.contains(.interrupts) ? registers() : nil
    let again = try window.read { Signs(report: try body(try self.document(names, processors))) }
    let kept = again.value.keys.intersection(Signs(report: report).keys)
    let hits = report.hits.filter { kept.contains(Signs.Key($0)) }
    return (document, DetectionReport(hits: hits, unjudged: report.unjudged))
  }

  /// What must be read again for the detections that found something.
  private static func names(_ report: DetectionReport) -> Set<IntegrityFacts.Name> {
    var names: Set<IntegrityFacts.Name> = [.kernel]
    for hit in report.hits {
      if hit.detection.facts.isEmpty { return Set(IntegrityFacts.Name.allCases) }
      names.formUnion(hit.detection.facts.compactMap(IntegrityFacts.Name.init(rawValue:)))
    }
    return names
  }

  /// A report that is equal to another of the same signs, whatever else is in them.
  private struct Signs: Equatable {
    struct Key: Hashable {
      let id: String
      let key: String
      init(_ hit: DetectionHit) {
        id = hit.detection.id
        key = hit.key
      }
    }

    let keys: Set<Key>
    init(report: DetectionReport) { keys = Set(report.hits.map(Key.init)) }
  }
}
