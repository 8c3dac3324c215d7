package ringwall.tests.host.firmware

import data.ringwall.controls.host.firmware

present(value) := {"state": "present", "value": value, "source": []}

absent := {"state": "absent", "source": []}

boot(facts) := result if {
	base := {
		"cpu.architecture": present("x86"), "efi": present(true), "efi.secure_boot": present(1),
		"efi.shim_insecure": absent,
	}
	result := firmware.kvm_062 with input as {"facts": object.union(base, facts)}
}

test_secure_boot if boot({}).verdict == "pass"

test_without_uefi if boot({"efi": absent}).case == "noUEFI"

test_without_the_variable if boot({"efi.secure_boot": absent}).case == "noVariable"

test_switched_off if boot({"efi.secure_boot": present(0)}).case == "unsafe"

test_shim_that_checks_nothing if boot({"efi.shim_insecure": present(1)}).case == "shim"

test_variables_that_cannot_be_read if boot({"efi.secure_boot": {"state": "unreadable"}}).reason == "unreadable"

test_another_architecture if boot({"cpu.architecture": present("s390"), "efi": absent}).verdict == "notApplicable"

chips(majors) := result if {
	list := [{"name": sprintf("tpm%d", [i]), "major": major} | some i, major in majors]
	result := firmware.kvm_063 with input as {"facts": {"tpm.chips": present(list)}}
}

test_one_new_chip_is_enough if chips([1, 2]).args.found == ["tpm1"]

test_an_old_chip if chips([1]).case == "old"

test_a_chip_of_unknown_version if chips([null]).verdict == "unknown"

test_no_chip if chips([]).case == "none"
