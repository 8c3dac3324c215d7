# What a broken-out guest can touch.
package ringwall.controls.host.confinement

import data.ringwall.lib.confinement
import data.ringwall.lib.judge
import data.ringwall.lib.module

# METADATA
# title: "SELinux enforcing or AppArmor enabled"
# description: "A mandatory access control limits what a guest that has broken out of QEMU can touch. That AppArmor is enabled says nothing about loaded profiles; the labels of the guests do."
# custom:
#   id: KVM-071
#   severity: high
#   family: MAC
#   key50: 15
#   always: true
#   facts: ["selinux.enforce", "module.apparmor.enabled", "qemu.labels", "apparmor.profiles"]
#   safe: "SELinux enforce == 1, or AppArmor enabled == Y together with KVM-072 (enabled says nothing about loaded profiles)"
#   default: "distribution"
#   remediation: "SELINUX=enforcing in /etc/selinux/config and setenforce 1; or apparmor=1 security=apparmor on the command line"
#   disable:
#     how: "narrow: setenforce 0 (lasts until reboot) or aa-complain PROFILE for the one profile; permanent: SELINUX=permissive in /etc/selinux/config, or apparmor=0 on the command line"
#     restart: "none for setenforce and aa-complain; reboot for apparmor=0 and SELINUX=disabled; guests keep the label they were started with"
#     rollback: "setenforce 1 and SELINUX=enforcing; aa-enforce PROFILE; after SELINUX=disabled a relabel and reboot"
#   messages:
#     selinux: "SELinux enforces its policy"
#     permissive: "SELinux is permissive: it reports and hinders nothing"
#     apparmor: "AppArmor is enabled, and no guest runs outside its profiles"
#     profiles: "AppArmor is enabled and holds libvirt's profiles"
#     unconfinedGuests: "AppArmor is enabled, and guests run outside its profiles: {found}"
#     unsafe: "Neither SELinux nor AppArmor is in force"
#     partly: "AppArmor is enabled, but the labels of guests could not be read: {found}"
#   source: "docs.kernel.org admin-guide/LSM/apparmor; setenforce(8), aa-complain(8) (deny rules stay enforced in complain mode); selinux_config(5) (SELINUX = enforcing, permissive, disabled)"
kvm_071 := judge.pass("selinux", {}, ["selinux.enforce"]) if {
	judge.value("selinux.enforce") == 1
} else := judge.fail("permissive", {}, ["selinux.enforce"]) if {
	judge.value("selinux.enforce") == 0
} else := judge.fail("unconfinedGuests", {"found": confinement.unconfined}, ["module.apparmor.enabled", "qemu.labels"]) if {
	apparmor_enabled
	confinement.unconfined != []
} else := confinement.partly(confinement.unread, ["qemu.labels"]) if {
	apparmor_enabled
	confinement.unread != []
} else := judge.pass("apparmor", {}, ["module.apparmor.enabled", "qemu.labels"]) if {
	apparmor_enabled
	judge.present("qemu.labels")
} else := judge.pass("profiles", {}, ["module.apparmor.enabled", "apparmor.profiles"]) if {
	apparmor_enabled
	some profile in judge.value("apparmor.profiles")
	regex.match(`(libvirtd|virtqemud|virt-aa-helper).* \(enforce\)$`, profile)
} else := judge.unreadable(["qemu.labels", "module.apparmor.enabled"]) if {
	apparmor_enabled
} else := judge.unreadable(["selinux.enforce", "module.apparmor.enabled"]) if {
	not judge.all_readable(["selinux.enforce", "module.apparmor.enabled"])
} else := judge.fail("unsafe", {}, ["selinux.enforce", "module.apparmor.enabled"])

apparmor_enabled if module.live("apparmor", "enabled") == "on"

# METADATA
# title: "Every running QEMU process is confined"
# description: "Each guest gets a label of its own: SELinux's svirt_t with a pair of categories, or a profile named after the guest in enforce mode. Without it a broken-out guest reaches every other one of the same user."
# custom:
#   id: KVM-072
#   severity: critical
#   family: MAC
#   key50: 16
#   facts: ["qemu.labels"]
#   safe: "SELinux: svirt_t or svirt_tcg_t with a category pair; AppArmor: libvirt-UUID (enforce); never unconfined"
#   default: "confined"
#   remediation: "security_driver not none and security_default_confined=1 in qemu.conf; remove <seclabel type='none'/>; restart the guest"
#   disable:
#     how: "virsh edit: per-domain <seclabel type='none'/> (add model='selinux' or 'apparmor' when both drivers exist); refused while security_require_confined=1"
#     restart: "guest restart (full stop and start, not reboot inside the guest)"
#     rollback: "remove the seclabel; stop and start the guest; read /proc/PID/attr/current"
#   messages:
#     safe: "Every guest is confined with a label of its own ({count} guests)"
#     unsafe: "Guests without a confinement of their own: {found}"
#     none: "No guest runs"
#     partly: "The labels of guests could not be read: {found}"
#   source: "libvirt.org drvqemu, \"SELinux sVirt confinement\" and \"AppArmor sVirt confinement\""
kvm_072 := judge.unreadable(["qemu.labels"]) if {
	not judge.readable("qemu.labels")
} else := judge.not_applicable("none", {}, ["qemu.labels"]) if {
	judge.empty("qemu.labels")
} else := judge.fail("unsafe", {"found": confinement.unconfined}, ["qemu.labels"]) if {
	confinement.unconfined != []
} else := confinement.partly(confinement.unread, ["qemu.labels"]) if {
	confinement.unread != []
} else := judge.pass("safe", {"count": count(confinement.labels)}, ["qemu.labels"])

# METADATA
# title: "QEMU processes not running as root"
# description: "A guest process of the superuser that is broken out of owns the host unless something else stops it."
# custom:
#   id: KVM-073
#   severity: critical
#   family: MAC
#   facts: ["qemu.users"]
#   safe: "!= 0"
#   default: "libvirt-qemu (Debian), qemu (RHEL); root:root only in an unconfigured upstream build"
#   remediation: >-
#     Set user and group in /etc/libvirt/qemu.conf to an ordinary account; restart virtqemud or libvirtd; stop and start
#     the guests
#   disable:
#     how: "user = \"root\" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests"
#     restart: "daemon restart + guest restart"
#     rollback: "remove user=\"root\"; restart virtqemud or libvirtd; restart guests"
#   messages:
#     safe: "No guest runs as root ({count} guests)"
#     unsafe: "Guests run as root: {found}"
#     none: "No guest runs"
#     partly: "The user of guests could not be read: {found}"
#   source: "libvirt.org drvqemu, \"POSIX users/groups\"; qemu.conf user/group"
kvm_073 := judge.unreadable(["qemu.users"]) if {
	not judge.readable("qemu.users")
} else := judge.not_applicable("none", {}, ["qemu.users"]) if {
	judge.empty("qemu.users")
} else := judge.fail("unsafe", {"found": confinement.superusers}, ["qemu.users"]) if {
	confinement.superusers != []
} else := confinement.partly(confinement.unread_users, ["qemu.users"]) if {
	confinement.unread_users != []
} else := judge.pass("safe", {"count": count(confinement.users)}, ["qemu.users"])

# METADATA
# title: "SELinux booleans for virt kept off"
# description: "Each of these switches widens what every guest process may touch: network file systems, USB devices, raw sockets, serial lines, executable memory, all capabilities."
# custom:
#   id: KVM-074
#   severity: medium
#   family: MAC
#   facts: ["selinux.booleans"]
#   safe: "off unless waived"
#   default: "virt_use_usb on in RHEL policy, others off"
#   remediation: "setsebool -P NAME off"
#   disable:
#     how: "setsebool NAME on (drop -P to make it last only until reboot)"
#     restart: "none"
#     rollback: "setsebool NAME off"
#   messages:
#     safe: "SELinux's switches for guests are off"
#     unsafe: "SELinux's switches for guests are on: {found}"
#     noSELinux: "This host has no SELinux policy with switches for guests"
#   source: "CAC rule names"
kvm_074 := judge.unreadable(["selinux.booleans"]) if {
	not judge.readable("selinux.booleans")
} else := judge.not_applicable("noSELinux", {}, ["selinux.booleans"]) if {
	judge.empty("selinux.booleans")
} else := judge.fail("unsafe", {"found": switches_on}, ["selinux.booleans"]) if {
	switches_on != []
} else := judge.pass("safe", {}, ["selinux.booleans"])

switches_on := [name | some name, state in judge.value("selinux.booleans"); state == "on"]
