package ringwall.tests.gvisor.sandbox

import data.ringwall.controls.gvisor.sandbox

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

flags(list) := result if result := sandbox.gvs_002 with input as {"facts": {"flags": present(list)}}

test_flags_for_debugging if {
	every name in ["debug", "strace", "strace-syscalls", "profile", "profile-cpu", "TESTONLY-unsafe-nonroot", "log-packets"] {
		flags([{"name": name, "value": true}]).args.found == [concat("", ["--", name])]
	}
}

test_what_is_switched_off_is_no_flag if flags([{"name": "debug", "value": false}, {"name": "network", "value": "none"}]).verdict == "pass"

overlay(value) := result if {
	result := sandbox.gvs_013 with input as {"facts": {"flag.overlay": absent, "flag.overlay2": present(value)}}
}

test_overlays if {
	every value in ["root:self", "all:memory", "root:memory,size=2g"] { overlay(value).verdict == "pass" }
	every value in ["none", "root:dir=/srv", "roots:self"] { overlay(value).verdict == "fail" }
}
