package ringwall.detections.guest.callbacks_test

import data.ringwall.detections.guest.callbacks

nobody := {"address": "0xffff888000000000", "owner": {"kind": "none"}}

kernel := {"address": "0xffffffff81000000", "owner": {"kind": "kernel", "name": "f", "distance": 0}}

inside := {"address": "0xffffffff81000020", "owner": {"kind": "kernel", "name": "f", "distance": 32}}

module := {"address": "0xffffffffc0000020", "owner": {"kind": "module", "name": "nf_tables", "distance": 32}}

program := {"address": "0xffffffffc1000020", "owner": {"kind": "bpf", "name": "bpf_prog", "distance": 0}}

left(family, function) := {"facts": {"callbacks": {"state": "present", "value": {"callbacks": [{"family": family, "name": "x", "entry": "0x1", "function": function}]}}}}

families := {
	"netfilter": "GST-045", "notifier": "GST-046", "setting": "GST-047", "timer": "GST-048", "work": "GST-048", "packet": "GST-049",
	"protocol": "GST-049", "binary": "GST-049", "terminal": "GST-049", "interrupt": "GST-049", "softirq": "GST-049", "tracepoint": "GST-049",
	"paravirtual": "GST-049", "option": "GST-049", "input": "GST-049", "network": "GST-049", "filesystem": "GST-049", "memory": "GST-049",
	"platform": "GST-049", "performance": "GST-049", "console": "GST-049", "tasklet": "GST-049", "staticCall": "GST-049", "graph": "GST-049",
	"breakpoint": "GST-049",
}

told := {
	"GST-045": callbacks.gst_045, "GST-046": callbacks.gst_046, "GST-047": callbacks.gst_047, "GST-048": callbacks.gst_048,
	"GST-049": callbacks.gst_049,
}

test_each_family_has_its_detection if {
	every family, id in families {
		hits := told with input as left(family, nobody)
		{name | some name, found in hits; count(found) == 1} == {id}
		clean := told with input as left(family, kernel)
		every found in clean { count(found) == 0 }
		listed := told with input as left(family, module)
		every found in listed { count(found) == 0 }
	}
}

test_inside_of_a_function if {
	count(callbacks.gst_046) == 1 with input as left("notifier", inside)
	count(callbacks.gst_049) == 0 with input as left("paravirtual", inside)
}

test_programs_where_they_may_be if {
	count(callbacks.gst_049) == 0 with input as left("tracepoint", program)
	count(callbacks.gst_047) == 1 with input as left("setting", program)
}

loaded(change) := {"facts": {"programs": {"state": "present", "value": {"programs": [object.union(
	{"id": 1, "name": "x", "type": "BPF_PROG_TYPE_KPROBE", "program": "0x1", "function": program, "overrides": false, "writesUser": false},
	change,
)]}}}}

test_programs if {
	count(callbacks.gst_055) == 0 with input as loaded({})
	count(callbacks.gst_056) == 0 with input as loaded({})
	count(callbacks.gst_055) == 1 with input as loaded({"function": nobody})
	some writes in callbacks.gst_056 with input as loaded({"writesUser": true})
	writes.case == "writes"
	some overrides in callbacks.gst_056 with input as loaded({"overrides": true})
	overrides.case == "overrides"
}

held(family, name, holder, function) := {"facts": {"callbacks": {"state": "present", "value": {
	"callbacks": [{"family": family, "name": name, "entry": "0x1", "holder": holder, "function": function}],
	"moduleUses": {"nfsv4": ["nf_tables"]},
}}}}

image := {"kind": "data", "name": "elf_format", "distance": 0}

test_structures_and_functions_of_one_owner if {
	every family, id in families {
		hits := told with input as held(family, "x", image, module)
		{name | some name, found in hits; {hit.case | some hit in found} == {"other"}} == {id}
		same := told with input as held(family, "x", {"kind": "module", "name": "nf_tables", "distance": 0}, module)
		every found in same { count(found) == 0 }
		used := told with input as held(family, "x", {"kind": "module", "name": "nfsv4", "distance": 0}, module)
		every found in used { count(found) == 0 }
		unrelated := told with input as held(family, "x", {"kind": "module", "name": "loop", "distance": 0}, module)
		{name | some name, found in unrelated; count(found) == 1} == {id}
		allocated := told with input as held(family, "x", {"kind": "none"}, module)
		every found in allocated { count(found) == 0 }
	}
}

test_variables_that_modules_fill if {
	slots := {"cpuhp_hp_states[10].teardown": "platform", "pm_power_off": "platform", "__SCK__tp_func_sys_enter": "staticCall", "__SCK____perf_guest_state": "staticCall"}
	every name, family in slots {
		count(callbacks.gst_049) == 0 with input as held(family, name, image, module)
	}
	namespace := {"kind": "data", "name": "init_net", "distance": 4952}
	count(callbacks.gst_048) == 0 with input as held("timer", "timer_list", namespace, module)
	count(callbacks.gst_046) == 1 with input as held("notifier", "netdev_chain", namespace, module)
	count(callbacks.gst_049) == 1 with input as held("staticCall", "__SCK__x86_pmu_enable", image, module)
}
