# How the machine starts.
package ringwall.controls.vmware_vm.boot

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_vm

# METADATA
# title: EFI firmware
# description: >-
#   Only EFI firmware can verify what it starts, hold a virtual TPM and support virtualization-based security. With BIOS
#   firmware any boot sector runs.
# custom:
#   id: VMX-004
#   severity: medium
#   family: TPM
#   facts: [firmware]
#   safe: "efi"
#   default: "bios unless the template of the guest's type says otherwise"
#   remediation: >-
#     Convert the system disk to GPT (mbr2gpt on Windows) or reinstall the guest; power the VM off; firmware = "efi";
#     power on
#   disable:
#     how: >-
#       No route for a running guest: a system that was installed for EFI does not start from BIOS
#     restart: "VM power off and on"
#     rollback: >-
#       firmware = "efi"
#   messages:
#     undefined: "firmware is not set, which means BIOS"
#     safe: "The VM starts from EFI firmware"
#     unsafe: "The VM starts from {found} firmware"
#   source: >-
#     libvirt 9.0.0 vmx test data; vSphere API, VirtualMachineConfigInfo.firmware
#   always: true
vmx_004 := vmware_vm.must_be("firmware", {"efi"})

# METADATA
# title: Secure Boot of the guest
# description: >-
#   Secure Boot refuses boot loaders and kernels that nobody signed. Without it a rootkit that reached the disk once
#   starts before everything that could find it.
# custom:
#   id: VMX-005
#   severity: high
#   family: TPM
#   facts: [secureBoot, firmware]
#   safe: "TRUE, with EFI firmware"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; EFI firmware; tick Secure Boot in the boot options (uefi.secureBoot.enabled = "TRUE"); power on
#   disable:
#     how: >-
#       Power the VM off; uefi.secureBoot.enabled = "FALSE"
#     restart: "VM power off and on"
#     rollback: >-
#       uefi.secureBoot.enabled = "TRUE"; power off and on
#   messages:
#     undefined: "uefi.secureBoot.enabled is not set, which means off"
#     safe: "Secure Boot is on"
#     unsafe: "Secure Boot is off ({found})"
#     otherFirmware: "Secure Boot is asked for, and the VM starts from {found} firmware, which has none"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.secure-boot
#   always: true
vmx_005 := judge.unreadable(["secureBoot"]) if not judge.readable("secureBoot")

else := judge.fail("undefined", {}, ["secureBoot"]) if judge.absent("secureBoot")

else := judge.fail("unsafe", {"found": judge.value("secureBoot")}, ["secureBoot"]) if not vmware_vm.is_true("secureBoot")

else := judge.unreadable(["secureBoot", "firmware"]) if not judge.readable("firmware")

else := judge.pass("safe", {}, ["secureBoot", "firmware"]) if vmware_vm.text("firmware") == "efi"

else := judge.fail("otherFirmware", {"found": judge.effective("firmware", "BIOS")}, ["secureBoot", "firmware"])

# METADATA
# title: Virtual TPM present
# description: >-
#   Measured boot, BitLocker and sealed keys need a TPM. A guest without one keeps its disk keys where a copy of the
#   disk holds them too.
# custom:
#   id: VMX-006
#   severity: medium
#   family: TPM
#   facts: [vtpm]
#   safe: "a Trusted Platform Module device where the parameter vtpm_required asks for it"
#   default: "absent"
#   remediation: >-
#     With EFI firmware and a key provider configured in vCenter: power the VM off; add the Trusted Platform Module
#     device; power on
#   disable:
#     how: >-
#       Power the VM off; remove the device. Its content is destroyed: guests with BitLocker or sealed keys need their
#       recovery key
#     restart: "VM power off and on"
#     rollback: >-
#       Only from a backup that holds nvram, the device and the key id; otherwise a new, empty TPM and sealing again in the
#       guest
#   messages:
#     safe: "The VM has a virtual TPM"
#     unsafe: "The VM has no virtual TPM"
#     notAsked: "The baseline does not ask for a virtual TPM"
#   source: >-
#     vSphere Web Services SDK guide, backup of vTPM; docs.vmware.com vsphere-security, vTPM
vmx_006 := judge.unreadable(["vtpm"]) if not judge.readable("vtpm")

else := judge.pass("safe", {}, ["vtpm"]) if count(vmware_vm.elements("vtpm")) > 0

else := vmware_vm.asked("vtpm_required", ["vtpm"], judge.fail("unsafe", {}, ["vtpm"]))

# METADATA
# title: Starts from its disk alone
# description: >-
#   Once the guest is installed, starting from a network, an image or a floppy serves nobody but somebody with a console
#   or a rogue boot server. A VM that is still being installed fails this until it is done.
# custom:
#   id: SCG-vm-8.efi-boot-types
#   severity: low
#   family: DEV
#   facts: [setting.bios.bootDeviceClasses]
#   safe: "allow:hd once the guest is installed"
#   default: "allow:all"
#   remediation: >-
#     Power the VM off; bios.bootDeviceClasses = "allow:hd" (PowerCLI: New-AdvancedSetting -Entity VM -Name
#     bios.bootDeviceClasses -Value allow:hd -Force); power on
#   disable:
#     how: >-
#       Power the VM off; bios.bootDeviceClasses = "allow:all" for the time of an installation
#     restart: "VM power off and on"
#     rollback: >-
#       bios.bootDeviceClasses = "allow:hd"; power off and on
#   messages:
#     undefined: "bios.bootDeviceClasses is not set: the VM starts from any device"
#     safe: "The VM starts from its disk alone"
#     unsafe: "bios.bootDeviceClasses is {found}"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.efi-boot-types
#   always: true
scg_vm_8_efi_boot_types := vmware_vm.must_be("setting.bios.bootDeviceClasses", {"allow:hd"})
