import Domain
import Foundation
import TestSupport
import Testing

@testable import VSphere

@Suite("Answers that no vSphere server gives, and standard ones that the simulator has not")
struct AnswerTests {
  static func envelope(_ body: String) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" \
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>\(body)</soapenv:Body></soapenv:Envelope>
    """
  }

  static let content = envelope(
    """
    <RetrieveServiceContentResponse xmlns="urn:vim25"><returnval><rootFolder type="Folder">group-d1</rootFolder>\
    <propertyCollector type="PropertyCollector">propertyCollector</propertyCollector><viewManager type="ViewManager">ViewManager</viewManager>\
    <about><name>VMware vCenter Server</name><version>8.0.3</version><build>24022515</build><apiType>VirtualCenter</apiType></about>\
    <sessionManager type="SessionManager">SessionManager</sessionManager></returnval></RetrieveServiceContentResponse>
    """)

  /// Asks a server that gives one answer to everything, and returns what went wrong.
  private func failure(
    isSecure: Bool = true, _ answer: @escaping @Sendable (FakeServer.Request) -> FakeServer.Reply
  ) async throws -> ServiceFailure {
    let authority = try TestAuthority()
    let server = try await FakeServer(isSecure ? try authority.identity("localhost") : nil, answer)
    var limits = ServiceLimits()
    limits.answer = 8 << 20
    limits.call = .seconds(5)
    let address = try ServiceAddress("localhost:\(server.port)")
    let trust = try ServerTrust(authorities: (Array(authority.text.utf8), "ca"))
    let credentials = try Simulator.credentials()
    do throws(ServiceFailure) {
      try await ServiceSession.with(address, trust: trust, credentials: credentials, limits: limits) { session throws(ServiceFailure) in
        _ = try await LiveInventory(session).document(collected: "")
      }
    } catch {
      await server.stop()
      #expect(!error.message.contains("\n") && !error.message.contains(Simulator.password), "\(error.message)")
      return error
    }
    await server.stop()
    throw NoFailure()
  }

  private struct NoFailure: Error {}

  @Test("a web server, a plain HTTP server and one that says nothing are no vSphere servers")
  func foreign() async throws {
    #expect(try await failure { _ in .answer("<html><head><title>It works</title></head></html>") }.code == .foreign)
    #expect(try await failure { _ in .answer("It works") }.code == .foreign)
    #expect(try await failure { _ in .answer("") }.code == .foreign)
    #expect(try await failure { _ in .answer("not found", status: 404) }.code == .foreign)
    #expect(try await failure { _ in .answer("", status: 302, headers: [("Location", "https://elsewhere.invalid/")]) }.code == .foreign)
    #expect(try await failure(isSecure: false) { _ in .answer("plain") }.code == .foreign)
    #expect(try await failure { _ in .answer(Self.envelope("<RetrieveServiceContentResponse/>")) }.code == .foreign)
  }

  @Test("an answer that is cut off, too large, too deep or hostile ends in one sentence")
  func hostile() async throws {
    let half = String(Self.content.prefix(Self.content.count / 2))
    let truncated = try await failure { _ in .answer(half) }
    #expect(truncated.code == .dropped && truncated.message.contains("cut off"))
    #expect(try await failure { _ in .cut(half) }.code == .dropped)
    #expect(try await failure { _ in .flood }.code == .tooLarge)
    let deep = String(repeating: "<a>", count: 200_000)
    #expect(try await failure { _ in .answer(deep) }.code == .tooLarge)
    let bomb = #"<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"#
    #expect(try await failure { _ in .answer(bomb) }.code == .foreign)
  }

  @Test("a server without an answer is given up")
  func silence() async throws {
    #expect(try await failure { _ in .silence }.code == .unreachable)
  }

  @Test("an answer that stops in the middle, or comes byte by byte, is given up in the time of a call", .timeLimit(.minutes(1)))
  func stalled() async throws {
    let half = String(Self.content.prefix(Self.content.count / 2))
    for reply in [FakeServer.Reply.stall(half), .trickle] {
      let failure = try await failure { _ in reply }
      #expect(failure.code == .unreachable && failure.message.contains("was not answered within 5 s"), "\(failure.message)")
    }
  }

  @Test("a page that has no objects and a next page does not go on for ever")
  func pages() async throws {
    let failure = try await failure { request in
      switch request.method {
      case "RetrieveServiceContent": .answer(Self.content)
      case "CreateContainerView":
        .answer(Self.envelope("<CreateContainerViewResponse><returnval type=\"ContainerView\">v</returnval></CreateContainerViewResponse>"))
      case "RetrievePropertiesEx", "ContinueRetrievePropertiesEx":
        .answer(Self.envelope("<RetrievePropertiesExResponse><returnval><token>1</token></returnval></RetrievePropertiesExResponse>"))
      default: .answer(Self.envelope("<\(request.method)Response/>"))
      }
    }
    #expect(failure.code == .foreign)
  }

  @Test("faults as vCenter and as ESXi write them")
  func faults() throws {
    let center = try SOAPReader.read(
      Array(
        Self.envelope(
          """
          <soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>Permission to perform this operation was denied.</faultstring>\
          <detail><NoPermissionFault xmlns="urn:vim25" xsi:type="NoPermission"><object type="Folder">group-d1</object>\
          <privilegeId>Global.Settings</privilegeId></NoPermissionFault></detail></soapenv:Fault>
          """
        ).utf8), from: "vc")
    guard case .fault(let fault) = try SOAPAnswer(center, from: "vc") else { throw NoFailure() }
    #expect(fault.type == "NoPermission" && fault.subject == "Global.Settings")
    #expect(fault.text == "NoPermission (Global.Settings): Permission to perform this operation was denied.")
    let host = try SOAPReader.read(
      Array(Self.envelope("<soapenv:Fault><faultstring/><detail><InvalidLoginFault/></detail></soapenv:Fault>").utf8), from: "esx")
    guard case .fault(let login) = try SOAPAnswer(host, from: "esx") else { throw NoFailure() }
    #expect(login.type == "InvalidLogin")
  }

  @Test("values keep their types, with and without the server naming them")
  func values() throws {
    func value(_ text: String, name: String? = nil) throws -> FactValue {
      let root = try SOAPReader.read(Array(#"<x xmlns:xsd="s" xmlns:xsi="i">\#(text)</x>"#.utf8), from: "test")
      return VimValue.of(try #require(root.children.first), name: name)
    }
    #expect(try value(#"<val xsi:type="xsd:string">true</val>"#) == "true")
    #expect(try value(#"<val xsi:type="xsd:long">-5</val>"#) == -5)
    #expect(try value(#"<val xsi:type="xsd:boolean">1</val>"#) == true)
    #expect(try value(#"<val type="HostSystem">host-9</val>"#) == ["type": "HostSystem", "value": "host-9"])
    #expect(try value(#"<val xsi:type="ArrayOfString"><string>true</string></val>"#).elements?.count == 1)
    #expect(
      try value(
        #"<val xsi:type="HostServiceInfo"><service><key>TSM</key><label>false</label><running>false</running><policy>off</policy></service></val>"#
      )
        == ["_type": "HostServiceInfo", "service": [["key": "TSM", "label": "false", "running": false, "policy": "off"]]])
    // A secret is left out whatever the server sends.
    #expect(try value("<a><chapName>n</chapName><chapSecret>s</chapSecret></a>") == ["chapName": "n"])
    #expect(
      try value(#"<d xsi:type="VirtualTPM"><key>11000</key><deviceInfo><label>TPM</label></deviceInfo></d>"#)
        == ["_type": "VirtualTPM", "key": 11000, "deviceInfo": ["label": "TPM"]])
    #expect(try value("<p><inherited>false</inherited><value>true</value></p>") == ["inherited": false, "value": true])
    #expect(
      try value(#"<vlan xsi:type="VmwareDistributedVirtualSwitchTrunkVlanSpec"><vlanId><start>0</start><end>4094</end></vlanId></vlan>"#)
        == ["_type": "VmwareDistributedVirtualSwitchTrunkVlanSpec", "vlanId": [["start": 0, "end": 4094]]])
  }

  @Test("what a request says is escaped")
  func escaped() throws {
    let element = SOAPElement("password", "a<b>&\"'\u{E9}\u{1F600}\r\n")
    let bytes = SOAPWriter.envelope(SOAPElement("Login", children: [element]))
    let read = try SOAPReader.read(bytes, from: "test")
    #expect(read.first("Body", "Login", "password")?.text == element.text)
  }

  @Test("credentials say nothing of themselves")
  func credentials() throws {
    let credentials = try Credentials(user: "somebody", password: "hidden")
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains("hidden") && !text.contains("somebody"))
    }
    #expect(throws: ServiceFailure.self) { try Credentials(user: "a", password: "b\u{1}") }
    #expect(throws: ServiceFailure.self) { try Credentials(user: "a", password: "") }
  }
}
