# Confinement of the QEMU process.
package ringwall.controls.domain.confinement

import data.ringwall.lib.domain

# METADATA
# title: "Guest not unconfined by seclabel"
# description: >-
#   Without a label QEMU runs unconfined: a break-out then reaches everything its user may reach; with dac none it
#   runs as the daemon's own user, root.
# custom:
#   id: LVX-017
#   severity: critical
#   family: MAC
#   facts: [configured.seclabels, running.seclabels]
#   safe: "no seclabel of type none, none with relabel no, none whose label is an unconfined one; labels of single devices are not judged"
#   default: "dynamic"
#   remediation: >-
#     virsh edit DOM: remove the <seclabel> that turns confinement off, so that the driver's own label holds; stop and
#     start the guest
#   disable:
#     how: "virsh edit DOM: <seclabel type='none' model='apparmor'/> (or selinux); stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove that <seclabel>; stop and start the guest"
#   messages:
#     safe: "The guest is confined by the host's security drivers"
#     unsafe: "Security driver {device}: {found} ({set})"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   always: true
lvx_017 := domain.verdict(["seclabels"], true, [domain.bad_as(e, object.get(names, e.is.model, e.is.model), why(e.is)) |
	some e in domain.elements("seclabels")
	why(e.is)
])

# a label without a model is for the first driver of the host
names := {"": "default"}

why(label) := "type='none'" if label.type == "none"

else := "relabel='no'" if label.relabel == false

else := label.label if regex.match(`(^|:)unconfined(_t)?(:|$)`, label.label)
