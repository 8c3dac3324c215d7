/// Says whether what stands at a place that boot patches is something that boot writes there.
///
/// Source: arch/x86/kernel/alternative.c (apply_alternatives, apply_retpolines, apply_returns, apply_seal_endbr, alternatives_smp_unlock),
/// callthunks.c (patch_call), paravirt.c.
package struct BootSites {
  /// What is known of the kernel beside its code.
  package struct Kernel {
    let slide: UInt64
    /// Run-time address of a symbol.
    let symbol: (String) -> UInt64?
    /// A pointer at a run-time address.
    let pointer: (UInt64) -> UInt64?
    /// The register by which a thunk outside of the code jumps, by its run-time address; nil where there is none.
    let thunk: (UInt64) -> UInt8?
    /// Bytes of an alternative; nil where the file does not have them.
    let replacement: ((address: UInt64, length: Int)) -> [UInt8]?
    /// What counts calls; nil for a kernel that does not.
    let thunks: CallThunks?

    package init(
      slide: UInt64, symbol: @escaping (String) -> UInt64?, pointer: @escaping (UInt64) -> UInt64?, thunk: @escaping (UInt64) -> UInt8?,
      replacement: @escaping ((address: UInt64, length: Int)) -> [UInt8]?, thunks: CallThunks? = nil
    ) {
      self.slide = slide
      self.symbol = symbol
      self.pointer = pointer
      self.thunk = thunk
      self.replacement = replacement
      self.thunks = thunks
    }
  }

  private let kernel: Kernel
  private let memory: [UInt8]
  private let original: [UInt8]
  /// Address in the file of the first byte of both.
  private let linked: UInt64
  private let slide: UInt32
  /// Offsets of thunks: by register of those for calls and jumps, and of those for returns.
  private var thunks: [Int: UInt8] = [:]
  private var returnThunks: Set<Int> = []
  /// Those that count as well, for calls and for jumps (emit_call_track_retpoline).
  private var countingCalls: [Int: UInt8] = [:]
  private var countingJumps: [Int: UInt8] = [:]
  /// Addresses of functions that do nothing, calls of which boot takes out.
  private let blankFunctions: Set<UInt64>
  /// Sites that are patched whatever an alternative puts there, ascending.
  private let others: [BootSite]
  private let decoder = InstructionLength()
  /// Instructions that may be read for all places together: those of hostile files may overlap without end.
  private final class Steps { var left = 1 << 24 }
  private let steps = Steps()

  private static let registers = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"] + (8...15).map { "r\($0)" }

  /// - Parameters:
  ///   - memory: the code as it is.
  ///   - original: the same bytes of the file.
  ///   - linked: address in the file of the first byte of both.
  package init(_ kernel: Kernel, memory: [UInt8], original: [UInt8], linked: UInt64, sites: [BootSite]) {
    self.kernel = kernel
    self.memory = memory
    self.original = original
    self.linked = linked
    slide = UInt32(truncatingIfNeeded: kernel.slide)
    func offset(_ name: String) -> Int? {
      guard let address = kernel.symbol(name) else { return nil }
      let offset = address &- kernel.slide &- linked
      return offset < UInt64(original.count) ? Int(offset) : nil
    }
    for (index, name) in Self.registers.enumerated() {
      if let place = offset("__x86_indirect_thunk_" + name) { thunks[place] = UInt8(index) }
      guard kernel.thunks != nil else { continue }
      if let place = offset("__x86_indirect_call_thunk_" + name) { countingCalls[place] = UInt8(index) }
      if let place = offset("__x86_indirect_jump_thunk_" + name) { countingJumps[place] = UInt8(index) }
    }
    returnThunks = Set(Self.returns.compactMap(offset))
    blankFunctions = Set(["nop_func", "paravirt_nop", "_paravirt_nop"].compactMap(kernel.symbol))
    others = sites.filter { ![.alternative, .call, .paravirtual].contains($0.kind) }.sorted { $0.address < $1.address }
  }

  /// What comes of judging the places that boot patches.
  package struct Outcome {
    /// Those that hold what boot writes there, and those of kinds that are not judged.
    package let places: [BootSite]
    /// Kinds of which nearly no place does: the kernel patches them in a way that is not known here.
    package let unknown: Set<BootSite.Kind>
    /// Kinds of which many places do not, and others do: as if somebody had written there so often that they are not told one by one.
    package let undecided: Set<BootSite.Kind>
  }

  /// - Parameter isMasked: bytes that are judged elsewhere.
  package func accepted(_ sites: [BootSite], _ isMasked: [Bool]) -> Outcome {
    // All alternatives of a place are judged with the longest of them.
    let alternatives = Dictionary(grouping: sites.filter { $0.kind == .alternative }, by: \.address).mapValues {
      $0.prefix(Self.alternativeLimit)
    }
    var refused: [BootSite.Kind: Int] = [:]
    var all: [BootSite.Kind: Int] = [:]
    var kept: [(site: BootSite, isAccepted: Bool)] = []
    var isMasked = isMasked
    // What an alternative replaces may hold other sites.
    // Of alternatives within one another the outer one reaches furthest, and boot fills up to its end (apply_alternatives since 6.10).
    let longest = alternatives.values.compactMap { $0.max { $0.length < $1.length } }.sorted { $0.address < $1.address }
    for site in longest + sites.filter({ $0.kind != .alternative }) {
      guard let offset = Int(exactly: site.address &- linked), site.length > 0,
        offset < min(memory.count, original.count) - max(site.length, Self.thunkSite)
      else { continue }
      all[site.kind, default: 0] += 1
      let before = Array(original[offset..<offset + max(site.length, Self.thunkSite)])
      let range = offset..<offset + (site.kind == .thunk ? length(ofThunk: before) : site.length)
      guard range.contains(where: { memory[$0] != original[$0] && !isMasked[$0] }) else { continue }
      let isAccepted = isAccepted(site, range, before, Array(alternatives[site.address] ?? []))
      if isAccepted { for place in range { isMasked[place] = true } } else { refused[site.kind, default: 0] += 1 }
      kept.append((BootSite(kind: site.kind, address: site.address, length: range.count), isAccepted))
    }
    let many = refused.filter { $0.value > Self.refusalLimit }
    let unknown = Set(many.filter { $0.value * 10 > (all[$0.key] ?? 0) * 9 }.keys)
    return Outcome(
      places: kept.filter { $0.isAccepted || many[$0.site.kind] != nil }.map(\.site), unknown: unknown,
      undecided: Set(many.keys).subtracting(unknown))
  }

  private static let refusalLimit = 64
  private static let alternativeLimit = 16

  private func isAccepted(_ site: BootSite, _ range: Range<Int>, _ before: [UInt8], _ alternatives: [BootSite]) -> Bool {
    switch site.kind {
    case .call:
      // The code before the function that counts the call.
      return isCounting(target(memory, range.lowerBound), target(original, range.lowerBound))
    case .paravirtual: return isAlternative(range, [])
    case .alternative: return isAlternative(range, alternatives)
    default: return isWritten(site.kind, range, before, at: range.lowerBound)
    }
  }

  /// Whether boot writes what stands at a range, in the place of some bytes.
  ///
  /// - Parameters:
  ///   - before: as the file has them, from the place's first on.
  ///   - offset: where the file has them, from the first byte of the code.
  private func isWritten(_ kind: BootSite.Kind, _ range: Range<Int>, _ before: [UInt8], at offset: Int) -> Bool {
    let bytes = memory[range]
    switch kind {
    case .constant: return true
    case .lock: return before.first == 0xF0 && bytes.first == 0x3E
    // gen_endbr_poison (arch/x86/include/asm/ibt.h), as it was and is.
    case .landingPad: return bytes == [0x66, 0x0F, 0x1F, 0x00] || bytes == [0x0F, 0x1F, 0x40, 0xD6]
    case .returns:
      if bytes.first == 0xC3 { return bytes.dropFirst().allSatisfy { $0 == 0xCC } }
      return bytes.first == 0xE9 && returnThunks.contains(target(memory, range.lowerBound + 1))
    case .thunk: return isThunk(range, before, at: offset)
    case .call, .paravirtual, .alternative: return false
    }
  }

  /// Whether a call of what counts the calls of a function stands where the function was called, by offsets.
  private func isCounting(_ now: Int, _ before: Int) -> Bool {
    guard let thunks = kernel.thunks, now == before - thunks.size else { return false }
    return thunks.stands(memory, at: now, from: linked &+ kernel.slide)
  }

  /// Where a distance of 32 bits leads, as an offset in the code.
  private func target(_ bytes: [UInt8], _ place: Int) -> Int {
    guard place + 4 <= bytes.count else { return -1 }
    return place + 4 + Int(Int32(truncatingIfNeeded: PatchTable.word(bytes, place, 4)))
  }

  // MARK: Thunks

  /// Bytes of a call or jump through a thunk: five, with prefixes and conditions more. At most six are patched.
  private func length(ofThunk before: [UInt8]) -> Int {
    guard let first = before.prefix(2).firstIndex(where: { ![0x2E, 0x3E].contains($0) }) else { return Self.thunkSite }
    return before[first] == 0xE8 || before[first] == 0xE9 ? first + 5 : Self.thunkSite
  }

  private static let thunkSite = 6

  /// Whether a call or jump by a register stands where one through the register's thunk was.
  private func isThunk(_ range: Range<Int>, _ before: [UInt8], at offset: Int) -> Bool {
    guard let prefixes = before.firstIndex(where: { ![0x2E, 0x3E].contains($0) }) else { return false }
    let opcode = before[prefixes]
    // A condition before a thunk: boot turns it round and jumps over the jump.
    guard opcode == 0xE8 || opcode == 0xE9 else { return opcode == 0x0F }
    guard prefixes + 5 <= before.count else { return false }
    guard let register = thunks[offset + target(before, prefixes + 1)] else { return true }
    let first = range.lowerBound + prefixes
    let end = first + 5
    guard end <= min(memory.count, original.count) else { return false }
    var place = range.lowerBound
    if memory[place...].starts(with: [0x0F, 0xAE, 0xE8]) { place += 3 }
    while place < end, [0x2E, 0x3E, 0x41].contains(memory[place]) { place += 1 }
    guard place < end else { return false }
    let isExtended = place > range.lowerBound && memory[place - 1] == 0x41
    if memory[place] == 0xFF, isExtended == (register >= 8) {
      guard place + 2 <= end, memory[place + 1] == (opcode == 0xE8 ? 0xD0 : 0xE0) | register & 7 else { return false }
      place += 2
      while place < end, memory[place] == 0xCC { place += 1 }
      return isBlank(memory[place..<end])
    }
    // Another thunk, which jumps by the same register (its_thunk).
    guard memory[place] == opcode, place + 5 <= end else { return false }
    var there = target(memory, place + 1)
    if (opcode == 0xE8 ? countingCalls : countingJumps)[there] == register { return true }
    guard memory.indices.contains(there), there + 3 < memory.count else {
      return kernel.thunk(linked &+ kernel.slide &+ UInt64(bitPattern: Int64(there))) == register
    }
    let wanted: [UInt8] = (register >= 8 ? [0x41] : []) + [0xFF, 0xE0 | register & 7]
    if memory[there...].starts(with: [0x0F, 0xAE, 0xE8]) { there += 3 }
    return memory[there...].starts(with: wanted)
  }

  // MARK: Alternatives

  /// An instruction, with the place that it leads to or reads apart from its bytes.
  private struct Token {
    var bytes: ArraySlice<UInt8>
    /// Address in the file; nil where it leads nowhere.
    var target: UInt64?
    /// Address in the file of the pointer that a call goes through.
    var pointer: UInt64?
  }

  private func isAlternative(_ range: Range<Int>, _ alternatives: [BootSite]) -> Bool {
    // Those that reach differently far overlap in ways that only boot knows.
    guard alternatives.allSatisfy({ $0.length == range.count }) else { return true }
    let site = linked &+ UInt64(range.lowerBound)..<linked &+ UInt64(range.upperBound)
    var candidates = [(Array(original[range]), site.lowerBound)]
    for one in alternatives {
      guard let bytes = kernel.replacement(one.replacement) else { return true }
      candidates.append((bytes, one.replacement.address))
    }
    for (bytes, address) in candidates where bytes.count <= range.count {
      let (now, other) = blanked(range, bytes, address)
      guard let other = tokens(other[...], at: address, site) else { return true }
      if let now = tokens(now[...], at: site.lowerBound, site), same(now, other) { return true }
    }
    return false
  }

  /// What stands at a range and one of the ways to do the same, without the places of either that boot patches in other ways too and that hold what it
  /// writes there.
  private func blanked(_ range: Range<Int>, _ bytes: [UInt8], _ address: UInt64) -> (now: [UInt8], other: [UInt8]) {
    var (now, other) = (Array(memory[range]), bytes)
    let offset = Int(truncatingIfNeeded: address &- linked)
    for inner in others[firstOther(from: address)...] {
      let place = Int(truncatingIfNeeded: inner.address &- address)
      guard (0..<bytes.count).contains(place) else { break }
      let before = Array(bytes[place...])
      let length = min(inner.kind == .thunk ? length(ofThunk: before) : inner.length, before.count)
      let start = range.lowerBound + place
      guard length > 0, isWritten(inner.kind, start..<start + length, before, at: offset + place) else { continue }
      for index in place..<place + length { (now[index], other[index]) = (0x90, 0x90) }
    }
    return (now, other)
  }

  /// Index of the first of the other sites that does not begin before an address.
  private func firstOther(from start: UInt64) -> Int {
    var (low, high) = (0, others.count)
    while low < high {
      let middle = (low + high) / 2
      if others[middle].address < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func same(_ now: [Token], _ other: [Token]) -> Bool {
    // A call through the table of a hypervisor becomes one of its function, or nothing where that does nothing.
    if other.count == 1, let pointer = other[0].pointer {
      guard let function = kernel.pointer(pointer &+ kernel.slide) else { return false }
      if now.isEmpty { return blankFunctions.contains(function) }
      if now.count == 1, now[0].bytes.elementsEqual([0xE8]), let target = now[0].target {
        return target == function &- kernel.slide || isCounting(target, function &- kernel.slide)
      }
    }
    guard now.count == other.count else { return false }
    return zip(now, other).allSatisfy { now, other in
      if now.bytes.elementsEqual([0xE8]), other.bytes.elementsEqual([0xE8]), let target = now.target, let before = other.target,
        isCounting(target, before)
      {
        return true
      }
      // What is read of a processor's own area moves by the slide, since that area does not.
      let moved = UInt32(truncatingIfNeeded: (now.target ?? 0) &- (other.target ?? 0))
      guard moved == 0 || moved == slide || moved == 0 &- slide, now.bytes.count == other.bytes.count else { return false }
      return now.bytes.elementsEqual(other.bytes) || isMoved(Array(now.bytes), Array(other.bytes))
    }
  }

  private func isCounting(_ now: UInt64, _ before: UInt64) -> Bool {
    guard let now = Int(exactly: now &- linked), let before = Int(exactly: before &- linked) else { return false }
    return isCounting(now, before)
  }

  /// Whether bytes differ by addresses that KASLR moved alone.
  private func isMoved(_ now: [UInt8], _ before: [UInt8]) -> Bool {
    var place = 0
    while place < now.count {
      if now[place] == before[place] {
        place += 1
      } else {
        guard let end = IntegrityReader.relocated(now, before, place, slide) else { return false }
        place = end
      }
    }
    return true
  }

  /// Instructions without those that do nothing; nil where one cannot be read.
  ///
  /// - Parameters:
  ///   - address: of the first byte in the file.
  ///   - site: that the bytes are for. Places within it, and within the bytes themselves, are counted from their starts.
  private func tokens(_ bytes: ArraySlice<UInt8>, at address: UInt64, _ site: Range<UInt64>, depth: Int = 0) -> [Token]? {
    let bytes = Array(bytes)
    var tokens: [Token] = []
    var place = 0
    while place < bytes.count {
      guard steps.left > 0 else { return nil }
      steps.left -= 1
      // SAFETY: nothing from the end on is read.
      let instruction = unsafe bytes.withUnsafeBufferPointer { unsafe decoder.decode($0.baseAddress!, place, $0.count) }
      guard instruction.length > 0 else { return nil }
      let next = place + instruction.length
      let token = token(bytes[place..<next], instruction, address &+ UInt64(next))
      place = next
      guard var token else { continue }
      if let target = token.target {
        for start in [address, site.lowerBound] where target &- start <= UInt64(site.count) {
          token.target = target &- start
          break
        }
      }
      if token.bytes.elementsEqual([0xE9]), let target = token.target, target >= UInt64(next), target <= UInt64(site.count) {
        // A long row of no operations becomes a jump over them or over breakpoints.
        let end = min(Int(target), bytes.count)
        if isBlank(bytes[next..<end], depth) {
          place = end
          continue
        }
      }
      // Boot fills up a jump that became shorter.
      if token.bytes.first == 0xCC, let last = tokens.last?.bytes, last.elementsEqual([0xE9]) { continue }
      tokens.append(token)
    }
    return tokens
  }

  /// Breakpoints only, or nothing that does anything.
  private func isBlank(_ bytes: ArraySlice<UInt8>, _ depth: Int = 0) -> Bool {
    if bytes.allSatisfy({ $0 == 0xCC }) { return true }
    // Rows in rows of jumps are nothing that boot writes.
    return depth < 2 && tokens(bytes, at: 0, 0..<UInt64(bytes.count), depth: depth + 1)?.isEmpty == true
  }

  /// - Parameter next: address behind the instruction.
  /// - Returns: nil for one that does nothing.
  private func token(_ bytes: ArraySlice<UInt8>, _ instruction: InstructionLength.Instruction, _ next: UInt64) -> Token? {
    let opcode = bytes.startIndex + instruction.opcode
    func signed(_ count: Int, _ place: Int) -> UInt64 {
      let value = (0..<count).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64(bytes[place + $1]) }
      return UInt64(bitPattern: count == 1 ? Int64(Int8(truncatingIfNeeded: value)) : Int64(Int32(truncatingIfNeeded: value)))
    }
    func leads(_ name: UInt8, _ count: Int) -> Token { Token(bytes: [name], target: next &+ signed(count, bytes.endIndex - count)) }
    let first = bytes[opcode]
    if instruction.map == 1 {
      // PAUSE has the same opcode.
      if first == 0x90, !bytes[..<opcode].contains(where: { $0 == 0xF3 || $0 & 0xF1 == 0x41 }) { return nil }
      switch first {
      case 0xE8: return leads(0xE8, 4)
      case 0xE9: return leads(0xE9, 4)
      case 0xEB: return leads(0xE9, 1)
      case 0x70...0x7F: return leads(first, 1)
      default: break
      }
    } else if instruction.map == 2 {
      let second = bytes[opcode + 1]
      if second == 0x1F { return nil }
      if (0x80...0x8F).contains(second) { return leads(second - 0x10, 4) }
    }
    // Operands relative to the instruction: no base, 32 bits (Intel SDM volume 2, table 2-7).
    let form = opcode + (instruction.map == 1 ? 1 : instruction.map == 2 ? 2 : 3)
    guard hasForm(first, instruction), form + 5 <= bytes.endIndex, bytes[form] & 0xC7 == 0x05 else {
      return Token(bytes: bytes, target: nil)
    }
    var rest = bytes
    for index in form + 1..<form + 5 { rest[index] = 0 }
    let place = next &+ signed(4, form + 1)
    return Token(bytes: rest, target: place, pointer: instruction.map == 1 && first == 0xFF && bytes[form] == 0x15 ? place : nil)
  }

  /// Whether a ModRM byte follows the opcode.
  private func hasForm(_ opcode: UInt8, _ instruction: InstructionLength.Instruction) -> Bool {
    guard instruction.map == 1 else { return true }
    return decoder.hasModRM(opcode)
  }
}
