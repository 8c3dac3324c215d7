import Domain
import Platforms

/// A libFuzzer entry: any bytes are a configuration file of a libvirt daemon or of its QEMU driver.
///
/// Beyond not crashing: every file gives an asset or a refusal, places lie inside the text, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLibvirtConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let lines = bytes.count { $0 == 0x0A } + 1
  for name in ["libvirtd.conf", "qemu.conf", "other.conf"] {
    let collector = LibvirtDaemonCollector(tree: Tree())
    let collection = collector.collect(configuration: bytes, path: name, target: name)
    precondition(collection == collector.collect(configuration: bytes, path: name, target: name), "two readings differ")
    precondition(!collection.assets.isEmpty || !collection.refusals.isEmpty, "neither asset nor refusal")
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
