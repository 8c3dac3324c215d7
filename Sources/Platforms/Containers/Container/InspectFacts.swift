internal import Domain

/// Facts of one container as `docker inspect` and the Engine API describe it, or Docker's own files below /var/lib/docker/containers.
///
/// Names and defaults are those of the Docker Engine API, v1.40 to v1.48, ContainerInspect; podman's compatible service writes the same.
struct InspectFacts {
  private let container: SourcedJSON
  private let host: SourcedJSON?
  private let config: SourcedJSON?
  private var facts: JSONFacts

  /// - Parameters:
  ///   - container: what inspecting a container gives, or the content of config.v2.json.
  ///   - host: HostConfig, where it lies in a document of its own.
  init(_ container: SourcedJSON, host: SourcedJSON? = nil) {
    self.container = container
    self.host = host ?? container["HostConfig"]
    config = container["Config"]
    facts = JSONFacts(whole: container.source)
  }

  static func isContainer(_ node: PlacedJSON) -> Bool {
    guard node.isObject, node.given("Id")?.text ?? node.given("ID")?.text != nil else { return false }
    return node["HostConfig"] != nil || node["AppArmorProfile"] != nil || node["ProcessLabel"] != nil || node["MountPoints"] != nil
  }

  mutating func collect() -> [String: Fact] {
    facts["object"] = .present("container", container.source)
    facts.addText("status", container["State"], "Status")
    if facts["status"]?.state == .absent { facts["status"] = statusOfFlags }
    facts.addFlag("privileged", host, "Privileged")
    facts.addFlag("rootfs.readonly", host, "ReadonlyRootfs")
    for (name, key) in [("pid", "PidMode"), ("ipc", "IpcMode"), ("network", "NetworkMode"), ("uts", "UTSMode"), ("user", "UsernsMode")] {
      facts.addText("namespace." + name, host, key)
    }
    facts.addNumber("limits.memory", host, "Memory")
    facts.addNumber("limits.pids", host, "PidsLimit")
    addProcessorLimits()
    facts.add("restart", host, "RestartPolicy") { policy in
      policy["Name"]?.text.map { .object(["policy": .string($0), "retries": policy["MaximumRetryCount"]?.integer.map { .int($0) }]) }
    }
    facts.addText("runtime", host, "Runtime")
    hideWhatPodmanLeavesOpen()
    facts.addText("user", config, "User")
    facts.add("healthcheck", config, "Healthcheck", Self.check)
    facts.add("capabilities.added", host, "CapAdd", Self.capabilities)
    facts.add("capabilities.dropped", host, "CapDrop", Self.capabilities)
    addSecurity()
    addDevices()
    let mounts = InspectMounts(container, host: host)
    facts["mounts"] = mounts.fact(whole: facts.whole)
    facts["ports"] = InspectPorts(container, host: host).fact(whole: facts.whole)
    return facts.facts
  }

  /// podman's compatible answers have "oci" for every runtime, and "shareable" for every IPC mode, the host's own too: those are no answers.
  private mutating func hideWhatPodmanLeavesOpen() {
    guard let runtime = host?["Runtime"], runtime.text == "oci" else { return }
    facts["runtime"] = .notCollected("not-said", runtime.source)
    if let mode = host?["IpcMode"], mode.text == "shareable" { facts["namespace.ipc"] = .notCollected("not-said", mode.source) }
  }

  /// Docker's own files hold flags in the place of a word.
  private var statusOfFlags: Fact {
    guard let state = container["State"] else { return .notCollected("not-said", container.source) }
    if state["Running"]?.flag == true { return .present("running", state.source) }
    let started = state["StartedAt"]?.text ?? ""
    return .present(started.isEmpty || started.hasPrefix("0001-") ? "created" : "exited", state.source)
  }

  private mutating func addProcessorLimits() {
    guard let host else {
      facts["limits.cpu"] = .notCollected("not-said", facts.whole)
      return
    }
    let limits = ["CpuShares", "NanoCpus", "CpuQuota"].compactMap { host[$0] }
    let given = limits.filter { ($0.integer ?? 0) > 0 }
    facts["limits.cpu"] =
      given.isEmpty
      ? .absent(sources: limits.isEmpty ? [host.source] : limits.map(\.source))
      : .present(
        .object([
          "shares": host["CpuShares"]?.integer.map { .int($0) }, "nanoCpus": host["NanoCpus"]?.integer.map { .int($0) },
          "quota": host["CpuQuota"]?.integer.map { .int($0) },
        ]), sources: given.map(\.source))
  }

  static func capabilities(_ list: SourcedJSON) -> FactValue? {
    guard list.node.isArray, list.node.texts.count == list.elements.count else { return nil }
    return .array(list.node.texts.map { .string(capability($0)) })
  }

  /// How the test is run, as CMD or NONE. What it runs may hold passwords, and is nobody's business.
  static func check(_ check: SourcedJSON) -> FactValue? {
    guard let test = check["Test"] else { return check.node.isObject ? [] : nil }
    guard test.node.isArray, let first = test.elements.first else { return test.node.isArray ? [] : nil }
    return first.text.map { [.string($0)] }
  }

  /// "SYS_ADMIN" of CAP_SYS_ADMIN, cap_sys_admin and sys_admin.
  static func capability(_ name: String) -> String {
    let name = name.uppercased()
    return name.hasPrefix("CAP_") ? String(name.dropFirst(4)) : name
  }

  // MARK: - SecurityOpt

  /// Facts `seccomp`, `no_new_privileges`, `apparmor` and `selinux`.
  private mutating func addSecurity() {
    guard let host else {
      for name in ["seccomp", "no_new_privileges", "apparmor", "selinux"] { facts[name] = .notCollected("not-said", facts.whole) }
      return
    }
    let options: [(option: SecurityOption, source: FactSource)]
    do throws(MalformedList) {
      options = try host.list("SecurityOpt") { $0.text != nil }.map { (SecurityOption($0.text ?? ""), $0.source) }
    } catch {
      for name in ["seccomp", "no_new_privileges", "apparmor", "selinux"] { facts[name] = error.fact }
      return
    }
    let nowhere = host["SecurityOpt"]?.source ?? host.source
    func last(_ name: String) -> (value: String, source: FactSource)? {
      options.last { $0.option.name == name }.map { ($0.option.value, $0.source) }
    }
    if let seccomp = last("seccomp") {
      facts["seccomp"] = .present(.string(SeccompProfile.name(seccomp.value)), seccomp.source)
    } else if let used = container["SeccompProfile"], let name = used.text, !name.isEmpty {
      facts["seccomp"] = .present(.string(SeccompProfile.name(name)), used.source)
    } else if let used = container["SeccompProfile"], used.text == nil {
      facts["seccomp"] = .unreadable("malformed", used.source)
    } else {
      facts["seccomp"] = .absent(nowhere)
    }
    if let option = last("no-new-privileges") {
      facts["no_new_privileges"] = .present(.bool(option.value.isEmpty || option.value == "true"), option.source)
    } else if let used = container["NoNewPrivileges"], let flag = used.flag {
      facts["no_new_privileges"] = .present(.bool(flag), used.source)
    } else {
      facts["no_new_privileges"] = .absent(nowhere)
    }
    if let used = container["AppArmorProfile"], let profile = used.text, !profile.isEmpty {
      facts["apparmor"] = .present(.string(profile), used.source)
    } else if let option = last("apparmor") {
      facts["apparmor"] = .present(.string(option.value), option.source)
    } else {
      facts["apparmor"] = .absent(container["AppArmorProfile"]?.source ?? container.source)
    }
    let labels = options.filter { $0.option.name == "label" }
    if let disabled = labels.last(where: { $0.option.value == "disable" }) {
      facts["selinux"] = .present(.object(["disabled": true, "label": ""]), disabled.source)
    } else if let used = container["ProcessLabel"], let label = used.text, !label.isEmpty {
      facts["selinux"] = .present(.object(["disabled": false, "label": .string(label)]), used.source)
    } else {
      facts["selinux"] = .absent(sources: labels.isEmpty ? [nowhere] : labels.map(\.source))
    }
  }

  // MARK: - Devices

  /// Fact `devices`: devices of the host, GPUs that a driver brings, and rules of the device control group.
  private mutating func addDevices() {
    guard let host else {
      facts["devices"] = .notCollected("not-said", facts.whole)
      return
    }
    do throws(MalformedList) { try addDevices(of: host) } catch { facts["devices"] = error.fact }
  }

  private mutating func addDevices(of host: SourcedJSON) throws(MalformedList) {
    var devices: [FactValue] = []
    var sources: [FactSource] = []
    for device in try host.list("Devices", of: \.isObject) {
      devices.append(
        .object([
          "host": .string(device["PathOnHost"]?.text ?? "?"), "permissions": device["CgroupPermissions"]?.text.map { .string($0) },
        ]))
      sources.append(device.source)
    }
    for request in try host.list("DeviceRequests", of: \.isObject) {
      let driver = request["Driver"]?.text ?? ""
      devices.append(.object(["host": .string(driver.isEmpty ? "gpu" : driver), "permissions": nil]))
      sources.append(request.source)
    }
    for rule in try host.list("DeviceCgroupRules", of: { $0.text != nil }) {
      devices.append(.object(["host": .string(rule.text ?? "?"), "permissions": nil]))
      sources.append(rule.source)
    }
    facts["devices"] = devices.isEmpty ? .absent(host["Devices"]?.source ?? host.source) : .present(.array(devices), sources: sources)
  }
}

/// One entry of SecurityOpt: "seccomp=unconfined", in old versions "seccomp:unconfined", or a word alone.
struct SecurityOption: Hashable {
  let name: String
  let value: String

  init(_ text: String) {
    let end = text.firstIndex { $0 == "=" || $0 == ":" } ?? text.endIndex
    name = String(text[..<end])
    value = end == text.endIndex ? "" : String(text[text.index(after: end)...])
  }
}

/// The name of a seccomp profile, from a name, a path, or the profile's own text, which the docker command puts there.
enum SeccompProfile {
  /// "unconfined" also for a profile that allows every call: it filters nothing.
  static func name(_ value: String) -> String {
    guard value.first == "{" else { return value }
    guard let profile = try? PlacedJSON.whole(Array(value.utf8)) else { return "own profile" }
    return filtersNothing(profile) ? "unconfined" : "own profile"
  }

  static func filtersNothing(_ profile: PlacedJSON) -> Bool {
    guard ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"].contains(profile.given("defaultAction")?.text ?? "") else { return false }
    return (profile.given("syscalls")?.elements ?? []).allSatisfy {
      ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"].contains($0.given("action")?.text ?? "")
    }
  }
}
