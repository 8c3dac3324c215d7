# The host kernel's own protection.
package ringwall.controls.host.kernel

import data.ringwall.lib.judge
import data.ringwall.lib.module
import data.ringwall.lib.sysctl

# METADATA
# title: "Kernel lockdown"
# description: "Lockdown keeps even the superuser from changing the running kernel, so that breaking into the management of a host is not the same as owning every guest on it."
# custom:
#   id: KVM-060
#   severity: medium
#   family: KRN
#   key50: 12
#   always: true
#   facts: ["securityfs.lockdown"]
#   safe: "integrity or confidentiality, shown in brackets"
#   default: "none, or integrity under Secure Boot on most distributions"
#   remediation: "lockdown=integrity on the kernel command line; update-grub or grubby; reboot"
#   disable:
#     how: "cannot be lowered at run time. Remove lockdown= from the command line and, where the distribution ties lockdown to Secure Boot, also switch off Secure Boot (KVM-062); reboot. Impossible when the kernel was built with LOCK_DOWN_KERNEL_FORCE_*"
#     restart: "reboot; console or BMC when Secure Boot has to change"
#     rollback: "put lockdown=integrity back, enable Secure Boot again, reboot; can also be raised at run time: echo integrity > /sys/kernel/security/lockdown"
#   messages:
#     safe: "Kernel lockdown is in force ({found})"
#     unsafe: "Kernel lockdown is not in force ({found})"
#   source: "docs.kernel.org kernel-parameters lockdown=; security/lockdown/lockdown.c (levels none, integrity, confidentiality). In doubt: raising it at run time and the LOCK_DOWN_KERNEL_FORCE options were not read at a source"
kvm_060 := judge.one_of("securityfs.lockdown", {"integrity", "confidentiality"}, "none")

# METADATA
# title: "Module signatures enforced"
# description: "A module runs with every right of the kernel. Lockdown enforces signatures even where the parameter reads N, as it does on most hosts with Secure Boot."
# custom:
#   id: KVM-061
#   severity: medium
#   family: KRN
#   key50: 13
#   always: true
#   facts: ["module.module.sig_enforce", "securityfs.lockdown"]
#   safe: "Y or 1, or KVM-060 shows integrity or confidentiality (lockdown enforces signatures even when this reads N)"
#   default: "N unless CONFIG_MODULE_SIG_FORCE"
#   remediation: "echo Y > /sys/module/module/parameters/sig_enforce (can be set, never cleared, at run time) and module.sig_enforce=1 on the command line"
#   disable:
#     how: "remove module.sig_enforce=1 from the command line and reboot; no effect while CONFIG_MODULE_SIG_FORCE, or lockdown, is in force"
#     restart: "reboot"
#     rollback: "echo Y > /sys/module/module/parameters/sig_enforce (no reboot needed); put the argument back"
#   messages:
#     safe: "Modules must be signed (sig_enforce = {found})"
#     lockdown: "Modules must be signed, because kernel lockdown is in force ({found})"
#     unsafe: "Modules need no signature (sig_enforce = {found}) and kernel lockdown is not in force"
#     unrecognised: "sig_enforce = {found} is neither on nor off"
#   source: "kernel/module/signing.c (sig_enforce: bool_enable_only, 0644); kernel-parameters module.sig_enforce; patch \"Enforce module signatures if the kernel is locked down\" (module_sig_check asks lockdown)"
kvm_061 := judge.pass("safe", {"found": judge.value(enforced)}, [enforced]) if {
	module.live("module", "sig_enforce") == "on"
} else := judge.pass("lockdown", {"found": judge.value("securityfs.lockdown")}, ["securityfs.lockdown", enforced]) if {
	judge.value("securityfs.lockdown") in {"integrity", "confidentiality"}
} else := judge.unreadable([enforced]) if {
	not judge.readable(enforced)
} else := judge.missing("unrecognised", {"found": judge.value(enforced)}, [enforced]) if {
	module.live("module", "sig_enforce") == "unclear"
} else := judge.fail("unsafe", {"found": judge.effective(enforced, "-")}, [enforced, "securityfs.lockdown"]) if {
	judge.readable("securityfs.lockdown")
} else := judge.unreadable(["securityfs.lockdown", enforced])

enforced := "module.module.sig_enforce"

# METADATA
# title: "kexec load disabled"
# description: "A program that may load another kernel replaces the one that keeps guests apart, together with all its protections."
# custom:
#   id: KVM-064
#   severity: medium
#   family: KRN
#   facts: ["sysctl.kernel.kexec_load_disabled"]
#   safe: "1"
#   default: "0"
#   remediation: "Put kernel.kexec_load_disabled = 1 into a file of /etc/sysctl.d; sysctl --system; kdump has to load its kernel before"
#   disable:
#     how: "Take the line out of /etc/sysctl.d and reboot: the setting cannot be cleared while the kernel runs"
#     restart: "reboot"
#     rollback: "sysctl -w kernel.kexec_load_disabled=1, which needs no reboot; put the line back"
#   messages:
#     safe: "Another kernel cannot be loaded (kernel.kexec_load_disabled = {found})"
#     unsafe: "Another kernel can be loaded (kernel.kexec_load_disabled = {found})"
#     unrecognised: "kernel.kexec_load_disabled = {found} is not a number"
#     noSetting: "This kernel cannot load another one"
#   source: "a rule of ComplianceAsCode"
kvm_064 := sysctl.at_least("kernel.kexec_load_disabled", 1, sysctl.none("kernel.kexec_load_disabled"))

# METADATA
# title: "Unprivileged BPF off"
# description: "Programs of ordinary users that run inside the kernel have been a steady source of escalations and help speculative attacks."
# custom:
#   id: KVM-065
#   severity: medium
#   family: KRN
#   facts: ["sysctl.kernel.unprivileged_bpf_disabled"]
#   safe: "1 or 2"
#   default: "2 with CONFIG_BPF_UNPRIV_DEFAULT_OFF, else 0"
#   remediation: "Put kernel.unprivileged_bpf_disabled = 1 (or 2, which an administrator can change again) into a file of /etc/sysctl.d; sysctl --system"
#   disable:
#     how: "sysctl -w kernel.unprivileged_bpf_disabled=0 (only from 2; from 1 it needs a reboot)"
#     restart: "none from 2; reboot from 1"
#     rollback: "sysctl -w kernel.unprivileged_bpf_disabled=2"
#   messages:
#     safe: "Ordinary users cannot load BPF programs (kernel.unprivileged_bpf_disabled = {found})"
#     unsafe: "Ordinary users can load BPF programs (kernel.unprivileged_bpf_disabled = {found})"
#     unrecognised: "kernel.unprivileged_bpf_disabled = {found} is not a number"
#     noSetting: "This kernel has no BPF system call"
#   source: "docs.kernel.org admin-guide/sysctl/kernel unprivileged_bpf_disabled"
kvm_065 := sysctl.at_least("kernel.unprivileged_bpf_disabled", 1, sysctl.none("kernel.unprivileged_bpf_disabled"))

# METADATA
# title: "BPF JIT hardening"
# description: "Without blinding, constants of a BPF program appear in executable kernel memory as its author chose them."
# custom:
#   id: KVM-066
#   severity: low
#   family: KRN
#   facts: ["sysctl.net.core.bpf_jit_harden"]
#   safe: ">= 1"
#   default: "0"
#   remediation: "Put net.core.bpf_jit_harden = 2 into a file of /etc/sysctl.d; sysctl --system"
#   disable:
#     how: "sysctl -w net.core.bpf_jit_harden=0"
#     restart: "none"
#     rollback: "sysctl -w net.core.bpf_jit_harden=2"
#   messages:
#     safe: "Compiled BPF programs are hardened (net.core.bpf_jit_harden = {found})"
#     unsafe: "Compiled BPF programs are not hardened (net.core.bpf_jit_harden = {found})"
#     unrecognised: "net.core.bpf_jit_harden = {found} is not a number"
#     noSetting: "This kernel compiles no BPF programs"
#   source: "docs.kernel.org admin-guide/sysctl/net bpf_jit_harden"
kvm_066 := sysctl.at_least("net.core.bpf_jit_harden", 1, sysctl.none("net.core.bpf_jit_harden"))

# METADATA
# title: "Kernel pointer exposure limited"
# description: "Addresses of the kernel tell an attacker where to aim."
# custom:
#   id: KVM-067
#   severity: low
#   family: KRN
#   always: true
#   facts: ["sysctl.kernel.kptr_restrict"]
#   safe: ">= 1"
#   default: "0"
#   remediation: "Put kernel.kptr_restrict = 1 into a file of /etc/sysctl.d; sysctl --system"
#   disable:
#     how: "sysctl -w kernel.kptr_restrict=0"
#     restart: "none"
#     rollback: "sysctl -w kernel.kptr_restrict=1"
#   messages:
#     safe: "Kernel addresses are hidden from ordinary users (kernel.kptr_restrict = {found})"
#     unsafe: "Kernel addresses are shown to everybody (kernel.kptr_restrict = {found})"
#     unrecognised: "kernel.kptr_restrict = {found} is not a number"
#     noSetting: "The kernel does not show the setting"
#   source: "docs.kernel.org admin-guide/sysctl/kernel kptr_restrict"
kvm_067 := sysctl.at_least("kernel.kptr_restrict", 1, sysctl.gone("kernel.kptr_restrict"))

# METADATA
# title: "dmesg restricted"
# description: "The kernel log holds addresses, names of devices and traces of faults that guests cause."
# custom:
#   id: KVM-068
#   severity: low
#   family: KRN
#   always: true
#   facts: ["sysctl.kernel.dmesg_restrict"]
#   safe: "1"
#   default: "CONFIG_SECURITY_DMESG_RESTRICT"
#   remediation: "Put kernel.dmesg_restrict = 1 into a file of /etc/sysctl.d; sysctl --system"
#   disable:
#     how: "sysctl -w kernel.dmesg_restrict=0"
#     restart: "none"
#     rollback: "sysctl -w kernel.dmesg_restrict=1"
#   messages:
#     safe: "Only privileged users read the kernel log (kernel.dmesg_restrict = {found})"
#     unsafe: "Everybody reads the kernel log (kernel.dmesg_restrict = {found})"
#     unrecognised: "kernel.dmesg_restrict = {found} is not a number"
#     noSetting: "The kernel does not show the setting"
#   source: "docs.kernel.org admin-guide/sysctl/kernel dmesg_restrict"
kvm_068 := sysctl.at_least("kernel.dmesg_restrict", 1, sysctl.gone("kernel.dmesg_restrict"))

# METADATA
# title: "perf paranoid"
# description: "Counters of the processor tell one user what another does, and their kernel code is reached by everybody."
# custom:
#   id: KVM-069
#   severity: low
#   family: KRN
#   facts: ["sysctl.kernel.perf_event_paranoid"]
#   safe: ">= 2"
#   default: "2 (some distributions patch in 3)"
#   remediation: "Put kernel.perf_event_paranoid = 2 into a file of /etc/sysctl.d; sysctl --system"
#   disable:
#     how: "sysctl -w kernel.perf_event_paranoid=1"
#     restart: "none"
#     rollback: "sysctl -w kernel.perf_event_paranoid=2"
#   messages:
#     safe: "Ordinary users cannot measure the kernel (kernel.perf_event_paranoid = {found})"
#     unsafe: "Ordinary users can measure the kernel (kernel.perf_event_paranoid = {found})"
#     unrecognised: "kernel.perf_event_paranoid = {found} is not a number"
#     noSetting: "This kernel has no performance events"
#   source: "docs.kernel.org admin-guide/sysctl/kernel perf_event_paranoid"
kvm_069 := sysctl.at_least("kernel.perf_event_paranoid", 2, sysctl.none("kernel.perf_event_paranoid"))

# METADATA
# title: "Yama ptrace scope"
# description: "Without it a program reads the memory of every other program of the same user, which is how one broken-out guest process reaches the next."
# custom:
#   id: KVM-070
#   severity: medium
#   family: KRN
#   always: true
#   facts: ["sysctl.kernel.yama.ptrace_scope"]
#   safe: ">= 1"
#   default: "1 when Yama is built in; some distributions set 0; 3 cannot be lowered without reboot"
#   remediation: "Put kernel.yama.ptrace_scope = 1 into a file of /etc/sysctl.d; sysctl --system"
#   disable:
#     how: "sysctl -w kernel.yama.ptrace_scope=0 (not possible from 3)"
#     restart: "none; reboot from 3"
#     rollback: "sysctl -w kernel.yama.ptrace_scope=1"
#   messages:
#     safe: "Programs cannot trace others of the same user (kernel.yama.ptrace_scope = {found})"
#     unsafe: "Programs can trace others of the same user (kernel.yama.ptrace_scope = {found})"
#     unrecognised: "kernel.yama.ptrace_scope = {found} is not a number"
#     noYama: "This kernel runs without Yama, so programs can trace others of the same user"
#   source: "docs.kernel.org admin-guide/LSM/Yama; Ubuntu 20.04 /etc/sysctl.d/10-ptrace.conf (1), Fedora elfutils-default-yama-scope (0)"
kvm_070 := sysctl.at_least("kernel.yama.ptrace_scope", 1, judge.fail("noYama", {}, ["sysctl.kernel.yama.ptrace_scope"]))
