package ringwall.detections.guest.hooks_test

import data.ringwall.detections.guest.hooks

kernel(name) := {"address": "0xffffffff81000000", "owner": {"kind": "kernel", "name": name, "distance": 0}}

nobody := {"address": "0xffff888000000000", "owner": {"kind": "none"}}

present(name, value) := {"facts": {name: {"state": "present", "value": value}}}

tracers(list) := present("tracing", {"operations": list, "function": kernel("ftrace_stub")})

test_tracers if {
	count(hooks.gst_040) == 0 with input as tracers([{"address": "0x1", "function": kernel("function_trace_call"), "redirects": false}])
	some hit in hooks.gst_040 with input as tracers([{"address": "0x1", "function": nobody, "redirects": true}])
	hit.case == "redirects"
}

test_tracers_by_their_trampolines if {
	left := {"address": "0x1", "owner": {"kind": "data", "name": "global_ops", "distance": 0}, "function": kernel("function_trace_call"), "redirects": false, "listed": false}
	count(hooks.gst_040) == 0 with input as tracers([left])
	some hit in hooks.gst_040 with input as tracers([object.union(left, {"owner": {"kind": "none"}})])
	hit.case == "unlisted"
	{found.case | some found in hooks.gst_040} == {"callback"} with input as tracers([object.union(left, {"function": nobody})])
}

test_probes if {
	count(hooks.gst_041) == 0 with input as present("probes", {"probes": [{"at": kernel("do_exit"), "before": kernel("kprobe_dispatcher")}]})
	count(hooks.gst_041) == 1 with input as present("probes", {"probes": [{"at": kernel("do_exit"), "after": nobody}]})
	count(hooks.gst_041) == 1 with input as present("probes", {"probes": [{"at": kernel("do_exit"), "before": kernel("pre_handler_kretprobe"), "returns": nobody}]})
}

hook(entry, function) := present("securityHooks", {"hooks": [{"hook": "file_open", "entry": "0x1", "entryOwner": entry, "function": function}]})

test_security_hooks if {
	count(hooks.gst_042) == 0 with input as hook({"kind": "data", "name": "apparmor_hooks", "distance": 40}, kernel("apparmor_file_open"))
	some foreign in hooks.gst_042 with input as hook({"kind": "none"}, nobody)
	foreign.case == "function"
	some added in hooks.gst_042 with input as hook({"kind": "none"}, kernel("apparmor_file_open"))
	added.case == "entry"
}

test_security_hooks_that_are_not_called if {
	asked := {"hook": "file_open", "entry": "0x1", "array": "apparmor_hooks", "function": kernel("apparmor_file_open"), "called": kernel("f")}
	every case in ["missing", "called", "off"] {
		hits := hooks.gst_042 with input as present("securityHooks", {"hooks": [], case: [asked]})
		{hit.case | some hit in hits} == {case}
	}
}

operations(owner, functions, foreign) := {
	"kernel": {"state": "present", "value": {"release": "6.1.0", "buildId": "ab"}},
	"operations": {"state": "present", "value": {"tables": [{"name": "tcp4_seq_ops", "owner": owner, "address": "0x1", "functions": functions, "foreign": foreign}]}},
}

image := {"kind": "data", "name": "tcp4_seq_ops", "distance": 0}

test_operations if {
	count(hooks.gst_043) == 0 with input as {"facts": operations(image, {"show": "tcp4_seq_show"}, [])}
	count(hooks.gst_043) == 1 with input as {"facts": operations(image, {}, [{"member": "show", "address": "0xffffffffc0000002", "owner": {"kind": "module", "name": "evil", "distance": 4}}])}
	count(hooks.gst_043) == 1 with input as {"facts": operations({"kind": "none"}, {}, [])}
	count(hooks.gst_043) == 0 with input as {"facts": operations(
		{"kind": "module", "name": "ext4", "distance": 0}, {},
		[{"member": "show", "address": "0xffffffffc0000002", "owner": {"kind": "module", "name": "ext4", "distance": 4}}],
	)}
}

test_operations_of_a_module if {
	foreign := {"member": "show", "address": "0xffffffffc0000002", "owner": {"kind": "module", "name": "nfs", "distance": 4}}
	table := {"name": "x", "owner": {"kind": "module", "name": "nfsv4", "distance": 0}, "address": "0x1", "functions": {}, "foreign": [foreign]}
	count(hooks.gst_043) == 0 with input as present("operations", {"tables": [table], "moduleUses": {"nfsv4": ["nfs"]}})
	count(hooks.gst_043) == 1 with input as present("operations", {"tables": [table], "moduleUses": {}})
}

test_operations_since_the_baseline if {
	now := {"facts": operations(image, {"show": "seq_open"}, []), "baseline": {"facts": operations(image, {"show": "tcp4_seq_show"}, [])}}
	some hit in hooks.gst_044 with input as now
	hit.args.before == "tcp4_seq_show"
	count(hooks.gst_044) == 0 with input as {"facts": now.facts, "baseline": {"facts": now.facts}}
}
