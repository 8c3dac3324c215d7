internal import Domain

/// The facts of one ESXi host. They are described in docs/facts/vmware.md.
struct ESXiFacts {
  /// Advanced options that controls judge, by the name that the OptionManager gives them.
  static let options = [
    "Annotations.WelcomeMessage", "Config.Etc.issue", "Config.HostAgent.log.level", "Config.HostAgent.plugins.solo.enableMob",
    "Config.HostAgent.vmacore.soap.sessionTimeout", "DCUI.Access", "Mem.MemEagerZero", "Mem.ShareForceSalting", "Net.BMCNetworkEnable",
    "Net.BlockGuestBPDU", "Net.DVFilterBindIpAddress", "ScratchConfig.CurrentScratchLocation", "Security.AccountLockFailures",
    "Security.AccountUnlockTime", "Security.PasswordHistory", "Security.PasswordMaxDays", "Security.PasswordQualityControl",
    "Syslog.global.auditRecord.remoteEnable", "Syslog.global.auditRecord.storageCapacity", "Syslog.global.auditRecord.storageDirectory",
    "Syslog.global.auditRecord.storageEnable", "Syslog.global.certificate.checkSSLCerts",
    "Syslog.global.certificate.strictX509Compliance", "Syslog.global.logDir", "Syslog.global.logHost", "Syslog.global.logLevel",
    "UserVars.DcuiTimeOut", "UserVars.ESXiShellInteractiveTimeOut", "UserVars.ESXiShellTimeOut", "UserVars.ESXiVPsDisabledProtocols",
    "UserVars.HostClientSessionTimeout", "UserVars.SuppressHyperthreadWarning", "UserVars.SuppressShellWarning",
    "VMkernel.Boot.disableHwrng", "VMkernel.Boot.entropySources", "VMkernel.Boot.execInstalledOnly",
  ]

  /// Services that controls judge, by their key in vim25.
  private static let services = ["TSM", "TSM-SSH", "ntpd", "ptpd", "sfcbd-watchdog", "slpd", "snmpd"]

  private static let kernelSettings = ["disableHwrng", "entropySources", "execInstalledOnly"]

  private static let sshSettings = [
    "allowstreamlocalforwarding", "allowtcpforwarding", "banner", "ciphers", "clientalivecountmax", "clientaliveinterval", "gatewayports",
    "hostbasedauthentication", "ignorerhosts", "permittunnel", "permituserenvironment",
  ]

  private let host: InventoryEntity

  init(_ host: InventoryEntity) { self.host = host }

  func facts() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    for (name, fact) in OptionFacts(host, at: "options").facts(Self.options) { facts[name] = fact }
    for key in Self.services { facts["service.\(key)"] = service(key) }
    facts["lockdown.mode"] = host.fact("config", "lockdownMode") { $0.text.map { .string($0) } }
    facts["lockdown.exceptions"] = host.list("lockdownExceptions") { $0.text.map { .string($0) } }
    facts["firewall.default"] = host.fact("config", "firewall", "defaultPolicy") { policy in
      // Both are left out by hosts that were never asked; then the answer is not known.
      policy["incomingBlocked"]?.switchState.map {
        ["incomingBlocked": .bool($0), "outgoingBlocked": policy["outgoingBlocked"]?.switchState.map { .bool($0) } ?? .null]
      }
    }
    facts["firewall.rulesets"] = host.list("config", "firewall", "ruleset", where: { $0["enabled"]?.switchState != false }) {
      Self.ruleset($0)
    }
    facts["ntp.servers"] = host.list("config", "dateTimeInfo", "ntpConfig", "server", missing: .isDefault) { $0.text.map { .string($0) } }
    facts["secureboot"] = host.fact("capability", "uefiSecureBoot") { $0.switchState.map { .bool($0) } }
    facts["product"] = host.fact("config", "product") { product in
      product["version"]?.text.map { ["version": .string($0), "build": .string(product["build"]?.scalar ?? "")] }
    }
    facts["domain"] = domain()
    facts["iscsi.adapters"] = host.list(
      "config", "storageDevice", "hostBusAdapter", where: { $0["_type"]?.text == "HostInternetScsiHba" }
    ) { Self.adapter($0) }
    facts.merge(ESXiNetworkFacts(host).facts()) { first, _ in first }
    facts.merge(commands()) { first, _ in first }
    return facts
  }

  // MARK: - Properties of vim25

  /// HostServiceInfo.service: {running, policy}, the policy being on, automatic or off. Absent: the host has no such service.
  private func service(_ key: String) -> Fact {
    let all = host.fact("config", "service", "service") { $0.isArray || $0.isObject ? .null : nil }
    guard all.state == .present, let services = host.at(["config", "service", "service"]) else { return all }
    let place = host.path(["config", "service", "service"])
    let matching = services.list.filter { $0["key"]?.text == key }
    guard let found = matching.last else {
      // A service without its key may be the one that is looked for.
      if let other = services.list.first(where: { $0["key"]?.text == nil }) {
        return .unreadable("malformed", host.document.source(other, place))
      }
      return .absent(sources: all.source)
    }
    let source = host.document.source(found, "\(place)[\(key)]")
    if matching.contains(where: { $0.value != found.value }) { return .unreadable("duplicate-key", source) }
    guard let running = found["running"]?.switchState, let policy = found["policy"]?.text else { return .unreadable("malformed", source) }
    return .present(["running": .bool(running), "policy": .string(policy)], source)
  }

  /// HostFirewallRuleset that is switched on.
  private static func ruleset(_ rule: PlacedJSON) -> FactValue? {
    guard let key = rule["key"]?.text, rule["enabled"] != nil else { return nil }
    let hosts = rule["allowedHosts"]
    let addresses = (hosts?["ipAddress"]?.list ?? []).compactMap(\.text)
    let networks = (hosts?["ipNetwork"]?.list ?? []).compactMap { network in
      network["network"]?.text.map { "\($0)/\(network["prefixLength"]?.scalar ?? "?")" }
    }
    return [
      "key": .string(key), "label": .string(rule["label"]?.text ?? key), "all": hosts?["allIp"]?.switchState.map { .bool($0) } ?? .null,
      "from": .array((addresses + networks).map { .string($0) }),
    ]
  }

  /// HostActiveDirectoryInfo among the ways in which users are authenticated. Absent: the host joined no domain.
  private func domain() -> Fact {
    let place = ["config", "authenticationManagerInfo", "authConfig"]
    let all = host.fact(at: place) { $0.isArray || $0.isObject ? .null : nil }
    guard all.state == .present, let ways = host.at(place) else { return all }
    guard let found = ways.list.last(where: { $0["joinedDomain"]?.text?.isEmpty == false }) else { return .absent(sources: all.source) }
    return .present(
      ["name": .string(found["joinedDomain"]?.text ?? ""), "status": .string(found["domainMembershipStatus"]?.text ?? "")],
      host.document.source(found, host.path(place)))
  }

  /// HostInternetScsiHba with how its targets prove who they are. Secrets are not among what is kept.
  private static func adapter(_ adapter: PlacedJSON) -> FactValue? {
    guard let device = adapter["device"]?.text else { return nil }
    let authentication = adapter["authenticationProperties"]
    let mutual =
      authentication?["mutualChapAuthEnabled"]?.switchState ?? authentication?["mutualChapEnabled"]?.switchState
      ?? authentication?["mutualChapAuthenticationType"]?.text.map { $0 == "chapRequired" }
    return [
      "device": .string(device), "chap": authentication?["chapAuthEnabled"]?.switchState.map { .bool($0) } ?? .null,
      "mutual": mutual.map { .bool($0) } ?? (authentication == nil ? .null : false),
    ]
  }

  // MARK: - What only esxcli tells

  private func commands() -> [String: Fact] {
    let esxcli = EsxcliFacts(host)
    var facts: [String: Fact] = [:]
    for user in ["dcui", "vpxuser"] {
      facts["account.\(user)"] = esxcli.row("system account list", where: "User ID", is: user) { row in
        row.column("Shell Access")?.switchState.map { ["shell": .bool($0)] }
      }
    }
    for name in Self.kernelSettings {
      facts["kernel.\(name)"] = esxcli.row("system settings kernel list", where: "Name", is: name) { row in
        guard let configured = row.column("Configured")?.scalar else { return nil }
        return ["configured": .string(configured), "runtime": row.column("Runtime")?.scalar.map { .string($0) } ?? .null]
      }
    }
    for name in Self.sshSettings {
      facts["ssh.\(name)"] = esxcli.row("system ssh server config list", where: "Key", is: name) { row in
        row.column("Value")?.scalar.map { .string($0) }
      }
    }
    facts["encryption"] = esxcli.answer("system settings encryption get") { answer in
      guard let mode = answer.column("Mode")?.text else { return nil }
      return [
        "mode": .string(mode), "secureBoot": answer.column("Require Secure Boot")?.switchState.map { .bool($0) } ?? .null,
        "execInstalledOnly": answer.column("Require Executables Only From Installed VIBs")?.switchState.map { .bool($0) } ?? .null,
      ]
    }
    facts["fips.ssh"] = esxcli.flag("system security fips140 ssh get", "Enabled")
    facts["keypersistence"] = esxcli.flag("system security keypersistence get", "Enabled")
    facts["log.filter"] = esxcli.flag("system syslog config logfilter get", "Log Filtering Enabled")
    facts["tls.profile"] = esxcli.answer("system tls server get") { answer in
      (answer.column("Profile") ?? answer).text.map { .string($0) }
    }
    facts["acceptance"] = esxcli.answer("software acceptance get") { answer in
      (answer.column("Acceptance Level") ?? answer).text.map { .string($0) }
    }
    facts["syslog.local"] = esxcli.answer("system syslog config get") { answer in
      answer.column("Local Log Output")?.text.map {
        ["output": .string($0), "persistent": answer.column("Local Log Output Is Persistent")?.switchState.map { .bool($0) } ?? .null]
      }
    }
    return facts
  }
}
