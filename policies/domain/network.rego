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
#   remediation: >-
#     virsh edit DOM: <filterref filter='clean-traffic'/> in the <interface>; virsh update-device DOM nic.xml --live
#     --config for a running guest
#   disable:
#     how: "virsh edit DOM: remove <filterref> from the one <interface>; stop and start the guest"
#     restart: "none (update-device)"
#     rollback: "virsh edit DOM: <filterref filter='clean-traffic'/>; stop and start the guest"
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
#   remediation: "virsh edit DOM: <port isolated='yes'/> in the <interface>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <port isolated='no'/>; stop and start the guest"
#     restart: "none"
#     rollback: "virsh edit DOM: <port isolated='yes'/>; stop and start the guest"
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
#   remediation: "virsh edit DOM: trustGuestRxFilters='no' in the <interface>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: trustGuestRxFilters='yes' in the one <interface>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: trustGuestRxFilters='no'; stop and start the guest"
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
#   remediation: "virsh edit DOM: <source dev='DEV' mode='bridge'/> in <interface type='direct'>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <source dev='DEV' mode='passthrough'/>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: mode='bridge'; stop and start the guest"
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
#   remediation: "virsh edit DOM: remove <vsock>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <vsock model='virtio'><cid auto='yes'/></vsock>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove <vsock>; stop and start the guest"
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
#   remediation: "virsh edit DOM: <interface type='network'> in the place of type='user'; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <interface type='user'>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <interface type='network'>; stop and start the guest"
#   messages:
#     safe: "No interface through a user-mode network stack"
#     unsafe: "{device}: user-mode network stack ({found}, {set})"
#   source: "libvirt.org formatdomain, section Userspace (SLIRP or passt) connection"
#   always: true
lvx_044 := domain.verdict(["nics.user"], true, [domain.bad(e, e.is.backend) | some e in domain.elements("nics.user")])
