/// What libvirt's QEMU driver fills in where a domain names nothing, by architecture and machine type.
///
/// Source: libvirt 9.0.0 src/qemu/qemu_domain.c, functions named at each member.
struct DomainDefaults {
  let architecture: String
  /// As written; "" where none is.
  let machine: String

  var isX86: Bool { architecture == "x86_64" || architecture == "i686" }
  var isS390: Bool { architecture == "s390x" || architecture == "s390" }
  var isPPC64: Bool { architecture == "ppc64" || architecture == "ppc64le" }
  private var isARM: Bool { ["aarch64", "armv7l", "armv6l"].contains(architecture) }
  private var isVirtMachine: Bool { machine == "virt" || machine.hasPrefix("virt-") }
  var isARMVirt: Bool { isARM && isVirtMachine }
  private var isRISCVVirt: Bool { (architecture == "riscv64" || architecture == "riscv32") && isVirtMachine }

  /// qemuDomainDefaultNetModel. Where it depends on the QEMU binary, QEMU as distributions build it has rtl8139.
  var networkModel: String {
    if isS390 || isARMVirt || isRISCVVirt { return "virtio" }
    if isARM { return machine == "versatilepb" ? "smc91c111" : "lan9118" }
    return "rtl8139"
  }

  /// qemuDomainDefaultVideoDevice. QEMU as distributions build it has cirrus.
  var videoModel: String {
    if isPPC64 { return "vga" }
    if isS390 || isARMVirt || isRISCVVirt { return "virtio" }
    return "cirrus"
  }

  /// qemuDomainTPMDefPostParse.
  var tpmModel: String { isPPC64 ? "tpm-spapr" : "tpm-tis" }

  /// qemuDomainTPMDefPostParse: 1.2 for tpm-tis on x86, for the sake of old guests.
  func tpmVersion(model: String) -> String { model == "tpm-tis" && isX86 ? "1.2" : "2.0" }

  /// qemuDomainDefAddDefaultDevices.
  var balloonModel: String {
    if isARM || (isX86 && (machine == "isapc" || machine == "microvm")) { return "none" }
    return "virtio"
  }

  /// virDomainDiskBusFromTarget, by the prefix of the target's name.
  static func diskBus(target: String, device: String) -> String {
    if device == "floppy" || target.hasPrefix("fd") { return "fdc" }
    if target.hasPrefix("vd") { return "virtio" }
    if target.hasPrefix("sd") { return "scsi" }
    if target.hasPrefix("xvd") { return "xen" }
    return "ide"
  }
}
