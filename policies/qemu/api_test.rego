package ringwall.tests.qemu.api

import data.ringwall.controls.qemu.api

list(elements) := {"state": "present", "value": elements, "source": []}

none := {"state": "absent", "source": []}

facts := {"argv.unresolved": none, "argv.listeners": none, "process.listeners": none, "process.monitorSockets": none}

monitor(type, address) := {"interface": "qmp", "option": "-qmp", "type": type, "mode": "bind", "address": address, "tls": false, "abstract": false, "authz": false}

verdict(more) := result if result := api.qmu_007 with input.facts as object.union(facts, more)

test_network_fails if {
	some type in ["tcp", "udp", "vsock"]
	verdict({"argv.monitors": list([monitor("unix", "/run/q"), monitor(type, "127.0.0.1:1")])}).verdict == "fail"
}

test_offender_is_named if {
	verdict({"argv.monitors": list([monitor("fd", "fd 3"), monitor("tcp", "*:1")])}).facts == ["argv.monitors[1]"]
}

test_encryption_does_not_help if {
	encrypted := object.union(monitor("tcp", "*:1"), {"tls": true, "authz": true})
	verdict({"argv.monitors": list([encrypted])}).case == "unsafe"
}

test_gdb_fails_on_any_transport if {
	stub := object.union(monitor("unix", "/run/g"), {"interface": "gdb"})
	verdict({"argv.monitors": list([stub])}).verdict == "fail"
}

test_abstract_socket_fails if {
	verdict({"argv.monitors": list([object.union(monitor("unix", "q"), {"abstract": true})])}).verdict == "fail"
}

test_local_passes if verdict({"argv.monitors": list([monitor("unix", "/run/q"), monitor("fd", "fd 3")])}).case == "local"

test_nothing_passes if verdict({"argv.monitors": none}).case == "none"

test_hidden_options_leave_it_open if verdict({"argv.monitors": none, "argv.unresolved": list(["one.cfg"])}).case == "unresolved"

test_hidden_options_do_not_excuse if {
	verdict({"argv.monitors": list([monitor("tcp", "*:1")]), "argv.unresolved": list(["one.cfg"])}).verdict == "fail"
}

test_socket_for_all_fails if {
	sockets := list([{"path": "/tmp/q", "reach": "others"}])
	verdict({"argv.monitors": list([monitor("unix", "/tmp/q")]), "process.monitorSockets": sockets}).case == "reachable"
}

test_unreadable_socket_is_unknown if {
	sockets := {"state": "unreadable", "why": "permission", "source": []}
	verdict({"argv.monitors": list([monitor("unix", "/tmp/q")]), "process.monitorSockets": sockets}).reason == "unreadable"
}

test_unexplained_port_is_unknown if {
	verdict({"argv.monitors": none, "process.listeners": list([{"address": "0.0.0.0", "port": 1234}])}).case == "unexplained"
}

test_explained_port_passes if {
	verdict({
		"argv.monitors": none,
		"process.listeners": list([{"address": "0.0.0.0", "port": 5903}]),
		"argv.listeners": list([{"option": "-vnc", "port": 5900, "to": 5910}]),
	}).verdict == "pass"
}
