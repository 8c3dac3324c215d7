package ringwall.tests.host.access

import data.ringwall.controls.host.access

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

device := {"mode": "0660", "beyond": 0, "user": "root", "uid": 0, "group": "kvm", "gid": 106, "forGroup": true}

judged(changes, list) := result if {
	facts := {"module.kvm": present("loaded"), "device.kvm": present(object.union(device, changes)), "device.kvm.acl": present(list)}
	result := access.kvm_019 with input as {"facts": facts}
}

test_root_and_the_group_kvm if judged({}, []).verdict == "pass"

test_open_to_all if judged({"mode": "0666", "beyond": 6}, []).case == "mode"

test_another_owner if judged({"user": "alice", "uid": 1000}, []).args.owner == "alice"

test_owner_without_a_name if judged({"user": null, "uid": 1000}, []).args.owner == "1000"

test_another_group if judged({"group": "users", "gid": 100}, []).case == "group"

test_group_without_rights if judged({"group": "users", "gid": 100, "forGroup": false, "mode": "0600"}, []).verdict == "pass"

test_group_without_a_name if judged({"group": null}, []).verdict == "unknown"

test_access_list if {
	result := judged({}, [
		{"kind": "user", "name": "alice", "id": 1000, "permissions": "rw-"}, {"kind": "user", "name": "qemu", "id": 107, "permissions": "rw-"},
		{"kind": "group", "name": "kvm", "id": 106, "permissions": "rw-"}, {"kind": "user", "name": "bob", "id": 1001, "permissions": "---"},
	])
	result.verdict == "fail"
	result.args.found == ["user alice"]
}

test_accounts_that_systems_hand_out_are_services if {
	judged({}, [{"kind": "user", "name": "u", "id": 61184, "permissions": "rw-"}]).verdict == "pass"
	judged({}, [{"kind": "user", "name": "u", "id": 65534, "permissions": "rw-"}]).verdict == "fail"
}

test_no_device_without_the_module if {
	result := access.kvm_019 with input as {"facts": {"module.kvm": absent, "device.kvm": {"state": "notCollected"}}}
	result.verdict == "notApplicable"
}

groups(kvm, libvirt) := {"facts": {"group.kvm": present(kvm), "group.libvirt": present(libvirt)}}

test_services_alone if {
	result := access.kvm_020 with input as groups(["qemu"], ["libvirt-qemu", "root"])
	result.case == "empty"
}

test_members_that_nobody_named if {
	result := access.kvm_020 with input as groups(["alice"], []) with data.ringwall.parameters as {}
	result.reason == "parameterNotSet"
}

test_strangers if {
	result := access.kvm_020 with input as groups(["alice"], ["mallory", "bob"]) with data.ringwall.parameters.admins as ["alice"]
	result.verdict == "fail"
	result.args.found == ["bob", "mallory"]
}

test_administrators if {
	result := access.kvm_020 with input as groups(["alice"], []) with data.ringwall.parameters.admins as ["alice", "bob"]
	result.verdict == "pass"
}
