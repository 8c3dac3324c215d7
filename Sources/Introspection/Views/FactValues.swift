public import Domain

/// A guest-virtual or guest-physical address as facts hold it: "0x" and hexadecimal digits, since JSON numbers of this size are read
/// differently by different programs.
public func addressValue(_ address: UInt64) -> FactValue { .string("0x" + String(address, radix: 16)) }

extension Inconsistency {
  /// structure, address, reason.
  public var factValue: FactValue {
    ["structure": .string(structure), "address": addressValue(address), "reason": .string(reason)]
  }
}

extension KernelRejection {
  /// source, address (guest-physical), reason.
  public var factValue: FactValue {
    ["source": .string(source), "address": addressValue(address), "reason": .string(reason)]
  }
}

extension Kernel {
  /// release, banner, buildId, source, base, slide, physicalBase, directMap; numbers of symbols and types.
  public var factValue: FactValue {
    [
      "release": .string(release), "banner": .string(banner), "buildId": buildID.map(FactValue.string) ?? .null, "source": .string(source),
      "base": addressValue(image.lowerBound), "slide": addressValue(slide), "directMap": addressValue(directMap),
      "symbols": .int(Int64(symbols.count)), "types": .int(Int64(types.count)),
    ]
  }
}

extension Process {
  /// All that is known of the process; what could not be read is null.
  public var factValue: FactValue {
    [
      "pid": .int(Int64(pid)), "ppid": parent.map { .int(Int64($0)) } ?? .null, "name": .string(name),
      "state": .string(String(stateLetter)),
      "kernelThread": .bool(isKernelThread), "threads": threads.map { .int(Int64($0)) } ?? .null,
      "startedNanoseconds": started.map { .int(Int64(clamping: $0)) } ?? .null,
      "arguments": arguments.map { .array($0.map(FactValue.string)) } ?? .null,
      "credentials": credentials?.factValue ?? .null,
      "namespaces": .object(namespaces.map { FactValue.Member($0.kind.rawValue, .int(Int64($0.inode))) }), "task": addressValue(address),
      "mm": mm.map(addressValue) ?? .null,
    ]
  }
}

extension Process.Credentials {
  /// Ids as numbers, capabilities as hexadecimal texts.
  public var factValue: FactValue {
    [
      "uid": .int(Int64(uid)), "gid": .int(Int64(gid)), "euid": .int(Int64(euid)), "egid": .int(Int64(egid)), "suid": .int(Int64(suid)),
      "sgid": .int(Int64(sgid)), "fsuid": .int(Int64(fsuid)), "fsgid": .int(Int64(fsgid)), "permitted": addressValue(permitted),
      "effective": addressValue(effective), "inheritable": addressValue(inheritable), "bounding": addressValue(bounding),
      "ambient": addressValue(ambient), "cred": addressValue(address),
    ]
  }
}

extension ProcessList {
  /// processes, hidden (each with the structures that lack it), inconsistencies.
  public var factValue: FactValue {
    [
      "processes": .array(processes.map(\.factValue)),
      "hidden": .array(
        hidden.map { [.init("process", $0.process.factValue), .init("missingIn", .array($0.missingIn.map { .string($0.rawValue) }))] }.map(
          FactValue.object)),
      "inconsistencies": .array(inconsistencies.map(\.factValue)),
    ]
  }
}

extension MemoryMapping {
  /// start, end, permissions, file, use.
  public var factValue: FactValue {
    [
      "start": addressValue(start), "end": addressValue(end), "permissions": .string(permissions),
      "file": file.map(FactValue.string) ?? .null,
      "use": use.map(FactValue.string) ?? .null,
    ]
  }
}
