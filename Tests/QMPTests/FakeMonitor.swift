import Foundation

/// A socket that says what a test wants it to say: whatever comes in is read and answered with the next of the texts.
final class FakeMonitor: @unchecked Sendable {
  static let greeting = #"{"QMP":{"version":{"qemu":{"micro":22,"minor":2,"major":7},"package":"Test"},"capabilities":["oob"]}}"# + "\n"

  let path: String
  private let listener: Int32
  private let lock = NSLock()
  private var received = ""

  /// - Parameters:
  ///   - greeting: sent to whoever connects.
  ///   - answers: each is sent once a further line came; ID stands for the id of that line. After the last the connection is closed, unless
  ///     `staysOpen`.
  init(greeting: String = FakeMonitor.greeting, answers: [String] = ["{\"return\":{},\"id\":ID}\n"], staysOpen: Bool = true) throws {
    path = "/tmp/ringwall-q-\(UUID().uuidString.prefix(8))"
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard bound == 0, listen(listener, 1) == 0 else { throw POSIXError(.EADDRINUSE) }
    let waiting = listener
    Thread.detachNewThread { [weak self] in
      let peer = accept(waiting, nil, nil)
      guard peer >= 0 else { return }
      defer { close(peer) }
      Self.put(greeting, peer)
      for answer in answers {
        guard let line = Self.line(peer) else { return }
        self?.note(line)
        let id = line.range(of: #"(?<="id":)\d+"#, options: .regularExpression).map { String(line[$0]) } ?? "null"
        Self.put(answer.replacingOccurrences(of: "ID", with: id), peer)
      }
      if staysOpen { while let line = Self.line(peer) { self?.note(line) } }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    unsafe unlink(path)
  }

  var lines: String { lock.withLock { received } }

  private func note(_ line: String) { lock.withLock { received += line + "\n" } }

  private static func put(_ text: String, _ peer: Int32) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe send(peer, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return }
      done += count
    }
  }

  private static func line(_ peer: Int32) -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while unsafe recv(peer, &byte, 1, 0) == 1 {
      if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }
}
