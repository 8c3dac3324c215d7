internal import Foundation
internal import QMP
internal import Synchronization

/// A real Linux guest under QEMU's emulator: a kernel of Debian, busybox, and RAM that can be read from outside.
///
/// QEMU ends when `stop` is called, when the value goes, and when the test process dies in whichever way: a shell between both ends it once
/// the pipe from the tests closes.
///
///     @Suite(.enabled(if: TestGuest.obstacle(.cloud) == nil, "no test guest"), .guest(GuestRecipe { $0.workload = [.fork] }))
///     struct ProcessListTests {
///       @Test func list() throws {
///         let guest = try TestGuest.shared()
///         let names = try guest.run("ps -o comm")
///       }
///     }
public final class TestGuest: @unchecked Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
  }

  /// Why no guest with this kernel can be booted on this machine; nil where one can. Fetches the kernel when it is asked for the first time.
  public static func obstacle(_ kernel: GuestRecipe.Kernel? = .cloud) -> String? {
    guard let kernel else { return missingProgram(["qemu-system-x86_64"]) }
    return obstacles.withLock { known in
      if let answer = known[kernel] { return answer }
      let answer = obstacle(fetching: kernel)
      known[kernel] = .some(answer)
      return answer
    }
  }

  private static let obstacles = Mutex<[GuestRecipe.Kernel: String?]>([:])

  private static func obstacle(fetching kernel: GuestRecipe.Kernel) -> String? {
    let needed = ["qemu-system-x86_64", "busybox", "apt-get", "apt-cache", "dpkg-deb", "flock", "gzip", "xz", "find", "sh"]
    if let missing = missingProgram(needed) { return missing }
    do {
      _ = try GuestFiles.tree(kernel)
      return nil
    } catch { return "the package of \(kernel.rawValue) cannot be fetched: \(error)" }
  }

  private static func missingProgram(_ programs: [String]) -> String? {
    programs.first { HostProgram.path(of: $0) == nil }.map { "\($0) is not installed" }
  }

  public let recipe: GuestRecipe
  /// A folder of this guest alone; removed by `stop`.
  public let folder: String
  /// Process id of QEMU.
  public private(set) var process: Int32 = 0
  /// Path of a monitor that speaks QMP, for whoever tests.
  public var monitor: String { folder + "/qmp" }
  /// A second one.
  public var secondMonitor: String { folder + "/qmp2" }
  /// A third one.
  public var thirdMonitor: String { folder + "/qmp3" }
  /// One more, which `held` and `ramImage` use.
  private var ownMonitor: String { folder + "/qmp-own" }
  /// What the guest wrote to its console so far.
  public var console: String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: folder + "/console"))) ?? Data(), as: UTF8.self)
  }
  /// Version of the kernel as uname -r says it; empty for a guest without one.
  public private(set) var release = ""

  private let keeper = Process()
  private let lifeline = Pipe()
  private let lock = NSLock()
  private var isStopped = false
  private var isResting = false

  /// Boots a guest and waits until it is ready.
  ///
  /// - Parameter seconds: for all of it; QEMU is ended when they are over.
  public static func boot(_ recipe: GuestRecipe = GuestRecipe(), seconds: Int = 300) async throws -> TestGuest {
    let guest = try TestGuest(recipe)
    do {
      try await guest.waitUntilReady(seconds)
      return guest
    } catch {
      guest.stop()
      throw error
    }
  }

  private init(_ recipe: GuestRecipe) throws {
    self.recipe = recipe
    // A socket's path may have 107 bytes.
    folder = "/tmp/ringwall-g-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let arguments = try commandLine()
    keeper.executableURL = URL(fileURLWithPath: HostProgram.path(of: "sh") ?? "/bin/sh")
    let script = #"folder=$1; shift; "$@" </dev/null >"$folder/log" 2>&1 & echo $! >"$folder/pid"; cat >/dev/null; kill -9 $!; wait"#
    keeper.arguments = ["-c", script, "sh", folder, HostProgram.path(of: "qemu-system-x86_64") ?? ""] + arguments
    // Neither end may stay open in a program that somebody else starts.
    for handle in [lifeline.fileHandleForReading, lifeline.fileHandleForWriting] {
      _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
    }
    keeper.standardInput = lifeline.fileHandleForReading
    keeper.standardOutput = FileHandle.nullDevice
    keeper.standardError = FileHandle.nullDevice
    try keeper.run()
  }

  deinit { stop() }

  private func commandLine() throws -> [String] {
    var words = ["-name", "guest=ringwall-test,debug-threads=on", "-uuid", UUID().uuidString.lowercased()]
    words += ["-accel", "tcg", "-cpu", recipe.processor, "-smp", "\(recipe.processors)", "-m", "\(recipe.memory)"]
    words += ["-display", "none", "-nodefaults", "-no-user-config", "-no-reboot"]
    let parts = recipe.nodes.isEmpty ? [recipe.memory] : recipe.nodes
    let ids = parts.indices.map { recipe.nodes.isEmpty ? "ram" : "ram\($0)" }
    for (id, size) in zip(ids, parts) {
      switch recipe.backing {
      case .memfd: words += ["-object", "memory-backend-memfd,id=\(id),size=\(size)M,share=on"]
      case .file: words += ["-object", "memory-backend-file,id=\(id),size=\(size)M,share=on,mem-path=\(sharedFile(id))"]
      case .anonymous: words += ["-object", "memory-backend-ram,id=\(id),size=\(size)M"]
      }
    }
    words += ["-machine", recipe.machine.rawValue + (recipe.nodes.isEmpty ? ",memory-backend=ram" : "")]
    // The last first: memory lies in the order of the nodes' numbers all the same.
    for (index, id) in ids.enumerated().reversed() where !recipe.nodes.isEmpty {
      // Every node has at least one processor as long as there are enough.
      words += ["-numa", "node,nodeid=\(index),memdev=\(id)" + (index < recipe.processors ? ",cpus=\(index)" : "")]
    }
    for name in ["qmp", "qmp2", "qmp3"] { words += ["-qmp", "unix:\(folder)/\(name),server=on,wait=off"] }
    words += ["-chardev", "socket,id=own,path=\(ownMonitor),server=on,wait=off", "-mon", "chardev=own,mode=control"]
    words += ["-serial", "file:\(folder)/console"]
    words += ["-chardev", "socket,id=control,path=\(folder)/control,server=on,wait=off", "-serial", "chardev:control"]
    if let disk = recipe.disk {
      let format = disk.hasSuffix(".qcow2") ? "qcow2" : "raw"
      words += ["-drive", "if=none,id=disk0,file=\(disk),format=\(format)", "-device", "virtio-blk-pci,drive=disk0"]
    }
    guard let kernel = recipe.kernel else { return words + ["-S"] + recipe.arguments }
    let tree = try GuestFiles.tree(kernel)
    var line = ["console=ttyS0", "panic=-1"]
    if recipe.hasModules { line.append("ringwall.modules=1") }
    if !recipe.workload.isEmpty { line.append("ringwall.workload=" + recipe.workload.map(\.rawValue).sorted().joined(separator: ",")) }
    words += ["-kernel", try GuestFiles.kernelImage(tree)]
    words += ["-initrd", try GuestFiles.initramfs(tree, overlay: recipe.overlay, folder: folder)]
    return words + ["-append", (line + recipe.kernelArguments).joined(separator: " ")] + recipe.arguments
  }

  private func sharedFile(_ id: String) -> String { "/dev/shm/" + (folder as NSString).lastPathComponent + "-" + id }

  private func waitUntilReady(_ seconds: Int) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if process == 0, let text = try? String(contentsOfFile: folder + "/pid", encoding: .utf8), let number = Int32(text.dropLast()) {
        process = number
      }
      if process != 0, !isAlive { throw Failure(description: "QEMU ended: \(log)") }
      if recipe.kernel == nil {
        if process != 0, (try? Monitor(path: ownMonitor)) != nil { return }
      } else if let mark = console.range(of: "RINGWALL-READY ", options: .backwards) {
        // The kernel's own messages may break into the line behind the release.
        let told = console[mark.upperBound...].prefix { $0.isLetter || $0.isNumber || ".+-_~".contains($0) }
        if told.endIndex < console.endIndex {
          release = String(told)
          return
        }
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Failure(description: "the guest was not ready within \(seconds) s; its console ends in: \(console.suffix(800)) \(log)")
  }

  /// Path of the ELF file of the guest's kernel.
  public func kernelFile() throws -> String {
    guard let kernel = recipe.kernel else { throw Failure(description: "the guest has no kernel") }
    return try GuestFiles.kernelFile(try GuestFiles.tree(kernel))
  }

  /// Path of the image that QEMU boots.
  public func kernelImage() throws -> String {
    guard let kernel = recipe.kernel else { throw Failure(description: "the guest has no kernel") }
    return try GuestFiles.kernelImage(try GuestFiles.tree(kernel))
  }

  private var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

  /// Whether QEMU runs; a process that has ended and was not waited for does not.
  public var isAlive: Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return text.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  /// Ends QEMU and removes everything of it. May be called twice.
  public func stop() {
    let first = lock.withLock {
      defer { isStopped = true }
      return !isStopped
    }
    guard first else { return }
    try? lifeline.fileHandleForWriting.close()
    for _ in 0..<200 where keeper.isRunning { Thread.sleep(forTimeInterval: 0.05) }
    if keeper.isRunning {
      if process > 0 { kill(process, SIGKILL) }
      kill(keeper.processIdentifier, SIGKILL)
    }
    keeper.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
    for id in ["ram"] + recipe.nodes.indices.map({ "ram\($0)" }) { try? FileManager.default.removeItem(atPath: sharedFile(id)) }
  }

  /// Runs a shell command in the guest, as root, and returns what it printed on both of its outputs.
  ///
  /// - Throws: `Failure` when it does not end in time or its exit code is not 0.
  @discardableResult
  public func run(_ command: String, seconds: Int = 30) throws -> String {
    try lock.withLock {
      if isResting { try Monitor(path: ownMonitor).execute("cont") }
      defer { if isResting { _ = try? Monitor(path: ownMonitor).execute("stop") } }
      return try GuestShell(path: folder + "/control").run(command, seconds: seconds)
    }
  }

  /// Lets it stand still but while a command runs in it: whoever judges its image needs the processors that its work takes.
  public func rest() throws {
    try lock.withLock {
      try Monitor(path: ownMonitor).execute("stop")
      isResting = true
    }
  }

  /// Runs a body while the guest stands still. Nobody else may pause it meanwhile.
  public func held<Result>(_ body: () throws -> Result) throws -> Result {
    let monitor = try Monitor(path: ownMonitor)
    try monitor.execute("stop")
    defer { if !lock.withLock({ isResting }) { _ = try? monitor.execute("cont") } }
    return try body()
  }
}
