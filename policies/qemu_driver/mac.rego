# Confinement of guests by libvirt's QEMU driver.
package ringwall.controls.qemu_driver.mac

import data.ringwall.lib.judge
import data.ringwall.lib.qemu_driver

# METADATA
# title: QEMU user not root
# description: >-
#   A guest that breaks out of QEMU has the rights of its process. As root it has the whole host; as an account of its own it has
#   the guest's files. root may be written as a name, as 0 or as +0, or be another name of user 0.
# custom:
#   id: LVQ-001
#   severity: critical
#   family: MAC
#   facts: ["conf.user", "account.user"]
#   safe: "an account that is not user 0"
#   default: "libvirt-qemu (Debian), qemu (Red Hat); what the distribution built in"
#   remediation: >-
#     Remove user = "root"; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       user = "root" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests. Narrower: <seclabel
#       type='static' model='dac' relabel='no'><label>root:root</label></seclabel> in the one domain
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests; read Uid in /proc/PID/status
#   messages:
#     root: "QEMU runs as {found}, which is root"
#     other: "QEMU runs as {found}"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in) (how names and numbers are read: virGetUserID)
#   always: true
#   key50: 21
lvq_001 := qemu_driver.not_root("user", "the distribution's own account")

# METADATA
# title: QEMU group not root
# description: >-
#   With group root a broken-out QEMU reads and writes what the group root may, often configuration and devices of the host.
# custom:
#   id: LVQ-002
#   severity: high
#   family: MAC
#   facts: ["conf.group", "account.group"]
#   safe: "a group that is not group 0"
#   default: "libvirt-qemu or kvm (Debian), qemu (Red Hat)"
#   remediation: >-
#     Remove group = "root"; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       group = "root" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     root: "QEMU runs with the group {found}, which is root"
#     other: "QEMU runs with the group {found}"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_002 := qemu_driver.not_root("group", "the distribution's own group")

# METADATA
# title: Security driver not none
# description: >-
#   SELinux or AppArmor labels keep each guest to its own files, even when QEMU runs as the same user for all. none takes the
#   labels from every guest. Without the setting libvirt takes what the kernel offers; whether it offers one is judged for the
#   host.
# custom:
#   id: LVQ-003
#   severity: critical
#   family: MAC
#   facts: ["conf.security_driver"]
#   safe: "not set, selinux or apparmor; never none"
#   default: "what the kernel offers: SELinux, else AppArmor"
#   remediation: >-
#     Remove security_driver = "none"; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       security_driver = "none" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests. Narrower:
#       <seclabel type='none'/> in the one domain
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests; read /proc/PID/attr/current
#   messages:
#     automatic: "libvirt takes the security module that the kernel offers"
#     safe: "Guests are confined by {found}"
#     none: "security_driver is none: no guest is confined by SELinux or AppArmor"
#     unknown_driver: "security_driver {found} is neither selinux nor apparmor"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
#   key50: 22
lvq_003 := judge.unreadable(["conf.security_driver"]) if not judge.readable("conf.security_driver")

else := judge.pass("automatic", {}, ["conf.security_driver"]) if count(judge.effective("conf.security_driver", [])) == 0

else := judge.fail("none", {}, ["conf.security_driver"]) if "none" in judge.value("conf.security_driver")

else := judge.pass("safe", {"found": judge.value("conf.security_driver")}, ["conf.security_driver"]) if {
	some driver in judge.value("conf.security_driver")
	driver in {"selinux", "apparmor"}
}

else := judge.fail("unknown_driver", {"found": judge.value("conf.security_driver")}, ["conf.security_driver"])

# METADATA
# title: Guests confined by default
# description: >-
#   A domain that names no label is confined unless this is 0; with 0 every domain must ask for confinement itself.
# custom:
#   id: LVQ-004
#   severity: high
#   family: MAC
#   facts: ["conf.security_default_confined"]
#   safe: "1 or not set"
#   default: "1"
#   remediation: >-
#     Remove security_default_confined = 0; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       security_default_confined = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line or set security_default_confined = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Guests are confined unless they ask not to be"
#     unsafe: "security_default_confined is {found}: guests are not confined unless they ask for it"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_004 := judge.one_of("conf.security_default_confined", {1}, 1)

# METADATA
# title: Unconfined guests refused
# description: >-
#   With 1 a domain whose definition asks for no confinement (seclabel type none) does not start.
# custom:
#   id: LVQ-005
#   severity: medium
#   family: MAC
#   facts: ["conf.security_require_confined"]
#   safe: "1"
#   default: "0"
#   remediation: >-
#     security_require_confined = 1; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       security_require_confined = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       remove the line or set security_require_confined = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "A guest without confinement does not start"
#     unsafe: "security_require_confined is {found}: a definition may ask for no confinement"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_005 := judge.one_of("conf.security_require_confined", {1}, 0)

# METADATA
# title: QEMU seccomp filter on
# description: >-
#   QEMU's filter takes away the system calls that it does not need, such as starting programs or changing its user, so that a
#   break-out finds fewer of them.
# custom:
#   id: LVQ-006
#   severity: high
#   family: MAC
#   facts: ["conf.seccomp_sandbox"]
#   safe: "1 or not set"
#   default: "on where QEMU supports the filter"
#   remediation: >-
#     Remove seccomp_sandbox = 0; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       seccomp_sandbox = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line or set 1; restart virtqemud or libvirtd; stop and start the guests; the command line of QEMU holds
#       -sandbox on
#   messages:
#     safe: "Guests run with QEMU's seccomp filter"
#     unsafe: "seccomp_sandbox is {found}: guests run without the filter"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
#   key50: 23
lvq_006 := judge.none_of("conf.seccomp_sandbox", {0}, 1)

# METADATA
# title: Mount namespace per guest
# description: >-
#   In a mount namespace of its own a guest's QEMU sees a /dev with the devices of that guest only, not the host's disks.
# custom:
#   id: LVQ-007
#   severity: high
#   family: MAC
#   facts: ["conf.namespaces"]
#   safe: "not set, or a list with mount"
#   default: "[ \"mount\" ]"
#   remediation: >-
#     Remove namespaces = [ ]; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       namespaces = [ ] in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Each guest has a /dev of its own"
#     unsafe: "namespaces holds no mount: QEMU sees all devices of the host"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
#   key50: 24
lvq_007 := judge.unreadable(["conf.namespaces"]) if not judge.readable("conf.namespaces")

else := judge.pass("safe", {}, ["conf.namespaces"]) if "mount" in judge.effective("conf.namespaces", ["mount"])

else := judge.fail("unsafe", {}, ["conf.namespaces"])

# METADATA
# title: cgroup devices controller used
# description: >-
#   The devices controller refuses to a guest's QEMU every device node that libvirt did not allow, whoever owns it.
# custom:
#   id: LVQ-008
#   severity: high
#   family: MAC
#   facts: ["conf.cgroup_controllers"]
#   safe: "not set, or a list with devices"
#   default: "every controller that the host has"
#   remediation: >-
#     Remove cgroup_controllers, or add devices to it; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       cgroup_controllers without devices in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Access to device nodes is limited by the devices controller"
#     unsafe: "cgroup_controllers {found} leaves out devices"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_008 := judge.unreadable(["conf.cgroup_controllers"]) if not judge.readable("conf.cgroup_controllers")

else := judge.pass("safe", {}, ["conf.cgroup_controllers"]) if "devices" in judge.effective("conf.cgroup_controllers", ["devices"])

else := judge.fail("unsafe", {"found": judge.value("conf.cgroup_controllers")}, ["conf.cgroup_controllers"])

# default_devices: what libvirt lets every guest open
default_devices := {"/dev/null", "/dev/full", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/ptmx", "/dev/kvm", "/dev/userfaultfd"}

extra_devices := [d |
	some d in judge.effective("conf.cgroup_device_acl", [])
	not d in default_devices
	not allowed_device(d)
]

allowed_device(d) if d in judge.parameter("cgroup_devices")

# METADATA
# title: cgroup device ACL not widened
# description: >-
#   cgroup_device_acl replaces the list of device nodes that every guest may open. An addition such as /dev/mem or a disk of the
#   host is open to all guests at once. The baseline may allow more nodes (parameter cgroup_devices), as migration over RDMA
#   needs.
# custom:
#   id: LVQ-009
#   severity: high
#   family: MAC
#   facts: ["conf.cgroup_device_acl"]
#   safe: "not set, or a part of /dev/null, full, zero, random, urandom, ptmx, kvm and userfaultfd with those of the parameter cgroup_devices"
#   default: "/dev/null, /dev/full, /dev/zero, /dev/random, /dev/urandom, /dev/ptmx, /dev/kvm and, in newer releases, /dev/userfaultfd"
#   remediation: >-
#     Remove the additions from cgroup_device_acl, or the whole setting; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       Add the node to cgroup_device_acl in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart and guest restart
#     rollback: >-
#       remove the setting; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "Guests may open no more device nodes than libvirt's own list"
#     unsafe: "Every guest may open {found}"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_009 := judge.unreadable(["conf.cgroup_device_acl"]) if not judge.readable("conf.cgroup_device_acl")

else := judge.fail("unsafe", {"found": extra_devices}, ["conf.cgroup_device_acl"]) if count(extra_devices) > 0

else := judge.pass("safe", {}, ["conf.cgroup_device_acl"])

# METADATA
# title: Dynamic ownership on
# description: >-
#   libvirt gives a guest's files to QEMU's user when the guest starts and takes them back when it ends. Switched off, the files
#   stay open to that user at all times.
# custom:
#   id: LVQ-010
#   severity: low
#   family: MAC
#   facts: ["conf.dynamic_ownership"]
#   safe: "1 or not set"
#   default: "1"
#   remediation: >-
#     Remove dynamic_ownership = 0; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       dynamic_ownership = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       remove the line or set dynamic_ownership = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "libvirt hands a guest's files over and takes them back"
#     unsafe: "dynamic_ownership is {found}: files of guests keep the owner they have"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_010 := judge.one_of("conf.dynamic_ownership", {1}, 1)

# METADATA
# title: swtpm not root
# description: >-
#   swtpm reads what a guest sends to its TPM. Without a setting libvirt takes the account tss, and root where no such account
#   exists.
# custom:
#   id: LVQ-031
#   severity: medium
#   family: MAC
#   facts: ["conf.swtpm_user", "account.swtpm_user", "swtpm"]
#   safe: "an account that is not user 0"
#   default: "tss, or root where the account tss does not exist"
#   remediation: >-
#     swtpm_user = "tss" with that account made; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       swtpm_user = "root" in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     root: "swtpm runs as {found}, which is root"
#     other: "swtpm runs as {found}"
#     fallback: "The account tss does not exist, so that swtpm runs as root"
#     no_swtpm: "swtpm is not installed"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in); the step from tss to root: virQEMUDriverConfigNew, from knowledge
lvq_031 := qemu_driver.not_root("swtpm_user", "tss") if not judge.absent("conf.swtpm_user")

else := judge.not_applicable("no_swtpm", {}, ["swtpm"]) if judge.absent("swtpm")

else := judge.fail("fallback", {}, ["conf.swtpm_user", "account.swtpm_user"]) if judge.value("account.swtpm_user") == 0

else := judge.pass("other", {"found": "tss"}, ["conf.swtpm_user"])
