# Tracing of guests.
package ringwall.controls.qemu.log

import data.ringwall.lib.qemu_machine

# METADATA
# title: No tracing of the guest
# description: >-
#   Trace events, translation logs and plugins write what a guest does, down to its instructions, into files of the host. In production they
#   belong into a waiver with an end.
# custom:
#   id: QMU-011
#   severity: info
#   family: LOG
#   always: true
#   facts: [argv.trace, argv.unresolved]
#   safe: none of -trace, -d, -D, -plugin
#   default: none
#   remediation: "Leave out -trace, -d, -D and -plugin; start the guest again"
#   disable:
#     how: "-trace enable=kvm_*,file=FILE for events; -d in_asm,exec or a -plugin for instructions, with tcg only"
#     restart: guest restart
#     rollback: "Leave out the options again; start the guest again"
#   messages:
#     safe: Nothing traces the guest
#     unsafe: "QEMU traces the guest: {found}"
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -trace, -d, -D; devel/tcg-plugins: plugins see what tcg translates"
qmu_011 := qemu_machine.tracing
