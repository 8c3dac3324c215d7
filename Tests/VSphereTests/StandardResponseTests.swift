import Domain
import Foundation
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import VSphere

/// What the simulator lacks, from responses as the API's reference describes them: managers of a host, esxcli, the appliance, vSAN, an older
/// server, a small account. Nothing here was recorded from a real server.
@Suite("Standard responses") struct StandardResponseTests {
  private static func reply(_ method: String, _ values: String) -> FakeServer.Reply {
    .answer(AnswerTests.envelope("<\(method)Response xmlns=\"urn:vim25\">\(values)</\(method)Response>"))
  }

  private static func fault(_ type: String, _ detail: String = "", message: String) -> FakeServer.Reply {
    .answer(
      AnswerTests.envelope(
        """
        <soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>\(message)</faultstring><detail>\
        <\(type)Fault xmlns="urn:vim25" xsi:type="\(type)">\(detail)</\(type)Fault></detail></soapenv:Fault>
        """), status: 500)
  }

  private static let content = """
    <returnval><rootFolder type="Folder">group-d1</rootFolder><propertyCollector type="PropertyCollector">propertyCollector</propertyCollector>\
    <viewManager type="ViewManager">ViewManager</viewManager><about><name>VMware vCenter Server</name><apiType>VirtualCenter</apiType></about>\
    <setting type="OptionManager">VpxSettings</setting><sessionManager type="SessionManager">SessionManager</sessionManager></returnval>
    """

  private static let host = """
    <returnval><objects><obj type="HostSystem">host-12</obj><propSet><name>name</name><val xsi:type="xsd:string">esx-07</val></propSet>\
    <propSet><name>config.lockdownMode</name><val xsi:type="HostLockdownMode">lockdownNormal</val></propSet>\
    <propSet><name>configManager</name><val xsi:type="HostConfigManager"><advancedOption type="OptionManager">opt-12</advancedOption>\
    <hostAccessManager type="HostAccessManager">access-12</hostAccessManager>\
    <imageConfigManager type="HostImageConfigManager">image-12</imageConfigManager></val></propSet>\
    <missingSet><path>capability</path><fault><fault xsi:type="NoPermission"><privilegeId>System.Read</privilegeId></fault>\
    <localizedMessage>denied</localizedMessage></fault></missingSet></objects></returnval>
    """

  private static let accounts = """
    <obj xmlns="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
    xsi:type="ArrayOfDataObject"><DataObject xsi:type="VimEsxCLIsystemaccountlistUserAccount"><Description>DCUI User</Description>\
    <Shellaccess>true</Shellaccess><UserID>dcui</UserID></DataObject><DataObject><UserID>vpxuser</UserID><Shellaccess>false</Shellaccess>\
    </DataObject></obj>
    """

  @Sendable private static func vCenter(_ request: FakeServer.Request) -> FakeServer.Reply {
    let body = request.body
    switch request.method {
    case "/sdk/vimServiceVersions.xml":
      return .answer("<namespaces><namespace><name>urn:vim25</name><version>8.0.3.0</version></namespace></namespaces>")
    case "/sdk/vsanServiceVersions.xml":
      return .answer("<namespaces><namespace><name>urn:vsan</name><version>8.0.3.0</version></namespace></namespaces>")
    case "RetrieveServiceContent": return reply("RetrieveServiceContent", content)
    case "Login":
      return .answer(
        AnswerTests.envelope("<LoginResponse xmlns=\"urn:vim25\"><returnval><key>k</key></returnval></LoginResponse>"),
        headers: [("Set-Cookie", "vmware_soap_session=\"abc/1\"; Path=/; HttpOnly; Secure")])
    case "CreateContainerView":
      let type = body.split(separator: "<type>").last.map { $0.prefix { $0 != "<" } } ?? ""
      return reply("CreateContainerView", "<returnval type=\"ContainerView\">view-\(type)</returnval>")
    case "RetrievePropertiesEx" where body.contains("view-HostSystem"): return reply("RetrievePropertiesEx", host)
    case "RetrievePropertiesEx" where body.contains("config.sevSnpEnabled"):
      return fault("InvalidProperty", "<name>config.sevSnpEnabled</name>", message: "The property does not exist.")
    case "RetrievePropertiesEx" where body.contains("view-VirtualMachine"):
      return reply(
        "RetrievePropertiesEx",
        """
        <returnval><objects><obj type="VirtualMachine">vm-1</obj><propSet><name>name</name><val xsi:type="xsd:string">123</val></propSet>\
        <propSet><name>runtime.connectionState</name><val xsi:type="VirtualMachineConnectionState">inaccessible</val></propSet></objects></returnval>
        """)
    case "RetrievePropertiesEx" where body.contains("view-ClusterComputeResource"):
      return reply(
        "RetrievePropertiesEx",
        """
        <returnval><objects><obj type="ClusterComputeResource">domain-c8</obj><propSet><name>configurationEx.vsanConfigInfo</name>\
        <val xsi:type="VsanClusterConfigInfo"><enabled>true</enabled></val></propSet></objects></returnval>
        """)
    case "RetrievePropertiesEx": return reply("RetrievePropertiesEx", "")
    case "QueryOptions" where body.contains("VpxSettings"):
      return fault(
        "NoPermission", "<privilegeId>Global.Settings</privilegeId>", message: "Permission to perform this operation was denied.")
    case "QueryOptions":
      return reply(
        "QueryOptions",
        """
        <returnval xsi:type="OptionValue"><key>UserVars.ESXiShellTimeOut</key><value xsi:type="xsd:long">600</value></returnval>\
        <returnval xsi:type="OptionValue"><key>Proxy.Password</key><value xsi:type="xsd:string">first-secret</value></returnval>
        """)
    case "QueryLockdownExceptions": return reply("QueryLockdownExceptions", "<returnval>backup</returnval><returnval>monitor</returnval>")
    case "HostImageConfigGetAcceptance": return reply("HostImageConfigGetAcceptance", "<returnval>partner</returnval>")
    case "RetrieveManagedMethodExecuter":
      return reply("RetrieveManagedMethodExecuter", "<returnval type=\"ReflectManagedMethodExecuter\">exec-12</returnval>")
    case "ExecuteSoap" where body.contains("ha-cli-handler-system-account<"):
      let text = accounts.replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      return reply("ExecuteSoap", "<returnval><response>\(text)</response></returnval>")
    case "ExecuteSoap": return reply("ExecuteSoap", "<returnval><fault><faultMsg>EsxCLI.CLIFault</faultMsg></fault></returnval>")
    case "VsanClusterGetConfig":
      return reply(
        "VsanClusterGetConfig",
        "<returnval><dataEncryptionConfig><encryptionEnabled>true</encryptionEnabled></dataEncryptionConfig></returnval>")
    case "/api/session": return .answer("\"rest-key\"", status: 201)
    case "/api/appliance/access/ssh": return .answer("true")
    case "/api/appliance/networking/firewall/inbound":
      return .answer(#"[{"address": "10.0.0.0", "prefix": 8, "policy": "ACCEPT", "interface_name": "nic0"}]"#)
    case "/api/appliance/local-accounts/root": return .answer(#"{"enabled": true, "password": "second-secret"}"#)
    case let path where path.hasPrefix("/api/"): return .answer("{}", status: 403)
    default: return reply(request.method, "")
    }
  }

  @Test("everything that a server says, and everything that it refuses")
  func document() async throws {
    let authority = try TestAuthority()
    let server = try await FakeServer(try authority.identity("localhost"), Self.vCenter)
    let document = try await ServiceSession.with(
      try ServiceAddress("localhost:\(server.port)"), trust: try ServerTrust(authorities: (Array(authority.text.utf8), "ca")),
      credentials: try Simulator.credentials()
    ) { session throws(ServiceFailure) in try await LiveInventory(session).document(collected: "2026-11-26T00:00:00Z") }
    await server.stop()

    let host = try #require(document["hosts"]?.elements?.first)
    #expect(host["config"]?["lockdownMode"] == "lockdownNormal")
    #expect(host["lockdownExceptions"] == ["backup", "monitor"])
    #expect(host["options"] == ["UserVars.ESXiShellTimeOut": 600, "Proxy.Password": "(withheld)"])
    #expect(
      host["esxcli"]?["system account list"] == [
        ["Description": "DCUI User", "Shellaccess": "true", "UserID": "dcui"], ["UserID": "vpxuser", "Shellaccess": "false"],
      ])
    #expect(host["esxcli"]?["software acceptance get"] == "PartnerSupported")
    // A machine whose name is a number keeps its name.
    #expect(document["vms"]?.elements?.first?["name"] == "123")
    #expect(document["vsan"]?["clusters"]?.elements?.first?["config"]?["dataEncryptionConfig"]?["encryptionEnabled"] == true)
    #expect(document["appliance"]?["access/ssh"] == true)
    #expect(document["appliance"]?["networking/firewall/inbound"]?.elements?.first?["prefix"] == 8)
    #expect(document["appliance"]?["local-accounts/root"] == ["enabled": true])

    let errors = Dictionary(
      uniqueKeysWithValues: (document["errors"]?.elements ?? []).map { ($0["what"]?.text ?? "", $0["message"]?.text ?? "") })
    #expect(errors["options"]?.contains("NoPermission (Global.Settings)") == true)
    #expect(errors["hosts[host-12].capability"] == "NoPermission (System.Read): denied")
    #expect(errors["hosts[host-12].esxcli.system tls server get"]?.contains("EsxCLI.CLIFault") == true)
    #expect(errors["hosts[host-12].esxcli.software acceptance get"] == nil)
    #expect(errors["vms[vm-1].config"]?.contains("inaccessible") == true)
    #expect(errors["vms[vm-1].config.sevSnpEnabled"]?.contains("no such property") == true)
    #expect(errors["appliance.ntp"]?.hasPrefix("permission denied") == true)
    #expect(!JSONText.string(document).contains("secret"))

    let requests = server.requests
    let calls = requests.filter { $0.uri == "/sdk" }
    #expect(calls.allSatisfy { $0.headers["SOAPAction"] == ["urn:vim25/8.0.3.0"] })
    #expect(requests.first { $0.uri == "/vsanHealth" }?.headers["SOAPAction"] == ["urn:vsan/8.0.3.0"])
    #expect(calls.drop { $0.method != "Login" }.dropFirst().allSatisfy { $0.headers["Cookie"] == ["vmware_soap_session=\"abc/1\""] })
    #expect(calls.last?.method == "Logout")
    let rest = requests.filter { $0.uri.hasPrefix("/api/") }
    #expect(rest.first?.headers["Authorization"].first?.hasPrefix("Basic ") == true)
    #expect(rest.last?.uri == "/api/session" && rest.last?.headers["vmware-api-session-id"] == ["rest-key"])
    // Every view that was made is taken away.
    #expect(calls.count { $0.method == "CreateContainerView" } == calls.count { $0.method == "DestroyView" })
  }

  @Test("a session that ends in between is told as such")
  func ended() async throws {
    let authority = try TestAuthority()
    let shared = Box()
    let server = try await FakeServer(try authority.identity("localhost")) { request in
      let count = shared.count.withLock { count in
        count += 1
        return count
      }
      return count < 8 ? Self.vCenter(request) : Self.fault("NotAuthenticated", message: "The session is not authenticated.")
    }
    let address = try ServiceAddress("localhost:\(server.port)")
    let trust = try ServerTrust(authorities: (Array(authority.text.utf8), "ca"))
    let credentials = try Simulator.credentials()
    do throws(ServiceFailure) {
      try await ServiceSession.with(address, trust: trust, credentials: credentials) { session throws(ServiceFailure) in
        _ = try await LiveInventory(session).document(collected: "")
      }
      Issue.record("nothing is told")
    } catch {
      #expect(error.code == .login && error.message.contains("the session has ended"))
    }
    await server.stop()
  }

  private final class Box: Sendable {
    let count = Mutex(0)
  }
}
