package ringwall.detections.guest.interrupts_test

import data.ringwall.detections.guest.interrupts

gate(vector, owner, entry) := {"vector": vector, "address": "0xffffffff82000000", "owner": owner, "entry": entry, "dpl": 0, "selector": 16}

at(kind, name, distance) := {"kind": kind, "name": name, "distance": distance}

gates(list) := {"facts": {"interrupts": {"state": "present", "value": {
	"entryText": true,
	"tables": [{"base": "0xfffffe0000000000", "processors": [0], "kernelTable": true, "gates": list}],
}}}}

clean := gates([
	gate(14, at("kernel", "asm_exc_page_fault", 0), true),
	gate(18, at("init", "early_idt_handler_array", 162), false),
	gate(20, at("init", "early_idt_handler_array", 260), false),
	gate(236, at("kernel", "asm_sysvec_apic_timer_interrupt", 0), true),
])

test_clean if {
	every rule in [interrupts.gst_010, interrupts.gst_011, interrupts.gst_012, interrupts.gst_013] {
		count(rule) == 0
	} with input as clean
}

test_foreign if {
	count(interrupts.gst_010) == 1 with input as gates([gate(14, {"kind": "none"}, false)])
	count(interrupts.gst_010) == 1 with input as gates([gate(14, at("kernel", "commit_creds", 0), false)])
}

test_left_by_boot_only_in_its_place if {
	count(interrupts.gst_010) == 1 with input as gates([gate(14, at("init", "early_idt_handler_array", 9), false)])
	count(interrupts.gst_010) == 1 with input as gates([gate(40, at("init", "early_idt_handler_array", 360), false)])
}

test_swapped if {
	some hit in interrupts.gst_011 with input as gates([gate(14, at("kernel", "asm_exc_int3", 0), true)])
	hit.args.expected == "asm_exc_page_fault"
}

test_other_table if {
	count(interrupts.gst_012) == 1 with input as {"facts": {"interrupts": {"state": "present", "value": {
		"entryText": true,
		"tables": [{"base": "0xffff888000000000", "processors": [0], "kernelTable": false, "gates": []}],
	}}}}
}

test_table_that_is_kept if {
	kept := {"base": "0xffff888000000000", "processors": [], "kernelTable": false, "gates": []}
	some hit in interrupts.gst_012 with input as {"facts": {"interrupts": {"state": "present", "value": {"entryText": true, "tables": [kept]}}}}
	hit.case == "kept"
}

test_open if {
	count(interrupts.gst_013) == 1 with input as gates([object.union(gate(14, at("kernel", "asm_exc_page_fault", 0), true), {"dpl": 3})])
	count(interrupts.gst_013) == 0 with input as gates([object.union(gate(3, at("kernel", "asm_exc_int3", 0), true), {"dpl": 3})])
}

processor := {
	"index": 0, "writeProtect": true, "noExecute": true, "lostPins": [],
	"lstar": {"address": "0xffffffff82000080", "owner": at("kernel", "entry_SYSCALL_64", 0)},
	"cstar": {"address": "0xffffffff82001000", "owner": at("kernel", "entry_SYSCALL_compat", 0)},
	"sysenter": {"address": "0x0", "owner": {"kind": "none"}},
}

registers(change) := {"facts": {"processors": {"state": "present", "value": {"processors": [object.union(processor, change)]}}}}

test_registers if {
	count(interrupts.gst_020) == 0 with input as registers({})
	count(interrupts.gst_021) == 0 with input as registers({})
	count(interrupts.gst_020) == 1 with input as registers({"lstar": {"address": "0xffff888000000000", "owner": {"kind": "none"}}})
	count(interrupts.gst_020) == 1 with input as registers({"lstar": {"address": "0x0", "owner": {"kind": "none"}}})
	count(interrupts.gst_021) == 3 with input as registers({"writeProtect": false, "noExecute": false, "lostPins": ["SMEP"]})
	count(interrupts.gst_021) == 0 with input as registers({"efer": null, "noExecute": null})
}

used(change) := {"facts": {"interrupts": {"state": "present", "value": {"tables": [], "segments": [], "used": [object.union(
	{"processor": 1, "gdtr": "0xfffffe0000001000", "ownTable": true, "tr": "0xfffffe0000003000", "ownState": true},
	change,
)]}}}}

test_used_segments if {
	count(interrupts.gst_014) == 0 with input as used({})
	count(interrupts.gst_014) == 0 with input as used({"ownTable": null, "tr": null, "ownState": null})
	some table in interrupts.gst_014 with input as used({"ownTable": false})
	table.case == "table"
	some state in interrupts.gst_014 with input as used({"ownState": false})
	state.args == {"cpu": 1, "address": "0xfffffe0000003000"}
}

segments(entries, stacks) := {"facts": {"interrupts": {"state": "present", "value": {"tables": [], "segments": [{"processor": 0, "entries": entries, "stacks": stacks}]}}}}

test_segments if {
	target := {"address": "0xffff888000000000", "owner": {"kind": "none"}}
	count(interrupts.gst_014) == 0 with input as segments([], [])
	some gate in interrupts.gst_014 with input as segments([{"index": 12, "kind": "gate", "type": 12, "dpl": 3, "target": target}], [])
	gate.case == "gate"
	some conforming in interrupts.gst_014 with input as segments([{"index": 7, "kind": "conforming", "type": 14, "dpl": 0}], [])
	conforming.case == "conforming"
	some stack in interrupts.gst_014 with input as segments([], [{"index": 1, "address": "0xffff888000000000"}])
	stack.case == "stack"
}
