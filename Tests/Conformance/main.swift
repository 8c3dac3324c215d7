import Foundation
import Rego

// Runs every YAML case of OPA's conformance suite below a folder: conformance DIR [--verbose] [--only SUBSTRING] [--expect FILE]
// [--traced | --partial | --plan | --optimized]
//
// The nearest folder named v0 or v1 decides the edition. The last line is "P passed, F failed". A case that cannot be read has failed.
// With --traced a case fails instead where following the evaluation finds other solutions than the evaluation.
// With --partial it fails where what is left without the input finds other solutions, with --plan and
// --optimized where a plan, or modules rewritten for what the case asks, give another value.
// With --expect FILE (one "folder/file#index reason" a line) the exit status is 0 when exactly the listed cases fail.

var folder = ""
var only: String?
var expectation: String?
var isVerbose = false
var judge = Runner.failure
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
  switch word {
  case "--verbose": isVerbose = true
  case "--traced": judge = Runner.traceFailure
  case "--partial": judge = Runner.partialFailure
  case "--plan": judge = Runner.planFailure
  case "--optimized": judge = Runner.optimizedFailure
  case "--only": only = words.popFirst()
  case "--expect": expectation = words.popFirst()
  default: folder = word
  }
}
guard !folder.isEmpty, let walker = FileManager.default.enumerator(atPath: folder) else {
  FileHandle.standardError.write(
    Data("conformance: cannot read the folder \"\(folder)\"; name the folder that holds OPA's YAML cases\n".utf8))
  exit(2)
}
let files = walker.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()

@MainActor func edition(_ path: String) -> LanguageVersion {
  for part in (folder + "/" + path).split(separator: "/").reversed() {
    if part == "v0" { return .v0 }
    if part == "v1" { return .v1 }
  }
  return .v1
}

var expected: [String: String] = [:]
if let expectation {
  guard let text = try? String(contentsOfFile: expectation, encoding: .utf8) else {
    FileHandle.standardError.write(Data("conformance: cannot read \(expectation)\n".utf8))
    exit(2)
  }
  for line in text.split(separator: "\n") where !line.hasPrefix("#") {
    let parts = line.split(separator: " ", maxSplits: 1)
    expected[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
  }
}

var passed = 0
var failed: [String] = []
for file in files where only.map({ file.contains($0) }) ?? true {
  do {
    let cases = try CaseFile.read(String(contentsOfFile: folder + "/" + file, encoding: .utf8), file: file)
    for item in cases {
      if isVerbose { FileHandle.standardError.write(Data("run  \(file)#\(item.index)\n".utf8)) }
      let failure = judge(item, edition(file))
      if let failure {
        failed.append("\(file)#\(item.index)")
        print("FAIL \(file)#\(item.index) \(item.note): \(failure.prefix(400))")
      } else {
        passed += 1
      }
    }
  } catch {
    failed.append(file)
    print("FAIL \(file): cannot be read: \(error)")
  }
}
var status: Int32 = failed.isEmpty ? 0 : 1
if expectation != nil {
  let new = failed.filter { expected[$0] == nil }
  let fixed = expected.keys.filter { key in !failed.contains(key) && files.contains { key.hasPrefix($0 + "#") || key == $0 } }.sorted()
  for item in new { print("unexpected failure: \(item)") }
  for item in fixed { print("listed as failing, but passes: \(item)") }
  status = new.isEmpty && fixed.isEmpty ? 0 : 1
}
print("\(passed) passed, \(failed.count) failed")
exit(status)
