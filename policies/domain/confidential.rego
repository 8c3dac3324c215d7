# Memory that the host cannot read.
package ringwall.controls.domain.confidential

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "Memory encryption when policy asks"
# description: >-
#   Without it the host reads the guest's memory.
# custom:
#   id: LVX-021
#   severity: info
#   family: CNF
#   facts: [configured.launchsecurity, running.launchsecurity]
#   safe: "the type of launch security that parameter cc names"
#   default: "absent"
#   remediation: >-
#     virsh edit DOM: <launchSecurity type='sev-snp'>, or the type that the parameter cc names; stop and start the guest
#   disable:
#     how: "virsh edit: remove <launchSecurity>; guest memory is then readable by the host"
#     restart: "guest restart (stop and start)"
#     rollback: "restore the element (sev, sev-snp, tdx or s390-pv), stop and start, attest again"
#   messages:
#     safe: "The guest's memory is encrypted as the baseline asks"
#     unsafe: "Memory encryption is {found}, and the baseline asks for another ({set})"
#     notAsked: "The baseline asks for no memory encryption"
#   source: "libvirt.org formatdomain, section Launch Security; 6 files in the libvirt test corpus"
#   key50: 31
lvx_021 := domain.verdict(["launchsecurity"], true, [domain.lacks(p, "launchsecurity", security_type(p)) | some p in domain.sets; not security_type(p) in wanted]) if wanted

else := judge.unreadable(domain.blocked) if not domain.judged

else := judge.not_applicable("notAsked", {}, domain.named(["launchsecurity"])) if judge.parameter("cc") == "none"

else := judge.parameter_not_set("cc", domain.named(["launchsecurity"]))

# parameter cc: a type of launch security, a list of them, or none
wanted := {judge.parameter("cc")} if {
	is_string(judge.parameter("cc"))
	judge.parameter("cc") != "none"
}

wanted := {t | some t in judge.parameter("cc")} if is_array(judge.parameter("cc"))

security_type(set) := type if type := judge.value(domain.fact(set, "launchsecurity")).type

else := "-"

# METADATA
# title: "SEV policy forbids debug and key sharing"
# description: >-
#   With debugging allowed the host asks the firmware to decrypt the guest's memory. The policy is fixed at
#   launch; libvirt reads it as hexadecimal.
# custom:
#   id: LVX-022
#   severity: high
#   family: CNF
#   facts: [configured.launchsecurity, running.launchsecurity]
#   safe: "bit0 (NODBG)=1, bit1 (NOKS)=1, bit2 (ES)=1 for SEV; SNP bit19 debug=0"
#   default: "no default: the element is required and given by the guest owner (0x0003 is a common template)"
#   remediation: >-
#     <policy>0x0007</policy> in <launchSecurity type='sev'>: no debugging, no sharing of keys, encrypted state; stop and
#     start the guest
#   disable:
#     how: "clear bit 0; fixed at launch and cannot change while the guest lives"
#     restart: "guest restart"
#     rollback: "<policy>0x0007</policy>; stop and start the guest; attest again"
#   messages:
#     safe: "The launch policy forbids debugging and sharing of keys"
#     unsafe: "Launch policy {found} allows debugging, sharing of keys or registers in clear ({set})"
#     none: "The guest uses neither SEV nor SEV-SNP"
#   source: "libvirt.org formatdomain, section Launch Security (SEV policy bits 0, 1, 2); SNP debug bit 19 from QEMU sev.h"
lvx_022 := domain.verdict(["launchsecurity"], has_sev, [domain.lacks(p, "launchsecurity", object.get(judge.value(domain.fact(p, "launchsecurity")), "policy", "-")) |
	some p in domain.sets
	weak(judge.value(domain.fact(p, "launchsecurity")))
])

default has_sev := false

has_sev if {
	some p in domain.sets
	judge.value(domain.fact(p, "launchsecurity")).type in {"sev", "sev-snp"}
}

# SEV: bits 0 (no debugging), 1 (no sharing of keys) and 2 (encrypted registers) must be set
weak(security) if {
	security.type == "sev"
	count({0, 1, 2} & {n | some n in object.get(security, "bits", [])}) < 3
}

# SEV-SNP: bit 19 allows debugging; without a policy QEMU's own does not
weak(security) if {
	security.type == "sev-snp"
	19 in security.bits
}

weak(security) if {
	security.type == "sev-snp"
	security.policy
	not security.bits
}

# METADATA
# title: "Free page reporting and balloon by policy"
# description: >-
#   A balloon gives pages back to a host that the guest does not trust. libvirt adds one where none is named.
# custom:
#   id: LVX-033
#   severity: low
#   family: MEM
#   facts: [configured.balloon, running.balloon, configured.launchsecurity, running.launchsecurity]
#   safe: "model none for confidential VMs"
#   default: "virtio"
#   remediation: "virsh edit DOM: <memballoon model='none'/>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <memballoon model='virtio'/>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <memballoon model='none'/>; stop and start the guest"
#   messages:
#     safe: "The confidential guest has no balloon"
#     unsafe: "The confidential guest has a balloon: {found} ({set})"
#     none: "The guest is not confidential"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
lvx_033 := domain.verdict(["balloon", "launchsecurity"], domain.any_value("launchsecurity"), [domain.lacks(p, "balloon", domain.shown(b.model, b.given)) |
	some p in domain.sets
	judge.present(domain.fact(p, "launchsecurity"))
	b := judge.value(domain.fact(p, "balloon"))
	b.model != "none"
])
