# The kernel's code.
package ringwall.detections.guest.text

import data.ringwall.lib.guest

# METADATA
# title: "The kernel's code holds what the kernel does not put there"
# description: "The kernel rewrites its own code at places that it keeps lists of: jump labels, static calls, the starts of functions that can be traced, probes. At each of them only a few instructions may stand, with targets that are known. A rootkit that patches the start of a function changes such a place."
# custom:
#   id: GST-030
#   compares: [turned]
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [text]
#   partial: [text.passing]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     target: "{at} ({kind}) leads to {address}, which is {owner}"
#     content: "{at} ({kind}) holds {bytes}, which the kernel does not write there"
#     turned: "{at} ({kind}) holds {bytes}, and its key says otherwise"
#   source: "arch/x86/kernel/jump_label.c, static_call.c, ftrace.c, kprobes/core.c"
gst_030 contains guest.hit("target", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "address": site.target.address, "owner": guest.shown(site.target.owner)}) if {
	some site in guest.value("text").patched
	not site.passing == true
	not site.turned == true
	site.target
}

gst_030 contains guest.hit("content", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "bytes": site.bytes}) if {
	some site in guest.value("text").patched
	not site.passing == true
	not site.turned == true
	not site.target
}

gst_030 contains guest.hit("turned", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "bytes": site.bytes}) if {
	some site in guest.value("text").patched
	not site.passing == true
	site.turned == true
}

# METADATA
# title: "A function of the kernel begins with a jump out of it"
# description: "No function of the kernel begins with a jump or call to a place outside of its image. One that does was hooked: the bytes at its start were overwritten. Hooks further inside of a function are GST-036."
# custom:
#   id: GST-031
#   severity: critical
#   technique: [T1014]
#   facts: [text]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     jump: "{at} begins with a jump to {address}, which is {owner} (bytes {bytes})"
#     breakpoint: "{at} begins with a breakpoint that no probe has set (bytes {bytes})"
#   source: "Intel SDM volume 2 (CALL, JMP)"
gst_031 contains guest.hit("jump", function.at.address, {"at": guest.shown(function.at.owner), "address": function.target.address, "owner": guest.shown(function.target.owner), "bytes": function.bytes}) if {
	some function in guest.value("text").redirected
	function.target
}

gst_031 contains guest.hit("breakpoint", function.at.address, {"at": guest.shown(function.at.owner), "bytes": function.bytes}) if {
	some function in guest.value("text").redirected
	not function.target
}

# METADATA
# title: "A function of the kernel returns before it does anything"
# description: "A check that returns at once allows everything: to switch off a security function it is enough to write a return to its start. Functions that the compiler left empty have padding behind their return; one with code there that nothing leads to was cut off."
# custom:
#   id: GST-034
#   severity: critical
#   technique: [T1014, T1562.001]
#   facts: [text]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     cut: "{at} returns at once, and its code is still behind the return (bytes {bytes})"
#   source: "arch/x86/Makefile (-mharden-sls); Intel SDM volume 2 (RET)"
gst_034 contains guest.hit("cut", function.at.address, {"at": guest.shown(function.at.owner), "bytes": function.bytes}) if {
	some function in guest.value("text").returning
}

# METADATA
# title: "The kernel's code, constants or pointers to functions differ from its own file"
# description: "What is in memory is held against the kernel's own file, byte by byte: one that was given, that the host has, or the compressed image that boot left in the guest's memory. At places that boot or the kernel itself patches what they write there is accepted, and so are addresses that KASLR moved. Pointers to functions in writable data may lead to another function of the kernel, which boot chooses, and to nobody's memory they may not. It sees what was changed before any baseline, whatever the boot; it cannot see a file that was changed too."
# custom:
#   id: GST-033
#   doubts: [lent, exchanged]
#   severity: critical
#   technique: [T1014, T1601.001]
#   facts: [kernelFile]
#   partial: [kernelFile.unjudged]
#   unknown: [kernelFile.undecided]
#   remediation: "Isolate the guest and keep an image of its memory; compare the function with the file to find what was changed."
#   messages:
#     bytes: "{at} holds {bytes}, and the file of the kernel {original}"
#     constant: "The constant {at} holds {bytes}, and the file of the kernel {original}"
#     setting: "{member} of the setting {name} is {value}, and {original} in the file of the kernel"
#     pointer: "The pointer {at} leads to {address}, which belongs to {owner}, and in the file of the kernel to {original}"
#     lent: "The pointer {at} leads to {owner}, a module, and in the file of the kernel to {original}"
#     exchanged: "The pointer {at} leads to {owner}, and in the file of the kernel to {original}"
#   source: "arch/x86/kernel/alternative.c, arch/x86/boot/compressed/head_64.S"
gst_033 contains guest.hit("bytes", difference.at.address, {"at": guest.shown(difference.at.owner), "bytes": difference.bytes, "original": difference.original}) if {
	some difference in guest.value("kernelFile").differences
}

gst_033 contains guest.hit("setting", sprintf("%s:%s", [setting.name, setting.member]), {"name": setting.name, "member": setting.member, "value": setting.value, "original": setting.original}) if {
	some setting in object.get(guest.value("kernelFile"), "settings", [])
}

gst_033 contains guest.hit(pointer_case(pointer), pointer.at.address, {"at": guest.shown(pointer.at.owner), "address": pointer.target.address, "owner": guest.shown(pointer.target.owner), "original": guest.shown(pointer.original.owner)}) if {
	some pointer in object.get(guest.value("kernelFile"), "pointers", [])
}

# a table of operations is what it is; which clock, processor or bus the kernel works with it finds out at boot
pointer_case(pointer) := "lent" if {
	pointer.target.owner.kind == "module"
} else := "exchanged" if {
	guest.is_function(pointer.target.owner)
	is_fixed(pointer.at.owner.name)
} else := "pointer" if {
	not guest.is_function(pointer.target.owner)
}

is_fixed(name) if {
	some ending in ["_prot", "_fops", "_format", "_fs_type", "_proto", "_protocol", "n_tty_ops", "_seq_ops", "_key_type", "_dst_ops", "_qdisc_ops"]
	endswith(name, ending)
}

is_fixed(name) if startswith(name, "key_type_")

gst_033 contains guest.hit("constant", difference.at.address, {"at": guest.shown(difference.at.owner), "bytes": difference.bytes, "original": difference.original}) if {
	some difference in object.get(guest.value("kernelFile"), "constants", [])
}

# METADATA
# title: "Code of the kernel does not fit together"
# description: "What a compiler and a linker made fits: jumps lead to where instructions begin, none out of the image but to code of the boot, a function ends where its last instruction does, a breakpoint stands behind each return, and the stack is as deep at each instruction as the kernel itself knows (ORC). Bytes that were written over the middle of a function do not fit, and are found without knowing what stood there."
# custom:
#   id: GST-036
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [text]
#   partial: [text.swept.unjudged]
#   remediation: "Isolate the guest, keep an image of its memory, and compare the function with the kernel's own file (--vmlinux) to find what was changed."
#   messages:
#     leads: "{at} leads to {address}, which is {owner} (bytes {bytes})"
#     inside: "{at} leads to {target}, where no instruction begins (bytes {bytes})"
#     cut: "{at} returns, and its function goes on behind it (bytes {bytes})"
#     breakpoint: "{at} is a breakpoint that no probe has set (bytes {bytes})"
#     blank: "{at} holds no operations in a row, which no compiler puts there (bytes {bytes})"
#     crossing: "{at} does not end where its function does (bytes {bytes})"
#     entry: "{at} does not begin as functions do that can be traced (bytes {bytes})"
#     stack: "{at} does not fit what the kernel's unwinder knows of the stack there (bytes {bytes})"
#   source: "Intel SDM volume 2, chapter 2; arch/x86/Makefile (-mharden-sls)"
gst_036 contains guest.hit(odd.kind, odd.at.address, object.union({"at": guest.shown(odd.at.owner), "bytes": odd.bytes}, to(odd))) if {
	some odd in object.get(guest.value("text"), ["swept", "odd"], [])
}

to(odd) := {"address": odd.target.address, "owner": guest.shown(odd.target.owner)} if {
	odd.kind == "leads"
} else := {"target": guest.shown(odd.target.owner)} if {
	odd.kind == "inside"
} else := {}

# METADATA
# title: "A constant of the kernel leads out of its image"
# description: "Constant tables of functions are linked before there is any memory but the image. A word among them that leads to a module or to allocated memory was written there later, past the page tables: it is how a table of operations is turned to a rootkit's function, whatever the table is called."
# custom:
#   id: GST-037
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [readOnly]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "The constant {at} leads to {address}, which belongs to {owner}"
#   source: "include/asm-generic/vmlinux.lds.h (RO_DATA)"
gst_037 contains guest.hit("foreign", word.at.address, {"at": guest.shown(word.at.owner), "address": word.target.address, "owner": guest.shown(word.target.owner)}) if {
	some word in object.get(guest.value("readOnly"), "foreign", [])
}

# METADATA
# title: "Constants of the kernel differ from the baseline"
# description: "Tables of functions, names, formats and types of the kernel's image are closed to writing when it has started, and nothing of its own writes there any more. Each page is held against the baseline taken of the same guest since its start."
# custom:
#   id: GST-035
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [readOnly, baseline.readOnly]
#   remediation: "Isolate the guest and keep an image of its memory; compare what stands there with the same kernel on another machine to find what was changed."
#   messages:
#     page: "The constants at {address}, from {symbol} on, have other contents than in the baseline"
#   source: "arch/x86/mm/init_64.c (mark_rodata_ro)"
gst_035 contains guest.hit("page", address, {"address": address, "symbol": data_now.symbols[index]}) if {
	guest.same_kernel
	data_now := guest.value("readOnly")
	old := guest.before("readOnly")
	data_now.start == old.start
	data_now.slide == old.slide
	some index, hash in data_now.pages
	old.pages[index] != hash
	address := sprintf("__start_rodata+0x%x", [index * data_now.pageSize])
}

# METADATA
# title: "The kernel's code differs from the baseline"
# description: "Each page of the kernel's code, without the places that the kernel itself rewrites, is held against the baseline taken of the same guest since its start. What was changed before the baseline was taken is not seen, and neither is code of modules."
# custom:
#   id: GST-032
#   severity: critical
#   technique: [T1014, T1601.001]
#   facts: [text, baseline.text]
#   remediation: "Isolate the guest and keep an image of its memory; compare the page with the same kernel's code on another machine to find what was changed."
#   messages:
#     page: "The code at {address}, from {function} on, has other content than in the baseline"
#   source: "arch/x86/kernel/vmlinux.lds.S (_stext, _etext)"
gst_032 contains guest.hit("page", address, {"address": address, "function": text.functions[index]}) if {
	guest.same_kernel
	text := guest.value("text")
	old := guest.before("text")
	text.start == old.start
	text.slide == old.slide
	some index, hash in text.pages
	old.pages[index] != hash
	address := sprintf("_stext+0x%x", [index * text.pageSize])
}

# METADATA
# title: "A module's code holds what the kernel does not put there"
# description: "What holds for the kernel's code holds for that of its modules: the places that are rewritten are known, no function begins with a way to nobody, none returns before it does anything, and the function that ends a module is its own."
# custom:
#   id: GST-072
#   compares: [turned]
#   torn: [all]
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [moduleCode]
#   partial: [moduleCode.passing]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     target: "{at} ({kind}) leads to {address}, which is {owner}"
#     content: "{at} ({kind}) holds {bytes}, which the kernel does not write there"
#     turned: "{at} ({kind}) holds {bytes}, and its key says otherwise"
#     jump: "{at} begins with a jump to {address}, which is {owner} (bytes {bytes})"
#     breakpoint: "{at} begins with a breakpoint that no probe has set (bytes {bytes})"
#     cut: "{at} returns at once, and its code is still behind the return (bytes {bytes})"
#     exit: "The module {name} ends by {address}, which belongs to {owner}"
#     exitTaken: "The module {name} has a function that ends it, and does not say so"
#   source: "include/linux/module.h, arch/x86/kernel/module.c"
gst_072 contains guest.hit("target", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "address": site.target.address, "owner": guest.shown(site.target.owner)}) if {
	some module in guest.value("moduleCode").modules
	some site in module.patched
	not site.passing == true
	not site.turned == true
	site.target
}

gst_072 contains guest.hit("content", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "bytes": site.bytes}) if {
	some module in guest.value("moduleCode").modules
	some site in module.patched
	not site.passing == true
	not site.turned == true
	not site.target
}

gst_072 contains guest.hit("turned", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "bytes": site.bytes}) if {
	some module in guest.value("moduleCode").modules
	some site in module.patched
	not site.passing == true
	site.turned == true
}

gst_072 contains guest.hit("jump", function.at.address, {"at": guest.shown(function.at.owner), "address": function.target.address, "owner": guest.shown(function.target.owner), "bytes": function.bytes}) if {
	some module in guest.value("moduleCode").modules
	some function in module.redirected
	function.target
}

gst_072 contains guest.hit("breakpoint", function.at.address, {"at": guest.shown(function.at.owner), "bytes": function.bytes}) if {
	some module in guest.value("moduleCode").modules
	some function in module.redirected
	not function.target
}

gst_072 contains guest.hit("cut", function.at.address, {"at": guest.shown(function.at.owner), "bytes": function.bytes}) if {
	some module in guest.value("moduleCode").modules
	some function in module.returning
}

gst_072 contains guest.hit("exit", module.module, {"name": module.name, "address": module.exit.address, "owner": guest.shown(module.exit.owner)}) if {
	some module in guest.value("moduleCode").modules
	module.exit.address
	not own(module.exit.owner, module.name)
}

gst_072 contains guest.hit("exitTaken", module.module, {"name": module.name}) if {
	some module in guest.value("moduleCode").modules
	module.exitTaken == true
}

own(owner, name) if {
	owner.kind == "module"
	owner.name == name
}

# METADATA
# title: "A module's code differs from the baseline"
# description: "Each page of a module's code, without the places that the kernel itself rewrites, is held against the baseline. Code of modules holds absolute addresses, so that it is compared only where the module lies at the same place, which is the same boot without another load."
# custom:
#   id: GST-073
#   torn: [all]
#   severity: critical
#   technique: [T1014, T1601.001]
#   facts: [moduleCode, baseline.moduleCode]
#   remediation: "Isolate the guest and keep an image of its memory; compare the page with the module's file to find what was changed."
#   messages:
#     page: "The code of the module {name} at {address} has other content than in the baseline"
#   source: "kernel/module/main.c"
gst_073 contains guest.hit("page", sprintf("%s:%s", [module.name, address]), {"name": module.name, "address": address}) if {
	guest.same_kernel
	code := guest.value("moduleCode")
	before := guest.before("moduleCode")
	code.slide == before.slide
	some module in code.modules
	some old in before.modules
	old.name == module.name
	old.module == module.module
	old.base == module.base
	old.size == module.size
	object.get(old, "places", []) == object.get(module, "places", [])
	some index, hash in module.pages
	old.pages[index] != hash
	address := sprintf("+0x%x", [index * module.pageSize])
}

# METADATA
# title: "Code of a module does not fit together"
# description: "What holds for the kernel's own code holds for that of its modules, which the same compiler made: jumps lead to where instructions begin, to functions of the kernel and to modules that this one is linked with; a breakpoint stands behind each return, and the stack is as deep at each instruction as the unwinder's table says that came with the module (ORC). Bytes that were written over the middle of a function do not fit, and are found without a baseline."
# custom:
#   id: GST-077
#   torn: [all]
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [moduleCode]
#   partial: [moduleCode.unjudged]
#   remediation: "Isolate the guest, keep an image of its memory, and compare the function with the module's own file to find what was changed."
#   messages:
#     leads: "{function} of the module {name} leads to {address}, which is {owner} (bytes {bytes})"
#     inside: "{function} of the module {name} leads to {address}, where no instruction begins (bytes {bytes})"
#     cut: "{function} of the module {name} returns, and goes on behind it (bytes {bytes})"
#     breakpoint: "{function} of the module {name} holds a breakpoint that no probe has set (bytes {bytes})"
#     blank: "{function} of the module {name} holds no operations in a row, which no compiler puts there (bytes {bytes})"
#     crossing: "{function} of the module {name} does not end where its last instruction does (bytes {bytes})"
#     entry: "{function} of the module {name} does not begin as functions do that can be traced (bytes {bytes})"
#     stack: "{function} of the module {name} does not fit what the unwinder knows of the stack there (bytes {bytes})"
#   source: "arch/x86/kernel/unwind_orc.c, arch/x86/kernel/module.c; Intel SDM volume 2, chapter 2"
gst_077 contains guest.hit(odd.kind, odd.at.address, object.union({"name": module.name, "function": function(odd), "bytes": odd.bytes}, led(odd))) if {
	some module in guest.value("moduleCode").modules
	some odd in object.get(module, "odd", [])
}

function(odd) := odd.function if {
	odd.function != ""
} else := odd.at.address

led(odd) := {"address": odd.target.address, "owner": guest.shown(odd.target.owner)} if {
	odd.kind == "leads"
} else := {"address": odd.target.address} if {
	odd.kind == "inside"
} else := {}
