# Pages of the kernel's half.
package ringwall.detections.guest.memory

import data.ringwall.lib.guest

# METADATA
# title: "Memory of the kernel is writable and executable"
# description: "Kernels map code read-only and data not executable since 4.11; a page that is both lets code be changed without a trace in the page tables. It is what a rootkit leaves behind that made the kernel's code writable, or loaded itself without the kernel's loader."
# custom:
#   id: GST-050
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [executable]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     both: "{start} to {end} is writable and executable ({owner})"
#   source: "arch/x86/mm/dump_pagetables.c (CONFIG_DEBUG_WX)"
gst_050 contains guest.hit("both", area.start, {"start": area.start, "end": area.end, "owner": guest.shown(area.owner)}) if {
	some area in guest.value("executable").areas
	area.writable
}

# METADATA
# title: "Code lies in memory that nobody owns"
# description: "Executable memory of the kernel belongs to its image, to a module in the list, to a BPF program or to a trampoline that the kernel keeps a list of. Code elsewhere is that of a module which left the list, or was put there without one."
# custom:
#   id: GST-051
#   severity: high
#   technique: [T1014, T1620]
#   facts: [executable]
#   remediation: "Keep an image of the guest's memory and look at the code there; isolate the guest if it is not explained."
#   messages:
#     orphan: "{start} to {end} can be executed and belongs to nobody"
#   source: "mm/execmem.c, kernel/module/main.c"
gst_051 contains guest.hit("orphan", area.start, {"start": area.start, "end": area.end}) if {
	some area in guest.value("executable").areas
	not area.writable
	area.owner.kind == "none"
}
