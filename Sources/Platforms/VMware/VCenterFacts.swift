internal import Domain

/// The facts of one vCenter: its advanced settings, its single sign-on, its appliance and its distributed switches.
struct VCenterFacts {
  /// Advanced settings that controls judge.
  private static let options = [
    "VirtualCenter.VimPasswordExpirationInDays", "config.log.level", "etc.issue", "event.maxAge", "event.maxAgeEnabled", "task.maxAge",
    "task.maxAgeEnabled", "vpxd.event.syslog.enabled",
  ]

  private let center: InventoryEntity
  private let sso: InventoryEntity
  private let appliance: InventoryEntity

  init(_ document: InventoryDocument) {
    center = InventoryEntity(document, nil, place: "")
    sso = InventoryEntity(document, document["sso"], place: "sso")
    appliance = InventoryEntity(document, document["appliance"], place: "appliance")
  }

  func facts() -> [String: Fact] {
    var facts = OptionFacts(center, at: "options").facts(Self.options)
    facts["product"] = center.fact("about") { about in
      about["version"]?.text.map { ["version": .string($0), "build": .string(about["build"]?.scalar ?? "")] }
    }
    facts.merge(signOn()) { first, _ in first }
    facts.merge(management()) { first, _ in first }
    facts.merge(DistributedSwitchFacts(center).facts()) { first, _ in first }
    return facts
  }

  // MARK: - Single sign-on

  /// Policies with the names that Get-SsoPasswordPolicy and Get-SsoLockoutPolicy give them.
  private func signOn() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    for name in ["MaxFailedAttempts", "FailedAttemptIntervalSec", "AutoUnlockIntervalSec"] {
      facts["sso.lockout.\(name)"] = sso.fact("lockoutPolicy", name) { $0.integer.map { .int($0) } }
    }
    for name in [
      "ProhibitedPreviousPasswordsCount", "PasswordLifetimeDays", "MinLength", "MaxLength", "MinNumericCount", "MinSpecialCharCount",
      "MinAlphabeticCount", "MinUppercaseCount", "MinLowercaseCount", "MaxIdenticalAdjacentCharacters",
    ] {
      facts["sso.password.\(name)"] = sso.fact("passwordPolicy", name) { $0.integer.map { .int($0) } }
    }
    facts["sso.administrators"] = sso.list("groups", "Administrators") { member in
      member["Name"]?.text.map { ["name": .string($0), "domain": .string(member["Domain"]?.text?.lowercased() ?? "")] }
    }
    facts["banner.enabled"] = sso.fact("logonBanner", "enabled") { $0.switchState.map { .bool($0) } }
    facts["banner.title"] = sso.fact("logonBanner", "title", missing: .isDefault) { $0.text.map { .string($0) } }
    facts["banner.content"] = sso.fact("logonBanner", "content", missing: .isDefault) { $0.text.map { .string($0) } }
    facts["client.timeout"] = sso.fact("client", "session.timeout") { $0.integer.map { .int($0) } }
    return facts
  }

  // MARK: - Appliance

  /// Answers of the appliance's REST interface, each under its path below /api/appliance.
  private func management() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    facts["vami.ssh"] = appliance.fact("access/ssh") { ($0["enabled"] ?? $0).switchState.map { .bool($0) } }
    facts["vami.root"] = appliance.fact("local-accounts/root") { account in
      guard account.isObject else { return nil }
      // An account whose password never expires has no day on which it does.
      return [
        "expires": .bool(account["password_expires_at"].map { !$0.isNull } ?? false),
        "days": account["max_days_between_password_change"]?.integer.map { .int($0) } ?? .null,
      ]
    }
    facts["vami.policy"] = appliance.fact("local-accounts/global-policy", "max_days") { $0.integer.map { .int($0) } }
    facts["vami.backups"] = appliance.fact("recovery/backup/schedules") { schedules in
      let all = schedules.members?.map { ($0.key, $0.value) } ?? schedules.elements?.enumerated().map { ("\($0.offset)", $0.element) }
      return all.map { all in
        .array(all.map { ["id": .string($0.0), "enabled": .bool($0.1["enable"]?.switchState ?? $0.1["enabled"]?.switchState ?? true)] })
      }
    }
    facts["vami.firewall"] = appliance.list("networking/firewall/inbound") { rule in
      guard let address = rule["address"]?.text, let policy = rule["policy"]?.text else { return nil }
      return ["address": .string("\(address)\(rule["prefix"]?.scalar.map { "/" + $0 } ?? "")"), "policy": .string(policy.uppercased())]
    }
    facts["vami.syslog"] = appliance.list("logging/forwarding") { target in
      target["hostname"]?.text.map { ["host": .string($0), "protocol": .string(target["protocol"]?.text ?? "")] }
    }
    facts["vami.ntp"] = appliance.list("ntp") { $0.text.map { .string($0) } }
    facts["vami.timesync"] = appliance.fact("timesync") { $0.text.map { .string($0) } }
    facts["vami.update"] = appliance.fact("update") { update in
      update["state"]?.text.map { ["state": .string($0), "version": .string(update["version"]?.text ?? "")] }
    }
    facts["vami.fips"] = appliance.fact("system/security/global-fips") { ($0["enabled"] ?? $0).switchState.map { .bool($0) } }
    facts["vami.tls"] = appliance.fact("tls/profiles/global") { ($0["profile"] ?? $0).text.map { .string($0) } }
    return facts
  }
}
