internal import TestSupport
internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// Keys that stand twice in what describes containers and their engine.
@Suite("Duplicates in JSON of containers")
struct DuplicateKeyTests {
  private func collect(_ text: String, _ name: String = "i.json") -> Collection {
    ContainerCollector(tree: Tree()).collect(document: Array(text.utf8), path: name, target: name)
  }

  @Test("docker inspect: a second Privileged, an empty list of mounts behind a full one")
  func inspect() throws {
    let found = collect(
      """
      [{"Id": "4c01", "HostConfig": {"Privileged": true, "Privileged": false, "PidMode": "host"},
        "Mounts": [{"Type": "bind", "Source": "/", "RW": true}], "Mounts": []}]
      """)
    let facts = try #require(found.assets.first).facts
    #expect(facts["privileged"]?.why == "duplicate-key" && facts["mounts"]?.why == "duplicate-key")
    #expect(facts["namespace.pid"]?.value == "host" && facts["object"]?.value == "container")
    #expect(
      found.warnings.map(\.message).sorted() == [
        "i.json:1:53: [0].HostConfig.Privileged stands also at 1:33 with another value; what rests on it is unknown",
        "i.json:2:61: [0].Mounts stands also at 2:4 with another value; what rests on it is unknown",
      ])
  }

  @Test("Go reads a key in any capitals: one in others is that key, and two spellings are two values; keys of maps are data")
  func capitals() throws {
    let one = collect(#"[{"Id": "a", "HostConfig": {"privileged": true, "capadd": ["SYS_ADMIN"]}}]"#)
    #expect(one.assets[0].facts["privileged"]?.value == true && one.assets[0].facts["capabilities.added"]?.value == ["SYS_ADMIN"])
    let two = collect(
      #"[{"Id": "a", "HostConfig": {"privileged": true, "Privileged": false}, "Config": {"Labels": {"a": "1", "A": "2"}}}]"#)
    #expect(two.assets[0].facts["privileged"]?.why == "duplicate-key" && two.warnings.count == 1)
  }

  @Test("daemon.json by itself and in a tree")
  func daemon() throws {
    let text = #"{"icc": true, "icc": false, "log-driver": "journald"}"#
    let named = collect(text, "daemon.json")
    let tree = try ScratchTree(["/etc/docker/daemon.json": text])
    for found in [named, ContainerCollector(tree: tree.tree).collect(target: "t")] {
      let facts = try #require(found.assets.first).facts
      #expect(facts["daemon.icc"]?.why == "duplicate-key" && facts["daemon.log-driver"]?.value == "journald")
      #expect(found.warnings.count == 1 && found.warnings[0].message.contains("daemon.json:1:16: icc stands also at 1:3"))
    }
  }

  @Test("an OCI bundle whose process or list of namespaces stands twice")
  func bundle() throws {
    let found = collect(
      """
      {"ociVersion": "1.0.2", "process": {"noNewPrivileges": true, "noNewPrivileges": false, "user": {"uid": 0, "uid": 1000}},
       "linux": {"namespaces": [{"type": "pid"}], "namespaces": []}}
      """, "config.json")
    let facts = try #require(found.assets.first).facts
    for name in ["no_new_privileges", "user", "namespace.pid", "namespace.ipc"] { #expect(facts[name]?.why == "duplicate-key", "\(name)") }
    #expect(found.warnings.count == 3)
  }

  @Test("Docker's own files of a container")
  func stored() throws {
    let folder = "/var/lib/docker/containers/ab12"
    let scratch = try ScratchTree([
      folder + "/config.v2.json": #"{"ID": "ab12", "Name": "/db", "Config": {"User": "1", "User": "0"}}"#,
      folder + "/hostconfig.json": #"{"Privileged": true, "Privileged": false}"#,
    ])
    let found = ContainerCollector(tree: scratch.tree).collect(target: "t")
    let facts = try #require(found.assets.first { $0.asset.id == "container:ab12" }).facts
    #expect(facts["privileged"]?.why == "duplicate-key" && facts["user"]?.why == "duplicate-key" && found.warnings.count == 2)
  }

  @Test("an engine that answers so is refused by its call and key")
  func engine() {
    let collector = EngineCollector(socket: "/run/docker.sock", target: "docker:///run/docker.sock") { call in
      .success(
        Array(
          (call == "/version" ? #"{"ApiVersion": "1.44", "Version": "25"}"# : #"{"LiveRestoreEnabled": true, "LiveRestoreEnabled": false}"#)
            .utf8))
    }
    #expect(
      collector.collect().refusals.map(\.message) == [
        "docker:///run/docker.sock: the answer to /info holds LiveRestoreEnabled more than once with different values"
      ])
  }
}
