# Commanding a QEMU from outside.
package ringwall.controls.qemu.api

import data.ringwall.lib.qemu_access

# METADATA
# title: No monitor or debugger over a network
# description: >-
#   A monitor can read and write the guest's memory, open files of the host and start migrations; the gdb stub reads and writes memory and
#   registers. Neither asks who calls. Over TCP, the loopback address included, any local user or any machine that reaches the port commands the guest.
# custom:
#   id: QMU-007
#   severity: critical
#   family: API
#   always: true
#   key50: 33
#   facts: [argv.monitors, process.monitorSockets, process.listeners, argv.listeners, argv.unresolved]
#   safe: "a Unix socket in a folder of mode 0700, a descriptor from libvirt, or none; no gdb stub"
#   default: no QMP; the human monitor on a virtual console or the terminal unless -monitor none; no gdb stub
#   remediation: "-qmp unix:PATH,server=on,wait=off in a folder of mode 0700; -monitor none; drop -s and -gdb"
#   disable:
#     how: "-qmp tcp:127.0.0.1:PORT through a chardev with tls-creds and an authz object; the gdb stub has no authentication at all"
#     restart: guest restart; a monitor or a gdb stub can also be opened while the guest runs (monitor command gdbserver), so read the live sockets too
#     rollback: stop, remove the argument, start; check the listening sockets of the process
#   messages:
#     none: QEMU has no monitor and no debugger
#     local: "QEMU is commanded from this host alone: {found}"
#     unsafe: "Whoever reaches it commands the guest: {found}"
#     reachable: "Any local user can open the monitor's socket {found}"
#     unexplained: "QEMU listens on {found}, which no argument accounts for: a monitor or a gdb stub can be opened while the guest runs"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -qmp, -monitor, -mon, -chardev, -gdb, -s; unix(7)"
qmu_007 := qemu_access.monitor
