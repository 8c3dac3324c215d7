import Domain
import Foundation
import Introspection
import Judgement
import TestSupport
import Testing

/// Images of a guest that never rests: it loads and unloads modules, makes namespaces with mounts, and starts programs all the time.
@Suite(
  "Images of a busy guest", .serialized,
  .enabled(if: TestGuest.obstacle(.cloud) == nil, "\(TestGuest.obstacle(.cloud) ?? "")"),
  .guest(
    GuestRecipe {
      $0.workload = [.churn, .fork, .network, .people]
      $0.processors = 2
    }))
struct TornImageTests {
  private let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL.path

  /// Copies the guest's memory; while it runs where `mark` says so.
  private func image(_ format: MemoryImage.Format, _ mark: CopyMark?, named name: String) throws -> String {
    let test = try TestGuest.shared()
    // Its people are there a moment after the guest is ready.
    try test.run("until ps -o user,args | grep -q '^user  *sleep'; do usleep 300000; done", seconds: 120)
    let machine = try LiveMachine(pid: test.process)
    let path = test.folder + "/" + name
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    let dump = MemoryDump(machine.memory, format: format, mark: mark)
    if mark == .still {
      try test.held { try dump.write(to: descriptor) }
    } else {
      try dump.write(to: descriptor)
    }
    return path
  }

  private func judged(_ guest: Guest, _ names: Set<IntegrityFacts.Name> = Set(IntegrityFacts.Name.allCases)) throws -> (
    report: DetectionReport, moments: MemoryMoments
  ) {
    let detections = try Detections.load(from: try DataFolder(named: source))
    let facts = try guest.integrity(names)
    let moments = try #require(try guest.moments(suspects: facts.suspects))
    let document = facts.document(target: "image")
    let whole = FactValue.object((document.members ?? []) + [.init("moments", moments.factValue)])
    return (try detections.judge(whole).doubting(whole), moments)
  }

  private func doubts(_ report: DetectionReport) -> Set<String> {
    Set(report.unjudged.filter { $0.state == "torn" }.map(\.detection.id))
  }

  @Test("copies of the running guest accuse nobody, and are known for what they are") func running() throws {
    for number in 0..<4 {
      let path = try image(.raw, nil, named: "running.raw")
      let found = try judged(try Guest(image: try MemoryImage(path: path)))
      #expect(found.report.hits.isEmpty, "\(number): \(found.report.hits.map { ($0.detection.id, $0.messageCase, $0.arguments) })")
      #expect(found.moments.isTorn && found.moments.contradictions > MemoryMoments.contradictionLimit, "\(number): \(found.moments)")
    }
  }

  @Test("copies of the guest while it stands contradict nothing but what a processor was changing") func standing() throws {
    for number in 0..<3 {
      let path = try image(.raw, .still, named: "standing.raw")
      let moments = try #require(try Guest(image: try MemoryImage(path: path)).moments())
      #expect(!moments.isTorn && moments.contradictions <= MemoryMoments.contradictionLimit && moments.mark == nil, "\(number): \(moments)")
    }
  }

  @Test("ELF and LiME say whether the guest ran", arguments: [MemoryImage.Format.elfCore, .lime])
  func marks(format: MemoryImage.Format) throws {
    for mark in [CopyMark.still, .running(milliseconds: 0)] {
      let path = try image(format, mark, named: "marked")
      let image = try MemoryImage(path: path)
      switch (mark, image.mark) {
      case (.still, .still?): break
      case (.running, .running(let time)?): #expect(time > 0)
      default: Issue.record("\(mark) became \(String(describing: image.mark))")
      }
      let moments = try #require(try Guest(image: image).moments())
      #expect(moments.isTorn == (mark != .still) && moments.mark == image.mark)
    }
  }

  @Test("a process that hides is told: as a doubt in a copy of the running guest, as a sign in one of the guest that stood")
  func hidden() throws {
    for (mark, format) in [(nil, .raw), (CopyMark.still, .raw)] as [(CopyMark?, MemoryImage.Format)] {
      let editor = try GuestEditor(path: try image(format, mark, named: "planted.raw"))
      let victim = try editor.victim()
      try editor.unlink(victim.address &+ editor.offset("task_struct", "tasks"))
      let found = try judged(editor.guest, [.processes])
      let told = found.report.hits.filter { $0.detection.id == "GST-060" && $0.arguments["pid"] == .int(Int64(victim.pid)) }
      if mark == .still {
        #expect(!told.isEmpty && !found.moments.isTorn, "\(found.report.hits.map(\.detection.id))")
        // The same, as if it had been read of a running guest once.
        let facts = try editor.guest.integrity([.processes]).document(target: "guest")
        let read = FactValue.object((facts.members ?? []) + [.init("read", "running")])
        let later = try Detections.load(from: try DataFolder(named: source)).judge(read).doubting(read)
        #expect(doubts(later).contains("GST-060") && !later.hits.contains { $0.detection.id == "GST-060" })
        #expect(later.unjudged.contains { $0.doubt?.arguments["pid"] == .int(Int64(victim.pid)) })
      } else {
        #expect(told.isEmpty && doubts(found.report).contains("GST-060"), "\(found.report.hits.map(\.detection.id))")
      }
    }
  }

  @Test("what no copy of different moments explains stays a sign", arguments: [Tampering.systemCallToAnother, .gateSwapped, .jumpAtFunction, .writableCode])
  func steady(_ tampering: Tampering) throws {
    let editor = try GuestEditor(path: try image(.raw, nil, named: "code.raw"))
    try tampering.apply(to: editor)
    let found = try judged(editor.guest, tampering.facts)
    // Neither a baseline nor the kernel's own file is given.
    let expected = tampering.detections.subtracting(["GST-032", "GST-033"])
    #expect(Set(found.report.hits.map(\.detection.id)) == expected && found.moments.isTorn, "\(found.report.hits.map(\.detection.id))")
  }
}
