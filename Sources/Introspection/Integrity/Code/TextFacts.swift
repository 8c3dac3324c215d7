internal import Crypto
internal import Domain

/// The kernel's code: a hash of each page without what the kernel itself rewrites, and what stands where it does.
extension IntegrityReader {
  private static let pageSize = 4096
  /// Places told at most of each sort: a kernel that was replaced as a whole has thousands.
  private static let reportLimit = 256

  mutating func text() -> IntegrityFacts.State {
    let start = code.text.lowerBound
    let count = code.text.upperBound - start
    guard count <= UInt64(Guest.bytesLimit), let bytes = guest.bytes(start, count: Int(count)) else {
      note(Inconsistency(structure: "_stext", address: start, reason: "the kernel's code is not mapped"))
      return .unreadable("the kernel's code is not mapped from end to end")
    }
    var search = PatchSiteSearch(guest, text: code.text, bytes: bytes)
    search.run(allProbes() ?? [])
    for fault in search.inconsistencies { note(fault) }
    let inspected = inspect(bytes, code.text, search.sites)
    var counts: [PatchSite.Kind: Int64] = [:]
    for site in search.sites.values { counts[site.kind, default: 0] += 1 }
    let starts = functions()
    // What counts calls is padding for all who look at functions.
    let plain = CallThunks(guest)?.taken(from: bytes, from: start, functions: starts.lazy.map(\.start)) ?? bytes
    let begins = FunctionStarts(code, plain, code.text, search.sites)
    let redirected = begins.redirected(starts)
    let returning = begins.returning(starts)
    return .present(
      [
        "start": addressValue(start &- guest.kernel.slide), "pageSize": .int(Int64(Self.pageSize)),
        // Addresses within the code depend on it, so that pages of two boots are alike only where it is.
        "slide": addressValue(guest.kernel.slide), "build": guest.kernel.buildID.map(FactValue.string) ?? .null,
        "pages": .array(hashes(inspected.masked)), "patched": .array(inspected.patched), "redirected": .array(redirected),
        "returning": .array(returning), "swept": swept(plain, search.sites, starts, redirected + returning),
        "passing": .array(passing(inspected.patched)),
        "sites": .object(counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { .init($0.key.rawValue, .int($0.value)) }),
        "functions": .array(pageSymbols(bytes.count)),
      ])
  }

  /// What does not fit in the code, without the functions that are told for how they begin.
  private func swept(
    _ bytes: [UInt8], _ sites: [UInt64: PatchSite], _ functions: [(start: UInt64, end: UInt64)], _ told: [FactValue]
  ) -> FactValue {
    var sweep = TextSweep(code, code.text)
    let thunks = Set(guest.returnThunks.map { Int(truncatingIfNeeded: $0 &- code.text.lowerBound) })
    let stack = UnwindTable(guest, code.text).map { StackSweep($0, returnThunks: thunks, isThunk: code.isThunk(from: code.text)) }
    let result = sweep.run(bytes, sites, functions, stack: stack)
    let starts = Set(told.compactMap { $0["at"]?["owner"]?["name"]?.text })
    func owner(_ address: UInt64) -> String { code.owner(of: address).name }
    let start = code.text.lowerBound
    let rows = result.oddities.lazy.filter { !starts.contains(owner(start + UInt64($0.place))) && !starts.contains(owner($0.target)) }
      .prefix(Self.reportLimit).map { oddity -> FactValue in
        let place = oddity.place
        var members: [FactValue.Member] = [
          .init("kind", .string(oddity.kind.rawValue)), .init("at", code.fact(start + UInt64(place))),
          .init("bytes", .string(bytes[place..<min(place + 16, bytes.count)].hexadecimal)),
        ]
        if oddity.target != 0 { members.append(.init("target", code.fact(oddity.target))) }
        return .object(members)
      }
    return ["odd": .array(Array(rows)), "unjudged": .array(result.unjudged.map { .string($0.rawValue) })]
  }

  /// Holds every site of some code to what the kernel writes there.
  ///
  /// - Parameters:
  ///   - bytes: of the code, from `text.lowerBound` on.
  ///   - text: of the image or of one module.
  /// - Returns: the code without what may be rewritten, and the sites that hold something else, which stay as they are.
  func inspect(_ bytes: [UInt8], _ text: Range<UInt64>, _ sites: [UInt64: PatchSite]) -> (masked: [UInt8], patched: [FactValue]) {
    var masked = bytes
    var patched: [FactValue] = []
    let thunks = guest.returnThunks
    for site in sites.values.sorted(by: { $0.address < $1.address }) {
      let offset = Int(site.address - text.lowerBound)
      let content = PatchContent(bytes[offset...], at: site.address, length: site.length, returnThunks: thunks)
      if let why = objection(site, content, text) {
        let isTurned = objection(site.withoutKey, content, text) == nil
        if patched.count < Self.reportLimit { patched.append(row(site, why, bytes[offset..<offset + site.length], isTurned, content)) }
        // A page that was read between two steps of the kernel would differ from itself ever after.
        guard isTurned || content == .breakpoint else { continue }
      }
      if site.kind == .probe, site.length == 1 + site.rest.count {
        masked.replaceSubrange(offset..<offset + site.length, with: [site.original] + site.rest)
      } else {
        for place in offset..<offset + site.length { masked[place] = 0 }
      }
    }
    return (masked, patched)
  }

  /// - Parameter isTurned: whether it holds what the kernel writes to such a place, and its key says otherwise.
  private func row(
    _ site: PatchSite, _ target: UInt64?, _ bytes: ArraySlice<UInt8>, _ isTurned: Bool, _ content: PatchContent
  ) -> FactValue {
    var members: [FactValue.Member] = [
      .init("kind", .string(site.kind.rawValue)), .init("at", code.fact(site.address)), .init("bytes", .string(bytes.hexadecimal)),
      .init("turned", .bool(isTurned)),
      // A key is set before its places are, and a breakpoint stands there meanwhile.
      .init("passing", .bool((isTurned || content == .breakpoint) && guest.isRewritingCode)),
    ]
    if let target { members.append(.init("target", code.fact(target))) }
    return .object(members)
  }

  /// Kinds of places that the kernel is just rewriting, of which nothing can be said.
  func passing(_ patched: [FactValue]) -> [FactValue] {
    Set(patched.filter { $0["passing"] == .bool(true) }.compactMap { $0["kind"]?.text }).sorted().map(FactValue.string)
  }

  /// What is wrong with a site: `.some(nil)` where it holds none of what may stand there, `.some(target)` where it leads to where it must
  /// not.
  private func objection(_ site: PatchSite, _ content: PatchContent, _ text: Range<UInt64>) -> UInt64?? {
    switch (site.kind, content) {
    case (.probe, .breakpoint): return nil
    case (.probe, .jump(let target)): return allowed(target, [.generated]) ? nil : .some(target)
    // One that was turned against its key, as a check is switched off, holds what may stand there and should not.
    case (.jumpLabel, .nothing): return site.isOn == true ? .some(nil) : nil
    case (.staticCall, _), (.staticCallTrampoline, _): return objection(toCall: site, content)
    case (_, .nothing): return nil
    case (.jumpLabel, .jump(let target)):
      return target == site.target && text.contains(target) && site.isOn != false ? nil : .some(target)
    case (.functionEntry, .call(let target)): return allowed(target, [.bpf, .generated]) || isTracer(target) ? nil : .some(target)
    case (.dispatcher, .call(let target)), (.dispatcher, .jump(let target)):
      return allowed(target, [.kernel, .bpf, .generated]) ? nil : .some(target)
    // Callbacks of modules are GST-040.
    case (.tracer, .jump(let target)): return allowed(target, [.kernel]) ? nil : .some(target)
    case (.tracer, .call(let target)): return allowed(target, [.kernel, .module, .bpf, .generated]) ? nil : .some(target)
    case (.functionEntry, .jump(let target)): return .some(target)
    default: return .some(nil)
    }
  }

  /// Whether the kernel's own tracer begins at an address (arch/x86/kernel/ftrace_64.S).
  private func isTracer(_ target: UInt64) -> Bool {
    let names = ["ftrace_caller", "ftrace_regs_caller", "__fentry__"]
    return code.text.contains(target) && guest.kernel.symbols.names(at: target).contains(where: names.contains)
  }

  /// What is wrong with a static call: it holds what its key was set to, a call of or a jump to the function, no operation or a return
  /// where there is none (`__sc_insn`, `__static_call_transform`, arch/x86/kernel/static_call.c).
  private func objection(toCall site: PatchSite, _ content: PatchContent) -> UInt64?? {
    let place = site.key == 0 ? nil : guest.kernel.offset("static_call_key", "func").map { site.key &+ $0 }
    guard let function = place.flatMap({ guest.u64($0) }) else {
      // The key is not known, as for trampolines of modules: any function that has an owner.
      switch content {
      case .nothing, .result: return nil
      case .call(let target), .jump(let target):
        // What a module was called for that is gone, as the one of the processor's maker for kvm, leads to nothing that could run.
        return allowed(target, [.kernel, .module, .bpf, .generated]) || guest.space.translate(target) == nil ? nil : .some(target)
      default: return .some(nil)
      }
    }
    switch content {
    case .nothing: return function == 0 ? nil : .some(nil)
    case .result: return function == 0 || function == guest.symbol("__static_call_return0") ? nil : .some(nil)
    case .standIn(let name): return guest.symbol(name) == function ? nil : .some(nil)
    case .call(let target), .jump(let target):
      if function == 0 { return isReturn(target) ? nil : .some(target) }
      // A landing pad may be passed over, and what counts the depth of calls stands before a function.
      if target == function || target == function &+ 4 { return nil }
      return isCounting(target, function) ? nil : .some(target)
    default: return .some(nil)
    }
  }

  /// Whether a return begins at an address: one of the thunks, or what a conditional call without a function leads to.
  private func isReturn(_ target: UInt64) -> Bool {
    code.text.contains(target)
      && guest.kernel.symbols.names(at: target).contains { $0.hasSuffix("return_thunk") || $0 == "__static_call_return" }
  }

  /// Whether what counts the calls of a function begins at an address.
  private func isCounting(_ target: UInt64, _ function: UInt64) -> Bool {
    guard target < function, function &- target <= 16, let thunks = CallThunks(guest) else { return false }
    return function - target == UInt64(thunks.size) && guest.bytes(target, count: thunks.size) == thunks.bytes(at: target)
  }

  private func allowed(_ target: UInt64, _ kinds: Set<CodeOwner.Kind>) -> Bool { kinds.contains(code.kind(of: target)) }

  /// Starts of the kernel's functions, each with that of the next one. A table that is not in order would have functions over one another.
  func functions() -> [(start: UInt64, end: UInt64)] {
    let symbols = guest.kernel.symbols
    let starts = Set(symbols.indices(in: code.text).lazy.map { symbols.address(at: $0) }.filter(code.text.contains)).sorted()
    return zip(starts, starts.dropFirst() + [code.text.upperBound]).map { (start: $0, end: $1) }
  }

  /// SHA-256 of each page, of which the first 16 bytes are kept: enough to tell pages apart, and half as long to store.
  private func hashes(_ bytes: [UInt8]) -> [FactValue] {
    stride(from: 0, to: bytes.count, by: Self.pageSize).map { place in
      .string(Array(SHA256.hash(data: bytes[place..<min(place + Self.pageSize, bytes.count)])).prefix(16).hexadecimal)
    }
  }

  /// The function that each page begins in or, where it begins with none, the first on it: what an operator reads instead of an address.
  private func pageSymbols(_ count: Int) -> [FactValue] {
    stride(from: 0, to: count, by: Self.pageSize).map { place in
      .string(guest.kernel.symbols.nearest(code.text.lowerBound + UInt64(place))?.symbol.name ?? "")
    }
  }
}
