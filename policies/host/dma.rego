# What devices can reach: IOMMU, VFIO, PCIe.
package ringwall.controls.host.dma

import data.ringwall.lib.boot
import data.ringwall.lib.isolation
import data.ringwall.lib.judge
import data.ringwall.lib.module

# METADATA
# title: "Unsafe interrupts not allowed for VFIO"
# description: "A device assigned on a machine without interrupt remapping can raise any interrupt of the host by writing to memory."
# custom:
#   id: KVM-014
#   severity: high
#   family: IOM
#   facts: ["module.vfio_iommu_type1.allow_unsafe_interrupts", "modprobe.vfio_iommu_type1.allow_unsafe_interrupts"]
#   safe: "absent or in [N,0]"
#   default: "N"
#   remediation: "remove allow_unsafe_interrupts=1"
#   disable:
#     how: "echo 1 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts, or options vfio_iommu_type1 allow_unsafe_interrupts=1"
#     restart: "none (0644; checked when a container attaches a group)"
#     rollback: "echo 0 > the same file; delete the modprobe.d line; restart guests that were attached meanwhile"
#   messages:
#     safe: "Assignment without interrupt remapping is off (allow_unsafe_interrupts = {found})"
#     unsafe: "Assignment without interrupt remapping is on (allow_unsafe_interrupts = {found})"
#     safeUntilReload: "Assignment without interrupt remapping is off now (allow_unsafe_interrupts = {found}), but the next load of vfio_iommu_type1 sets allow_unsafe_interrupts={next}"
#     unsafeUntilReload: "Assignment without interrupt remapping is on now (allow_unsafe_interrupts = {found}); the next load of vfio_iommu_type1 sets allow_unsafe_interrupts={next}, so reload it with all guests down"
#     noParameter: "vfio_iommu_type1 is not loaded or cannot do it"
#     unrecognised: "allow_unsafe_interrupts = {found} is neither on nor off"
#     atLoad: "vfio_iommu_type1 is not loaded, but loads with allow_unsafe_interrupts={next} as soon as a device is assigned"
#     noHypervisor: "This host runs no KVM and has no such module loaded"
#   source: "torvalds/linux drivers/vfio/vfio_iommu_type1.c module_param allow_unsafe_interrupts"
kvm_014 := module.off_or_absent("vfio_iommu_type1", "allow_unsafe_interrupts")

# METADATA
# title: "VFIO no-IOMMU mode off"
# description: "In this mode a device handed to user space reads and writes all memory of the host."
# custom:
#   id: KVM-015
#   severity: critical
#   family: IOM
#   facts: ["module.vfio.enable_unsafe_noiommu_mode", "modprobe.vfio.enable_unsafe_noiommu_mode"]
#   safe: "absent (CONFIG_VFIO_NOIOMMU off) or in [N,0]"
#   default: "N"
#   remediation: "remove enable_unsafe_noiommu_mode=1"
#   disable:
#     how: "echo Y > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode (only affects devices without an IOMMU group; the kernel is tainted; not usable for VM device assignment)"
#     restart: "none"
#     rollback: "echo N > the same file; unbind devices already given a noiommu group; the taint stays until reboot"
#   messages:
#     safe: "VFIO without an IOMMU is off (enable_unsafe_noiommu_mode = {found})"
#     unsafe: "VFIO without an IOMMU is on (enable_unsafe_noiommu_mode = {found})"
#     safeUntilReload: "VFIO without an IOMMU is off now (enable_unsafe_noiommu_mode = {found}), but the next load of vfio sets enable_unsafe_noiommu_mode={next}"
#     unsafeUntilReload: "VFIO without an IOMMU is on now (enable_unsafe_noiommu_mode = {found}); the next load of vfio sets enable_unsafe_noiommu_mode={next}, so reload it with all guests down"
#     noParameter: "vfio is not loaded or cannot do it"
#     unrecognised: "enable_unsafe_noiommu_mode = {found} is neither on nor off"
#     atLoad: "vfio is not loaded, but loads with enable_unsafe_noiommu_mode={next} as soon as a device is assigned"
#     noHypervisor: "This host runs no KVM and has no such module loaded"
#   source: "torvalds/linux drivers/vfio/vfio_main.c and group.c (vfio_noiommu)"
kvm_015 := module.off_or_absent("vfio", "enable_unsafe_noiommu_mode")

# METADATA
# title: "IOMMU active (at least one group)"
# description: "Without an IOMMU a device, or a guest that drives one, reads and writes any memory of the host. A group that VFIO made up for a device without an IOMMU does not count."
# custom:
#   id: KVM-040
#   severity: high
#   family: IOM
#   key50: 9
#   always: true
#   facts: ["iommu.groups"]
#   safe: "count > 0"
#   default: "distribution dependent"
#   remediation: "intel_iommu=on (Intel; AMD is on by default) + VT-d/AMD-Vi in firmware"
#   disable:
#     how: "intel_iommu=off or amd_iommu=off on the kernel command line; update-grub or grubby; reboot. Device assignment stops working"
#     restart: "reboot; firmware VT-d/AMD-Vi switch needs console or BMC"
#     rollback: "remove the argument; reboot; count of /sys/kernel/iommu_groups > 0"
#   messages:
#     safe: "The IOMMU is active: {count} groups"
#     unsafe: "No IOMMU is active: the kernel has formed no group"
#   source: "docs.kernel.org ABI testing/sysfs-kernel-iommu_groups and kernel-parameters; a test host without IOMMU has 0 groups"
kvm_040 := judge.unreadable(["iommu.groups"]) if {
	not judge.readable("iommu.groups")
} else := judge.fail("unsafe", {}, ["iommu.groups"]) if {
	isolation.none
} else := judge.pass("safe", {"count": count(isolation.groups)}, ["iommu.groups"])

# METADATA
# title: "IOMMU not in passthrough by default"
# description: "In passthrough the IOMMU lets the host's own devices reach all memory; a device with altered firmware is then not held back. Of several settings on the command line the last counts."
# custom:
#   id: KVM-041
#   severity: medium
#   family: IOM
#   key50: 10
#   always: true
#   facts: ["cmdline", "config.iommu_default_passthrough"]
#   safe: "iommu.passthrough != 1 and iommu != pt"
#   default: "CONFIG_IOMMU_DEFAULT_PASSTHROUGH"
#   remediation: "iommu.passthrough=0"
#   disable:
#     how: "iommu.passthrough=1 or iommu=pt on the kernel command line; reboot. For one device prefer KVM-043"
#     restart: "reboot"
#     rollback: "remove the argument (or set iommu.passthrough=0); reboot; check the group type files"
#   messages:
#     safe: "Devices of the host are translated by default"
#     unsafe: "Devices of the host bypass the IOMMU: {found} on the command line"
#     builtIn: "Devices of the host bypass the IOMMU: the kernel was built so (CONFIG_IOMMU_DEFAULT_PASSTHROUGH)"
#   source: "kernel-parameters.txt"
kvm_041 := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.fail("unsafe", {"found": last_translation.text}, [last_translation.fact]) if {
	last_translation.bypass
} else := judge.pass("safe", {}, [last_translation.fact]) if {
	not last_translation.bypass
	last_translation
} else := judge.fail("builtIn", {}, ["cmdline", "config.iommu_default_passthrough"]) if {
	boot.built("iommu_default_passthrough")
} else := judge.pass("safe", {}, ["cmdline"])

# Everything on the command line that decides on passthrough, in order: {bypass, text, fact}.
translations := [choice | some parameter in judge.value("cmdline"); some choice in choices(parameter)]

last_translation := translations[count(translations) - 1]

choices(parameter) := [{"bypass": boot.yes(parameter.value), "text": written(parameter), "fact": "cmdline.iommu.passthrough"}] if {
	parameter.name == "iommu.passthrough"
	boot.yes(parameter.value)
} else := [{"bypass": false, "text": written(parameter), "fact": "cmdline.iommu.passthrough"}] if {
	parameter.name == "iommu.passthrough"
} else := [{"bypass": word == "pt", "text": written(parameter), "fact": "cmdline.iommu"} |
	some word in split(parameter.value, ",")
	word in {"pt", "nopt"}
] if {
	parameter.name == "iommu"
} else := []

written(parameter) := sprintf("%s=%s", [parameter.name, parameter.value])

# METADATA
# title: "Strict TLB invalidation"
# description: "With lazy invalidation a device can still reach a page for some milliseconds after the host has taken it back and used it for something else."
# custom:
#   id: KVM-042
#   severity: medium
#   family: IOM
#   facts: ["cmdline.iommu.strict", "iommu.groups", "config.iommu_default_dma_strict"]
#   safe: "1 (or group type DMA, not DMA-FQ)"
#   default: "CONFIG_IOMMU_DEFAULT_DMA_STRICT"
#   remediation: "Put iommu.strict=1 on the kernel command line; update the boot loader; reboot"
#   disable:
#     how: "Put iommu.strict=0 on the kernel command line; update the boot loader; reboot"
#     restart: "reboot"
#     rollback: "Take iommu.strict=0 off the kernel command line; update the boot loader; reboot"
#   messages:
#     safe: "The IOMMU forgets a mapping at once: {found} on the command line"
#     groups: "The IOMMU forgets a mapping at once: groups are of type DMA"
#     builtIn: "The IOMMU forgets a mapping at once: the kernel was built so"
#     unsafe: "The IOMMU forgets mappings late: {found} on the command line"
#     queued: "The IOMMU forgets mappings late: group {found} is of type DMA-FQ"
#     builtLazy: "The IOMMU forgets mappings late: the kernel was built so"
#     noIOMMU: "This host has no active IOMMU"
#     undetermined: "Neither the command line, the groups nor the kernel's configuration tells when mappings are forgotten"
#   source: "kernel-parameters.txt"
kvm_042 := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.pass("safe", {"found": strict[0].text}, [strict[0].fact]) if {
	strict != []
} else := judge.fail("unsafe", {"found": sprintf("iommu.strict=%s", [boot.last("iommu.strict")])}, ["cmdline.iommu.strict"]) if {
	boot.cleared("iommu.strict")
} else := judge.not_applicable("noIOMMU", {}, ["iommu.groups"]) if {
	isolation.none
} else := judge.fail("queued", {"found": isolation.of_type("DMA-FQ")}, ["iommu.groups"]) if {
	isolation.of_type("DMA-FQ") != []
} else := judge.pass("groups", {}, ["iommu.groups"]) if {
	isolation.of_type("DMA") != []
} else := judge.pass("builtIn", {}, ["config.iommu_default_dma_strict"]) if {
	boot.built("iommu_default_dma_strict")
} else := judge.fail("builtLazy", {}, ["config.iommu_default_dma_lazy"]) if {
	boot.built("iommu_default_dma_lazy")
} else := judge.unreadable(["iommu.groups"]) if {
	not judge.readable("iommu.groups")
} else := judge.missing("undetermined", {}, ["iommu.groups"])

# What asks for immediate invalidation: the general parameter and its forerunners of Intel and AMD.
strict := array.concat(
	[{"text": "iommu.strict", "fact": "cmdline.iommu.strict"} | boot.set("iommu.strict")],
	array.concat(
		[{"text": "intel_iommu=strict", "fact": "cmdline.intel_iommu"} | "strict" in boot.parts("intel_iommu")],
		[{"text": "amd_iommu=fullflush", "fact": "cmdline.amd_iommu"} | "fullflush" in boot.parts("amd_iommu")],
	),
)

# METADATA
# title: "No identity domain on groups with assignable devices"
# description: "A group of type identity lets its devices reach all memory of the host as long as the host drives them. Groups of bridges alone hold nothing that could be assigned."
# custom:
#   id: KVM-043
#   severity: high
#   family: IOM
#   key50: 11
#   facts: ["iommu.groups"]
#   safe: "!= identity"
#   default: "DMA or DMA-FQ (identity under iommu.passthrough=1)"
#   remediation: "unbind the driver; echo DMA > /sys/kernel/iommu_groups/N/type; bind again"
#   disable:
#     how: "unbind the driver of the only device in the group; echo identity > /sys/kernel/iommu_groups/N/type; bind again -- the real counterpart of the article's invented iommu-passthrough/mode file. Refused while a driver is bound; older kernels also refuse groups with more than one device. Never on the controller of the root disk"
#     restart: "none, but the device is out of service while unbound; lost at reboot"
#     rollback: "unbind; echo DMA (or auto = type at boot) > the same file; bind; or reboot"
#   messages:
#     safe: "No group with assignable devices is of type identity ({count} groups)"
#     unsafe: "Groups with assignable devices are of type identity: {found}"
#     typeUnknown: "The type of groups could not be read: {found}"
#     noIOMMU: "This host has no active IOMMU"
#   source: "docs.kernel.org ABI testing/sysfs-kernel-iommu_groups"
kvm_043 := judge.not_applicable("noIOMMU", {}, ["iommu.groups"]) if {
	isolation.none
} else := judge.unreadable(["iommu.groups"]) if {
	not judge.readable("iommu.groups")
} else := judge.fail("unsafe", {"found": isolation.of_type("identity")}, ["iommu.groups"]) if {
	isolation.of_type("identity") != []
} else := judge.missing("typeUnknown", {"found": isolation.without_type}, ["iommu.groups"]) if {
	isolation.without_type != []
} else := judge.pass("safe", {"count": count(isolation.groups)}, ["iommu.groups"])

# METADATA
# title: "Interrupt remapping not switched off"
# description: "Without interrupt remapping an assigned device can raise any interrupt of the host, and without checking the source one device can raise those of another."
# custom:
#   id: KVM-044
#   severity: high
#   family: IOM
#   facts: ["cmdline.intremap", "cmdline.nointremap"]
#   safe: "not off, not nosid; nointremap absent"
#   default: "on"
#   remediation: "Take intremap=off, intremap=nosid and nointremap off the kernel command line; update the boot loader; reboot"
#   disable:
#     how: "Put intremap=off on the kernel command line; update the boot loader; reboot"
#     restart: "reboot"
#     rollback: "Take intremap=off off the kernel command line; update the boot loader; reboot"
#   messages:
#     safe: "The command line leaves interrupt remapping on"
#     unsafe: "Interrupt remapping is weakened on the command line: {found}"
#     otherArchitecture: "On the architecture {found} interrupt remapping has no such switch"
#   source: "docs.kernel.org admin-guide/kernel-parameters intremap (nointremap is the deprecated spelling)"
kvm_044 := judge.not_applicable("otherArchitecture", {"found": judge.value("cpu.architecture")}, ["cpu.architecture"]) if {
	judge.value("cpu.architecture") != "x86"
} else := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.fail("unsafe", {"found": "nointremap"}, ["cmdline.nointremap"]) if {
	boot.given("nointremap")
} else := judge.fail("unsafe", {"found": "intremap=off"}, ["cmdline.intremap"]) if {
	remapping_words[count(remapping_words) - 1] == "off"
} else := judge.fail("unsafe", {"found": "intremap=nosid"}, ["cmdline.intremap"]) if {
	"nosid" in boot.parts("intremap")
} else := judge.pass("safe", {}, ["cmdline.intremap"])

remapping_words := [word | some word in boot.parts("intremap"); word in {"on", "off"}]

# METADATA
# title: "ACS isolation not overridden"
# description: "Access control services keep devices below one switch from reaching each other. Overriding them makes groups look smaller than they are, so that two guests share a path between their devices."
# custom:
#   id: KVM-045
#   severity: high
#   family: IOM
#   always: true
#   facts: ["cmdline.pcie_acs_override", "cmdline.pci"]
#   safe: "absent"
#   default: "absent (pcie_acs_override exists only in an out-of-tree patch; pci=disable_acs_redir is in mainline)"
#   remediation: "Take pcie_acs_override and pci=disable_acs_redir off the kernel command line; update the boot loader; reboot"
#   disable:
#     how: "pcie_acs_override=downstream,multifunction on a patched kernel, or pci=disable_acs_redir=DEVICE on a mainline one"
#     restart: "reboot"
#     rollback: "remove; reboot; check the IOMMU groups"
#   messages:
#     safe: "The command line leaves PCIe access control as it is"
#     unsafe: "The command line overrides PCIe access control: {found}"
#   source: "lkml 2013 \"pci: Enable overrides for missing ACS capabilities\"; docs.kernel.org kernel-parameters pci=disable_acs_redir"
kvm_045 := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.fail("unsafe", {"found": sprintf("pcie_acs_override=%s", [boot.last("pcie_acs_override")])}, ["cmdline.pcie_acs_override"]) if {
	boot.given("pcie_acs_override")
} else := judge.fail("unsafe", {"found": acs_words}, ["cmdline.pci"]) if {
	acs_words != []
} else := judge.pass("safe", {}, ["cmdline.pci", "cmdline.pcie_acs_override"])

acs_words := [sprintf("pci=%s", [word]) | some word in boot.parts("pci"); regex.match(`^(disable_acs_redir|config_acs)`, word)]

# METADATA
# title: "Early PCI DMA blocked by EFI stub"
# description: "Between the firmware and the moment the kernel sets up the IOMMU, devices reach all memory. The EFI stub can switch bus mastering off for that time."
# custom:
#   id: KVM-046
#   severity: low
#   family: IOM
#   facts: ["cmdline.efi", "config.efi_disable_pci_dma"]
#   safe: "set"
#   default: "not set"
#   remediation: "Put efi=disable_early_pci_dma on the kernel command line; update the boot loader; reboot"
#   disable:
#     how: "Put efi=no_disable_early_pci_dma on the kernel command line; update the boot loader; reboot"
#     restart: "reboot"
#     rollback: "Take efi=no_disable_early_pci_dma off the kernel command line, and put efi=disable_early_pci_dma back where it stood; update the boot loader; reboot"
#   messages:
#     safe: "Devices cannot reach memory before the IOMMU is set up (efi=disable_early_pci_dma)"
#     builtIn: "Devices cannot reach memory before the IOMMU is set up: the kernel was built so"
#     unsafe: "Devices can reach memory before the IOMMU is set up: efi=no_disable_early_pci_dma"
#     unset: "Devices can reach memory before the IOMMU is set up: nothing asks the EFI stub to stop them"
#     noUEFI: "This machine was started without UEFI, whose stub would do it"
#   source: "kernel-parameters.txt"
kvm_046 := judge.not_applicable("noUEFI", {}, ["efi"]) if {
	judge.absent("efi")
} else := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.pass("safe", {}, ["cmdline.efi"]) if {
	early_words[count(early_words) - 1] == "disable_early_pci_dma"
} else := judge.fail("unsafe", {}, ["cmdline.efi"]) if {
	early_words != []
} else := judge.pass("builtIn", {}, ["config.efi_disable_pci_dma"]) if {
	boot.built("efi_disable_pci_dma")
} else := judge.fail("unset", {}, ["cmdline.efi"])

early_words := [word | some word in boot.parts("efi"); word in {"disable_early_pci_dma", "no_disable_early_pci_dma"}]

# METADATA
# title: "Thunderbolt/USB4 DMA protection"
# description: "A device plugged into a Thunderbolt or USB4 port of the host reaches memory like a card inside it, unless firmware and IOMMU hold it back."
# custom:
#   id: KVM-047
#   severity: medium
#   family: IOM
#   always: true
#   facts: ["thunderbolt.domains"]
#   safe: "absent or 1"
#   default: "platform"
#   remediation: >-
#     Switch on the IOMMU and kernel DMA protection for Thunderbolt in the firmware setup; reboot; read
#     iommu_dma_protection = 1
#   disable:
#     how: "Switch off kernel DMA protection in the firmware setup, where it offers that"
#     restart: "reboot; firmware setup (console or BMC)"
#     rollback: "Switch on kernel DMA protection in the firmware setup; reboot"
#   messages:
#     safe: "Thunderbolt ports are behind the IOMMU"
#     none: "This host has no Thunderbolt or USB4 port"
#     unsafe: "Thunderbolt ports reach memory unfiltered: {found}"
#     unclear: "The protection of Thunderbolt ports could not be read: {found}"
#   source: "docs.kernel.org ABI testing/sysfs-bus-thunderbolt iommu_dma_protection"
kvm_047 := judge.unreadable(["thunderbolt.domains"]) if {
	not judge.readable("thunderbolt.domains")
} else := judge.fail("unsafe", {"found": thunderbolt("0")}, ["thunderbolt.domains"]) if {
	thunderbolt("0") != []
} else := judge.missing("unclear", {"found": thunderbolt(null)}, ["thunderbolt.domains"]) if {
	thunderbolt(null) != []
} else := judge.pass("safe", {}, ["thunderbolt.domains"]) if {
	count(judge.value("thunderbolt.domains")) > 0
} else := judge.pass("none", {}, ["thunderbolt.domains"])

thunderbolt(protection) := [domain.name | some domain in judge.value("thunderbolt.domains"); domain.protection == protection]

# METADATA
# title: "Devices assigned by VFIO are alone in their IOMMU group"
# description: "Devices of one group reach each other without passing the IOMMU. A device that the host drives beside one given to a guest is within the guest's reach."
# custom:
#   id: KVM-048
#   severity: high
#   family: IOM
#   facts: ["iommu.groups"]
#   safe: "every endpoint in the group is bound to a vfio driver or to no driver; bridges without a driver are fine"
#   default: "n/a"
#   remediation: "bind or unbind the whole group"
#   disable:
#     how: "no switch: the kernel refuses a group that is not viable. The only ways round are the ACS overrides of KVM-045 and, for devices below a switch without ACS, libvirt relaxed_acs_check=1 (LVQ-027)"
#     restart: "reboot (ACS override) or daemon restart (relaxed_acs_check)"
#     rollback: "remove the override; reboot; set relaxed_acs_check=0"
#   messages:
#     safe: "Groups with assigned devices hold no device of the host: {found}"
#     unsafe: "Beside assigned devices the host drives: {found}"
#     none: "No device is bound to a VFIO driver"
#     noIOMMU: "This host has no active IOMMU"
#   source: "docs.kernel.org driver-api/vfio (group viability); libvirt qemu.conf relaxed_acs_check"
kvm_048 := judge.not_applicable("noIOMMU", {}, ["iommu.groups"]) if {
	isolation.none
} else := judge.unreadable(["iommu.groups"]) if {
	not judge.readable("iommu.groups")
} else := judge.not_applicable("none", {}, ["iommu.groups"]) if {
	isolation.assigned == []
} else := judge.fail("unsafe", {"found": beside_assigned}, ["iommu.groups"]) if {
	beside_assigned != []
} else := judge.pass("safe", {"found": [group.id | some group in isolation.assigned]}, ["iommu.groups"])

beside_assigned := [address | some group in isolation.assigned; some address in isolation.strangers(group)]
