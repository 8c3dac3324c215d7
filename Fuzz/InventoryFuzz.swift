import Domain
import Platforms

/// A libFuzzer entry: any bytes are a vSphere inventory, and settings that PowerCLI exported.
///
/// Beyond not crashing: every document gives assets or one refusal of one line, places lie inside the text, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzInventory(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let whole = Array("{\"schema\": \"ringwall.vsphere/1\", \"hosts\": [{\"name\": \"a\", \"config\": ".utf8) + bytes + Array("}]}".utf8)
  let collector = InventoryCollector()
  for text in [bytes, whole] {
    let lines = text.count { $0 == 0x0A } + 1
    let inventory = collector.collect(inventory: text, path: "estate.json", target: "estate.json")
    precondition(inventory == collector.collect(inventory: text, path: "estate.json", target: "estate.json"), "two readings differ")
    let settings = collector.collect(settings: text, path: "settings.json", target: "settings.json")
    precondition(!settings.assets.isEmpty || settings.refusals.count == 1, "neither settings nor one refusal")
    precondition(inventory.refusals.count <= 1, "more than one refusal")
    for refusal in inventory.refusals + settings.refusals {
      precondition(!refusal.message.utf8.contains(0x0A), "a message of several lines")
      precondition((refusal.line ?? 1) <= lines, "a place outside the text")
    }
    for source in (inventory.assets + settings.assets).flatMap(\.facts.values).flatMap(\.source) {
      precondition((source.line ?? 1) <= lines && (source.column ?? 1) <= text.count + 1, "a place outside the text")
    }
  }
  return 0
}
