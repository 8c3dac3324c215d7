# The guest's memory on the host.
package ringwall.controls.qemu.mem

import data.ringwall.lib.qemu_machine

# METADATA
# title: Guest memory is private to QEMU
# description: >-
#   A memory back end with share=on can be mapped by every process that opens its file or gets its descriptor. Only vhost-user devices and
#   virtiofs, whose work is done in another process, need that.
# custom:
#   id: QMU-012
#   severity: medium
#   family: MEM
#   always: true
#   facts: [argv.memory.backends, argv.vhostUser, argv.unresolved]
#   safe: share=off, or a vhost-user device that needs it
#   default: "off for memory-backend-ram and memory-backend-file, on for memory-backend-memfd, -shm and -epc"
#   remediation: share=off on every back end, in writing for memory-backend-memfd
#   disable:
#     how: "share=on on the one back end; start the guest again"
#     restart: guest restart
#     rollback: "share=off; start the guest again"
#   messages:
#     safe: No other process can map the guest's memory
#     needed: "The guest's memory is shared with {found}, which needs it"
#     unsafe: "Other processes can map the guest's memory, and no device needs that: {found}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation memory-backend-file; the defaults were read in backends/hostmem-file.c, hostmem-ram.c, hostmem-memfd.c and hostmem-epc.c of QEMU 7.2, not in its documentation"
qmu_012 := qemu_machine.memory
