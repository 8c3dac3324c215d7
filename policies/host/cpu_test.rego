package ringwall.tests.host.cpu

import data.ringwall.controls.host.cpu

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

intel(facts) := {"facts": object.union({"module.kvm_intel": present("loaded"), "cpu.vendor": present("intel")}, facts)}

ept(value) := result if {
	result := cpu.kvm_001 with input as intel({"module.kvm_intel.ept": present(value)})
}

test_spellings_of_a_boolean if {
	every value in ["Y", "y", "1"] { ept(value).verdict == "pass" }
	every value in ["N", "n", "0"] { ept(value).verdict == "fail" }
}

test_what_is_no_boolean if {
	every value in ["", "2", "yes please"] { ept(value).verdict == "unknown" }
}

test_the_next_load_is_said_beside if {
	facts := {"module.kvm_intel.ept": present("Y"), "modprobe.kvm_intel.ept": present(["1", "0"])}
	result := cpu.kvm_001 with input as intel(facts)
	result.verdict == "pass"
	result.case == "safeUntilReload"
	result.args.next == "0"
}

test_a_module_that_is_built_in_has_no_next_load if {
	facts := {
		"module.kvm_intel": present("built-in"), "module.kvm_intel.ept": present("Y"),
		"modprobe.kvm_intel.ept": present(["0"]),
	}
	result := cpu.kvm_001 with input as intel(facts)
	result.case == "safe"
}

test_another_vendor if {
	result := cpu.kvm_001 with input as intel({"cpu.vendor": present("amd"), "module.kvm_intel.ept": present("Y")})
	result.verdict == "notApplicable"
}

test_a_parameter_that_old_kernels_lack if {
	result := cpu.kvm_009 with input as intel({"module.kvm_intel.pt_mode": absent})
	result.verdict == "pass"
}

test_a_parameter_that_cannot_be_read if {
	result := cpu.kvm_001 with input as intel({"module.kvm_intel.ept": {"state": "unreadable"}})
	result.verdict == "unknown"
	result.reason == "unreadable"
}

flags(list, more) := {"facts": object.union({"cpu.flags": present(list), "cpu.architecture": present("x86")}, more)}

test_extensions if {
	result := cpu.kvm_022 with input as flags(["fpu", "svm"], {}) with data.ringwall.parameters as {}
	result.verdict == "pass"
}

test_extensions_that_the_firmware_did_not_lock if {
	result := cpu.kvm_022 with input as flags(["vmx"], {"msr.feature_control": present(4)}) with data.ringwall.parameters as {}
	result.case == "unlocked"
}

test_extensions_where_none_are_wanted if {
	result := cpu.kvm_022 with input as flags(["vmx"], {}) with data.ringwall.parameters.host_role as "no-virtualization"
	result.verdict == "fail"
}

test_a_guest_that_is_no_hypervisor if {
	result := cpu.kvm_022 with input as flags(["hypervisor"], {"module.kvm": absent}) with data.ringwall.parameters as {}
	result.verdict == "notApplicable"
}

test_modules_barred_from_loading if {
	result := cpu.kvm_021 with input as {"facts": {"module.kvm": absent, "modprobe.barred": present(["kvm_intel", "kvm", "floppy"])}}
	result.args.found == ["kvm", "kvm_intel"]
}
