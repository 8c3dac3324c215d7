import Foundation

/// `ringwall guest scan` and the `yara` command on the same rules and the same bytes, one after the other in turns.
///
/// The bytes are 512 MiB of which a guest's kernel and programs would be half: text of programs that lie on this machine, repeated, and
/// zeros as an idle guest has them. The file holds no hole, so that both read all of it. Rules are 1,000 with texts and bytes that are
/// nowhere, and the shipped ones.
struct RuleRuns {
  let program: String
  let root: URL

  private static let megabytes = 512
  private static let rounds = 7

  func measure(into results: inout Results) throws {
    guard FileManager.default.isExecutableFile(atPath: program) else {
      results.skip("yara: \(program) is not built")
      return
    }
    guard let yara = ["/usr/bin/yara", "/usr/local/bin/yara"].first(where: FileManager.default.isExecutableFile) else {
      results.skip("yara: the program yara is not installed")
      return
    }
    // In memory, as a guest's RAM is; a disk would be measured otherwise.
    let folder = URL(filePath: "/dev/shm/ringwall-yara-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let memory = folder.appending(path: "guest.ram")
    try Self.write(memory)
    let many = folder.appending(path: "many.yar")
    try Data(Self.manyRules.utf8).write(to: many)
    let shipped = folder.appending(path: "shipped.yar")
    try Self.together(root.appending(path: "data/yara"), at: shipped)
    let threads = ProcessInfo.processInfo.activeProcessorCount
    for (name, rules) in [("shipped", shipped), ("1000", many)] {
      var own: [Child.Outcome] = []
      var single: [Child.Outcome] = []
      var theirs: [Child.Outcome] = []
      for _ in 0..<Self.rounds {
        own.append(
          try Self.run(program, ["guest", "scan", memory.path, "--rules", rules.path, "--no-progress", "--threads", "\(threads)"], 0))
        theirs.append(try Self.run(yara, ["-w", rules.path, memory.path], 0))
        single.append(try Self.run(program, ["guest", "scan", memory.path, "--rules", rules.path, "--no-progress", "--threads", "1"], 0))
      }
      let peer = Self.median(theirs, \.cpuSeconds)
      let wall = Self.median(theirs, \.wallSeconds)
      results.addCost("yara.\(name)", "CPU s", Self.median(single, \.cpuSeconds), peers: [("yara", peer)])
      results.addCost("yara.\(name).wall", "s", Self.median(single, \.wallSeconds), peers: [("yara", wall)])
      results.addCost("yara.\(name).threads.wall", "s", Self.median(own, \.wallSeconds), peers: [("yara", wall)])
      results.add("yara.\(name).ratio", "x", wall / Self.median(single, \.wallSeconds))
    }
  }

  private static func run(_ program: String, _ arguments: [String], _ status: Int32) throws -> Child.Outcome {
    let outcome = try Child.run(program, arguments)
    guard outcome.status == status else {
      throw WrongAnswer(
        description:
          "\(program) \(arguments.joined(separator: " ")) ended with \(outcome.status): \(String(decoding: outcome.output, as: UTF8.self))")
    }
    return outcome
  }

  private static func median(_ outcomes: [Child.Outcome], _ value: KeyPath<Child.Outcome, Double>) -> Double {
    outcomes.map { $0[keyPath: value] }.sorted()[outcomes.count / 2]
  }

  private static func write(_ file: URL) throws {
    var content = Data()
    for path in [
      "/usr/lib/x86_64-linux-gnu/libc.so.6", "/bin/bash", "/usr/bin/perl", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/bin/busybox",
    ] {
      content.append((try? Data(contentsOf: URL(filePath: path))) ?? Data())
    }
    guard content.count >= 1 << 20 else { throw WrongAnswer(description: "no programs to fill memory with") }
    guard FileManager.default.createFile(atPath: file.path, contents: nil), let handle = FileHandle(forWritingAtPath: file.path) else {
      throw WrongAnswer(description: "\(file.path) cannot be written")
    }
    // Sixteen MiB of zeros, sixteen of programs, and so on: what begins as a program would be taken for one.
    let part = 16 << 20
    var filled = Data()
    while filled.count < part { filled.append(content) }
    let zeros = Data(count: part)
    for index in 0..<(megabytes >> 4) { try handle.write(contentsOf: index % 2 == 0 ? zeros : filled.prefix(part)) }
    try handle.close()
  }

  /// Seeded, so that every run has the same.
  private static var manyRules: String {
    var state: UInt64 = 7
    func next(_ below: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % below
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-")
    return (0..<1000).map { index in
      let text = String((0..<16).map { _ in letters[Int(next(UInt64(letters.count)))] })
      let bytes = (0..<12).map { _ in String(format: "%02X", Int(next(256))) }.joined(separator: " ")
      return "rule r\(index) { strings: $a = \"\(text)\" $b = { \(bytes) } condition: any of them }"
    }.joined(separator: "\n")
  }

  /// One file of all rules: the command of yara takes no folder.
  private static func together(_ folder: URL, at file: URL) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yar") }.sorted()
    let texts = try names.map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    try Data(texts.joined(separator: "\n").utf8).write(to: file)
  }
}
