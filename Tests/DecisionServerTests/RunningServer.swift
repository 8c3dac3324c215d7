import AsyncHTTPClient
import DecisionServer
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import Rego
import Synchronization
import Testing

/// A decision server on loopback for one test, and a client of it.
final class RunningServer: Sendable {
  let server: DecisionServer
  let address: ServerAddress
  private let thread: Task<Void, Never>
  private let client: HTTPClient

  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: RegoValue { (try? Document(json: bytes).regoValue) ?? .null }
    var result: RegoValue? { json["result"] }
    var code: String? { if case .string(let code)? = json["code"] { code } else { nil } }
  }

  init(
    _ modules: [String: String] = [:], data: String = "{}", bundles: [ServerContents.BundleScope] = [], security: TLSConfiguration? = nil,
    address: ServerAddress? = nil, _ change: (inout ServerSettings) -> Void = { _ in }
  ) async throws {
    var settings = ServerSettings()
    settings.addresses = [address ?? ServerAddress(.host("127.0.0.1", port: 0))]
    change(&settings)
    let sources = try modules.sorted { $0.key < $1.key }.map { id, text in
      ServerContents.Source(id: id, text: Array(text.utf8), module: try Parser.module(Array(text.utf8), file: id))
    }
    let contents = ServerContents(sources: sources, data: try Document(json: Array(data.utf8)).regoValue, bundles: bundles)
    let server = try DecisionServer(contents, settings)
    self.server = server
    let (stream, continuation) = AsyncStream<Result<[ServerAddress], DecisionServer.Failure>>.makeStream()
    let (ended, endedContinuation) = AsyncStream<Void>.makeStream()
    Thread.detachNewThread {
      do throws(DecisionServer.Failure) { try server.run { continuation.yield(.success($0)) } } catch {
        continuation.yield(.failure(error))
      }
      endedContinuation.finish()
    }
    thread = Task { for await _ in ended {} }
    var iterator = stream.makeAsyncIterator()
    self.address = try #require(try await iterator.next()?.get().first)
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.tlsConfiguration = security
    configuration.connectionPool.retryConnectionEstablishment = false
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// A test that fails never comes to `stop`; a client that is not shut down ends the whole run.
  deinit { client.shutdown { _ in } }

  var port: Int { if case .host(_, let port) = address.place { port } else { 0 } }

  private var base: String {
    if case .socket(let path) = address.place { return "http+unix://" + path.replacingOccurrences(of: "/", with: "%2F") }
    return (address.isSecure ? "https://localhost:" : "http://127.0.0.1:") + "\(port)"
  }

  func send(_ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]) async throws -> Answer {
    try await send(method, path, bytes: body.map { Array($0.utf8) }, headers: headers)
  }

  func send(_ method: String, _ path: String, bytes: [UInt8]?, headers: [String: String] = [:]) async throws -> Answer {
    let request = try HTTPClient.Request(
      url: base + path, method: HTTPMethod(rawValue: method), headers: HTTPHeaders(headers.map { ($0.key, $0.value) }),
      body: bytes.map { .bytes($0) })
    let response = try await client.execute(request: request, deadline: .now() + .seconds(60)).get()
    return Answer(
      status: Int(response.status.code), headers: response.headers, bytes: response.body.map { Array($0.readableBytesView) } ?? [])
  }

  /// Ends the server and waits for its end.
  func stop() async throws {
    try await client.shutdown()
    await server.stop()
    await thread.value
  }
}

/// Lines that a server tells.
final class LineBox: Sendable {
  private let contents = Mutex<[String]>([])
  var lines: [String] { contents.withLock { $0 } }
  func add(_ line: String) { contents.withLock { $0.append(line) } }
}
