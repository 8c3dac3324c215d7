# What the host records of the machine.
package ringwall.controls.vmware_vm.records

import data.ringwall.lib.vmware_vm

# METADATA
# title: Log of the VM written
# description: >-
#   vmware.log beside the VM is the one record of device changes, connections to the console and crashes of the VMX
#   process that an escape attempt leaves. Without it nothing can be shown afterwards.
# custom:
#   id: SCG-vm-8.log-enable
#   severity: medium
#   family: LOG
#   facts: [logging]
#   safe: "TRUE; not set means the same"
#   default: "TRUE"
#   remediation: >-
#     VM Options, Advanced, Enable logging (logging = "TRUE", or delete the key); power off and on
#   disable:
#     how: >-
#       Power the VM off; logging = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       logging = "TRUE"; power off and on
#   messages:
#     undefined: "logging is not set, which means on"
#     safe: "The log of the VM is written"
#     unsafe: "The log of the VM is not written ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.log-enable; DISA vSphere 8 STIG v2r3, VMCH-80-000207
#   always: true
scg_vm_8_log_enable := vmware_vm.on_or_undefined("logging")

# METADATA
# title: Ten old logs of the VM kept
# description: >-
#   Each power on begins a new log. With few kept, somebody who restarts the VM a few times wipes the record of what
#   they did; with very many, logs fill the datastore.
# custom:
#   id: SCG-vm-8.log-retention
#   severity: medium
#   family: LOG
#   facts: [setting.log.keepOld]
#   safe: "10 or not set"
#   default: "10"
#   remediation: >-
#     Power the VM off; delete log.keepOld or set it to "10"; power on. PowerCLI: Get-VM NAME | Get-AdvancedSetting
#     log.keepOld | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; log.keepOld = another number, under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete log.keepOld or set it to "10"; power off and on
#   messages:
#     undefined: "log.keepOld is not set, which means 10"
#     safe: "Ten old logs are kept"
#     unsafe: "log.keepOld is {found}, not 10"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.log-retention; DISA vSphere 8 STIG v2r3, VMCH-80-000206
#   always: true
scg_vm_8_log_retention := vmware_vm.one_of("setting.log.keepOld", {"10"})

# METADATA
# title: Log of the VM rotated by size
# description: >-
#   A guest can make the VMX process write line after line. Rotation at a size keeps such a guest from filling the
#   datastore; too small a size lets it push the record of its deeds out.
# custom:
#   id: SCG-vm-8.log-rotation-size
#   severity: medium
#   family: LOG
#   facts: [setting.log.rotateSize]
#   safe: "2048000 or not set"
#   default: "2048000"
#   remediation: >-
#     Power the VM off; delete log.rotateSize or set it to "2048000"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting log.rotateSize | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; log.rotateSize = another number, under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete log.rotateSize or set it to "2048000"; power off and on
#   messages:
#     undefined: "log.rotateSize is not set, which means 2048000 bytes"
#     safe: "Logs are rotated at 2048000 bytes"
#     unsafe: "log.rotateSize is {found}, not 2048000"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.log-rotation-size; DISA vSphere 8 STIG v2r3, VMCH-80-000205
#   always: true
scg_vm_8_log_rotation_size := vmware_vm.one_of("setting.log.rotateSize", {"2048000"})
