internal import Audit
internal import Domain
internal import Foundation
internal import Testing

/// What is said when the socket is not an engine's, or the engine breaks off.
@Suite struct EngineFailureTests {
  private func refusal(_ path: String) -> Refusal? {
    let found = FactCollection().collect(.engine(path, name: "docker://" + path)).collection
    #expect(found.assets.isEmpty && found.refusals.count == 1, "\(found)")
    return found.refusals.first
  }

  /// Answers each connection on a local socket with the same bytes, `count` times.
  private func served(_ answer: String, count: Int = 1, _ body: (String) throws -> Void) throws {
    let path = "/tmp/rwe-\(UUID().uuidString.prefix(8)).sock"
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      close(listener)
      _ = unsafe unlink(path)
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8CString)
    // SAFETY: the path is shorter than sun_path, and the address outlives the call.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
      for i in bytes.indices { unsafe target[i] = UInt8(bitPattern: bytes[i]) }
    }
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0 && listen(listener, 8) == 0)
    let thread = Thread {
      for _ in 0..<count {
        let connection = accept(listener, nil, nil)
        if connection < 0 { return }
        var request = [UInt8](repeating: 0, count: 4096)
        _ = unsafe read(connection, &request, request.count)
        let bytes = Array(answer.utf8)
        _ = unsafe write(connection, bytes, bytes.count)
        // What came is read before the end is.
        usleep(300_000)
        close(connection)
      }
    }
    thread.start()
    try body(path)
    shutdown(listener, Int32(SHUT_RDWR))
  }

  @Test func noSocket() {
    let found = refusal("/tmp/ringwall-no-such.sock")
    #expect(found?.code == "not-found")
    #expect(found?.message.hasPrefix("docker:///tmp/ringwall-no-such.sock: no such socket") == true)
  }

  @Test func aPathThatNoSocketCanHave() { #expect(refusal("/tmp/" + String(repeating: "x", count: 300))?.code == "not-found") }

  @Test func nobodyListens() throws {
    let path = FileManager.default.temporaryDirectory.path + "/rwe-\(UUID().uuidString.prefix(8))"
    try "".write(toFile: path, atomically: false, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(refusal(path)?.message.contains("nobody answers") == true)
  }

  @Test(arguments: [
    ("SSH-2.0-OpenSSH_9.2\r\n", "no container engine"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no container engine"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<a>", "is not JSON"),
    ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no container engine"),
    ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "status 500"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"ApiVersion\": ", "before the answer to /version was complete"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\": [1", "breaks off"),
    ("", "without an answer"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "before the answer to /version was complete"),
  ])
  func whatAnswersIsNoEngine(_ answer: String, _ words: String) throws {
    try served(answer) { path in #expect(refusal(path)?.message.contains(words) == true, "\(String(describing: refusal(path)?.message))") }
  }
}
