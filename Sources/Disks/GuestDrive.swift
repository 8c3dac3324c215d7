internal import Domain
internal import QMP

/// A drive of a running guest, as its QEMU tells of it.
public struct GuestDrive: Sendable, Hashable {
  /// The drive's id of -drive; empty for one of -blockdev.
  public let device: String
  /// Name of the topmost node.
  public let node: String
  /// The device that the guest sees: an id, or QEMU's path to it; empty where none has it.
  public let owner: String
  public let format: String
  public let image: String
  /// Bytes.
  public let size: Int64
  public let isReadOnly: Bool

  /// What QEMU's commands take for it.
  var reference: String { device.isEmpty ? node : device }
  /// What people call it.
  public var name: String { !device.isEmpty ? device : owner.isEmpty ? node : owner }

  /// All drives with a medium.
  static func all(_ monitor: Monitor) throws(QMPError) -> [GuestDrive] {
    try monitor.execute("query-block").elements.compactMap { block in
      guard let inserted = block["inserted"], let node = inserted["node-name"]?.text,
        let size = inserted["image"]?["virtual-size"]?.integer, size > 0
      else { return nil }
      let path = (block["qdev"]?.text ?? "").split(separator: "/").filter { $0 != "virtio-backend" }
      return GuestDrive(
        device: block["device"]?.text ?? "", node: node, owner: path.last.map(String.init) ?? "", format: inserted["drv"]?.text ?? "",
        image: inserted["image"]?["filename"]?.text ?? "", size: size, isReadOnly: inserted["ro"]?.bool ?? false)
    }
  }

  /// The drive of that name, or the only one that can be written where none is named.
  static func find(_ name: String?, among drives: [GuestDrive], of path: String) throws(DiskError) -> GuestDrive {
    let list = drives.map { EscapedName.text(of: Array($0.name.utf8)) }.joined(separator: ", ")
    guard !drives.isEmpty else { throw DiskError("the guest at \(path) has no drive with a medium") }
    if let name {
      guard let drive = drives.first(where: { [$0.device, $0.node, $0.owner].contains(name) }) else {
        throw DiskError("the guest at \(path) has no drive \(name): there are \(list)")
      }
      return drive
    }
    let written = drives.filter { !$0.isReadOnly }
    if written.count == 1 { return written[0] }
    if drives.count == 1 { return drives[0] }
    throw DiskError("the guest at \(path) has several drives: name one with --drive: \(list)")
  }
}
