internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// Something else where a list is expected: it is not a list without elements.
@Suite("Malformed lists in JSON of containers")
struct MalformedListTests {
  private func facts(_ text: String, _ name: String = "i.json") throws -> [String: Fact] {
    let found = ContainerCollector(tree: Tree()).collect(document: Array(text.utf8), path: name, target: name)
    return try #require(found.assets.first, "\(found)").facts
  }

  private static let wrong = [#""x""#, "5", "true", #"{"a": 1}"#, "[5]", "[[]]"]

  @Test("of a container", arguments: wrong)
  func container(_ wrong: String) throws {
    for (key, names) in [
      ("CapAdd", ["capabilities.added"]), ("CapDrop", ["capabilities.dropped"]),
      ("SecurityOpt", ["seccomp", "no_new_privileges", "apparmor", "selinux"]), ("Devices", ["devices"]), ("DeviceRequests", ["devices"]),
      ("DeviceCgroupRules", ["devices"]), ("Binds", ["mounts"]), ("Mounts", ["mounts"]),
    ] {
      let found = try facts("[{\"Id\": \"a\", \"HostConfig\": {\"\(key)\": \(wrong)}}]")
      // An object is what a device is.
      if key.hasPrefix("Device"), wrong == "[[]]" { continue }
      for name in names { #expect(found[name]?.why == "malformed", "\(key) \(wrong): \(name)") }
    }
    #expect(try facts("[{\"Id\": \"a\", \"HostConfig\": {}, \"Mounts\": \(wrong)}]")["mounts"]?.why == "malformed")
    if wrong != #"{"a": 1}"# {
      #expect(try facts("[{\"Id\": \"a\", \"HostConfig\": {\"PortBindings\": \(wrong)}}]")["ports"]?.why == "malformed")
    }
    #expect(try facts("[{\"Id\": \"a\", \"HostConfig\": {\"PortBindings\": {\"80/tcp\": \(wrong)}}}]")["ports"]?.why == "malformed")
  }

  @Test("of a bundle", arguments: wrong)
  func bundle(_ wrong: String) throws {
    func found(_ process: String, _ linux: String, _ mounts: String = "[]") throws -> [String: Fact] {
      try facts(#"{"ociVersion": "1.0.2", "process": \#(process), "linux": \#(linux), "mounts": \#(mounts)}"#, "config.json")
    }
    #expect(try found(#"{"capabilities": {"bounding": \#(wrong)}}"#, "{}")["capabilities.added"]?.why == "malformed")
    #expect(try found("{}", #"{"devices": \#(wrong)}"#)["devices"]?.why == "malformed")
    #expect(try found("{}", #"{"resources": {"devices": \#(wrong)}}"#)["devices"]?.why == "malformed")
    #expect(try found("{}", "{}", wrong)["mounts"]?.why == "malformed")
    #expect(try found("{}", "{}", #"[{"source": "/etc", "destination": "/x", "options": \#(wrong)}]"#)["mounts"]?.why == "malformed")
  }

  @Test("what a bundle does not say was given all the same, and is not said to lie outside") func unsaid() throws {
    let found = try facts(#"{"ociVersion": "1.0.2", "root": {"path": "rootfs"}}"#, "config.json")
    #expect(found["seccomp"]?.state == .notCollected && found["seccomp"]?.why == "not-said")
  }

  @Test(
    "settings of the daemon of another kind",
    arguments: [
      ("icc", #""false""#), ("debug", "1"), ("insecure-registries", #""r:5000""#), ("log-level", "true"), ("hosts", #""tcp://0.0.0.0""#),
    ])
  func daemon(_ key: String, _ value: String) throws {
    let found = try facts("{\"\(key)\": \(value), \"live-restore\": true}", "daemon.json")
    #expect(found[key == "hosts" ? "conf.hosts" : "daemon.\(key)"]?.why == "malformed" && found["daemon.live-restore"]?.value == true)
  }

  @Test("what an engine says of itself")
  func engine() throws {
    func found(_ rest: String) throws -> [String: Fact] { try facts(#"{"ServerVersion": "25", "SecurityOptions": [], \#(rest)}"#) }
    #expect(try found(#""RegistryConfig": {"InsecureRegistryCIDRs": "0.0.0.0/0"}"#)["daemon.insecure-registries"]?.why == "malformed")
    #expect(try found(#""RegistryConfig": {"IndexConfigs": {"r": {"Secure": "no"}}}"#)["daemon.insecure-registries"]?.why == "malformed")
    #expect(try found(#""Warnings": "API is accessible on http://0.0.0.0:2375""#)["api.warnings"]?.why == "malformed")
  }

  @Test("flags of a gVisor runtime") func gVisor() throws {
    let text = #"{"runtimes": {"runsc": {"path": "/usr/bin/runsc", "runtimeArgs": "--host-uds=all"}}, "icc": false}"#
    let found = ContainerCollector(tree: Tree()).collect(document: Array(text.utf8), path: "daemon.json", target: "t")
    let runtime = try #require(found.assets.first { $0.asset.kind == .gvisor })
    #expect(runtime.facts["flag.host-uds"]?.why == "malformed")
  }

  @Test("a check of health is told by how it is run; what it runs may hold passwords") func health() throws {
    let found = try facts(
      #"[{"Id": "a", "HostConfig": {}, "Config": {"Healthcheck": {"Test": ["CMD-SHELL", "mysqladmin -uroot -phunter2 ping"]}}}]"#)
    #expect(found["healthcheck"]?.value == ["CMD-SHELL"])
    #expect(try facts(#"[{"Id": "a", "HostConfig": {}, "Config": {"Healthcheck": {"Test": "x"}}}]"#)["healthcheck"]?.why == "malformed")
  }
}
