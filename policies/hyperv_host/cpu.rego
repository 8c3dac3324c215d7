# How the hypervisor shares the processor.
package ringwall.controls.hyperv_host.cpu

import data.ringwall.lib.judge

# METADATA
# title: Hypervisor scheduler is core
# description: >-
#   The classic scheduler puts threads of different machines on one core, where they can read each other through its shared
#   parts. The core scheduler gives a core to one machine at a time. The root scheduler, that of client Windows, leaves the
#   choice to the host's own scheduler. What was chosen stands in event 2 of the hypervisor at each start; the boot
#   configuration only says what was asked for.
# custom:
#   id: HVS-023
#   severity: medium
#   family: CPU
#   facts: ["scheduler.type", "scheduler.boot", "cpu.smt", "windows.productType"]
#   safe: "3 (core) on servers, 4 (root) on clients; 1 (classic) only where no core has two threads"
#   default: "core since Server 2019, classic on Server 2016, root on clients since Windows 10 1803"
#   remediation: >-
#     bcdedit /set hypervisorschedulertype core; reboot the host; the newest event 2 of Microsoft-Windows-Hyper-V-Hypervisor
#     shows 0x3.
#   disable:
#     how: >-
#       bcdedit /set hypervisorschedulertype classic; reboot the host
#     restart: >-
#       host reboot
#     rollback: >-
#       bcdedit /set hypervisorschedulertype core; reboot; event 2 shows 0x3
#   messages:
#     core: "Cores are given to one machine at a time"
#     root: "The host is a client with the root scheduler"
#     single: "No core has two threads (classic scheduler)"
#     configured: "The boot configuration asks for the core scheduler; the event that says what runs was not read"
#     unsafe: "Machines share cores: the scheduler is {found}"
#     unrecognised: "The scheduler is {found}"
#   source: >-
#     learn.microsoft.com/windows-server/virtualization/hyper-v/manage/manage-hyper-v-scheduler-types
#   always: true
hvs_023 := judge.pass("core", {}, ["scheduler.type"]) if judge.value("scheduler.type") == 3

else := judge.pass("root", {}, ["scheduler.type", "windows.productType"]) if {
	judge.value("scheduler.type") == 4
	judge.value("windows.productType") == 1
}

else := judge.pass("single", {}, ["scheduler.type"]) if judge.value("scheduler.type") == 1

else := judge.pass("single", {}, ["scheduler.type", "cpu.smt"]) if {
	judge.value("scheduler.type") == 2
	judge.value("cpu.smt") == false
}

else := judge.fail("unsafe", {"found": names[sprintf("%d", [judge.value("scheduler.type")])]}, ["scheduler.type"]) if {
	judge.value("scheduler.type") in {2, 4}
}

else := judge.missing("unrecognised", {"found": judge.value("scheduler.type")}, ["scheduler.type"]) if judge.present("scheduler.type")

else := judge.fail("unsafe", {"found": judge.value("scheduler.boot")}, ["scheduler.boot"]) if {
	lower(judge.value("scheduler.boot")) in {"classic", "root"}
	not excused
}

else := judge.pass("configured", {}, ["scheduler.boot"]) if lower(judge.value("scheduler.boot")) == "core"

else := judge.missing("unrecognised", {"found": judge.effective("scheduler.boot", "the default of its release")}, ["scheduler.type", "scheduler.boot"]) if {
	judge.readable("scheduler.type")
}

else := judge.unreadable(["scheduler.type"])

names := {"2": "classic", "4": "root"}

excused if judge.value("cpu.smt") == false

excused if {
	lower(judge.value("scheduler.boot")) == "root"
	judge.value("windows.productType") == 1
}
