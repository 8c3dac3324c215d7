import Domain
import Platforms

/// A libFuzzer entry: any bytes are read as a file of unknown kind and as a QEMU command line. Seeds: Fuzz/Seeds/Arguments.
///
/// Beyond not crashing: reading ends in assets or in one refusal, places lie inside the text, lists have one place per element, and reading
/// twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzArguments(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let lines = bytes.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
  precondition(FileKind.recognise(bytes, path: "fuzz") == FileKind.recognise(bytes, path: "fuzz"), "two kinds of one text")
  for setting in InventedSettings.find(in: bytes, path: "fuzz") {
    precondition((1...lines).contains(setting.source.line ?? 0), "a setting outside of the text")
  }
  let collector = QEMUCollector(tree: Tree())
  let first = collector.collect(arguments: bytes, path: "fuzz.args", target: "fuzz.args")
  precondition(!first.assets.isEmpty || first.refusals.count == 1, "neither an asset nor one refusal")
  precondition(first == collector.collect(arguments: bytes, path: "fuzz.args", target: "fuzz.args"), "two readings differ")
  for refusal in first.refusals { precondition(!refusal.message.contains(where: \.isNewline), "a message of several lines") }
  for asset in first.assets {
    for (name, fact) in asset.facts {
      for source in fact.source where source.kind == .path {
        precondition((1...lines).contains(source.line ?? 1), "\(name) outside of the text")
      }
      if let elements = fact.value?.elements { precondition(elements.count == fact.source.count, "\(name): a place for each element") }
    }
  }
  return 0
}
