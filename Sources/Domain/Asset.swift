/// What is judged: a host, a daemon's configuration, a domain, a running process.
public struct Asset: Sendable, Hashable {
  /// Which facts an asset has and which controls judge it.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// A Linux host with KVM. Controls: `ringwall.controls.host`.
    case host
    /// The configuration of libvirtd or a modular daemon. Controls: `ringwall.controls.libvirtd`.
    case libvirtd
    /// The configuration of libvirt's QEMU driver (qemu.conf). Controls: `ringwall.controls.qemu_driver`.
    case qemuDriver = "qemu-driver"
    /// A libvirt domain, from its XML. Controls: `ringwall.controls.domain`.
    case domain
    /// A VMware virtual machine, from its .vmx, an OVF descriptor or an inventory. Controls: `ringwall.controls.vmware_vm`.
    case vmwareVM = "vmware-vm"
    /// VMware Tools inside a guest. Controls: `ringwall.controls.vmware_guest`.
    case vmwareGuest = "vmware-guest"
    /// A QEMU process or command line. Controls: `ringwall.controls.qemu`.
    case qemu
    /// A container, an image or an OCI bundle. Controls: `ringwall.controls.container`.
    case container
    /// A container engine's configuration: Docker's daemon or containerd. Controls: `ringwall.controls.docker`.
    case docker
    /// A runtime that is gVisor's runsc, with its flags. Controls: `ringwall.controls.gvisor`.
    case gvisor
    /// An ESXi host of a vSphere inventory. Controls: `ringwall.controls.vmware_esxi`.
    case vmwareESXi = "vmware-esxi"
    /// A vCenter server, or the server of a vSphere inventory. Controls: `ringwall.controls.vmware_vcenter`.
    case vmwareVCenter = "vmware-vcenter"
    /// A vSAN cluster. Controls: `ringwall.controls.vmware_vsan`.
    case vmwareVSAN = "vmware-vsan"
    /// A Hyper-V host. Controls: `ringwall.controls.hyperv_host`.
    case hyperVHost = "hyperv-host"
    /// A virtual machine of Hyper-V. Controls: `ringwall.controls.hyperv_vm`.
    case hyperVMachine = "hyperv-vm"
    /// Windows with virtualization-based security. Controls: `ringwall.controls.windows`.
    case windows
    /// A text that is only searched for settings that do not exist.
    case text
    /// A waiver document; its findings say why it does not waive.
    case waiver
  }

  /// Stable across runs and machines for the same thing: "host:NAME", "domain:UUID", "qemu:UUID or NAME",
  /// "libvirtd:HOST:PATH" on a machine, else kind and canonical path.
  public let id: String
  public let kind: Kind
  /// The catalogue's platform: linux-kvm, libvirt, libvirt-domain, qemu, vmware-esxi and so on (`Controls.platform(of:)`).
  public let platform: String
  /// What the operator calls it.
  public let name: String
  /// Lower-case UUID of a guest, where known.
  public let uuid: String?

  public init(id: String, kind: Kind, platform: String, name: String, uuid: String? = nil) {
    self.id = id
    self.kind = kind
    self.platform = platform
    self.name = name
    self.uuid = uuid
  }

  /// The same asset under another id.
  public func identified(_ id: String) -> Asset { Asset(id: id, kind: kind, platform: platform, name: name, uuid: uuid) }
}

/// One asset with everything collected about it: the input of one judgement (`ringwall.facts/1`).
public struct AssetFacts: Sendable, Hashable {
  public var asset: Asset
  /// The target, as the user named it, that this asset came from.
  public var target: String
  /// Facts by name. A name that is missing counts as not collected.
  public var facts: [String: Fact]
  /// Settings met in the asset's text that do not exist in any product (data/claims.yaml), found by the recogniser.
  public var inventedSettings: [InventedSetting]

  public init(asset: Asset, target: String, facts: [String: Fact] = [:], inventedSettings: [InventedSetting] = []) {
    self.asset = asset
    self.target = target
    self.facts = facts
    self.inventedSettings = inventedSettings
  }
}

/// A setting that somebody wrote although no product reads it.
public struct InventedSetting: Sendable, Hashable {
  /// CLM-nn, an entry of data/claims.yaml.
  public let id: String
  /// The text as found, at most 200 characters.
  public let text: String
  public let source: FactSource

  public init(id: String, text: String, source: FactSource) {
    self.id = id
    self.text = text
    self.source = source
  }
}

/// A target, or a part of it, that was refused: bad input, an unknown kind of file, no permission.
public struct Refusal: Error, Sendable, Hashable {
  /// The target or file as the user would name it.
  public let target: String
  /// A stable code with a text in each language: "not-judged" (a kind this version does not judge), "malformed",
  /// "too-large", "not-utf8", "permission", "not-found", "unknown-kind", "foreign-hypervisor", "encrypted", "io", "entity", "too-deep".
  public let code: String
  /// The code's text in English, one line, naming place and remedy.
  public let message: String
  public let line: Int?
  public let column: Int?

  public init(target: String, code: String, message: String, line: Int? = nil, column: Int? = nil) {
    self.target = target
    self.code = code
    self.message = message
    self.line = line
    self.column = column
  }
}
