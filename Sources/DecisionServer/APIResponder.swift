internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOSSL
internal import Rego
internal import SwiftASN1
internal import X509

/// Takes requests from connections to the API, and bounds what they may cost before they are understood.
struct APIResponder: HTTPResponder {
  /// What a request knows of its connection.
  struct Context: InitializableFromSource {
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
  }

  let api: API
  let isDiagnostic: Bool
  let threads: EvaluationThreads
  private var settings: ServerSettings { api.store.settings }

  func respond(to request: Request, context: Context) async throws -> Response {
    let identity = await identity(request, context.channel)
    var taken = APIRequest(
      method: request.method.rawValue, target: request.head.path ?? "/", headers: request.headers.map { ($0.name.canonicalName, $0.value) },
      remote: Self.text(context.channel.remoteAddress), identity: identity)
    let answer: APIResponse
    do throws(APIError) {
      taken.body = try await body(request)
      answer = await evaluate(taken, context.channel)
    } catch {
      settings.log?("ringwall: \(taken.remote): \(taken.method) \(taken.target.prefix(200)): \(error.message)")
      answer = error.response
    }
    // What is left of the body is not waited for.
    if answer.endsConnection {
      let channel = context.channel
      channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
    return response(answer, taken)
  }

  /// On a thread that may block. The client's leaving ends the evaluation, as does the end of the server.
  private func evaluate(_ request: APIRequest, _ channel: any Channel) async -> APIResponse {
    let task = Task(executorPreference: threads) { api.answer(request, isDiagnostic: isDiagnostic) }
    let current = try? await channel.pipeline.handler(type: ConnectionWatch.self).map(\.current).get()
    current?.begin { task.cancel() }
    defer { current?.finish() }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  private func response(_ answer: APIResponse, _ request: APIRequest) -> Response {
    var headers = HTTPFields()
    if let type = answer.type { headers[.contentType] = type }
    if answer.endsConnection { headers[.connection] = "close" }
    var body = answer.body
    let isDecision = ["v0", "v1"].contains(request.path.first) && ["data", "compile"].contains(request.path.dropFirst().first)
    if isDecision, request.takesGzip, body.count >= settings.packedFrom, let packed = Gzip.pack(body) {
      body = packed
      headers[.contentEncoding] = "gzip"
      headers[.vary] = "Accept-Encoding"
    }
    return Response(
      status: .init(code: answer.status), headers: headers, body: body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// Reads the body up to its limit and for no longer than it may take.
  private func body(_ request: Request) async throws(APIError) -> [UInt8] {
    let limit = settings.bodyLimit
    var late = APIError(408, .invalidParameter, "the body did not come within \(settings.bodyTimeout)")
    late.endsConnection = true
    var long = APIError(413, .invalidParameter, "request body too large")
    long.endsConnection = true
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw long }
    let time = settings.bodyTimeout
    let (tooLong, tooLate) = (long, late)
    let result = await withTaskGroup(of: Result<[UInt8], APIError>.self) { group in
      group.addTask {
        var bytes: [UInt8] = []
        do {
          for try await part in request.body {
            guard bytes.count + part.readableBytes <= limit else { return .failure(tooLong) }
            bytes.append(contentsOf: part.readableBytesView)
          }
        } catch {
          return .failure(tooLate)
        }
        return .success(bytes)
      }
      group.addTask {
        try? await Task.sleep(for: time)
        return .failure(tooLate)
      }
      let first = await group.next() ?? .failure(tooLate)
      group.cancelAll()
      return first
    }
    return try result.get()
  }

  private func identity(_ request: Request, _ channel: any Channel) async -> String? {
    switch settings.authentication {
    case .off: return nil
    case .token:
      let parts = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
      return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    case .tls:
      let certificate = try? await channel.pipeline.handler(type: NIOSSLServerHandler.self).map { try? $0.peerCertificate?.toDERBytes() }
        .get()
      return certificate.flatMap { $0 }.flatMap { try? Certificate(derEncoded: $0) }.map { "\($0.subject)" }
    }
  }

  /// "host:port", or a socket's path; "" for none.
  static func text(_ address: SocketAddress?) -> String {
    guard let address else { return "" }
    guard let host = address.ipAddress, let port = address.port else { return address.pathname ?? "" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
