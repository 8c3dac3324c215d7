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

in_use(change) := present("operations", {"moduleUses": {}, "tables": [object.union(
	{"name": "open file 3 of process 9 f_op", "structure": "file_operations", "owner": {"kind": "none"}, "address": "0x1", "functions": {"read": "f"}, "foreign": [], "allocated": true, "fileSystem": "ext4"},
	change,
)]})

told_of_use(change) := cases if {
	hits := hooks.gst_043 with input as in_use(change)
	cases := {hit.case | some hit in hits}
}

driver := {"member": "open", "address": "0xffffffffc0000002", "owner": {"kind": "module", "name": "dsa_core", "distance": 4}}

test_tables_in_allocated_memory if {
	told_of_use({}) == {"lies"}
	told_of_use({"functions": {}}) == {"lies"}
	told_of_use({"owner": {"kind": "data", "name": "x", "distance": 0}}) == set()
	told_of_use({"owner": {"kind": "module", "name": "ext4", "distance": 0}}) == set()
	told_of_use({"structure": "sock"}) == set()
	told_of_use({"foreign": [driver]}) == {"lies"}
}

test_tables_of_debugfs if {
	proxy := {"fileSystem": "debugfs", "functions": {"read": "full_proxy_read", "release": "full_proxy_release"}}
	told_of_use(proxy) == set()
	told_of_use(object.union(proxy, {"fileSystem": "ext4"})) == {"lies"}
	told_of_use(object.union(proxy, {"functions": {"read": "f", "release": "full_proxy_release"}})) == {"lies"}
	told_of_use(object.union(proxy, {"foreign": [driver]})) == {"lies"}
}

test_tables_that_drivers_make if {
	told_of_use({"structure": "ethtool_ops", "foreign": [driver], "fileSystem": null}) == {"made"}
	told_of_use({"structure": "ethtool_ops", "fileSystem": null}) == {"lies"}
	told_of_use({"foreign": [driver], "fileSystem": "devtmpfs"}) == {"made"}
	told_of_use({"foreign": [object.union(driver, {"owner": {"kind": "module", "name": "dvb_core", "distance": 4}})], "fileSystem": "devtmpfs"}) == set()
}

test_the_kernels_table_in_use if {
	told_of_use({"owner": {"kind": "data", "name": "null_fops", "distance": 0}, "foreign": [driver]}) == {"reached"}
}

test_operations_since_the_baseline if {
	now := {"facts": operations(image, {"show": "seq_open"}, []), "baseline": {"facts": operations(image, {"show": "tcp4_seq_show"}, [])}}
	some hit in hooks.gst_044 with input as now
	hit.args.before == "tcp4_seq_show"
	count(hooks.gst_044) == 0 with input as {"facts": now.facts, "baseline": {"facts": now.facts}}
}
