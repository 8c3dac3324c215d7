package ringwall.tests.domain.drift

import data.ringwall.controls.domain.drift

present(value) := {"state": "present", "value": value, "source": []}

documents := {"configured.document": present("persistent"), "running.document": present("running")}

verdict(facts) := result.verdict if {
	result := drift.lvx_900 with input as {"asset": {"kind": "domain", "name": "a"}, "facts": object.union(documents, facts)}
}

test_same if {
	verdict({"configured.type": present("kvm"), "running.type": present("kvm")}) == "pass"
}

test_differs if {
	verdict({"configured.memory.dump": present("off"), "running.memory.dump": present("on")}) == "fail"
}

test_host_model_is_filled_in if {
	verdict({"configured.cpu.model": present("host-model"), "running.cpu.model": present("Skylake-Server")}) == "pass"
}

test_named_model_is_not if {
	verdict({"configured.cpu.model": present("Haswell"), "running.cpu.model": present("Skylake-Server")}) == "fail"
}

test_address_of_qemu_conf_is_filled_in if {
	listen := {"device": "vnc", "type": "vnc", "kind": "address"}
	verdict({
		"configured.graphics": present([object.union(listen, {"address": "127.0.0.1", "given": false})]),
		"running.graphics": present([object.union(listen, {"address": "192.0.2.1", "given": true})]),
	}) == "pass"
	verdict({
		"configured.graphics": present([object.union(listen, {"address": "127.0.0.1", "given": true})]),
		"running.graphics": present([object.union(listen, {"address": "192.0.2.1", "given": true})]),
	}) == "fail"
}

test_command_line if {
	verdict({"running.machine.type": present("pc-q35-7.2"), "configured.machine.type": present("pc-q35-7.2"), "argv.machine.type": present("pc-q35-7.1")}) == "fail"
}

test_alone if {
	alone := {"document": present("file")}
	result := drift.lvx_900 with input as {"asset": {"kind": "domain", "name": "a"}, "facts": {"configured.document": alone.document}}
	result.verdict == "notApplicable"
}
