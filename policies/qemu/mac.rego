# Confinement of the process: system calls, user, root directory.
package ringwall.controls.qemu.mac

import data.ringwall.lib.qemu
import data.ringwall.lib.qemu_confinement

# METADATA
# title: QEMU's system call filter is on
# description: >-
#   QEMU's own seccomp filter takes away system calls that emulation never needs, so that whoever breaks out of a guest into the process
#   cannot start programs, change its user or its resources. Each group is denied by a member of -sandbox; without the option nothing is.
# custom:
#   id: QMU-001
#   severity: high
#   family: MAC
#   always: true
#   facts: [argv.sandbox, process.seccomp, argv.unresolved]
#   safe: "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
#   default: "off without libvirt; with -sandbox on, obsolete calls are denied and the three other groups allowed"
#   remediation: Add -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny to the command line
#   disable:
#     how: "-sandbox off on the command line; start the guest again"
#     restart: guest restart
#     rollback: "Add the option again; start the guest again"
#   messages:
#     safe: QEMU filters its system calls, all four groups denied
#     "off": QEMU runs without a system call filter
#     loose: "QEMU's system call filter leaves groups allowed: {found}"
#     idle: The command line asks for a system call filter, and the kernel says that the process has none
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "QEMU 7.2 -help and softmmu/qemu-seccomp.c (parse_sandbox); elevateprivileges=children denies what deny denies"
qmu_001 := qemu.settled(qemu_confinement.sandbox)

# METADATA
# title: QEMU does not run as root
# description: >-
#   A guest that takes over its QEMU has what the user of the process has. As root that is the whole host. QEMU started by root changes its
#   user with -runas or -run-with user=; libvirt and service managers change it before they start QEMU, which only the process shows.
# custom:
#   id: QMU-002
#   severity: critical
#   family: MAC
#   always: true
#   facts: [process.users, argv.runas, argv.unresolved]
#   safe: no user id of the process is 0
#   default: the user who starts it
#   remediation: Start QEMU with -runas qemu (from QEMU 9.1 -run-with user=qemu), or with User= in its unit
#   disable:
#     how: start it as root without -runas
#     restart: guest restart
#     rollback: restore -runas or User=
#   messages:
#     root: QEMU runs as root
#     regain: "QEMU runs as user {uid} and can become root again: one of its user ids is 0"
#     safe: "QEMU runs as user {uid}"
#     askedRoot: "The command line asks to run as {found}"
#     asked: "The command line asks to run as {found}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -runas; proc(5) status, Uid"
qmu_002 := qemu.settled(qemu_confinement.user)

# METADATA
# title: QEMU has a root directory or mount namespace of its own
# description: >-
#   A process that sees the whole file system of the host can use every file that its user may read. -chroot, and the mount namespace that
#   libvirt and service managers make, leave only what the guest needs.
# custom:
#   id: QMU-003
#   severity: low
#   family: MAC
#   always: true
#   facts: [argv.chroot, process.root, process.mountNamespace, argv.unresolved]
#   safe: "-chroot DIR (from QEMU 8.1 -run-with chroot=DIR), or a mount namespace other than that of process 1"
#   default: none
#   remediation: Add -chroot to an empty directory, or start QEMU through libvirt with namespaces = [ "mount" ]
#   disable:
#     how: "Leave out -chroot, or namespaces = [ ] in qemu.conf; start the guest again"
#     restart: guest restart
#     rollback: "-chroot DIR again, or namespaces = [ \"mount\" ]; start the guest again"
#   messages:
#     chroot: "QEMU's root directory is {found}"
#     namespace: QEMU has a mount namespace of its own
#     shared: QEMU sees the host's whole file system
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -chroot; namespaces(7)"
qmu_003 := qemu.settled(qemu_confinement.root_directory)
