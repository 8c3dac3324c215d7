internal import ArgumentParser
internal import Audit
internal import Domain
internal import Introspection
internal import Judgement

struct GuestCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look for signs that a guest's kernel was taken over.",
    discussion: """
      Facts are read from the guest's memory and, where it runs, from its processors; rules in policies/detections/guest judge them. What is found in a \
      running guest is read again, and only what stays is told.

        ringwall guest check web01
        ringwall guest check web01 --baseline web01.baseline.json   compared with an earlier state too
        ringwall guest check guest.ram --format json                a saved image
        ringwall guest check web01 --vmlinux vmlinuz                its code compared with the kernel's own file
        ringwall guest check --facts web01.facts.json               facts that were saved
        ringwall guest check web01 --samples 100                    again and again, each finding told once

      An image that was copied while its guest ran has pages of different moments. Where it says so (ELF and LiME of guest dump), or its clocks and \
      free lists show it, what pages of different moments explain is told as a doubt and not as a sign, as is in any image what a process that was just \
      beginning or ending explains: ringwall guest dump --pause takes one of a single moment.

      The guest's memory is its own word: a kernel whose structures were all changed to agree looks clean. What each check cannot see stands in \
      docs/introspection.md.

      Exit code 0: no sign was found. 1: at least one. 2: an error, or no sign was found and something could not be read or is in doubt. What was not \
      judged is named with its reason.
      """)

  @Argument(help: ArgumentHelp("A RAM file, an ELF core, a LiME image, or a running guest.", valueName: "guest"), completion: .file())
  var guest: String?

  @Option(help: ArgumentHelp("Judge facts that ringwall guest facts saved.", valueName: "file"), completion: .file())
  var facts: String?

  @Option(
    help: ArgumentHelp("Facts of the same guest from earlier: what has changed since counts too.", valueName: "file"), completion: .file())
  var baseline: String?

  @Option(help: ArgumentHelp("Check a guest so many times, one after the other.", valueName: "count"))
  var samples = 1

  @Option(help: ArgumentHelp("Form: table or json.", valueName: "format"))
  var format: GuestForm = .table

  @OptionGroup var kernel: GuestKernelOptions
  @OptionGroup var data: DataOptions

  func validate() throws {
    if (guest == nil) == (facts == nil) { throw ValidationError("name a guest, or facts with --facts") }
    if !(1...100_000).contains(samples) { throw ValidationError("--samples is 1 to 100000") }
  }

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let detections = try Detections.load(from: folder)
    let old = try baseline.map { file in
      let document = try Self.read(file)
      try Self.naming(file) { () throws(DataError) in try Detections.check(document) }
      return document
    }
    let (document, report, pauses) = try judge(detections, old, texts)
    switch format {
    case .json: Console.print(JSONText.bytes(Self.json(document, report, pauses, detections, texts), indent: 2))
    case .table: Self.show(report, pauses, detections, texts)
    }
    if !report.hits.isEmpty { throw ExitCode(1) }
    // What an image lacks may be what a sign was in.
    if document["shortfall"] != nil || report.unjudged.contains(where: { ["unreadable", "policyError", "torn"].contains($0.state) }) {
      throw ExitCode(2)
    }
  }

  private typealias Pauses = [(method: PauseWindow.Method, times: PauseHistogram)]

  private func judge(_ detections: Detections, _ old: FactValue?, _ texts: Texts) throws -> (FactValue, DetectionReport, Pauses) {
    guard let facts else {
      let inspection = try GuestInspection(guest ?? "", kernel: kernel.vmlinux)
      if let (end, known) = inspection.shortfall {
        Console.say(texts("guest.check.short", ["file": guest ?? "", "end": "\(end >> 20)", "known": "\(known >> 20)"]))
      }
      let (document, report) = try Self.check(inspection, samples) { document, first in
        try detections.judge(document, baseline: old ?? first).doubting(document)
      }
      return (document, report, inspection.pauses)
    }
    let document = try Self.read(facts)
    return (document, try Self.naming(facts) { () throws(DataError) in try detections.judge(document, baseline: old).doubting(document) }, [])
  }

  /// The last document, and what any sample showed.
  ///
  /// - Parameter body: judges a document, given that of the first sample, which the first itself has not.
  private static func check(
    _ inspection: GuestInspection, _ samples: Int, _ body: (_ document: FactValue, _ first: FactValue?) throws -> DetectionReport
  ) throws -> (FactValue, DetectionReport) {
    var last = try inspection.judge { try body($0, nil) }
    let first = last.document
    for _ in 1..<samples {
      let next = try inspection.judge(knowing: last.report.hits) { try body($0, first) }
      let more = next.report.hits.filter { hit in !last.report.hits.contains { $0.detection.id == hit.detection.id && $0.key == hit.key } }
      last = (next.document, DetectionReport(hits: last.report.hits + more, unjudged: next.report.unjudged))
    }
    return (last.document, last.report)
  }

  private static func read(_ path: String) throws(DataError) -> FactValue {
    try PolicyEngine.readJSON(try DataFiles.bytes(path), file: path)
  }

  private static func naming<Value>(_ file: String, _ body: () throws(DataError) -> Value) throws(DataError) -> Value {
    do throws(DataError) { return try body() } catch { throw DataError("\(file): \(error.message)") }
  }

  // MARK: Forms

  private static func json(
    _ document: FactValue, _ report: DetectionReport, _ pauses: Pauses, _ detections: Detections, _ texts: Texts
  ) -> FactValue {
    let findings = report.hits.map { hit -> FactValue in
      [
        "id": .string(hit.detection.id), "severity": .string(hit.detection.severity.rawValue), "title": .string(texts.title(hit.detection)),
        "techniques": .array(hit.detection.techniques.map(FactValue.string)), "case": .string(hit.messageCase), "key": .string(hit.key),
        "message": .string(texts.message(hit)),
        "arguments": .object(hit.arguments.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }),
        "facts": .array(hit.detection.facts.map(FactValue.string)), "remediation": .string(hit.detection.remediation),
      ]
    }
    let unjudged = report.unjudged.map { entry -> FactValue in
      [
        "id": .string(entry.detection.id), "fact": .string(entry.fact), "state": .string(entry.state),
        "why": .string(why(entry, texts, translated: false)),
      ]
    }
    return [
      "schema": "ringwall.guest.check/1", "target": document["target"] ?? .null, "collected": document["collected"] ?? .null,
      "kernel": document["facts"]?["kernel"]?["value"] ?? .null, "detections": .int(Int64(detections.all.count)),
      "policies": .string(detections.digest), "findings": .array(findings), "unjudged": .array(unjudged),
      "pauses": .array(
        pauses.map { method, times in
          [
            "method": .string(method.rawValue), "count": .int(Int64(clamping: times.count)), "sum": .int(Int64(clamping: times.sum)),
            "max": .int(Int64(clamping: times.largest)),
          ]
        }),
    ]
  }

  /// What a detection found that proves nothing, with the reason; else why it could not judge.
  private static func why(_ entry: DetectionReport.Unjudged, _ texts: Texts, translated: Bool = true) -> String {
    let why = translated ? Speech.current.translation(entry.why) : entry.why
    guard let doubt = entry.doubt else { return why }
    let found = translated ? texts.message(doubt).printable : texts.message(doubt)
    return why.isEmpty ? found : "\(found) (\(why))"
  }

  private static func show(_ report: DetectionReport, _ pauses: Pauses, _ detections: Detections, _ texts: Texts) {
    if !report.hits.isEmpty {
      let head = [texts["guest.check.severity"], "ID", "ATT&CK", texts["guest.check.finding"]]
      let rows = report.hits.map { hit in
        [
          texts["severity.\(hit.detection.severity.rawValue)"], hit.detection.id, hit.detection.techniques.joined(separator: ","),
          texts.message(hit).printable,
        ]
      }
      Console.print(PlainTable.text(head, rows, right: []))
    }
    for group in Dictionary(grouping: report.unjudged, by: { $0.state + "\n" + why($0, texts) }).sorted(by: { $0.key < $1.key }) {
      guard let first = group.value.first else { continue }
      let ids = Set(group.value.map(\.detection.id)).sorted().joined(separator: ", ")
      let fact = first.fact.isEmpty ? texts["guest.check.policy"] : Set(group.value.map(\.fact)).sorted().joined(separator: ", ")
      Console.say(
        texts(
          "guest.check.unjudged",
          ["ids": ids, "fact": fact, "state": texts["guest.check.state.\(first.state)"], "why": why(first, texts)]))
    }
    if report.hits.isEmpty {
      let skipped = Set(report.unjudged.map(\.detection.id)).count
      Console.say(texts("guest.check.none", ["count": "\(detections.all.count - skipped)", "skipped": "\(skipped)"]))
    }
    for (method, times) in pauses {
      Console.say(
        texts(
          "guest.check.pauses",
          ["count": "\(times.count)", "method": method.rawValue, "largest": GuestPauseCommand.milliseconds(times.largest)]))
    }
  }
}
