import NIOCore
import NIOPosix
import Synchronization

/// Passes bytes between a client and a server, until the server has sent so many of them. Then it closes, or holds back what comes.
final class Proxy: Sendable {
  enum End: Sendable {
    case close, hold
  }

  private struct State {
    var passed = 0
    var isHolding = false
    var isReleased = false
    var held: [(any Channel, ByteBuffer)] = []
  }

  private let channel: any Channel
  private let state: Shared

  private final class Shared: Sendable {
    let value = Mutex(State())
  }

  var port: Int { channel.localAddress?.port ?? 0 }
  var isHolding: Bool { state.value.withLock { $0.isHolding } }

  init(to port: Int, after limit: Int, _ end: End) async throws {
    let state = Shared()
    self.state = state
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { client in
        let loop = client.eventLoop
        let connected = ClientBootstrap(group: loop).channelInitializer { server in
          server.eventLoop.makeCompletedFuture {
            try server.pipeline.syncOperations.addHandler(
              Pass(client) { bytes in
                state.value.withLock { state in
                  state.passed += bytes.readableBytes
                  guard state.passed > limit, !state.isReleased else { return .pass }
                  if end == .close { return .close }
                  state.isHolding = true
                  state.held.append((client, bytes))
                  return .hold
                }
              })
          }
        }.connect(host: "127.0.0.1", port: port)
        return connected.hop(to: loop).flatMapThrowing { server in
          let handler = Pass(server)
          try client.pipeline.syncOperations.addHandler(handler)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  /// Lets what was held back, and all that follows, pass.
  func release() {
    let held = state.value.withLock { state in
      state.isReleased = true
      defer { state.held = [] }
      return state.held
    }
    for (channel, bytes) in held { channel.writeAndFlush(bytes, promise: nil) }
  }

  func stop() async { try? await channel.close() }

  private enum Verdict { case pass, hold, close }

  /// Hands on what comes in to another channel, and closes it with its own.
  private final class Pass: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let other: (any Channel)?
    private let decide: @Sendable (ByteBuffer) -> Verdict

    init(_ other: (any Channel)?, _ decide: @escaping @Sendable (ByteBuffer) -> Verdict = { _ in .pass }) {
      self.other = other
      self.decide = decide
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      switch decide(bytes) {
      case .pass: other?.writeAndFlush(bytes, promise: nil)
      case .hold: break
      case .close:
        other?.close(promise: nil)
        context.close(promise: nil)
      }
    }

    func channelInactive(context: ChannelHandlerContext) { other?.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
