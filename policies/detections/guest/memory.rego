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
# description: "Executable memory of the kernel belongs to the code of its image, to a module in the list, to a BPF program or to a trampoline that the kernel keeps a list of. Code elsewhere is that of a module which left the list, or was put there without one, as into the image's data or where the boot's own code was. In the pages that BPF programs share it may be that of a program which left all tables; the kernel lists no program of a traffic class, a packet filter's rule or a modem's line, so that this is a doubt. So is what lies beside the code of modules in pages that they share, where nothing but breakpoints and zeros should be."
# custom:
#   id: GST-051
#   compares: [orphan, module]
#   doubts: [program, remains, beside]
#   severity: high
#   technique: [T1014, T1620]
#   facts: [executable]
#   remediation: "Keep an image of the guest's memory and look at the code there; isolate the guest if it is not explained."
#   messages:
#     orphan: "{start} to {end} can be executed and belongs to nobody"
#     data: "{start} to {end} can be executed and is no code of the image ({at})"
#     module: "{start} to {end} can be executed and is none of the code of module {name}"
#     program: "{start} to {end}, among the code of BPF programs, is in use and belongs to none that is known"
#     remains: "{start} to {end}, among the code of BPF programs, is not in use and holds code"
#     beside: "{start} to {end}, in executable pages of modules, is none of their code and holds something"
#   source: "mm/execmem.c, kernel/module/main.c"
gst_051 contains guest.hit("orphan", area.start, {"start": area.start, "end": area.end}) if {
	some area in guest.value("executable").areas
	not area.writable
	area.owner.kind == "none"
}

gst_051 contains guest.hit("data", area.start, {"start": area.start, "end": area.end, "at": guest.shown(area.owner)}) if {
	some area in guest.value("executable").areas
	not area.writable
	area.owner.kind in {"data", "init"}
}

gst_051 contains guest.hit("module", area.start, {"start": area.start, "end": area.end, "name": area.owner.name}) if {
	some area in guest.value("executable").areas
	not area.writable
	area.owner.kind == "module"
	area.text == false
}

gst_051 contains guest.hit(stray.kind, stray.start, {"start": stray.start, "end": stray.end}) if {
	some stray in object.get(guest.value("executable"), "strays", [])
}

# METADATA
# title: "A page of the kernel lies elsewhere in memory"
# description: "The kernel's image and its map of all physical memory lie in one piece. A page table entry that leads elsewhere exchanges code or data under the kernel's feet: what is read at the old place in memory is not what the processor runs."
# custom:
#   id: GST-052
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [executable]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     moved: "The page of {at} is mapped to physical {physical} and belongs to {expected}"
#   source: "arch/x86/mm/init_64.c, Documentation/arch/x86/x86_64/mm.rst"
gst_052 contains guest.hit("moved", page.at.address, {"at": guest.shown(page.at.owner), "physical": page.physical, "expected": page.expected}) if {
	some page in guest.value("executable").moved
}

# METADATA
# title: "User programs can reach memory of the kernel"
# description: "Pages of the kernel's half are the kernel's alone, but for the page of vsyscall. One that user programs may read, write or run is a way into the kernel that somebody left open."
# custom:
#   id: GST-053
#   severity: critical
#   technique: [T1014, T1068]
#   facts: [executable]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     read: "The page at {address} ({at}) is open to user programs"
#     write: "The page at {address} ({at}) can be written by user programs"
#   source: "Intel SDM volume 3A, section 4.6 (U/S); arch/x86/entry/vsyscall"
gst_053 contains guest.hit(case, page.at.address, {"address": page.at.address, "at": guest.shown(page.at.owner)}) if {
	some page in guest.value("executable").open
	case := {true: "write", false: "read"}[page.writable]
}

# METADATA
# title: "Code of the kernel can be written through another address"
# description: "When the kernel protects a page of code it does so in its map of all physical memory as well. A second mapping through which the same page can be written is how a rootkit patches code that looks protected."
# custom:
#   id: GST-054
#   compares: [alias]
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [executable]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     alias: "The code at {address} ({at}) can be written at {writable}"
#   source: "arch/x86/mm/pat/set_memory.c (cpa_process_alias)"
gst_054 contains guest.hit("alias", page.at.address, {"address": page.at.address, "at": guest.shown(page.at.owner), "writable": page.writable}) if {
	some page in guest.value("executable").aliases
}

# METADATA
# title: "A process has memory of the kernel of its own"
# description: "Each process has page tables of its own, and all of them lead to the same memory in the kernel's half. One that leads elsewhere there shows other code or data of the kernel while that process runs, where nobody else sees it."
# custom:
#   id: GST-058
#   compares: [own]
#   severity: critical
#   technique: [T1014, T1564]
#   facts: [executable]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     own: "The page tables of process {pid} ({name}) lead elsewhere from {address} on: {entry} in the place of {expected}"
#   source: "arch/x86/mm/pgtable.c (pgd_ctor), arch/x86/mm/init_64.c (sync_global_pgds)"
gst_058 contains guest.hit("own", sprintf("%s:%d", [table.task, table.index]), {"pid": table.pid, "name": table.name, "address": table.address, "entry": table.entry, "expected": table.expected}) if {
	some table in object.get(guest.value("executable"), "processes", [])
}

# METADATA
# title: "A program reaches memory of the kernel by an address of its own"
# description: "In the user half of its page tables a process has its own memory, and of the kernel's image no more than pages that it may read (vdso, the page of zeros). One that leads to the kernel's code, or by which its data can be written, lets the program change the kernel; one without the user bit holds what the program wrote, and is run with the kernel's rights."
# custom:
#   id: GST-059
#   compares: [image, supervisor]
#   severity: critical
#   technique: [T1014, T1068]
#   facts: [executable]
#   remediation: "Treat the guest as taken over: keep an image of its memory, isolate it, and look for how the process came to this page."
#   messages:
#     image: "Process {pid} ({name}) has the kernel's {at} at {address}"
#     supervisor: "Process {pid} ({name}) has a page of the kernel's rights among its own, at {address}"
#   source: "Intel SDM volume 3A, section 4.6; arch/x86/entry/vdso/vma.c"
gst_059 contains guest.hit(page.kind, page.task, object.union({"pid": page.pid, "name": page.name, "address": page.address}, place(page))) if {
	some page in object.get(guest.value("executable"), "reached", [])
}

place(page) := {"at": guest.shown(page.at.owner)} if {
	page.kind == "image"
} else := {}

# METADATA
# title: "Constants of the kernel can be written"
# description: "When the kernel has started it closes its constants to writing: tables of system calls and of operations, names, types. A page of them that can be written was opened by somebody who meant to change it, or has, or the kernel was started with rodata=off."
# custom:
#   id: GST-038
#   severity: critical
#   technique: [T1014, T1562]
#   facts: [executable]
#   remediation: "Isolate the guest and keep an image of its memory; hold its constants against the kernel's own file (--vmlinux)."
#   messages:
#     constants: "The constants at {at} can be written"
#   source: "arch/x86/mm/init_64.c (mark_rodata_ro)"
gst_038 contains guest.hit("constants", page.at.address, {"at": guest.shown(page.at.owner)}) if {
	some page in object.get(guest.value("executable"), "constants", [])
}

# METADATA
# title: "A process has memory that its list of mappings lacks"
# description: "The kernel lists every mapping of a process, counts them, and maps pages nowhere else. A page where no mapping is, or a mapping that is counted and not listed, was taken out of the list: /proc/PID/maps does not show it, and what lies there runs on. A page that allows more than its mapping does was opened in the page tables: to run data, or to write code and constants."
# custom:
#   id: GST-078
#   compares: [page, count, executable, writable]
#   severity: critical
#   technique: [T1055, T1564]
#   facts: [executable]
#   partial: [executable.unjudged]
#   unknown: [executable.locked, executable.contradicting]
#   remediation: "Keep an image of the guest's memory and look at the page; isolate the guest if it is not explained."
#   messages:
#     page: "Process {pid} ({name}) has a page at {address}, where none of its mappings is"
#     executable: "Process {pid} ({name}) can run a page at {address}, which its mapping does not allow ({rights})"
#     writable: "Process {pid} ({name}) can write to a page at {address}, which its mapping does not allow ({rights})"
#     count: "Process {pid} ({name}) has {counted} mappings by the kernel's count, and {listed} in its list"
#   source: "include/linux/mm_types.h (mm_mt, map_count), mm/mmap.c"
gst_078 contains guest.hit("page", area.task, {"pid": area.pid, "name": area.name, "address": area.address}) if {
	some area in object.get(guest.value("executable"), "unlisted", [])
	is_string(area.address)
}

gst_078 contains guest.hit("count", area.task, {"pid": area.pid, "name": area.name, "counted": area.counted, "listed": area.listed}) if {
	some area in object.get(guest.value("executable"), "unlisted", [])
	area.address == null
}

gst_078 contains guest.hit("executable", area.task, {"pid": area.pid, "name": area.name, "address": area.address, "rights": area.rights}) if {
	some area in object.get(guest.value("executable"), "exceeding", [])
	area.executable
	not contains(area.rights, "x")
}

gst_078 contains guest.hit("writable", area.task, {"pid": area.pid, "name": area.name, "address": area.address, "rights": area.rights}) if {
	some area in object.get(guest.value("executable"), "exceeding", [])
	area.writable
	not contains(area.rights, "w")
}

# METADATA
# title: "The code that the kernel shares with all programs was changed"
# description: "Every process has the same pages of the vdso, whose functions tell the time. They are read from the kernel's own image of it, which is linked with nothing: what leads out of it was written there. A process with a page of its own that holds other code runs what somebody put there; breakpoints alone are what a debugger sets, and are told as judged in part."
# custom:
#   id: GST-079
#   compares: [own, traced]
#   doubts: [traced]
#   severity: critical
#   technique: [T1014, T1055]
#   facts: [executable]
#   partial: [executable.vdso.breakpoints, executable.vdso.unjudged]
#   remediation: "Keep an image of the guest's memory; hold the bytes against the vdso of the same kernel on another machine."
#   messages:
#     shared: "{image} holds at {offset} what does not fit: {kind} (bytes {bytes})"
#     own: "Process {pid} ({name}) has a vdso of its own, which at {offset} holds {bytes} in the place of {original}"
#     traced: "Process {pid} ({name}), which another one traces, has a vdso of its own, which at {offset} holds {bytes} in the place of {original}"
#   source: "arch/x86/entry/vdso/vma.c (vdso_fault), arch/x86/include/asm/vdso.h"
gst_079 contains guest.hit("shared", sprintf("%s:%s", [odd.image, odd.offset]), {"image": odd.image, "offset": odd.offset, "kind": odd.kind, "bytes": odd.bytes}) if {
	some odd in object.get(guest.value("executable"), ["vdso", "odd"], [])
}

gst_079 contains guest.hit(case, own.task, {"pid": own.pid, "name": own.name, "offset": own.offset, "bytes": own.bytes, "original": own.original}) if {
	some own in object.get(guest.value("executable"), ["vdso", "processes"], [])
	case := {true: "traced", false: "own"}[object.get(own, "traced", false)]
}
