package ringwall.tests.host.devices

import data.ringwall.controls.host.devices

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

amd(facts) := {"facts": object.union({"module.kvm_amd": present("loaded"), "cpu.vendor": present("amd")}, facts)}

test_a_kind_of_confidential_guest_that_is_asked_for if {
	every value, verdict in {"Y": "pass", "1": "pass", "N": "fail", "": "unknown"} {
		result := devices.kvm_017 with input as amd({"module.kvm_amd.sev_snp": present(value)}) with data.ringwall.parameters.cc as "sev-snp"
		result.verdict == verdict
	}
}

test_one_of_several_kinds if {
	result := devices.kvm_016 with input as amd({"module.kvm_amd.sev": present("N")}) with data.ringwall.parameters.cc as ["tdx", "sev"]
	result.verdict == "fail"
}

test_a_kind_that_is_not_asked_for if {
	result := devices.kvm_016 with input as amd({"module.kvm_amd.sev": present("N")}) with data.ringwall.parameters.cc as "none"
	result.verdict == "notApplicable"
}

test_nothing_said if {
	result := devices.kvm_016 with input as amd({"module.kvm_amd.sev": present("N")}) with data.ringwall.parameters as {}
	result.reason == "parameterNotSet"
}

test_the_processor_of_the_module_without_it if {
	facts := {"module.kvm_intel": absent, "cpu.vendor": present("intel")}
	result := devices.kvm_018 with input as {"facts": facts} with data.ringwall.parameters.cc as "tdx"
	result.case == "unsupported"
}

test_the_backdoor if {
	every value, verdict in {"N": "pass", "0": "pass", "Y": "fail", "1": "fail"} {
		facts := {"module.kvm": present("loaded"), "module.kvm.enable_vmware_backdoor": present(value)}
		result := devices.kvm_013 with input as {"facts": facts}
		result.verdict == verdict
	}
}

test_a_kernel_without_the_backdoor if {
	result := devices.kvm_013 with input as {"facts": {"module.kvm": present("loaded"), "module.kvm.enable_vmware_backdoor": absent}}
	result.verdict == "pass"
}
