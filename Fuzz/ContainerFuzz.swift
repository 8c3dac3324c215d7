import Domain
import Platforms

/// A libFuzzer entry: any bytes are what `docker inspect` wrote, daemon.json, an OCI bundle, containerd's configuration or an engine's answer.
///
/// Beyond not crashing: every text gives an asset or a refusal, places lie inside the text, and reading twice gives the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzContainer(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let lines = bytes.count { $0 == 0x0A } + 1
  let collector = ContainerCollector(tree: Tree(root: "/nonexistent"))
  for name in ["inspect.json", "daemon.json", "config.toml"] {
    let collect = {
      name.hasSuffix(".toml")
        ? collector.collect(toml: bytes, path: name, target: name) : collector.collect(document: bytes, path: name, target: name)
    }
    let collection = collect()
    precondition(collection == collect(), "two readings differ")
    precondition(!collection.assets.isEmpty || !collection.refusals.isEmpty, "neither asset nor refusal")
    for refusal in collection.refusals {
      precondition(!refusal.message.utf8.contains(0x0A) || bytes.contains(0x0A), "a message of several lines")
      precondition((refusal.line ?? 1) <= lines + 1, "a place outside the text")
    }
    for source in collection.assets.flatMap(\.facts.values).flatMap(\.source) {
      precondition((source.line ?? 1) <= lines, "a place outside the text")
    }
  }
  // The same bytes as the answer to every call: whoever listens on a socket decides them.
  let engine = EngineCollector(socket: "/nonexistent", target: "docker:///nonexistent") { _ in .success(bytes) }.collect()
  precondition(!engine.assets.isEmpty || !engine.refusals.isEmpty, "neither asset nor refusal")
  return 0
}
