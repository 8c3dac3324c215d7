# Since which QEMU release a machine type counts as deprecated.
#
# Sources: docs/about/deprecated.rst and removed-features.rst of QEMU 5.0 to 10.1; include/hw/boards.h: from 9.1 on a versioned machine type
# is deprecated once it is three major releases old.
package ringwall.lib.qemu_versions

import data.ringwall.lib.judge
import data.ringwall.lib.qemu

# Machine types without a version, by the release that deprecated them.
named := {
	"10m50-ghrd": [8, 2], "nios2-generic-nommu": [8, 2], "akita": [9, 0], "borzoi": [9, 0], "cheetah": [9, 0], "connex": [9, 0], "mainstone": [9, 0],
	"n800": [9, 0], "n810": [9, 0], "spitz": [9, 0], "terrier": [9, 0], "tosa": [9, 0], "verdex": [9, 0], "z2": [9, 0], "shix": [9, 0],
	"highbank": [10, 0], "midway": [10, 0], "mipssim": [10, 0], "raspi2": [5, 2], "raspi3": [5, 2], "taihu": [7, 0],
}

# Oldest release that is still in use somewhere: what was deprecated before it is deprecated wherever it still exists.
oldest := [7, 2]

# Newest release that the automatic rule was checked against.
newest := [11, 1]

# version: the numbers at the end of pc-q35-7.2, pc-i440fx-2.12, virt-6.2, pseries-5.0, s390-ccw-virtio-4.1 and of the oldest pc-1.3
version(type) := [to_number(found[2]), to_number(found[3])] if {
	found := regex.find_all_string_submatch_n(`^(pc|pc-i440fx|pc-q35|virt|pseries|s390-ccw-virtio)-([0-9]{1,3})\.([0-9]{1,3})(\.[0-9]+)?$`, type, 1)[0]
}

# since: the release that deprecated the type; undefined for one that never was
since(type) := named[type]

since(type) := [5, 0] if {
	version(type) < [1, 4]
	not startswith(type, "virt")
}

since(type) := [7, 0] if {
	version(type) >= [1, 4]
	version(type) < [2, 0]
}

since(type) := [8, 2] if {
	version(type) >= [2, 0]
	version(type) < [2, 4]
	startswith(type, "pc-i440fx")
}

since(type) := found if {
	version(type) >= [2, 0]
	not early(type)
	found := max([[9, 1], [version(type)[0] + 3, version(type)[1]]])
}

early(type) if {
	version(type) < [2, 4]
	startswith(type, "pc-i440fx")
}

# release: of the QEMU that runs, else the one that the baseline names
release := numbers(judge.value("qemu.version"))

release := numbers(judge.parameter("qemu_version")) if not judge.present("qemu.version")

# numbers: of a version in text; a parameter may have been read as the number that it looks like
numbers(text) := [to_number(parts[0]), to_number(parts[1])] if {
	parts := split(sprintf("%v", [text]), ".")
	count(parts) >= 2
}

type := judge.effective("argv.machine.type", "pc")

facts := ["argv.machine.type", "qemu.version"]

# machine: cases none, safe (args: found), unsafe (args: found, since)
machine := judge.unreadable(["argv.machine.type"]) if not judge.readable("argv.machine.type")

machine := qemu.settled(judge.not_applicable("none", {}, ["argv.machine.type"])) if type == "none"

machine := qemu.settled(judge.pass("safe", {"found": type}, ["argv.machine.type"])) if {
	type != "none"
	never
}

machine := judge.fail("unsafe", {"found": type, "since": concat(".", [format_int(n, 10) | some n in since(type)])}, ["argv.machine.type"]) if deprecated

machine := qemu.settled(judge.pass("safe", {"found": type}, facts)) if {
	not never
	since(type) > oldest
	release < since(type)
}

machine := judge.parameter_not_set("qemu_version", facts) if {
	not never
	since(type) > oldest
	not release
}

never if not since(type)

never if since(type) > newest

deprecated if since(type) <= oldest

deprecated if {
	not never
	release >= since(type)
}
