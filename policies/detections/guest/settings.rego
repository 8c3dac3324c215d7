# Settings in the kernel's memory.
package ringwall.detections.guest.settings

import data.ringwall.lib.guest

# METADATA
# title: "The kernel starts a program from an unusual place"
# description: "The kernel itself starts programs, as root: to load a module (modprobe_path), for a process that crashed (core_pattern), to switch off. Exploits that can write to its memory put a path of their own there, and let the kernel do the rest."
# custom:
#   id: GST-090
#   severity: critical
#   technique: [T1068, T1574]
#   facts: [settings]
#   remediation: "Find out who set the path; if nobody did, treat the guest as taken over, keep an image of its memory, and look at the program."
#   messages:
#     helper: "{setting} is {path}, which no distribution has there"
#     crash: "core_pattern starts {path}, which lies in no folder of programs"
#     shell: "core_pattern starts {path}, which runs what it is told"
#   source: "kernel/module/kmod.c, fs/coredump.c, kernel/reboot.c, lib/kobject_uevent.c"
gst_090 contains guest.hit("helper", setting, {"setting": setting, "path": path}) if {
	some setting, expected in helpers
	path := guest.value("settings")[setting]
	not path in expected
}

helpers := {
	"modprobe_path": {"", "/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe", "/usr/bin/modprobe", "/bin/kmod", "/run/current-system/sw/bin/modprobe"},
	"poweroff_cmd": {"", "/sbin/poweroff", "/usr/sbin/poweroff"},
	"reboot_cmd": {"", "/sbin/reboot", "/usr/sbin/reboot"},
	"uevent_helper": {"", "/sbin/hotplug", "/sbin/mdev", "/bin/mdev"},
}

gst_090 contains guest.hit("crash", "core_pattern", {"path": path}) if {
	pattern := guest.value("settings").core_pattern
	startswith(pattern, "|")
	path := split(trim_left(pattern, "| "), " ")[0]
	not of_programs(path)
}

# no handler of crashes is a shell or an interpreter by itself
gst_090 contains guest.hit("shell", "core_pattern", {"path": path}) if {
	pattern := guest.value("settings").core_pattern
	startswith(pattern, "|")
	path := split(trim_left(pattern, "| "), " ")[0]
	of_programs(path)
	regex.match(`/(sh|bash|dash|ash|zsh|ksh|busybox|env|perl|ruby|nc|ncat|socat|python[0-9.]*)$`, path)
}

of_programs(path) if {
	some folder in ["/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/opt/", "/run/current-system/", "/nix/store/"]
	startswith(path, folder)
	not regex.match(`/\.`, path)
	not startswith(path, "/usr/local/tmp")
}

# METADATA
# title: "A protection of the kernel is off that was on"
# description: "Where the kernel's own records contradict each other, a protection was switched off by somebody who wrote to them: SELinux that was loaded and does not enforce, AppArmor that was started and is off, a lowest address for programs below the one that was set, bits that the processor has and the kernel no longer pins, lockdown or signatures of modules that the boot asked for and that are off, audit that was on or takes no records, a security module that was started and has its switch off."
# custom:
#   id: GST-091
#   severity: high
#   technique: [T1562.001, T1014]
#   facts: [settings]
#   remediation: "Find out who switched it off (the guest's journal); if nobody did, treat the guest as taken over and keep an image of its memory."
#   messages:
#     selinux: "SELinux has loaded its policy and does not enforce it"
#     apparmor: "AppArmor was started and is switched off"
#     lowest: "Programs may use addresses from {now} on, though {set} was set"
#     zero: "Programs may use address 0, where the kernel reads through pointers that are not set"
#     unpinned: "The kernel no longer holds {bits} of the processor on"
#     shadow: "CPU {cpu} runs without {bits}, which the kernel holds on"
#     lockdown: "The kernel was started with lockdown={level}, and is not locked down"
#     secureBoot: "The machine was started by secure boot, for which this kernel locks itself down, and it is not locked down"
#     signatures: "The kernel was started to load signed modules alone (module.sig_enforce), and does not ask for signatures"
#     audit: "Audit was switched on and is off"
#     askedAudit: "The kernel was started with audit=1, and audit was never on"
#     unheard: "Audit was started and takes no records (audit_initialized is {value})"
#     module: "The security module {module} was started and is switched off ({switch})"
#     policy: "SELinux has a policy and is marked as having none"
#     measured: "Rules of IMA ask to {actions} files, and its switch leaves that out"
#     logged: "The kernel's log says that it was locked down, and it is not"
#   source: "security/selinux, security/apparmor/lsm.c, security/min_addr.c, arch/x86/kernel/cpu/common.c (cr4_pinned_bits)"
gst_091 contains guest.hit("selinux", "selinux", {}) if {
	settings := guest.value("settings")
	settings.selinux_initialized == 1
	settings.selinux_enforcing == 0
}

gst_091 contains guest.hit("apparmor", "apparmor", {}) if {
	settings := guest.value("settings")
	settings.apparmor_initialized == 1
	settings.apparmor_enabled == 0
}

gst_091 contains guest.hit("lowest", "mmap_min_addr", {"now": settings.mmap_min_addr, "set": settings.dac_mmap_min_addr}) if {
	settings := guest.value("settings")
	settings.mmap_min_addr > 0
	settings.mmap_min_addr < settings.dac_mmap_min_addr
}

gst_091 contains guest.hit("zero", "mmap_min_addr", {}) if {
	guest.value("settings").mmap_min_addr == 0
}

gst_091 contains guest.hit("lockdown", "kernel_locked_down", {"level": settings.askedLockdown}) if {
	settings := guest.value("settings")
	settings.askedLockdown in {"integrity", "confidentiality"}
	settings.kernel_locked_down == 0
}

gst_091 contains guest.hit("secureBoot", "kernel_locked_down", {}) if {
	settings := guest.value("settings")
	settings.secureBoot == true
	settings.kernel_locked_down == 0
}

gst_091 contains guest.hit("signatures", "sig_enforce", {}) if {
	settings := guest.value("settings")
	settings.askedSignatures == true
	settings.sig_enforce == 0
}

gst_091 contains guest.hit("audit", "audit_enabled", {}) if {
	settings := guest.value("settings")
	settings.audit_ever_enabled == 1
	settings.audit_enabled == 0
}

gst_091 contains guest.hit("askedAudit", "audit_ever_enabled", {}) if {
	settings := guest.value("settings")
	settings.askedAudit == true
	settings.audit_ever_enabled == 0
}

# its thread is started with it, and only then
gst_091 contains guest.hit("unheard", "audit_initialized", {"value": settings.audit_initialized}) if {
	settings := guest.value("settings")
	settings.auditRuns == true
	settings.audit_initialized != 1
}

gst_091 contains guest.hit("module", switch, {"module": module, "switch": switch}) if {
	settings := guest.value("settings")
	some [module, switch] in switches
	module in settings.securityModules
	settings[switch] == 0
	not told_otherwise(settings, switch)
}

# set once the module has been started, and never taken back
switches := {["apparmor", "apparmor_enabled"], ["apparmor", "apparmor_initialized"], ["landlock", "landlock_initialized"], ["tomoyo", "tomoyo_enabled"]}

told_otherwise(settings, switch) if {
	switch == "apparmor_enabled"
	settings.apparmor_initialized == 1
}

gst_091 contains guest.hit("policy", "selinux_policy", {}) if {
	settings := guest.value("settings")
	settings.selinux_policy == true
	settings.selinux_initialized == 0
}

gst_091 contains guest.hit("measured", "ima_policy_flag", {"actions": concat(", ", settings.unmeasured)}) if {
	settings := guest.value("settings")
	count(settings.unmeasured) > 0
}

gst_091 contains guest.hit("logged", "kernel_locked_down", {}) if {
	settings := guest.value("settings")
	settings.loggedLockdown == true
	settings.kernel_locked_down == 0
}

gst_091 contains guest.hit("unpinned", "cr4_pinned_bits", {"bits": concat(", ", settings.unpinned)}) if {
	settings := guest.value("settings")
	count(settings.unpinned) > 0
}

gst_091 contains guest.hit("shadow", sprintf("%d", [shadow.processor]), {"cpu": shadow.processor, "bits": concat(", ", shadow.off)}) if {
	some shadow in guest.value("settings").shadows
	count(shadow.off) > 0
}

# METADATA
# title: "A setting that protects the kernel was loosened since the baseline"
# description: "Some settings can be tightened and never loosened while a kernel runs (lockdown, signatures of modules, modules_disabled, kexec_load_disabled); others an administrator may loosen, which is worth a question. A helper's path that changed is told as well."
# custom:
#   id: GST-092
#   severity: high
#   technique: [T1562.001]
#   facts: [settings, baseline.settings]
#   remediation: "Find out who changed it; where it cannot be changed lawfully, treat the guest as taken over."
#   messages:
#     loosened: "{setting} was {before} in the baseline and is {now}"
#     changed: "{setting} was {before} in the baseline and is {now}"
#   source: "Documentation/admin-guide/sysctl/kernel.rst, security/lockdown/lockdown.c, kernel/module/signing.c"
gst_092 contains guest.hit("loosened", setting, {"setting": setting, "before": old, "now": now}) if {
	guest.same_kernel
	some setting in tightening
	now := guest.value("settings")[setting]
	old := guest.before("settings")[setting]
	now < old
}

tightening := {
	"kernel_locked_down", "sig_enforce", "modules_disabled", "kexec_load_disabled", "kptr_restrict", "dmesg_restrict", "mmap_min_addr",
	"sysctl_unprivileged_bpf_disabled", "bpf_jit_harden", "sysctl_perf_event_paranoid", "ptrace_scope", "apparmor_enabled",
	"selinux_enforcing", "selinux_initialized", "randomize_va_space", "audit_enabled",
}

gst_092 contains guest.hit("changed", setting, {"setting": setting, "before": old, "now": now}) if {
	guest.same_kernel
	some setting in {"modprobe_path", "poweroff_cmd", "reboot_cmd", "uevent_helper", "core_pattern"}
	now := guest.value("settings")[setting]
	old := guest.before("settings")[setting]
	now != old
}
