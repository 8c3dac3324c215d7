# Graphical consoles.
package ringwall.controls.domain.consoles

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "Graphics listen loopback or socket"
# description: >-
#   A console carries keyboard and screen. libvirt listens on the loopback address where none is named, unless
#   qemu.conf says otherwise.
# custom:
#   id: LVX-014
#   severity: high
#   family: CON
#   facts: [configured.graphics, running.graphics]
#   safe: "127.0.0.1, ::1 or type socket/none"
#   default: "127.0.0.1"
#   remediation: "virsh edit: <listen type='socket'/> or address='127.0.0.1'; stop and start the guest"
#   disable:
#     how: "virsh edit: <listen type='address' address='ADDR'/> with a management address, TLS on (LVQ-012 or LVQ-017), never 0.0.0.0 without TLS"
#     restart: "guest restart (the listen address cannot be changed live)"
#     rollback: "virsh edit: restore; stop and start; check listening sockets"
#   messages:
#     safe: "Graphics listen on the loopback address, a socket or not at all"
#     unsafe: "{device} listens on {found} ({set})"
#     none: "The guest has no VNC, SPICE or RDP server"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
#   key50: 29
lvx_014 := domain.verdict(["graphics"], has_server, [domain.bad(e, listens_at(e.is)) |
	some e in domain.elements("graphics")
	reachable(e.is)
])

default has_server := false

has_server if {
	some e in domain.elements("graphics")
	e.is.type in {"vnc", "spice", "rdp"}
}

reachable(listen) if {
	listen.kind == "address"
	not domain.loopback(listen.address)
}

reachable(listen) if listen.kind == "network"

listens_at(listen) := listen.address if listen.kind == "address"

listens_at(listen) := concat(" ", ["network", object.get(listen, "network", "-"), object.get(listen, "address", "")]) if listen.kind == "network"

# METADATA
# title: "No clear console password in XML"
# description: >-
#   Whoever may read the file or the status document has the password, and VNC uses eight characters of it. One
#   that ends soon limits the harm.
# custom:
#   id: LVX-015
#   severity: high
#   family: CON
#   facts: [configured.graphics.passwords, running.graphics.passwords, configured.graphics, running.graphics]
#   safe: "absent, or passwdValidTo in the past or at most console_password_days days away"
#   default: "absent"
#   remediation: >-
#     virsh edit DOM: remove passwd from <graphics>, and authenticate with SASL and TLS (qemu.conf); stop and start the
#     guest
#   disable:
#     how: "virsh edit DOM: passwd='...' passwdValidTo='YYYY-MM-DDTHH:MM:SS' in <graphics>; stop and start the guest"
#     restart: "none (virsh update-device --live) ; guest restart if the XML is edited"
#     rollback: "virsh edit DOM: remove passwd and passwdValidTo; stop and start the guest"
#   messages:
#     safe: "No console password stands in the XML, or it ends soon or has ended"
#     unsafe: "{device}: console password in clear, valid until: {found} ({set})"
#     none: "The guest has no VNC, SPICE or RDP server"
#   source: "libvirt.org formatdomain, section Graphical framebuffers (passwd, passwdValidTo in UTC)"
lvx_015 := domain.verdict(["graphics.passwords"], has_server, endless_passwords) if count(endless_passwords) > 0

else := judge.parameter_not_set("console_password_days", domain.places(future_passwords)) if {
	count(future_passwords) > 0
	not judge.parameter("console_password_days")
}

else := domain.verdict(["graphics.passwords"], has_server, [p |
	some p in future_passwords
	p.ends > now + (((judge.parameter("console_password_days") * 86400) * 1000) * 1000000)
])

now := time.parse_rfc3339_ns(input.collected.at)

# libvirt writes the end of a password in UTC, without saying so
ends(password) := time.parse_rfc3339_ns(concat("", [password.validTo, "Z"]))

endless_passwords := [domain.bad(e, object.get(e.is, "validTo", "no end")) |
	some e in domain.elements("graphics.passwords")
	not ends(e.is)
]

future_passwords := [object.union(domain.bad(e, e.is.validTo), {"ends": at}) |
	some e in domain.elements("graphics.passwords")
	at := ends(e.is)
	at > now
]

# METADATA
# title: "SPICE clipboard and file transfer off"
# description: >-
#   Both are on unless switched off, and move data between the guest and whoever watches its console.
# custom:
#   id: LVX-016
#   severity: medium
#   family: CON
#   facts: [configured.graphics.clipboard, running.graphics.clipboard, configured.graphics.filetransfer, running.graphics.filetransfer]
#   safe: "no"
#   default: "both enabled when absent"
#   remediation: >-
#     virsh edit DOM: <clipboard copypaste='no'/> and <filetransfer enable='no'/> in <graphics type='spice'>; stop and
#     start the guest
#   disable:
#     how: "virsh edit DOM: <clipboard copypaste='yes'/> or <filetransfer enable='yes'/>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: both back to 'no'; stop and start the guest"
#   messages:
#     safe: "Clipboard and file transfer are off"
#     unsafe: "{device}: on: {found} ({set})"
#     none: "The guest has no SPICE server"
#   source: "libvirt.org formatdomain, section Graphical framebuffers (clipboard, filetransfer)"
lvx_016 := domain.verdict(["graphics.clipboard", "graphics.filetransfer"], domain.any("graphics.clipboard"), array.concat(
	[domain.bad(e, domain.shown("clipboard", e.is.given)) | some e in domain.elements("graphics.clipboard"); e.is.enabled],
	[domain.bad(e, domain.shown("filetransfer", e.is.given)) | some e in domain.elements("graphics.filetransfer"); e.is.enabled],
))
