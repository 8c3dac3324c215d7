# Consoles: who sees and types into the guest.
package ringwall.controls.vmware_vm.consoles

import data.ringwall.lib.vmware_vm

# METADATA
# title: Built-in VNC server off
# description: >-
#   The VNC server of the VMX process shows screen and keyboard of the VM without TLS, with a password of eight
#   characters at most, on the management address of the host. vSphere 7.0 removed it; older hosts and Workstation still
#   obey the key.
# custom:
#   id: VMX-013
#   severity: high
#   family: CON
#   facts: [setting.RemoteDisplay.vnc.enabled]
#   safe: "absent or FALSE"
#   default: "FALSE; removed in vSphere 7.0"
#   remediation: >-
#     Power the VM off; RemoteDisplay.vnc.enabled = "FALSE", and delete RemoteDisplay.vnc.port and its password; power on
#   disable:
#     how: >-
#       Power the VM off; RemoteDisplay.vnc.enabled = "TRUE" with a port and a password
#     restart: "VM power off and on"
#     rollback: >-
#       RemoteDisplay.vnc.enabled = "FALSE"; power off and on
#   messages:
#     undefined: "RemoteDisplay.vnc.enabled is not set: no VNC server"
#     safe: "The built-in VNC server is off"
#     unsafe: "The built-in VNC server is on ({found})"
#   source: >-
#     libvirt 9.0.0 vmx test data (graphics-vnc.vmx)
#   always: true
vmx_013 := vmware_vm.off("setting.RemoteDisplay.vnc.enabled")

# METADATA
# title: No copying from the guest to the console
# description: >-
#   With copying on, what a user or program of the guest puts on its clipboard lands in the session of whoever has the
#   console open: passwords of the guest at one side, text that the guest chose at the other.
# custom:
#   id: SCG-vm-8.deactivate-console-copy
#   severity: medium
#   family: CON
#   facts: [setting.isolation.tools.copy.disable]
#   safe: "TRUE or not set"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; delete isolation.tools.copy.disable or set it to "TRUE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting isolation.tools.copy.disable | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; isolation.tools.copy.disable = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete isolation.tools.copy.disable or set it to "TRUE"; power off and on
#   messages:
#     undefined: "isolation.tools.copy.disable is not set: nothing is copied out of the guest"
#     safe: "Nothing is copied out of the guest"
#     unsafe: "isolation.tools.copy.disable is {found}: the guest's clipboard reaches the console"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.deactivate-console-copy; DISA vSphere 8 STIG v2r3, VMCH-80-000189
#   always: true
scg_vm_8_deactivate_console_copy := vmware_vm.on_or_undefined("setting.isolation.tools.copy.disable")

# METADATA
# title: No pasting from the console into the guest
# description: >-
#   With pasting on, the guest can read the administrator's clipboard as soon as the console has the focus, without
#   anybody pasting: often a password from a safe.
# custom:
#   id: SCG-vm-8.deactivate-console-paste
#   severity: medium
#   family: CON
#   facts: [setting.isolation.tools.paste.disable]
#   safe: "TRUE or not set"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; delete isolation.tools.paste.disable or set it to "TRUE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting isolation.tools.paste.disable | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; isolation.tools.paste.disable = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete isolation.tools.paste.disable or set it to "TRUE"; power off and on
#   messages:
#     undefined: "isolation.tools.paste.disable is not set: nothing is pasted into the guest"
#     safe: "Nothing is pasted into the guest"
#     unsafe: "isolation.tools.paste.disable is {found}: the administrator's clipboard reaches the guest"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.deactivate-console-paste; DISA vSphere 8 STIG v2r3, VMCH-80-000192
#   always: true
scg_vm_8_deactivate_console_paste := vmware_vm.on_or_undefined("setting.isolation.tools.paste.disable")

# METADATA
# title: No drag and drop between console and guest
# description: >-
#   Drag and drop carries whole files over the console, past proxy, scanner and file share, in both directions; its
#   parser on the host reads what the guest sends (CVE-2017-4901).
# custom:
#   id: SCG-vm-8.isolation-tools-dnd-deactivate
#   severity: medium
#   family: DEV
#   facts: [setting.isolation.tools.dnd.disable]
#   safe: "TRUE or not set"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; delete isolation.tools.dnd.disable or set it to "TRUE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting isolation.tools.dnd.disable | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; isolation.tools.dnd.disable = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete isolation.tools.dnd.disable or set it to "TRUE"; power off and on
#   messages:
#     undefined: "isolation.tools.dnd.disable is not set: files cannot be dragged in or out"
#     safe: "Files cannot be dragged in or out"
#     unsafe: "isolation.tools.dnd.disable is {found}: files can be dragged between console and guest"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.isolation-tools-dnd-deactivate; DISA vSphere 8 STIG v2r3, VMCH-80-000191
#   always: true
scg_vm_8_isolation_tools_dnd_deactivate := vmware_vm.on_or_undefined("setting.isolation.tools.dnd.disable")

# METADATA
# title: One console connection at a time
# description: >-
#   A second console sees what an administrator types into the first, and may go on in the session when the first is
#   left. With a limit of one the second is refused, and refusal is noticed.
# custom:
#   id: SCG-vm-8.limit-console-connections
#   severity: high
#   family: CON
#   facts: [setting.RemoteDisplay.maxConnections]
#   safe: "1"
#   default: "-1, which is no limit"
#   remediation: >-
#     Power the VM off; RemoteDisplay.maxConnections = "1" (PowerCLI: New-AdvancedSetting -Entity VM -Name
#     RemoteDisplay.maxConnections -Value 1 -Force); power on
#   disable:
#     how: >-
#       RemoteDisplay.maxConnections = "2" for the one VM (-1 is no limit)
#     restart: "VM power off and on, since the key is read when the VM starts"
#     rollback: >-
#       RemoteDisplay.maxConnections = "1"; power off and on
#   messages:
#     undefined: "RemoteDisplay.maxConnections is not set: any number of consoles may watch"
#     safe: "One console connection is allowed"
#     unsafe: "RemoteDisplay.maxConnections is {found}"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.limit-console-connections; DISA vSphere 8 STIG v2r3, VMCH-80-000195; doubt:
#     whether a running VM takes the key up
#   always: true
#   key50: 40
scg_vm_8_limit_console_connections := vmware_vm.must_be("setting.RemoteDisplay.maxConnections", {"1"})

# METADATA
# title: Guest locked when its console closes
# description: >-
#   Closing the console does not log anybody off. Whoever opens it next finds the administrator's desktop as it was
#   left, under that administrator's name.
# custom:
#   id: SCG-vm-8.vmrc-lock
#   severity: high
#   family: CON
#   facts: [setting.tools.guest.desktop.autolock]
#   safe: "TRUE"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; tools.guest.desktop.autolock = "TRUE" (VM Options, VMware Remote Console Options); power on
#   disable:
#     how: >-
#       Power the VM off; tools.guest.desktop.autolock = "FALSE"
#     restart: "VM power off and on"
#     rollback: >-
#       tools.guest.desktop.autolock = "TRUE"; power off and on
#   messages:
#     undefined: "tools.guest.desktop.autolock is not set, which means off"
#     safe: "The guest is locked when the last console closes"
#     unsafe: "The guest stays open when its console closes ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.vmrc-lock; DISA vSphere 8 STIG v2r3, VMCH-80-000201
#   always: true
scg_vm_8_vmrc_lock := vmware_vm.must_be_on("setting.tools.guest.desktop.autolock")
