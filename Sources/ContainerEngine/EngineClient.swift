internal import AsyncHTTPClient
internal import Dispatch
public import Domain
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Asks a container engine over its local socket: GET only, one call at a time, bounded in size and time.
///
///     let engine = EngineClient(socket: "/run/docker.sock", target: "docker:///run/docker.sock")
///     let info = engine.get("/info")
///
/// Calls name no version of the API, so that the engine answers in its newest. Threads start with the first call.
public final class EngineClient: Sendable {
  /// Bytes of the longest answer that is taken.
  public static let answerLimit = 32 << 20
  private static let callTime = Duration.seconds(10)

  private let socket: String
  private let target: String
  private let client: HTTPClient
  private let end: ContinuousClock.Instant

  /// - Parameters:
  ///   - socket: absolute path of the engine's socket.
  ///   - target: what messages call the engine, as the user named it.
  ///   - time: for all calls together.
  public init(socket: String, target: String, time: Duration = .seconds(120)) {
    self.socket = socket
    self.target = target
    end = .now + time
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = .seconds(5)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  deinit { client.shutdown { _ in } }

  /// The body of the answer to `GET path`; nil where the engine says that there is no such thing (404).
  ///
  /// - Parameter path: from the slash on, with its query.
  public func get(_ path: String) -> Result<[UInt8]?, Refusal> {
    let now = ContinuousClock.now
    guard now < end else { return .failure(refusal("io", "the calls took too long; \(path) was not asked any more")) }
    let deadline = min(now + Self.callTime, end)
    let request: HTTPClient.Request
    do {
      let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      request = try HTTPClient.Request(url: "http+unix://\(host)\(path)", headers: ["Host": "localhost", "User-Agent": "ringwall"])
    } catch {
      return .failure(refusal("not-found", "not the path of a socket; write docker:///run/docker.sock"))
    }
    let collector = AnswerCollector(limit: Self.answerLimit)
    let remaining = (deadline - now).components
    let task = client.execute(
      request: request, delegate: collector,
      deadline: .now() + .milliseconds(remaining.seconds * 1000 + remaining.attoseconds / 1_000_000_000_000_000))
    let outcome = Outcome()
    task.futureResult.whenComplete { outcome.finish($0) }
    guard let result = outcome.wait(until: deadline + .seconds(1)) else {
      task.cancel()
      return .failure(EngineFailure.late(path, hasHead: collector.hasHead, refusal))
    }
    switch result {
    case .success(let answer) where answer.status == 200: return .success(answer.body)
    case .success(let answer) where answer.status == 404: return .success(nil)
    case .success(let answer):
      return .failure(refusal(answer.status == 403 ? "permission" : "unknown-kind", "\(path) was answered with status \(answer.status)"))
    case .failure(let error): return .failure(EngineFailure.refusal(error, path, hasHead: collector.hasHead, self.refusal))
    }
  }

  private func refusal(_ code: String, _ text: String) -> Refusal { Refusal(target: target, code: code, message: "\(target): \(text)") }
}

/// What a blocked thread waits for.
private final class Outcome: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private let result = Mutex<Result<Answer, any Error>?>(nil)

  func finish(_ value: Result<Answer, any Error>) {
    result.withLock { $0 = value }
    semaphore.signal()
  }

  /// Nil where the time is over.
  func wait(until end: ContinuousClock.Instant) -> Result<Answer, any Error>? {
    while semaphore.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
      if ContinuousClock.now >= end { return nil }
    }
    return result.withLock { $0 }
  }
}

struct Answer: Sendable {
  var status: Int
  var body: [UInt8]
}

struct AnswerTooLong: Error {}

/// Takes an answer in parts, up to a size.
private final class AnswerCollector: HTTPClientResponseDelegate {
  private let limit: Int
  private let state = Mutex<(status: Int?, body: [UInt8])>((nil, []))

  init(limit: Int) { self.limit = limit }

  var hasHead: Bool { state.withLock { $0.status != nil } }

  func didReceiveHead(task: HTTPClient.Task<Answer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
    state.withLock { $0.status = Int(head.status.code) }
    return task.eventLoop.makeSucceededVoidFuture()
  }

  func didReceiveBodyPart(task: HTTPClient.Task<Answer>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
    let fits = state.withLock { state in
      guard state.body.count + buffer.readableBytes <= limit else { return false }
      state.body.append(contentsOf: buffer.readableBytesView)
      return true
    }
    return fits ? task.eventLoop.makeSucceededVoidFuture() : task.eventLoop.makeFailedFuture(AnswerTooLong())
  }

  func didFinishRequest(task: HTTPClient.Task<Answer>) throws -> Answer {
    state.withLock { Answer(status: $0.status ?? 0, body: $0.body) }
  }
}
