# Devices of the host in the hands of the guest.
package ringwall.controls.vmware_vm.passthrough

import data.ringwall.lib.vmware_vm

# METADATA
# title: No PCI device passed through
# description: >-
#   A passed-through device reads and writes memory by itself, and keeps firmware that the guest may have changed for
#   the next guest. The IOMMU of the host is then the only wall, and ACS between devices the only wall beside it.
# custom:
#   id: SCG-vm-8.pci-passthrough
#   severity: high
#   family: IOM
#   facts: [passthrough]
#   safe: "none unless waived"
#   default: "not present"
#   remediation: >-
#     Power the VM off; remove the device (PowerCLI: Get-VM NAME | Get-PassthroughDevice | Remove-PassthroughDevice);
#     power on
#   disable:
#     how: >-
#       Power the VM off; mark the device for pass-through on the host; add it to the one VM. Its memory is then fully
#       reserved; vMotion, snapshots with memory and nested virtualization end
#     restart: "VM power off and on; host reboot where the device was not marked before"
#     rollback: >-
#       Power the VM off; remove the device; unmark it on the host; power on
#   messages:
#     safe: "No device of the host is passed through"
#     unsafe: "{device}: device of the host passed through ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.pci-passthrough; DISA vSphere 8 STIG v2r3, VMCH-80-000214;
#     knowledge.broadcom.com 437651
#   always: true
#   key50: 39
scg_vm_8_pci_passthrough := vmware_vm.devices("passthrough", [vmware_vm.bad("passthrough", i, e.kind) | some i, e in vmware_vm.elements("passthrough")])
