package ringwall.controls.vmware_vm.channels_test

import data.ringwall.controls.vmware_vm.channels

present(value) := {"state": "present", "value": value, "source": []}

on_host(version, build) := {"facts": {"host.version": present(version), "host.build": present(build), "vmci": {"state": "absent", "source": []}}}

test_fixed_builds if {
	every host in [["8.0.3", "24585383"], ["8.0.3", "24784735"], ["8.0.2", "24585300"], ["7.0.3", "24585291"], ["9.0.0", "24755229"]] {
		channels.vmx_009.verdict == "pass" with input as on_host(host[0], host[1])
	}
}

test_builds_without_the_fix if {
	every host in [["8.0.3", "24414501"], ["8.0.2", "23825572"], ["8.0.1", "24585300"], ["8.0.0", "20513097"], ["7.0.3", "24411414"], ["6.7.0", "24585291"]] {
		channels.vmx_009.verdict == "fail" with input as on_host(host[0], host[1])
	}
}

test_host_that_is_not_known if {
	channels.vmx_009.verdict == "unknown" with input as {"facts": {}}
}

with_folders(disable, folders) := {"facts": {
	"setting.isolation.tools.hgfs.disable": disable, "setting.isolation.tools.hgfsServerSet.disable": {"state": "absent", "source": []},
	"sharedFolders": folders,
}}

test_shared_folders if {
	absent := {"state": "absent", "source": []}
	folder := present([{"device": "sharedFolder0", "path": "/srv", "writable": true}])
	channels.vmx_015.case == "safe" with input as with_folders(absent, absent)
	channels.vmx_015.case == "unsafe" with input as with_folders(absent, folder)
	channels.vmx_015.case == "disabled" with input as with_folders(present("TRUE"), folder)
	channels.vmx_015.case == "enabled" with input as with_folders(present("FALSE"), absent)
}
