# Hardware of the host in the hands of a guest.
package ringwall.controls.domain.passthrough

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "No PCI pass-through without waiver"
# description: >-
#   A function of the host's hardware in the guest's hands reads and writes memory by itself; only the IOMMU holds
#   it back.
# custom:
#   id: LVX-008
#   severity: high
#   family: IOM
#   facts: [configured.hostdevs, running.hostdevs, configured.nics.networks, running.nics.networks]
#   safe: "absent unless waived (SR-IOV functions hide in interface type hostdev)"
#   default: "absent"
#   remediation: "virsh detach-device DOM dev.xml --live --config; virsh nodedev-reattach when managed is not yes"
#   disable:
#     how: "virsh attach-device DOM dev.xml --live --config with managed='yes'; only with KVM-014, KVM-040 and KVM-048 good"
#     restart: "none when the guest has hot-plug (q35 needs a free root port); else guest restart"
#     rollback: "virsh detach-device --live --config; virsh nodedev-reattach; check that the host driver is bound"
#   messages:
#     safe: "No PCI function or mediated device of the host is given to the guest"
#     unsafe: "{device}: host device {found} is given to the guest ({set})"
#     network: "{device}: network {found} may be a pool of host devices; its definition was not read. Audit the machine itself, or name a status document ({set})"
#   source: "libvirt.org formatdomain, section Host device assignment"
#   always: true
#   key50: 27
lvx_008 := judge.fail("unsafe", domain.arguments(functions), domain.places(functions)) if count(functions) > 0

else := judge.unreadable(domain.blocked) if not domain.judged

else := object.union(judge.missing("network", domain.arguments(unresolved), domain.places(unresolved)), {"reason": "notCollected"}) if count(unresolved) > 0

else := judge.pass("safe", {}, domain.named(["hostdevs", "nics.networks"]))

# SR-IOV functions come as interfaces of type hostdev, or out of a network whose forward mode is hostdev.
functions := array.concat(
	[domain.bad(e, object.get(e.is, "address", e.is.type)) |
		some e in domain.elements("hostdevs")
		is_function(e.is)
	],
	[domain.bad(e, e.is.network) | some e in domain.elements("nics.networks"); e.is.forward == "hostdev"],
)

is_function(device) if device.type in {"pci", "mdev"}

is_function(device) if {
	device.via == "interface"
	device.type != "usb"
}

unresolved := [domain.bad(e, e.is.network) | some e in domain.elements("nics.networks"); not e.is.forward]

# METADATA
# title: "vIOMMU with interrupt remapping when nested drivers need DMA isolation"
# description: >-
#   Drivers of the guest that hand devices on need their interrupts isolated as well as their memory.
# custom:
#   id: LVX-041
#   severity: info
#   family: IOM
#   facts: [configured.iommu, running.iommu]
#   safe: "intel with intremap on, or virtio"
#   default: "absent"
#   remediation: "virsh edit DOM: <iommu model='intel'><driver intremap='on'/></iommu>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: remove <iommu>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <iommu model='intel'><driver intremap='on'/></iommu>; stop and start the guest"
#   messages:
#     safe: "The virtual IOMMU isolates interrupts too"
#     unsafe: "The virtual IOMMU does not remap interrupts: {found} ({set})"
#     none: "The guest has no virtual IOMMU"
#   source: "13 files in corpus"
lvx_041 := domain.verdict(["iommu"], domain.any_value("iommu"), [domain.lacks(p, "iommu", concat(" ", [v.model, object.get(v, "intremap", "-")])) |
	some p in domain.sets
	v := judge.value(domain.fact(p, "iommu"))
	not remaps(v)
])

remaps(iommu) if iommu.model in {"virtio", "smmuv3"}

remaps(iommu) if {
	iommu.model in {"intel", "amd"}
	iommu.intremap == "on"
}
