internal import Foundation

/// The shell on the second serial line of a test guest: a line goes in, what it prints and its exit code come out.
struct GuestShell {
  let path: String

  func run(_ command: String, seconds: Int) throws -> String {
    let line = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard line >= 0 else { throw TestGuest.Failure(description: "no socket: errno \(errno)") }
    defer { close(line) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path of a guest's folder is shorter than sun_path, whose last byte stays NUL.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let connected = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(line, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard connected == 0 else { throw TestGuest.Failure(description: "\(path): errno \(errno)") }

    // What an earlier command that took too long still prints comes before this mark.
    let mark = "RINGWALL-\(UUID().uuidString)"
    let text = Array("echo \(mark); \(command)\n".utf8)
    guard unsafe text.withUnsafeBytes({ unsafe write(line, $0.baseAddress, $0.count) }) == text.count else {
      throw TestGuest.Failure(description: "\(path): errno \(errno)")
    }
    var answer: [UInt8] = []
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      var entry = pollfd(fd: line, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&entry, 1, 200) > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(line, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      answer.append(contentsOf: chunk[..<count])
      if let result = try Self.result(String(decoding: answer, as: UTF8.self), after: mark, command) { return result }
    }
    throw TestGuest.Failure(
      description: "the guest did not finish within \(seconds) s: \(command): \(String(decoding: answer.suffix(400), as: UTF8.self))")
  }

  private static func result(_ text: String, after mark: String, _ command: String) throws -> String? {
    let text = text.replacingOccurrences(of: "\r\n", with: "\n")
    guard let start = text.range(of: mark + "\n"), let end = text.range(of: "RINGWALL-END ", range: start.upperBound..<text.endIndex),
      let newline = text[end.upperBound...].firstIndex(of: "\n")
    else { return nil }
    let output = String(text[start.upperBound..<end.lowerBound])
    let code = text[end.upperBound..<newline]
    guard code == "0" else { throw TestGuest.Failure(description: "\(command) exited with \(code) in the guest: \(output)") }
    return output
  }
}
