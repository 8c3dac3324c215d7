import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

/// An HTTPS server that answers as a test says: standard responses that the simulator has not, and wrong ones.
final class FakeServer: Sendable {
  enum Reply: Sendable {
    case answer(String, status: Int = 200, headers: [(String, String)] = [])
    /// The head promises more than comes, then the connection ends.
    case cut(String)
    /// The head promises more than comes, and the connection stays open.
    case stall(String)
    /// A byte now and then, without an end.
    case trickle
    /// More bytes than are ever taken, without saying how many.
    case flood
    case silence
  }

  struct Request: Sendable {
    let uri: String
    let headers: HTTPHeaders
    let body: String

    /// Name of the method that the envelope calls: the first element behind the body's own.
    var method: String {
      guard let start = body.firstRange(of: "Body>")?.upperBound, let open = body[start...].firstIndex(of: "<") else { return uri }
      return String(body[body.index(after: open)...].prefix { $0 != " " && $0 != ">" && $0 != "/" })
    }
  }

  private let channel: any Channel
  private let log = Mutex<[Request]>([])

  var port: Int { channel.localAddress?.port ?? 0 }
  var requests: [Request] { log.withLock { $0 } }

  init(_ identity: TestAuthority.Identity?, _ answer: @escaping @Sendable (Request) -> Reply) async throws {
    var context: NIOSSLContext?
    if let identity {
      context = try NIOSSLContext(
        configuration: .makeServerConfiguration(
          certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8)).map { .certificate($0) },
          privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))))
    }
    let record = Record()
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [context] channel in
        channel.eventLoop.makeCompletedFuture {
          if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
          try channel.pipeline.syncOperations.addHandler(
            Handler { request in
              record.server.withLock { $0 }?.log.withLock { $0.append(request) }
              return answer(request)
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    record.server.withLock { $0 = self }
  }

  func stop() async { try? await channel.close() }

  private final class Record: Sendable {
    let server = Mutex<FakeServer?>(nil)
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (Request) -> Reply
    private var head: HTTPRequestHead?
    private var body = ""

    init(_ answer: @escaping @Sendable (Request) -> Reply) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        self.head = head
        body = ""
      case .body(let part): body += String(buffer: part)
      case .end:
        guard let head else { return }
        reply(answer(Request(uri: head.uri, headers: head.headers, body: body)), context)
      }
    }

    private func reply(_ reply: Reply, _ context: ChannelHandlerContext) {
      switch reply {
      case .answer(let text, let status, let fields):
        write(status, [("Content-Length", "\(text.utf8.count)")] + fields, text, context)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      case .cut(let text):
        write(200, [("Content-Length", "\(text.utf8.count + 100)")], text, context)
        context.flush()
        context.close(promise: nil)
      case .stall(let text):
        write(200, [("Content-Length", "\(text.utf8.count + 100)")], text, context)
        context.flush()
      case .trickle:
        write(200, [], "<a>", context)
        drip(context, bytes: 1, every: .milliseconds(200))
      case .flood:
        write(200, [], "<a>", context)
        drip(context, bytes: 1 << 20, every: .milliseconds(1))
      case .silence: break
      }
    }

    private func write(_ status: Int, _ headers: [(String, String)], _ text: String, _ context: ChannelHandlerContext) {
      let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: HTTPHeaders(headers))
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }

    private func drip(_ context: ChannelHandlerContext, bytes: Int, every time: TimeAmount) {
      guard context.channel.isActive else { return }
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(repeating: 0x20, count: bytes)))), promise: nil)
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      context.eventLoop.scheduleTask(in: time) { bound.value.0.drip(bound.value.1, bytes: bytes, every: time) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
