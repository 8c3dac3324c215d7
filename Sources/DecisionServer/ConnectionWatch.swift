internal import NIOCore
internal import Synchronization

/// Stands in a connection's pipeline and ends what has become useless: the evaluation of a request whose client has left, and a connection
/// whose client takes nothing of its answer.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  /// The request that is evaluated; one at a time.
  final class Current: Sendable {
    private struct State {
      var hasLeft = false
      var end: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    /// - Parameter end: called once when the client leaves, or at once where it has left.
    func begin(_ end: @escaping @Sendable () -> Void) {
      let hasLeft = state.withLock { state in
        if !state.hasLeft { state.end = end }
        return state.hasLeft
      }
      if hasLeft { end() }
    }

    func finish() { state.withLock { $0.end = nil } }

    fileprivate func leave() {
      let end = state.withLock { state in
        state.hasLeft = true
        defer { state.end = nil }
        return state.end
      }
      end?()
    }
  }

  let current = Current()
  private let patience: TimeAmount
  private let stalled: @Sendable (any Channel) -> Void
  private var look: Scheduled<Void>?

  /// - Parameters:
  ///   - patience: how long a client may take no byte of an answer that waits for it.
  ///   - stalled: told of a connection that is closed for this reason.
  init(patience: TimeAmount, stalled: @escaping @Sendable (any Channel) -> Void) {
    self.patience = patience
    self.stalled = stalled
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { current.leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    current.leave()
    end()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { end() } else { watch(context.channel, waiting: nil) }
    context.fireChannelWritabilityChanged()
  }

  private func end() {
    look?.cancel()
    look = nil
  }

  /// Looks again and again how many bytes wait, until all are taken or none was since the last look.
  private func watch(_ channel: any Channel, waiting before: Int?) {
    let waiting = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? nil
    if let before, let waiting, waiting >= before {
      look = nil
      stalled(channel)
      return channel.close(promise: nil)
    }
    look = channel.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.watch(channel, waiting: waiting ?? 0) }
  }
}
