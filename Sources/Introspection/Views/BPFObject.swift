public import Domain

/// A BPF program that the guest's kernel has loaded (struct bpf_prog and bpf_prog_aux, include/linux/bpf.h).
public struct BPFProgram: Sendable, Hashable {
  /// Of the struct bpf_prog; guest-virtual.
  public let address: UInt64
  /// As bpftool(8) shows it; 0 for one that its table does not know any more.
  public let id: UInt32
  /// At most 15 characters.
  public let name: String
  /// "kprobe", "tracing", "xdp" and so on.
  public let type: String
  /// SHA-1 of the instructions, the first 8 bytes; lower case hexadecimal digits.
  public let tag: String
  /// Where its machine code lies; nil for one that is interpreted.
  public let code: Range<UInt64>?
  /// Function of the kernel that it is attached to, of the types that know one.
  public let target: String?
  /// Since the guest's boot, nanoseconds.
  public let loaded: UInt64
  /// Of who loaded it; nil where it cannot be read.
  public let uid: UInt32?
  /// Ids of the maps that it uses.
  public let maps: [UInt32]
  public let holders: [DescriptorHolder]
}

/// A map of BPF (struct bpf_map).
public struct BPFMap: Sendable, Hashable {
  /// Of the struct bpf_map; guest-virtual.
  public let address: UInt64
  public let id: UInt32
  /// At most 15 characters.
  public let name: String
  /// "hash", "array", "ringbuf" and so on.
  public let type: String
  /// Bytes.
  public let keySize: UInt32
  /// Bytes.
  public let valueSize: UInt32
  public let entries: UInt32
  public let holders: [DescriptorHolder]
}

/// What attaches a program of BPF to its place (struct bpf_link).
public struct BPFLink: Sendable, Hashable {
  /// Of the struct bpf_link; guest-virtual.
  public let address: UInt64
  public let id: UInt32
  /// "tracing", "xdp", "kprobe_multi" and so on.
  public let type: String
  /// Id of the program; nil where it cannot be read.
  public let program: UInt32?
  public let holders: [DescriptorHolder]
}

/// What of BPF a guest's kernel has loaded.
public struct BPFObjectList: Sendable {
  /// Ascending by id, as are the others.
  public let programs: [BPFProgram]
  public let maps: [BPFMap]
  public let links: [BPFLink]
  public let hidden: [Hidden]
  /// Contradictions in the structures; what is behind them was not followed.
  public let inconsistencies: [Inconsistency]

  public enum Source: String, Sendable, CaseIterable {
    /// prog_idr, map_idr and link_idr, which bpftool(8) lists.
    case table
    /// The tree bpf_tree, by which the kernel finds the program of an address.
    case tree
    /// The list bpf_kallsyms, which /proc/kallsyms is made of.
    case symbols
    /// Links, for programs; programs, for maps.
    case users
    /// Descriptors of processes.
    case descriptors
  }

  /// A program, map or link that one of the structures lacks and that has to be there.
  public struct Hidden: Sendable, Hashable {
    public enum Kind: String, Sendable { case program, map, link }

    public let kind: Kind
    public let id: UInt32
    public let name: String
    public let address: UInt64
    public let missingIn: [Source]
  }
}

extension BPFProgram {
  /// All that is known of the program; what could not be read or is not there is null.
  public var factValue: FactValue {
    [
      "id": .int(Int64(id)), "name": .string(name), "type": .string(type), "tag": .string(tag),
      "code": code.map { ["start": addressValue($0.lowerBound), "end": addressValue($0.upperBound)] } ?? .null,
      "target": target.map(FactValue.string) ?? .null, "loadedNanoseconds": .int(Int64(clamping: loaded)),
      "uid": uid.map { .int(Int64($0)) } ?? .null,
      "maps": .array(maps.map { .int(Int64($0)) }), "holders": .array(holders.map(\.factValue)), "prog": addressValue(address),
    ]
  }
}

extension BPFMap {
  /// All that is known of the map.
  public var factValue: FactValue {
    [
      "id": .int(Int64(id)), "name": .string(name), "type": .string(type), "keySize": .int(Int64(keySize)),
      "valueSize": .int(Int64(valueSize)),
      "entries": .int(Int64(entries)), "holders": .array(holders.map(\.factValue)), "map": addressValue(address),
    ]
  }
}

extension BPFLink {
  /// All that is known of the link.
  public var factValue: FactValue {
    [
      "id": .int(Int64(id)), "type": .string(type), "program": program.map { .int(Int64($0)) } ?? .null,
      "holders": .array(holders.map(\.factValue)), "link": addressValue(address),
    ]
  }
}

extension BPFObjectList {
  /// programs, maps, links, hidden (each with the structures that lack it), inconsistencies.
  public var factValue: FactValue {
    [
      "programs": .array(programs.map(\.factValue)), "maps": .array(maps.map(\.factValue)), "links": .array(links.map(\.factValue)),
      "hidden": .array(
        hidden.map {
          [
            "kind": .string($0.kind.rawValue), "id": .int(Int64($0.id)), "name": .string($0.name), "address": addressValue($0.address),
            "missingIn": .array($0.missingIn.map { .string($0.rawValue) }),
          ]
        }),
      "inconsistencies": .array(inconsistencies.map(\.factValue)),
    ]
  }
}
