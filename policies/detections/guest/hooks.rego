# Hooks: places where the kernel lets others take part.
package ringwall.detections.guest.hooks

import data.ringwall.lib.guest

# METADATA
# title: "A trampoline of the kernel holds what the kernel does not put there"
# description: "For a tracer the kernel copies its own code and adds whom to call; for a probe that became a jump it copies a template, the address of the probe and the instructions that the jump took the place of. Each copy is held against what it was made from. One that was written over runs foreign code at the start of every function that is traced, and no place in the kernel's own code shows it."
# custom:
#   id: GST-039
#   torn: [all]
#   severity: critical
#   technique: [T1014]
#   facts: [tracing]
#   partial: [tracing.unjudged]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     code: "The trampoline at {trampoline} holds at {address} other code than it was made from (bytes {bytes})"
#     leads: "The trampoline at {trampoline} leads at {address} to {target}, which is {owner}"
#     owner: "The trampoline at {trampoline} names at {address} another owner than its own (bytes {bytes})"
#   source: "arch/x86/kernel/ftrace.c (create_trampoline), arch/x86/kernel/kprobes/opt.c"
gst_039 contains guest.hit(difference.kind, difference.trampoline, object.union({"trampoline": difference.trampoline, "address": difference.at.address}, what(difference))) if {
	some difference in object.get(guest.value("tracing"), "trampolines", [])
}

what(difference) := {"target": difference.target.address, "owner": guest.shown(difference.target.owner)} if {
	difference.kind == "leads"
} else := {"bytes": difference.bytes}

# METADATA
# title: "A tracer's callback is no code of the kernel"
# description: "ftrace calls a function of its user's at the start of any function of the kernel, and lets it send the caller elsewhere. Rootkits use it since Linux 5.7 hides the symbol table from them. Live patches and some security products register callbacks of modules too: the finding names the module."
# custom:
#   id: GST-040
#   compares: [unlisted]
#   severity: high
#   technique: [T1014]
#   facts: [tracing]
#   remediation: "Find out which module registered the callback and whether it is meant to be there (lsmod, livepatch); if nobody owns it, isolate the guest and keep an image of its memory."
#   messages:
#     callback: "A callback at {address} belongs to {owner}"
#     redirects: "A callback at {address} belongs to {owner} and sends callers elsewhere"
#     unlisted: "A callback at {address} of {owner} has left the list of callbacks, and its trampoline still calls it"
#   source: "kernel/trace/ftrace.c (ftrace_ops_list, ftrace_ops_trampoline_list)"
gst_040 contains guest.hit(case, operation.address, {"address": operation.function.address, "owner": guest.shown(operation.function.owner)}) if {
	some operation in guest.value("tracing").operations
	not guest.is_function(operation.function.owner)
	case := {true: "redirects", false: "callback"}[operation.redirects]
}

# those of the image keep their trampolines when nobody asks them any more
gst_040 contains guest.hit("unlisted", operation.address, {"address": operation.function.address, "owner": guest.shown(operation.function.owner)}) if {
	some operation in guest.value("tracing").operations
	operation.listed == false
	guest.is_function(operation.function.owner)
	operation.owner.kind != "data"
}

gst_040 contains guest.hit("callback", "ftrace_trace_function", {"address": function.address, "owner": guest.shown(function.owner)}) if {
	function := guest.value("tracing").function
	not guest.in_kernel(function.owner)
	function.owner.kind != "generated"
}

# METADATA
# title: "A probe's handler is no code of the kernel"
# description: "A kprobe runs its handler before or after any instruction of the kernel, or when a function is entered and left (kretprobe). Handlers of tracing tools belong to the kernel itself; those of modules may be of a security product, and those of nobody are a rootkit's."
# custom:
#   id: GST-041
#   severity: high
#   technique: [T1014]
#   facts: [probes]
#   remediation: "Find out which module set the probe (/sys/kernel/debug/kprobes/list in the guest); if nobody owns it, isolate the guest and keep an image of its memory."
#   messages:
#     handler: "The probe at {at} has the handler {address} of {owner}"
#   source: "kernel/kprobes.c (kprobe_table)"
gst_041 contains guest.hit("handler", sprintf("%s:%s", [probe.at.address, which]), {"at": guest.shown(probe.at.owner), "address": probe[which].address, "owner": guest.shown(probe[which].owner)}) if {
	some probe in guest.value("probes").probes
	some which in ["before", "after", "enters", "returns"]
	not guest.is_function(probe[which].owner)
}

# METADATA
# title: "A security hook is not the kernel's, or is not called"
# description: "Linux Security Modules are registered while the kernel starts, from its own image, and their lists are read-only afterwards. A hook whose function or whose entry lies elsewhere was added by force, to allow what policy forbids or to watch. One that its module has and that nothing leads to, or that is passed by, was taken away."
# custom:
#   id: GST-042
#   severity: critical
#   technique: [T1014, T1562.001]
#   facts: [securityHooks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     function: "The hook {hook} calls {address}, which belongs to {owner}"
#     entry: "The hook {hook} has an entry at {address} outside of the kernel's image; it calls {owner}"
#     missing: "The hook {hook} does not ask {function}, which {array} has for it"
#     called: "The hook {hook} calls {owner} in the place of {function}"
#     off: "The hook {hook} is switched off, and {function} is not asked"
#   source: "security/security.c (security_add_hooks, __ro_after_init)"
gst_042 contains guest.hit("function", sprintf("%s:%s", [hook.hook, hook.entry]), {"hook": hook.hook, "address": hook.function.address, "owner": guest.shown(hook.function.owner)}) if {
	some hook in guest.value("securityHooks").hooks
	not guest.is_function(hook.function.owner)
}

gst_042 contains guest.hit("entry", sprintf("%s:%s", [hook.hook, hook.entry]), {"hook": hook.hook, "address": hook.entry, "owner": guest.shown(hook.function.owner)}) if {
	some hook in guest.value("securityHooks").hooks
	guest.is_function(hook.function.owner)
	not hook.entryOwner.kind in {"data", "init"}
}

gst_042 contains guest.hit("missing", sprintf("%s:%s", [hook.hook, hook.entry]), {"hook": hook.hook, "function": guest.shown(hook.function.owner), "array": hook.array}) if {
	some hook in object.get(guest.value("securityHooks"), "missing", [])
}

gst_042 contains guest.hit("called", sprintf("%s:%s", [hook.hook, hook.entry]), {"hook": hook.hook, "function": guest.shown(hook.function.owner), "owner": guest.shown(hook.called.owner)}) if {
	some hook in object.get(guest.value("securityHooks"), "called", [])
}

gst_042 contains guest.hit("off", sprintf("%s:%s", [hook.hook, hook.entry]), {"hook": hook.hook, "function": guest.shown(hook.function.owner)}) if {
	some hook in object.get(guest.value("securityHooks"), "off", [])
}

# METADATA
# title: "A table of operations holds a function that is not the kernel's"
# description: "Directories of /proc, sockets, terminals and file systems answer through tables of functions. A replaced iterate_shared hides files and processes, a replaced show of tcp4_seq_ops hides connections. Tables of the kernel's own name only its own functions."
# custom:
#   id: GST-043
#   compares: [reached, lies, made]
#   doubts: [made]
#   torn: [moved]
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [operations]
#   partial: [operations.unjudged]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image; what the guest itself tells of files and connections is not to be believed meanwhile."
#   messages:
#     member: "{member} of {table} leads to {address}, which belongs to {owner}"
#     reached: "{member} of {table}, which is in use, leads to {address}, which belongs to {owner}"
#     moved: "{table} lies at {address}, which belongs to {owner} and to no file system"
#     lies: "{table}, which is in use, lies at {address}, which belongs to {owner}: to neither the kernel nor a module"
#     made: "{table}, which is in use, lies in memory that a driver may have made it in, at {address}, with functions of {module}"
#   source: "include/linux/fs.h, include/linux/seq_file.h; volatility3 linux.check_afinfo checks one such table"
gst_043 contains guest.hit(member_case(table), sprintf("%s:%s", [table.name, foreign.member]), {"member": foreign.member, "table": table.name, "address": foreign.address, "owner": guest.shown(foreign.owner)}) if {
	some table in guest.value("operations").tables
	some foreign in table.foreign
	is_code(foreign)
	not of_its_module(table, foreign)
	not left_by_boot(table, foreign)
}

# what is reached by way of memory that comes and goes is of the moment in which each step was read
member_case(table) := "reached" if {
	table.allocated == true
} else := "member"

# What is no address of the kernel's half, or leads to the image's data, runs nothing: a table of another structure with a name like this one's.
is_code(foreign) if {
	count(foreign.address) == 18
	startswith(foreign.address, "0xff")
	may_run(foreign)
}

may_run(foreign) if foreign.owner.kind != "data"

may_run(foreign) if foreign.executable == true

gst_043 contains guest.hit("moved", table.name, {"table": table.name, "address": table.address, "owner": guest.shown(table.owner)}) if {
	some table in guest.value("operations").tables
	not table.owner.kind in {"data", "module"}

	not table.allocated == true
}

# of the tables that are reached by way of memory that comes and goes
gst_043 contains guest.hit("lies", table.name, {"table": table.name, "address": table.address, "owner": guest.shown(table.owner)}) if {
	some table in nobodys
	count(makers(table)) == 0
}

gst_043 contains guest.hit("made", table.name, {"table": table.name, "address": table.address, "module": concat(", ", makers(table))}) if {
	some table in nobodys
	count(makers(table)) > 0
	not of_broadcast(table)
}

nobodys contains table if {
	some table in guest.value("operations").tables
	table.allocated == true
	not table.owner.kind in {"data", "module"}
	not in_place(table)
	not of_debugfs(table)
}

# single functions in structures that are allocated themselves
in_place(table) if table.structure in {"proc_dir_entry.single_show", "proc_dir_entry.write", "sock"}

# up to 6.13 an open file of debugfs has a table of its own, all of whose functions are debugfs' (fs/debugfs/file.c)
of_debugfs(table) if {
	table.structure == "file_operations"
	table.fileSystem == "debugfs"
	table.functions.release == "full_proxy_release"
	count(table.foreign) == 0
	every function in table.functions { startswith(function, "full_proxy_") }
}

# Drivers' tables may be made while they run (that of a switch, net/dsa), with functions of their modules. Nobody makes one with the kernel's alone.
makers(table) := {foreign.owner.name | some foreign in table.foreign; foreign.owner.kind == "module"} if {
	is_drivers(table)
} else := set()

is_drivers(table) if {
	table.structure in {"net_device_ops", "ethtool_ops", "header_ops", "block_device_operations", "blk_mq_ops", "tty_operations", "rtnl_link_ops"}
}

is_drivers(table) if {
	table.structure == "file_operations"
	object.get(table, "fileSystem", null) in {null, "devtmpfs"}
}

# devices of digital television copy the table that their driver has (drivers/media/dvb-core/dvbdev.c)
of_broadcast(table) if {
	table.structure == "file_operations"
	"dvb_core" in makers(table)
}

# a function of an entry of /proc or of a socket, or in a table that a driver made: what matters is that the code is a listed module's
of_its_module(table, foreign) if {
	table.allocated == true
	table.owner.kind == "none"
	foreign.owner.kind == "module"
}

# a file system that is a module has its tables in it, and its functions there or in a module that it depends on
of_its_module(table, foreign) if {
	table.owner.kind == "module"
	foreign.owner.kind == "module"
	foreign.owner.name in ({table.owner.name} | {name | some name in guest.value("operations").moduleUses[table.owner.name]})
}

# so are those that mount the first file system
left_by_boot(table, foreign) if {
	table.structure == "file_system_type"
	foreign.owner.kind == "init"
}

# functions that were freed after boot are in tables of what existed during it alone
left_by_boot(table, foreign) if {
	table.owner.kind == "init"
	foreign.owner.kind == "init"
}

# METADATA
# title: "A table of operations differs from the baseline"
# description: "Tables of operations of the kernel's image are constant. A function of the kernel that takes the place of another one is code of the kernel too, so that only a baseline shows it."
# custom:
#   id: GST-044
#   severity: high
#   technique: [T1014, T1564]
#   facts: [operations, baseline.operations]
#   remediation: "Find out what was loaded since the baseline; if the change is not explained, treat the guest as taken over."
#   messages:
#     changed: "{member} of {table} was {before} in the baseline and is {owner} now"
#   source: "include/linux/fs.h"
gst_044 contains guest.hit("changed", sprintf("%s:%s", [table.name, member]), {"member": member, "table": table.name, "before": old, "owner": now}) if {
	guest.same_kernel
	some table in guest.value("operations").tables
	table.owner.kind == "data"
	not in_turn(table.name)
	known := earlier[table.name]
	not table.functions in known
	some functions in known
	some member, old in functions
	now := object.get(table.functions, member, "nothing of the kernel")
	now != old
}

# inodes and open files come and go: others have their names later
in_turn(name) if {
	some beginning in ["inode of ", "open file "]
	startswith(name, beginning)
}

# several tables may have one name
earlier[table.name] contains table.functions if {
	some table in guest.before("operations").tables
	table.owner.kind == "data"
}

# METADATA
# title: "Security hooks differ from the baseline"
# description: "The hooks of Linux Security Modules are set while the kernel starts and stay as they are. One that is gone lets happen what it was there to refuse; one that is there since was added by force."
# custom:
#   id: GST-057
#   severity: critical
#   technique: [T1562.001, T1014]
#   facts: [securityHooks, baseline.securityHooks]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     gone: "The hook {hook} no longer calls {function}"
#     added: "The hook {hook} calls {function}, and did not in the baseline"
#   source: "security/security.c (security_add_hooks, __ro_after_init)"
gst_057 contains guest.hit("gone", sprintf("%s:%s", [hook, function]), {"hook": hook, "function": function}) if {
	guest.same_kernel
	guest.value("securityHooks")
	some [hook, function] in hooks_before
	not [hook, function] in hooks_now
}

gst_057 contains guest.hit("added", sprintf("%s:%s", [hook, function]), {"hook": hook, "function": function}) if {
	guest.same_kernel
	guest.before("securityHooks")
	some [hook, function] in hooks_now
	not [hook, function] in hooks_before
}

hooks_now contains [hook.hook, guest.shown(hook.function.owner)] if some hook in guest.value("securityHooks").hooks

hooks_before contains [hook.hook, guest.shown(hook.function.owner)] if some hook in guest.before("securityHooks").hooks
