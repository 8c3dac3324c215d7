# The processor that the guest sees.
package ringwall.controls.domain.processor

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "vmx/svm not exposed to guest"
# description: >-
#   A guest that runs guests of its own reaches the nested code of KVM. A copy of the host's processor has the
#   extension whenever the host lets KVM nest, which is its default since Linux 4.20.
# custom:
#   id: LVX-023
#   severity: medium
#   family: NST
#   facts: [configured.cpu.model, running.cpu.model, configured.cpu.features, running.cpu.features, host.nested]
#   safe: "vmx or svm disabled, a named model without them, or nested off on the host"
#   default: "host-passthrough exposes it if the host allows"
#   remediation: "virsh edit DOM: <feature policy='disable' name='vmx'/> (AMD: svm) in <cpu>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <feature policy='require' name='vmx'/> (AMD: svm); stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: policy='disable' again; stop and start the guest"
#   messages:
#     safe: "The guest's processor has no virtualization extension"
#     host: "The host's KVM does not nest"
#     unsafe: "Processor {found} gives the guest virtualization extensions ({device}, {set})"
#     none: "vmx and svm exist on x86 only"
#   source: "libvirt.org formatdomain, section CPU model and topology"
lvx_023 := judge.pass("host", {}, ["host.nested"]) if {
	domain.judged
	domain.is_x86
	judge.off(judge.value("host.nested"))
}

else := domain.verdict(["cpu.model", "cpu.features"], domain.is_x86, array.concat(
	[domain.bad_as(e, e.is.name, e.is.policy) |
		some e in domain.elements("cpu.features")
		e.is.name in {"vmx", "svm"}
		e.is.policy in {"require", "force", "optional"}
	],
	[domain.lacks(p, "cpu.model", model(p)) |
		some p in domain.sets
		model(p) in copies_of_host
		not without_virtualization(p)
	],
))

copies_of_host := {"host", "max", "host-model"}

model(set) := judge.value(domain.fact(set, "cpu.model"))

# the extension that the host has, where its flags are known
extensions := known if {
	known := {"vmx", "svm"} & host_flags
	count(known) > 0
}

else := {"vmx", "svm"}

host_flags := {f | some f in judge.value("host.cpu.flags")}

without_virtualization(set) if {
	some f in judge.value(domain.fact(set, "cpu.features"))
	f.name in extensions
	f.policy in {"disable", "forbid"}
}

# METADATA
# title: "Guest CPU has mitigation bits"
# description: >-
#   Without the bits the guest's kernel cannot protect its own processes from each other. pdpe1gb is about speed
#   and is not judged.
# custom:
#   id: LVX-024
#   severity: medium
#   family: SCH
#   facts: [configured.cpu.model, running.cpu.model, configured.cpu.features, running.cpu.features, configured.type, running.type, host.cpu.flags]
#   safe: "none of the bits disabled; a copy of the host's processor, or a named model with every bit that the host has"
#   default: "host-model and host-passthrough include them; named models carry only some (ssbd and md-clear in none of the Intel ones)"
#   remediation: >-
#     virsh edit DOM: <cpu mode='host-model'/>, or <feature policy='require' name='...'/> for each bit that is missing;
#     stop and start the guest
#   disable:
#     how: "virsh edit DOM: <feature policy='disable' name='...'/> for the one bit; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove that <feature>; stop and start the guest"
#   messages:
#     safe: "The guest sees the processor's mitigation bits"
#     unsafe: "Mitigation bits off or missing: {found} ({device}, {set})"
#     none: "The bits exist on x86 under hardware virtualization only"
#   source: "qemu.org qemu-cpu-models, \"Important CPU features\""
lvx_024 := domain.verdict(["cpu.model", "cpu.features"], is_judged_processor, switched_off) if count(switched_off) > 0

else := domain.verdict(["cpu.model", "cpu.features"], is_judged_processor, []) if not open_question

else := judge.unreadable(array.concat(["host.cpu.flags"], domain.named(["cpu.model"]))) if not judge.present("host.cpu.flags")

else := domain.verdict(["cpu.model", "cpu.features"], is_judged_processor, [domain.lacks(p, "cpu.model", concat(" ", missing_bits(p))) |
	some p in domain.sets
	count(missing_bits(p)) > 0
])

# bits of a guest's processor, and the flag by which Linux shows that the host has them
bits := {
	"intel": {"spec-ctrl": "ibrs", "stibp": "stibp", "ssbd": "ssbd", "md-clear": "md_clear"},
	"amd": {"ibpb": "ibpb", "stibp": "stibp", "virt-ssbd": "virt_ssbd", "amd-ssbd": "amd_ssbd"},
}

all_bits := {name | some _, table in bits; some name, _ in table}

default is_judged_processor := false

is_judged_processor if {
	domain.is_x86
	domain.accelerated
}

switched_off := [domain.bad_as(e, e.is.name, concat(" ", [e.is.name, e.is.policy])) |
	is_judged_processor
	some e in domain.elements("cpu.features")
	e.is.name in all_bits
	e.is.policy in {"disable", "forbid"}
]

# a named model has only what it carries and what is added: then the host's own bits decide
open_question if {
	is_judged_processor
	some p in domain.sets
	is_named(p)
	not is_complete(p)
}

is_named(set) if not model(set) in copies_of_host

is_complete(set) if {
	some vendor, _ in bits
	count({name | some name, _ in bits[vendor]} - given_bits(set)) == 0
}

given_bits(set) := {f.name | some f in object.get(input.facts[domain.fact(set, "cpu.features")], "value", []); f.policy in {"require", "force"}} | carried(object.get(input.facts[domain.fact(set, "cpu.model")], "value", ""))

# bits that QEMU's named models carry
carried(name) := {"spec-ctrl"} if endswith(name, "-IBRS")

else := {"ibpb"} if endswith(name, "-IBPB")

else := {"spec-ctrl", "ssbd"} if regex.match(`^(Cascadelake|Cooperlake|Icelake|Snowridge|SapphireRapids|GraniteRapids|SierraForest)`, name)

else := {"ibpb", "stibp"} if regex.match(`^EPYC-(Rome|Milan|Genoa|Turin)`, name)

else := set()

# which of the vendors the host is, by its virtualization extension or its own flags
vendor := "intel" if "vmx" in host_flags

else := "amd" if count({"amd_ssbd", "sse4a", "svm", "virt_ssbd"} & host_flags) > 0

else := "intel"

missing_bits(set) := [name |
	is_named(set)
	some name, flag in bits[vendor]
	flag in host_flags
	not name in given_bits(set)
]

# METADATA
# title: "Domain is hardware accelerated"
# description: >-
#   QEMU's own translator makes no promise of isolation; its developers treat breaks out of it as ordinary bugs.
# custom:
#   id: LVX-025
#   severity: high
#   family: CPU
#   facts: [configured.type, running.type]
#   safe: "kvm (or hvf, xen, bhyve); qemu means TCG, no isolation promise"
#   default: "kvm"
#   remediation: "virsh edit DOM: <domain type='kvm'> in the place of type='qemu'; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <domain type='qemu'>: the real 'turn hardware acceleration off' for a VM; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <domain type='kvm'>; stop and start the guest"
#   messages:
#     safe: "The guest is accelerated by hardware"
#     unsafe: "The guest is of type {found}: emulated by QEMU, which promises no isolation ({set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_025 := domain.verdict(["type"], true, [domain.lacks(p, "type", judge.value(domain.fact(p, "type"))) | some p in domain.sets; not judge.value(domain.fact(p, "type")) in {"kvm", "hvf", "xen", "bhyve"}])
