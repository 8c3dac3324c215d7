internal import Glibc

/// A QEMU that runs on this host, as /proc/PID tells it.
public struct QEMUProcess: Sendable, Hashable {
  /// Where a monitor can be reached.
  public struct MonitorPlace: Sendable, Hashable {
    /// A path that this process can connect to, through the other's root or working folder where need be.
    public let path: String
    /// True for a QMP monitor, false for the human one.
    public let speaksQMP: Bool
  }

  public let pid: Int32
  /// Clock ticks since the host's start; with the pid it names one process.
  public let startTime: UInt64
  /// `-name`, without its other keys; empty where none is given.
  public let name: String
  /// `-uuid`; empty where none is given.
  public let uuid: String
  /// `-machine`'s type as it is written; "pc" where none is given, which is QEMU's default for x86.
  public let machine: String
  /// Bytes of `-m`; 128 MiB where none is given, which is QEMU's default.
  public let memory: UInt64
  public let monitors: [MonitorPlace]
  /// argv without the program.
  let arguments: [String]

  /// The QEMU system emulators that this user may look at, by pid.
  public static func all() -> [QEMUProcess] { ProcessFiles.all.compactMap { QEMUProcess(pid: $0) } }

  /// Nil where there is no such process, where it is no QEMU for x86, or where it may not be read.
  public init?(pid: Int32) {
    let files = ProcessFiles(pid: pid)
    guard files.isAlive, let startTime = files.startTime, let bytes = files.read("cmdline") else { return nil }
    var words = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    if words.last?.isEmpty == true { words.removeLast() }
    guard let program = words.first, Self.isEmulator(program) || Self.isEmulator(files.link("exe") ?? "") else { return nil }
    self.init(pid: pid, startTime: startTime, arguments: Array(words.dropFirst()), files: files)
  }

  init(pid: Int32, startTime: UInt64, arguments: [String], files: ProcessFiles) {
    self.pid = pid
    self.startTime = startTime
    self.arguments = arguments
    let name = Self.values("name", arguments).last.map { QEMUOptions($0, implied: "guest") }
    self.name = name?["guest"] ?? ""
    uuid = Self.values("uuid", arguments).last ?? ""
    machine = Self.machineOptions(arguments)["type"] ?? "pc"
    memory = Self.values("m", arguments).last.flatMap { QEMUOptions($0, implied: "size").size("size", unit: 1 << 20) } ?? 128 << 20
    monitors = Self.monitors(arguments, files)
  }

  /// qemu-system-x86_64 and qemu-system-i386, and the names under which packagers install them.
  static func isEmulator(_ path: String) -> Bool {
    let deleted = " (deleted)"
    let name = (path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path).split(separator: "/").last ?? ""
    return ["qemu-system-x86_64", "qemu-system-i386", "qemu-kvm", "kvm", "qemu-kvm-spice", ".qemu-system-x86_64-wrapped"].contains(name)
  }

  /// Values of an option, which may be written with one or two dashes, in their order.
  static func values(_ option: String, _ arguments: [String]) -> [String] {
    arguments.indices.dropLast().compactMap { index in
      arguments[index] == "-" + option || arguments[index] == "--" + option ? arguments[index + 1] : nil
    }
  }

  func values(_ option: String) -> [String] { Self.values(option, arguments) }

  /// All of -machine and -M as one.
  static func machineOptions(_ arguments: [String]) -> QEMUOptions {
    QEMUOptions((values("M", arguments) + values("machine", arguments)).joined(separator: ","), implied: "type")
  }

  var machineOptions: QEMUOptions { Self.machineOptions(arguments) }

  /// The back ends of memory that the command line makes, in its order.
  var backends: [QEMUOptions] {
    values("object").map { QEMUOptions($0, implied: "qom-type") }.filter { ($0["qom-type"] ?? "").hasPrefix("memory-backend-") }
  }

  private static func monitors(_ arguments: [String], _ files: ProcessFiles) -> [MonitorPlace] {
    var found: [MonitorPlace] = []
    func add(_ socket: QEMUOptions, speaksQMP: Bool) {
      let path = socket["path"] ?? socket["addr.data.path"] ?? socket["backend.data.addr.data.path"] ?? listener(socket, files)
      guard let path else { return }
      let place = MonitorPlace(path: reachable(path, files), speaksQMP: speaksQMP)
      if !found.contains(place) { found.append(place) }
    }
    for (option, speaksQMP) in [("qmp", true), ("qmp-pretty", true), ("monitor", false)] {
      for value in values(option, arguments) where value.hasPrefix("unix:") {
        add(QEMUOptions(String(value.dropFirst(5)), implied: "path"), speaksQMP: speaksQMP)
      }
    }
    let devices = values("chardev", arguments).map { QEMUOptions($0, implied: "backend") }
    for value in values("mon", arguments) {
      let monitor = QEMUOptions(value, implied: "chardev")
      guard let device = devices.first(where: { $0["id"] == monitor["chardev"] }) else { continue }
      add(device, speaksQMP: monitor["mode"] == "control")
    }
    return found
  }

  /// The path of a listening socket that was handed over as `fd=N`, as libvirt does: by its inode in /proc/PID/net/unix.
  private static func listener(_ socket: QEMUOptions, _ files: ProcessFiles) -> String? {
    guard let number = socket["fd"].flatMap({ Int32($0) }), let link = files.link("fd/\(number)"), link.hasPrefix("socket:[") else {
      return nil
    }
    let inode = link.dropFirst(8).dropLast()
    for line in (files.text("net/unix") ?? "").split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ", maxSplits: 7)
      if fields.count == 8, fields[6] == inode { return String(fields[7]) }
    }
    return nil
  }

  /// The path as this process must write it: the other may have another root or a relative path.
  private static func reachable(_ path: String, _ files: ProcessFiles) -> String {
    guard path.hasPrefix("/") else { return files.path("cwd/") + path }
    return unsafe Glibc.access(path, F_OK) == 0 ? path : files.path("root") + path
  }
}
