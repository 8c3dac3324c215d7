# The boot chain.
package ringwall.controls.host.firmware

import data.ringwall.lib.judge

# METADATA
# title: "UEFI Secure Boot on"
# description: "An altered boot loader or kernel makes every later check untrustworthy. Shim's own validation can be off while firmware's is on: mokutil --disable-validation leaves the SecureBoot variable at 1."
# custom:
#   id: KVM-062
#   severity: high
#   family: FW
#   key50: 14
#   facts: ["efi.secure_boot", "efi.shim_insecure"]
#   safe: "SecureBoot last byte == 1, and MokSBStateRT absent or last byte != 1"
#   default: "firmware dependent"
#   remediation: "firmware setup; mokutil --enable-validation if shim validation was off"
#   disable:
#     how: "mokutil --disable-validation (asks for a password; reboot; confirm in the blue MOK screen at the console): switches off shim validation only, the SecureBoot variable stays 1. Or firmware setup: Secure Boot off"
#     restart: "reboot + person at the console (or BMC console)"
#     rollback: "mokutil --enable-validation; reboot; confirm at the console; or firmware setup: Secure Boot on"
#   messages:
#     safe: "Secure Boot is on"
#     unsafe: "Secure Boot is off in firmware"
#     shim: "Secure Boot is on in firmware, but shim validates nothing (mokutil --disable-validation)"
#     noVariable: "Firmware does not know Secure Boot"
#     noUEFI: "This machine was started without UEFI, so nothing checked its boot chain"
#     otherArchitecture: "On the architecture {found} UEFI Secure Boot does not exist"
#   source: "torvalds/linux drivers/firmware/efi/libstub/secureboot.c (MokSBStateRT); mokutil(1)"
kvm_062 := judge.not_applicable("otherArchitecture", {"found": judge.value("cpu.architecture")}, ["cpu.architecture"]) if {
	judge.value("cpu.architecture") in {"s390", "power"}
} else := judge.fail("noUEFI", {}, ["efi"]) if {
	judge.absent("efi")
} else := judge.unreadable(["efi.secure_boot"]) if {
	not judge.readable("efi.secure_boot")
} else := judge.fail("noVariable", {}, ["efi.secure_boot"]) if {
	judge.absent("efi.secure_boot")
} else := judge.fail("unsafe", {}, ["efi.secure_boot"]) if {
	judge.value("efi.secure_boot") != 1
} else := judge.fail("shim", {}, ["efi.shim_insecure", "efi.secure_boot"]) if {
	judge.value("efi.shim_insecure") == 1
} else := judge.unreadable(["efi.shim_insecure"]) if {
	not judge.readable("efi.shim_insecure")
} else := judge.pass("safe", {}, ["efi.secure_boot", "efi.shim_insecure"])

# METADATA
# title: "TPM 2.0 present"
# description: "A TPM keeps the measurements of the boot chain where the software that was measured cannot change them. Intel PTT is such a chip in firmware."
# custom:
#   id: KVM-063
#   severity: medium
#   family: FW
#   always: true
#   facts: ["tpm.chips"]
#   safe: "== 2"
#   default: "platform"
#   remediation: >-
#     Switch on the TPM in the firmware setup, or fit one (Intel PTT is a firmware TPM: the article mixes PTT with EPT
#     and PT); read tpm_version_major = 2
#   disable:
#     how: "Switch off the TPM in the firmware setup, once nothing is sealed to it"
#     restart: "reboot; firmware setup (console or BMC)"
#     rollback: "Switch on the TPM in the firmware setup; reboot"
#   messages:
#     safe: "A TPM 2.0 is present ({found})"
#     old: "The TPM is older than 2.0: {found}"
#     none: "This host has no TPM"
#     unclear: "The version of the TPM could not be read: {found}"
#   source: "docs.kernel.org ABI testing/sysfs-class-tpm tpm_version_major"
kvm_063 := judge.unreadable(["tpm.chips"]) if {
	not judge.readable("tpm.chips")
} else := judge.pass("safe", {"found": tpm_of(2)}, ["tpm.chips"]) if {
	tpm_of(2) != []
} else := judge.missing("unclear", {"found": tpm_of(null)}, ["tpm.chips"]) if {
	tpm_of(null) != []
} else := judge.fail("none", {}, ["tpm.chips"]) if {
	judge.empty("tpm.chips")
} else := judge.fail("old", {"found": tpm_of(1)}, ["tpm.chips"])

tpm_of(major) := [chip.name | some chip in judge.value("tpm.chips"); chip.major == major]
