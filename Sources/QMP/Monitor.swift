#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// One connection to a QEMU monitor that speaks QMP: capabilities are negotiated, commands carry ids, events that come in between are kept.
///
/// Every call blocks for the time that it is given at most. Who speaks at the other end is not trusted: lines are bounded, late answers to
/// commands that were given up are skipped, and nothing that comes ends the program. A connection serves one thread at a time.
/// Specification: QEMU, docs/interop/qmp-spec.
public final class Monitor {
  /// What `query-version` and the greeting say.
  public struct Version: Sendable, Hashable, Comparable {
    public let major: Int
    public let minor: Int
    public let micro: Int
    /// Text of the packager, as "Debian 1:7.2+dfsg-7".
    public let package: String

    public static func < (left: Version, right: Version) -> Bool {
      (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
    }
  }

  /// An asynchronous message.
  public struct Event: Sendable, Hashable {
    /// In capitals, as STOP.
    public let name: String
    public let data: JSONValue
    /// When QEMU sent it, microseconds since 1970 of the host's clock; 0 where it does not say, -1 where its clock failed.
    public let microseconds: Int64
  }

  public static let defaultLineLimit = 1 << 20
  /// Events that are kept between two calls of `takeEvents`; older ones are dropped and counted.
  public static let eventLimit = 4096

  public let path: String
  public let version: Version
  /// Events that were dropped, since nobody took them.
  public private(set) var droppedEvents = 0
  private let socket: LocalSocket
  /// The connected socket, for a child that must reach the monitor after this process has died. Whoever writes to it ends commands with a line.
  public var descriptor: Int32 { socket.descriptor }
  /// Process id of who opened the socket to listen, as the system tells it; nil where it does not.
  public var peer: Int32? { socket.peer }
  private var events: [Event] = []
  private var lastID: Int64 = 0

  /// Connects, reads the greeting and leaves negotiation.
  ///
  /// - Parameter milliseconds: for all of it.
  public init(path: String, within milliseconds: Int = 2000, lineLimit: Int = Monitor.defaultLineLimit) throws(QMPError) {
    let wait = Wait(command: "greeting", milliseconds: milliseconds)
    self.path = path
    do throws(LocalSocket.Failure) {
      socket = try LocalSocket(path: path, lineLimit: lineLimit, until: wait.deadline)
    } catch {
      // A queue of connections that stays full is somebody else's, too.
      if case .timeout = error { throw .timedOut(command: wait.command, milliseconds: milliseconds) }
      throw .unreachable(path: path, reason: Self.text(error))
    }
    let greeting = try Self.message(from: socket, path: path, wait)
    guard let numbers = greeting["QMP"]?["version"]?["qemu"] else {
      throw .malformed(path: path, reason: "its first line is no greeting of QMP")
    }
    func number(_ key: String) -> Int { Int(clamping: numbers[key]?.unsigned ?? 0) }
    version = Version(
      major: number("major"), minor: number("minor"), micro: number("micro"),
      package: greeting["QMP"]?["version"]?["package"]?.text ?? "")
    try execute("qmp_capabilities", within: milliseconds)
  }

  /// Sends a command and waits for its answer: the value of "return".
  ///
  /// - Parameter descriptor: an open file that QEMU gets a copy of with the command (`add-fd`, `getfd`).
  @discardableResult
  public func execute(
    _ command: String, _ arguments: [String: JSONValue] = [:], within milliseconds: Int = 5000, passing descriptor: Int32? = nil
  ) throws(QMPError)
    -> JSONValue
  {
    lastID += 1
    let id = JSONValue.integer(lastID)
    var request: [String: JSONValue] = ["execute": .text(command), "id": id]
    if !arguments.isEmpty { request["arguments"] = .object(arguments) }
    guard let line = JSONValue.object(request).json else {
      throw .refused(command: command, class: "GenericError", description: "an argument is a number that JSON does not have")
    }
    let wait = Wait(command: command, milliseconds: milliseconds)
    do throws(LocalSocket.Failure) {
      var text = line + [0x0A]
      if let descriptor { try socket.send(text.removeFirst(), passing: descriptor, until: wait.deadline) }
      try socket.send(text, until: wait.deadline)
    } catch { throw Self.failure(error, path, wait) }
    while true {
      let answer = try message(wait)
      // An answer without an id is one to a line that QEMU could not read; any other id belongs to a command that was given up.
      guard answer["id"] == nil || answer["id"] == id else { continue }
      if let value = answer["return"] { return value }
      guard let error = answer["error"] else { continue }
      throw .refused(
        command: command, class: error["class"]?.text ?? "GenericError", description: error["desc"]?.text ?? "it gave no reason")
    }
  }

  /// A command of the human monitor (HMP), and what it prints. Its errors are texts too.
  public func human(_ line: String, within milliseconds: Int = 5000, passing descriptor: Int32? = nil) throws(QMPError) -> String {
    try execute("human-monitor-command", ["command-line": .text(line)], within: milliseconds).text ?? ""
  }

  /// The events that came since the last call, in their order. Reads nothing.
  public func takeEvents() -> [Event] {
    defer { events = [] }
    return events
  }

  /// Waits for an event of one of these names; nil when none comes in time. Those before it stay to be taken, it does not.
  public func event(_ names: Set<String>, within milliseconds: Int) throws(QMPError) -> Event? {
    let wait = Wait(command: "event", milliseconds: milliseconds)
    while true {
      if let index = events.firstIndex(where: { names.contains($0.name) }) { return events.remove(at: index) }
      do throws(QMPError) { keep(try Self.message(from: socket, path: path, wait)) } catch {
        if case .timedOut = error { return nil }
        throw error
      }
    }
  }

  /// What is waited for, and how long.
  private struct Wait {
    let command: String
    let milliseconds: Int
    let deadline: Deadline

    init(command: String, milliseconds: Int) {
      self.command = command
      self.milliseconds = milliseconds
      deadline = Deadline(milliseconds: milliseconds)
    }
  }

  /// The next message that is no event; events are kept. A peer that sends them without end is left when the time is up.
  private func message(_ wait: Wait) throws(QMPError) -> JSONValue {
    while true {
      let message = try Self.message(from: socket, path: path, wait)
      guard keep(message) else { return message }
      guard wait.deadline.isAhead else { throw .timedOut(command: wait.command, milliseconds: wait.milliseconds) }
    }
  }

  @discardableResult
  private func keep(_ message: JSONValue) -> Bool {
    guard let name = message["event"]?.text else { return false }
    if events.count >= Self.eventLimit {
      events.removeFirst(Self.eventLimit / 2)
      droppedEvents += Self.eventLimit / 2
    }
    events.append(Event(name: name, data: message["data"] ?? .object([:]), microseconds: Self.microseconds(message["timestamp"])))
    return true
  }

  private static func microseconds(_ stamp: JSONValue?) -> Int64 {
    guard let seconds = stamp?["seconds"]?.integer, let rest = stamp?["microseconds"]?.integer else { return 0 }
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow, seconds >= 0, (0..<1_000_000).contains(rest) else { return -1 }
    let (sum, tooLarge) = product.addingReportingOverflow(rest)
    return tooLarge ? -1 : sum
  }

  private static func message(from socket: LocalSocket, path: String, _ wait: Wait) throws(QMPError) -> JSONValue {
    let line: ArraySlice<UInt8>
    do throws(LocalSocket.Failure) { line = try socket.line(until: wait.deadline) } catch { throw failure(error, path, wait) }
    guard let value = JSONValue(json: line) else { throw .malformed(path: path, reason: "a line of it is no JSON") }
    return value
  }

  private static func failure(_ failure: LocalSocket.Failure, _ path: String, _ wait: Wait) -> QMPError {
    switch failure {
    case .timeout: .timedOut(command: wait.command, milliseconds: wait.milliseconds)
    case .closed, .system: .unreachable(path: path, reason: text(failure))
    case .lineTooLong: .malformed(path: path, reason: text(failure))
    }
  }

  private static func text(_ failure: LocalSocket.Failure) -> String {
    switch failure {
    case .timeout: "no time was left"
    case .closed: "it closed the connection"
    case .lineTooLong: "it sent a line longer than is read"
    // SAFETY: strerror(3) returns a text that ends in NUL and stays until the next call on this thread.
    case .system(let code): unsafe String(cString: strerror(code))
    }
  }
}
