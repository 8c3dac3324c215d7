# Devices and files that the guest reaches.
package ringwall.controls.qemu.dev

import data.ringwall.lib.qemu
import data.ringwall.lib.qemu_machine
import data.ringwall.lib.qemu_versions

# METADATA
# title: No devices that nobody asked for
# description: >-
#   Without -nodefaults QEMU adds a network card, a display, a floppy drive, serial and parallel ports and a monitor of its own; without
#   -no-user-config it reads options from files of the system's configuration folder. Either way the guest gets devices that no command line shows.
# custom:
#   id: QMU-004
#   severity: medium
#   family: DEV
#   always: true
#   facts: [argv.nodefaults, argv.noUserConfig, argv.unresolved]
#   safe: both options given
#   default: both absent
#   remediation: Add -nodefaults -no-user-config
#   disable:
#     how: "Leave out either option; start the guest again"
#     restart: guest restart
#     rollback: "Add both options again; start the guest again"
#   messages:
#     safe: QEMU makes no device that the command line does not name
#     unsafe: "QEMU adds its default devices or reads its own option files: without {found}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "QEMU 7.2 -help; qemu.org system/invocation -nodefaults, -no-user-config"
qmu_004 := qemu.flags({"argv.nodefaults": "-nodefaults", "argv.noUserConfig": "-no-user-config"})

# METADATA
# title: No legacy device models
# description: >-
#   Models of hardware from the nineties are the oldest and least read code in QEMU, and several guest escapes began in one (the floppy
#   controller, the rtl8139 and pcnet cards, the Cirrus display). isa-debug-exit lets a guest end its QEMU.
# custom:
#   id: QMU-005
#   severity: medium
#   family: DEV
#   always: true
#   key50: 32
#   facts: [argv.devices, argv.unresolved]
#   safe: none of ne2k_pci, ne2k_isa, pcnet, rtl8139, isa-fdc, floppy, sb16, cirrus-vga, isa-cirrus-vga, vmware-svga, isa-debug-exit; pvpanic by the parameter pvpanic_allowed
#   default: none is named
#   remediation: "Replace them: virtio-net-pci for network cards, virtio-vga or bochs-display for displays, virtio-blk-pci or virtio-scsi-pci for disks"
#   disable:
#     how: add the one device under a waiver that names it; never isa-debug-exit
#     restart: guest restart; some of the devices can be plugged while it runs
#     rollback: remove it, stop and start the guest, compare with info qtree
#   messages:
#     safe: No legacy device model
#     unsafe: "The guest has legacy device models: {found}"
#     panic: "The guest has {found}, and the baseline allows no panic device"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "names from QEMU 7.2 -device help; CVE-2015-3456 (floppy), CVE-2015-5165 (rtl8139), CVE-2015-7504 (pcnet), CVE-2017-2615 (Cirrus)"
qmu_005 := qemu_machine.legacy_models

# METADATA
# title: No memory shared between guests
# description: >-
#   An ivshmem device puts the same memory into several guests, or into a guest and a process of the host. Whoever holds one end reads and
#   writes what the other end trusts.
# custom:
#   id: QMU-006
#   severity: high
#   family: DEV
#   always: true
#   facts: [argv.shmem, argv.unresolved]
#   safe: no ivshmem-plain, ivshmem-doorbell or ivshmem device
#   default: none
#   remediation: Remove the device; let the guests talk over a network, or over vsock with their host
#   disable:
#     how: add -device ivshmem-plain with its memory back end
#     restart: guest restart
#     rollback: remove the device and its back end
#   messages:
#     safe: No memory is shared with other guests
#     unsafe: "The guest shares memory through {found}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/devices/ivshmem; QEMU 7.2 -device help"
qmu_006 := qemu_machine.shared_regions

# METADATA
# title: Machine type is not deprecated
# description: >-
#   A deprecated machine type keeps devices and defaults of old releases, gets no attention any more and disappears with a later release.
#   Types without a version follow the newest one.
# custom:
#   id: QMU-013
#   severity: low
#   family: DEV
#   facts: [argv.machine.type, qemu.version, argv.unresolved]
#   safe: a type that -machine help of the release in use does not call deprecated
#   default: pc
#   remediation: Move the guest to q35, or to the newest version of its type, at its next stop
#   disable:
#     how: name an older type
#     restart: guest restart
#     rollback: restore the type; the guest sees other hardware, so try it before
#   messages:
#     none: The process makes no machine
#     safe: "Machine type {found} is not deprecated"
#     unsafe: "Machine type {found} is deprecated since QEMU {since}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "docs/about/deprecated.rst and removed-features.rst of QEMU 5.0 to 10.1; include/hw/boards.h; QEMU 7.2 -machine help. Types that distributions add are not in the table"
qmu_013 := qemu_versions.machine

# METADATA
# title: Files handed to the guest belong to root
# description: >-
#   -kernel, -initrd, -fw_cfg, the loader device and their like put a file of the host into the guest before anything in it runs. Whoever can
#   change the file, or a folder above it, decides what the guest executes.
# custom:
#   id: QMU-014
#   severity: low
#   family: DEV
#   facts: [argv.guestFiles, process.guestFiles, argv.unresolved]
#   safe: each file and every folder above it owned by root, writable to nobody else
#   default: no such file
#   remediation: chown root and chmod go-w the file and the folders above it
#   disable:
#     how: there is nothing to switch off
#     restart: none
#     rollback: restore owner and mode
#   messages:
#     none: No file is handed to the guest
#     safe: Files handed to the guest can be changed by root alone
#     owner: "{found} is handed to the guest, and {place} does not belong to root"
#     writable: "{found} is handed to the guest, and others than root can write to {place}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -fw_cfg, -kernel; system/generic-loader"
qmu_014 := qemu_machine.guest_files
