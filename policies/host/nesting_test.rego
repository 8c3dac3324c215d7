package ringwall.tests.host.nesting

import data.ringwall.controls.host.nesting

present(value) := {"state": "present", "value": value, "source": []}

intel(facts) := result if {
	base := {"module.kvm_intel": present("loaded"), "cpu.vendor": present("intel")}
	result := nesting.kvm_004 with input as {"facts": object.union(base, facts)}
}

test_off_and_on if {
	every value, verdict in {"N": "pass", "0": "pass", "Y": "fail", "1": "fail"} {
		intel({"module.kvm_intel.nested": present(value)}).verdict == verdict
	}
}

test_a_file_without_a_value if {
	result := intel({"module.kvm_intel.nested": present("")})
	result.verdict == "unknown"
	result.case == "unrecognised"
}

test_the_last_option_for_the_next_load_counts if {
	result := intel({"module.kvm_intel.nested": present("N"), "modprobe.kvm_intel.nested": present(["0", "1"])})
	result.case == "safeUntilReload"
	same := intel({"module.kvm_intel.nested": present("N"), "modprobe.kvm_intel.nested": present(["1", "0"])})
	same.case == "safe"
}

test_an_option_without_a_value_switches_on if {
	result := intel({"module.kvm_intel.nested": present("N"), "modprobe.kvm_intel.nested": present([""])})
	result.case == "safeUntilReload"
}

test_hygon_is_driven_by_the_module_of_amd if {
	facts := {"module.kvm_amd": present("loaded"), "cpu.vendor": present("hygon"), "module.kvm_amd.nested": present("1")}
	result := nesting.kvm_005 with input as {"facts": facts}
	result.verdict == "fail"
	intel({"cpu.vendor": present("hygon"), "module.kvm_intel.nested": present("Y")}).verdict == "notApplicable"
}
