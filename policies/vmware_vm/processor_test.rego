package ringwall.controls.vmware_vm.processor_test

import data.ringwall.controls.vmware_vm.processor

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

windows(guest) := {"facts": {"guestOS": present(guest), "vbs": absent}}

test_which_windows_is_asked if {
	every guest in ["windows9-64", "windows9srv-64", "windows2019srv-64", "windows2022srvNext_64Guest", "windows11_64Guest", "windows12_64Guest"] {
		processor.vmx_003.verdict == "fail" with input as windows(guest) with data.ringwall.parameters as {"vbs_required": true}
	}
	every guest in ["windows7-64", "windows8srv-64", "winxppro", "ubuntu-64", "winNetEnterpriseGuest"] {
		processor.vmx_003.verdict == "notApplicable" with input as windows(guest) with data.ringwall.parameters as {"vbs_required": true}
	}
}

test_guest_that_is_not_said if {
	facts := {"facts": {"guestOS": absent, "vbs": absent}}
	processor.vmx_003.case == "guestNotSaid" with input as facts with data.ringwall.parameters as {"vbs_required": true}
	processor.vmx_003.case == "notAsked" with input as facts with data.ringwall.parameters as {"vbs_required": false}
}

test_policy_that_does_not_ask if {
	processor.vmx_003.case == "notAsked" with input as windows("windows11_64Guest") with data.ringwall.parameters as {"vbs_required": false}
	processor.vmx_003.case == "parameter" with input as windows("windows11_64Guest") with data.ringwall.parameters as {}
}

test_confidential_computing if {
	facts := {"facts": {"sev": present(false)}}
	processor.vmx_024.verdict == "fail" with input as facts with data.ringwall.parameters as {"cc": "sev-snp"}
	processor.vmx_024.verdict == "fail" with input as facts with data.ringwall.parameters as {"cc": ["tdx", "sev"]}
	processor.vmx_024.verdict == "notApplicable" with input as facts with data.ringwall.parameters as {"cc": "tdx"}
	processor.vmx_024.case == "parameter" with input as facts with data.ringwall.parameters as {}
}

# a value that is no boolean is none of the safe ones
test_odd_values if {
	processor.vmx_001.verdict == "fail" with input as {"facts": {"nestedVirtualization": present("maybe")}}
	processor.vmx_012.verdict == "pass" with input as {"facts": {"setting.ulm.disableMitigations": present(" off ")}}
}
