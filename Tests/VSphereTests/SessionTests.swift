import Domain
import Foundation
import TestSupport
import Testing

@testable import VSphere

@Suite("Sessions and connections", .enabled(if: Simulator.obstacle == nil, "\(Simulator.obstacle ?? "")"))
struct SessionTests {
  /// What goes wrong, as code and sentence.
  private func failure(_ body: () async throws -> Void) async throws -> ServiceFailure {
    do { try await body() } catch let failure as ServiceFailure {
      #expect(!failure.message.contains("\n") && failure.message.count < 400)
      #expect(!failure.message.contains(Simulator.password))
      return failure
    }
    throw Missing()
  }

  private struct Missing: Error {}

  @Test("a session is closed after success, after an error and after an interrupt")
  func closed() async throws {
    let simulator = try Simulator()
    #expect(try await simulator.otherSessions() == 0)
    _ = try await simulator.inventory()
    #expect(try await simulator.otherSessions() == 0)

    let refused = try await failure {
      try await simulator.with { session throws(ServiceFailure) in
        _ = try await session.call("QueryOptions", on: ManagedObject("OptionManager", "nothing"))
      }
    }
    #expect(refused.fault == "ManagedObjectNotFound")
    #expect(try await simulator.otherSessions() == 0)

    let begun = AsyncStream<Void>.makeStream()
    let (address, trust) = (try ServiceAddress("localhost:\(simulator.port)"), try simulator.trust())
    let task = Task {
      try await ServiceSession.with(address, trust: trust, credentials: try Simulator.credentials()) { session throws(ServiceFailure) in
        begun.continuation.yield()
        while !Task.isCancelled { _ = try await session.call("CurrentTime", on: ManagedObject("ServiceInstance", "ServiceInstance")) }
        throw ServiceFailure(.cancelled, "interrupted")
      }
    }
    for await _ in begun.stream { break }
    #expect(try await simulator.otherSessions() == 1)
    task.cancel()
    let interrupted = try await failure { try await task.value }
    #expect(interrupted.code == .cancelled)
    #expect(try await simulator.otherSessions() == 0)
  }

  @Test("a wrong password is told, and leaves no session")
  func password() async throws {
    let simulator = try Simulator()
    let failure = try await failure {
      try await ServiceSession.with(
        try ServiceAddress("localhost:\(simulator.port)"), trust: try simulator.trust(),
        credentials: try Simulator.credentials(password: "wrong horse")
      ) { _ in }
    }
    #expect(failure.code == .login && failure.fault == "InvalidLogin")
    #expect(failure.message.contains("user or password are not accepted") && !failure.message.contains("wrong horse"))
    #expect(try await simulator.otherSessions() == 0)
  }

  @Test("certificates: expired, of an unknown authority, of another name, pinned")
  func certificates() async throws {
    func greet(_ simulator: Simulator, _ trust: ServerTrust) async throws {
      try await ServiceSession.with(
        try ServiceAddress("localhost:\(simulator.port)"), trust: trust, credentials: try Simulator.credentials()
      ) { _ in }
    }
    let old = try Simulator(expired: true)
    let expired = try await failure { try await greet(old, try old.trust()) }
    #expect(expired.code == .untrusted && expired.message.contains("expired on 20"))

    let simulator = try Simulator()
    let unknown = try await failure { try await greet(simulator, try ServerTrust()) }
    #expect(unknown.code == .untrusted && unknown.message.contains("no trusted authority signed"))
    // The sentence names the thumbprint that an operator would compare and pin.
    let shown = try #require(unknown.message.split(separator: " ").last.map(String.init))
    let pin = try Thumbprint(shown)
    try await greet(simulator, try ServerTrust(thumbprint: pin))
    try await greet(simulator, try ServerTrust(authorities: (Array(simulator.authority.text.utf8), "ca"), thumbprint: pin))
    // The pinned certificate is not enough where authorities are named and did not sign it.
    let stranger = try TestAuthority()
    let both = try await failure {
      try await greet(simulator, try ServerTrust(authorities: (Array(stranger.text.utf8), "ca"), thumbprint: pin))
    }
    #expect(both.code == .untrusted)

    let other = try Simulator()
    let mismatch = try await failure { try await greet(other, try ServerTrust(thumbprint: pin)) }
    #expect(mismatch.code == .untrusted && mismatch.message.contains("not the one of --thumbprint"))

    let named = try Simulator(name: "vcenter.example.net")
    let name = try await failure { try await greet(named, try named.trust()) }
    #expect(name.code == .untrusted && name.message.contains("for another name"))

    let pinnedOld = try await failure { try await greet(old, try ServerTrust(thumbprint: try await thumbprint(old))) }
    #expect(pinnedOld.code == .untrusted && pinnedOld.message.contains("has expired"))
  }

  private func thumbprint(_ simulator: Simulator) async throws -> Thumbprint {
    try #require(await SeenCertificate.of(try ServiceAddress("localhost:\(simulator.port)"))).thumbprint
  }

  @Test("a connection that is dropped at any point ends in one sentence", arguments: [0, 600, 3_000, 5_000, 20_000, 60_000])
  func dropped(_ bytes: Int) async throws {
    let simulator = try Simulator()
    let proxy = try await Proxy(to: simulator.port, after: bytes, .close)
    let failure = try await failure { _ = try await simulator.inventory(port: proxy.port) }
    #expect([.dropped, .foreign, .unreachable].contains(failure.code), "\(failure)")
    await proxy.stop()
  }

  @Test("nobody listens, and a name that nobody has")
  func unreachable() async throws {
    let closed = try await FakeServer(nil) { _ in .silence }
    let port = closed.port
    await closed.stop()
    let refused = try await failure {
      try await ServiceSession.with(
        try ServiceAddress("127.0.0.1:\(port)"), trust: try ServerTrust(), credentials: try Simulator.credentials()
      ) { _ in }
    }
    #expect(refused.code == .unreachable && refused.message.contains("connection refused"))
    let unknown = try await failure {
      try await ServiceSession.with(
        try ServiceAddress("no-such-host.invalid"), trust: try ServerTrust(), credentials: try Simulator.credentials()
      ) { _ in }
    }
    #expect(unknown.code == .unreachable)
  }

  @Test("changes: the state first, then what is switched, made and removed")
  func changes() async throws {
    let simulator = try Simulator()
    let machine = try await simulator.with { session throws(ServiceFailure) in
      let watched = ObjectChanges(session, [.init("VirtualMachine", ["name", "runtime.powerState"])], wait: .seconds(5))
      var steps = watched.makeAsyncIterator()
      guard let state = try await steps.next(), let first = state.first else { throw ServiceFailure(.foreign, "no state") }
      #expect(state.count == 4 && state.allSatisfy { $0.kind == .enter })
      #expect(first.properties["runtime.powerState"]?.text == "poweredOn")
      try await session.call("PowerOffVM_Task", on: first.object)
      let step = try await steps.next()
      let change = step?.first { $0.object == first.object }
      #expect(change?.kind == .modify && change?.properties["runtime.powerState"]?.text == "poweredOff")
      try await session.call("Destroy_Task", on: first.object)
      let end = try await steps.next()
      #expect(end?.contains { $0.object == first.object && $0.kind == .leave } == true)
      return first.object
    }
    #expect(machine.type == "VirtualMachine")
    #expect(try await simulator.otherSessions() == 0)
  }
}
