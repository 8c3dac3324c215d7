import Introspection

/// A libFuzzer entry: any bytes are code before and after boot, with places that boot patches anywhere in it.
///
/// Beyond not crashing: what is accepted is one of the places, and code that boot left alone asks about none.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBootSites(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard let first = bytes.first else { return 0 }
  // The first byte says how many places there are: two bytes for where, one for what, one for a length.
  let places = min(Int(first), (bytes.count - 1) / 6)
  let code = Array(bytes[(1 + 4 * places)...])
  // What is mapped may end before what the file has.
  let memory = Array(code.prefix(code.count / 2 - min(code.count / 2, Int(first & 7))))
  let original = Array(code.suffix(code.count / 2))
  let base: UInt64 = first & 1 == 0 ? 0xFFFF_FFFF_8100_0000 : UInt64.max - UInt64(original.count)
  let kinds = BootSite.Kind.allCases
  let sites = (0..<places).map { index in
    let four = bytes[(1 + 4 * index)..<(5 + 4 * index)].map { UInt64($0) }
    return BootSite(
      kind: kinds[Int(four[2]) % kinds.count], address: base &+ (four[0] | four[1] << 8), length: Int(four[3]),
      replacement: (base &+ four[3] << 8, Int(four[2])))
  }
  let kernel = BootSites.Kernel(
    slide: UInt64(first) << 21, symbol: { $0.hasSuffix("rax") ? base &+ 16 : $0.hasSuffix("r9") ? base &+ 48 : nil },
    pointer: { $0 & 8 == 0 ? nil : ~$0 }, thunk: { $0 & 16 == 0 ? nil : UInt8(truncatingIfNeeded: $0 & 15) }, replacement: { $0.length <= original.count ? Array(original.suffix($0.length)) : nil })
  let isMasked = [Bool](repeating: false, count: memory.count)
  let result = BootSites(kernel, memory: memory, original: original, linked: base, sites: sites).accepted(sites, isMasked)
  precondition(result.places.allSatisfy { place in sites.contains { $0.address == place.address && $0.kind == place.kind } }, "a place of nobody")
  let unmasked = [Bool](repeating: false, count: original.count)
  let untouched = BootSites(kernel, memory: original, original: original, linked: base, sites: sites).accepted(sites, unmasked)
  _ = ThunkPage.jumps(code)
  precondition(untouched.places.isEmpty && untouched.unknown.isEmpty, "what boot left alone is told as patched")
  return 0
}
