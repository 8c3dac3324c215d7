public import Domain

/// A mounted file system of the guest, as its `struct mount` tells it (fs/mount.h).
public struct Mount: Sendable, Hashable {
  /// Of the struct mount; guest-virtual.
  public let address: UInt64
  /// As /proc/PID/mountinfo numbers it.
  public let id: Int32
  /// What was mounted: "/dev/vda1", "tmpfs".
  public let source: String
  /// Where it lies, from the root of its namespace on; nil where the way cannot be read.
  public let point: String?
  /// The folder of its file system that is seen there: "/" but for bind mounts; nil where the way cannot be read.
  public let root: String?
  /// Name of the file system's kind: "ext4".
  public let type: String
  /// Number of the device that holds it.
  public let device: Device
  /// As mount(8) writes them: "ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "nosymfollow".
  public let flags: [String]
  /// Inode number of the namespace that it belongs to; nil where it cannot be read.
  public let namespace: UInt32?

  public struct Device: Sendable, Hashable, CustomStringConvertible {
    public let major: UInt32
    public let minor: UInt32

    public var description: String { "\(major):\(minor)" }
  }
}

/// A mount namespace of the guest.
public struct MountNamespace: Sendable, Hashable {
  /// Of the struct mnt_namespace; guest-virtual.
  public let address: UInt64
  /// Inode number, as /proc/PID/ns/mnt shows it.
  public let inode: UInt32
  /// Processes in it, ascending. Empty for one that only a descriptor or a mount holds.
  public let processes: [Int32]
  /// In the order of the namespace's list, then those that only another structure has.
  public let mounts: [Mount]
}

/// The mounts of a guest from three structures. What is missing in one of them is hidden there.
public struct MountList: Sendable {
  /// Ascending by inode.
  public let namespaces: [MountNamespace]
  public let hidden: [Hidden]
  /// Contradictions in the structures; what is behind them was not followed.
  public let inconsistencies: [Inconsistency]

  public enum Source: String, Sendable, CaseIterable {
    /// The list or tree of the namespace, which /proc/PID/mounts is made of.
    case namespace
    /// The mounts below the namespace's root, each with its children.
    case children
    /// The mounts of each file system (super_blocks).
    case fileSystems
  }

  public struct Hidden: Sendable, Hashable {
    public let mount: Mount
    /// The structures that lack it.
    public let missingIn: [Source]
  }
}

extension Mount {
  /// All that is known of the mount; what could not be read is null.
  public var factValue: FactValue {
    [
      "id": .int(Int64(id)), "source": .string(source), "point": point.map(FactValue.string) ?? .null,
      "root": root.map(FactValue.string) ?? .null,
      "type": .string(type), "device": .string(device.description), "flags": .array(flags.map(FactValue.string)),
      "namespace": namespace.map { .int(Int64($0)) } ?? .null, "mount": addressValue(address),
    ]
  }
}

extension MountList {
  /// namespaces with their mounts and processes, hidden (each with the structures that lack it), inconsistencies.
  public var factValue: FactValue {
    [
      "namespaces": .array(
        namespaces.map {
          [
            "inode": .int(Int64($0.inode)), "processes": .array($0.processes.map { .int(Int64($0)) }),
            "mounts": .array($0.mounts.map(\.factValue)),
            "address": addressValue($0.address),
          ]
        }),
      "hidden": .array(hidden.map { ["mount": $0.mount.factValue, "missingIn": .array($0.missingIn.map { .string($0.rawValue) })] }),
      "inconsistencies": .array(inconsistencies.map(\.factValue)),
    ]
  }
}
