# Firmware that Windows rests on.
package ringwall.controls.windows.fw

import data.ringwall.lib.judge

# METADATA
# title: Secure Boot on
# description: >-
#   Without Secure Boot the boot manager, the hypervisor and with them the whole of virtualization-based security can be
#   replaced before they start. A machine that starts by BIOS has none.
# custom:
#   id: WVB-013
#   severity: high
#   family: FW
#   facts: ["secureBoot"]
#   safe: "on"
#   default: "what the firmware was shipped with"
#   remediation: >-
#     In the firmware setup start by UEFI and switch Secure Boot on with the standard keys; suspend BitLocker first.
#   disable:
#     how: >-
#       in the firmware setup switch Secure Boot off; suspend BitLocker first
#     restart: >-
#       reboot with a person at the firmware's console
#     rollback: >-
#       Secure Boot on in the firmware setup; Resume-BitLocker
#   messages:
#     safe: "Secure Boot is on"
#     unsafe: "Secure Boot is off"
#     unsupported: "The machine starts without UEFI and has no Secure Boot"
#   source: >-
#     learn.microsoft.com/powershell/module/secureboot/confirm-securebootuefi
#   always: true
wvb_013 := judge.needed("secureBoot") if not judge.present("secureBoot")

else := judge.pass("safe", {}, ["secureBoot"]) if judge.value("secureBoot") == "on"

else := judge.fail("unsupported", {}, ["secureBoot"]) if judge.value("secureBoot") == "unsupported"

else := judge.fail("unsafe", {}, ["secureBoot"])

# METADATA
# title: TPM present and ready
# description: >-
#   Keys of Credential Guard and BitLocker are bound to the TPM, and it alone can prove how the machine started. Present and
#   not ready means that Windows does not use it.
# custom:
#   id: WVB-014
#   severity: medium
#   family: FW
#   facts: ["tpm.present", "tpm.ready"]
#   safe: "present and ready"
#   default: "what the platform has"
#   remediation: >-
#     Switch the TPM (fTPM, PTT) on in the firmware setup; Initialize-Tpm, or clear it in the setup after every key bound to
#     it was saved.
#   disable:
#     how: >-
#       switch the TPM off in the firmware setup; suspend BitLocker first
#     restart: >-
#       reboot with a person at the firmware's console
#     rollback: >-
#       switch it on again; Resume-BitLocker
#   messages:
#     safe: "The TPM is there and ready"
#     absent: "No TPM is there"
#     unsafe: "The TPM is there and not ready"
#   source: >-
#     learn.microsoft.com/powershell/module/trustedplatformmodule/get-tpm
#   always: true
wvb_014 := judge.needed("tpm.present") if not judge.present("tpm.present")

else := judge.fail("absent", {}, ["tpm.present"]) if judge.value("tpm.present") == false

else := judge.needed("tpm.ready") if not judge.present("tpm.ready")

else := judge.pass("safe", {}, ["tpm.present", "tpm.ready"]) if judge.value("tpm.ready") == true

else := judge.fail("unsafe", {}, ["tpm.ready"])
