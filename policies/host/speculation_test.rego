package ringwall.tests.host.speculation

import data.ringwall.controls.host.speculation

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

given(parameters) := object.union(
	{"cmdline": present([]), "cmdline.mitigations": absent},
	{sprintf("cmdline.%s", [name]): present(values) | some name, values in parameters},
)

mitigations(values) := result if {
	result := speculation.kvm_024 with input as {"facts": given({"mitigations": values})}
}

test_mitigations if {
	mitigations(["auto"]).verdict == "pass"
	mitigations(["auto,nosmt"]).verdict == "pass"
	mitigations(["off"]).case == "off"
	mitigations(["off", "auto"]).verdict == "pass"
	mitigations(["auto;no_guest_host"]).case == "vector"
	mitigations(["of"]).case == "unrecognised"
}

test_mitigations_as_built if {
	default_on := speculation.kvm_024 with input as {"facts": given({})}
	default_on.case == "default"
	built_off := speculation.kvm_024 with input as {"facts": object.union(given({}), {"config.cpu_mitigations": present("n")})}
	built_off.verdict == "fail"
}

switched(parameters) := result if {
	result := speculation.kvm_025 with input as {"facts": given(parameters)}
}

test_single_switches if {
	switched({}).verdict == "pass"
	switched({"mds": ["full,nosmt"]}).verdict == "pass"
	switched({"nopti": [""], "mds": ["off"]}).args.found == ["mds=off", "nopti"]
	switched({"mds": ["off", "full"]}).verdict == "pass"
	switched({"kpti": ["0"]}).verdict == "fail"
	switched({"ssbd": ["force-off"]}).verdict == "fail"
}

threads(control, more) := result if {
	facts := object.union({"smt.control": present(control)}, more)
	result := speculation.kvm_023 with input as {"facts": facts} with data.ringwall.parameters.tenants as "untrusted"
}

test_sibling_threads if {
	threads("off", {}).verdict == "pass"
	threads("on", {"libvirt.driver.sched_core": absent}).verdict == "fail"
	threads("on", {"libvirt.driver.sched_core": present("full")}).case == "coreScheduling"
	threads("on", {"libvirt.driver.sched_core": present("none")}).verdict == "fail"
	threads("on", {"libvirt.driver.sched_core": {"state": "unreadable"}}).verdict == "unknown"
}

test_tenants_that_trust_each_other if {
	result := speculation.kvm_023 with input as {"facts": {"smt.control": present("on")}} with data.ringwall.parameters.tenants as "trusted"
	result.verdict == "notApplicable"
}

huge(value, multihit) := result if {
	facts := {
		"module.kvm": present("loaded"), "module.kvm.nx_huge_pages": present(value), "cpu.vendor": present("intel"),
		"cpu.vulnerabilities.itlb_multihit": multihit,
	}
	result := speculation.kvm_011 with input as {"facts": facts}
}

reported(text, state) := present({"text": text, "clauses": [{"state": state, "detail": text}]})

test_huge_pages if {
	huge("Y", absent).verdict == "pass"
	huge("N", reported("Not affected", "not affected")).case == "notAffected"
	huge("N", reported("KVM: Vulnerable", "vulnerable")).verdict == "fail"
	huge("N", {"state": "unreadable"}).verdict == "unknown"
}
