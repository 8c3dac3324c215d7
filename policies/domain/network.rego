# Network interfaces.
package ringwall.controls.domain.network

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "Anti-spoof filter"
# description: >-
#   Without it a guest sends frames under any MAC and IP address and takes its neighbours' traffic.
# custom:
#   id: LVX-028
#   severity: medium
#   family: NET
#   facts: [configured.nics.filters, running.nics.filters]
#   safe: "clean-traffic, clean-traffic-gateway, or a filter that parameter anti_spoof_filters names"
#   default: "absent"
#   remediation: "<filterref filter='clean-traffic'/>"
#   disable:
#     how: "remove"
#     restart: "none (update-device)"
#     rollback: "restore"
#   messages:
#     safe: "Every filtered kind of interface has an anti-spoof filter"
#     unsafe: "{device}: no anti-spoof filter (filter: {found}, {set})"
#     none: "The guest has no interface that libvirt filters"
#   source: "libvirt.org formatnwfilter (clean-traffic); formatdomain, section Traffic filtering; doubt: live change by update-device from knowledge"
lvx_028 := domain.verdict(["nics.filters"], domain.any("nics.filters"), [domain.bad(e, object.get(e.is, "filter", "-")) |
	some e in domain.elements("nics.filters")
	not object.get(e.is, "filter", "-") in filters
])

filters := {"clean-traffic", "clean-traffic-gateway"} | {f | some f in judge.parameter("anti_spoof_filters")}

# METADATA
# title: "Port isolated where policy says"
# description: >-
#   Isolated ports of one bridge do not reach each other, only what is not isolated.
# custom:
#   id: LVX-029
#   severity: low
#   family: NET
#   facts: [configured.nics.isolation, running.nics.isolation]
#   safe: "isolated yes on every port, where parameter isolated_ports is true"
#   default: "no"
#   remediation: "<port isolated='yes'/>"
#   disable:
#     how: "no"
#     restart: "none"
#     rollback: "yes"
#   messages:
#     safe: "Every bridge port is isolated"
#     unsafe: "{device}: the bridge port is not isolated ({set})"
#     none: "The guest has no interface on a bridge"
#     notAsked: "The baseline does not ask for isolated ports"
#   source: "libvirt.org formatdomain, section Isolating guests' network traffic from each other (port isolated, default no)"
lvx_029 := domain.asked("isolated_ports", ["nics.isolation"], domain.any("nics.isolation"), [domain.bad(e, "isolated=no") |
	some e in domain.elements("nics.isolation")
	not e.is.isolated
])

# METADATA
# title: "No trusted guest receive filters"
# description: >-
#   With it the guest changes MAC address and receive mode of the host's interface.
# custom:
#   id: LVX-030
#   severity: medium
#   family: NET
#   facts: [configured.nics.trusted, running.nics.trusted, configured.nics, running.nics]
#   safe: "absent or no"
#   default: "no"
#   remediation: "no"
#   disable:
#     how: "yes"
#     restart: "guest restart"
#     rollback: "no"
#   messages:
#     safe: "Receive filters of the guest are not trusted"
#     unsafe: "{device}: receive filters of the guest are trusted ({set})"
#     none: "The guest has no network interface"
#   source: "libvirt.org formatdomain, section Network interfaces (trustGuestRxFilters, default no)"
lvx_030 := domain.verdict(["nics.trusted", "nics"], domain.any("nics"), [domain.bad(e, "trustGuestRxFilters=yes") | some e in domain.elements("nics.trusted")])

# METADATA
# title: "No promiscuous macvtap"
# description: >-
#   In passthrough mode the host's interface belongs to the guest and is put into promiscuous mode.
# custom:
#   id: LVX-031
#   severity: medium
#   family: NET
#   facts: [configured.nics.modes, running.nics.modes, configured.nics.networks, running.nics.networks]
#   safe: "!= passthrough unless waived"
#   default: "vepa"
#   remediation: "bridge"
#   disable:
#     how: "passthrough"
#     restart: "guest restart"
#     rollback: "bridge"
#   messages:
#     safe: "No macvtap interface in passthrough mode"
#     unsafe: "{device}: macvtap in passthrough mode ({found}, {set})"
#     none: "The guest has no macvtap interface"
#   source: "libvirt.org formatdomain, section Direct attachment to physical interface"
lvx_031 := domain.verdict(["nics.modes", "nics.networks"], has_macvtap, array.concat(
	[domain.bad(e, e.is.mode) | some e in domain.elements("nics.modes"); e.is.mode == "passthrough"],
	[domain.bad(e, e.is.network) | some e in domain.elements("nics.networks"); e.is.forward == "passthrough"],
))

default has_macvtap := false

has_macvtap if domain.any("nics.modes")

has_macvtap if {
	some e in domain.elements("nics.networks")
	e.is.forward in {"bridge", "private", "vepa", "passthrough"}
}

# METADATA
# title: "vsock only by policy"
# description: >-
#   A vsock joins the guest to the host past every firewall.
# custom:
#   id: LVX-043
#   severity: low
#   family: NET
#   facts: [configured.vsock, running.vsock]
#   safe: "no vsock, or name or UUID of the guest in parameter vsock_guests"
#   default: "absent"
#   remediation: "remove"
#   disable:
#     how: "add"
#     restart: "guest restart"
#     rollback: "remove"
#   messages:
#     safe: "No vsock device, or the guest is listed"
#     unsafe: "A vsock device, and the baseline does not list the guest (cid {found}, {set})"
#   source: "7 files in corpus"
#   always: true
lvx_043 := domain.verdict(["vsock"], true, []) if not domain.any_value("vsock")

else := judge.parameter_not_set("vsock_guests", domain.named(["vsock"])) if not judge.parameter("vsock_guests")

else := domain.verdict(["vsock"], true, [domain.lacks(p, "vsock", object.get(judge.value(domain.fact(p, "vsock")), "cid", "auto")) |
	some p in domain.sets
	judge.present(domain.fact(p, "vsock"))
	count({input.asset.name, object.get(input.asset, "uuid", "-")} & vsock_guests) == 0
])

vsock_guests := {g | some g in judge.parameter("vsock_guests")}

# METADATA
# title: "No user-mode SLIRP network on servers"
# description: >-
#   SLIRP parses every packet of the guest inside QEMU or a helper with the host's own address, past libvirt's
#   filters.
# custom:
#   id: LVX-044
#   severity: low
#   family: NET
#   facts: [configured.nics.user, running.nics.user]
#   safe: "absent"
#   default: "absent"
#   remediation: "type='network'"
#   disable:
#     how: "user"
#     restart: "guest restart"
#     rollback: "restore"
#   messages:
#     safe: "No interface through a user-mode network stack"
#     unsafe: "{device}: user-mode network stack ({found}, {set})"
#   source: "libvirt.org formatdomain, section Userspace (SLIRP or passt) connection"
#   always: true
lvx_044 := domain.verdict(["nics.user"], true, [domain.bad(e, e.is.backend) | some e in domain.elements("nics.user")])
