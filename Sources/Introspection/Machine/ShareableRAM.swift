/// What to start a guest with so that another process can map its RAM.
public struct ShareableRAM: Sendable, Hashable {
  /// Options of QEMU's; those of an id that the command line has already stand for what it says of it.
  public let options: String
  /// Whether they stand in the place of -mem-path too, which QEMU does not take beside them.
  public let replacesPath: Bool

  /// The same in a libvirt domain.
  public static let libvirtElement = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"

  public init(_ process: QEMUProcess) {
    let isNamed = process.machineOptions["memory-backend"] != nil || process.values("numa").contains { $0.contains("memdev=") }
    let unshared = process.backends.filter { !Self.isShared($0) }
    if isNamed, !unshared.isEmpty {
      options = unshared.map(Self.shared).joined(separator: " ")
      replacesPath = false
      return
    }
    let path = process.values("mem-path").last
    let file = path.map { "memory-backend-file,id=ram,size=\(Self.size(process.memory)),mem-path=\($0.replacing(",", with: ",,"))" }
    options = "-object \(file ?? "memory-backend-memfd,id=ram,size=\(Self.size(process.memory))"),share=on -machine memory-backend=ram"
    replacesPath = path != nil
  }

  /// Private is RAM without a file, and a file that is not shared; a memfd is shared if nothing else is said (backends/hostmem-memfd.c).
  private static func isShared(_ backend: QEMUOptions) -> Bool {
    switch backend["qom-type"] {
    case "memory-backend-memfd": backend.flag("share") != false
    case "memory-backend-file": backend.flag("share") == true
    default: false
    }
  }

  private static func shared(_ backend: QEMUOptions) -> String {
    let id = (backend["id"] ?? "").replacing(",", with: ",,")
    let size = backend.size("size").map(size) ?? backend["size"] ?? ""
    if backend["qom-type"] == "memory-backend-file", let path = backend["mem-path"] {
      return "-object memory-backend-file,id=\(id),size=\(size),mem-path=\(path.replacing(",", with: ",,")),share=on"
    }
    return "-object memory-backend-memfd,id=\(id),size=\(size),share=on"
  }

  private static func size(_ bytes: UInt64) -> String {
    bytes % (1 << 30) == 0 ? "\(bytes >> 30)G" : bytes % (1 << 20) == 0 ? "\(bytes >> 20)M" : "\(bytes)"
  }
}
