# Memory of guests in files of the host.
package ringwall.controls.qemu_driver.mem

import data.ringwall.lib.judge
import data.ringwall.lib.qemu_driver

# METADATA
# title: Core dumps bounded
# description: >-
#   A core dump of QEMU can hold the memory of its guest. max_core is its largest size in bytes; unlimited sets no bound.
# custom:
#   id: LVQ-029
#   severity: low
#   family: MEM
#   facts: ["conf.max_core", "libvirt.version"]
#   safe: "0, not set, or a size in bytes"
#   default: "0, no dumps; qemu.conf of libvirt master says unlimited on Linux"
#   remediation: >-
#     Remove max_core, or max_core = 0; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       max_core = "unlimited" or a size in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       max_core = 0; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Core dumps of QEMU hold at most {found} bytes"
#     unsafe: "max_core is unlimited: a core dump can hold the guest's whole memory"
#     release: "max_core is not set, and its default in libvirt {version} is not known"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in); which release changed the default to unlimited was not found, so a
#     missing setting is unknown from libvirt 11 on
#   always: true
lvq_029 := judge.unreadable(["conf.max_core"]) if not judge.readable("conf.max_core")

else := judge.fail("unsafe", {}, ["conf.max_core"]) if judge.value("conf.max_core") == "unlimited"

else := judge.missing("release", {"version": judge.value("libvirt.version")}, ["conf.max_core", "libvirt.version"]) if {
	judge.absent("conf.max_core")
	qemu_driver.release >= 11
}

else := judge.pass("safe", {"found": judge.effective("conf.max_core", 0)}, ["conf.max_core"])
