# Tables of system calls.
package ringwall.detections.guest.system_calls

import data.ringwall.lib.guest
import data.ringwall.lib.guest_calls

# METADATA
# title: "A system call leads out of the kernel's code"
# description: "The oldest way to take over a kernel: an entry of the system call table points to a function of a rootkit, which sees every call first and answers as it likes. Kernels since 6.9 (and 6.1 since 6.1.85) call through a switch and use the table for tracing only; there the text check sees what this one cannot."
# custom:
#   id: GST-001
#   severity: critical
#   technique: [T1014]
#   facts: [systemCalls]
#   remediation: "Isolate the guest, keep an image of its memory (ringwall guest dump), and rebuild it from a trusted image: a kernel that was taken over cannot be cleaned from within."
#   messages:
#     foreign: "Entry {number} of {table} leads to {address}, which is no code of the kernel ({owner})"
#   source: "arch/x86/entry/syscall_64.c; volatility3 linux.check_syscall checks the same"
gst_001 contains guest.hit("foreign", sprintf("%s:%d", [table.name, entry.number]), {"number": entry.number, "table": table.symbol, "address": entry.address, "owner": guest.shown(entry.owner)}) if {
	some table in guest.value("systemCalls").tables
	some entry in table.entries
	not guest.in_kernel(entry.owner)
}

# METADATA
# title: "A system call leads to another function of the kernel"
# description: "An entry points to kernel code that is not its own function: into the middle of one, or to the function of another call, as when kill is made to do nothing. For 32-bit calls only the kind of function is known, not which one belongs to which number."
# custom:
#   id: GST-002
#   severity: critical
#   technique: [T1014]
#   facts: [systemCalls]
#   remediation: "Isolate the guest, keep an image of its memory (ringwall guest dump), and rebuild it from a trusted image."
#   messages:
#     inside: "Entry {number} of {table} leads into the middle of a function: {owner}"
#     other: "Entry {number} of {table} leads to {owner}; the function of this call is {expected}"
#     strange: "Entry {number} of {table} leads to {owner}, which is no system call"
#   source: "arch/x86/entry/syscalls/syscall_64.tbl, arch/x86/include/asm/syscall_wrapper.h"
gst_002 contains guest.hit("inside", sprintf("%s:%d", [table.name, entry.number]), {"number": entry.number, "table": table.symbol, "owner": guest.shown(entry.owner)}) if {
	some table in guest.value("systemCalls").tables
	some entry in table.entries
	guest.in_kernel(entry.owner)
	count(entry.names) == 0
}

gst_002 contains guest.hit("other", sprintf("%s:%d", [table.name, entry.number]), {"number": entry.number, "table": table.symbol, "owner": guest.shown(entry.owner), "expected": expected}) if {
	some table in guest.value("systemCalls").tables
	table.name == "x64"
	some entry in table.entries
	count(entry.names) > 0
	not unused(entry)
	expected := sprintf("__x64_sys_%s", [guest_calls.x64[sprintf("%d", [entry.number])]])
	not expected in entry.names
}

gst_002 contains guest.hit("strange", sprintf("%s:%d", [table.name, entry.number]), {"number": entry.number, "table": table.symbol, "owner": guest.shown(entry.owner)}) if {
	some table in guest.value("systemCalls").tables
	some entry in table.entries
	count(entry.names) > 0
	not unused(entry)
	not known(table, entry)
}

# the function of numbers that this kernel has no call for
unused(entry) if {
	some name in entry.names
	endswith(name, "sys_ni_syscall")
}

known(table, entry) if {
	table.name == "x64"
	guest_calls.x64[sprintf("%d", [entry.number])]
}

known(table, entry) if {
	some name in entry.names
	some prefix in prefixes[table.name]
	startswith(name, prefix)
}

prefixes := {
	"x64": ["__x64_sys_", "__x64_compat_sys_"],
	"ia32": ["__ia32_sys_", "__ia32_compat_sys_"],
	# the latter since 5.13
	"x32": ["__x64_sys_", "__x32_compat_sys_", "__x64_compat_sys_"],
}

# METADATA
# title: "A system call table differs from the baseline"
# description: "Tables of system calls do not change while a kernel runs. Addresses are compared by the functions that they lead to, so that a restart does not matter. What was changed before the baseline was taken is not seen."
# custom:
#   id: GST-003
#   severity: high
#   technique: [T1014]
#   facts: [systemCalls, baseline.systemCalls]
#   remediation: "Find out what was loaded since the baseline; if the change is not explained, treat the guest as taken over."
#   messages:
#     changed: "Entry {number} of {table} led to {before} in the baseline and leads to {owner} now"
#   source: "include/linux/syscalls.h"
gst_003 contains guest.hit("changed", sprintf("%s:%d", [table.name, entry.number]), {"number": entry.number, "table": table.symbol, "before": guest.shown(old.owner), "owner": guest.shown(entry.owner)}) if {
	guest.same_kernel
	some table in guest.value("systemCalls").tables
	some other in guest.before("systemCalls").tables
	table.name == other.name
	some index, entry in table.entries
	old := other.entries[index]
	old.owner != entry.owner
}

# METADATA
# title: "A system call is no longer reached"
# description: "Newer kernels find the function of a system call by jumps in x64_sys_call, ia32_sys_call and x32_sys_call, and keep a table of the first for tracing only. Where no jump leads to a function of a call any more, the jump was turned elsewhere. The same holds of the steps before: the entry leads to do_syscall_64, and that to the switch or to the table."
# custom:
#   id: GST-004
#   severity: critical
#   technique: [T1014]
#   facts: [systemCalls]
#   remediation: "Isolate the guest, keep an image of its memory (ringwall guest dump), and rebuild it from a trusted image."
#   messages:
#     lost: "No jump of x64_sys_call leads to {name}, the function of number {number}"
#     compat: "No jump of ia32_sys_call leads to {name}"
#     x32: "No jump of x32_sys_call leads to {name}"
#     step: "{function} does not lead to {next} any more"
#   source: "arch/x86/entry/syscall_64.c (x64_sys_call), arch/x86/entry/syscall_32.c (ia32_sys_call), arch/x86/entry/syscall_x32.c (x32_sys_call)"
gst_004 contains guest.hit("lost", sprintf("%d", [call.number]), {"number": call.number, "name": call.name}) if {
	some call in guest.value("systemCalls").lost
}

gst_004 contains guest.hit("step", step.to, {"function": step.from, "next": step.to}) if {
	some step in object.get(guest.value("systemCalls"), "left", [])
}

gst_004 contains guest.hit("compat", name, {"name": name}) if {
	some name in guest.value("systemCalls").compatUnreached
	name in guest_calls.ia32
}

gst_004 contains guest.hit("x32", name, {"name": name}) if {
	some name in object.get(guest.value("systemCalls"), "x32Unreached", [])
	name in guest_calls.x32
}
