# Devices that the guest is given: each is host code that the guest can reach.
package ringwall.controls.vmware_vm.devices

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_vm

# METADATA
# title: Network adapters are VMXNET3
# description: >-
#   e1000, e1000e and vlance are real cards emulated register by register, code that guests have broken out through
#   (VMSA-2018-0027). VMXNET3 is made for VMs and far smaller. It gives no protection against DMA; that is the IOMMU's
#   work.
# custom:
#   id: VMX-007
#   severity: low
#   family: DEV
#   facts: [nics]
#   safe: "vmxnet3"
#   default: "e1000, e1000e or vlance, by the type of the guest"
#   remediation: >-
#     Power the VM off; replace the adapter by one of type VMXNET 3 (ethernetN.virtualDev = "vmxnet3"), with its driver
#     from VMware Tools in the guest; power on
#   disable:
#     how: >-
#       Power the VM off; ethernetN.virtualDev = "e1000e"
#     restart: "VM power off and on"
#     rollback: >-
#       ethernetN.virtualDev = "vmxnet3"; power off and on
#   messages:
#     safe: "Network adapters are VMXNET3 or pass-through functions"
#     unsafe: "{device}: emulated network adapter {found}"
#     none: "The VM has no network adapter"
#   source: >-
#     libvirt 9.0.0 vmx test data; VMSA-2018-0027
vmx_007 := judge.not_applicable("none", {}, ["nics"]) if judge.absent("nics")

else := vmware_vm.devices("nics", [vmware_vm.bad("nics", i, model(e)) |
	some i, e in vmware_vm.elements("nics")
	not e.model in {"vmxnet3", "vmxnet3vrdma", "pvrdma", "sriov"}
])

model(e) := e.model if e.model != ""

model(e) := "by default" if e.model == ""

# METADATA
# title: VGA alone on VMs without a desktop
# description: >-
#   The SVGA device has a command queue that guests have broken out through (CVE-2009-1244, Cloudburst). A server that
#   nobody looks at needs the VGA part alone.
# custom:
#   id: VMX-014
#   severity: low
#   family: DEV
#   facts: [setting.svga.vgaOnly]
#   safe: "TRUE where the parameter vga_only asks for it"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; svga.vgaOnly = "TRUE"; power on. Graphical consoles of the guest then end
#   disable:
#     how: >-
#       Power the VM off; svga.vgaOnly = "FALSE"
#     restart: "VM power off and on"
#     rollback: >-
#       svga.vgaOnly = "TRUE"; power off and on
#   messages:
#     safe: "Only VGA is offered to the guest"
#     unsafe: "svga.vgaOnly is not TRUE: the guest has the whole SVGA device"
#     notAsked: "The baseline does not ask for VGA alone"
#   source: >-
#     public checkers of CIS ESXi 6.5 8.4.29; doubt: the vendor does not state the effect on ESXi 8
vmx_014 := judge.unreadable(["setting.svga.vgaOnly"]) if not judge.readable("setting.svga.vgaOnly")

else := judge.pass("safe", {}, ["setting.svga.vgaOnly"]) if vmware_vm.is_true("setting.svga.vgaOnly")

else := vmware_vm.asked("vga_only", ["setting.svga.vgaOnly"], judge.fail("unsafe", {}, ["setting.svga.vgaOnly"]))

# METADATA
# title: No hot-plug of devices
# description: >-
#   While devices.hotplug is on, a user with rights in the guest can eject adapters and disks through the operating
#   system, and so cut a VM off from its network or its backup agent.
# custom:
#   id: VMX-017
#   severity: low
#   family: DEV
#   facts: [setting.devices.hotplug]
#   safe: "FALSE where the parameter device_hotplug is false"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; devices.hotplug = "FALSE"; power on. Devices are then added and removed while the VM is off
#   disable:
#     how: >-
#       Power the VM off; devices.hotplug = "TRUE"
#     restart: "VM power off and on"
#     rollback: >-
#       devices.hotplug = "FALSE"; power off and on
#   messages:
#     safe: "Devices cannot be plugged in or out while the VM runs"
#     unsafe: "Devices can be plugged in and out while the VM runs"
#     notAsked: "The baseline allows hot-plug of devices"
#   source: >-
#     vmx key in a public file; docs.vmware.com, disabling the HotAdd/HotPlug capability
vmx_017 := judge.unreadable(["setting.devices.hotplug"]) if not judge.readable("setting.devices.hotplug")

else := judge.pass("safe", {}, ["setting.devices.hotplug"]) if vmware_vm.is_false("setting.devices.hotplug")

else := judge.fail("unsafe", {}, ["setting.devices.hotplug"]) if judge.parameter("device_hotplug") == false

else := judge.not_applicable("notAsked", {}, ["setting.devices.hotplug"]) if judge.parameter("device_hotplug") == true

else := judge.parameter_not_set("device_hotplug", ["setting.devices.hotplug"])

# METADATA
# title: No independent nonpersistent disks
# description: >-
#   What a guest writes to a nonpersistent disk is gone at power off: an intruder's traces with it, and every record of
#   the guest's own logs.
# custom:
#   id: VMX-018
#   severity: medium
#   family: DEV
#   facts: [disks]
#   safe: "any mode but independent-nonpersistent"
#   default: "persistent"
#   remediation: >-
#     Power the VM off; set the mode of the disk to dependent (scsiX:Y.mode = "persistent"); power on
#   disable:
#     how: >-
#       Power the VM off; scsiX:Y.mode = "independent-nonpersistent"
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; set the mode of the disk to dependent (scsiX:Y.mode = "persistent")
#   messages:
#     safe: "No disk loses its writes at power off"
#     unsafe: "{device}: disk mode {found}, so that its writes are lost at power off"
#   source: >-
#     DISA vSphere 8 STIG v2r3, VMCH-80-000208
#   always: true
vmx_018 := vmware_vm.devices("disks", [vmware_vm.bad("disks", i, e.mode) |
	some i, e in vmware_vm.elements("disks")
	replace(e.mode, "_", "-") == "independent-nonpersistent"
])

# METADATA
# title: No floppy drive
# description: >-
#   A floppy drive brings in media past the file controls of the network, and its controller is code of the 1980s that
#   no server needs. Some releases add a drive where floppy0.present is not written, so that only a written FALSE is an
#   answer.
# custom:
#   id: VMX-019
#   severity: medium
#   family: DEV
#   facts: [floppies]
#   safe: "floppy0.present FALSE"
#   default: "a drive in old templates"
#   remediation: >-
#     Power the VM off; remove the drive (floppy0.present = "FALSE"); power on
#   disable:
#     how: >-
#       Power the VM off; floppy0.present = "TRUE"
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; remove the drive (floppy0.present = "FALSE")
#   messages:
#     safe: "No floppy drive"
#     unsafe: "{device}: floppy drive ({found})"
#     default: "floppy0.present is not written, and some releases then add a drive; write FALSE"
#   source: >-
#     DISA vSphere 8 STIG v2r3, VMCH-80-000209
#   always: true
vmx_019 := judge.missing("default", {}, ["floppies"]) if vmware_vm.floppy_not_said

else := vmware_vm.devices("floppies", [vmware_vm.bad("floppies", i, "present") | some i, e in vmware_vm.elements("floppies")])

# METADATA
# title: CD-ROM drives not connected
# description: >-
#   A connected image lets whoever holds the console start the guest from other media, and keeps a path from datastore
#   to guest open that nobody watches. A drive without startConnected is connected at power on.
# custom:
#   id: VMX-020
#   severity: low
#   family: DEV
#   facts: [cdroms]
#   safe: "no drive, or startConnected FALSE"
#   default: "connected at power on"
#   remediation: >-
#     Disconnect the drive and untick Connect At Power On (ideX:Y.startConnected = "FALSE")
#   disable:
#     how: >-
#       Connect an image for the time of the work
#     restart: "none"
#     rollback: >-
#       disconnect the drive
#   messages:
#     safe: "No CD-ROM drive is connected"
#     unsafe: "{device}: CD-ROM connected ({found})"
#   source: >-
#     DISA vSphere 8 STIG v2r3, VMCH-80-000210
#   always: true
vmx_020 := vmware_vm.devices("cdroms", [vmware_vm.bad("cdroms", i, backing(e)) |
	some i, e in vmware_vm.elements("cdroms")
	e.connected
])

backing(e) := e.backing if e.backing != ""

backing(e) := "present" if e.backing == ""

# METADATA
# title: No parallel port
# description: >-
#   A parallel port connects the guest to a device or a file of its host through a register interface that nothing
#   filters (VMSA-2020-0011).
# custom:
#   id: VMX-021
#   severity: medium
#   family: DEV
#   facts: [parallelPorts]
#   safe: "parallelN.present FALSE"
#   default: "absent"
#   remediation: >-
#     Power the VM off; remove the port (parallelN.present = "FALSE"); power on
#   disable:
#     how: >-
#       Power the VM off; add a port (parallelN.present = "TRUE")
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; remove the port (parallelN.present = "FALSE")
#   messages:
#     safe: "No parallel port"
#     unsafe: "{device}: parallel port ({found})"
#   source: >-
#     DISA vSphere 8 STIG v2r3, VMCH-80-000211
#   always: true
vmx_021 := vmware_vm.devices("parallelPorts", [vmware_vm.bad("parallelPorts", i, e.backing) | some i, e in vmware_vm.elements("parallelPorts")])

# METADATA
# title: No serial port
# description: >-
#   A serial port leads to a file, a pipe or a network socket of the host: a way out of the guest past the switches, and
#   with a listening socket a console without a log-on.
# custom:
#   id: VMX-022
#   severity: medium
#   family: DEV
#   facts: [serialPorts]
#   safe: "serialN.present FALSE"
#   default: "absent"
#   remediation: >-
#     Power the VM off; remove the port (serialN.present = "FALSE"); power on
#   disable:
#     how: >-
#       Power the VM off; add a port (serialN.present = "TRUE")
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; remove the port (serialN.present = "FALSE")
#   messages:
#     safe: "No serial port"
#     unsafe: "{device}: serial port ({found})"
#   source: >-
#     DISA vSphere 8 STIG v2r3, VMCH-80-000212
#   always: true
vmx_022 := vmware_vm.devices("serialPorts", [vmware_vm.bad("serialPorts", i, e.backing) | some i, e in vmware_vm.elements("serialPorts")])

# METADATA
# title: No USB controller
# description: >-
#   Guests with administrator rights have broken out of ESXi through the UHCI, EHCI and xHCI controllers again and again
#   (VMSA-2022-0004, VMSA-2024-0006). A server needs none of them.
# custom:
#   id: VMX-023
#   severity: medium
#   family: DEV
#   facts: [usbControllers]
#   safe: "usb.present, ehci.present and usb_xhci.present FALSE"
#   default: "varies by template"
#   remediation: >-
#     Power the VM off; remove the controller (usb.present, ehci.present, usb_xhci.present = "FALSE"); power on
#   disable:
#     how: >-
#       Power the VM off; add a controller (usb_xhci.present = "TRUE")
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; remove the controller (usb.present, ehci.present, usb_xhci.present = "FALSE")
#   messages:
#     safe: "No USB controller"
#     unsafe: "{device}: USB controller ({found})"
#   source: >-
#     DISA vSphere 8 STIG v2r3, VMCH-80-000213
#   always: true
vmx_023 := vmware_vm.devices("usbControllers", [vmware_vm.bad("usbControllers", i, e.type) | some i, e in vmware_vm.elements("usbControllers")])

# METADATA
# title: No connecting of devices from the guest
# description: >-
#   VMware Tools lets users of the guest connect and disconnect network adapters and CD-ROM drives. That cuts the VM off
#   from its network, or brings back a drive that an administrator took away.
# custom:
#   id: SCG-vm-8.isolation-device-connectable-deactivate
#   severity: medium
#   family: DEV
#   facts: [setting.isolation.device.connectable.disable]
#   safe: "TRUE or not set"
#   default: "TRUE"
#   remediation: >-
#     Power the VM off; delete isolation.device.connectable.disable or set it to "TRUE"; power on. PowerCLI: Get-VM NAME |
#     Get-AdvancedSetting isolation.device.connectable.disable | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; isolation.device.connectable.disable = "FALSE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete isolation.device.connectable.disable or set it to "TRUE"; power off and on
#   messages:
#     undefined: "isolation.device.connectable.disable is not set: users of the guest cannot connect or disconnect devices"
#     safe: "Users of the guest cannot connect or disconnect devices"
#     unsafe: "isolation.device.connectable.disable is {found}: users of the guest can connect and disconnect devices"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.isolation-device-connectable-deactivate; DISA vSphere 8 STIG v2r3,
#     VMCH-80-000197
#   always: true
scg_vm_8_isolation_device_connectable_deactivate := vmware_vm.on_or_undefined("setting.isolation.device.connectable.disable")

# METADATA
# title: 3D graphics off
# description: >-
#   With 3D on, shaders that the guest wrote are compiled and run in the VMX process of the host; guests have broken out
#   through that translator (VMSA-2020-0015). Servers draw nothing that needs it.
# custom:
#   id: SCG-vm-8.deactivate-non-essential-3d-features
#   severity: medium
#   family: DEV
#   facts: [setting.mks.enable3d]
#   safe: "FALSE; not set means the same"
#   default: "FALSE"
#   remediation: >-
#     Power the VM off; delete mks.enable3d or set it to "FALSE"; power on. PowerCLI: Get-VM NAME | Get-AdvancedSetting
#     mks.enable3d | Remove-AdvancedSetting
#   disable:
#     how: >-
#       Power the VM off; mks.enable3d = "TRUE" under a waiver
#     restart: "VM power off and on"
#     rollback: >-
#       delete mks.enable3d or set it to "FALSE"; power off and on
#   messages:
#     undefined: "mks.enable3d is not set, which means off"
#     safe: "3D graphics is off"
#     unsafe: "3D graphics is on ({found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.deactivate-non-essential-3d-features; DISA vSphere 8 STIG v2r3,
#     VMCH-80-000202
#   always: true
scg_vm_8_deactivate_non_essential_3d_features := vmware_vm.off("setting.mks.enable3d")

# METADATA
# title: No device that a server does not need
# description: >-
#   Each device is code of the host that the guest drives. USB controllers, ports, drives, sound cards and SATA
#   controllers without a disk came with a template and serve no server; breaks out of ESXi began in several of them.
# custom:
#   id: SCG-vm-8.remove-unnecessary-devices
#   severity: high
#   family: DEV
#   facts: [usbControllers, parallelPorts, serialPorts, floppies, cdroms, sounds, sataControllers]
#   safe: "no USB controller, parallel or serial port, floppy or CD-ROM drive, sound card, or SATA controller without a disk"
#   default: "USB, CD-ROM and SATA in most templates"
#   remediation: >-
#     Power the VM off; remove the devices named, in Edit Settings; take them out of the templates too; power on
#   disable:
#     how: >-
#       Power the VM off; add the one device that the guest needs
#     restart: "VM power off and on"
#     rollback: >-
#       Power the VM off; remove the device; power on
#   messages:
#     safe: "No needless device"
#     unsafe: "Devices that a server does not need: {device}"
#     default: "No such device is written, but neither is floppy0.present, without which some releases add a drive; write FALSE"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), vm-8.remove-unnecessary-devices; DISA vSphere 8 STIG v2r3, VMCH-80-000209 to
#     000214; doubt: SCG 8 lists SATA controllers in its audit command only
#   always: true
scg_vm_8_remove_unnecessary_devices := vmware_vm.verdict(needless, found_needless) if not only_floppy_unsaid

else := judge.missing("default", {}, ["floppies"])

only_floppy_unsaid if {
	vmware_vm.floppy_not_said
	count(found_needless) == 0
	judge.all_readable([n | some n in needless; n != "floppies"])
}

found_needless := [f | some n in needless; some i, e in vmware_vm.elements(n); not has_use(n, e); f := vmware_vm.bad(n, i, n)]

needless := ["usbControllers", "parallelPorts", "serialPorts", "floppies", "cdroms", "sounds", "sataControllers"]

has_use("sataControllers", e) if e.hasDisk
