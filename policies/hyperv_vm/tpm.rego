# Start and keys of a machine: generation, Secure Boot, virtual TPM, shielding.
package ringwall.controls.hyperv_vm.tpm

import data.ringwall.lib.hyperv
import data.ringwall.lib.judge

# METADATA
# title: Generation 2 machine
# description: >-
#   A generation 1 machine boots through an emulated BIOS with IDE and other devices of old PCs: it has neither Secure Boot
#   nor a virtual TPM, and every emulated device is code of the host that the guest reaches.
# custom:
#   id: HVS-001
#   severity: medium
#   family: TPM
#   facts: ["vm.generation"]
#   safe: "2"
#   default: "1 when New-VM is called without -Generation (from knowledge)"
#   remediation: >-
#     Create a generation 2 machine and move the disks into it (the guest must start by UEFI from a GPT disk); the generation
#     of a machine cannot be changed.
#   disable:
#     how: >-
#       New-VM -Generation 1, for a guest that cannot start by UEFI
#     restart: >-
#       the machine is created anew
#     rollback: >-
#       a new machine of generation 2 with the same disks
#   messages:
#     safe: "The machine is of generation 2"
#     unsafe: "The machine is of generation {found}: no Secure Boot, no virtual TPM, emulated devices of old PCs"
#   source: >-
#     learn.microsoft.com/windows-server/virtualization/hyper-v/plan/should-i-create-a-generation-1-or-2-virtual-machine-in-hyper-v;
#     the default of New-VM is from knowledge
#   always: true
hvs_001 := judge.one_of("vm.generation", {2}, 1)

# METADATA
# title: Secure Boot on
# description: >-
#   Secure Boot lets the firmware of the machine start signed boot loaders only. Without it a boot loader that somebody
#   replaced on the disk runs below the operating system and everything that protects it.
# custom:
#   id: HVS-002
#   severity: high
#   family: TPM
#   facts: ["firmware.secureBoot", "vm.generation"]
#   safe: "On"
#   default: "On (generation 2)"
#   remediation: >-
#     Shut the machine down; Set-VMFirmware -VMName N -EnableSecureBoot On -SecureBootTemplate with the template that fits
#     the guest (HVS-003); start it.
#   disable:
#     how: >-
#       Shut the machine down; Set-VMFirmware -VMName N -EnableSecureBoot Off. A shielded machine enforces Secure Boot
#       (HVS-005), and a guest whose disk is sealed to the virtual TPM asks for its recovery key
#     restart: >-
#       machine off: shut down, change, start; the host keeps running
#     rollback: >-
#       machine off; Set-VMFirmware -VMName N -EnableSecureBoot On -SecureBootTemplate as recorded; start; Get-VMFirmware
#       shows On
#   messages:
#     safe: "Secure Boot is on"
#     unsafe: "Secure Boot is {found}"
#     generation1: "A machine of generation 1 has no Secure Boot (HVS-001)"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmfirmware;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/learn-more/generation-2-virtual-machine-security-settings-for-hyper-v;
#     Off: plan/should-i-create-a-generation-1-or-2-virtual-machine-in-hyper-v
#   key50: 46
hvs_002 := judge.not_applicable("generation1", {}, ["vm.generation"]) if hyperv.first_generation

else := judge.one_of("firmware.secureBoot", {"On"}, "Off")

# METADATA
# title: Secure Boot template fits the guest
# description: >-
#   The template decides whose signatures the firmware accepts. MicrosoftWindows accepts Windows alone, the UEFI certificate
#   authority accepts what Microsoft signs for others such as Linux, the open source shielded template shielded Linux guests.
#   A template of another name is the work of somebody who has changed what may start.
# custom:
#   id: HVS-003
#   severity: low
#   family: TPM
#   facts: ["firmware.template", "firmware.secureBoot", "vm.generation"]
#   safe: "MicrosoftWindows, MicrosoftUEFICertificateAuthority or OpenSourceShieldedVM"
#   default: "MicrosoftWindows"
#   remediation: >-
#     Shut the machine down; Set-VMFirmware -VMName N -SecureBootTemplate NAME; start it.
#   disable:
#     how: >-
#       Set-VMFirmware -SecureBootTemplate with another template, or Secure Boot off (HVS-002)
#     restart: >-
#       machine off
#     rollback: >-
#       Set-VMFirmware -VMName N -SecureBootTemplate as recorded
#   messages:
#     safe: "The template is {found}"
#     unsafe: "The template is {found}, none of the three that Windows brings"
#     off: "Secure Boot is off (HVS-002)"
#     generation1: "A machine of generation 1 has no Secure Boot (HVS-001)"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmfirmware;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/learn-more/generation-2-virtual-machine-security-settings-for-hyper-v
#     (templates)
hvs_003 := judge.not_applicable("generation1", {}, ["vm.generation"]) if hyperv.first_generation

else := judge.not_applicable("off", {}, ["firmware.secureBoot"]) if judge.value("firmware.secureBoot") == "Off"

else := judge.one_of("firmware.template", {"MicrosoftWindows", "MicrosoftUEFICertificateAuthority", "OpenSourceShieldedVM"}, "none")

# METADATA
# title: Virtual TPM by policy
# description: >-
#   A virtual TPM holds the keys of the guest's disk encryption and measures its start. Its state is kept encrypted under the
#   key protector of the machine. Whether guests need one is the site's decision (parameter vtpm_required).
# custom:
#   id: HVS-004
#   severity: medium
#   family: TPM
#   facts: ["security.tpm"]
#   safe: "True where vtpm_required is true"
#   default: "False"
#   remediation: >-
#     Shut the machine down; Set-VMKeyProtector -VMName N -NewLocalKeyProtector (or that of the guarded fabric); Enable-VMTPM
#     -VMName N; start it and seal the disk in the guest.
#   disable:
#     how: >-
#       Shut the machine down; Disable-VMTPM -VMName N. Have the recovery key of the guest's disk encryption at hand
#     restart: >-
#       machine off
#     rollback: >-
#       Enable-VMTPM -VMName N; seal the keys in the guest again
#   messages:
#     on: "The machine has a virtual TPM"
#     off: "The machine has no virtual TPM"
#     notAsked: "The site asks for no virtual TPM"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/enable-vmtpm, disable-vmtpm, set-vmkeyprotector; that the machine has to
#     be off is not said there
hvs_004 := hyperv.asked("vtpm_required", "security.tpm")

# METADATA
# title: Shielded by policy
# description: >-
#   A shielded machine starts only on hosts that its owner trusts, with encrypted state and without console, so that
#   administrators of the host cannot look into it. Which machines have to be shielded is the site's decision (parameter
#   shielded_machines).
# custom:
#   id: HVS-005
#   severity: medium
#   family: TPM
#   facts: ["security.shielded", "vm.name"]
#   safe: "True for the machines of the parameter shielded_machines"
#   default: "False"
#   remediation: >-
#     Set-VMSecurityPolicy -VMName N -Shielded $true, with a key protector of a guarded fabric or of local mode. Keep the
#     owner's guardian key: nobody undoes it without.
#   disable:
#     how: >-
#       Set-VMSecurityPolicy -VMName N -Shielded $false on a host that holds the owner's guardian key
#     restart: >-
#       machine off
#     rollback: >-
#       Set-VMSecurityPolicy -VMName N -Shielded $true
#   messages:
#     on: "The machine is shielded"
#     off: "The machine has to be shielded and is not"
#     notAsked: "The machine is not among shielded_machines"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmsecuritypolicy;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/learn-more/generation-2-virtual-machine-security-settings-for-hyper-v
hvs_005 := judge.pass("on", {}, ["security.shielded"]) if judge.value("security.shielded") == true

else := judge.parameter_not_set("shielded_machines", ["security.shielded"]) if not judge.parameter("shielded_machines")

else := judge.not_applicable("notAsked", {}, ["vm.name"]) if not hyperv.listed("shielded_machines")

else := judge.unreadable(["security.shielded"]) if not judge.readable("security.shielded")

else := judge.fail("off", {}, ["security.shielded"])
