# What the machine gets of the processor.
package ringwall.controls.vmware_vm.processor

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_vm

# METADATA
# title: Nested virtualization not offered to the guest
# description: >-
#   With vhv.enable the guest gets VT-x or AMD-V of its own and may run machines that no inventory knows. The code that
#   emulates these instructions is large, and an attacker inside can hide a hypervisor below the guest's own kernel.
# custom:
#   id: VMX-001
#   severity: medium
#   family: NST
#   facts: [nestedVirtualization]
#   safe: "vhv.enable absent or FALSE"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; set vhv.enable = "FALSE" or delete the key (PowerCLI: nestedHVEnabled = $false in a
#     VirtualMachineConfigSpec); power on
#   disable:
#     how: >-
#       Power the VM off; vhv.enable = "TRUE" (API: nestedHVEnabled = true). Not possible together with PCI pass-through
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; vhv.enable = "FALSE" or delete the key; power on
#   messages:
#     undefined: "vhv.enable is not set: the guest sees no virtualization extensions"
#     safe: "The guest sees no virtualization extensions"
#     unsafe: "Nested virtualization is offered to the guest ({found})"
#   source: >-
#     knowledge.broadcom.com article 437651; vSphere API, VirtualMachineConfigInfo.nestedHVEnabled
#   always: true
#   key50: 41
vmx_001 := vmware_vm.off("nestedVirtualization")

# METADATA
# title: Virtual IOMMU present where virtualization-based security is on
# description: >-
#   Windows protects the memory of its secure kernel against devices with an IOMMU. Without a virtual one,
#   virtualization-based security runs without protection against DMA inside the VM.
# custom:
#   id: VMX-002
#   severity: info
#   family: IOM
#   facts: [viommu, vbs]
#   safe: "vvtd.enable TRUE while windows.vbs.enabled is TRUE"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; tick I/O MMU in the CPU options, or set vvtd.enable = "TRUE"; power on
#   disable:
#     how: >-
#       Power the VM off; vvtd.enable = "FALSE"
#     restart: "VM power off and on"
#     rollback: >-
#       vvtd.enable = "TRUE"; power off and on
#   messages:
#     safe: "The guest has a virtual IOMMU"
#     unsafe: "Virtualization-based security is on, and the guest has no virtual IOMMU"
#     withoutVBS: "Virtualization-based security is off for this VM, so that no virtual IOMMU is asked for"
#   source: >-
#     vSphere API, VirtualMachineFlagInfo.vvtdEnabled; vmx key in public files
vmx_002 := judge.unreadable(["viommu", "vbs"]) if not judge.all_readable(["viommu", "vbs"])

else := judge.pass("safe", {}, ["viommu"]) if vmware_vm.is_true("viommu")

else := judge.fail("unsafe", {}, ["viommu", "vbs"]) if vmware_vm.is_true("vbs")

else := judge.not_applicable("withoutVBS", {}, ["vbs"])

# METADATA
# title: Virtualization-based security offered to Windows guests
# description: >-
#   Credential Guard and memory integrity need the VM to be built for them. Where the VM does not offer them, whoever
#   becomes administrator in Windows reads the secrets of its logon process and loads unsigned drivers.
# custom:
#   id: VMX-003
#   severity: medium
#   family: WIN
#   facts: [vbs, guestOS]
#   safe: "windows.vbs.enabled TRUE where the parameter vbs_required asks for it"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; with EFI firmware and Secure Boot on, tick Virtualization Based Security in the VM options (sets
#     windows.vbs.enabled, vhv.enable and vvtd.enable); power on, then enable it in Windows by policy
#   disable:
#     how: >-
#       Disable it in Windows first; power the VM off; windows.vbs.enabled = "FALSE"
#     restart: "VM power off and on"
#     rollback: >-
#       windows.vbs.enabled = "TRUE"; power off and on
#   messages:
#     safe: "Virtualization-based security is offered to the guest"
#     unsafe: "Virtualization-based security is not offered to the guest ({guest})"
#     otherGuest: "{guest} is no Windows that knows virtualization-based security"
#     guestNotSaid: "guestOS is not set, so that it is not known whether Windows runs in the VM"
#     notAsked: "The baseline does not ask for virtualization-based security"
#   source: >-
#     vSphere API, VirtualMachineFlagInfo.vbsEnabled (doubt: the flag's name from knowledge); vmx key in public files
vmx_003 := judge.unreadable(["vbs", "guestOS"]) if not judge.all_readable(["vbs", "guestOS"])

else := judge.pass("safe", {}, ["vbs"]) if vmware_vm.is_true("vbs")

else := vmware_vm.asked("vbs_required", ["vbs"], judge.missing("guestNotSaid", {}, ["guestOS"])) if judge.absent("guestOS")

else := judge.not_applicable("otherGuest", {"guest": judge.value("guestOS")}, ["guestOS"]) if not vmware_vm.knows_vbs

else := vmware_vm.asked("vbs_required", ["vbs"], judge.fail("unsafe", {"guest": judge.value("guestOS")}, ["vbs", "guestOS"]))

# METADATA
# title: Hardware virtualization not forced off
# description: >-
#   monitor.virtual_exec = software asks for binary translation in place of VT-x or AMD-V, so that the boundary of the
#   VM is software alone. Current releases ignore it; it is the real key behind invented tags such as NoHwAccel.
# custom:
#   id: VMX-010
#   severity: high
#   family: CPU
#   facts: [execution]
#   safe: "absent, automatic or hardware (API: hvAuto or hvOn)"
#   default: "automatic"
#   remediation: >-
#     Power the VM off; delete monitor.virtual_exec (API: flags.virtualExecUsage = hvAuto); power on
#   disable:
#     how: >-
#       Power the VM off; monitor.virtual_exec = "software" (API: hvOff); ignored by current releases
#     restart: "VM power off and on"
#     rollback: >-
#       delete the key; power off and on
#   messages:
#     undefined: "monitor.virtual_exec is not set: the host decides"
#     safe: "Hardware virtualization is used ({found})"
#     unsafe: "Hardware virtualization is switched off ({found})"
#   source: >-
#     vSphere API, VirtualMachineFlagInfo.virtualExecUsage (developer.broadcom.com)
#   always: true
vmx_010 := vmware_vm.one_of("execution", {"automatic", "hardware", "hvauto", "hvon"})

# METADATA
# title: Hardware paging not forced off
# description: >-
#   Without EPT or RVI the host keeps shadow page tables in software, a far larger part of the monitor that the guest
#   drives with every change of its tables.
# custom:
#   id: VMX-011
#   severity: high
#   family: CPU
#   facts: [mmu]
#   safe: "absent, automatic or hardware (API: automatic or on)"
#   default: "automatic"
#   remediation: >-
#     Power the VM off; delete monitor.virtual_mmu (API: flags.virtualMmuUsage = automatic); power on
#   disable:
#     how: >-
#       Power the VM off; monitor.virtual_mmu = "software" (API: off)
#     restart: "VM power off and on"
#     rollback: >-
#       delete the key; power off and on
#   messages:
#     undefined: "monitor.virtual_mmu is not set: the host decides"
#     safe: "Hardware paging is used ({found})"
#     unsafe: "Hardware paging is switched off ({found})"
#   source: >-
#     vSphere API, VirtualMachineFlagInfo.virtualMmuUsage (developer.broadcom.com)
#   always: true
vmx_011 := vmware_vm.one_of("mmu", {"automatic", "hardware", "on"})

# METADATA
# title: Side-channel mitigations not disabled
# description: >-
#   Workstation and Fusion switch the mitigations of Spectre, L1TF and MDS off for a VM with ulm.disableMitigations, to
#   win speed. What runs in the guest can then read memory of its host and of other guests.
# custom:
#   id: VMX-012
#   severity: high
#   family: SCH
#   facts: [setting.ulm.disableMitigations]
#   safe: "absent or FALSE"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; delete ulm.disableMitigations, or untick "Disable side channel mitigations" in the advanced
#     options; power on
#   disable:
#     how: >-
#       Power the VM off; ulm.disableMitigations = "TRUE" (Workstation and Fusion)
#     restart: "VM power off and on"
#     rollback: >-
#       delete the key; power off and on
#   messages:
#     undefined: "ulm.disableMitigations is not set: mitigations stay on"
#     safe: "Side-channel mitigations are on"
#     unsafe: "Side-channel mitigations are disabled ({found})"
#   source: >-
#     VMware KB 79832, as public files cite it
#   always: true
vmx_012 := vmware_vm.off("setting.ulm.disableMitigations")

# METADATA
# title: Memory of the guest encrypted by the processor
# description: >-
#   With AMD SEV-ES the hypervisor and whoever administers it see the guest's memory and registers encrypted only. It
#   must be chosen when the VM is made, and ends snapshots with memory, vMotion and hot-plug.
# custom:
#   id: VMX-024
#   severity: info
#   family: CNF
#   facts: [sev]
#   safe: "true where the parameter cc names sev"
#   default: "false"
#   remediation: >-
#     Create the VM anew on a host with AMD EPYC 7xx2 or later with SEV-ES enabled in vSphere (vim: sevEnabled = true) and
#     move its disks over
#   disable:
#     how: >-
#       None for a VM that exists
#     restart: "the VM is created anew"
#     rollback: >-
#       none
#   messages:
#     safe: "SEV-ES encrypts the guest's memory"
#     unsafe: "The guest's memory is not encrypted by the processor"
#     notAsked: "The baseline asks for no encryption of memory by SEV"
#   source: >-
#     vSphere API, VirtualMachineConfigInfo.sevEnabled; doubt: the .vmx key sev.enable from knowledge
vmx_024 := judge.unreadable(["sev"]) if not judge.readable("sev")

else := judge.pass("safe", {}, ["sev"]) if vmware_vm.is_true("sev")

else := judge.fail("unsafe", {}, ["sev"]) if vmware_vm.asks_for_sev

else := judge.parameter_not_set("cc", ["sev"]) if not judge.parameter("cc")

else := judge.not_applicable("notAsked", {}, ["sev"])
