import Domain
import Platforms

/// A libFuzzer entry: any bytes are a .vmx, an OVF descriptor, an OVA archive, a tools.conf or a list of snapshots. Seeds: Fuzz/Seeds/VirtualMachine.
///
/// Beyond not crashing: reading ends in assets or in one refusal of one line, places lie inside the text, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzVirtualMachine(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let lines = bytes.count { $0 == 0x0A } + 1
  let machines = VirtualMachineCollector(tree: Tree())
  let tools = GuestToolsCollector(tree: Tree())
  check(lines) { machines.collect(configuration: bytes, path: "fuzz.vmx/none", target: "fuzz") }
  check(lines) { machines.collect(descriptor: bytes, path: "fuzz.ovf", target: "fuzz") }
  check(Int.max) { machines.collect(archive: bytes, path: "fuzz.ova", target: "fuzz") }
  check(lines) { tools.collect(configuration: bytes, path: "tools.conf", target: "fuzz") }
  if let fact = try? SnapshotList.fact(bytes, path: "fuzz.vmsd") { check([fact], lines) }
  return 0
}

private func check(_ lines: Int, _ collect: () -> Collection) {
  let collection = collect()
  precondition(collection == collect(), "two readings differ")
  precondition(collection.assets.isEmpty != collection.refusals.isEmpty, "neither assets nor a refusal, or both")
  for refusal in collection.refusals {
    precondition(!refusal.message.contains(where: \.isNewline), "a message of several lines")
    precondition((1...lines).contains(refusal.line ?? 1), "a place outside the text")
  }
  for asset in collection.assets { check(Array(asset.facts.values), lines) }
}

private func check(_ facts: [Fact], _ lines: Int) {
  for source in facts.flatMap(\.source) {
    precondition((1...lines).contains(source.line ?? 1) && (source.column ?? 1) >= 1, "a place outside the text")
  }
}
