# What the guest stands on.
package ringwall.controls.vmware_guest.platform

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_guest

# METADATA
# title: Secure Boot under the guest
# description: >-
#   What starts before the guest's kernel decides what the kernel can be trusted with. vSphere says whether the firmware
#   of this guest refuses unsigned loaders.
# custom:
#   id: SCG-guest-8.secure-boot
#   severity: high
#   family: DEV
#   facts: [secureBoot]
#   safe: "TRUE"
#   default: "by template"
#   remediation: >-
#     Power the VM off; EFI firmware; tick Secure Boot in the boot options (PowerCLI: a VirtualMachineConfigSpec with
#     BootOptions.EfiSecureBootEnabled = $true); power on. Test guests with unsigned drivers first
#   disable:
#     how: >-
#       Power the VM off; untick Secure Boot
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; tick Secure Boot; power on
#   messages:
#     safe: "The guest starts under Secure Boot"
#     undefined: "Secure Boot is not set, which means off"
#     unsafe: "The guest starts without Secure Boot"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.secure-boot
#   always: true
scg_guest_8_secure_boot := vmware_guest.must_be("secureBoot", {"true"})

# METADATA
# title: Virtual hardware 17 or later
# description: >-
#   Older virtual hardware has no vTPM 2.0 of use, no virtual IOMMU and none of the processor features that mitigate
#   side channels in the guest, whatever the host can do.
# custom:
#   id: SCG-guest-8.virtual-hardware
#   severity: high
#   family: DEV
#   facts: [hardwareVersion]
#   safe: "vmx-17 or higher"
#   default: "by template"
#   remediation: >-
#     After a snapshot and a backup: power the VM off; Compatibility, Upgrade VM Compatibility; power on. It cannot be
#     undone, and every host that the VM may run on must know the version
#   disable:
#     how: >-
#       None: a version is not lowered; a VM that must run on older hosts is created for them
#     restart: "VM power off and on"
#     rollback: >-
#       restore the snapshot
#   messages:
#     safe: "Virtual hardware {found}"
#     unsafe: "Virtual hardware {found} is older than 17"
#     odd: "The virtual hardware version cannot be read as a number ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.virtual-hardware
#   always: true
scg_guest_8_virtual_hardware := judge.needed("hardwareVersion") if not judge.present("hardwareVersion")

else := judge.missing("odd", {"found": judge.value("hardwareVersion")}, ["hardwareVersion"]) if not is_number(judge.value("hardwareVersion"))

else := judge.pass("safe", {"found": judge.value("hardwareVersion")}, ["hardwareVersion"]) if judge.value("hardwareVersion") >= 17

else := judge.fail("unsafe", {"found": judge.value("hardwareVersion")}, ["hardwareVersion"])
