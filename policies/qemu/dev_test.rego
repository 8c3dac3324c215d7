package ringwall.tests.qemu.dev

import data.ringwall.controls.qemu.dev
import data.ringwall.lib.qemu_versions

none := {"state": "absent", "source": []}

present(value) := {"state": "present", "value": value, "source": []}

machine(type, version) := result if result := dev.qmu_013 with input.facts as {"argv.machine.type": present(type), "qemu.version": present(version), "argv.unresolved": none}

machine_of_file(type) := result if result := dev.qmu_013 with input.facts as {"argv.machine.type": present(type), "argv.unresolved": none}

test_deprecated_since if {type: qemu_versions.since(type) | some type in ["pc-1.3", "pc-i440fx-1.7", "pc-i440fx-2.3", "pc-q35-2.12", "pc-q35-6.1", "pc-q35-6.2", "virt-8.0", "akita"]} == {
	"pc-1.3": [5, 0], "pc-i440fx-1.7": [7, 0], "pc-i440fx-2.3": [8, 2], "pc-q35-2.12": [9, 1],
	"pc-q35-6.1": [9, 1], "pc-q35-6.2": [9, 2], "virt-8.0": [11, 0], "akita": [9, 0],
}

test_never_deprecated if {
	every type in ["pc", "q35", "microvm", "virt", "pc-q35-jammy", "xenfv"] { not qemu_versions.since(type) }
}

test_release_decides if {
	machine("pc-i440fx-2.3", "7.2").verdict == "pass"
	machine("pc-i440fx-2.3", "8.2").verdict == "fail"
	machine("pc-q35-7.0", "9.2").verdict == "pass"
	machine("pc-q35-7.0", "10.0").verdict == "fail"
}

test_without_release if {
	machine_of_file("pc-i440fx-1.5").verdict == "fail"
	machine_of_file("pc-q35-6.2").reason == "parameterNotSet"
	machine_of_file("pc-q35-11.1").verdict == "pass"
	machine_of_file("q35").verdict == "pass"
}

test_parameter_as_number if {
	found := machine_of_file("pc-q35-6.2") with data.ringwall.parameters as {"qemu_version": 7.2}
	found.verdict == "pass"
}

devices(drivers) := result if result := dev.qmu_005 with input.facts as {
	"argv.devices": present([{"driver": driver, "option": "-device"} | some driver in drivers]),
	"argv.unresolved": none,
}

test_legacy_devices if {
	devices(["virtio-net-pci", "rtl8139"]).facts == ["argv.devices[1]"]
	devices(["virtio-net-pci"]).verdict == "pass"
}

test_panic_device_by_parameter if {
	devices(["pvpanic"]).reason == "parameterNotSet"
	allowed := devices(["pvpanic"]) with data.ringwall.parameters as {"pvpanic_allowed": true}
	allowed.verdict == "pass"
	forbidden := devices(["pvpanic"]) with data.ringwall.parameters as {"pvpanic_allowed": false}
	forbidden.case == "panic"
	devices(["pvpanic", "floppy"]).verdict == "fail"
}
