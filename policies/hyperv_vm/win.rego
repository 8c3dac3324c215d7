# Virtualization-based security of the guest, as far as the host decides it.
package ringwall.controls.hyperv_vm.win

import data.ringwall.lib.judge

# METADATA
# title: Machine not opted out of VBS
# description: >-
#   With the opt-out set on the host, virtualization-based security does not start in the guest, whatever the guest's own
#   policy says: Credential Guard and memory integrity are off, and the guest cannot tell why.
# custom:
#   id: WVB-022
#   severity: high
#   family: WIN
#   platform: windows-vbs
#   facts: ["security.vbsOptOut"]
#   safe: "False"
#   default: "False"
#   remediation: >-
#     Set-VMSecurity -VMName N -VirtualizationBasedSecurityOptOut $false; restart the machine.
#   disable:
#     how: >-
#       Set-VMSecurity -VMName N -VirtualizationBasedSecurityOptOut $true; restart the machine
#     restart: >-
#       machine restart
#     rollback: >-
#       Set-VMSecurity -VMName N -VirtualizationBasedSecurityOptOut $false; restart the machine; Win32_DeviceGuard in the
#       guest shows 2
#   messages:
#     safe: "The machine may use virtualization-based security"
#     unsafe: "The host keeps virtualization-based security from the machine"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmsecurity;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/learn-more/generation-2-virtual-machine-security-settings-for-hyper-v
#   always: true
wvb_022 := judge.one_of("security.vbsOptOut", {false}, false)
