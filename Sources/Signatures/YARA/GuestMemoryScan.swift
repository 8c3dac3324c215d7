public import Domain
public import Introspection

extension MemoryScan {
  /// Scans all populated memory of a guest. Holes are not touched, and nothing is copied.
  public func scan(
    _ memory: PhysicalMemory, progress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in }
  ) throws(ScanError) -> ScanResult {
    let regions = memory.populated.compactMap { range in
      // SAFETY: the mapping lives as long as the memory, which is kept until the scan has returned.
      unsafe memory.withUnsafeBytes(of: range) { unsafe MemoryRegion(bytes: $0, start: range.start) }
    }
    defer { withExtendedLifetime(memory) {} }
    return try scan(regions, progress: progress)
  }
}

extension ScanResult {
  /// Physical addresses of all places that are listed: what to ask owners for.
  public var addresses: [UInt64] { matches.flatMap { $0.strings.map(\.offset) } }

  /// scanned, zeros (bytes), complete, gaps, matches.
  ///
  /// - Parameter owners: of the places; nil leaves them out.
  public func facts(owners: PageOwners?) -> [FactValue.Member] {
    [
      .init("scannedBytes", .int(Int64(clamping: scanned))), .init("zeroBytes", .int(Int64(clamping: zeros))),
      .init("complete", .bool(isComplete)),
      .init("gaps", .array(gaps.map(FactValue.string))), .init("matches", .array(matches.map { $0.factValue(owners: owners) })),
    ]
  }
}

extension RuleMatch {
  func factValue(owners: PageOwners?) -> FactValue {
    [
      "rule": .string(rule.name), "namespace": .string(rule.namespace), "tags": .array(rule.tags.map(FactValue.string)),
      "meta": .array(rule.meta.map(\.factValue)), "strings": .array(strings.map { $0.factValue(owners: owners) }),
      "omitted": .int(Int64(omitted)),
    ]
  }
}

extension Rule.Meta {
  var factValue: FactValue {
    let value: FactValue =
      switch value {
      case .text(let text): .string(text)
      case .integer(let number): .int(number)
      case .boolean(let flag): .bool(flag)
      }
    return ["name": .string(name), "value": value]
  }
}

extension MatchString {
  func factValue(owners: PageOwners?) -> FactValue {
    var members: [FactValue.Member] = [
      .init("identifier", .string(identifier)), .init("physical", addressValue(offset)), .init("length", .int(Int64(length))),
    ]
    if let context {
      members.append(
        .init("context", ["start": addressValue(context.start), "hex": .string(context.hexadecimal), "text": .string(context.text)]))
    }
    if let owners { members.append(.init("owners", .array((owners.owners(of: offset) ?? []).map { $0.factValue(at: offset) }))) }
    return .object(members)
  }
}

extension PageOwner {
  /// Guest-virtual address of a byte of the page; nil where the page has none.
  public func virtual(of physical: UInt64) -> UInt64? { virtual.map { $0 | (physical & (PageOwners.pageSize - 1)) } }

  /// - Parameter physical: address of the byte in question.
  func factValue(at physical: UInt64) -> FactValue {
    [
      "kind": .string(kind.rawValue), "pid": pid.map { .int(Int64($0)) } ?? .null, "name": name.map(FactValue.string) ?? .null,
      "virtual": virtual(of: physical).map(addressValue) ?? .null, "mapping": mapping?.factValue ?? .null,
      "file": file.map(FactValue.string) ?? .null, "detail": detail.map(FactValue.string) ?? .null,
    ]
  }
}

extension MemoryMapping {
  var factValue: FactValue {
    [
      "start": addressValue(start), "end": addressValue(end), "permissions": .string(permissions),
      "use": use.map(FactValue.string) ?? .null,
    ]
  }
}
