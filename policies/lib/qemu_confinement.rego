# How a QEMU process is confined: system calls, user, root directory.
package ringwall.lib.qemu_confinement

import data.ringwall.lib.judge

# Groups of system calls with the values that deny them. With children the calls are denied as with deny, and programs that QEMU starts
# get no privileges either (qemu-seccomp.c).
denials := {
	"obsolete": {"deny"},
	"elevateprivileges": {"deny", "children"},
	"spawn": {"deny"},
	"resourcecontrol": {"deny"},
}

allowed := [sprintf("%s=%s", [group, found]) |
	some group, values in denials
	found := judge.value("argv.sandbox")[group]
	not found in values
]

on if judge.value("argv.sandbox").enable == "on"

in_force if not judge.value("process.seccomp") == "disabled"

# sandbox: cases safe, off, loose (args: found), idle
sandbox := judge.unreadable(["argv.sandbox"]) if not judge.readable("argv.sandbox")

sandbox := judge.fail("off", {}, ["argv.sandbox"]) if {
	judge.readable("argv.sandbox")
	not on
}

sandbox := judge.fail("loose", {"found": allowed}, ["argv.sandbox"]) if {
	on
	count(allowed) > 0
}

sandbox := judge.fail("idle", {}, ["process.seccomp", "argv.sandbox"]) if {
	on
	count(allowed) == 0
	not in_force
}

sandbox := judge.pass("safe", {}, ["argv.sandbox"]) if {
	on
	count(allowed) == 0
	in_force
}

# user: cases root, regain, safe (args: uid) for a process; asked, askedRoot (args: found) for a command line
user := judge.fail("root", {}, ["process.users"]) if judge.value("process.users").effective == 0

user := judge.fail("regain", {"uid": ids.effective}, ["process.users"]) if {
	ids := judge.value("process.users")
	ids.effective != 0
	0 in {ids.real, ids.saved, ids.filesystem}
}

user := judge.pass("safe", {"uid": ids.effective}, ["process.users"]) if {
	ids := judge.value("process.users")
	not 0 in {ids.real, ids.effective, ids.saved, ids.filesystem}
}

user := judge.fail("askedRoot", {"found": found}, ["argv.runas"]) if {
	not judge.present("process.users")
	found := judge.value("argv.runas")
	is_root(found)
}

user := judge.pass("asked", {"found": found}, ["argv.runas"]) if {
	not judge.present("process.users")
	found := judge.value("argv.runas")
	not is_root(found)
}

user := judge.unreadable(["process.users", "argv.runas"]) if {
	not judge.present("process.users")
	not judge.present("argv.runas")
}

is_root(name) if name in {"root", "0", "+0"}

is_root(name) if startswith(name, "0:")

is_root(name) if startswith(name, "root:")

# root_directory: cases chroot (args: found), namespace, shared
changed_root := found if {
	found := judge.value("argv.chroot")
	not found in {"", "/"}
}

changed_root := found if {
	not judge.present("argv.chroot")
	found := judge.value("process.root")
	found != "/"
}

separate if judge.value("process.mountNamespace").differs == true

root_directory := judge.pass("chroot", {"found": changed_root}, [name | some name in ["argv.chroot", "process.root"]; judge.present(name)]) if {
	changed_root
}

root_directory := judge.pass("namespace", {}, ["process.mountNamespace"]) if {
	not changed_root
	separate
}

root_directory := judge.fail("shared", {}, ["argv.chroot", "process.mountNamespace"]) if {
	not changed_root
	judge.value("process.mountNamespace").differs == false
}

root_directory := judge.unreadable(["process.mountNamespace"]) if {
	not changed_root
	not judge.present("process.mountNamespace")
}
