# What machine a QEMU makes: accelerator, machine type, devices, memory, files handed to the guest.
package ringwall.lib.qemu_machine

import data.ringwall.lib.judge
import data.ringwall.lib.qemu

# accelerator: cases safe, running, fallback (args: found), unsafe (args: found), default
tried := qemu.elements("argv.accel")

accelerator := judge.unreadable(["argv.accel"]) if not judge.readable("argv.accel")

accelerator := judge.pass("running", {}, ["process.kvm", "argv.accel"]) if {
	judge.value("process.kvm") == true
	judge.readable("argv.accel")
}

accelerator := result if {
	judge.readable("argv.accel")
	not judge.value("process.kvm") == true
	result := by_arguments
}

by_arguments := qemu.settled(judge.pass("safe", {}, ["argv.accel"])) if {
	count(tried) > 0
	every name in tried { name == "kvm" }
}

by_arguments := judge.fail("fallback", {"found": tried}, ["argv.accel"]) if {
	tried[0] == "kvm"
	some name in tried
	name != "kvm"
}

by_arguments := judge.fail("unsafe", {"found": tried}, ["argv.accel"]) if {
	count(tried) > 0
	tried[0] != "kvm"
}

by_arguments := unsettled_default if count(tried) == 0

# an option file may name the accelerator
unsettled_default := judge.missing("unresolved", {"found": qemu.hidden[0]}, ["argv.accel", "argv.unresolved[0]"]) if judge.present("argv.unresolved")

unsettled_default := judge.fail("default", {}, ["argv.accel"]) if not judge.present("argv.unresolved")

# Device models of old machines, with the better one to put in their place where there is one.
legacy := {
	"ne2k_pci", "ne2k_isa", "pcnet", "rtl8139", "isa-fdc", "floppy", "sb16",
	"cirrus-vga", "isa-cirrus-vga", "vmware-svga", "isa-debug-exit",
}

panic_devices := {"pvpanic", "pvpanic-pci"}

devices := qemu.elements("argv.devices")

legacy_devices := {i: device.driver | some i, device in devices; device.driver in legacy}

panic := {i: device.driver | some i, device in devices; device.driver in panic_devices}

# legacy_models: cases safe, unsafe (args: found), panic (args: found)
legacy_models := judge.unreadable(["argv.devices"]) if not judge.readable("argv.devices")

legacy_models := judge.fail("unsafe", {"found": {driver | some driver in legacy_devices}}, qemu.places("argv.devices", [i | some i, _ in legacy_devices])) if {
	count(legacy_devices) > 0
}

legacy_models := judge.parameter_not_set("pvpanic_allowed", qemu.places("argv.devices", [i | some i, _ in panic])) if {
	only_panic
	not is_boolean(judge.parameter("pvpanic_allowed"))
}

legacy_models := judge.fail("panic", {"found": {driver | some driver in panic}}, qemu.places("argv.devices", [i | some i, _ in panic])) if {
	only_panic
	judge.parameter("pvpanic_allowed") == false
}

legacy_models := qemu.settled(judge.pass("safe", {}, ["argv.devices"])) if {
	judge.readable("argv.devices")
	count(legacy_devices) == 0
	panic_accepted
}

only_panic if {
	count(legacy_devices) == 0
	count(panic) > 0
}

panic_accepted if count(panic) == 0

panic_accepted if judge.parameter("pvpanic_allowed") == true

# shared_regions: cases safe, unsafe (args: found)
shared_regions := qemu.settled(qemu.no_element("argv.shmem", [i | some i, _ in regions], [region.model | some region in regions]))

regions := qemu.elements("argv.shmem")

# memory: cases safe, needed (args: found), unsafe (args: found)
shared_backends := {i: sprintf("%s (%s)", [backend.device, backend.type]) | some i, backend in qemu.elements("argv.memory.backends"); backend.shared}

helpers := qemu.elements("argv.vhostUser")

memory := judge.unreadable(["argv.memory.backends", "argv.vhostUser"]) if not judge.all_readable(["argv.memory.backends", "argv.vhostUser"])

memory := qemu.settled(judge.pass("safe", {}, ["argv.memory.backends"])) if {
	judge.all_readable(["argv.memory.backends", "argv.vhostUser"])
	count(shared_backends) == 0
}

memory := judge.pass("needed", {"found": {helper.driver | some helper in helpers}}, ["argv.memory.backends", "argv.vhostUser"]) if {
	count(shared_backends) > 0
	count(helpers) > 0
}

memory := result if {
	judge.all_readable(["argv.memory.backends", "argv.vhostUser"])
	count(shared_backends) > 0
	count(helpers) == 0
	result := unneeded
}

# an option file may name the helper that needs the memory
unneeded := judge.missing("unresolved", {"found": qemu.hidden[0]}, ["argv.memory.backends", "argv.unresolved[0]"]) if judge.present("argv.unresolved")

unneeded := judge.fail("unsafe", {"found": found}, qemu.places("argv.memory.backends", [i | some i, _ in shared_backends])) if {
	not judge.present("argv.unresolved")
	found := [text | some text in shared_backends]
}

# tracing: cases safe, unsafe (args: found)
tracing := qemu.settled(qemu.no_element("argv.trace", [i | some i, _ in traces], [sprintf("%s %s", [entry.option, entry.value]) | some entry in traces]))

traces := qemu.elements("argv.trace")

# guest_files: cases none, safe, owner (args: found), writable (args: found)
handed := qemu.elements("argv.guestFiles")

guest_files := judge.unreadable(["argv.guestFiles"]) if not judge.readable("argv.guestFiles")

guest_files := qemu.settled(judge.not_applicable("none", {}, ["argv.guestFiles"])) if {
	judge.readable("argv.guestFiles")
	count(handed) == 0
}

guest_files := judge.unreadable(["process.guestFiles"]) if {
	count(handed) > 0
	not judge.readable("process.guestFiles")
}

guest_files := judge.fail(first.problem, {"found": first.path, "place": first.place}, qemu.places("process.guestFiles", [i | some i, _ in weak_files])) if {
	count(weak_files) > 0
	first := weak_files[min([i | some i, _ in weak_files])]
}

guest_files := qemu.settled(judge.pass("safe", {}, ["process.guestFiles"])) if {
	count(handed) > 0
	judge.readable("process.guestFiles")
	count(weak_files) == 0
}

weak_files := {i: file | some i, file in judge.value("process.guestFiles"); file.problem != "none"}
