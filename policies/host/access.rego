# Who may run and control guests.
package ringwall.controls.host.access

import data.ringwall.lib.judge

# METADATA
# title: "/dev/kvm owner and mode"
# description: "Whoever can open /dev/kvm can create virtual machines and reaches the whole kernel interface of KVM. A mode of 0660 alone proves little: a list on the device may name further users."
# custom:
#   id: KVM-019
#   severity: medium
#   family: API
#   key50: 18
#   facts: ["device.kvm", "device.kvm.acl"]
#   safe: "mode <= 0660 and uid 0 and gid kvm, and no extra ACL entry for ordinary users"
#   default: "0660 root:kvm (Debian and RHEL udev); upstream systemd builds with 0666; Debian also tags the node uaccess, so the user of a local seat gets an ACL"
#   remediation: "udev rule KERNEL==\"kvm\", GROUP=\"kvm\", MODE=\"0660\"; udevadm control --reload; udevadm trigger --name-match=kvm"
#   disable:
#     how: "rule with MODE=\"0666\" in /etc/udev/rules.d/99-ringwall-waiver.rules; udevadm control --reload; udevadm trigger --name-match=kvm. Better: add the one user to group kvm"
#     restart: "none"
#     rollback: "remove the rule file; udevadm control --reload; udevadm trigger --name-match=kvm; check stat and getfacl"
#   messages:
#     safe: "/dev/kvm is {mode}, owned by {owner}, and no list names others"
#     mode: "/dev/kvm is {mode}: it is open beyond owner and group"
#     owner: "/dev/kvm belongs to {owner} instead of root"
#     group: "/dev/kvm gives access to the group {owner} instead of kvm"
#     list: "A list on /dev/kvm also gives access to {found}"
#     groupUnknown: "The name of the group of /dev/kvm is not known"
#     noDevice: "This host has no /dev/kvm"
#   source: "Debian udev 252 50-udev-default.rules and 70-uaccess.rules"
kvm_019 := judge.not_applicable("noDevice", {}, ["device.kvm"]) if {
	no_device
} else := judge.unreadable(["device.kvm"]) if {
	not judge.readable("device.kvm")
} else := judge.fail("mode", {"mode": device.mode}, ["device.kvm"]) if {
	device.beyond != 0
} else := judge.fail("owner", {"owner": named(device.user, device.uid)}, ["device.kvm"]) if {
	device.uid != 0
} else := judge.missing("groupUnknown", {}, ["device.kvm"]) if {
	device.forGroup
	device.group == null
} else := judge.fail("group", {"owner": named(device.group, device.gid)}, ["device.kvm"]) if {
	device.forGroup
	device.group != "kvm"
} else := judge.unreadable(["device.kvm.acl"]) if {
	not judge.readable("device.kvm.acl")
} else := judge.fail("list", {"found": admitted}, ["device.kvm.acl", "device.kvm"]) if {
	admitted != []
} else := judge.pass("safe", {"mode": device.mode, "owner": owner}, ["device.kvm", "device.kvm.acl"])

device := judge.value("device.kvm")

no_device if judge.absent("device.kvm")

no_device if {
	judge.absent("module.kvm")
	not judge.present("device.kvm")
}

owner := sprintf("%s:%s", [named(device.user, device.uid), named(device.group, device.gid)])

named(name, _) := name if is_string(name)

named(name, id) := sprintf("%v", [id]) if not is_string(name)

# admitted: users and groups that a list on the device lets in. Accounts of services have numbers below 1000 or from 60000 to 64999.
admitted := [sprintf("%s %s", [entry.kind, named(entry.name, entry.id)]) |
	some entry in judge.value("device.kvm.acl")
	entry.permissions != "---"
	ordinary(entry)
]

ordinary(entry) if {
	entry.kind == "group"
	not entry.name == "kvm"
	not entry.id == 0
}

ordinary(entry) if {
	entry.kind == "user"
	not of_service(entry.id)
}

of_service(id) if {
	is_number(id)
	id < 1000
}

of_service(id) if {
	is_number(id)
	id >= 60000
	id < 65000
}

# METADATA
# title: "Members of groups kvm and libvirt reviewed"
# description: "A member of group libvirt controls every guest without a password, and one of group kvm may run guests of his own. Who that may be is the site's choice: the parameter admins."
# custom:
#   id: KVM-020
#   severity: medium
#   family: API
#   facts: ["group.kvm", "group.libvirt"]
#   safe: "members stand in the parameter admins"
#   default: "empty apart from users added by an installer"
#   remediation: "gpasswd -d USER libvirt"
#   disable:
#     how: "usermod -aG libvirt USER (gives full control of every guest without a password)"
#     restart: "none"
#     rollback: "gpasswd -d USER libvirt; end the user's sessions (group list of running processes is kept)"
#   messages:
#     safe: "Every member of the groups kvm and libvirt is an administrator by the baseline: {found}"
#     empty: "The groups kvm and libvirt have no members but services"
#     unsafe: "Not administrators by the baseline, but members of group kvm or libvirt: {found}"
#     noGroup: "This host has neither group kvm nor group libvirt"
#   source: "Debian libvirt-daemon-system 60-libvirt.rules (group libvirt may manage without password); udev rule for group kvm"
kvm_020 := judge.not_applicable("noGroup", {}, ["group.kvm", "group.libvirt"]) if {
	judge.absent("group.kvm")
	judge.absent("group.libvirt")
} else := judge.unreadable(["group.kvm", "group.libvirt"]) if {
	not judge.all_readable(["group.kvm", "group.libvirt"])
} else := judge.pass("empty", {}, ["group.kvm", "group.libvirt"]) if {
	count(members) == 0
} else := judge.parameter_not_set("admins", ["group.kvm", "group.libvirt"]) if {
	not judge.parameter("admins")
} else := judge.fail("unsafe", {"found": sort(strangers)}, ["group.kvm", "group.libvirt"]) if {
	count(strangers) > 0
} else := judge.pass("safe", {"found": sort(members)}, ["group.kvm", "group.libvirt"])

# The accounts that guests and daemons run as belong to group kvm by installation.
services := {"root", "qemu", "libvirt-qemu", "libvirtdbus"}

members := {name | some group in {"group.kvm", "group.libvirt"}; some name in judge.value(group); not name in services}

strangers := {name | some name in members; not name in judge.parameter("admins")}
