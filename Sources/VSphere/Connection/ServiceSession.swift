internal import Synchronization

/// A session on a vSphere server: logged in, and logged out again on every way out of `with`.
///
/// Safe to use from several tasks; the calls of each go over connections of their own.
public final class ServiceSession: Sendable {
  /// What the server is and where its managers are (vim25, ServiceContent).
  public let content: SOAPElement
  public let address: ServiceAddress
  let limits: ServiceLimits
  private let transport: ServiceTransport
  private let credentials: Credentials
  private let vim: Endpoint
  private let cookie: Mutex<String?>

  private init(_ transport: ServiceTransport, _ credentials: Credentials, content: SOAPElement, vim: Endpoint, cookie: String?) {
    self.transport = transport
    self.credentials = credentials
    self.content = content
    self.vim = vim
    self.cookie = Mutex(cookie)
    address = transport.address
    limits = transport.limits
  }

  /// Logs in, hands the session to `body` and logs out, also where `body` throws or its task is cancelled.
  ///
  /// - Parameter userAgent: what the server's log of sessions shows.
  public static func with<Result: Sendable>(
    _ address: ServiceAddress, trust: ServerTrust, credentials: Credentials, limits: ServiceLimits = ServiceLimits(),
    userAgent: String = "ringwall", _ body: (ServiceSession) async throws(ServiceFailure) -> Result
  ) async throws(ServiceFailure) -> Result {
    let transport = ServiceTransport(address, trust: trust, limits: limits, userAgent: userAgent)
    let session: ServiceSession
    do throws(ServiceFailure) {
      session = try await greet(transport, credentials)
      // Not to be cut short: a session that was opened without our knowing its key could not be closed.
      try await Task { () -> Swift.Result<Void, ServiceFailure> in
        do throws(ServiceFailure) { return .success(try await session.login()) } catch { return .failure(error) }
      }.value.get()
    } catch {
      await transport.close()
      throw error
    }
    do throws(ServiceFailure) {
      if Task.isCancelled { throw ServiceFailure(.cancelled, "\(address.text): interrupted") }
      let result = try await body(session)
      await session.close()
      return result
    } catch {
      await session.close()
      throw error
    }
  }

  /// Asks which versions of vim25 the server speaks, and what it is. Nothing of this needs a login.
  private static func greet(_ transport: ServiceTransport, _ credentials: Credentials) async throws(ServiceFailure) -> ServiceSession {
    let server = transport.address.text
    let vim = try await Endpoint.negotiated("/sdk", "urn:vim25", versions: "/sdk/vimServiceVersions.xml", transport)
    let anonymous = ServiceSession(transport, credentials, content: SOAPElement("content"), vim: vim, cookie: nil)
    let answer = try await anonymous.call("RetrieveServiceContent", on: ManagedObject("ServiceInstance", "ServiceInstance"))
    guard let content = answer.first("returnval"), content.first("about") != nil, content.first("sessionManager") != nil else {
      throw ServiceFailure(
        .foreign, "\(server): says nothing about itself, so that no vSphere server speaks there; name a vCenter or an ESXi host")
    }
    return ServiceSession(transport, credentials, content: content, vim: vim, cookie: anonymous.cookie.withLock { $0 })
  }

  private func login() async throws(ServiceFailure) {
    guard let manager = manager("sessionManager") else { throw unknownManager("sessionManager") }
    do throws(ServiceFailure) {
      _ = try await call(
        "Login", on: manager, [SOAPElement("userName", credentials.user), SOAPElement("password", credentials.password)])
    } catch {
      switch error.fault {
      case "InvalidLogin"?:
        throw ServiceFailure(
          .login, "\(address.text): user or password are not accepted; check both, and that the account is not locked", fault: error.fault)
      case "NoPermission"?:
        throw ServiceFailure(.login, "\(address.text): the account may not log in; give it the role Read-only", fault: error.fault)
      default: throw error
      }
    }
  }

  /// Ends the session on the server. Runs to its end in a task of its own, whatever became of ours.
  private func close() async {
    await Task {
      if let manager = manager("sessionManager") { _ = try? await call("Logout", on: manager, within: .seconds(10)) }
      await transport.close()
    }.value
  }

  /// A manager of the service content, by the name of its property there.
  public func manager(_ name: String) -> ManagedObject? { content.first(name)?.object }

  func unknownManager(_ name: String) -> ServiceFailure {
    ServiceFailure(.foreign, "\(address.text): has no \(name), which every vSphere server has; name a vCenter or an ESXi host")
  }

  /// Calls a method of a managed object.
  ///
  /// - Parameter endpoint: another service of the server than vim25, which shares its session.
  /// - Returns: the element of the answer, whose children named `returnval` are the result.
  /// - Throws: `fault` with the fault's type where the server refuses.
  @discardableResult
  public func call(
    _ method: String, on object: ManagedObject, _ arguments: [SOAPElement] = [], at endpoint: Endpoint? = nil, within time: Duration? = nil
  ) async throws(ServiceFailure) -> SOAPElement {
    var body = SOAPElement(method, children: [SOAPElement("_this", object)] + arguments)
    let endpoint = endpoint ?? vim
    body.namespace = endpoint.namespace
    let answer = try await transport.send(
      endpoint.path, body: SOAPWriter.envelope(body), action: endpoint.action, session: cookie.withLock { $0 }, within: time)
    if let session = answer.session { cookie.withLock { $0 = session } }
    let server = address.text
    guard answer.status == 200 || answer.status == 500 else {
      throw ServiceFailure(
        .foreign,
        "\(server): answers \(method) with HTTP status \(answer.status), as no vSphere server does; name a vCenter or an ESXi host")
    }
    switch try SOAPAnswer(try SOAPReader.read(answer.body, from: server), from: server) {
    case .response(let response): return response
    case .fault(let fault):
      if fault.type == "NotAuthenticated" {
        throw ServiceFailure(.login, "\(server): the session has ended; somebody ended it, or it was idle too long", fault: fault.type)
      }
      throw ServiceFailure(.fault, "\(server): \(method): \(fault.text)", fault: fault.type, subject: fault.subject)
    }
  }

  /// What the appliance of a vCenter says over its own interface.
  func appliance() async throws(ServiceFailure) -> Appliance.Answers { try await Appliance(transport).answers(credentials) }

  /// The management interface of vSAN, which a vCenter offers beside its own.
  func vsan() async throws(ServiceFailure) -> Endpoint {
    try await Endpoint.negotiated("/vsanHealth", "urn:vsan", versions: "/sdk/vsanServiceVersions.xml", transport)
  }
}

/// One SOAP service of a server: where it is, and which version of it is spoken.
public struct Endpoint: Sendable {
  let path: String
  let namespace: String
  let action: String

  /// The newest version that the server knows, so that no property is left out for an old client's sake.
  static func negotiated(
    _ path: String, _ namespace: String, versions: String, _ transport: ServiceTransport
  ) async throws(ServiceFailure) -> Endpoint {
    let answer = try await transport.send(versions, body: nil)
    var newest: String?
    if answer.status == 200, let root = try? SOAPReader.read(answer.body, from: transport.address.text) {
      newest = root.all("namespace").first { $0.text("name") == namespace }?.text("version")
    }
    return Endpoint(path: path, namespace: namespace, action: namespace + (newest.map { "/" + $0 } ?? ""))
  }
}
