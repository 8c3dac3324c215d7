# Functions that were left with the kernel to be called later.
package ringwall.detections.guest.callbacks

import data.ringwall.lib.guest

# functions of the kernel and of modules that are listed; BPF programs and code that the kernel made, where they may be
lawful(callback) if guest.is_function(callback.function.owner)

lawful(callback) if callback.function.owner.kind == "module"

lawful(callback) if {
	callback.family in {"tracepoint", "netfilter", "timer", "work"}
	callback.function.owner.kind in {"bpf", "generated"}
}

# a static call may lead to a program, and to a function that does nothing
lawful(callback) if {
	callback.family in {"staticCall", "performance"}
	callback.function.owner.kind in {"kernel", "bpf", "generated"}
}

# operations of the platform that were for the boot alone stay in their tables
lawful(callback) if {
	callback.family in {"platform", "network", "filesystem"}
	callback.function.owner.kind in {"kernel", "init"}
}

# the paravirtual operations of a native kernel are not all functions from their start on
lawful(callback) if {
	callback.family == "paravirtual"
	callback.function.owner.kind == "kernel"
}

foreign[family] contains callback if {
	some callback in guest.value("callbacks").callbacks
	family := callback.family
	not lawful(callback)
}

# A structure belongs to the kernel or to a module, and so do the functions in it: those of its own module, of the kernel, or of a module that its
# module uses. What lies in allocated memory may be anybody's.
other[callback.family] contains callback if {
	some callback in guest.value("callbacks").callbacks
	callback.function.owner.kind == "module"
	callback.holder.kind in {"data", "kernel", "init", "module"}
	not of_its_holder(callback)
	not slot(callback)
}

of_its_holder(callback) if {
	callback.holder.kind == "module"
	callback.function.owner.name in ({callback.holder.name} | {name | some name in guest.value("callbacks").moduleUses[callback.holder.name]})
}

# variables of the kernel in which modules leave their functions: what is done when processors come and go, and how the machine is switched off
slot(callback) if {
	callback.family == "platform"
	some beginning in ["cpuhp_hp_states[", "pm_power_off"]
	startswith(callback.name, beginning)
}

# the first network namespace, in whose memory modules have timers and work of their own (netns_can)
slot(callback) if {
	callback.family in {"timer", "work"}
	callback.holder.name == "init_net"
}

# static calls: of a probe at a tracepoint, and of whoever runs virtual machines (perf_register_guest_info_callbacks)
slot(callback) if {
	callback.family == "staticCall"
	some beginning in ["__SCK__tp_func_", "__SCK____perf_guest_"]
	startswith(callback.name, beginning)
}

told_other(callback) := guest.hit("other", sprintf("%s:%s", [callback.entry, callback.name]), {"name": callback.name, "holder": guest.shown(callback.holder), "address": callback.function.address, "owner": guest.shown(callback.function.owner)})

told(callback) := guest.hit("foreign", sprintf("%s:%s", [callback.entry, callback.name]), {"name": callback.name, "address": callback.function.address, "owner": guest.shown(callback.function.owner)})

# METADATA
# title: "A hook of netfilter is no code of the kernel"
# description: "Every packet passes the hooks of netfilter, in each network namespace. Rootkits hook it to wait for a packet that wakes them, or to let theirs through. Hooks of firewalls belong to the kernel or to modules that are listed."
# custom:
#   id: GST-045
#   compares: [foreign, other]
#   severity: critical
#   technique: [T1014, T1205]
#   facts: [callbacks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "{name} calls {address}, which belongs to {owner}"
#     other: "{name} of {holder} calls {address}, which belongs to {owner}"
#   source: "include/linux/netfilter.h (struct nf_hook_entries); volatility3 linux.netfilter"
gst_045 contains told(callback) if {
	some callback in foreign.netfilter
}

gst_045 contains told_other(callback) if {
	some callback in other.netfilter
}

# METADATA
# title: "A notifier is no code of the kernel"
# description: "The kernel tells of keys, modules, network devices and its own end through chains of notifiers. Keyloggers sit in the keyboard's, and rootkits in that of modules, to keep others out."
# custom:
#   id: GST-046
#   compares: [foreign, other]
#   severity: high
#   technique: [T1014, T1056.001]
#   facts: [callbacks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "{name} calls {address}, which belongs to {owner}"
#     other: "{name} of {holder} calls {address}, which belongs to {owner}"
#   source: "include/linux/notifier.h; volatility3 linux.keyboard_notifiers"
gst_046 contains told(callback) if {
	some callback in foreign.notifier
}

gst_046 contains told_other(callback) if {
	some callback in other.notifier
}

# METADATA
# title: "A setting's handler is no code of the kernel"
# description: "Each file of /proc/sys is read and written by a function. One that was replaced answers what its owner likes, or is a way into the kernel for whoever writes there."
# custom:
#   id: GST-047
#   torn: [foreign]
#   severity: critical
#   technique: [T1014]
#   facts: [callbacks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "/proc/sys/{name} is answered by {address}, which belongs to {owner}"
#     other: "/proc/sys/{name} of {holder} is answered by {address}, which belongs to {owner}"
#   source: "fs/proc/proc_sysctl.c"
gst_047 contains told(callback) if {
	some callback in foreign.setting
}

gst_047 contains told_other(callback) if {
	some callback in other.setting
}

# METADATA
# title: "A timer or piece of work runs what is no code of the kernel"
# description: "Timers and work run later, with no process of their own. Code that belongs to nobody and comes back by a timer is a rootkit's, most often of a module that hides."
# custom:
#   id: GST-048
#   compares: [foreign, other]
#   severity: high
#   technique: [T1014]
#   facts: [callbacks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "A {name} runs {address}, which belongs to {owner}"
#     other: "A {name} of {holder} runs {address}, which belongs to {owner}"
#   source: "kernel/time/timer.c, kernel/workqueue.c"
gst_048 contains told(callback) if {
	some family in {"timer", "work"}
	some callback in foreign[family]
}

gst_048 contains told_other(callback) if {
	some family in {"timer", "work"}
	some callback in other[family]
}

# METADATA
# title: "A handler is no code of the kernel"
# description: "Handlers of packets and protocols, of interrupts, of the formats of programs, of terminals' lines, of keys, of kinds of sockets and file systems, probes at tracepoints, static calls, and the operations of the platform belong to the kernel or to modules that are listed. One elsewhere is run by whatever it was registered for."
# custom:
#   id: GST-049
#   compares: [foreign, other]
#   severity: critical
#   technique: [T1014]
#   facts: [callbacks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "{name} calls {address}, which belongs to {owner}"
#     other: "{name} of {holder} calls {address}, which belongs to {owner}"
#   source: "net/core/dev.c, net/ipv4/protocol.c, fs/exec.c, drivers/tty/tty_ldisc.c, kernel/irq/irqdesc.c, kernel/tracepoint.c; volatility3 linux.tty_check"
gst_049 contains told(callback) if {
	some family in {"packet", "protocol", "binary", "terminal", "interrupt", "softirq", "tracepoint", "paravirtual", "option", "input", "network", "filesystem", "memory", "platform", "performance", "console", "tasklet", "staticCall", "graph", "breakpoint"}
	some callback in foreign[family]
}

gst_049 contains told_other(callback) if {
	some family in {"packet", "protocol", "binary", "terminal", "interrupt", "softirq", "tracepoint", "paravirtual", "option", "input", "network", "filesystem", "memory", "platform", "performance", "console", "tasklet", "staticCall", "graph", "breakpoint"}
	some callback in other[family]
}

# METADATA
# title: "A BPF program's code is not where BPF programs are"
# description: "The kernel translates each BPF program to code of its own, or interprets it. A program whose code lies elsewhere was changed after the kernel had checked it."
# custom:
#   id: GST-055
#   compares: [foreign]
#   severity: critical
#   technique: [T1014]
#   facts: [programs]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "The BPF program {id} ({name}, {type}) runs {address}, which belongs to {owner}"
#   source: "include/linux/filter.h (struct bpf_prog), kernel/bpf/core.c"
gst_055 contains guest.hit("foreign", program.program, {"id": program.id, "name": program.name, "type": program.type, "address": program.function.address, "owner": guest.shown(program.function.owner)}) if {
	some program in guest.value("programs").programs
	not program.function.owner.kind in {"bpf", "kernel"}
}

# METADATA
# title: "A BPF program changes what it looks at"
# description: "Programs that trace may write into the memory of the process that they look at (bpf_probe_write_user), and may make functions of the kernel return something else (bpf_override_return). Rootkits of this kind hide files and processes so; tracing and security tools need neither."
# custom:
#   id: GST-056
#   severity: high
#   technique: [T1014, T1564]
#   facts: [programs]
#   remediation: "Find out which process loaded the program (ringwall guest bpf) and whether it is meant to inject faults; if nobody owns it, isolate the guest and keep an image of its memory."
#   messages:
#     writes: "The BPF program {id} ({name}, {type}) writes into memory of processes"
#     overrides: "The BPF program {id} ({name}, {type}) changes what functions of the kernel return"
#   source: "kernel/trace/bpf_trace.c (bpf_probe_write_user, bpf_override_return)"
gst_056 contains guest.hit("writes", program.program, {"id": program.id, "name": program.name, "type": program.type}) if {
	some program in guest.value("programs").programs
	program.writesUser
}

gst_056 contains guest.hit("overrides", program.program, {"id": program.id, "name": program.name, "type": program.type}) if {
	some program in guest.value("programs").programs
	program.overrides
}
