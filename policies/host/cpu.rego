# Hardware virtualization of the processor.
package ringwall.controls.host.cpu

import data.ringwall.lib.judge
import data.ringwall.lib.module

# METADATA
# title: "Intel EPT (second-level address translation) active"
# description: "Without extended page tables every change of a guest page table is emulated by the host, which is slower and puts far more host code within reach of a guest."
# custom:
#   id: KVM-001
#   severity: high
#   family: CPU
#   key50: 1
#   facts: ["module.kvm_intel.ept", "modprobe.kvm_intel.ept"]
#   safe: "Y or 1"
#   default: "Y"
#   remediation: "remove any 'options kvm_intel ept=0' from /etc/modprobe.d; reload module"
#   disable:
#     how: "echo 'options kvm_intel ept=0' > /etc/modprobe.d/ringwall-waiver.conf; stop all VMs; modprobe -r kvm_intel && modprobe kvm_intel (built-in KVM: use the kernel argument and reboot; if the module is in the initramfs, rebuild it)"
#     restart: "module reload (all VMs down); reboot if KVM is built in"
#     rollback: "rm /etc/modprobe.d/ringwall-waiver.conf; rebuild initramfs if it held the file; reload the module with all VMs down; read ept = Y"
#   messages:
#     safe: "Second-level address translation (EPT) is on (ept = {found})"
#     unsafe: "Second-level address translation (EPT) is off (ept = {found}); guests run on shadow page tables"
#     safeUntilReload: "Second-level address translation (EPT) is on now (ept = {found}), but the next load of kvm_intel sets ept={next}"
#     unsafeUntilReload: "Second-level address translation (EPT) is off now (ept = {found}); guests run on shadow page tables; the next load of kvm_intel sets ept={next}, so reload it with all guests down"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter ept, so its state is not known"
#     unrecognised: "ept = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_001 := module.switched("kvm_intel", "ept", "on")

# METADATA
# title: "AMD NPT (nested page tables) active"
# description: "Without nested page tables every change of a guest page table is emulated by the host, which is slower and puts far more host code within reach of a guest."
# custom:
#   id: KVM-002
#   severity: high
#   family: CPU
#   facts: ["module.kvm_amd.npt", "modprobe.kvm_amd.npt"]
#   safe: "Y or 1"
#   default: "1"
#   remediation: "remove 'options kvm_amd npt=0'"
#   disable:
#     how: "echo 'options kvm_amd npt=0' > /etc/modprobe.d/ringwall-waiver.conf; stop all VMs; modprobe -r kvm_amd && modprobe kvm_amd"
#     restart: "module reload (all VMs down); reboot if KVM is built in"
#     rollback: "rm the drop-in; reload; read npt = Y or 1"
#   messages:
#     safe: "Nested page tables (NPT) are on (npt = {found})"
#     unsafe: "Nested page tables (NPT) are off (npt = {found}); guests run on shadow page tables"
#     safeUntilReload: "Nested page tables (NPT) are on now (npt = {found}), but the next load of kvm_amd sets npt={next}"
#     unsafeUntilReload: "Nested page tables (NPT) are off now (npt = {found}); guests run on shadow page tables; the next load of kvm_amd sets npt={next}, so reload it with all guests down"
#     noModule: "kvm_amd is not in use on this host"
#     noParameter: "kvm_amd shows no parameter npt, so its state is not known"
#     unrecognised: "npt = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_002 := module.switched("kvm_amd", "npt", "on")

# METADATA
# title: "Intel unrestricted guest active"
# description: "Without it, real mode and unpaged protected mode of a guest are emulated instruction by instruction in the host. It also reads N while EPT is off."
# custom:
#   id: KVM-003
#   severity: medium
#   family: CPU
#   key50: 2
#   facts: ["module.kvm_intel.unrestricted_guest", "modprobe.kvm_intel.unrestricted_guest"]
#   safe: "Y or 1"
#   default: "Y"
#   remediation: "remove unrestricted_guest=0"
#   disable:
#     how: "echo 'options kvm_intel unrestricted_guest=0' > /etc/modprobe.d/ringwall-waiver.conf; stop all VMs; modprobe -r kvm_intel && modprobe kvm_intel (built-in KVM: use the kernel argument and reboot; if the module is in the initramfs, rebuild it)"
#     restart: "module reload (all VMs down); reboot if KVM is built in"
#     rollback: "rm the drop-in; reload with all VMs down; read unrestricted_guest = Y (it also reads N while ept=0)"
#   messages:
#     safe: "Unrestricted guest mode is on (unrestricted_guest = {found})"
#     unsafe: "Unrestricted guest mode is off (unrestricted_guest = {found}); real mode is emulated by the host"
#     safeUntilReload: "Unrestricted guest mode is on now (unrestricted_guest = {found}), but the next load of kvm_intel sets unrestricted_guest={next}"
#     unsafeUntilReload: "Unrestricted guest mode is off now (unrestricted_guest = {found}); real mode is emulated by the host; the next load of kvm_intel sets unrestricted_guest={next}, so reload it with all guests down"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter unrestricted_guest, so its state is not known"
#     unrecognised: "unrestricted_guest = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_003 := module.switched("kvm_intel", "unrestricted_guest", "on")

# METADATA
# title: "Intel VPID active"
# description: "Translations in the TLB carry the identity of the guest they belong to, so that none of one guest can serve another."
# custom:
#   id: KVM-006
#   severity: low
#   family: CPU
#   facts: ["module.kvm_intel.vpid", "modprobe.kvm_intel.vpid"]
#   safe: "Y or 1"
#   default: "Y"
#   remediation: "Delete vpid=0 from /etc/modprobe.d; stop all VMs; reload kvm_intel; read vpid = Y"
#   disable:
#     how: "options kvm_intel vpid=0"
#     restart: "module-reload"
#     rollback: "delete drop-in"
#   messages:
#     safe: "The virtual processor identifier (VPID) is on (vpid = {found})"
#     unsafe: "The virtual processor identifier (VPID) is off (vpid = {found})"
#     safeUntilReload: "The virtual processor identifier (VPID) is on now (vpid = {found}), but the next load of kvm_intel sets vpid={next}"
#     unsafeUntilReload: "The virtual processor identifier (VPID) is off now (vpid = {found}); the next load of kvm_intel sets vpid={next}, so reload it with all guests down"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter vpid, so its state is not known"
#     unrecognised: "vpid = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_006 := module.switched("kvm_intel", "vpid", "on")

# METADATA
# title: "Intel FlexPriority active"
# description: "Accesses to the task priority register are served by the processor instead of the instruction emulator."
# custom:
#   id: KVM-007
#   severity: low
#   family: CPU
#   facts: ["module.kvm_intel.flexpriority", "modprobe.kvm_intel.flexpriority"]
#   safe: "Y or 1"
#   default: "Y"
#   remediation: "remove flexpriority=0"
#   disable:
#     how: "options kvm_intel flexpriority=0"
#     restart: "module-reload"
#     rollback: "delete drop-in"
#   messages:
#     safe: "FlexPriority is on (flexpriority = {found})"
#     unsafe: "FlexPriority is off (flexpriority = {found})"
#     safeUntilReload: "FlexPriority is on now (flexpriority = {found}), but the next load of kvm_intel sets flexpriority={next}"
#     unsafeUntilReload: "FlexPriority is off now (flexpriority = {found}); the next load of kvm_intel sets flexpriority={next}, so reload it with all guests down"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter flexpriority, so its state is not known"
#     unrecognised: "flexpriority = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_007 := module.switched("kvm_intel", "flexpriority", "on")

# METADATA
# title: "Intel APICv state recorded"
# description: "The processor serves most accesses to the interrupt controller, so that less of its emulation is reached. It reads N on processors that cannot."
# custom:
#   id: KVM-008
#   severity: info
#   family: CPU
#   facts: ["module.kvm_intel.enable_apicv", "modprobe.kvm_intel.enable_apicv"]
#   safe: "Y or 1"
#   default: "Y where supported"
#   remediation: "remove enable_apicv=0"
#   disable:
#     how: "options kvm_intel enable_apicv=0"
#     restart: "module-reload"
#     rollback: "delete drop-in"
#   messages:
#     safe: "APIC virtualization (APICv) is on (enable_apicv = {found})"
#     unsafe: "APIC virtualization (APICv) is off (enable_apicv = {found})"
#     safeUntilReload: "APIC virtualization (APICv) is on now (enable_apicv = {found}), but the next load of kvm_intel sets enable_apicv={next}"
#     unsafeUntilReload: "APIC virtualization (APICv) is off now (enable_apicv = {found}); the next load of kvm_intel sets enable_apicv={next}, so reload it with all guests down"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter enable_apicv, so its state is not known"
#     unrecognised: "enable_apicv = {found} is neither on nor off"
#   source: "torvalds/linux arch/x86/kvm/vmx/vmx.c"
kvm_008 := module.switched("kvm_intel", "enable_apicv", "on")

# METADATA
# title: "Intel PT host/guest mode not enabled"
# description: "Letting guests use Processor Trace of the host is broken enough that the kernel moved it behind CONFIG_BROKEN in November 2024; where the parameter is gone, so is the mode."
# custom:
#   id: KVM-009
#   severity: medium
#   family: CPU
#   key50: 4
#   facts: ["module.kvm_intel.pt_mode"]
#   safe: "absent or 0"
#   default: "0 (PT_MODE_SYSTEM); parameter only exists with CONFIG_BROKEN since 6.12 and stables of Nov 2024"
#   remediation: "Delete pt_mode=1 from /etc/modprobe.d; stop all VMs; reload kvm_intel; read pt_mode = 0"
#   disable:
#     how: "options kvm_intel pt_mode=1 in modprobe.d (only on kernels that still have the parameter); stop all VMs; modprobe -r kvm_intel && modprobe kvm_intel (built-in KVM: use the kernel argument and reboot; if the module is in the initramfs, rebuild it)"
#     restart: "module reload (all VMs down)"
#     rollback: "delete the drop-in; reload; read 0 or absent"
#   messages:
#     safe: "Processor Trace is not shared with guests (pt_mode = {found})"
#     unsafe: "Processor Trace is shared with guests (pt_mode = {found})"
#     noParameter: "This kernel cannot share Processor Trace with guests"
#     noModule: "kvm_intel is not in use on this host"
#   source: "kernel commit aa0d42cacf09 \"Bury Intel PT virtualization behind CONFIG_BROKEN\" (Nov 2024) and its stable backports"
kvm_009 := judge.not_applicable("noModule", {}, ["module.kvm_intel"]) if {
	module.out_of_place("kvm_intel")
} else := judge.pass("noParameter", {}, ["module.kvm_intel.pt_mode"]) if {
	judge.absent("module.kvm_intel.pt_mode")
} else := judge.one_of("module.kvm_intel.pt_mode", {"0"}, "0")

# METADATA
# title: "Unhandled MSR access not ignored"
# description: "Accesses that should fault are silently swallowed, which hides faults of a guest and of the hypervisor alike."
# custom:
#   id: KVM-012
#   severity: low
#   family: CPU
#   facts: ["module.kvm.ignore_msrs", "modprobe.kvm.ignore_msrs"]
#   safe: "N or 0"
#   default: "N"
#   remediation: "remove ignore_msrs=1"
#   disable:
#     how: "echo 1 > /sys/module/kvm/parameters/ignore_msrs (some macOS/Windows guests)"
#     restart: "none"
#     rollback: "echo 0 > the same file"
#   messages:
#     safe: "Ignoring unknown model-specific registers is off (ignore_msrs = {found})"
#     unsafe: "Ignoring unknown model-specific registers is on (ignore_msrs = {found})"
#     safeUntilReload: "Ignoring unknown model-specific registers is off now (ignore_msrs = {found}), but the next load of kvm sets ignore_msrs={next}"
#     unsafeUntilReload: "Ignoring unknown model-specific registers is on now (ignore_msrs = {found}); the next load of kvm sets ignore_msrs={next}, so reload it with all guests down"
#     noModule: "kvm is not in use on this host"
#     noParameter: "kvm has no parameter ignore_msrs here, so it cannot be switched on"
#     unrecognised: "ignore_msrs = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_012 := module.switched_if_any("kvm", "ignore_msrs", "off")

# METADATA
# title: "KVM vendor module loaded and recognised"
# description: "Names the module that does the work: hardware virtualization of the processor's vendor, or one that does without. No vendor module is not the same as no KVM."
# custom:
#   id: KVM-021
#   severity: info
#   family: CPU
#   facts: ["module.kvm", "module.kvm_intel", "module.kvm_amd", "module.kvm_pvm", "module.kvm_hv", "module.kvm_pr", "modprobe.barred"]
#   safe: "one of kvm_intel, kvm_amd, kvm_pvm, kvm_hv; report which"
#   default: "n/a"
#   remediation: "load the vendor module"
#   disable:
#     how: "blacklist kvm_intel and kvm_amd in modprobe.d (the real way to turn KVM off without firmware)"
#     restart: "module-unload or reboot"
#     rollback: "delete the blacklist file; modprobe the vendor module"
#   messages:
#     safe: "KVM runs on {found}"
#     barred: "KVM is not loaded, and modprobe's configuration bars {found}"
#     noVendorModule: "kvm is loaded, and none of kvm_intel, kvm_amd, kvm_pvm and kvm_hv: no guest can run"
#     noHypervisor: "This host runs no KVM"
#     otherArchitecture: "On the architecture {found} KVM has no vendor module"
#   source: "sysfs of a test host that has only kvm and kvm_pvm"
kvm_021 := judge.unreadable(["module.kvm"]) if {
	not judge.readable("module.kvm")
} else := judge.pass("safe", {"found": loaded}, facts_of(loaded)) if {
	loaded != []
} else := judge.not_applicable("otherArchitecture", {"found": judge.value("cpu.architecture")}, ["module.kvm", "cpu.architecture"]) if {
	judge.present("module.kvm")
	judge.value("cpu.architecture") in {"arm", "s390", "riscv"}
} else := judge.fail("noVendorModule", {}, ["module.kvm"]) if {
	judge.present("module.kvm")
} else := judge.fail("barred", {"found": sort(barred)}, ["module.kvm", "modprobe.barred"]) if {
	count(barred) > 0
} else := judge.not_applicable("noHypervisor", {}, ["module.kvm"])

vendor_modules := ["kvm_intel", "kvm_amd", "kvm_pvm", "kvm_hv", "kvm_pr"]

loaded := [name | some name in vendor_modules; judge.present(module.fact(name))]

facts_of(names) := [module.fact(name) | some name in names]

barred := {name | some name in judge.value("modprobe.barred"); name in {"kvm", "kvm_intel", "kvm_amd"}}

# METADATA
# title: "VT-x/AMD-V enabled in firmware and locked"
# description: "Virtualization extensions are switched on in firmware, which should also lock the switch. The kernel hides the processor's flag where firmware switched them off. A host that must not run guests says so with the parameter host_role."
# custom:
#   id: KVM-022
#   severity: high
#   family: CPU
#   facts: ["cpu.flags", "msr.feature_control"]
#   safe: "vmx or svm where the host runs guests; neither where the parameter host_role is no-virtualization"
#   default: "firmware dependent; /proc/cpuinfo does not show the flag when firmware switched it off"
#   remediation: "Switch on VT-x or AMD-V (SVM) in the firmware setup; power the host off and on"
#   disable:
#     how: "firmware setup: VMX/SVM off (msconfig cannot do this)"
#     restart: "reboot; firmware setup needs a person at the console or a BMC with firmware access"
#     rollback: "Switch it on again in the firmware setup; power the host off and on"
#   messages:
#     safe: "The processor offers {found} to the kernel"
#     off: "The processor offers neither vmx nor svm: it cannot, or firmware has switched it off"
#     unlocked: "Firmware enabled vmx without locking the setting"
#     notWanted: "The baseline allows no virtualization here, and the processor offers {found}"
#     offAsWanted: "The baseline allows no virtualization here, and the processor offers none"
#     guestMachine: "This is a virtual machine that runs no KVM"
#     otherArchitecture: "On the architecture {found} firmware has no such switch"
#     noFlags: "/proc/cpuinfo lists no processor flags"
#   source: "torvalds/linux svm.c (MSR_VM_CR, SVM_VM_CR_SVM_DISABLE = bit 4), public readers of MSR_IA32_FEATURE_CONTROL lock and VMXON bits"
kvm_022 := judge.unreadable(["cpu.flags"]) if {
	not judge.readable("cpu.flags")
} else := judge.not_applicable("otherArchitecture", {"found": judge.value("cpu.architecture")}, ["cpu.architecture"]) if {
	judge.value("cpu.architecture") != "x86"
} else := judge.missing("noFlags", {}, ["cpu.flags"]) if {
	judge.absent("cpu.flags")
} else := judge.fail("notWanted", {"found": extensions}, ["cpu.flags"]) if {
	not_to_virtualize
	extensions != []
} else := judge.pass("offAsWanted", {}, ["cpu.flags"]) if {
	not_to_virtualize
} else := judge.fail("unlocked", {}, ["msr.feature_control", "cpu.flags"]) if {
	"vmx" in extensions
	bits.and(judge.value("msr.feature_control"), 1) == 0
} else := judge.pass("safe", {"found": extensions}, ["cpu.flags"]) if {
	extensions != []
} else := judge.not_applicable("guestMachine", {}, ["cpu.flags", "module.kvm"]) if {
	"hypervisor" in judge.value("cpu.flags")
	judge.absent("module.kvm")
} else := judge.fail("off", {}, ["cpu.flags"])

extensions := [flag | some flag in judge.value("cpu.flags"); flag in {"vmx", "svm"}]

not_to_virtualize if judge.parameter("host_role") == "no-virtualization"
