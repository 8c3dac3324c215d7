package ringwall.tests.host.confinement

import data.ringwall.controls.host.confinement

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

own_profile := "libvirt-c6a5b8d4-0e2b-4a0f-9a7c-6a2b1c3d4e03 (enforce)"

labelled(labels) := present([{"pid": 100 + i, "name": sprintf("g%d", [i]), "label": label} | some i, label in labels])

apparmor(labels) := {"facts": {
	"selinux.enforce": absent, "module.apparmor": present("built-in"), "module.apparmor.enabled": present("Y"),
	"qemu.labels": labelled(labels),
}}

test_apparmor if {
	result := confinement.kvm_071 with input as apparmor([own_profile])
	result.case == "apparmor"
}

test_apparmor_with_a_guest_outside if {
	result := confinement.kvm_071 with input as apparmor([own_profile, "unconfined"])
	result.case == "unconfinedGuests"
	result.args.found == ["g1 (pid 101: unconfined)"]
}

test_apparmor_with_a_guest_unread if {
	result := confinement.kvm_071 with input as apparmor([own_profile, null])
	result.verdict == "unknown"
	result.args.found == ["g1"]
}

test_selinux if {
	every level, verdict in {1: "pass", 0: "fail"} {
		result := confinement.kvm_071 with input as {"facts": {"selinux.enforce": present(level)}}
		result.verdict == verdict
	}
}

test_neither if {
	result := confinement.kvm_071 with input as {"facts": {"selinux.enforce": absent, "module.apparmor.enabled": absent}}
	result.case == "unsafe"
}

verdict_of(labels) := result.verdict if {
	result := confinement.kvm_072 with input as {"facts": {"qemu.labels": labelled(labels)}}
}

test_a_pair_of_categories if verdict_of(["system_u:system_r:svirt_t:s0:c12,c700"]) == "pass"

test_labels_that_confine_nothing if {
	every label in [
		"", "unconfined", "system_u:system_r:svirt_t:s0", "system_u:system_r:virtd_t:s0:c1,c2", "libvirtd (enforce)",
		"libvirt-c6a5b8d4-0e2b-4a0f-9a7c-6a2b1c3d4e03 (complain)",
	] {
		verdict_of([own_profile, label]) == "fail"
	}
}

test_no_guest if verdict_of([]) == "notApplicable"

users(ids) := {"facts": {"qemu.users": present([{"pid": 7, "name": "g", "uids": ids}])}}

test_every_one_of_the_four_user_ids_counts if {
	every ids in [[0, 0, 0, 0], [107, 107, 0, 107], [107, 0, 107, 107]] {
		result := confinement.kvm_073 with input as users(ids)
		result.verdict == "fail"
	}
}

test_an_account_of_its_own if {
	result := confinement.kvm_073 with input as users([107, 107, 107, 107])
	result.verdict == "pass"
}

test_an_account_unread if {
	result := confinement.kvm_073 with input as users(null)
	result.verdict == "unknown"
}

test_switches_of_selinux if {
	result := confinement.kvm_074 with input as {"facts": {"selinux.booleans": present({"virt_use_nfs": "on", "virt_use_usb": "off"})}}
	result.args.found == ["virt_use_nfs"]
}
