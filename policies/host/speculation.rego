# Mitigations of speculative execution: switches of KVM and of the kernel.
package ringwall.controls.host.speculation

import data.ringwall.lib.boot
import data.ringwall.lib.judge
import data.ringwall.lib.module
import data.ringwall.lib.vulnerability

# METADATA
# title: "L1D flush on VM entry"
# description: "Processors with the L1 terminal fault leak whatever lies in the first-level cache to a guest, unless the cache is flushed before the guest runs."
# custom:
#   id: KVM-010
#   severity: high
#   family: SCH
#   key50: 5
#   facts: ["module.kvm_intel.vmentry_l1d_flush", "modprobe.kvm_intel.vmentry_l1d_flush"]
#   safe: "cond, always or 'not required'; 'EPT disabled' is safe for L1TF but fails KVM-001"
#   default: "cond on affected CPUs; 'not required' elsewhere; never under mitigations=off or l1tf=off"
#   remediation: "echo cond > /sys/module/kvm_intel/parameters/vmentry_l1d_flush; persist with options kvm_intel vmentry_l1d_flush=cond (always for untrusted tenants)"
#   disable:
#     how: "echo never > /sys/module/kvm_intel/parameters/vmentry_l1d_flush; persist with options kvm_intel vmentry_l1d_flush=never. Writes are rejected when the kernel was booted with l1tf=full,force"
#     restart: "none (mode 0644, takes effect at the next VM entry); reboot when l1tf=full,force is set"
#     rollback: "echo cond > the same file; delete the modprobe.d line"
#   messages:
#     safe: "The L1 data cache is flushed as needed on entry to a guest (vmentry_l1d_flush = {found})"
#     unsafe: "The L1 data cache is not flushed on entry to a guest (vmentry_l1d_flush = {found})"
#     safeUntilReload: "The L1 data cache is flushed now (vmentry_l1d_flush = {found}), but the next load of kvm_intel sets {next}"
#     undecided: "KVM has not chosen yet whether to flush the L1 data cache (vmentry_l1d_flush = {found})"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter vmentry_l1d_flush, so its state is not known"
#   source: "docs.kernel.org admin-guide/hw-vuln/l1tf, \"Mitigation control for KVM\"; value names from vmx.c"
kvm_010 := verdict if {
	verdict := module.unless_live("kvm_intel", "vmentry_l1d_flush")
} else := judge.missing("undecided", {"found": judge.value(l1d_flush)}, [l1d_flush]) if {
	judge.value(l1d_flush) == "auto"
} else := judge.pass("safeUntilReload", module.args("kvm_intel", "vmentry_l1d_flush"), module.facts("kvm_intel", "vmentry_l1d_flush")) if {
	judge.value(l1d_flush) in flushing
	module.last("kvm_intel", "vmentry_l1d_flush") == "never"
} else := judge.one_of(l1d_flush, flushing, "never")

l1d_flush := "module.kvm_intel.vmentry_l1d_flush"

# Without EPT the flush is not needed for L1TF; that EPT is off is the finding of KVM-001.
flushing := {"cond", "always", "not required", "EPT disabled"}

# METADATA
# title: "iTLB multihit: non-executable huge pages"
# description: "On processors with the iTLB multihit flaw a guest can stop the machine by changing the size of an executable page; KVM therefore splits huge pages before they become executable."
# custom:
#   id: KVM-011
#   severity: high
#   family: SCH
#   key50: 6
#   facts: ["module.kvm.nx_huge_pages", "cpu.vulnerabilities.itlb_multihit"]
#   safe: "Y, or vulnerabilities/itlb_multihit says 'Not affected' (then N is fine); never = fail on an affected CPU"
#   default: "auto: Y on affected CPUs, N elsewhere (reads auto only before a vendor module is loaded)"
#   remediation: "echo auto > /sys/module/kvm/parameters/nx_huge_pages; delete any kvm.nx_huge_pages=off|never"
#   disable:
#     how: "echo off > /sys/module/kvm/parameters/nx_huge_pages; persist with kvm.nx_huge_pages=off. Do not use never: it cannot be undone at run time"
#     restart: "none (0644; all guest page tables are rebuilt, expect a short stall)"
#     rollback: "echo auto > the same file (after never: reload kvm with all VMs down)"
#   messages:
#     safe: "Huge pages of guests are not executable (nx_huge_pages = {found})"
#     notAffected: "Executable huge pages are harmless on this processor (nx_huge_pages = {found})"
#     unsafe: "Huge pages of guests stay executable on an affected processor (nx_huge_pages = {found})"
#     noModule: "This host runs no KVM"
#     noParameter: "kvm shows no parameter nx_huge_pages, so its state is not known"
#     otherArchitecture: "Processors of the architecture {found} do not have this flaw"
#     notReported: "nx_huge_pages = {found}, and the kernel does not say whether this processor is affected"
#   source: "docs.kernel.org admin-guide/hw-vuln/multihit; mmu.c set/get_nx_huge_pages"
kvm_011 := judge.not_applicable("noModule", {}, ["module.kvm"]) if {
	module.out_of_place("kvm")
} else := judge.unreadable([huge_pages]) if {
	not judge.readable(huge_pages)
} else := judge.not_applicable("otherArchitecture", {"found": judge.value("cpu.architecture")}, ["cpu.architecture"]) if {
	judge.absent(huge_pages)
	judge.value("cpu.architecture") != "x86"
} else := judge.missing("noParameter", {}, [huge_pages]) if {
	judge.absent(huge_pages)
} else := judge.pass("safe", {"found": judge.value(huge_pages)}, [huge_pages]) if {
	judge.value(huge_pages) in {"Y", "y", "1", "force", "auto"}
} else := judge.pass("notAffected", {"found": judge.value(huge_pages)}, [huge_pages, multihit]) if {
	multihit_harmless
} else := judge.unreadable([huge_pages, multihit]) if {
	not judge.readable(multihit)
} else := judge.missing("notReported", {"found": judge.value(huge_pages)}, [huge_pages, multihit]) if {
	judge.absent(multihit)
} else := judge.fail("unsafe", {"found": judge.value(huge_pages)}, [huge_pages, multihit])

huge_pages := "module.kvm.nx_huge_pages"

multihit := "cpu.vulnerabilities.itlb_multihit"

multihit_harmless if vulnerability.clauses("itlb_multihit")[0].state == "not affected"

# "KVM: Mitigation: VMX disabled" and "VMX unsupported": no guest runs that could use the flaw.
multihit_harmless if contains(vulnerability.text("itlb_multihit"), "Mitigation: VMX")

multihit_harmless if {
	judge.absent(multihit)
	not judge.value("cpu.vendor") in {"intel", "zhaoxin"}
	judge.present("cpu.vendor")
}

# METADATA
# title: "SMT off or core scheduling for untrusted tenants"
# description: "Two guests on sibling threads of one core share its caches and buffers, and several flaws leak between them whatever else is mitigated."
# custom:
#   id: KVM-023
#   severity: medium
#   family: SCH
#   key50: 7
#   facts: ["smt.control", "libvirt.driver.sched_core"]
#   safe: "off, forceoff, notsupported or notimplemented; or libvirt's sched_core is vcpus, emulator or full"
#   default: "on"
#   remediation: "echo off > /sys/devices/system/cpu/smt/control and nosmt on the kernel command line to keep it; or sched_core=\"full\" and restart guests"
#   disable:
#     how: "echo on > /sys/devices/system/cpu/smt/control; remove nosmt from the command line to keep it. Rejected when the state is forceoff (nosmt=force) or notsupported"
#     restart: "none (sibling CPUs go on- or offline at once, pinned vCPUs move); reboot when forceoff; guest restart for sched_core"
#     rollback: "echo off > the same file; put nosmt back on the command line"
#   messages:
#     safe: "Sibling threads are not used (smt/control = {found})"
#     coreScheduling: "Sibling threads are in use, and libvirt keeps those of different guests apart (sched_core = {found})"
#     unsafe: "Sibling threads are in use (smt/control = {found}), and nothing keeps guests of different tenants off one core"
#     trusted: "The baseline says that tenants trust each other"
#     noControl: "The kernel does not say whether sibling threads are in use"
#   source: "docs.kernel.org ABI testing/sysfs-devices-system-cpu (smt/control); admin-guide/hw-vuln/core-scheduling; libvirt qemu.conf sched_core"
kvm_023 := judge.not_applicable("trusted", {}, ["smt.control"]) if {
	judge.tenants == "trusted"
} else := judge.unreadable(["smt.control"]) if {
	not judge.readable("smt.control")
} else := judge.missing("noControl", {}, ["smt.control"]) if {
	judge.absent("smt.control")
} else := judge.pass("safe", {"found": judge.value("smt.control")}, ["smt.control"]) if {
	judge.value("smt.control") in {"off", "forceoff", "notsupported", "notimplemented", "1"}
} else := judge.pass("coreScheduling", {"found": judge.value(core_scheduling)}, [core_scheduling, "smt.control"]) if {
	judge.value(core_scheduling) in {"vcpus", "emulator", "full"}
} else := judge.unreadable([core_scheduling]) if {
	judge.state(core_scheduling) == "unreadable"
} else := judge.fail("unsafe", {"found": judge.value("smt.control")}, ["smt.control"])

core_scheduling := "libvirt.driver.sched_core"

# METADATA
# title: "Kernel not booted with mitigations=off"
# description: "One word on the kernel command line takes away every mitigation that has a switch. Since Linux 6.17 a list of attack vectors can take away part of them, for example those between guests and the host."
# custom:
#   id: KVM-024
#   severity: critical
#   family: SCH
#   key50: 8
#   always: true
#   facts: ["cmdline.mitigations", "config.cpu_mitigations"]
#   safe: "absent or auto or 'auto,nosmt'"
#   default: "auto"
#   remediation: "remove the token from GRUB_CMDLINE_LINUX; update-grub (Debian) or grubby --update-kernel=ALL --remove-args (RHEL); reboot"
#   disable:
#     how: "add mitigations=off to the kernel command line; update-grub or grubby; reboot. Never the recommended way: use the single token of KVM-025"
#     restart: "reboot"
#     rollback: "remove the token; update-grub or grubby; reboot; check /proc/cmdline and the vulnerabilities files"
#   messages:
#     safe: "Mitigations are on (mitigations={found})"
#     default: "Mitigations are on by default"
#     off: "The kernel was started with mitigations={found}"
#     vector: "The kernel was started with mitigations={found}, which leaves out whole attack vectors"
#     unrecognised: "The kernel does not know mitigations={found}"
#     builtOff: "The kernel was built without mitigations (CONFIG_CPU_MITIGATIONS is not set)"
#   source: "kernel-parameters.txt"
kvm_024 := judge.unreadable(["cmdline.mitigations"]) if {
	not judge.readable("cmdline.mitigations")
} else := judge.fail("off", {"found": boot.last("mitigations")}, ["cmdline.mitigations"]) if {
	"off" in mitigation_words
} else := judge.fail("vector", {"found": boot.last("mitigations")}, ["cmdline.mitigations"]) if {
	some word in mitigation_words
	startswith(word, "no_")
} else := judge.pass("safe", {"found": boot.last("mitigations")}, ["cmdline.mitigations"]) if {
	mitigation_words[0] == "auto"
	every word in mitigation_words { word in {"auto", "nosmt"} }
} else := judge.fail("unrecognised", {"found": boot.last("mitigations")}, ["cmdline.mitigations"]) if {
	boot.given("mitigations")
} else := judge.fail("builtOff", {}, ["cmdline.mitigations", "config.cpu_mitigations"]) if {
	judge.value("config.cpu_mitigations") == "n"
} else := judge.pass("default", {}, ["cmdline.mitigations"])

mitigation_words := regex.split(`[,;]`, boot.last("mitigations"))

# METADATA
# title: "No single mitigation switched off on the command line"
# description: "A single mitigation can be switched off by its own parameter, which the files of the kernel's vulnerability report then show as vulnerable."
# custom:
#   id: KVM-025
#   severity: high
#   family: SCH
#   always: true
#   facts: ["cmdline"]
#   safe: "none equals off; no nospectre_v1, nospectre_v2, nopti, pti=off"
#   default: "absent"
#   remediation: "Take the token off the kernel command line; update the boot loader; reboot"
#   disable:
#     how: "add the single token instead of mitigations=off"
#     restart: "reboot"
#     rollback: "Take the token off the kernel command line again; update the boot loader; reboot"
#   messages:
#     safe: "The command line switches no single mitigation off"
#     unsafe: "The command line switches mitigations off: {found}"
#   source: "kernel-parameters.txt"
kvm_025 := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.fail("unsafe", {"found": sort(switched_off)}, facts_off) if {
	count(switched_off) > 0
} else := judge.pass("safe", {}, ["cmdline"])

# Parameters whose value "off" takes the mitigation away, and those that do so by their presence.
switches := {
	"l1tf", "mds", "tsx_async_abort", "mmio_stale_data", "retbleed", "spectre_v2", "spectre_v2_user", "spectre_bhi", "pti", "kpti",
	"spec_store_bypass_disable", "srbds", "gather_data_sampling", "reg_file_data_sampling", "spec_rstack_overflow",
	"indirect_target_selection", "tsa", "vmscape",
}

refusals := {"nospectre_v1", "nospectre_v2", "nospectre_bhb", "nopti", "nospec_store_bypass_disable"}

off_by_value := ({name | some name in switches; "off" in split(boot.last(name), ",")} | {"kpti" | boot.cleared("kpti")}) | {"ssbd" |
	boot.last("ssbd") == "force-off"
}

off_by_name := {name | some name in refusals; boot.given(name)}

switched_off := {sprintf("%s=%s", [name, boot.last(name)]) | some name in off_by_value} | off_by_name

facts_off := [boot.fact(name) | some name in (off_by_value | off_by_name)]
