package ringwall.tests.qemu.mac

import data.ringwall.controls.qemu.mac

none := {"state": "absent", "source": []}

unknown := {"state": "notCollected", "why": "not-given", "source": []}

present(value) := {"state": "present", "value": value, "source": []}

whole := {"enable": "on", "obsolete": "deny", "elevateprivileges": "deny", "spawn": "deny", "resourcecontrol": "deny"}

sandbox(value, seccomp) := result if result := mac.qmu_001 with input.facts as {"argv.sandbox": value, "process.seccomp": seccomp, "argv.unresolved": none}

test_sandbox if {
	sandbox(present(whole), present("filter")).verdict == "pass"
	sandbox(present(whole), unknown).verdict == "pass"
	sandbox(present(whole), present("disabled")).case == "idle"
	sandbox(present(object.union(whole, {"elevateprivileges": "children"})), unknown).verdict == "pass"
	sandbox(present(object.union(whole, {"spawn": "allow"})), unknown).case == "loose"
	sandbox(present(object.union(whole, {"enable": "off"})), unknown).case == "off"
	sandbox(none, present("filter")).case == "off"
}

users(real, effective, saved) := present({"real": real, "effective": effective, "saved": saved, "filesystem": effective})

user(ids, asked) := result if result := mac.qmu_002 with input.facts as {"process.users": ids, "argv.runas": asked, "argv.unresolved": none}

test_user if {
	user(users(107, 107, 107), none).case == "safe"
	user(users(0, 0, 0), present("qemu")).case == "root"
	user(users(0, 107, 0), none).case == "regain"
	user(unknown, present("qemu")).case == "asked"
	user(unknown, present("0:107")).case == "askedRoot"
	user(unknown, none).reason == "notCollected"
}

root(chroot, folder, namespace) := result if result := mac.qmu_003 with input.facts as {"argv.chroot": chroot, "process.root": folder, "process.mountNamespace": namespace, "argv.unresolved": none}

test_root_directory if {
	root(present("/var/empty"), unknown, unknown).case == "chroot"
	root(none, present("/var/lib/machines/a"), present({"differs": false})).case == "chroot"
	root(none, present("/"), present({"differs": true})).case == "namespace"
	root(none, present("/"), present({"differs": false})).case == "shared"
	root(present("/"), unknown, unknown).verdict == "unknown"
}
