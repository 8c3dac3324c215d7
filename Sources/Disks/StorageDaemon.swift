internal import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// QEMU's storage daemon as a process of ours that serves one image, read-only, over a socket that has no name any more when it starts.
///
/// The image comes to it as an open descriptor, and Landlock lets it open no other file: what an image names beyond itself leads nowhere.
final class StorageDaemon {
  static let export = "disk"
  private static let program = "/usr/bin/qemu-storage-daemon"

  private let process: ChildProcess
  private let errors: Int32
  /// What the daemon opens each layer by, and the layer's own path.
  private let names: [(opened: String, path: String)]
  /// A socket connected to the daemon, for the reader.
  private(set) var socket: Int32

  /// An image and its format, topmost first, each the backing of the one before.
  struct Layer {
    let path: String
    let descriptor: Int32
    let format: ImageFormat
  }

  /// - Parameter isUsedAnyway: whether QEMU's lock on the images is passed over.
  init(_ layers: [Layer], isUsedAnyway: Bool, worker: String) throws(DiskError) {
    guard unsafe access(Self.program, X_OK) == 0 else {
      throw DiskError(
        "images of this format are read through \(Self.program), which is not installed: install qemu-utils or qemu-storage-daemon")
    }
    let (listening, connected) = try Self.socketPair()
    defer { _ = close(listening) }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      _ = close(connected)
      throw DiskError("cannot start the storage daemon: \(SystemText.reason(errno))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { _ = close(ends[1]) }
    do throws(DiskError) {
      process = try ChildProcess(
        worker,
        ["serve", "\(getpid())", "\(layers.count)", Self.program]
          + Self.arguments(layers, socket: 3 + layers.count, isUsedAnyway),
        descriptors: [-1, -1, ends[1]] + layers.map(\.descriptor) + [listening])
    } catch {
      _ = close(connected)
      _ = close(ends[0])
      throw error
    }
    errors = ends[0]
    socket = connected
    names = layers.enumerated().map { (Self.opened($0.offset), $0.element.path) }
  }

  deinit {
    process.end()
    _ = close(errors)
    if socket >= 0 { _ = close(socket) }
  }

  /// The socket was handed on.
  func closeSocket() {
    _ = close(socket)
    socket = -1
  }

  /// What the daemon said before it ended by itself, in one line; nil where it still runs.
  var complaint: String? {
    guard process.wait(milliseconds: 200) != nil else { return nil }
    var text = [UInt8](repeating: 0, count: 16_384)
    // SAFETY: read(2) writes no more than the array has.
    let count = unsafe text.withUnsafeMutableBytes { unsafe read(errors, $0.baseAddress, $0.count) }
    let lines = text.prefix(max(0, count)).split(separator: 0x0A).map { EscapedName.text(of: Array($0)) }
    // Warnings come before; the last line says why it ended, behind the option that it is about.
    guard let last = lines.last else { return "it ended without a word" }
    let reason = last.firstRange(of: "}: ").map { String(last[$0.upperBound...]) } ?? last
    // The highest number first: others may begin it.
    return names.reversed().reduce(reason) { $0.replacing($1.opened, with: $1.path) }
  }

  private static func opened(_ layer: Int) -> String { "/proc/self/fd/\(3 + layer)" }

  private static func arguments(_ layers: [Layer], socket: Int, _ isUsedAnyway: Bool) -> [String] {
    var arguments: [String] = []
    for (index, layer) in layers.enumerated().reversed() {
      let file: FactValue = .object([
        "driver": "file", "node-name": .string("file\(index)"), "filename": .string(opened(index)), "read-only": true,
        "cache": ["direct": false], "locking": .string(isUsedAnyway ? "off" : "auto"),
      ])
      let hasBacking = index + 1 < layers.count
      let takesBacking = layer.format == .qcow2 || layer.format == .vmdk
      let node: FactValue = .object([
        "driver": .string(layer.format.driver), "node-name": .string("disk\(index)"), "file": .string("file\(index)"), "read-only": true,
        "backing": takesBacking ? (hasBacking ? .string("disk\(index + 1)") : .null) : nil,
      ])
      arguments += ["--blockdev", JSONText.string(file), "--blockdev", JSONText.string(node)]
    }
    return arguments + [
      "--nbd-server", "addr.type=fd,addr.str=\(socket)",
      "--export", "type=nbd,id=export,node-name=disk0,name=\(export),writable=off",
    ]
  }

  /// A listening socket, and one that waits in its queue. Its name lives in a folder that only this user enters, and only until both ends are made.
  private static func socketPair() throws(DiskError) -> (listening: Int32, connected: Int32) {
    func failure() -> DiskError { DiskError("cannot make a socket for the storage daemon: \(SystemText.reason(errno))") }
    var template = Array("/tmp/ringwall-XXXXXX".utf8CString)
    // SAFETY: mkdtemp(3) writes over the template's own letters.
    guard unsafe template.withUnsafeMutableBufferPointer({ unsafe mkdtemp($0.baseAddress.unsafelyUnwrapped) }) != nil else {
      throw failure()
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = folder + "/nbd"
    defer {
      _ = unsafe unlink(path)
      _ = unsafe rmdir(folder)
    }
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let listening = Glibc.socket(AF_UNIX, kind, 0)
    let connected = Glibc.socket(AF_UNIX, kind, 0)
    guard var address = LocalConnection.address(path) else { throw failure() }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    // SAFETY: sockaddr_un is laid out as a sockaddr is at its start, and `length` is its size.
    let isReady = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(listening, address, length) == 0 && listen(listening, 1) == 0 && connect(connected, address, length) == 0
      }
    }
    guard listening >= 0, connected >= 0, isReady else {
      let error = failure()
      _ = close(listening)
      _ = close(connected)
      throw error
    }
    return (listening, connected)
  }
}
