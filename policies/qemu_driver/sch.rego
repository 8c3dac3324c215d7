# Sharing of processor cores.
package ringwall.controls.qemu_driver.sch

import data.ringwall.lib.judge

# METADATA
# title: Core scheduling for tenants
# description: >-
#   With SMT two threads share a core and its caches. Core scheduling keeps the threads of a guest from running beside those of
#   another. Needed where tenants distrust each other and SMT is on.
# custom:
#   id: LVQ-030
#   severity: medium
#   family: SCH
#   facts: ["conf.sched_core", "host.smt"]
#   safe: "vcpus, emulator or full where SMT is on and tenants are untrusted"
#   default: "none"
#   remediation: >-
#     sched_core = "full"; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       sched_core = "none" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       sched_core = "full"; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Guests do not share a core: sched_core is {found}"
#     trusted: "The tenants of this host trust each other"
#     no_smt: "SMT is off"
#     unsafe: "SMT is on and sched_core is {found}: threads of two guests may share a core"
#     unclear: "It is not known whether SMT is on"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_030 := judge.unreadable(["conf.sched_core"]) if not judge.readable("conf.sched_core")

else := judge.pass("safe", {"found": judge.value("conf.sched_core")}, ["conf.sched_core"]) if judge.value("conf.sched_core") in {"emulator", "full", "vcpus"}

else := judge.not_applicable("trusted", {}, ["conf.sched_core"]) if judge.tenants == "trusted"

else := judge.not_applicable("no_smt", {}, ["host.smt"]) if judge.value("host.smt") == false

else := judge.fail("unsafe", {"found": judge.effective("conf.sched_core", "none")}, ["conf.sched_core", "host.smt"]) if judge.value("host.smt") == true

else := judge.unreadable(["host.smt"]) if not judge.readable("host.smt")

else := judge.missing("unclear", {}, ["host.smt"])
