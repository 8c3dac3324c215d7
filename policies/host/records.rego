# Records that a later check needs.
package ringwall.controls.host.records

import data.ringwall.lib.audit_rules
import data.ringwall.lib.judge

# METADATA
# title: "auditd watches on libvirt configuration and images"
# description: "Without records of who changed a guest's definition or image, the disabling of a protection can be neither noticed nor proven."
# custom:
#   id: KVM-080
#   severity: medium
#   family: LOG
#   facts: ["audit.loaded", "audit.configured", "libvirt.installed"]
#   safe: "watches on /etc/libvirt, /var/lib/libvirt, /usr/bin/virsh"
#   default: "none"
#   remediation: "-w /etc/libvirt -p wa -k ringwall, -w /var/lib/libvirt -p wa -k ringwall and -w /usr/bin/virsh -p x -k ringwall, a line each, in a file of /etc/audit/rules.d; augenrules --load"
#   disable:
#     how: "delete the rule file; augenrules --load, or auditctl -W /etc/libvirt -p wa -k ringwall (must match exactly)"
#     restart: "none; reboot when the rules are locked with -e 2"
#     rollback: "put the rule file back; augenrules --load"
#   messages:
#     safe: "Changes to libvirt's configuration, to images and calls of virsh are recorded"
#     configured: "The rules for libvirt's configuration, images and virsh are configured; whether the kernel has them could not be asked"
#     unsafe: "Not recorded: {found}"
#     noLibvirt: "This host has no libvirt"
#   source: "auditctl(8), augenrules(8)"
kvm_080 := judge.not_applicable("noLibvirt", {}, ["libvirt.installed"]) if {
	judge.absent("libvirt.installed")
} else := judge.fail("unsafe", {"found": unwatched(judge.value("audit.loaded"))}, ["audit.loaded"]) if {
	unwatched(judge.value("audit.loaded")) != []
} else := judge.pass("safe", {}, ["audit.loaded"]) if {
	judge.present("audit.loaded")
} else := judge.unreadable(["audit.loaded"]) if {
	judge.state("audit.loaded") == "unreadable"
} else := judge.fail("unsafe", {"found": unwatched(judge.effective("audit.configured", []))}, ["audit.configured"]) if {
	unwatched(judge.effective("audit.configured", [])) != []
} else := judge.pass("configured", {}, ["audit.configured"]) if {
	judge.present("audit.configured")
} else := judge.unreadable(["audit.loaded", "audit.configured"])

unwatched(rules) := [path |
	some path, kinds in {"/etc/libvirt": {"w"}, "/var/lib/libvirt": {"w"}, "/usr/bin/virsh": {"x", "r", "w", "a"}}
	not audit_rules.watches(rules, path, kinds)
]

# METADATA
# title: "Time synchronised"
# description: "Records of several hosts can only be put in order when their clocks agree."
# custom:
#   id: KVM-081
#   severity: medium
#   family: LOG
#   always: true
#   facts: ["time.synchronised"]
#   safe: "Leap status is not \"Not synchronised\""
#   default: "distribution"
#   remediation: "systemctl enable --now chronyd (Debian: chrony)"
#   disable:
#     how: "systemctl stop chronyd (Debian: chrony)"
#     restart: "none"
#     rollback: "systemctl start chronyd (Debian: chrony)"
#   messages:
#     safe: "The clock is synchronised"
#     unsafe: "The clock is not synchronised"
#   source: "chronyc(1) 4.3, tracking; timedatectl(1) status (\"System clock synchronized: yes\"); adjtimex(2), STA_UNSYNC"
kvm_081 := judge.unreadable(["time.synchronised"]) if {
	not judge.readable("time.synchronised")
} else := judge.pass("safe", {}, ["time.synchronised"]) if {
	judge.value("time.synchronised")
} else := judge.fail("unsafe", {}, ["time.synchronised"])
