# Hypervisors inside of machines.
package ringwall.controls.hyperv_vm.nst

import data.ringwall.lib.judge

# METADATA
# title: Nested virtualization not exposed
# description: >-
#   A guest that is shown the processor's virtualization extensions may run a hypervisor of its own. What runs below that one
#   is seen by no monitoring of the host, and the emulation behind it is large and seldom audited.
# custom:
#   id: HVS-007
#   severity: medium
#   family: NST
#   facts: ["processor.exposeExtensions"]
#   safe: "False"
#   default: "False"
#   remediation: >-
#     Shut the machine down; Set-VMProcessor -VMName N -ExposeVirtualizationExtensions $false; start it.
#   disable:
#     how: >-
#       Shut the machine down; Set-VMProcessor -VMName N -ExposeVirtualizationExtensions $true. Networks of nested guests
#       often ask for MAC spoofing too (HVS-008)
#     restart: >-
#       machine off
#     rollback: >-
#       machine off; Set-VMProcessor -VMName N -ExposeVirtualizationExtensions $false; start
#   messages:
#     safe: "The guest sees no virtualization extensions"
#     unsafe: "The guest may run a hypervisor of its own"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmprocessor;
#     learn.microsoft.com/virtualization/hyper-v-on-windows/user-guide/enable-nested-virtualization
#   always: true
hvs_007 := judge.one_of("processor.exposeExtensions", {false}, false)
