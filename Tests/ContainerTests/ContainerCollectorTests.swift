internal import Foundation
internal import TestSupport
import Testing

@testable internal import Domain
@testable internal import Platforms

struct ContainerCollectorTests {
  private func named(_ text: String, _ name: String) -> Collection {
    let collector = ContainerCollector(tree: Tree())
    let bytes = Array(text.utf8)
    return name.hasSuffix(".toml")
      ? collector.collect(toml: bytes, path: name, target: name) : collector.collect(document: bytes, path: name, target: name)
  }

  private func machine(_ files: [String: String]) throws -> Collection {
    let scratch = try ScratchTree(files)
    return ContainerCollector(tree: scratch.tree).collect(target: "t")
  }

  private static let container = """
    [{"Id": "4c01", "Name": "/web", "State": {"Status": "running"}, "AppArmorProfile": "docker-default",
      "HostConfig": {"Privileged": true, "SecurityOpt": ["no-new-privileges", "label:disable"]},
      "Mounts": [{"Type": "bind", "Source": "/srv//a/../b/", "Destination": "/b", "RW": true, "Propagation": ""}],
      "Config": {"User": "10001"}}, {"Id": "sha256:77", "RepoTags": ["web:1"], "Config": {}, "RootFS": {}}]
    """

  @Test func aMachineWithoutContainersGivesNothing() throws {
    let found = try machine(["/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/lib/systemd/system/ssh.service": "[Service]\n"])
    #expect(found == Collection())
  }

  @Test func containersAndImagesOfOneInspection() throws {
    let found = named(Self.container, "i.json")
    #expect(found.refusals.isEmpty)
    #expect(found.assets.map(\.asset.id) == ["container:4c01", "image:sha256:77"])
    #expect(found.assets.map(\.asset.name) == ["web", "web:1"])
    let facts = found.assets[0].facts
    #expect(facts["privileged"] == .present(true, .path("i.json", line: 2, column: 32)))
    #expect(facts["no_new_privileges"]?.value == true)
    #expect(facts["selinux"]?.value?["disabled"] == true)
    #expect(facts["mounts"]?.value?.elements?.first?["source"] == "/srv/b")
    #expect(facts["rootfs.readonly"]?.state == .absent)
    #expect(found.assets[1].facts["user"]?.state == .absent)
    #expect(found.assets[1].facts["privileged"] == nil)
  }

  @Test func storedContainersAreThoseOfTheAPI() throws {
    let folder = "/var/lib/docker/100000.100000/containers/ab12"
    let found = try machine([
      folder + "/config.v2.json": """
      {"ID": "ab12", "Name": "/db", "State": {"Running": false, "StartedAt": "0001-01-01T00:00:00Z"}, "NoNewPrivileges": true,
       "AppArmorProfile": "", "SeccompProfile": "unconfined", "Config": {"User": ""},
       "MountPoints": {"/x": {"Source": "/etc", "Destination": "/x", "RW": false, "Type": "bind", "Propagation": "rprivate"}}}
      """,
      folder + "/hostconfig.json": #"{"Privileged": false, "CapAdd": ["net_admin"]}"#,
    ])
    let facts = try #require(found.assets.first { $0.asset.id == "container:ab12" }).facts
    #expect(facts["status"]?.value == "created")
    #expect(facts["no_new_privileges"]?.value == true)
    #expect(facts["seccomp"]?.value == "unconfined")
    #expect(facts["capabilities.added"] == .present(["NET_ADMIN"], .path(folder + "/hostconfig.json", line: 1, column: 33)))
    #expect(facts["mounts"]?.value?.elements?.first?["writable"] == false)
    #expect(found.assets.contains { $0.asset.kind == .docker })
  }

  @Test func settingsOfTheCommandLineWinAndAreCited() throws {
    let unit = "/lib/systemd/system/docker.service"
    let found = try machine([
      unit: "[Service]\nEnvironmentFile=-/etc/default/docker\nExecStart=/usr/bin/dockerd -H fd:// $DOCKER_OPTS\n",
      "/etc/default/docker": "DOCKER_OPTS=\"--icc=false -l debug --live-restore\"\n",
      "/etc/docker/daemon.json": #"{"live-restore": false, "iptables": false}"#,
    ])
    let facts = try #require(found.assets.first).facts
    #expect(facts["daemon.icc"] == .present(false, .path("/etc/default/docker", line: 1, column: 1), .path(unit, line: 3, column: 1)))
    #expect(facts["daemon.log-level"]?.value == "debug")
    #expect(facts["argv.hosts"]?.value == ["fd://"])
    #expect(facts["daemon.conflicts"]?.value == ["live-restore"])
    #expect(facts["daemon.iptables"] == .present(false, .path("/etc/docker/daemon.json", line: 1, column: 37)))
  }

  @Test func aBrokenDaemonConfigurationIsUnknownAndSaid() throws {
    let found = try machine(["/etc/docker/daemon.json": "{\"icc\": fals}"])
    #expect(found.refusals.map(\.code) == ["malformed"])
    #expect(found.refusals.first?.message.hasPrefix("/etc/docker/daemon.json:1:") == true)
    #expect(found.assets.first?.facts["daemon.icc"] == .unreadable("malformed", .path("/etc/docker/daemon.json")))
  }

  @Test func gVisorOfDockerAndContainerd() throws {
    let found = try machine([
      "/etc/docker/daemon.json": """
      {"runtimes": {"strict": {"path": "/usr/local/bin/runsc", "runtimeArgs": ["--network", "none", "--debug"]},
                    "runc-own": {"path": "/usr/bin/runc"}}}
      """,
      "/etc/containerd/config.toml": """
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gv]
      runtime_type = 'io.containerd.runsc.v1'
      options = { ConfigPath = '/etc/containerd/runsc.toml' }
      """,
      "/etc/containerd/runsc.toml": "[runsc_config]\nplatform = \"kvm\"\nnet-raw = \"true\"\n",
    ])
    let gVisor = found.assets.filter { $0.asset.kind == .gvisor }
    #expect(gVisor.map(\.asset.name) == ["strict", "gv"])
    #expect(gVisor[0].facts["flag.network"]?.value == "none")
    #expect(gVisor[0].facts["flags"]?.value?.elements?.map { $0["name"] } == ["network", "debug"])
    #expect(gVisor[1].facts["flag.net-raw"] == .present(true, .path("/etc/containerd/runsc.toml", line: 3, column: 1)))
    #expect(gVisor[1].facts["flag.host-uds"]?.state == .absent)
  }

  @Test(arguments: [
    ("[]", "an empty list"), ("{}", "holds no container"),
    ("[{\"Name\": \"bridge\", \"Driver\": \"bridge\"}]", "no container and no image"),
    ("[{\"Id\": ", "ends in the middle"), ("[{\"Id\" 1}]", "colon"), ("\u{FEFF}{\"a\": [", "ends in the middle"),
  ])
  func whatHoldsNothingIsSaid(_ text: String, _ words: String) {
    let found = named(text, "i.json")
    #expect(found.assets.isEmpty)
    #expect(found.refusals.count == 1 && found.refusals.first?.message.contains(words) == true, "\(found.refusals)")
  }

  @Test func wrongTypesAreUnreadable() throws {
    let facts = try #require(
      named(#"{"Id": "1", "HostConfig": {"Privileged": "yes", "Memory": "1g", "SecurityOpt": "x", "Devices": {}}, "Config": []}"#, "i.json")
        .assets
        .first
    ).facts
    #expect(facts["privileged"]?.state == .unreadable)
    #expect(facts["limits.memory"]?.state == .unreadable)
    #expect(facts["devices"]?.state == .unreadable && facts["seccomp"]?.state == .unreadable)
  }

  @Test(arguments: [
    ("{\"HostConfig\": {}}", "x.json", FileKind.containers), ("{\"ociVersion\": \"1.0.2\"}", "config.json", .containers),
    ("{}", "daemon.json", .containers), ("{\"a\": 1}", "x.json", .json), ("[runsc_config]\n", "runsc.toml", .containerConfiguration),
    ("[package]\n", "Cargo.toml", .text),
  ])
  func kindsAreRecognised(_ text: String, _ name: String, _ kind: FileKind) {
    #expect(FileKind.recognise(Array(text.utf8), path: name) == kind)
  }
}
