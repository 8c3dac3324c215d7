# Memory shared with other machines.
package ringwall.controls.vmware_vm.memory

import data.ringwall.lib.vmware_vm

# METADATA
# title: No salt for page sharing with other VMs
# description: >-
#   ESXi shares equal pages among VMs of one salt only, and each VM has its own. Two VMs with the same
#   sched.mem.pshare.salt share pages again, so that one measures by timing which pages, and so which keys, the other
#   holds.
# custom:
#   id: SCG-vm-8.transparentpagesharing-inter-vm-enabled
#   severity: medium
#   family: MEM
#   facts: [setting.sched.mem.pshare.salt]
#   safe: "not present"
#   default: "not present"
#   remediation: >-
#     Power the VM off; delete sched.mem.pshare.salt (PowerCLI: Get-VM NAME | Get-AdvancedSetting sched.mem.pshare.salt |
#     Remove-AdvancedSetting); power on. Keep Mem.ShareForceSalting = 2 on the hosts
#   disable:
#     how: >-
#       Power the VM off; the same sched.mem.pshare.salt on the VMs that may share, under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete the key; power off and on
#   messages:
#     safe: "The VM shares pages with no other"
#     unsafe: "sched.mem.pshare.salt is set: VMs with the same salt share pages"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.transparentpagesharing-inter-vm-enabled; DISA vSphere 8 STIG v2r3,
#     VMCH-80-000199
#   always: true
scg_vm_8_transparentpagesharing_inter_vm_enabled := vmware_vm.unset("setting.sched.mem.pshare.salt")
