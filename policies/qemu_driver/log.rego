# Output of guests.
package ringwall.controls.qemu_driver.log

import data.ringwall.lib.judge

# METADATA
# title: Guest output goes through virtlogd
# description: >-
#   virtlogd rolls a guest's log over at a size. With file QEMU writes to a plain file, and a guest that makes QEMU write can fill
#   the host's disk.
# custom:
#   id: LVQ-028
#   severity: low
#   family: LOG
#   facts: ["conf.stdio_handler"]
#   safe: "logd or not set"
#   default: "logd"
#   remediation: >-
#     Remove stdio_handler; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       stdio_handler = "file" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Output of QEMU goes to virtlogd"
#     unsafe: "stdio_handler is {found}: a guest can fill the host's disk"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_028 := judge.one_of("conf.stdio_handler", {"logd"}, "logd")
