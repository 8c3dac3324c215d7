package ringwall.tests.host.records

import data.ringwall.controls.host.records

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

loaded(rules) := result if {
	result := records.kvm_080 with input as {"facts": {"libvirt.installed": present(true), "audit.loaded": present(rules)}}
}

all_watched := ["-w /etc/libvirt -p wa -k v", "-w /var/lib/libvirt -p wa", "-w /usr/bin/virsh -p x"]

test_watched if loaded(all_watched).verdict == "pass"

test_a_folder_above_covers if loaded(["-w /etc/ -p wa", "-w /var/lib -p w", "-a always,exit -F path=/usr/bin/virsh -F perm=x"]).verdict == "pass"

test_a_longer_name_covers_nothing if {
	loaded(array.concat(["-w /etc/libvirt-old -p wa"], array.slice(all_watched, 1, 3))).args.found == ["/etc/libvirt"]
}

test_reads_alone_are_too_little if {
	loaded(array.concat(["-w /etc/libvirt -p r"], array.slice(all_watched, 1, 3))).verdict == "fail"
}

test_rules_that_never_record if {
	loaded(array.concat(["-a never,exit -F dir=/etc/libvirt -F perm=w"], array.slice(all_watched, 1, 3))).verdict == "fail"
}

test_files_count_where_the_kernel_cannot_be_asked if {
	facts := {
		"libvirt.installed": present(true), "audit.loaded": {"state": "notCollected"},
		"audit.configured": present(all_watched),
	}
	result := records.kvm_080 with input as {"facts": facts}
	result.case == "configured"
}

test_no_libvirt if {
	result := records.kvm_080 with input as {"facts": {"libvirt.installed": absent}}
	result.verdict == "notApplicable"
}

test_clock if {
	every value, verdict in {true: "pass", false: "fail"} {
		result := records.kvm_081 with input as {"facts": {"time.synchronised": present(value)}}
		result.verdict == verdict
	}
}
