package ringwall.detections.guest.processes_test

import data.ringwall.detections.guest.processes

init := {
	"pid": 1, "ppid": 0, "name": "init", "task": "0x1", "state": "S", "kernelThread": false, "mm": "0xa1", "title": "init",
	"uid": 0, "euid": 0, "suid": 0, "cred": "0xc1", "realCred": "0xc1", "userUid": 0, "userNamespace": 7, "setuidProgram": false,
}

shell := {
	"pid": 100, "ppid": 1, "name": "sh", "task": "0x100", "state": "S", "kernelThread": false, "mm": "0xa100", "title": "sh",
	"uid": 1000, "euid": 1000, "suid": 1000, "cred": "0xc100", "realCred": "0xc100", "userUid": 1000, "userNamespace": 7, "setuidProgram": false,
}

kthread := {
	"pid": 2, "ppid": 0, "name": "kthreadd", "task": "0x2", "state": "S", "kernelThread": true, "mm": null, "title": null,
	"uid": 0, "euid": 0, "suid": 0, "cred": "0xc2", "realCred": "0xc2", "userUid": 0, "userNamespace": 7, "setuidProgram": null,
}

child(change) := object.union(object.union(shell, {"pid": 200, "ppid": 100, "task": "0x200", "mm": "0xa200", "cred": "0xc200", "realCred": "0xc200"}), change)

root := {"uid": 0, "euid": 0, "suid": 0, "userUid": 0}

facts(list) := {"facts": {"processes": {"state": "present", "value": {"processes": list, "hidden": [], "initCred": "0xc0"}}}}

every_rule := [processes.gst_060, processes.gst_061, processes.gst_062, processes.gst_063, processes.gst_064, processes.gst_065]

test_clean if {
	hits := {hit | some rule in every_rule; some hit in rule} with input as facts([init, shell, kthread, child({})])
	count(hits) == 0
}

test_hidden if {
	hidden := {"pid": 7, "name": "evil", "task": "0x7", "missingIn": ["list", "children"]}
	some hit in processes.gst_060 with input as {"facts": {"processes": {"state": "present", "value": {"processes": [], "hidden": [hidden], "initCred": "0xc0"}}}}
	hit.args.places == "init_task.tasks, task_struct.children"
}

test_marked_as_ended if {
	count(processes.gst_060) == 0 with input as facts([init, child({"state": "Z", "mm": null}), child({"exiting": true, "mm": null})])
	some ended in processes.gst_060 with input as facts([init, child({"state": "Z"})])
	ended.case == "ended"
	some ending in processes.gst_060 with input as facts([init, child({"exiting": true})])
	ending.case == "ending"
}

test_forged if {
	count(processes.gst_061) == 1 with input as facts([init, shell, child({"uid": 0})])
	count(processes.gst_061) == 0 with input as facts([init, shell, child({"uid": 0, "state": "Z"})])
}

test_effective if {
	some hit in processes.gst_061 with input as facts([init, child({"euid": 0})])
	hit.case == "effective"
	count(processes.gst_061) == 0 with input as facts([init, child({"euid": 0, "suid": 0})])
}

test_capabilities if {
	every_one := object.union(facts([init, child({"permitted": "0x1ff"})]).facts.processes.value, {"allCapabilities": "0x1ff", "userNamespace": 7})
	some hit in processes.gst_061 with input as {"facts": {"processes": {"state": "present", "value": every_one}}}
	hit.case == "capabilities"
	older := object.union(facts([init, child({"permitted": "0x0ff", "permittedLow": 4294967295, "holdsAll": false})]).facts.processes.value, {"allCapabilities": "0x1ff", "userNamespace": 7})
	some most in processes.gst_061 with input as {"facts": {"processes": {"state": "present", "value": older}}}
	most.case == "most"
	other := object.union(every_one, {"userNamespace": 8})
	count(processes.gst_061) == 0 with input as {"facts": {"processes": {"state": "present", "value": other}}}
}

test_shared if {
	some hit in processes.gst_062 with input as facts([init, shell, child({"realCred": "0xc1"})])
	hit.args.other == 1
	count(processes.gst_062) == 1 with input as facts([init, shell, child({"cred": "0xc0"})])
}

test_borrowed if {
	some hit in processes.gst_062 with input as facts([init, shell, child({"cred": "0xc1"})])
	hit.case == "borrowed"
	some foreign in processes.gst_062 with input as facts([init, child({"allocated": false})])
	foreign.case == "foreign"
	count(processes.gst_062) == 0 with input as facts([init, child({"allocated": true})])
}

test_root_below_user if {
	count(processes.gst_063) == 1 with input as facts([init, shell, child(root)])
	count(processes.gst_063) == 0 with input as facts([init, shell, child(object.union(root, {"setuidProgram": true}))])
	count(processes.gst_063) == 0 with input as facts([init, shell, child(object.union(root, {"userNamespace": 8}))])
	count(processes.gst_063) == 0 with input as facts([init, object.union(shell, {"suid": 0}), child(root)])
}

test_thread_with_memory if {
	count(processes.gst_064) == 1 with input as facts([init, object.union(kthread, {"mm": "0xa9"})])
	count(processes.gst_064) == 0 with input as facts([init, object.union(kthread, {"mm": "0xa1"})])
}

test_names if {
	count(processes.gst_065) == 1 with input as facts([init, child({"name": "kworker/0:1"})])
	count(processes.gst_065) == 1 with input as facts([init, child({"name": "[kworker/0:1]"})])
	count(processes.gst_065) == 1 with input as facts([init, child({"name": "[kthreadd]"})])
	count(processes.gst_065) == 0 with input as facts([init, child({"name": "["})])
	count(processes.gst_065) == 1 with input as facts([init, child({"title": "[kworker/0:1]"})])
	count(processes.gst_065) == 1 with input as facts([init, child({"title": "[kworker/0:1]      "})])
	count(processes.gst_065) == 0 with input as facts([init, child({"title": "[ -f x ]"})])
}

judged(list, more) := {"facts": {
	"kernel": {"state": "present", "value": {"release": "6.1.0", "buildId": "ab"}},
	"processes": {"state": "present", "value": object.union({"processes": list, "hidden": [], "initCred": "0xc0"}, more)},
}}

test_hidden_further if {
	evil := {"pid": 7, "name": "evil", "task": "0x7", "missingIn": ["list", "table", "children"], "foundIn": ["task_struct_cachep"]}
	some everywhere in processes.gst_060 with input as judged([], {"hidden": [evil]})
	everywhere.case == "everywhere"
	some thread in processes.gst_060 with input as judged([], {"hiddenThreads": [{"pid": 8, "group": 7, "name": "evil", "task": "0x8", "missingIn": "table"}]})
	thread.args.places == "init_pid_ns.idr"
	some task in processes.gst_060 with input as judged([], {"renumbered": [{"pid": 8, "number": 7, "name": "evil", "task": "0x8"}]})
	task.case == "renumbered"
	some parent in processes.gst_060 with input as judged([], {"misplaced": [{"pid": 8, "name": "sh", "task": "0x8", "parent": 1, "childOf": 5}]})
	parent.case == "parent"
}

contradicting_row(kind) := {"pid": 8, "name": "sh", "task": "0x8", "kind": kind}

test_contradicting if {
	some tracer in processes.gst_060 with input as judged([], {"contradicting": [contradicting_row("tracer")]})
	tracer.case == "tracer"
	some counted in processes.gst_060 with input as judged([], {"contradicting": [contradicting_row("threadCount")]})
	counted.case == "threads"
	some stripped in processes.gst_060 with input as judged([], {"contradicting": [contradicting_row("namespaces")]})
	stripped.case == "namespaces"
	every kind in {"activeMemory", "memoryOwner", "rootFolder"} {
		some hit in processes.gst_082 with input as judged([], {"contradicting": [contradicting_row(kind)]})
		hit.case == kind
	}
	count(processes.gst_082) == 0 with input as judged([], {"contradicting": [contradicting_row("tracer")]})
}

own_thread(change) := child(object.union({"pid": 201, "group": 200, "task": "0x201"}, change))

test_credentials_of_a_thread if {
	list := [init, shell, child({"group": 200})]
	count(processes.gst_061 | processes.gst_062) == 0 with input as judged(list, {"threads": [own_thread({"cred": "0xd", "realCred": "0xd"})]})
	some forged in processes.gst_061 with input as judged(list, {"threads": [own_thread({"uid": 0})]})
	forged.args.pid == 201
	some initial in processes.gst_062 with input as judged(list, {"threads": [own_thread({"cred": "0xc0", "realCred": "0xc0"})]})
	initial.case == "initial"
	some shared in processes.gst_062 with input as judged(list, {"threads": [own_thread({"cred": "0xc1", "realCred": "0xc1"})]})
	shared.case == "shared"
	count(processes.gst_062) == 0 with input as judged(list, {"threads": [own_thread({"cred": "0xd"})]})
}

test_labels if {
	labelled := object.union(init, {"label": "0xe1"})
	count(processes.gst_062) == 0 with input as judged([labelled, child({"label": "0xe2"})], {})
	count(processes.gst_062) == 0 with input as judged([init, child({"label": null}), object.union(shell, {"label": null})], {})
	some hit in processes.gst_062 with input as judged([labelled, child({"label": "0xe1"})], {})
	hit.args.other == 1
}

test_escaped if {
	count(processes.gst_061) == 0 with input as judged([init, child({"pidLevel": 1, "firstNamespaces": false}), object.union(shell, {"pidLevel": 0, "firstNamespaces": true})], {})
	some hit in processes.gst_061 with input as judged([init, child({"pidLevel": 1, "firstNamespaces": true})], {})
	hit.case == "escaped"
	count(processes.gst_061) == 0 with input as judged([object.union(init, {"firstRoot": true}), object.union(kthread, {"firstRoot": true}), child({"firstRoot": false})], {})
	some root_case in processes.gst_061 with input as judged([init, child({"firstRoot": true})], {})
	root_case.case == "root"
}

test_contradictions if {
	changes := {
		"counted": {"countedUid": 1},
		"namespace": {"countedNamespace": "0x1", "namespace": "0x2"},
		"files": {"fsuid": 0},
		"group": {"gid": 1000, "egid": 0, "sgid": 1000},
		"fileGroup": {"gid": 1000, "egid": 1000, "sgid": 1000, "fsgid": 0},
		"saved": {"suid": 0, "permitted": "0x0"},
		"beyond": {"beyondLast": "0x8000000000000000"},
		"unpermitted": {"notPermitted": "0x1"},
		"ambient": {"notInheritable": "0x400"},
	}
	every name, change in changes {
		hits := processes.gst_061 with input as judged([init, child(change)], {})
		{hit.case | some hit in hits} == {name}
		count(processes.gst_061) == 0 with input as judged([init, child(object.union(change, {"exiting": true}))], {})
	}
}

# sudo takes group 0 while it is root, and keeps its user's saved group
test_groups_of_root if {
	changes := [{"gid": 1000, "egid": 0, "sgid": 1000}, {"gid": 1000, "egid": 1000, "sgid": 1000, "fsgid": 0}]
	every change in changes {
		count(processes.gst_061) == 0 with input as judged([init, child(object.union(change, {"euid": 0, "suid": 0, "setuidProgram": true}))], {})
	}
}

before := child({"started": "5", "fsuid": 1000, "permitted": "0x0", "permittedLow": 0, "permittedHigh": 0, "securebits": 3, "noNewPrivileges": true, "boundingLow": 1, "boundingHigh": 0, "inheritableLow": 0, "inheritableHigh": 0, "gid": 1000, "egid": 1000, "sgid": 1000, "sandbox": {"mode": 2, "filter": true, "asked": true}})

test_gained if {
	changes := {
		"capabilities": {"permittedLow": 65536},
		"root": {"euid": 0},
		"sandbox": {"sandbox": {"mode": 0, "filter": false, "asked": false}},
		"privileges": {"noNewPrivileges": false},
		"locks": {"securebits": 1},
		"bounding": {"boundingLow": 3},
		"inheritable": {"inheritableLow": 4096},
		"group": {"gid": 0},
	}
	every name, change in changes {
		now := object.union(judged([object.union(before, change)], {}), {"baseline": judged([before], {})})
		hits := processes.gst_066 with input as now
		{hit.case | some hit in hits} == {name}
	}
	count(processes.gst_066) == 0 with input as object.union(judged([before], {}), {"baseline": judged([before], {})})
	another := object.union(before, {"euid": 0, "mm": "0xb"})
	count(processes.gst_066) == 0 with input as object.union(judged([another], {}), {"baseline": judged([before], {})})
	able := object.union(before, {"permittedLow": 128})
	count(processes.gst_066) == 0 with input as object.union(judged([object.union(able, {"euid": 0})], {}), {"baseline": judged([able], {})})
}

nobody := {"address": "0xffff888000000000", "owner": {"kind": "none"}}

test_threads_of_the_kernel if {
	thread := object.union(kthread, {"pid": 50, "ppid": 2, "thread": "0xd", "parentKernelThread": true})
	count(processes.gst_067) == 0 with input as judged([thread], {})
	changes := {"function": {"function": nobody}, "disguise": {"thread": null}, "child": {"parentKernelThread": false}, "unmarked": {"kernelThread": false}}
	every name, change in changes {
		hits := processes.gst_067 with input as judged([object.union(thread, change)], {})
		{hit.case | some hit in hits} == {name}
	}
}

test_sandbox if {
	clean := [{"mode": 0, "filter": false, "asked": false}, {"mode": 2, "filter": true, "asked": true}, {"mode": 1, "filter": false, "asked": true}]
	every sandbox in clean { count(processes.gst_068) == 0 with input as judged([child({"sandbox": sandbox})], {}) }
	broken := {
		"filter": {"mode": 0, "filter": true, "asked": false}, "asked": {"mode": 0, "filter": false, "asked": true},
		"empty": {"mode": 2, "filter": false, "asked": true}, "unasked": {"mode": 2, "filter": true, "asked": false},
	}
	every name, sandbox in broken {
		hits := processes.gst_068 with input as judged([child({"sandbox": sandbox})], {})
		{hit.case | some hit in hits} == {name}
	}
}

test_mark if {
	count(processes.gst_069) == 1 with input as judged([child({"pinning": true, "flags": "0x10000000"})], {})
	count(processes.gst_069) == 0 with input as judged([child({"pinning": true, "flags": "0x10000000", "state": "R"})], {})
}

user_groups := {
	"gid": 1000, "egid": 1000, "sgid": 1000, "groups": 2, "inRootGroup": false, "pidLevel": 0, "setgidProgram": false,
	"permittedLow": 0, "permittedHigh": 0, "inheritableLow": 0, "inheritableHigh": 0,
}

grouped(above, change) := judged(
	[
		object.union(init, {"gid": 0, "egid": 0, "sgid": 0, "groups": 0, "inRootGroup": false, "inheritableLow": 0, "inheritableHigh": 0}),
		object.union(object.union(shell, user_groups), above),
		child(object.union(user_groups, change)),
	],
	{"userNamespace": 7},
)

cases(document) := {hit.case | some hit in hits} if {
	hits := processes.gst_061 with input as document
}

root_group := {"gid": 0, "egid": 0, "sgid": 0, "fsgid": 0}

test_groups_in_doubt if {
	cases(grouped({}, {})) == set()
	cases(grouped({}, {"gid": 0})) == {"realGroup"}
	cases(grouped({}, {"gid": 0, "setgidProgram": true})) == set()
	cases(grouped({}, {"sgid": 0})) == {"savedGroup"}
	cases(grouped({}, {"sgid": 0, "setgidProgram": true})) == set()
	cases(grouped({}, {"egid": 0, "sgid": 0})) == {"effectiveGroup"}
	cases(grouped({}, {"egid": 0, "sgid": 0, "setgidProgram": true})) == set()
	cases(grouped({}, root_group)) == {"rootGroup"}

	# a child of root with its own list of groups, or with a list that has the group 0
	cases(grouped({}, object.union(root_group, {"ppid": 1}))) == {"rootGroup"}
	cases(grouped({}, object.union(root_group, {"ppid": 1, "inRootGroup": true}))) == set()
	cases(grouped({}, object.union(root_group, {"ppid": 1, "groups": 0}))) == set()

	# a member of the group, a container, and the child of one that is told itself
	cases(grouped({"inRootGroup": true}, object.union(root_group, {"inRootGroup": true}))) == set()
	cases(grouped({}, object.union(root_group, {"pidLevel": 1}))) == set()
	cases(grouped(object.union(root_group, {"inRootGroup": true}), root_group)) == set()
	cases(grouped({}, object.union(root_group, {"userNamespace": 8}))) == set()
	cases(grouped({}, object.union(root_group, {"setgidProgram": true}))) == set()
}

test_inheritable_in_doubt if {
	cases(grouped({}, {"inheritableLow": 4096})) == {"inheritable"}
	cases(grouped({}, {"inheritableHigh": 1})) == {"inheritable"}
	cases(grouped({}, {"inheritableLow": 4096, "permittedLow": 4096})) == set()
	cases(grouped({"inheritableLow": 4096, "permittedLow": 4096}, {"inheritableLow": 4096})) == set()
	cases(grouped({}, {"inheritableLow": 4096, "pidLevel": 1})) == set()
}

test_two_of_one_number_are_judged_as_others if {
	above := object.union(shell, user_groups)
	below := child(object.union(user_groups, {"inheritableLow": 4096}))
	twins := judged([init, above, object.union(above, {"task": "0x142"}), below], {"userNamespace": 7})
	"inheritable" in cases(twins)
}

test_root_without_rights_in_doubt if {
	acting := {"euid": 0, "suid": 0, "permitted": "0x0", "boundingLow": 1, "boundingHigh": 0}
	cases(grouped({}, acting)) == {"powerless"}
	cases(grouped({}, object.union(acting, {"setuidProgram": true}))) == set()
	cases(grouped({}, object.union(acting, {"uid": 0, "userUid": 0}))) == {"powerless"}
	cases(grouped({}, object.union(acting, {"pidLevel": 1}))) == set()
	cases(grouped({}, object.union(acting, {"boundingLow": 0}))) == set()
	cases(grouped({}, object.union(acting, {"permitted": "0x1"}))) == set()
}

test_capabilities_in_doubt if {
	having := {"permitted": "0x1000", "permittedLow": 4096, "notAmbient": "0x1000", "gained": false}
	cases(grouped({}, having)) == {"capable"}
	cases(grouped({}, object.union(having, {"gained": true}))) == set()
	cases(grouped({}, object.union(having, {"gained": null}))) == set()
	cases(grouped({}, object.union(having, {"notAmbient": "0x0"}))) == set()
	cases(grouped({}, object.union(having, {"suid": 0}))) == set()
}

shared(change) := object.union({"structure": "files_struct", "address": "0xf", "task": "0x100", "tasks": ["sh (100)", "sh (200)"], "references": 2, "count": 1}, change)

more_facts(key, list) := {"facts": {"processes": {"state": "present", "value": {"processes": [], "hidden": [], "initCred": "0xc0", key: list}}}}

test_uncounted if {
	some hit in processes.gst_082 with input as more_facts("overused", [shared({})])
	hit.args.tasks == "sh (100), sh (200)"
	count(processes.gst_062) == 0 with input as more_facts("overused", [shared({})])
	some cred in processes.gst_062 with input as more_facts("overused", [shared({"structure": "cred"})])
	cred.case == "uncounted"
	count(processes.gst_082) == 0 with input as more_facts("overused", [shared({"structure": "cred"})])
}

test_ungrouped if {
	some hit in processes.gst_060 with input as more_facts("ungrouped", [{"pid": 100, "name": "sh", "task": "0x100"}])
	hit.case == "group"
}

test_stripped if {
	naked := {"mm": null, "forked": false, "parentKernelThread": false}
	some hit in processes.gst_067 with input as facts([init, shell, child(naked)])
	hit.case == "stripped"
	some forked in processes.gst_067 with input as facts([init, shell, child(object.union(naked, {"forked": true}))])
	forked.case == "stripped"

	# a helper of the kernel before its program begins, and who ends
	helper := child({"mm": null, "forked": true, "parentKernelThread": true, "state": "R", "ppid": 2})
	count(processes.gst_067) == 0 with input as facts([init, kthread, helper])
	count(processes.gst_067) == 0 with input as facts([init, shell, child(object.union(naked, {"exiting": true}))])
	count(processes.gst_067) == 0 with input as facts([init, shell, child(object.union(naked, {"state": "Z"}))])
}

worker(name, function) := object.union(kthread, {
	"pid": 9, "ppid": 2, "name": name, "task": "0x9", "thread": "0x91", "parentKernelThread": true,
	"function": {"address": "0xff", "owner": {"kind": "kernel", "name": function, "distance": 0}}, "givenName": null,
})

test_renamed if {
	count(processes.gst_067) == 0 with input as facts([worker("kworker/0:1", "worker_thread"), worker("kworker/R-rcu_g", "rescuer_thread")])
	some hit in processes.gst_067 with input as facts([worker("sshd", "worker_thread")])
	hit.args.expected == "kworker/"
	rescuer := object.union(worker("kworker/R-rcu_g", "rescuer_thread"), {"pid": 4, "task": "0x4"})
	count(processes.gst_067) == 0 with input as facts([worker("sshd", "rescuer_thread")])
	some named in processes.gst_067 with input as facts([worker("sshd", "rescuer_thread"), rescuer])
	named.args.expected == "kworker/R-"
	own := object.union(worker("ksoftirqd/0", "smpboot_thread_fn"), {"givenName": "ksoftirqd/0"})
	count(processes.gst_067) == 0 with input as facts([own])
	some other in processes.gst_067 with input as facts([object.union(own, {"name": "ksoftirqd/7"})])
	other.case == "renamed"
	some doubt in processes.gst_067 with input as facts([object.union(worker("kworker/0:9", "run"), {"function": {"address": "0xff", "owner": {"kind": "module", "name": "x", "distance": 8}}})])
	doubt.case == "worker"
}

user := {"pidLevel": 0, "gained": false, "userNamespace": 7, "permittedLow": 0, "permittedHigh": 0, "ambientLow": 0, "ambientHigh": 0}

below(above, own) := {"facts": {"processes": {"state": "present", "value": {
	"processes": [init, object.union(object.union(shell, user), above), child(object.union(user, own))],
	"hidden": [], "initCred": "0xc0", "userNamespace": 7,
}}}}

test_raised if {
	own := {"permittedLow": 1024, "ambientLow": 1024}
	some hit in processes.gst_061 with input as below({}, own)
	hit.case == "raised"
	count(processes.gst_061) == 0 with input as below({"permittedLow": 1024}, own)
	count(processes.gst_061) == 0 with input as below({}, object.union(own, {"gained": true}))
}

test_program if {
	some hit in processes.gst_083 with input as facts([init, child({"file": false})])
	hit.case == "none"
	count(processes.gst_083) == 0 with input as facts([init, child({"file": true}), child({"mm": null, "file": null}), child({"file": false, "exiting": true})])
	other := {"pid": 100, "name": "sh", "task": "0x100", "mapped": "/tmp/x", "named": "/usr/sbin/sshd"}
	some doubt in processes.gst_083 with input as {"facts": {"executable": {"state": "present", "value": {"programs": [other]}}}}
	doubt.case == "other"
}
