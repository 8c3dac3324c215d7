# Settings for developers.
package ringwall.controls.qemu_driver.cnf

import data.ringwall.lib.judge

# METADATA
# title: No debugging capability filter or deprecation crash
# description: >-
#   capability_filters hides features of QEMU from libvirt, security features among them; deprecation_behavior can make QEMU
#   refuse or crash. Both are for developers.
# custom:
#   id: LVQ-032
#   severity: low
#   family: CNF
#   facts: ["conf.capability_filters", "conf.deprecation_behavior"]
#   safe: "neither set"
#   default: "neither set"
#   remediation: >-
#     Remove capability_filters and deprecation_behavior; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       Set them in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       remove the lines; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "No setting for developers is in use"
#     filters: "capability_filters hides {found} from libvirt"
#     deprecation: "deprecation_behavior is {found}"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_032 := judge.unreadable(["conf.capability_filters", "conf.deprecation_behavior"]) if not judge.all_readable(["conf.capability_filters", "conf.deprecation_behavior"])

else := judge.fail("filters", {"found": judge.value("conf.capability_filters")}, ["conf.capability_filters"]) if count(judge.effective("conf.capability_filters", [])) > 0

else := judge.fail("deprecation", {"found": judge.value("conf.deprecation_behavior")}, ["conf.deprecation_behavior"]) if judge.effective("conf.deprecation_behavior", "none") != "none"

else := judge.pass("safe", {}, ["conf.capability_filters", "conf.deprecation_behavior"])
