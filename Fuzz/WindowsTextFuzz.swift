import Domain
import Platforms

/// A libFuzzer entry: any bytes are a registry export, a listing of bcdedit, a report of System Information and settings of Hyper-V as JSON.
///
/// Beyond not crashing: each reading gives assets or a refusal, a refusal is one line, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWindowsText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let collector = WindowsCollector()
  _ = FileKind.recognise(bytes, path: "a.txt")
  // UTF-16 ends lines with two bytes, code pages and UTF-8 with one: no text has more lines than bytes.
  let lines = bytes.count + 1
  let readings: [([UInt8]) -> Collection] = [
    { collector.collect(registry: $0, path: "a.reg", target: "a.reg") }, { collector.collect(boot: $0, path: "a.txt", target: "a.txt") },
    { collector.collect(report: $0, path: "a.txt", target: "a.txt") },
    { collector.collect(inventory: $0, path: "a.json", target: "a.json") },
  ]
  for reading in readings {
    let collection = reading(bytes)
    precondition(collection == reading(bytes), "two readings differ")
    for refusal in collection.refusals {
      precondition(!refusal.message.utf8.contains(0x0A), "a message of several lines")
      precondition((refusal.line ?? 1) <= lines, "a place outside the text")
    }
    for source in collection.assets.flatMap(\.facts.values).flatMap(\.source) {
      precondition((source.line ?? 1) <= lines, "a place outside the text")
    }
  }
  return 0
}
