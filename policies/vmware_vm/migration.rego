# Memory of the guest on its way to another host.
package ringwall.controls.vmware_vm.migration

import data.ringwall.lib.vmware_vm

# METADATA
# title: Fault tolerance encrypted
# description: >-
#   Fault tolerance sends every change of the guest's memory to another host, passwords and keys included. Opportunistic
#   falls back to clear text when the other side asks for it.
# custom:
#   id: SCG-vm-8.ft-encrypted
#   severity: medium
#   family: MIG
#   facts: [ftEncryption]
#   safe: "ftEncryptionRequired"
#   default: "ftEncryptionOpportunistic"
#   remediation: >-
#     VM Options, Encryption, Encrypted FT: Required (PowerCLI: a VirtualMachineConfigSpec with FtEncryptionMode =
#     ftEncryptionRequired); turn fault tolerance off and on
#   disable:
#     how: >-
#       Encrypted FT: Opportunistic
#     restart: "fault tolerance off and on"
#     rollback: >-
#       Encrypted FT: Required; fault tolerance off and on
#   messages:
#     undefined: "No mode is set, which means opportunistic"
#     safe: "Fault tolerance runs encrypted only"
#     unsafe: "Fault tolerance may run in clear ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.ft-encrypted; DISA vSphere 8 STIG v2r3, VMCH-80-000204; doubt: the .vmx key
#     ftcpt.ftEncryptionMode from knowledge
#   always: true
scg_vm_8_ft_encrypted := vmware_vm.must_be("ftEncryption", {"ftencryptionrequired"})

# METADATA
# title: vMotion encrypted
# description: >-
#   vMotion sends the whole memory of the running guest over the network. Opportunistic sends it in clear when the other
#   host cannot encrypt, or says that it cannot.
# custom:
#   id: SCG-vm-8.vmotion-encrypted
#   severity: medium
#   family: MIG
#   facts: [migrateEncryption]
#   safe: "required"
#   default: "opportunistic"
#   remediation: >-
#     VM Options, Encryption, Encrypted vMotion: Required (PowerCLI: a VirtualMachineConfigSpec with MigrateEncryption =
#     required)
#   disable:
#     how: >-
#       Encrypted vMotion: Opportunistic
#     restart: "none; the next migration obeys it"
#     rollback: >-
#       Encrypted vMotion: Required
#   messages:
#     undefined: "No mode is set, which means opportunistic"
#     safe: "vMotion runs encrypted only"
#     unsafe: "vMotion may run in clear ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.vmotion-encrypted; DISA vSphere 8 STIG v2r3, VMCH-80-000203
#   always: true
scg_vm_8_vmotion_encrypted := vmware_vm.must_be("migrateEncryption", {"required"})
