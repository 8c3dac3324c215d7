import Signatures

/// A libFuzzer entry: any bytes are compiled as rules, and what compiles is held against the same bytes and against zeros.
///
/// libyara has fuzzing of its own; this looks at what stands around it: problems name a place, nothing outside is included, places lie in
/// what was scanned and ascend, and a scan of memory cut in two finds what a scan in one piece finds.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRule(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let rules: RuleSet
  do {
    rules = try RuleSet(texts: [("fuzz.yar", bytes)])
  } catch let error as RuleError {
    precondition(!error.problems.isEmpty, "a refusal without a reason")
    precondition(error.problems.allSatisfy { $0.file == "fuzz.yar" && $0.line >= 0 }, "a problem in a file that was not given")
    return 0
  } catch {
    return 0
  }
  let limits = ScanLimits(time: .seconds(2), threads: 2, context: 8)
  let content = bytes + [UInt8](repeating: 0, count: 3 * 4096) + bytes
  let cut = content.count / 2
  // The second part lies elsewhere, as memory above a device's window does.
  let second = Array(content[cut...])
  unsafe content.withUnsafeBytes { buffer in
    let scan = MemoryScan(rules, limits: limits)
    let whole = unsafe [MemoryRegion(bytes: buffer, start: 0x1000)]
    guard let one = try? scan.scan(whole), one.isComplete else { return }
    let two = unsafe second.withUnsafeBytes { rest in
      unsafe try? scan.scan([
        MemoryRegion(bytes: UnsafeRawBufferPointer(rebasing: buffer[..<cut]), start: 0x1000),
        MemoryRegion(bytes: rest, start: 0x1000 + UInt64(cut)),
      ])
    }
    guard let two, two.isComplete else { return }
    precondition(one.matches == two.matches, "a cut changes what is found")
    for place in one.matches.flatMap(\.strings) {
      precondition(place.offset >= 0x1000 && place.offset + UInt64(place.length) <= 0x1000 + UInt64(content.count), "a place outside")
      precondition((place.context?.bytes.count ?? 0) <= MatchContext.mostOfMatch + 16, "more context than was asked for")
    }
  }
  return 0
}
