# Guest memory that is shared or left over.
package ringwall.controls.host.memory

import data.ringwall.lib.boot
import data.ringwall.lib.judge

# METADATA
# title: "KSM not merging across guests"
# description: "Merging equal pages lets one guest find out what another holds in memory, by timing its own writes. Writing 0 only stops the scanner: pages merged before stay merged."
# custom:
#   id: KVM-075
#   severity: medium
#   family: MEM
#   key50: 17
#   facts: ["ksm.run", "ksm.pages_sharing", "unit.ksm", "unit.ksmtuned"]
#   safe: "run in [0,2] and pages_sharing == 0 (0 only stops the scanner and keeps merged pages; 2 unmerges and is what the remediation leaves behind)"
#   default: "0"
#   remediation: "echo 2 > /sys/kernel/mm/ksm/run; systemctl disable --now ksm ksmtuned (whichever exist)"
#   disable:
#     how: "echo 1 > /sys/kernel/mm/ksm/run; enable ksm/ksmtuned to keep it. Prefer one trusted group of guests: leave <nosharepages/> in all others (KVM-076)"
#     restart: "none (unmerging needs free memory for the copies)"
#     rollback: "echo 2 > /sys/kernel/mm/ksm/run; systemctl disable --now ksm ksmtuned; wait for pages_sharing == 0"
#   messages:
#     safe: "No page is shared between guests (run = {run}, pages_sharing = {sharing})"
#     unitEnabled: "No page is shared now (run = {run}, pages_sharing = {sharing}), but {unit} starts merging with the host"
#     running: "Pages of guests are merged (run = {run})"
#     merged: "The scanner is stopped, and {sharing} pages are still merged (run = {run})"
#     noKSM: "This kernel cannot merge pages"
#     noCounter: "The kernel does not say how many pages are merged"
#   source: "docs.kernel.org admin-guide/mm/ksm (run); CAC rule"
kvm_075 := judge.unreadable(["ksm.run"]) if {
	not judge.readable("ksm.run")
} else := judge.not_applicable("noKSM", {}, ["ksm.run"]) if {
	judge.absent("ksm.run")
} else := judge.fail("running", {"run": judge.value("ksm.run")}, ["ksm.run"]) if {
	not judge.value("ksm.run") in {0, 2}
} else := judge.unreadable(["ksm.pages_sharing"]) if {
	not judge.readable("ksm.pages_sharing")
} else := judge.missing("noCounter", {}, ["ksm.pages_sharing"]) if {
	judge.absent("ksm.pages_sharing")
} else := judge.fail("merged", merging, ["ksm.pages_sharing", "ksm.run"]) if {
	judge.value("ksm.pages_sharing") != 0
} else := judge.pass("unitEnabled", object.union(merging, {"unit": units}), array.concat(["ksm.run", "ksm.pages_sharing"], [sprintf("unit.%s", [unit]) | some unit in units])) if {
	units != []
} else := judge.pass("safe", merging, ["ksm.run", "ksm.pages_sharing"])

merging := {"run": judge.value("ksm.run"), "sharing": judge.value("ksm.pages_sharing")}

units := [unit | some unit in ["ksm", "ksmtuned"]; judge.present(sprintf("unit.%s", [unit]))]

# METADATA
# title: "Guest memory opted out of KSM"
# description: "A guest whose memory must stay its own opts out of merging. Guests with launch security count as such; which others do is the site's choice: the parameter confidential_guests, a list of names or UUIDs."
# custom:
#   id: KVM-076
#   severity: low
#   family: MEM
#   facts: ["libvirt.guests"]
#   safe: "nosharepages in the memoryBacking of every confidential guest"
#   default: "absent"
#   remediation: "virsh edit DOM: <memoryBacking><nosharepages/></memoryBacking>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: remove <nosharepages/>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: add <nosharepages/> again; stop and start the guest"
#   messages:
#     safe: "Every confidential guest opts out of memory merging: {found}"
#     unsafe: "Confidential guests whose memory may be merged: {found}"
#     none: "No guest on this host is confidential by the baseline"
#     noGuests: "This host has no persistent libvirt guest"
#   source: "libvirt.org formatdomain, section Memory Backing"
kvm_076 := judge.unreadable(["libvirt.guests"]) if {
	not judge.readable("libvirt.guests")
} else := judge.not_applicable("noGuests", {}, ["libvirt.guests"]) if {
	judge.empty("libvirt.guests")
} else := judge.fail("unsafe", {"found": shared_memory}, ["libvirt.guests"]) if {
	shared_memory != []
} else := judge.parameter_not_set("confidential_guests", ["libvirt.guests"]) if {
	not judge.parameter("confidential_guests")
} else := judge.not_applicable("none", {}, ["libvirt.guests"]) if {
	confidential_guests == []
} else := judge.pass("safe", {"found": [guest.name | some guest in confidential_guests]}, ["libvirt.guests"])

confidential_guests := [guest | some guest in judge.value("libvirt.guests"); is_confidential(guest)]

is_confidential(guest) if is_string(guest.launchSecurity)

is_confidential(guest) if guest.name in judge.parameter("confidential_guests")

is_confidential(guest) if guest.uuid in judge.parameter("confidential_guests")

shared_memory := [guest.name | some guest in confidential_guests; not guest.nosharepages]

# METADATA
# title: "Swap encrypted or off on hypervisor"
# description: "Guest memory that is swapped out lies on a disk after the guest has gone, readable by whoever gets the disk."
# custom:
#   id: KVM-077
#   severity: medium
#   family: MEM
#   always: true
#   facts: ["swap.areas"]
#   safe: "empty or dm-crypt/zram"
#   default: "distribution"
#   remediation: "swapoff -a and delete the entry of /etc/fstab, or encrypt the area with /etc/crypttab"
#   disable:
#     how: "swapon DEVICE"
#     restart: "none"
#     rollback: "swapoff DEVICE"
#   messages:
#     safe: "Swap is encrypted or stays in memory: {found}"
#     none: "Nothing is swapped out"
#     unsafe: "Swap is not encrypted: {found}"
#     unclear: "What swap lies on is not known: {found}"
#   source: "mm/swapfile.c (/proc/swaps: one header line, then file name, type, size, used, priority); docs.kernel.org ABI testing/sysfs-block-dm (dm/uuid); CRYPT-LUKS2- form in public cryptsetup tests"
kvm_077 := judge.unreadable(["swap.areas"]) if {
	not judge.readable("swap.areas")
} else := judge.pass("none", {}, ["swap.areas"]) if {
	judge.empty("swap.areas")
} else := judge.fail("unsafe", {"found": swap_on({"none"})}, ["swap.areas"]) if {
	swap_on({"none"}) != []
} else := judge.missing("unclear", {"found": swap_on({"unknown"})}, ["swap.areas"]) if {
	swap_on({"unknown"}) != []
} else := judge.pass("safe", {"found": swap_on({"dm-crypt", "zram"})}, ["swap.areas"])

swap_on(protections) := [area.name | some area in judge.value("swap.areas"); area.protection in protections]

# METADATA
# title: "Memory cleared before it is used again"
# description: "Memory that is given out again still holds what its last user wrote, unless the kernel clears it."
# custom:
#   id: KVM-078
#   severity: low
#   family: MEM
#   always: true
#   facts: ["cmdline.init_on_free", "cmdline.init_on_alloc", "config.init_on_alloc_default_on"]
#   safe: "init_on_alloc=1 or init_on_free=1 (or CONFIG default)"
#   default: "CONFIG_INIT_ON_ALLOC_DEFAULT_ON"
#   remediation: "Put init_on_alloc=1 on the kernel command line; update the boot loader; reboot"
#   disable:
#     how: "Put init_on_alloc=0 on the kernel command line; update the boot loader; reboot"
#     restart: "reboot"
#     rollback: "Put init_on_alloc=1 back; update the boot loader; reboot"
#   messages:
#     safe: "Memory is cleared: {found} on the command line"
#     builtIn: "Memory is cleared: the kernel was built so ({found})"
#     unsafe: "Memory is not cleared: {found} on the command line"
#     unset: "Memory is not cleared: neither the command line nor the kernel's configuration asks for it"
#   source: "kernel-parameters.txt"
kvm_078 := judge.unreadable(["cmdline"]) if {
	not judge.readable("cmdline")
} else := judge.pass("safe", {"found": "init_on_free"}, ["cmdline.init_on_free"]) if {
	boot.set("init_on_free")
} else := judge.pass("safe", {"found": "init_on_alloc"}, ["cmdline.init_on_alloc"]) if {
	boot.set("init_on_alloc")
} else := judge.pass("builtIn", {"found": "CONFIG_INIT_ON_FREE_DEFAULT_ON"}, ["config.init_on_free_default_on"]) if {
	boot.built("init_on_free_default_on")
	not boot.cleared("init_on_free")
} else := judge.fail("unsafe", {"found": "init_on_alloc=0"}, ["cmdline.init_on_alloc"]) if {
	boot.cleared("init_on_alloc")
} else := judge.pass("builtIn", {"found": "CONFIG_INIT_ON_ALLOC_DEFAULT_ON"}, ["config.init_on_alloc_default_on"]) if {
	boot.built("init_on_alloc_default_on")
} else := judge.unreadable(["config.init_on_alloc_default_on"]) if {
	not judge.readable("config.init_on_alloc_default_on")
} else := judge.fail("unset", {}, ["cmdline.init_on_alloc", "config.init_on_alloc_default_on"])

# METADATA
# title: "No guest RAM in core dumps"
# description: "A core file of a QEMU process with guest memory in it is a copy of everything the guest held, in a folder that many tools read."
# custom:
#   id: KVM-079
#   severity: medium
#   family: MEM
#   facts: ["libvirt.driver.dump_guest_core", "libvirt.installed"]
#   safe: "absent or 0"
#   default: "0 on Linux"
#   remediation: "dump_guest_core = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd"
#   disable:
#     how: "dump_guest_core = 1 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd"
#     restart: "daemon restart"
#     rollback: "dump_guest_core = 0; restart virtqemud or libvirtd"
#   messages:
#     safe: "Core files of guests leave out their memory (dump_guest_core = {found})"
#     unsafe: "Core files of guests hold their memory (dump_guest_core = {found})"
#     noLibvirt: "This host has no libvirt"
#   source: "qemu.conf.in"
kvm_079 := judge.not_applicable("noLibvirt", {}, ["libvirt.installed"]) if {
	judge.absent("libvirt.installed")
} else := judge.one_of("libvirt.driver.dump_guest_core", {0}, 0)
