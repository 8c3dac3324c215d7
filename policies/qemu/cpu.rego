# Hardware isolation of the guest's processor.
package ringwall.controls.qemu.cpu

import data.ringwall.lib.qemu_machine

# METADATA
# title: KVM runs the guest
# description: >-
#   With KVM the processor keeps the guest apart. QEMU's translator (tcg) is not made as a security boundary: QEMU's own security policy treats
#   escapes from it as ordinary bugs. A list such as kvm:tcg falls back without a word where /dev/kvm cannot be opened.
# custom:
#   id: QMU-010
#   severity: high
#   family: CPU
#   always: true
#   facts: [argv.accel, process.kvm, argv.unresolved]
#   safe: kvm and nothing else
#   default: tcg
#   remediation: "-accel kvm and no other accelerator on the command line; start the guest again"
#   disable:
#     how: "-accel tcg on the command line; start the guest again"
#     restart: guest restart
#     rollback: "-accel kvm; start the guest again"
#   messages:
#     safe: KVM runs the guest or nothing does
#     running: KVM runs the guest
#     fallback: "Without KVM another accelerator runs the guest, unnoticed: {found}"
#     unsafe: "The accelerator is {found}, not KVM"
#     default: No accelerator is named, so QEMU translates the guest's code (tcg)
#     unresolved: "{found} may hold further options and was not looked into"
#   source: "qemu.org system/invocation -accel, system/security; softmmu/vl.c (configure_accelerators)"
qmu_010 := qemu_machine.accelerator
