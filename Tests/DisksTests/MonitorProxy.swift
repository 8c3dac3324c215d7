import Foundation
import Synchronization

/// Stands between a program and a guest's monitor, and acts at one place of what they say to each other: before a command reaches QEMU, or when QEMU's
/// answer to it has come and the program does not have it yet.
final class MonitorProxy: Sendable {
  enum Moment: String, CaseIterable, Sendable { case before, after }

  let path: String
  private let monitor: String
  private let listening: Int32
  private let command: String
  private let moment: Moment
  private let act: @Sendable () -> Void
  private let state = Mutex(State())

  private struct State {
    var hasActed = false
    var isOver = false
  }

  init(_ path: String, to monitor: String, at command: String, _ moment: Moment, act: @escaping @Sendable () -> Void) throws {
    self.path = path
    self.monitor = monitor
    self.command = "\"execute\":\"\(command)\""
    self.moment = moment
    self.act = act
    listening = unsafe try Self.socket(path) { descriptor, address, length in
      unsafe bind(descriptor, address, length) == 0 && listen(descriptor, 4) == 0
    }
    Thread { [self] in serve() }.start()
  }

  /// Whether the place was come to.
  var hasActed: Bool { state.withLock { $0.hasActed } }

  func end() {
    state.withLock { $0.isOver = true }
    _ = shutdown(listening, Int32(SHUT_RDWR))
    _ = close(listening)
    _ = unsafe unlink(path)
  }

  private func serve() {
    while !state.withLock({ $0.isOver }) {
      let client = accept(listening, nil, nil)
      guard client >= 0 else { return }
      guard let server = unsafe try? Self.socket(monitor, { unsafe connect($0, $1, $2) == 0 }) else {
        _ = close(client)
        continue
      }
      relay(client, server)
      _ = close(client)
      _ = close(server)
    }
  }

  private func relay(_ client: Int32, _ server: Int32) {
    var isWaiting = false
    while true {
      var ends = [pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0)]
      guard unsafe poll(&ends, 2, 100_000) > 0 else { return }
      if ends[0].revents != 0 {
        guard let bytes = Self.read(client) else { return }
        let isHere = String(decoding: bytes, as: UTF8.self).replacing(" ", with: "").contains(command)
        if isHere, moment == .before, !hasActed {
          run()
          return
        }
        isWaiting = isWaiting || isHere
        guard Self.write(bytes, server) else { return }
      }
      if ends[1].revents != 0 {
        guard let bytes = Self.read(server) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        if isWaiting, moment == .after, !hasActed, text.contains("\"return\"") || text.contains("\"error\"") {
          run()
          return
        }
        guard Self.write(bytes, client) else { return }
      }
    }
  }

  private func run() {
    state.withLock { $0.hasActed = true }
    act()
  }

  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }

  private static func write(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
  }

  private static func socket(_ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw TestDisk.Failure(description: "\(path) is too long") }
    // SAFETY: the path is shorter than sun_path, which is zero behind it.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let isDone = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard isDone else { throw TestDisk.Failure(description: "\(path): errno \(errno)") }
    return descriptor
  }
}
