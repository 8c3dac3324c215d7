# The machine type and its switches.
package ringwall.controls.domain.machine

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "Machine type versioned and not deprecated"
# description: >-
#   A deprecated machine type keeps old, less tested device models and disappears with an update. libvirt writes
#   the version out when a domain is defined.
# custom:
#   id: LVX-026
#   severity: low
#   family: DEV
#   facts: [configured.machine.type, running.machine.type]
#   safe: "a versioned machine type that QEMU 7.2 does not deprecate; parameter deprecated_machines adds to the list"
#   default: "pc or q35 alias"
#   remediation: >-
#     virsh edit DOM: a versioned machine type that is not deprecated, as machine='pc-q35-7.2' (virsh capabilities lists
#     them); stop and start the guest
#   disable:
#     how: "None is needed: a guest that needs an old machine type names it, versioned, under a waiver"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: the versioned machine type as it was; stop and start the guest"
#   messages:
#     safe: "The machine type is versioned and not deprecated"
#     deprecated: "Machine type {found} is deprecated or removed ({set})"
#     alias: "Machine type {found} names no version: the guest's hardware changes with QEMU ({set})"
#   source: "qemu -machine help 7.2; that an alias fails is this project's reading of \"versioned\""
#   always: true
lvx_026 := judge.fail("deprecated", domain.arguments(deprecated), domain.places(deprecated)) if count(deprecated) > 0

else := judge.fail("alias", domain.arguments(aliases), domain.places(aliases)) if count(aliases) > 0

else := domain.verdict(["machine.type"], true, [])

machines := [{"set": p, "name": object.get(input.facts[domain.fact(p, "machine.type")], "value", "-")} | some p in domain.sets]

deprecated := [domain.lacks(m.set, "machine.type", m.name) | some m in machines; is_deprecated(m.name)]

# deprecated in QEMU 7.2, and what it no longer has
is_deprecated(name) if regex.match(`^(pc-[01]\.[0-9]+|pc-i440fx-1\.[0-9]+|pc-q35-1\.[0-9]+|rhel6\..*)$`, name)

is_deprecated(name) if name in judge.parameter("deprecated_machines")

aliases := [domain.lacks(m.set, "machine.type", m.name) |
	some m in machines
	m.name in {"-", "pc", "q35", "virt", "pseries", "s390-ccw-virtio", "s390-ccw", "ubuntu", "ubuntu-q35"}
]

# METADATA
# title: "VMware I/O port off"
# description: >-
#   pc and q35 machines emulate VMware's backdoor port unless it is switched off; nothing but VMware's tools needs
#   it.
# custom:
#   id: LVX-027
#   severity: low
#   family: DEV
#   facts: [configured.features.vmport, running.features.vmport, configured.arch, running.arch, configured.machine.type, running.machine.type]
#   safe: "off"
#   default: "on for pc/q35"
#   remediation: "virsh edit DOM: <vmport state='off'/> in <features>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <vmport state='on'/>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <vmport state='off'/>; stop and start the guest"
#   messages:
#     safe: "The VMware I/O port is off"
#     unsafe: "The VMware I/O port is {found} ({set})"
#     none: "The guest's machine has no VMware I/O port"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
lvx_027 := domain.verdict(["features.vmport"], has_vmport, [domain.lacks(p, "features.vmport", vmport(p)) |
	some p in domain.sets
	vmport(p) != "off"
])

default has_vmport := false

has_vmport if {
	domain.is_x86
	some m in machines
	not m.name in {"isapc", "microvm"}
}

vmport(set) := state if state := judge.value(domain.fact(set, "features.vmport"))

else := "on (default)"
