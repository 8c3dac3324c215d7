# Interrupt descriptors and the registers by which a processor enters the kernel.
package ringwall.detections.guest.interrupts

import data.ringwall.lib.guest

# METADATA
# title: "An interrupt leads out of the kernel's entry code"
# description: "A gate that points elsewhere hands every exception or interrupt of its kind to somebody else: page faults and debug exceptions are the ones that rootkits want. Gates that still point to code of the boot (early_idt_handler_array, freed since) are what clean kernels leave behind for exceptions that processors do not raise, and count only where they have another form."
# custom:
#   id: GST-010
#   severity: critical
#   technique: [T1014]
#   facts: [interrupts]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     foreign: "Interrupt {vector} leads to {address}, which is no entry code of the kernel ({owner})"
#   source: "arch/x86/kernel/idt.c (idt_setup_early_handler, early_idts); Intel SDM volume 3A, section 6.14"
gst_010 contains guest.hit("foreign", sprintf("%d", [gate.vector]), {"vector": gate.vector, "address": gate.address, "owner": guest.shown(gate.owner)}) if {
	some table in guest.value("interrupts").tables
	some gate in table.gates
	not entry_code(gate)
	not left_by_boot(gate)
}

# kernels without the symbols of the entry code are held to the whole of their code
entry_code(gate) if gate.entry

entry_code(gate) if {
	not guest.value("interrupts").entryText
	guest.in_kernel(gate.owner)
}

# The handlers of the boot have one size each, 9 bytes or 13 with a landing pad, and stand in order of their vectors.
left_by_boot(gate) if {
	gate.vector < 32
	gate.owner.kind == "init"
	gate.owner.name == "early_idt_handler_array"
	some size in [9, 13]
	gate.owner.distance == gate.vector * size
}

# METADATA
# title: "An exception has another exception's handler"
# description: "Each exception has a handler of its own. One that was swapped for another is still entry code of the kernel and changes what a page fault or a breakpoint does."
# custom:
#   id: GST-011
#   severity: high
#   technique: [T1014]
#   facts: [interrupts]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     swapped: "Interrupt {vector} leads to {owner}; its handler is {expected}"
#   source: "arch/x86/kernel/idt.c (def_idts)"
gst_011 contains guest.hit("swapped", sprintf("%d", [gate.vector]), {"vector": gate.vector, "owner": guest.shown(gate.owner), "expected": concat(" or ", expected)}) if {
	some table in guest.value("interrupts").tables
	some gate in table.gates
	entry_code(gate)
	expected := handlers[sprintf("%d", [gate.vector])]
	every name in expected { shown_handler(gate) != name }
}

shown_handler(gate) := gate.owner.name if gate.owner.distance == 0

else := guest.shown(gate.owner)

handlers := {
	"0": ["asm_exc_divide_error"], "1": ["asm_exc_debug"], "2": ["asm_exc_nmi"], "3": ["asm_exc_int3"], "4": ["asm_exc_overflow"],
	"5": ["asm_exc_bounds"], "6": ["asm_exc_invalid_op"], "7": ["asm_exc_device_not_available"], "8": ["asm_exc_double_fault"],
	"10": ["asm_exc_invalid_tss"], "11": ["asm_exc_segment_not_present"], "12": ["asm_exc_stack_segment"],
	"13": ["asm_exc_general_protection"], "14": ["asm_exc_page_fault"], "16": ["asm_exc_coprocessor_error"],
	"17": ["asm_exc_alignment_check"], "19": ["asm_exc_simd_coprocessor_error"],
	"128": ["entry_INT80_compat", "asm_int80_emulation", "asm_fred_int80_emulation", "int80_emulation"],
}

# METADATA
# title: "A processor uses an interrupt table that is not the kernel's"
# description: "IDTR points to memory that is not idt_table: whoever made the copy decides what every exception does. Registers are told by a running guest, and by an ELF core that QEMU wrote."
# custom:
#   id: GST-012
#   severity: critical
#   technique: [T1014]
#   facts: [interrupts, processors]
#   partial: [processors.unread]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     other: "The interrupt table of CPU {processors} at {address} is not the kernel's idt_table"
#     kept: "The kernel gives processors the interrupt table at {address}, which is not its idt_table"
#   source: "arch/x86/kernel/idt.c, arch/x86/include/asm/desc.h"
gst_012 contains guest.hit("other", table.base, {"processors": concat(", ", [sprintf("%d", [cpu]) | some cpu in table.processors]), "address": table.base}) if {
	some table in guest.value("interrupts").tables
	count(table.processors) > 0
	not table.kernelTable
}

gst_012 contains guest.hit("kept", table.base, {"address": table.base}) if {
	some table in guest.value("interrupts").tables
	count(table.processors) == 0
	not table.kernelTable
}

# METADATA
# title: "User programs may raise an interrupt that is the kernel's alone"
# description: "A gate with privilege level 3 can be called by any program. Kernels give it to the breakpoint, to overflow and to the 32-bit system call alone."
# custom:
#   id: GST-013
#   severity: high
#   technique: [T1014, T1068]
#   facts: [interrupts]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     open: "Interrupt {vector} may be raised by user programs and leads to {owner}"
#   source: "arch/x86/kernel/idt.c (SYSG)"
gst_013 contains guest.hit("open", sprintf("%d", [gate.vector]), {"vector": gate.vector, "owner": guest.shown(gate.owner)}) if {
	some table in guest.value("interrupts").tables
	some gate in table.gates
	gate.dpl == 3
	not gate.vector in {3, 4, 128}
}

# METADATA
# title: "A descriptor or a stack of a processor is not the kernel's"
# description: "Linux uses neither call gates nor conforming code: a call gate in a processor's table of segments lets a program enter the kernel at a place of somebody's choice. Exceptions run on stacks in an area that is made for them; one elsewhere hands over what the processor was doing."
# custom:
#   id: GST-014
#   severity: critical
#   technique: [T1014, T1068]
#   facts: [interrupts]
#   partial: [interrupts.unread]
#   unknown: [interrupts.unknown]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     gate: "Segment {index} of CPU {cpu} is a gate to {address} ({owner}), open from privilege level {level}"
#     conforming: "Segment {index} of CPU {cpu} is code that runs with the privileges of whoever calls it"
#     stack: "Stack {index} of CPU {cpu} for exceptions lies at {address}"
#     table: "CPU {cpu} uses the table of segments at {address}, which is no processor's own"
#     state: "CPU {cpu} uses the task state at {address}, which is no processor's own"
#   source: "arch/x86/include/asm/segment.h, arch/x86/include/asm/cpu_entry_area.h; Intel SDM volume 3A, sections 3.4.5 and 5.8.3"
gst_014 contains guest.hit("gate", sprintf("%d:%d", [table.processor, entry.index]), {"index": entry.index, "cpu": table.processor, "address": entry.target.address, "owner": guest.shown(entry.target.owner), "level": entry.dpl}) if {
	some table in guest.value("interrupts").segments
	some entry in table.entries
	entry.kind == "gate"
}

gst_014 contains guest.hit("conforming", sprintf("%d:%d", [table.processor, entry.index]), {"index": entry.index, "cpu": table.processor}) if {
	some table in guest.value("interrupts").segments
	some entry in table.entries
	entry.kind == "conforming"
}

gst_014 contains guest.hit("stack", sprintf("%d:s%d", [table.processor, stack.index]), {"index": stack.index, "cpu": table.processor, "address": stack.address}) if {
	some table in guest.value("interrupts").segments
	some stack in table.stacks
}

gst_014 contains guest.hit("table", sprintf("%d:gdtr", [used.processor]), {"cpu": used.processor, "address": used.gdtr}) if {
	some used in object.get(guest.value("interrupts"), "used", [])
	used.ownTable == false
}

gst_014 contains guest.hit("state", sprintf("%d:tr", [used.processor]), {"cpu": used.processor, "address": used.tr}) if {
	some used in object.get(guest.value("interrupts"), "used", [])
	used.ownState == false
}

# METADATA
# title: "System calls enter at a place that is not the kernel's"
# description: "MSR_LSTAR, MSR_CSTAR and MSR_IA32_SYSENTER_EIP say where the processor goes on SYSCALL and SYSENTER. They are registers: memory alone does not show them, and only a running guest tells them."
# custom:
#   id: GST-020
#   severity: critical
#   technique: [T1014]
#   facts: [processors]
#   needs: [processors.unknown.entries]
#   remediation: "Isolate the guest, keep an image of its memory, and rebuild it from a trusted image."
#   messages:
#     moved: "{register} of CPU {cpu} is {address}, which is {owner} and not {expected}"
#   source: "arch/x86/kernel/cpu/common.c (syscall_init); Intel SDM volume 4"
gst_020 contains guest.hit("moved", sprintf("%d:%s", [cpu.index, register]), {"register": upper(register), "cpu": cpu.index, "address": cpu[register].address, "owner": guest.shown(cpu[register].owner), "expected": concat(" or ", expected)}) if {
	some cpu in guest.value("processors").processors
	some register, expected in entries
	cpu[register]
	not starts(cpu[register].owner, expected)
	not unset(register, cpu[register])
}

entries := {
	"lstar": ["entry_SYSCALL_64"],
	"cstar": ["entry_SYSCALL_compat", "ignore_sysret", "entry_SYSCALL32_ignore"],
	"sysenter": ["entry_SYSENTER_compat"],
}

starts(owner, expected) if {
	owner.kind == "kernel"
	owner.distance == 0
	owner.name in expected
}

# 32-bit entries may be switched off
unset(register, entry) if {
	register in {"cstar", "sysenter"}
	entry.address == "0x0"
}

# METADATA
# title: "A processor's protection of the kernel is switched off"
# description: "CR0.WP keeps the kernel from writing to its own read-only pages, EFER.NXE lets pages be not executable, and the bits that the kernel pinned in CR4 (SMEP, SMAP, UMIP) keep it from running and reading what user programs put into memory. Rootkits clear them for the moment in which they patch; one reading sees only the moment that it hits."
# custom:
#   id: GST-021
#   severity: high
#   technique: [T1562, T1014]
#   facts: [processors]
#   partial: [processors.unread, processors.unknown.protections]
#   remediation: "Read the registers again; if the bit stays off, isolate the guest and keep an image of its memory."
#   messages:
#     writable: "CR0.WP of CPU {cpu} is off: the kernel can write to its own code"
#     executable: "EFER.NXE of CPU {cpu} is off: every page can be executed"
#     unpinned: "CPU {cpu} has {bits} off, which the kernel had pinned on"
#   source: "arch/x86/kernel/cpu/common.c (cr4_pinned_bits, native_write_cr0)"
gst_021 contains guest.hit("writable", sprintf("%d:wp", [cpu.index]), {"cpu": cpu.index}) if {
	some cpu in guest.value("processors").processors
	not cpu.writeProtect
}

gst_021 contains guest.hit("executable", sprintf("%d:nx", [cpu.index]), {"cpu": cpu.index}) if {
	some cpu in guest.value("processors").processors
	cpu.noExecute == false
}

gst_021 contains guest.hit("unpinned", sprintf("%d:cr4", [cpu.index]), {"cpu": cpu.index, "bits": concat(", ", cpu.lostPins)}) if {
	some cpu in guest.value("processors").processors
	count(cpu.lostPins) > 0
}
