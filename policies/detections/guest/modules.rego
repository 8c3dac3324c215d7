# Modules, and what the kernel says of itself.
package ringwall.detections.guest.modules

import data.ringwall.lib.guest

# METADATA
# title: "A module is hidden"
# description: "Rootkits take themselves out of the list that lsmod reads, and often out of /sys/module; the kernel still needs them in the tree by which it finds whose code an address is. A module that left these is found by the list of tables of warnings, and one that left all by its code (GST-051). lsmod leaves out as well what is marked as not whole yet, which a module is only while it is loaded or unloaded."
# custom:
#   id: GST-070
#   compares: [hidden, marked, shown, place, held]
#   torn: [renamed, symbols]
#   severity: critical
#   technique: [T1014, T1547.006]
#   facts: [modules]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     hidden: "The module {name} at {address} is missing in: {places}"
#     renamed: "The module {name} at {address} has the folder {folder} in /sys/module"
#     shown: "The module {name} at {address} is shown as {folder} in /sys/module"
#     place: "The folder {folder} of the module {name} in /sys/module stands where another name belongs"
#     held: "The module {name} at {address} is held {holds} times, and {users} modules use it"
#     symbols: "The module {name} at {address} has no symbols"
#     marked: "The module {name} at {address} is marked as {state}, and is not"
#   source: "kernel/module/main.c, kernel/module/tree_lookup.c; volatility3 linux.hidden_modules"
gst_070 contains guest.hit("hidden", module.module, {"name": module.name, "address": module.module, "places": concat(", ", [places[place] | some place in module.missingIn])}) if {
	some module in guest.value("modules").modules
	count(module.missingIn) > 0
	is_due(module)
}

# one that is being inserted or removed is not in all of them yet, but in none without being in the list
is_due(module) if module.state == 0

is_due(module) if "list" in module.missingIn

gst_070 contains guest.hit("marked", module.module, {"name": module.name, "address": module.module, "state": object.get(states, sprintf("%d", [module.state]), sprintf("%d", [module.state]))}) if {
	some module in guest.value("modules").modules
	marked(module)
}

states := {"1": "MODULE_STATE_COMING", "2": "MODULE_STATE_GOING", "3": "MODULE_STATE_UNFORMED"}

# the memory of its start is there until it is live
marked(module) if {
	module.state == 1
	module.starting == false
}

# nobody holds what is unloaded, unless it was forced
marked(module) if {
	module.state == 2
	module.starting == false
	module.holds > 0
	not "R" in guest.value("modules").taints
}

# it has no folder before it is formed, and none afterwards
marked(module) if {
	module.state == 3
	facts := guest.value("modules")
	"sysfs" in facts.structures
	not "sysfs" in module.missingIn
}

marked(module) if module.state > 3

# each has those of its structure and of its functions from its beginning on
gst_070 contains guest.hit("symbols", module.module, {"name": module.name, "address": module.module}) if {
	some module in guest.value("modules").modules
	module.state == 0
	is_number(module.symbols)
	module.symbols < 2
}

# a module is called as its folder is, from its beginning on
gst_070 contains guest.hit("renamed", module.module, {"name": module.name, "address": module.module, "folder": module.folder}) if {
	some module in guest.value("modules").modules
	module.state == 0
	is_string(module.folder)
	module.folder != ""
	module.folder != module.name
}

# what sysfs shows is a copy of its own
gst_070 contains guest.hit("shown", module.module, {"name": module.name, "address": module.module, "folder": module.shown}) if {
	some module in guest.value("modules").modules
	module.state == 0
	is_string(module.shown)
	module.shown != module.name
}

# folders stand by the hashes of their names
gst_070 contains guest.hit("place", module.module, {"name": module.name, "folder": module.shown}) if {
	some module in guest.value("modules").modules
	module.state == 0
	false in {module.hashed, module.found}
}

# one for itself, and one for each module that uses it
gst_070 contains guest.hit("held", module.module, {"name": module.name, "address": module.module, "holds": module.holds, "users": module.users}) if {
	some module in guest.value("modules").modules
	module.state == 0
	module.holds < module.users + 1
}

places := {"list": "modules", "sysfs": "module_kset", "tree": "mod_tree", "bugs": "module_bug_list"}

# METADATA
# title: "A module was built out of the kernel's tree or is not signed"
# description: "Modules of the distribution are signed by it. One that is not may be a driver that somebody built, and may be a rootkit: whoever runs the guest should know each of them."
# custom:
#   id: GST-071
#   severity: low
#   technique: [T1547.006]
#   facts: [modules]
#   remediation: "Find out where the module comes from (modinfo) and whether it is meant to be there."
#   messages:
#     foreign: "The module {name} has the taints {letters}"
#   source: "Documentation/admin-guide/tainted-kernels.rst"
gst_071 contains guest.hit("foreign", module.module, {"name": module.name, "letters": concat("", module.taints)}) if {
	some module in guest.value("modules").modules
	some letter in module.taints
	letter in {"F", "O", "E"}
}

# METADATA
# title: "The kernel's record of what taints it was changed"
# description: "A module that taints the kernel leaves its mark there until the next start. Where a module has a mark that the kernel lacks, somebody wiped it; where the kernel has the mark of an unsigned or foreign module and no listed module has it, that module was unloaded, or hides."
# custom:
#   id: GST-074
#   torn: [all]
#   severity: medium
#   technique: [T1070, T1014]
#   facts: [modules]
#   remediation: "Look in the guest's journal for the module that tainted the kernel; if nobody knows it, keep an image of the guest's memory and treat it as taken over."
#   messages:
#     wiped: "The module {name} has the taint {letter}, which the kernel does not know of"
#     gone: "The kernel has the taint {letter}, and no listed module has it"
#   source: "kernel/panic.c (add_taint), kernel/module/main.c (add_taint_module)"
gst_074 contains guest.hit("wiped", sprintf("%s:%s", [module.module, letter]), {"name": module.name, "letter": letter}) if {
	facts := guest.value("modules")
	some module in facts.modules
	some letter in module.taints
	is_array(facts.taints)
	not letter in facts.taints
}

gst_074 contains guest.hit("gone", letter, {"letter": letter}) if {
	facts := guest.value("modules")
	some letter in facts.taints
	letter in {"F", "O", "E"}
	every module in facts.modules { not letter in module.taints }
}

# METADATA
# title: "Something in memory looks like a kernel and is none"
# description: "Parts of a kernel were found that contradict each other: a symbol table, a crash dump note or a type table that was planted to lead tools astray, or that is left over from before a restart. What was judged is the kernel whose parts agree."
# custom:
#   id: GST-080
#   torn: [all]
#   severity: medium
#   technique: [T1014, T1036]
#   facts: [kernel]
#   remediation: "Where the guest was not restarted by kexec, keep an image of its memory and find out who wrote it."
#   messages:
#     decoy: "{source} at physical {address} was not taken: {reason}"
#   source: "Bahram et al., DKSM: subverting virtual machine introspection for fun and profit, 2010"
gst_080 contains guest.hit("decoy", rejected.address, {"source": rejected.source, "address": rejected.address, "reason": rejected.reason}) if {
	some rejected in guest.value("kernel").rejected
}

# METADATA
# title: "A structure of the kernel contradicts itself"
# description: "A list runs in a circle, a table's length cannot be true, or a pointer leads nowhere, each time that it was read. What lies behind that place was not judged, which may be its purpose."
# custom:
#   id: GST-081
#   compares: [broken]
#   severity: high
#   technique: [T1014]
#   facts: []
#   remediation: "Keep an image of the guest's memory and look at the structure; treat the guest as taken over if no error of the kernel explains it."
#   messages:
#     broken: "{structure} at {address}: {reason}"
#   source: "include/linux/list.h, include/linux/rbtree.h"
gst_081 contains guest.hit("broken", fault.structure, {"structure": fault.structure, "address": fault.address, "reason": fault.reason}) if {
	some fault in input.inconsistencies
}
