package ringwall.detections.guest.settings_test

import data.ringwall.detections.guest.settings

set(values) := {"facts": {
	"kernel": {"state": "present", "value": {"release": "6.1.0", "buildId": "ab"}},
	"settings": {"state": "present", "value": values},
}}

usual := {
	"modprobe_path": "/sbin/modprobe", "core_pattern": "|/usr/lib/systemd/systemd-coredump %P", "poweroff_cmd": "/sbin/poweroff", "uevent_helper": "",
	"mmap_min_addr": 65536, "dac_mmap_min_addr": 65536, "selinux_initialized": 0, "selinux_enforcing": 0, "apparmor_initialized": 1, "apparmor_enabled": 1,
	"unpinned": [], "shadows": [{"processor": 0, "off": []}], "kernel_locked_down": 1, "dmesg_restrict": 1, "securityModules": ["lockdown", "apparmor", "landlock"], "landlock_initialized": 1,
	"tomoyo_enabled": 0, "auditRuns": true, "audit_initialized": 1, "audit_ever_enabled": 0, "audit_enabled": 0, "askedAudit": false, "unmeasured": [],
	"selinux_policy": false, "loggedLockdown": false,
}

changed(change) := set(object.union(usual, change))

test_usual if {
	count(settings.gst_090) == 0 with input as set(usual)
	count(settings.gst_091) == 0 with input as set(usual)
	count(settings.gst_092) == 0 with input as object.union(set(usual), {"baseline": set(usual)})
	count(settings.gst_090) == 0 with input as changed({"core_pattern": "core"})
}

test_helpers if {
	every change in [{"modprobe_path": "/tmp/x"}, {"poweroff_cmd": "/bin/sh"}, {"uevent_helper": "/tmp/x"}, {"core_pattern": "|/dev/shm/x %p"}, {"core_pattern": "|/usr/lib/.x"}, {"core_pattern": "|/bin/sh /usr/lib/x"}] {
		count(settings.gst_090) == 1 with input as changed(change)
	}
}

test_switches_of_security_modules if {
	found := settings.gst_091 with input as changed({"apparmor_initialized": 0, "apparmor_enabled": 0, "landlock_initialized": 0})
	{hit.args.switch | some hit in found} == {"apparmor_enabled", "apparmor_initialized", "landlock_initialized"}
	count(settings.gst_091) == 0 with input as changed({"apparmor_initialized": 0, "apparmor_enabled": 0, "securityModules": ["landlock"]})
}

test_protections if {
	changes := {
		"selinux": {"selinux_initialized": 1}, "apparmor": {"apparmor_enabled": 0}, "lowest": {"mmap_min_addr": 4096}, "zero": {"mmap_min_addr": 0},
		"lockdown": {"askedLockdown": "integrity", "kernel_locked_down": 0}, "secureBoot": {"secureBoot": true, "kernel_locked_down": 0},
		"signatures": {"askedSignatures": true, "sig_enforce": 0}, "audit": {"audit_ever_enabled": 1, "audit_enabled": 0},
		"askedAudit": {"askedAudit": true, "audit_ever_enabled": 0}, "unheard": {"auditRuns": true, "audit_initialized": 0},
		"policy": {"selinux_policy": true, "selinux_initialized": 0}, "measured": {"unmeasured": ["measure"]},
		"logged": {"loggedLockdown": true, "kernel_locked_down": 0}, "module": {"apparmor_initialized": 0},
		"unpinned": {"unpinned": ["SMEP"]}, "shadow": {"shadows": [{"processor": 0, "off": ["SMAP"]}]},
	}
	every name, change in changes {
		hits := settings.gst_091 with input as changed(change)
		{hit.case | some hit in hits} == {name}
	}
}

test_since_the_baseline if {
	some loosened in settings.gst_092 with input as object.union(changed({"kernel_locked_down": 0}), {"baseline": set(usual)})
	loosened.case == "loosened"
	some path in settings.gst_092 with input as object.union(changed({"modprobe_path": "/usr/sbin/modprobe"}), {"baseline": set(usual)})
	path.case == "changed"
	count(settings.gst_092) == 0 with input as object.union(changed({"dmesg_restrict": 2}), {"baseline": set(usual)})
}
