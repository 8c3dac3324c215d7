import Introspection

/// A libFuzzer entry: any bytes are code, with symbols and places that the kernel rewrites anywhere in it, and its first bytes are the
/// unwinder's table as well.
///
/// Beyond not crashing: an instruction lies within what may be read and does not depend on what follows that, an oddity lies within the
/// code, and of a kind that is not judged none is told.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTextSweep(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  guard let first = bytes.first else { return 0 }
  // The first byte says how many of the next ones are places: two bytes for where, one for what.
  let places = min(Int(first), (bytes.count - 1) / 4)
  let code = Array(bytes[(1 + 3 * places)...])
  lengths(code)
  let base: UInt64 = 0xFFFF_FFFF_8100_0000
  var sites: [UInt64: PatchSite] = [:]
  var starts: Set<Int> = [0]
  for index in 0..<places {
    let offset = Int(bytes[1 + 3 * index]) | Int(bytes[2 + 3 * index]) << 8
    let what = Int(bytes[3 + 3 * index])
    guard offset < code.count else { continue }
    starts.insert(offset)
    let kind = PatchSite.Kind.allCases[what % PatchSite.Kind.allCases.count]
    let length = [1, 2, 5, 6][what >> 6]
    guard offset + length <= code.count else { continue }
    sites[base + UInt64(offset)] = PatchSite(
      kind: kind, address: base + UInt64(offset), length: length, original: UInt8(what), rest: [UInt8](repeating: 0x90, count: what & 7))
  }
  let sorted = starts.sorted()
  let functions = zip(sorted, sorted.dropFirst() + [code.count]).map { (start: base + UInt64($0), end: base + UInt64($1)) }
  var sweep = TextSweep(
    TextSweep.Surroundings(
      owner: { $0 & 1 == 0 ? .none : .kernel }, isMapped: { $0 & 2 == 0 }, symbol: { $0 & 4 == 0 ? "f" : "f_untrain_ret" },
      pointer: { $0 & 8 == 0 ? nil : ~$0 }),
    base..<base + UInt64(code.count))
  let result = sweep.run(code, sites, functions, stack: stack(code))
  for oddity in result.oddities {
    precondition(code.indices.contains(oddity.place), "an oddity lies outside of the code")
    precondition(!result.unjudged.contains(oddity.kind), "what is not judged is told")
  }
  return 0
}

/// A table whose distances lead into the code: the low byte of each is how far it is from the place before, and states are any.
private func stack(_ code: [UInt8]) -> StackSweep? {
  let count = min(code.count, 512)
  var distances: [UInt8] = []
  var place: Int32 = 0
  for index in 0..<count {
    place &+= Int32(code[index] & 31)
    let distance = place &- Int32(index * 4)
    distances += (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) }
  }
  let states = (0..<count * 6).map { code[$0 % code.count] & 0xF5 }
  // Any bytes may be a table, also one that is too short.
  _ = UnwindTable(distances: code, states: states, from: 0, kindAt: 8, kindBits: 2)
  return UnwindTable(distances: distances, states: states, from: 0, kindAt: 8, kindBits: 2).map { StackSweep($0, returnThunks: [code.count / 2]) }
}

/// Every place is decoded with all that follows, and with as much as the instruction takes.
private func lengths(_ code: [UInt8]) {
  let decoder = InstructionLength()
  unsafe code.withUnsafeBufferPointer { buffer in
    guard let pointer = buffer.baseAddress else { return }
    for place in code.indices {
      // SAFETY: no byte from the end of the code on is read.
      let whole = unsafe decoder.decode(pointer, place, code.count)
      precondition(whole.length <= min(15, code.count - place), "an instruction is too long")
      guard whole.length > 0 else { continue }
      precondition(whole.opcode < whole.length, "the opcode lies outside of its instruction")
      precondition(unsafe decoder.decode(pointer, place, place + whole.length) == whole, "what follows counts")
    }
  }
}
