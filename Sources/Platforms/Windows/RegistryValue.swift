internal import Domain

/// The registry values that controls read: the name of the fact, the key and the value.
///
/// Keys are those of the running system (`CurrentControlSet`). Names of keys and values are compared without regard to case, as Windows does.
struct RegistryValue: Sendable, Hashable {
  let fact: String
  /// Below HKEY_LOCAL_MACHINE, without it.
  let key: String
  let name: String

  static let policy = #"SOFTWARE\Policies\Microsoft\Windows\DeviceGuard"#
  static let deviceGuard = #"SYSTEM\CurrentControlSet\Control\DeviceGuard"#
  static let scenarios = deviceGuard + #"\Scenarios"#
  static let lsa = #"SYSTEM\CurrentControlSet\Control\Lsa"#
  static let crash = #"SYSTEM\CurrentControlSet\Control\CrashControl"#
  static let memory = #"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"#

  /// What is judged of Windows itself.
  static let windows: [RegistryValue] = [
    RegistryValue("reg.policy.EnableVirtualizationBasedSecurity", policy, "EnableVirtualizationBasedSecurity"),
    RegistryValue("reg.policy.RequirePlatformSecurityFeatures", policy, "RequirePlatformSecurityFeatures"),
    RegistryValue("reg.policy.HypervisorEnforcedCodeIntegrity", policy, "HypervisorEnforcedCodeIntegrity"),
    RegistryValue("reg.policy.HVCIMATRequired", policy, "HVCIMATRequired"),
    RegistryValue("reg.policy.LsaCfgFlags", policy, "LsaCfgFlags"),
    RegistryValue("reg.policy.ConfigureSystemGuardLaunch", policy, "ConfigureSystemGuardLaunch"),
    RegistryValue(
      "reg.policy.DeviceEnumerationPolicy", #"SOFTWARE\Policies\Microsoft\Windows\Kernel DMA Protection"#, "DeviceEnumerationPolicy"),
    RegistryValue("reg.deviceGuard.EnableVirtualizationBasedSecurity", deviceGuard, "EnableVirtualizationBasedSecurity"),
    RegistryValue("reg.deviceGuard.RequirePlatformSecurityFeatures", deviceGuard, "RequirePlatformSecurityFeatures"),
    RegistryValue("reg.deviceGuard.Locked", deviceGuard, "Locked"),
    RegistryValue("reg.hvci.Enabled", scenarios + #"\HypervisorEnforcedCodeIntegrity"#, "Enabled"),
    RegistryValue("reg.hvci.Locked", scenarios + #"\HypervisorEnforcedCodeIntegrity"#, "Locked"),
    RegistryValue("reg.systemGuard.Enabled", scenarios + #"\SystemGuard"#, "Enabled"),
    RegistryValue("reg.lsa.LsaCfgFlags", lsa, "LsaCfgFlags"),
    RegistryValue("reg.lsa.RunAsPPL", lsa, "RunAsPPL"),
    RegistryValue(
      "reg.ci.VulnerableDriverBlocklistEnable", #"SYSTEM\CurrentControlSet\Control\CI\Config"#, "VulnerableDriverBlocklistEnable"),
    RegistryValue("reg.memory.FeatureSettingsOverride", memory, "FeatureSettingsOverride"),
    RegistryValue("reg.memory.FeatureSettingsOverrideMask", memory, "FeatureSettingsOverrideMask"),
  ]

  /// What is judged of a Hyper-V host.
  static let host: [RegistryValue] = [
    RegistryValue("reg.crash.DumpEncryptionEnabled", crash, "DumpEncryptionEnabled"),
    RegistryValue("reg.crash.PublicKey", crash + #"\EncryptionCertificates\Certificate.1"#, "PublicKey"),
    RegistryValue("reg.crash.Thumbprint", crash + #"\EncryptionCertificates\Certificate.1"#, "Thumbprint"),
    mitigations,
  ]

  static let mitigations = RegistryValue(
    "reg.virtualization.MinVmVersionForCpuBasedMitigations", #"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization"#,
    "MinVmVersionForCpuBasedMitigations")

  private init(_ fact: String, _ key: String, _ name: String) {
    self.fact = fact
    self.key = key
    self.name = name
  }

  /// As reports show it: `HKLM\SYSTEM\...!Name`.
  var path: String { "HKLM\\" + key + "!" + name }

  /// Key and name for comparison.
  var lookup: String { (key + "!" + name).lowercased() }
}

/// Data of a registry value.
enum RegistryData: Sendable, Hashable {
  /// REG_DWORD, REG_QWORD.
  case number(Int64)
  /// REG_SZ, REG_EXPAND_SZ.
  case text(String)
  /// REG_MULTI_SZ.
  case texts([String])
  case binary([UInt8])

  /// The fact's value. A public key of the form BCRYPT_RSAKEY_BLOB is shown by its length, other bytes by their number.
  var factValue: FactValue {
    switch self {
    case .number(let number): .int(number)
    case .text(let text): .string(text)
    case .texts(let texts): .array(texts.map { .string($0) })
    case .binary(let bytes): .object(["bytes": .int(Int64(bytes.count)), "rsaBits": Self.rsaBits(bytes).map { .int($0) }])
    }
  }

  /// Bits of the modulus that a BCRYPT_RSAKEY_BLOB names (bcrypt.h: magic "RSA1", then the length), little endian.
  private static func rsaBits(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count >= 24, bytes.starts(with: Array("RSA1".utf8)) else { return nil }
    return (4..<8).reversed().reduce(Int64(0)) { $0 << 8 | Int64(bytes[$1]) }
  }
}
