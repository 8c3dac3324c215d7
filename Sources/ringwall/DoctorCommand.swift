internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine and this user let an audit see, and what to do about the rest.",
    discussion: """
        ringwall doctor
        sudo ringwall doctor --lang zh-CN

      Exit code 0: an audit of this host can judge all it looks for. 2: something stands in the way.
      """)

  @OptionGroup var data: DataOptions

  func run() throws {
    // Without its data the program has no texts, so that this one error is always in English.
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    var lines = [Readiness.Line(status: .ok, topic: "data", text: folder.path)]
    lines += policies(in: folder, texts)
    lines += Readiness(texts: texts).lines()

    let width = lines.reduce(0) { max($0, DisplayWidth.of(texts["doctor.\($1.topic)"])) }
    let states = [Readiness.Status.ok, .note, .problem].map { texts["doctor.\($0.rawValue)"] }
    let stateWidth = states.reduce(0) { max($0, DisplayWidth.of($1)) }
    let style = Console.style
    var shown: [String] = []
    for line in lines {
      let indent = stateWidth + width + 4
      let state = DisplayWidth.padded(texts["doctor.\(line.status.rawValue)"], to: stateWidth)
      let parts = DisplayWidth.wrapped(line.text.printable, to: max(20, style.columns - indent))
      shown.append("\(state)  \(DisplayWidth.padded(texts["doctor.\(line.topic)"], to: width))  \(parts[0])")
      shown += parts.dropFirst().map { String(repeating: " ", count: indent) + $0 }
    }
    Console.print(shown.joined(separator: "\n"))
    let problems = lines.count { $0.status == .problem }
    Console.say(problems == 0 ? texts["doctor.ready"] : texts("doctor.notReady", ["count": "\(problems)"]))
    throw ExitCode(problems == 0 ? 0 : 2)
  }

  /// Whether the policies compile, with the default baseline.
  private func policies(in folder: DataFolder, _ texts: Texts) -> [Readiness.Line] {
    var lines: [Readiness.Line] = []
    do throws(DataError) {
      let policies = try Policies.load(from: folder)
      if let problem = policies.controls.problems.first { throw DataError(problem) }
      let baseline = try Baseline.load(Baseline.defaultName, from: folder)
      try Judge(policies: policies, parameters: baseline.parameters).compile()
      lines.append(
        .init(
          status: .ok, topic: "digest",
          text: texts("doctor.digestValue", ["count": "\(policies.controls.all.count)", "digest": String(policies.digest.prefix(16))])))
      let count = policies.controls.all.count(where: baseline.includes)
      let today = Clock.text(Clock.now()).prefix(10)
      if let expires = baseline.expires, expires < today {
        lines.append(
          .init(
            status: .note, topic: "baseline",
            text: texts("doctor.baselineExpired", ["name": baseline.name, "version": baseline.version, "date": expires])))
      } else {
        lines.append(
          .init(
            status: .ok, topic: "baseline",
            text: texts("doctor.baselineValue", ["name": baseline.name, "version": baseline.version, "count": "\(count)"])))
      }
      for language in Language.allCases { _ = try Texts(language, from: folder) }
      lines.append(.init(status: .ok, topic: "texts", text: texts["doctor.textsValue"]))
    } catch {
      lines.append(.init(status: .problem, topic: "digest", text: error.message.split(separator: "\n").first.map(String.init) ?? ""))
    }
    return lines
  }
}
