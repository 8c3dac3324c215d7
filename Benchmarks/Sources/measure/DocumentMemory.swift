import Foundation
import Rego

/// What reading a document costs in memory, and in time where no two keys are alike. Each case runs in a process of its own, so that its
/// pages are its own.
struct DocumentMemory {
  let program: String

  /// One line: bytes of text, bytes resident afterwards and at most, both beyond those before it was read, CPU nanoseconds.
  static func report(_ file: String) throws {
    let before = resident
    let (count, seconds, document) = try read(file)
    let after = resident
    print(count, after.now - before.now, after.most - before.now, Int(seconds * 1e9))
    withExtendedLifetime(document) {}
  }

  private static func read(_ file: String) throws -> (Int, Double, Document) {
    let bytes = try contents(file)
    let (start, count) = (CPUTime.own, bytes.count)
    let document = try Document(handingOver: consume bytes)
    return (count, CPUTime.own - start, document)
  }

  /// The file in one array, without a second copy on the way.
  static func contents(_ file: String) throws -> [UInt8] {
    let handle = try FileHandle(forReadingFrom: URL(filePath: file))
    let size = Int(try handle.seekToEnd())
    try handle.seek(toOffset: 0)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = Foundation.read(handle.fileDescriptor, buffer.baseAddress! + count, size - count)
        if got <= 0 { return }
        count += got
      }
    }
  }

  func measure(fleet: URL, in folder: URL, into results: inout Results) throws {
    let whole = try run(fleet)
    results.add("json.memory", "x text", Double(whole.after) / Double(whole.text))
    results.add("json.memory.most", "x text", Double(whole.most) / Double(whole.text))
    var known: (seconds: Double, bytes: Double)?
    for count in [50_000, 100_000, 200_000] {
      let file = folder.appending(path: "keys-\(count).json")
      try Self.keys(count).write(to: file)
      let runs = try (0..<5).map { _ in try run(file) }
      let outcome = runs.sorted { $0.seconds < $1.seconds }[2]
      let perKey = (seconds: outcome.seconds / Double(count), bytes: Double(outcome.after) / Double(count))
      results.add("json.keys.\(count)", "ns a key", perKey.seconds * 1e9)
      results.add("json.keys.\(count).memory", "bytes a key", perKey.bytes)
      if count == 200_000, let known {
        results.add("json.keys.growth", "x time a key, 200,000 to 50,000", perKey.seconds / known.seconds)
        results.add("json.keys.growth.memory", "x memory a key, 200,000 to 50,000", perKey.bytes / known.bytes)
      }
      if known == nil { known = perKey }
    }
  }

  private static func keys(_ count: Int) -> Data {
    var text = "{"
    for i in 0..<count { text += "\(i == 0 ? "" : ",")\"key-\(UInt64(i) &* 0x9E37_79B9_7F4A_7C15)\":\(i)" }
    return Data((text + "}").utf8)
  }

  private func run(_ file: URL) throws -> (text: Int, after: Int, most: Int, seconds: Double) {
    let outcome = try Child.run(program, ["--resident", file.path])
    let numbers = String(decoding: outcome.output, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Int($0) }
    guard numbers.count == 4 else { throw WrongAnswer(description: "\(file.lastPathComponent): no measurement") }
    return (numbers[0], numbers[1], numbers[2], Double(numbers[3]) / 1e9)
  }

  /// Bytes of this process in memory now and at most so far.
  private static var resident: (now: Int, most: Int) {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    func bytes(_ name: String) -> Int {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
    }
    return (bytes("VmRSS:"), bytes("VmHWM:"))
  }
}
