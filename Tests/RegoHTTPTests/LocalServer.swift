import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server on loopback for one test.
final class LocalServer: Sendable {
  struct Request: Sendable {
    let method: String
    let uri: String
    let headers: HTTPHeaders
    let body: String
  }

  enum Reply: Sendable {
    case answer(Int, [String: String] = [:], body: String = "")
    /// The head at once, then a byte every 20 ms for ever.
    case trickle
    /// Nothing at all.
    case silence
    /// The connection ends in the body.
    case cut
    /// More bytes than are ever taken, without saying how many.
    case flood
  }

  typealias Handler = @Sendable (Request) -> Reply

  private let channel: any Channel
  private let log = Mutex<[Request]>([])

  var requests: [Request] { log.withLock { $0 } }
  var port: Int { channel.localAddress?.port ?? 0 }
  var url: String { "http://127.0.0.1:\(port)" }
  var secureURL: String { "https://localhost:\(port)" }

  init(security: TLSConfiguration? = nil, socket: String? = nil, _ handler: @escaping Handler) async throws {
    let context = try security.map { try NIOSSLContext(configuration: $0) }
    let record = Record()
    let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
          try channel.pipeline.syncOperations.addHandler(
            ServerHandler { request in
              record.server?.log.withLock { $0.append(request) }
              return handler(request)
            })
        }
      }
    if let socket {
      channel = try await bootstrap.bind(unixDomainSocketPath: socket).get()
    } else {
      channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    }
    record.set(self)
  }

  func stop() async { try? await channel.close() }

  private final class Record: Sendable {
    private let value = Mutex<LocalServer?>(nil)
    var server: LocalServer? { value.withLock { $0 } }
    func set(_ server: LocalServer) { value.withLock { $0 = server } }
  }
}

private final class ServerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: LocalServer.Handler
  private var head: HTTPRequestHead?
  private var body = ""

  init(_ answer: @escaping LocalServer.Handler) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = ""
    case .body(let part): body += String(buffer: part)
    case .end:
      guard let head else { return }
      reply(answer(.init(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: body)), context)
    }
  }

  private func reply(_ reply: LocalServer.Reply, _ context: ChannelHandlerContext) {
    switch reply {
    case .answer(let status, let fields, let text):
      var headers = HTTPHeaders(fields.sorted { $0.key < $1.key })
      if status != 304 { headers.add(name: "Content-Length", value: "\(text.utf8.count)") }
      write(status, headers, context)
      if !text.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil) }
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    case .silence: break
    case .trickle:
      write(200, [:], context)
      drip(context, bytes: 1, every: .milliseconds(20))
    case .flood:
      write(200, [:], context)
      drip(context, bytes: 65_536, every: .milliseconds(1))
    case .cut:
      write(200, ["Content-Length": "100"], context)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "half")))), promise: nil)
      context.close(promise: nil)
    }
  }

  private func write(_ status: Int, _ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
    context.writeAndFlush(
      wrapOutboundOut(.head(.init(version: .http1_1, status: .init(statusCode: status), headers: headers))), promise: nil)
  }

  private func drip(_ context: ChannelHandlerContext, bytes: Int, every time: TimeAmount) {
    guard context.channel.isActive else { return }
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(repeating: 0x20, count: bytes)))), promise: nil)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: time) { bound.value.0.drip(bound.value.1, bytes: bytes, every: time) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
