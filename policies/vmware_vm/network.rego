# Network of the machine.
package ringwall.controls.vmware_vm.network

import data.ringwall.lib.vmware_vm

# METADATA
# title: No network filter attached
# description: >-
#   A filter named in ethernetN.filterM.name sees and may change every frame of the adapter before the switch does.
#   Where no security appliance asks for one, an entry is a tap or the remains of a product whose traffic nobody watches
#   any longer.
# custom:
#   id: SCG-vm-8.dvfilter
#   severity: medium
#   family: NET
#   facts: [filters]
#   safe: "no ethernetN.filterM.name"
#   default: "not present"
#   remediation: >-
#     Power the VM off; delete the ethernetN.filterM.* keys unless a security product in use put them there; power on
#   disable:
#     how: >-
#       Power the VM off; add ethernetN.filterM.name for the appliance, under a waiver that names it
#     restart: "VM power off and on"
#     rollback: >-
#       delete the keys; power off and on
#   messages:
#     safe: "No network filter is attached"
#     unsafe: "{device}: network filter {found}"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.dvfilter; DISA vSphere 8 STIG v2r3, VMCH-80-000200
#   always: true
scg_vm_8_dvfilter := vmware_vm.devices("filters", [vmware_vm.bad("filters", i, e.name) | some i, e in vmware_vm.elements("filters")])
