# What a machine sends to other hosts.
package ringwall.controls.hyperv_vm.mig

import data.ringwall.lib.judge

# METADATA
# title: State and migration traffic encrypted
# description: >-
#   Saved state, checkpoints and a live migration hold the whole memory of the guest. Without this setting they lie on disk
#   and cross the network in clear, whatever the guest encrypts itself.
# custom:
#   id: HVS-006
#   severity: high
#   family: MIG
#   facts: ["security.encryptTraffic"]
#   safe: "True"
#   default: "False"
#   remediation: >-
#     Shut the machine down; Set-VMKeyProtector -VMName N -NewLocalKeyProtector where it has none; Set-VMSecurity -VMName N
#     -EncryptStateAndVmMigrationTraffic $true; start it. Until then keep live migration on a network of its own or in IPsec.
#   disable:
#     how: >-
#       Shut the machine down; Set-VMSecurity -VMName N -EncryptStateAndVmMigrationTraffic $false. A shielded machine
#       enforces it (HVS-005)
#     restart: >-
#       machine off (the safe order); the host keeps running
#     rollback: >-
#       machine off; Set-VMSecurity -VMName N -EncryptStateAndVmMigrationTraffic $true; the target host must hold the key
#       protector
#   messages:
#     safe: "State and migration traffic are encrypted"
#     unsafe: "State and migration traffic are not encrypted"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmsecurity;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/learn-more/generation-2-virtual-machine-security-settings-for-hyper-v;
#     the default, that the machine has to be off and the need of a key protector are not said there
#   always: true
#   key50: 47
hvs_006 := judge.one_of("security.encryptTraffic", {true}, false)
