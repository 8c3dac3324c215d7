package ringwall.tests.host.memory

import data.ringwall.controls.host.memory

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

ksm(run, sharing, more) := result if {
	facts := object.union({"ksm.run": present(run), "ksm.pages_sharing": present(sharing)}, more)
	result := memory.kvm_075 with input as {"facts": facts}
}

test_merging if {
	ksm(0, 0, {}).case == "safe"
	ksm(2, 0, {}).verdict == "pass"
	ksm(1, 0, {}).case == "running"
	ksm(0, 12, {}).case == "merged"
	ksm(0, 0, {"unit.ksmtuned": present("enabled")}).args.unit == ["ksmtuned"]
}

test_a_kernel_that_cannot_merge if {
	result := memory.kvm_075 with input as {"facts": {"ksm.run": absent}}
	result.verdict == "notApplicable"
}

guests(list) := {"facts": {"libvirt.guests": present(list)}}

guest(launch, apart) := {"name": "g", "uuid": "u", "launchSecurity": launch, "nosharepages": apart}

test_confidential_guests_share_no_pages if {
	shared := memory.kvm_076 with input as guests([guest("sev", false)]) with data.ringwall.parameters as {}
	shared.args.found == ["g"]
	apart := memory.kvm_076 with input as guests([guest("sev", true)]) with data.ringwall.parameters.confidential_guests as []
	apart.verdict == "pass"
	named := memory.kvm_076 with input as guests([guest(null, false)]) with data.ringwall.parameters.confidential_guests as ["u"]
	named.verdict == "fail"
	none := memory.kvm_076 with input as guests([guest(null, false)]) with data.ringwall.parameters.confidential_guests as []
	none.verdict == "notApplicable"
}

swap(protections) := result if {
	areas := [{"name": sprintf("/dev/s%d", [i]), "protection": protection} | some i, protection in protections]
	result := memory.kvm_077 with input as {"facts": {"swap.areas": present(areas)}}
}

test_swap if {
	swap([]).case == "none"
	swap(["dm-crypt", "zram"]).verdict == "pass"
	swap(["dm-crypt", "none"]).args.found == ["/dev/s1"]
	swap(["zram", "unknown"]).verdict == "unknown"
	swap(["unknown", "none"]).verdict == "fail"
}

cleared(cmdline, config) := result if {
	given := {sprintf("cmdline.%s", [name]): present([value]) | some name, value in cmdline}
	built := {sprintf("config.%s", [name]): present(value) | some name, value in config}
	quiet := {"cmdline": present([]), "config.init_on_alloc_default_on": absent}
	result := memory.kvm_078 with input as {"facts": object.union_n([quiet, given, built])}
}

test_memory_is_cleared if {
	cleared({"init_on_free": "1"}, {}).verdict == "pass"
	cleared({"init_on_alloc": "0"}, {"init_on_alloc_default_on": "y"}).verdict == "fail"
	cleared({}, {"init_on_alloc_default_on": "y"}).case == "builtIn"
	cleared({"init_on_free": "0"}, {"init_on_free_default_on": "y"}).verdict == "fail"
	cleared({}, {}).case == "unset"
}

test_dumps if {
	every value, verdict in {0: "pass", 1: "fail"} {
		facts := {"libvirt.installed": present(true), "libvirt.driver.dump_guest_core": present(value)}
		result := memory.kvm_079 with input as {"facts": facts}
		result.verdict == verdict
	}
}
