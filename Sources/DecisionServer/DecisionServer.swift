internal import Dispatch
internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
public import Rego
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Policies behind OPA's REST API (v1, and the parts of v0 that are left of it).
///
///     let server = try DecisionServer(contents, settings)
///     try server.run { print("listening at", $0.map(\.text)) }
public final class DecisionServer: Sendable {
  /// Why a server cannot be run.
  public struct Failure: Error, Sendable {
    public let message: String
  }

  private let api: API
  private let settings: ServerSettings
  private let group = Mutex<ServiceGroup?>(nil)

  /// - Throws: errors of the modules.
  public init(_ contents: ServerContents, _ settings: ServerSettings) throws(RegoErrors) {
    self.settings = settings
    api = API(try PolicyStore(contents, settings))
  }

  /// Takes other policies and data, as after a change of files; where they are wrong those of before stay.
  public func replace(_ contents: ServerContents) throws(RegoErrors) {
    let state = try StoreState(contents, settings)
    do throws(APIError) {
      try api.store.change { _ throws(APIError) in state }
    } catch {
      throw RegoErrors(error.errors)
    }
  }

  /// Serves until the process gets SIGINT or SIGTERM, or `stop` is called; requests that have begun are answered. Blocks the thread.
  ///
  /// - Parameter ready: told once where the server listens; ports that the system chose are named.
  public func run(ready: @escaping @Sendable ([ServerAddress]) -> Void = { _ in }) throws(Failure) {
    let done = DispatchSemaphore(value: 0)
    let failure = Mutex<Failure?>(nil)
    let threads = EvaluationThreads(count: settings.concurrency)
    Task.detached {
      do { try await self.serve(threads, ready) } catch {
        failure.withLock { $0 = (error as? Failure) ?? Failure(message: "\(error)") }
      }
      done.signal()
    }
    done.wait()
    threads.stop()
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// Ends `run` once requests that have begun are answered.
  public func stop() async { await group.withLock { $0 }?.triggerGracefulShutdown() }

  private func serve(_ threads: EvaluationThreads, _ ready: @escaping @Sendable ([ServerAddress]) -> Void) async throws {
    let logger = Logger(label: "server") { _ in SwiftLogNoOpLogHandler() }
    let all = settings.addresses.map { ($0, false) } + settings.diagnosticAddresses.map { ($0, true) }
    guard !all.isEmpty else { throw Failure(message: "no address to listen at") }
    let bound = Mutex<[ServerAddress]>([])
    var services: [any Service] = []
    for (address, isDiagnostic) in all {
      services.append(
        try application(address, isDiagnostic, threads, logger) { local in
          let places = bound.withLock { list in
            list.append(local)
            return list
          }
          if places.count == all.count { ready(places) }
        })
    }
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = settings.shutdownGrace
    let group = ServiceGroup(configuration: configuration)
    self.group.withLock { $0 = group }
    do { try await group.run() } catch let error as IOError {
      // SAFETY: strerror gives a text that is copied before anybody else asks for one.
      let reason = unsafe String(cString: strerror(error.errnoCode)).lowercased()
      throw Failure(message: "listen \(Self.text(all.map(\.0))): \(reason)")
    } catch let error as Failure { throw error } catch {
      throw Failure(message: "listen \(Self.text(all.map(\.0))): \(error)")
    }
  }

  private static func text(_ addresses: [ServerAddress]) -> String { addresses.map(\.text).joined(separator: ", ") }

  private func application(
    _ address: ServerAddress, _ isDiagnostic: Bool, _ threads: EvaluationThreads, _ logger: Logger,
    _ running: @escaping @Sendable (ServerAddress) -> Void
  ) throws -> some Service {
    let (patience, log) = (settings.answerTimeout, settings.log)
    let connections = max(
      1, OpenFiles.connections(settings.connectionLimit) / (settings.addresses.count + settings.diagnosticAddresses.count))
    let http = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [
          ConnectionWatch(patience: .init(patience)) { channel in
            log?(
              "ringwall: \(APIResponder.text(channel.remoteAddress)): took nothing of its answer for \(patience); the connection is closed")
          }
        ], idleTimeout: .init(settings.idleTimeout)))
    let bind: BindAddress
    switch address.place {
    case .host(let host, let port): bind = .hostname(host, port: port)
    case .socket(let path):
      // A socket that an earlier run left behind.
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      if attributes?[.type] as? FileAttributeType == .typeSocket { try? FileManager.default.removeItem(atPath: path) }
      bind = .unixDomainSocket(path: path)
    }
    return Application(
      responder: APIResponder(api: api, isDiagnostic: isDiagnostic, threads: threads),
      server: address.isSecure ? try secure(http) : http,
      configuration: .init(
        address: bind, availableConnectionsDelegate: MaximumAvailableConnections(connections, logger: logger)),
      onServerRunning: { channel in
        guard case .host(let host, _) = address.place, let port = channel.localAddress?.port else { return running(address) }
        running(ServerAddress(.host(host, port: port), isSecure: address.isSecure))
      }, logger: logger)
  }

  private func secure(_ http: HTTPServerBuilder) throws(Failure) -> HTTPServerBuilder {
    let configuration = try security()
    do { return try .tls(http, tlsConfiguration: configuration) } catch {
      let files = settings.security.map { "\($0.certificateFile), \($0.keyFile)" } ?? ""
      throw Failure(message: "\(files): the key is not that of the certificate, or one of both cannot be used: \(error)")
    }
  }

  private func security() throws(Failure) -> TLSConfiguration {
    guard let files = settings.security else { throw Failure(message: "an https address needs a certificate and its key") }
    do {
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificateFile).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: files.keyFile, format: .pem)))
      configuration.minimumTLSVersion = .tlsv12
      configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1, .secp521r1]
      if settings.authentication == .tls {
        configuration.certificateVerification = .noHostnameVerification
        if let file = files.authoritiesFile { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) }
      }
      return configuration
    } catch {
      throw Failure(message: "\(files.certificateFile), \(files.keyFile): no certificate with its key in PEM: \(error)")
    }
  }
}
