# The kernel's code.
package ringwall.detections.guest.text

import data.ringwall.lib.guest

# METADATA
# title: "The kernel's code holds what the kernel does not put there"
# description: "The kernel rewrites its own code at places that it keeps lists of: jump labels, static calls, the starts of functions that can be traced, probes. At each of them only a few instructions may stand, with targets that are known. A rootkit that patches the start of a function changes such a place."
# custom:
#   id: GST-030
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [text]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     target: "{at} ({kind}) leads to {address}, which is {owner}"
#     content: "{at} ({kind}) holds {bytes}, which the kernel does not write there"
#   source: "arch/x86/kernel/jump_label.c, static_call.c, ftrace.c, kprobes/core.c"
gst_030 contains guest.hit("target", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "address": site.target.address, "owner": guest.shown(site.target.owner)}) if {
	some site in guest.value("text").patched
	site.target
}

gst_030 contains guest.hit("content", site.at.address, {"at": guest.shown(site.at.owner), "kind": site.kind, "bytes": site.bytes}) if {
	some site in guest.value("text").patched
	not site.target
}

# METADATA
# title: "A function of the kernel begins with a jump out of it"
# description: "No function of the kernel begins with a jump or call to a place outside of its image. One that does was hooked: the bytes at its start were overwritten. Hooks further inside of a function are seen only against a baseline."
# custom:
#   id: GST-031
#   severity: critical
#   technique: [T1014]
#   facts: [text]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     jump: "{at} begins with a jump to {address}, which is {owner} (bytes {bytes})"
#   source: "Intel SDM volume 2 (CALL, JMP)"
gst_031 contains guest.hit("jump", function.at.address, {"at": guest.shown(function.at.owner), "address": function.target.address, "owner": guest.shown(function.target.owner), "bytes": function.bytes}) if {
	some function in guest.value("text").redirected
}

# METADATA
# title: "The kernel's code differs from its own file"
# description: "The code in memory is held against the kernel's own ELF file, byte by byte, without the places that boot or the kernel itself patches and without the addresses that KASLR moved. It sees what was changed before any baseline, whatever the boot; it cannot see a change in a place that is left out, or a file that was changed too."
# custom:
#   id: GST-033
#   severity: critical
#   technique: [T1014, T1601.001]
#   facts: [kernelFile]
#   remediation: "Isolate the guest and keep an image of its memory; compare the function with the file to find what was changed."
#   messages:
#     bytes: "{at} holds {bytes}, and the file of the kernel {original}"
#   source: "arch/x86/kernel/alternative.c, scripts/extract-vmlinux"
gst_033 contains guest.hit("bytes", difference.at.address, {"at": guest.shown(difference.at.owner), "bytes": difference.bytes, "original": difference.original}) if {
	some difference in guest.value("kernelFile").differences
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
