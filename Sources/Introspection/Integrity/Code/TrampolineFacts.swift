internal import Domain

/// What trampolines hold that the kernel made itself: those of ftrace, which are copies of its own tracer's code, and those of probes that became jumps,
/// which are copies of a template and of the instructions that the jump took the place of.
struct TrampolineReader {
  /// A place in one of them that holds something else than the kernel writes there.
  struct Difference: Hashable {
    enum Kind: String {
      /// Code that is not that of the template.
      case code
      /// A call or jump to another place than the kernel sets.
      case leads
      /// The pointer to what the trampoline is for.
      case owner
    }

    let kind: Kind
    /// Start of the trampoline; guest-virtual.
    let trampoline: UInt64
    let place: UInt64
    let bytes: [UInt8]
    /// Where a call or jump leads; 0 for other kinds.
    var target: UInt64 = 0
  }

  private let guest: Guest
  private let code: CodeMap
  private let returnThunks: Set<UInt64>
  private static let limit = 4096
  /// Bytes of one; those of the kernel have a few hundred.
  private static let sizeLimit: UInt64 = 4096
  /// FTRACE_OPS_FL_SAVE_REGS (include/linux/ftrace.h).
  private static let savesRegisters: UInt64 = 1 << 2

  init(_ guest: Guest, _ code: CodeMap) {
    self.guest = guest
    self.code = code
    returnThunks = guest.returnThunks
  }

  /// The first difference of each, and kinds of trampolines of which this kernel does not tell what they are made from.
  mutating func run(_ probes: [IntegrityReader.Probe]) -> (found: [Difference], unjudged: Set<String>) {
    var unjudged: Set<String> = []
    var found = tracers(&unjudged)
    for probe in probes where found.count < Self.limit {
      if let difference = slot(of: probe, &unjudged) { found.append(difference) }
    }
    return (found, unjudged)
  }

  // MARK: Tracers

  private func tracers(_ unjudged: inout Set<String>) -> [Difference] {
    guard let head = guest.symbol("ftrace_ops_trampoline_list"), let link = guest.kernel.offset("ftrace_ops", "list"),
      let start = guest.kernel.offset("ftrace_ops", "trampoline"), let size = guest.kernel.offset("ftrace_ops", "trampoline_size"),
      let flags = guest.kernel.offset("ftrace_ops", "flags")
    else { return [] }
    var found: [Difference] = []
    let walk = guest.list(head: head, offset: link, structure: "ftrace_ops_trampoline_list", limit: Self.limit)
    for entry in walk.entries {
      guard let place = guest.pointer(entry &+ start), let count = guest.u64(entry &+ size), let marks = guest.u64(entry &+ flags) else {
        continue
      }
      guard let template = Template(guest, isWhole: marks & Self.savesRegisters != 0) else {
        unjudged.insert("ftrace")
        continue
      }
      if let difference = tracer(entry, place, count, template) { found.append(difference) }
    }
    return found
  }

  /// The code that a trampoline is copied from, by the kernel's own labels in it, as offsets (arch/x86/kernel/ftrace.c, `create_trampoline`).
  private struct Template {
    let bytes: [UInt8]
    let address: UInt64
    /// The instruction that loads what the trampoline is for.
    let owner: Int
    /// The call of the tracer.
    let call: Int
    /// A short jump that becomes no operation; nil where there is none.
    let jump: Int?

    /// - Parameter isWhole: whether all registers are saved.
    init?(_ guest: Guest, isWhole: Bool) {
      let name = isWhole ? "ftrace_regs_caller" : "ftrace_caller"
      guard let start = guest.symbol(name), let end = guest.symbol(name + "_end"), start < end, end - start <= TrampolineReader.sizeLimit,
        let bytes = guest.bytes(start, count: Int(end - start)), let owner = guest.symbol(name + "_op_ptr"),
        let call = guest.symbol(isWhole ? "ftrace_regs_call" : "ftrace_call")
      else { return nil }
      func offset(_ address: UInt64, _ count: Int) -> Int? {
        address >= start && address < end && end - address >= UInt64(count) ? Int(address - start) : nil
      }
      guard let owner = offset(owner, 7), let call = offset(call, 5) else { return nil }
      var jump: Int?
      if isWhole {
        guard let place = guest.symbol(name + "_jmp").flatMap({ offset($0, 2) }) else { return nil }
        jump = place
      }
      self.bytes = bytes
      address = start
      self.owner = owner
      self.call = call
      self.jump = jump
    }
  }

  private func tracer(_ entry: UInt64, _ start: UInt64, _ size: UInt64, _ template: Template) -> Difference? {
    let length = template.bytes.count
    func difference(_ kind: Difference.Kind, _ offset: Int, _ bytes: ArraySlice<UInt8>, _ target: UInt64 = 0) -> Difference {
      Difference(kind: kind, trampoline: start, place: start &+ UInt64(offset), bytes: Array(bytes), target: target)
    }
    // Behind the copy stand a return, at most with what fills it up, and the pointer.
    guard size >= UInt64(length) + 9, size <= UInt64(length) + 24, let bytes = guest.bytes(start, count: Int(size)) else {
      return difference(.code, 0, [])
    }
    var expected = template.bytes
    if let jump = template.jump { expected.replaceSubrange(jump..<jump + 2, with: [0x66, 0x90]) }
    // What counts calls reads its variable by a distance.
    if let thunks = CallThunks(guest) {
      for offset in 0..<length where thunks.stands(template.bytes, at: offset, from: template.address) {
        expected.replaceSubrange(offset..<offset + thunks.size, with: thunks.bytes(at: start &+ UInt64(offset)))
      }
    }
    let pointer = Int(size) - 8
    if PatchTable.word(bytes, pointer, 8) != entry { return difference(.owner, pointer, bytes[pointer...]) }
    let distance = UInt32(truncatingIfNeeded: pointer - template.owner - 7)
    for index in 0..<4 { expected[template.owner + 3 + index] = UInt8(truncatingIfNeeded: distance >> (index * 8)) }
    for place in 0..<length where bytes[place] != expected[place] && !(template.call..<template.call + 5).contains(place) {
      return difference(.code, place, bytes[place..<min(place + 16, bytes.count)])
    }
    let call = template.call
    guard bytes[call] == 0xE8 else { return difference(.code, call, bytes[call..<min(call + 16, bytes.count)]) }
    let target = led(bytes, call + 1, start &+ UInt64(call) &+ 5)
    if !isTracer(target, of: entry) { return difference(.leads, call, bytes[call..<call + 5], target) }
    switch bytes[length] {
    case 0xC3: return nil
    case 0xE9 where pointer - length >= 5:
      let target = led(bytes, length + 1, start &+ UInt64(length) &+ 5)
      return isReturn(target) ? nil : difference(.leads, length, bytes[length..<length + 5], target)
    default: return difference(.code, length, bytes[length..<pointer])
    }
  }

  private func led(_ bytes: [UInt8], _ place: Int, _ next: UInt64) -> UInt64 {
    next &+ UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: PatchTable.word(bytes, place, 4))))
  }

  /// Whether a trampoline may call a function: its own callback, or one of the kernel's that calls that one (`ftrace_ops_get_func`). A trampoline that
  /// is not in use any more calls what it called last.
  private func isTracer(_ target: UInt64, of entry: UInt64) -> Bool {
    let own = ["func", "saved_func"].compactMap { guest.kernel.offset("ftrace_ops", $0).flatMap { guest.pointer(entry &+ $0) } }
    if own.contains(where: { target == $0 || target == $0 &+ 4 }) { return true }
    guard code.text.contains(target), let near = guest.kernel.symbols.nearest(target) else { return false }
    return near.distance == 0 || near.distance == 4
  }

  private func isReturn(_ target: UInt64) -> Bool { returnThunks.contains(target) }

  // MARK: Probes

  /// What the jump of a probe leads to (arch/x86/kernel/kprobes/opt.c, `arch_prepare_optimized_kprobe`): the template with the probe's own address and the
  /// call of its handlers, the instructions that were there, and a jump behind them.
  private func slot(of probe: IntegrityReader.Probe, _ unjudged: inout Set<String>) -> Difference? {
    let kernel = guest.kernel
    // Only what several probes may share has a slot.
    guard let common = guest.symbol("aggr_pre_handler"), probe.before == common, let own = kernel.offset("optimized_kprobe", "kp"),
      let instructions = kernel.offset("optimized_kprobe", "optinsn.insn"), let number = kernel.offset("optimized_kprobe", "optinsn.size")
    else { return nil }
    let holder = probe.address &- own
    guard let start = guest.pointer(holder &+ instructions) else { return nil }
    guard let first = guest.symbol("optprobe_template_entry"), let end = guest.symbol("optprobe_template_end"), first < end,
      end - first <= Self.sizeLimit, let argument = guest.symbol("optprobe_template_val"),
      let call = guest.symbol("optprobe_template_call"), (first..<end).contains(argument), (first..<end).contains(call),
      end - argument >= 10, end - call >= 5,
      var expected = guest.bytes(first, count: Int(end - first))
    else {
      unjudged.insert("kprobes")
      return nil
    }
    let copied = guest.u64(holder &+ number).map { Int(clamping: $0 & 0xFFFF_FFFF) } ?? 0
    let length = expected.count
    guard (5...64).contains(copied), let bytes = guest.bytes(start, count: length + copied + 5) else {
      return Difference(kind: .code, trampoline: start, place: start, bytes: [])
    }
    func difference(_ kind: Difference.Kind, _ offset: Int, _ target: UInt64 = 0) -> Difference {
      Difference(
        kind: kind, trampoline: start, place: start &+ UInt64(offset),
        bytes: Array(bytes[offset..<min(offset + 16, bytes.count)]), target: target)
    }
    let (value, place) = (Int(argument - first), Int(call - first))
    // MOV of 64 bits to RDI.
    let loads = [0x48, 0xBF] + (0..<8).map { UInt8(truncatingIfNeeded: holder >> ($0 * 8)) }
    if !bytes[value..<value + 10].elementsEqual(loads) { return difference(.owner, value) }
    expected.replaceSubrange(value..<value + 10, with: loads)
    // CLAC, where the processor knows it.
    if let clear = guest.symbol("optprobe_template_clac").map({ Int(clamping: $0 &- first) }), clear <= length - 3,
      bytes[clear..<clear + 3].elementsEqual([0x0F, 0x01, 0xCA])
    {
      expected.replaceSubrange(clear..<clear + 3, with: [0x0F, 0x01, 0xCA])
    }
    for offset in 0..<length where bytes[offset] != expected[offset] && !(place..<place + 5).contains(offset) {
      return difference(.code, offset)
    }
    guard bytes[place] == 0xE8 else { return difference(.code, place) }
    let target = led(bytes, place + 1, start &+ UInt64(place) &+ 5)
    if target != guest.symbol("optimized_callback") { return difference(.leads, place, target) }
    let last = length + copied
    guard bytes[last] == 0xE9 else { return difference(.code, last) }
    let back = led(bytes, last + 1, start &+ UInt64(last) &+ 5)
    return back == probe.place &+ UInt64(copied) ? nil : difference(.leads, last, back)
  }
}

extension IntegrityReader {
  /// Trampolines that hold something else than the kernel writes there, as long as they do: one that is just being made or changed does not for a moment.
  mutating func trampolines() -> (rows: [FactValue], unjudged: [FactValue]) {
    var reader = TrampolineReader(guest, code)
    var (found, unjudged) = reader.run(allProbes() ?? [])
    var looks = SecondLook(guest)
    while !found.isEmpty, !guest.isExhausted, looks.again() {
      let again = Set(reader.run(allProbes() ?? []).found)
      found = found.filter(again.contains)
    }
    let rows = found.prefix(64).map { difference -> FactValue in
      var members: [FactValue.Member] = [
        .init("kind", .string(difference.kind.rawValue)), .init("at", code.fact(difference.place)),
        .init("trampoline", addressValue(difference.trampoline)), .init("bytes", .string(difference.bytes.hexadecimal)),
      ]
      if difference.kind == .leads { members.append(.init("target", code.fact(difference.target))) }
      return .object(members)
    }
    return (Array(rows), unjudged.sorted().map(FactValue.string))
  }
}
