internal import Domain

/// What hides from the tools in a guest without a change of the kernel's code: programs, maps and links of BPF, sockets and mounts that one
/// of the structures lacks which must have them, as `guest bpf`, `guest sockets` and `guest mounts` tell them, and mounts that cover a
/// process.
extension IntegrityReader {
  private static let hiddenLimit = 256

  mutating func views() throws(IntrospectionError) -> IntegrityFacts.State {
    var rows: [FactValue] = []
    func add(_ kind: String, _ name: String, _ address: UInt64, _ missing: [String]) {
      guard rows.count < Self.hiddenLimit else { return }
      rows.append([
        "kind": .string(kind), "name": .string(name), "address": addressValue(address), "missingIn": .array(missing.map(FactValue.string)),
      ])
    }
    var found: [Inconsistency] = []
    if guest.symbol("prog_idr") != nil {
      let objects = try guest.bpf()
      found += objects.inconsistencies
      for hidden in objects.hidden {
        add(hidden.kind.rawValue, "\(hidden.id) \(hidden.name)", hidden.address, hidden.missingIn.map(\.rawValue))
      }
    }
    let sockets = try guest.sockets()
    found += sockets.inconsistencies
    // One that no process holds may be the kernel's own by now, as that of a network block device; ss(8) shows it.
    for hidden in sockets.hidden where hidden.missingIn.contains(.tables) {
      let socket = hidden.socket
      let ends = [socket.protocolName, socket.local?.description ?? "-", socket.remote?.description ?? "-"].joined(separator: " ")
      add("socket", ends, socket.address, hidden.missingIn.map(\.rawValue))
    }
    let mounts = try guest.mounts()
    found += mounts.inconsistencies
    for hidden in mounts.hidden {
      add("mount", hidden.mount.point ?? hidden.mount.source, hidden.mount.address, hidden.missingIn.map(\.rawValue))
    }
    for fault in found { note(fault) }
    return .present(["hidden": .array(rows), "covered": .array(covered(mounts))])
  }

  /// Mounts on a process's folder of /proc: who looks there sees another folder.
  private func covered(_ mounts: MountList) -> [FactValue] {
    mounts.namespaces.flatMap { space in
      space.mounts.compactMap { mount -> FactValue? in
        guard let point = mount.point, Self.isProcess(point) else { return nil }
        return [
          "point": .string(point), "source": .string(mount.source), "type": .string(mount.type), "mount": addressValue(mount.address),
          "namespace": .int(Int64(space.inode)),
        ]
      }
    }.prefix(Self.hiddenLimit).map(\.self)
  }

  private static func isProcess(_ path: String) -> Bool {
    let parts = path.split(separator: "/", maxSplits: 2)
    return parts.count >= 2 && parts[0] == "proc" && !parts[1].isEmpty && parts[1].allSatisfy { ("0"..."9").contains($0) }
  }
}
