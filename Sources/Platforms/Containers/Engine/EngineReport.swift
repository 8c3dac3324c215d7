internal import Domain

/// Facts of an engine from what it says of itself: `docker info` and `docker version` as JSON, /info and /version of its API.
///
/// Some settings of daemon.json cannot be asked for; they stay not collected. Sources: Docker Engine API v1.40 to v1.48, SystemInfo;
/// moby daemon/info.go for the warnings.
enum EngineReport {
  static func isInfo(_ node: PlacedJSON) -> Bool {
    node.isObject && node["ServerVersion"] != nil && (node["SecurityOptions"] != nil || node["DockerRootDir"] != nil)
  }

  /// Of the command the answer has Client and Server, of the API it is the server's part alone.
  static func isVersion(_ node: PlacedJSON) -> Bool {
    node.isObject
      && (node.given("Server")?.isObject == true && node["Client"] != nil || node["ApiVersion"] != nil && node["Version"] != nil)
  }

  /// "docker", or "podman" of an engine that serves Docker's API.
  static func engine(info: SourcedJSON?, version: SourcedJSON?) -> Fact {
    let components = version?["Components"] ?? version?["Server"]?["Components"]
    if let podman = components?.elements.first(where: { $0["Name"]?.text == "Podman Engine" }) { return .present("podman", podman.source) }
    if let buildah = info?["BuildahVersion"] { return .present("podman", buildah.source) }
    let given = info ?? version
    return given.map { .present("docker", $0.source) } ?? .notCollected("not-given", .property("/version"))
  }

  static func facts(info: SourcedJSON?, version: SourcedJSON?) -> [String: Fact] {
    let whole = (info ?? version)?.source ?? .property("/info")
    var facts = JSONFacts(whole: whole)
    for name in DaemonSettings.names { facts["daemon." + name] = .notCollected("not-said", whole) }
    for name in ["conf.hosts", "argv.hosts", "daemon.conflicts"] { facts[name] = .notCollected("not-said", whole) }
    facts["engine"] = engine(info: info, version: version)
    facts["engine.version"] =
      (info?["ServerVersion"] ?? version?["Server"]?["Version"] ?? version?["Version"]).map { .present($0.node.value, $0.source) }
      ?? .notCollected("not-said", whole)
    guard let info else { return facts.facts }
    facts.addFlag("daemon.live-restore", info, "LiveRestoreEnabled")
    facts.addFlag("daemon.experimental", info, "ExperimentalBuild")
    facts.addFlag("daemon.debug", info, "Debug")
    facts.add("daemon.log-driver", info, "LoggingDriver") { $0.text.flatMap { $0.isEmpty ? nil : .string($0) } }
    facts.addText("swarm", info["Swarm"], "LocalNodeState")
    if let plugins = info["Plugins"] { facts.add("daemon.authorization-plugins", plugins, "Authorization") }
    facts["daemon.insecure-registries"] = registries(info)
    addSecurity(info, &facts)
    facts["api.warnings"] = warnings(info, engine: facts["engine"]?.value?.text)
    return facts.facts
  }

  /// Options such as "name=seccomp,profile=builtin"; in old versions "seccomp" alone.
  private static func addSecurity(_ info: SourcedJSON, _ facts: inout JSONFacts) {
    guard let list = info["SecurityOptions"] else { return }
    var options: [String: (profile: String?, source: FactSource)] = [:]
    for element in list.elements {
      let parts = (element.text ?? "").split(separator: ",").map(String.init)
      guard let first = parts.first else { continue }
      let profile = parts.first { $0.hasPrefix("profile=") }.map { String($0.dropFirst(8)) }
      options[first.hasPrefix("name=") ? String(first.dropFirst(5)) : first] = (profile, element.source)
    }
    func flag(_ name: String) -> Fact { .present(.bool(options[name] != nil), options[name]?.source ?? list.source) }
    facts["daemon.no-new-privileges"] = flag("no-new-privileges")
    facts["daemon.selinux-enabled"] = flag("selinux")
    // podman says it beside the options.
    facts["rootless"] = info["Rootless"]?.flag == true ? .present(true, info.source) : flag("rootless")
    facts["daemon.userns-remap"] = options["userns"].map { .present("on", $0.source) } ?? .absent(list.source)
    // An engine that does not name seccomp runs on a kernel, or was built, without it.
    facts["daemon.seccomp-profile"] =
      options["seccomp"].map { option in option.profile.map { .present(.string($0), option.source) } ?? .absent(option.source) }
      ?? .present("unconfined", list.source)
  }

  /// Registries that are spoken to without a check of their certificate. The machine's own addresses are always among them.
  private static func registries(_ info: SourcedJSON) -> Fact {
    guard let config = info["RegistryConfig"] else { return .notCollected("not-said", info.source) }
    guard config.node.isObject else { return .unreadable("malformed", config.source) }
    do throws(MalformedList) { return try registries(of: config) } catch { return error.fact }
  }

  private static func registries(of config: SourcedJSON) throws(MalformedList) -> Fact {
    var names: [FactValue] = []
    var sources: [FactSource] = []
    for range in try config.list("InsecureRegistryCIDRs", of: { $0.text != nil }) {
      guard let text = range.text, text != "127.0.0.0/8", text != "::1/128" else { continue }
      names.append(.string(text))
      sources.append(range.source)
    }
    for (name, index) in try config.map("IndexConfigs") {
      guard let isSecure = index["Secure"]?.flag else { throw MalformedList(source: index.source) }
      if isSecure { continue }
      names.append(.string(name))
      sources.append(index.source)
    }
    return names.isEmpty ? .absent(config.source) : .present(.array(names), sources: sources)
  }

  /// What Docker itself says about an open API: "API is accessible on http://0.0.0.0:2375 without encryption". podman says nothing of it.
  private static func warnings(_ info: SourcedJSON, engine: String?) -> Fact {
    guard engine == "docker", let list = info["Warnings"] ?? info["SecurityOptions"] else { return .notCollected("not-said", info.source) }
    guard info.node["Warnings"] != nil else { return .notCollected("not-said", info.source) }
    if let wrong = info["Warnings"], !wrong.node.isArray || wrong.elements.contains(where: { $0.text == nil }) {
      return .unreadable("malformed", wrong.source)
    }
    let open = (info["Warnings"]?.elements ?? []).filter { $0.text?.contains("API is accessible on") == true }
    guard !open.isEmpty else { return .absent(list.source) }
    return .present(.array(open.map { .string(address(in: $0.text ?? "")) }), sources: open.map(\.source))
  }

  /// The words from the address on, up to the end of the sentence's first line.
  private static func address(in warning: String) -> String {
    let words = warning.split(whereSeparator: \.isWhitespace).map(String.init)
    return words.first { $0.hasPrefix("http://") || $0.hasPrefix("https://") } ?? warning
  }
}
