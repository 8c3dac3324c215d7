package ringwall.controls.vmware_vm.boot_test

import data.ringwall.controls.vmware_vm.boot

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

# firmware of the BIOS has no Secure Boot, whatever the key says
test_secure_boot_needs_efi if {
	boot.vmx_005.case == "safe" with input as {"facts": {"secureBoot": present(true), "firmware": present("EFI")}}
	boot.vmx_005.case == "otherFirmware" with input as {"facts": {"secureBoot": present(true), "firmware": present("bios")}}
	boot.vmx_005.case == "otherFirmware" with input as {"facts": {"secureBoot": present(true), "firmware": absent}}
	boot.vmx_005.verdict == "unknown" with input as {"facts": {"secureBoot": present(true)}}
	boot.vmx_005.case == "unsafe" with input as {"facts": {"secureBoot": present(false)}}
	boot.vmx_005.case == "undefined" with input as {"facts": {"secureBoot": absent}}
}
