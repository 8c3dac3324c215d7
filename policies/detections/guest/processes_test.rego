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
	other := object.union(every_one, {"userNamespace": 8})
	count(processes.gst_061) == 0 with input as {"facts": {"processes": {"state": "present", "value": other}}}
}

test_shared if {
	some hit in processes.gst_062 with input as facts([init, shell, child({"realCred": "0xc1"})])
	hit.args.other == 1
	count(processes.gst_062) == 1 with input as facts([init, shell, child({"cred": "0xc0"})])
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
	count(processes.gst_065) == 1 with input as facts([init, child({"title": "[kworker/0:1]"})])
	count(processes.gst_065) == 0 with input as facts([init, child({"title": "[ -f x ]"})])
}
