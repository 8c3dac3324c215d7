internal import Domain

/// Facts of an OCI bundle: config.json of the OCI runtime specification 1.0 to 1.2, what runc, crun and runsc start.
///
/// An engine's words are not in it: no health check, no restart, no runtime. What Docker's options come to is told from what is there.
struct BundleFacts {
  private let bundle: SourcedJSON
  private let linux: SourcedJSON?
  private let process: SourcedJSON?
  private var facts: JSONFacts

  init(_ bundle: SourcedJSON) {
    self.bundle = bundle
    linux = bundle["linux"]
    process = bundle["process"]
    facts = JSONFacts(whole: bundle.source)
  }

  static func isBundle(_ node: PlacedJSON) -> Bool {
    node.isObject && node.given("ociVersion")?.text != nil && (node["process"] != nil || node["root"] != nil || node["linux"] != nil)
  }

  mutating func collect() -> [String: Fact] {
    facts["object"] = .present("bundle", bundle.source)
    facts.addFlag("rootfs.readonly", bundle["root"], "readonly")
    facts.add("user", process, "user") { user in user["uid"]?.integer.map { .string(String($0)) } }
    facts.addFlag("no_new_privileges", process, "noNewPrivileges")
    facts.addText("apparmor", process, "apparmorProfile")
    facts.add("selinux", process, "selinuxLabel") { label in
      label.text.map { .object(["disabled": false, "label": .string($0)]) }
    }
    facts["seccomp"] = seccomp
    for type in ["pid", "ipc", "network", "uts", "user"] { facts["namespace." + type] = namespace(type) }
    let resources = linux?["resources"]
    addLimit("limits.memory", resources?["memory"], "limit")
    addLimit("limits.pids", resources?["pids"], "limit")
    addProcessorLimits(resources?["cpu"])
    addCapabilities()
    addMounts()
    addDevices()
    facts["privileged"] = privileged
    return facts.facts
  }

  // MARK: -

  private var seccomp: Fact {
    guard let linux else { return .notCollected("not-said", facts.whole) }
    guard let filter = linux["seccomp"] else { return .present("unconfined", linux.source) }
    return .present(SeccompProfile.filtersNothing(filter.node) ? "unconfined" : "own profile", filter.source)
  }

  /// A type that is not listed stays the one of whoever starts the bundle: the host's.
  private func namespace(_ type: String) -> Fact {
    guard let linux else { return .notCollected("not-said", facts.whole) }
    let list = linux["namespaces"]
    guard let entry = list?.elements.first(where: { $0["type"]?.text == type }) else {
      return .present("host", list?.source ?? linux.source)
    }
    return .present(.string(entry["path"]?.text.map { "path:" + $0 } ?? "private"), entry.source)
  }

  private mutating func addLimit(_ name: String, _ object: SourcedJSON?, _ key: String) {
    guard let linux else {
      facts[name] = .notCollected("not-said", facts.whole)
      return
    }
    if let object { facts.addNumber(name, object, key) } else { facts[name] = .absent((linux["resources"] ?? linux).source) }
  }

  private mutating func addProcessorLimits(_ cpu: SourcedJSON?) {
    guard let linux else {
      facts["limits.cpu"] = .notCollected("not-said", facts.whole)
      return
    }
    let given = ["shares", "quota"].compactMap { cpu?[$0] }.filter { ($0.integer ?? 0) > 0 }
    facts["limits.cpu"] =
      given.isEmpty
      ? .absent((cpu ?? linux).source)
      : .present(
        .object(["shares": cpu?["shares"]?.integer.map { .int($0) }, "quota": cpu?["quota"]?.integer.map { .int($0) }]),
        sources: given.map(\.source))
  }

  /// What Docker gives every container unless told otherwise (moby, oci/caps/defaults.go).
  static let usualCapabilities: Set<String> = [
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
    "SYS_CHROOT", "KILL", "AUDIT_WRITE",
  ]

  /// The sets that a process has or can come to have.
  private func capabilities() throws(MalformedList) -> [(name: String, source: FactSource)] {
    guard let sets = process?["capabilities"] else { return [] }
    guard sets.node.isObject else { throw MalformedList(source: sets.source) }
    var seen: Set<String> = []
    var found: [(name: String, source: FactSource)] = []
    for set in ["bounding", "effective", "permitted", "inheritable", "ambient"] {
      for element in try sets.list(set, of: { $0.text != nil }) {
        let name = InspectFacts.capability(element.text ?? "")
        if seen.insert(name).inserted { found.append((name, element.source)) }
      }
    }
    return found
  }

  private mutating func addCapabilities() {
    guard let process else {
      facts["capabilities.added"] = .notCollected("not-said", facts.whole)
      return
    }
    do throws(MalformedList) {
      let added = try capabilities().filter { !Self.usualCapabilities.contains($0.name) }
      facts["capabilities.added"] =
        added.isEmpty
        ? .absent((process["capabilities"] ?? process).source)
        : .present(.array(added.map { .string($0.name) }), sources: added.map(\.source))
    } catch {
      facts["capabilities.added"] = error.fact
    }
  }

  /// Bind mounts and the propagation of every mount; file systems of the kernel (proc, sysfs, tmpfs) are the container's own.
  private mutating func addMounts() {
    do throws(MalformedList) { facts["mounts"] = try mounts() } catch { facts["mounts"] = error.fact }
  }

  private func mounts() throws(MalformedList) -> Fact {
    var values: [FactValue] = []
    var sources: [FactSource] = []
    for mount in try bundle.list("mounts", of: \.isObject) {
      let options = try mount.list("options", of: { $0.text != nil }).map { $0.text ?? "" }
      for key in ["type", "source", "destination"] where mount[key]?.text == nil {
        if let wrong = mount[key] { throw MalformedList(source: wrong.source) }
      }
      let isBind = mount["type"]?.text == "bind" || options.contains("bind") || options.contains("rbind")
      let propagation = options.first { ["private", "rprivate", "shared", "rshared", "slave", "rslave"].contains($0) } ?? ""
      guard isBind || propagation.hasSuffix("shared") else { continue }
      values.append(
        .object([
          "type": .string(isBind ? "bind" : mount["type"]?.text ?? ""),
          "source": .string(ContainerPath.normal(mount["source"]?.text ?? "")),
          "destination": .string(mount["destination"]?.text ?? ""), "writable": .bool(!options.contains("ro")),
          "propagation": .string(propagation),
        ]))
      sources.append(mount.source)
    }
    return values.isEmpty ? .absent((bundle["mounts"] ?? bundle).source) : .present(.array(values), sources: sources)
  }

  /// Devices that every container has (runtime-spec, config-linux.md, "Default Devices").
  private static let usualDevices: Set<String> = [
    "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx", "/dev/pts/ptmx",
  ]

  /// Device nodes beyond the usual ones, and a rule that allows every device.
  private mutating func addDevices() {
    guard let linux else {
      facts["devices"] = .notCollected("not-said", facts.whole)
      return
    }
    do throws(MalformedList) { facts["devices"] = try devices(linux) } catch { facts["devices"] = error.fact }
  }

  private func devices(_ linux: SourcedJSON) throws(MalformedList) -> Fact {
    var values: [FactValue] = []
    var sources: [FactSource] = []
    for device in try linux.list("devices", of: { $0.isObject && $0["path"]?.text != nil }) {
      guard let path = device["path"]?.text, !Self.usualDevices.contains(path) else { continue }
      values.append(.object(["host": .string(path), "permissions": nil]))
      sources.append(device.source)
    }
    if let rule = try ruleForEveryDevice() {
      values.append(.object(["host": "all devices", "permissions": rule["access"]?.text.map { .string($0) }]))
      sources.append(rule.source)
    }
    return values.isEmpty ? .absent((linux["devices"] ?? linux).source) : .present(.array(values), sources: sources)
  }

  /// The last rule about all devices counts, and a bundle that has none allows all.
  private func ruleForEveryDevice() throws(MalformedList) -> SourcedJSON? {
    if let resources = linux?["resources"], !resources.node.isObject { throw MalformedList(source: resources.source) }
    let rules = try linux?["resources"]?.list("devices", of: \.isObject) ?? []
    let general = rules.last { rule in
      ["a", ""].contains(rule["type"]?.text ?? "") && (rule["major"]?.integer ?? -1) < 0 && (rule["minor"]?.integer ?? -1) < 0
    }
    return general?["allow"]?.flag == true ? general : nil
  }

  /// What `--privileged` comes to: the capability to administer the system, no filter of calls and every device.
  private var privileged: Fact {
    guard let process, linux != nil else { return .notCollected("not-said", facts.whole) }
    do throws(MalformedList) {
      guard let rule = try ruleForEveryDevice(), facts["seccomp"]?.value?.text == "unconfined",
        let admin = try capabilities().first(where: { $0.name == "SYS_ADMIN" })
      else { return .present(false, (process["capabilities"] ?? process).source) }
      return .present(true, admin.source, rule.source)
    } catch {
      return error.fact
    }
  }
}
