package ringwall.tests.domain.consoles

import data.ringwall.controls.domain.consoles

present(value) := {"state": "present", "value": value, "source": []}

facts(name, value) := object.union(
	{
		"configured.document": present("file"), "running.document": {"state": "notCollected"},
		"configured.graphics": present([{"device": "vnc", "type": "vnc", "kind": "address", "address": "127.0.0.1"}]),
	},
	{concat(".", ["configured", name]): present(value)},
)

at(f) := {"collected": {"at": "2026-01-01T00:00:00Z"}, "asset": {"kind": "domain", "name": "a"}, "facts": f}

password(end) := result if {
	input_with_password := at(facts("graphics.passwords", [{"device": "vnc", "validTo": end}]))
	result := consoles.lvx_015 with input as input_with_password with data.ringwall.parameters.console_password_days as 2
}

test_past_password if password("2010-04-09T15:51:00").verdict == "pass"

test_near_password if password("2026-01-02T23:00:00").verdict == "pass"

test_late_password if password("2026-01-04T00:00:00").verdict == "fail"

test_end_that_is_no_time if password("tomorrow").verdict == "fail"

test_password_without_an_end if {
	result := consoles.lvx_015 with input as at(facts("graphics.passwords", [{"device": "vnc"}]))
	result.verdict == "fail"
	result.args.found == {"no end"}
}

listening(address) := result.verdict if {
	result := consoles.lvx_014 with input as at(facts("graphics", [{"device": "vnc", "type": "vnc", "kind": "address", "address": address}]))
}

test_loopback if {
	every address in ["127.0.0.1", "127.8.9.10", "::1", "localhost"] { listening(address) == "pass" }
}

test_reachable if {
	every address in ["0.0.0.0", "::", "192.0.2.1", "127.example.org", "128.0.0.1"] { listening(address) == "fail" }
}

test_socket if {
	result := consoles.lvx_014 with input as at(facts("graphics", [{"device": "vnc", "type": "vnc", "kind": "socket"}]))
	result.verdict == "pass"
}

test_network if {
	result := consoles.lvx_014 with input as at(facts("graphics", [{"device": "vnc", "type": "vnc", "kind": "network", "network": "default"}]))
	result.verdict == "fail"
}
