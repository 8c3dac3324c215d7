package ringwall.tests.host.kernel

import data.ringwall.controls.host.kernel

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

lockdown(fact) := result.verdict if {
	result := kernel.kvm_060 with input as {"facts": {"securityfs.lockdown": fact}}
}

test_lockdown if {
	lockdown(present("integrity")) == "pass"
	lockdown(present("confidentiality")) == "pass"
	lockdown(present("none")) == "fail"
	lockdown(absent) == "fail"
	lockdown({"state": "unreadable"}) == "unknown"
}

signatures(enforced, locked) := result if {
	result := kernel.kvm_061 with input as {"facts": {"module.module": present("built-in"), "module.module.sig_enforce": enforced, "securityfs.lockdown": locked}}
}

test_signatures if {
	signatures(present("Y"), present("none")).verdict == "pass"
	signatures(present("N"), present("integrity")).case == "lockdown"
	signatures(present("N"), present("none")).verdict == "fail"
	signatures(present(""), present("none")).verdict == "unknown"
	signatures(present("N"), {"state": "unreadable"}).verdict == "unknown"
}

test_bounds_of_settings if {
	every value, verdict in {0: "fail", 1: "pass", 2: "pass"} {
		result := kernel.kvm_065 with input as {"facts": {"sysctl.kernel.unprivileged_bpf_disabled": present(value)}}
		result.verdict == verdict
	}
	every value, verdict in {-1: "fail", 1: "fail", 2: "pass", 4: "pass"} {
		result := kernel.kvm_069 with input as {"facts": {"sysctl.kernel.perf_event_paranoid": present(value)}}
		result.verdict == verdict
	}
}

test_a_value_that_is_no_number if {
	result := kernel.kvm_067 with input as {"facts": {"sysctl.kernel.kptr_restrict": present("on")}}
	result.case == "unrecognised"
}

test_settings_that_a_kernel_lacks if {
	gone := kernel.kvm_067 with input as {"facts": {"sysctl.kernel.kptr_restrict": absent}}
	gone.verdict == "unknown"
	none := kernel.kvm_064 with input as {"facts": {"sysctl.kernel.kexec_load_disabled": absent}}
	none.verdict == "notApplicable"
	yama := kernel.kvm_070 with input as {"facts": {"sysctl.kernel.yama.ptrace_scope": absent}}
	yama.case == "noYama"
}
