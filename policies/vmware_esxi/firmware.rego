# How a host starts: what its firmware checks, what the TPM seals, and which programs may run.
package ringwall.controls.vmware_esxi.firmware

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_host

entropy := ["kernel.disableHwrng", "kernel.entropySources"]

every_present(facts) if every fact in facts { judge.present(fact) }

# execInstalledOnly stands in the list of the kernel, which also says what is in force now, and among the advanced options
exec_facts := [fact | some fact in exec_names; judge.present(fact)]

exec_names := ["kernel.execInstalledOnly", "option.VMkernel.Boot.execInstalledOnly"]

exec_unread := [fact | some fact in exec_names; not judge.readable(fact)]

configured := lower(judge.value("kernel.execInstalledOnly").configured) if judge.present("kernel.execInstalledOnly")

else := lower(sprintf("%v", [judge.value("option.VMkernel.Boot.execInstalledOnly")])) if judge.present("option.VMkernel.Boot.execInstalledOnly")

runtime := lower(judge.value("kernel.execInstalledOnly").runtime) if judge.present("kernel.execInstalledOnly")

else := "not read"

# METADATA
# title: Random numbers from the hardware and from interrupts
# description: >-
#   Keys for TLS, SSH and encrypted guests are as good as the random numbers behind them. The boot options disableHwrng
#   and entropySources can take the processor's generator away or leave a single source.
# custom:
#   id: SCG-esxi-8.entropy
#   severity: medium
#   family: FW
#   facts: ["kernel.disableHwrng", "kernel.entropySources"]
#   safe: "disableHwrng = FALSE, entropySources = 0"
#   default: "disableHwrng = FALSE, entropySources = 0"
#   remediation: >-
#     esxcli system settings kernel set -s disableHwrng -v FALSE; esxcli system settings kernel set -s entropySources -v
#     0; reboot
#   disable:
#     how: >-
#       esxcli system settings kernel set -s disableHwrng -v TRUE for a processor whose generator is known to be faulty
#     restart: >-
#       host reboot (evacuate first)
#     rollback: >-
#       esxcli system settings kernel set -s disableHwrng -v FALSE; -s entropySources -v 0; reboot
#   messages:
#     safe: "All sources of random numbers are in use"
#     generator: "The processor's random numbers are not used (disableHwrng = {found})"
#     sources: "Only some sources of random numbers are in use (entropySources = {found})"
#     absent: "The kernel lists neither setting"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.entropy; it names DISA STIG ESXI-80-000245 and
#     PCI DSS 4.0 2.2.7, 3.3.2, 3.3.3, 8.3.2
#   always: true
scg_esxi_8_entropy := judge.unreadable(entropy) if not judge.all_readable(entropy)

else := judge.fail("generator", {"found": judge.value("kernel.disableHwrng").configured}, ["kernel.disableHwrng"]) if lower(judge.value("kernel.disableHwrng").configured) != "false"

else := judge.fail("sources", {"found": judge.value("kernel.entropySources").configured}, ["kernel.entropySources"]) if judge.value("kernel.entropySources").configured != "0"

else := judge.missing("absent", {}, entropy) if not every_present(entropy)

else := judge.pass("safe", {}, entropy)

# METADATA
# title: UEFI Secure Boot on
# description: >-
#   Without Secure Boot anybody who can write the boot device starts a changed kernel or an unsigned driver below every
#   guest, and no check that runs later can be trusted.
# custom:
#   id: SCG-esxi-8.secureboot
#   severity: high
#   family: FW
#   facts: ["secureboot"]
#   safe: "on"
#   default: "off"
#   remediation: >-
#     Check that every VIB is signed (/usr/lib/vmware/secureboot/bin/secureBoot.py -c), then switch Secure Boot on in the
#     firmware
#   disable:
#     how: >-
#       First release the TPM enforcement (esxcli system settings encryption set --require-secure-boot=false;
#       /sbin/auto-backup.sh) with the recovery key at hand, only then switch Secure Boot off in the firmware: the other
#       order leaves a host that does not boot
#     restart: >-
#       host reboot, and somebody at the console or the management controller (evacuate first)
#     rollback: >-
#       Secure Boot on in the firmware; reboot; enforcement on again
#   messages:
#     safe: "Secure Boot is on"
#     unsafe: "Secure Boot is off"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.secureboot; it names DISA STIG ESXI-80-000094
#     and PCI DSS 4.0 5.2.3
#   always: true
scg_esxi_8_secureboot := vmware_host.switched("secureboot", true)

# METADATA
# title: The TPM requires Secure Boot
# description: >-
#   Secure Boot in the firmware alone can be switched off by whoever reaches the firmware, and the boot device then
#   starts elsewhere. Enforced, the TPM gives out the key of the configuration only to a host that started with Secure
#   Boot.
# custom:
#   id: SCG-esxi-8.secureboot-enforcement
#   severity: high
#   family: FW
#   facts: ["encryption"]
#   safe: "Require Secure Boot: true"
#   default: "false"
#   remediation: >-
#     Secure Boot on in the firmware; esxcli system settings encryption set --require-secure-boot=true;
#     /sbin/auto-backup.sh; reboot
#   disable:
#     how: >-
#       List and store the recovery key (esxcli system settings encryption recovery list); esxcli system settings
#       encryption set --require-secure-boot=false; /sbin/auto-backup.sh; only then may Secure Boot be switched off in
#       the firmware: the other order leaves a host that does not boot
#     restart: >-
#       graceful host reboot (evacuate first); console or management controller for the switch in the firmware
#     rollback: >-
#       Secure Boot on in the firmware; esxcli system settings encryption set --require-secure-boot=true;
#       /sbin/auto-backup.sh; reboot
#   messages:
#     safe: "The TPM releases the configuration only after Secure Boot"
#     unsafe: "The host also starts without Secure Boot"
#     absent: "The answer does not say whether Secure Boot is required"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.secureboot-enforcement; it names DISA STIG
#     ESXI-80-000085 and PCI DSS 4.0 5.2.3
#   always: true
#   key50: 36
scg_esxi_8_secureboot_enforcement := judge.pass("safe", {}, ["encryption"]) if judge.value("encryption").secureBoot == true

else := judge.fail("unsafe", {}, ["encryption"]) if judge.value("encryption").secureBoot == false

else := judge.missing("absent", {}, ["encryption"]) if judge.present("encryption")

else := judge.unreadable(["encryption"])

# METADATA
# title: The configuration is sealed by the TPM
# description: >-
#   The archive of a host's configuration holds hashes of passwords, keys and certificates. Sealed to the TPM it is
#   worthless on any other machine; otherwise whoever takes or images the boot device reads it.
# custom:
#   id: SCG-esxi-8.tpm-configuration
#   severity: medium
#   family: FW
#   facts: ["encryption"]
#   safe: "Mode: TPM"
#   default: "TPM where one was there when ESXi was installed, else NONE"
#   remediation: >-
#     esxcli system settings encryption set --mode=TPM; /sbin/auto-backup.sh; store the recovery key (esxcli system
#     settings encryption recovery list)
#   disable:
#     how: >-
#       There is no way back to NONE once the TPM is used; a host without a TPM is named in a waiver
#     restart: >-
#       host reboot
#     rollback: >-
#       esxcli system settings encryption set --mode=TPM; reboot
#   messages:
#     safe: "The configuration is sealed by the TPM"
#     unsafe: "The configuration is not sealed by a TPM (mode {found})"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.tpm-configuration; it names DISA STIG
#     ESXI-80-000238 and PCI DSS 4.0 5.2.3
#   always: true
scg_esxi_8_tpm_configuration := judge.pass("safe", {}, ["encryption"]) if lower(judge.value("encryption").mode) == "tpm"

else := judge.fail("unsafe", {"found": judge.value("encryption").mode}, ["encryption"]) if judge.present("encryption")

else := judge.unreadable(["encryption"])

# METADATA
# title: Only packages of VMware and its partners
# description: >-
#   A package of the level CommunitySupported carries no signature that anybody has checked, and its drivers run in the
#   kernel. The malware of UNC3886 came to hosts as such packages.
# custom:
#   id: SCG-esxi-8.vib-acceptance-level-supported
#   severity: medium
#   family: FW
#   facts: ["acceptance"]
#   safe: "PartnerSupported, VMwareAccepted or VMwareCertified"
#   default: "PartnerSupported"
#   remediation: >-
#     Remove packages of a lower level (esxcli software vib list), then esxcli software acceptance set
#     --level=PartnerSupported
#   disable:
#     how: >-
#       esxcli software acceptance set --level=CommunitySupported for one package; Secure Boot refuses it all the same
#     restart: >-
#       none
#     rollback: >-
#       remove the package; esxcli software acceptance set --level=PartnerSupported
#   messages:
#     safe: "The acceptance level is {found}"
#     unsafe: "The acceptance level {found} takes unsigned packages"
#     unrecognised: "{found} is no acceptance level that is known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.vib-acceptance-level-supported; it names DISA
#     STIG ESXI-80-000133 and PCI DSS 4.0 5.2.3
#   always: true
scg_esxi_8_vib_acceptance_level_supported := judge.pass("safe", {"found": judge.value("acceptance")}, ["acceptance"]) if lower(judge.value("acceptance")) in {"vmwarecertified", "vmwareaccepted", "partnersupported"}

else := judge.fail("unsafe", {"found": judge.value("acceptance")}, ["acceptance"]) if lower(judge.value("acceptance")) == "communitysupported"

else := judge.missing("unrecognised", {"found": judge.value("acceptance")}, ["acceptance"]) if judge.present("acceptance")

else := judge.unreadable(["acceptance"])

# METADATA
# title: Only installed programs run
# description: >-
#   With execInstalledOnly a host runs nothing that did not come in a signed package: an encryptor that somebody copied
#   to a datastore does not start. ESXi 8 has the switch twice, as a boot option (off by default, and it wins) and as an
#   option at run time (on by default); an administrator can turn the latter off without a reboot.
# custom:
#   id: SCG-esxi-8.vib-trusted-binaries
#   severity: high
#   family: FW
#   facts: ["kernel.execInstalledOnly", "option.VMkernel.Boot.execInstalledOnly"]
#   safe: "TRUE"
#   default: "boot option FALSE, option at run time TRUE"
#   remediation: >-
#     esxcli system settings kernel set -s execInstalledOnly -v TRUE; reboot; then esxcli system settings encryption set
#     --require-exec-installed-only=true
#   disable:
#     how: >-
#       esxcli system settings kernel set -s execInstalledOnly -v FALSE; reboot. If the TPM enforcement is on, release it
#       first with the recovery key at hand (esxcli system settings encryption set --require-exec-installed-only=false),
#       otherwise the host does not boot. The option at run time is a separate switch and stays on; vCenter warns when it
#       is off
#     restart: >-
#       host reboot (evacuate first)
#     rollback: >-
#       esxcli system settings kernel set -s execInstalledOnly -v TRUE; reboot; enforcement on again
#   messages:
#     safe: "Only installed programs run (boot option TRUE, at run time {runtime})"
#     runtime: "The boot option is FALSE; only the option at run time holds programs back"
#     unsafe: "Any program runs (boot option and option at run time FALSE)"
#     absent: "The host lists no execInstalledOnly"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.vib-trusted-binaries; it names DISA STIG
#     ESXI-80-000244 and PCI DSS 4.0 5.2.3
#   always: true
#   key50: 35
scg_esxi_8_vib_trusted_binaries := judge.pass("safe", {"runtime": runtime}, exec_facts) if configured == "true"

else := judge.fail("runtime", {}, exec_facts) if {
	configured == "false"
	runtime == "true"
}

else := judge.fail("unsafe", {}, exec_facts) if configured == "false"

else := judge.missing("absent", {}, exec_facts) if judge.absent("kernel.execInstalledOnly")

else := judge.missing("absent", {}, exec_facts) if judge.absent("option.VMkernel.Boot.execInstalledOnly")

else := judge.unreadable(exec_unread)
