# Guests that share a network.
package ringwall.controls.host.network

import data.ringwall.lib.judge

# METADATA
# title: "Bridges filter guest frames (ebtables/nft or br_netfilter)"
# description: "Guests on one bridge can pose as each other unless frames are filtered. How is the site's choice: the parameter bridge_filter (nwfilter, nftables, any, none). The sysctl bridge-nf-call-iptables is recorded and not judged."
# custom:
#   id: KVM-082
#   severity: medium
#   family: NET
#   facts: ["net.bridges", "net.bridge_tables", "libvirt.guests", "sysctl.net.bridge.bridge-nf-call-iptables"]
#   safe: "by the parameter bridge_filter: a filter on every guest interface on a bridge, or an nftables table of the bridge family with a chain"
#   default: "bridge-nf-call-iptables is 1 once br_netfilter is loaded; the file is absent without the module"
#   remediation: "filterref clean-traffic, or nft table bridge"
#   disable:
#     how: "Remove the filterref of the one interface (virsh edit), or its rule in the nft table of the family bridge"
#     restart: "none"
#     rollback: "Put the filterref or the rule back; virsh nwfilter-binding-list and nft list ruleset show it"
#   messages:
#     nwfilter: "Every network interface of a guest on a bridge has a filter"
#     nftables: "nftables filters frames on bridges: {found}"
#     unfiltered: "Guests with interfaces on a bridge and no filter: {found}"
#     noTable: "nftables has no table for bridges with a chain"
#     notAsked: "The baseline asks for no filter on bridges"
#     noBridge: "This host has no bridge"
#     otherFilter: "The baseline asks for an unknown filter: {found}"
#   source: "docs.kernel.org networking/ip-sysctl, /proc/sys/net/bridge"
kvm_082 := judge.unreadable(["net.bridges"]) if {
	not judge.readable("net.bridges")
} else := judge.not_applicable("noBridge", {}, ["net.bridges"]) if {
	judge.empty("net.bridges")
} else := judge.parameter_not_set("bridge_filter", ["net.bridges"]) if {
	not judge.parameter("bridge_filter")
} else := judge.not_applicable("notAsked", {}, ["net.bridges"]) if {
	judge.parameter("bridge_filter") == "none"
} else := judge.missing("otherFilter", {"found": judge.parameter("bridge_filter")}, ["net.bridges"]) if {
	not judge.parameter("bridge_filter") in {"nwfilter", "nftables", "any"}
} else := judge.pass("nftables", {"found": judge.value("net.bridge_tables")}, ["net.bridge_tables"]) if {
	judge.parameter("bridge_filter") in {"nftables", "any"}
	count(judge.value("net.bridge_tables")) > 0
} else := judge.pass("nwfilter", {}, ["libvirt.guests"]) if {
	judge.parameter("bridge_filter") in {"nwfilter", "any"}
	judge.readable("libvirt.guests")
	unfiltered == []
} else := judge.fail("unfiltered", {"found": unfiltered}, ["libvirt.guests"]) if {
	judge.parameter("bridge_filter") == "nwfilter"
	unfiltered != []
} else := judge.unreadable(["libvirt.guests"]) if {
	judge.parameter("bridge_filter") in {"nwfilter", "any"}
	not judge.readable("libvirt.guests")
} else := judge.unreadable(["net.bridge_tables"]) if {
	not judge.readable("net.bridge_tables")
} else := judge.fail("noTable", {}, ["net.bridge_tables"])

# Guests with an interface on a bridge of the host or of a libvirt network, and no filter on it.
unfiltered := [guest.name |
	some guest in judge.effective("libvirt.guests", [])
	some interface in guest.interfaces
	interface.type in {"bridge", "network"}
	interface.filter == null
]

# METADATA
# title: "SR-IOV VF spoof check and trust"
# description: "A guest with a virtual function can send with any address unless the card checks it, and a trusted one can switch the check off or listen to others."
# custom:
#   id: KVM-083
#   severity: medium
#   family: NET
#   facts: ["net.virtual_functions"]
#   safe: "vf.spoofchk true and vf.trust false"
#   default: "spoofchk on"
#   remediation: "ip link set PF vf N spoofchk on trust off; to keep it, VirtualFunction=N, MACSpoofCheck=yes and Trust=no under [SR-IOV] of the .link or .network file of PF"
#   disable:
#     how: "ip link set PF vf N spoofchk off"
#     restart: "none"
#     rollback: "ip link set PF vf N spoofchk on trust off"
#   messages:
#     safe: "Every virtual function is checked for spoofing and trusted with nothing ({count} functions)"
#     unsafe: "Virtual functions that may spoof or are trusted: {found}"
#     none: "No virtual function is in use"
#   source: "a rule of ComplianceAsCode"
kvm_083 := judge.unreadable(["net.virtual_functions"]) if {
	not judge.readable("net.virtual_functions")
} else := judge.not_applicable("none", {}, ["net.virtual_functions"]) if {
	judge.empty("net.virtual_functions")
} else := judge.fail("unsafe", {"found": loose_functions}, ["net.virtual_functions"]) if {
	loose_functions != []
} else := judge.pass("safe", {"count": count(judge.value("net.virtual_functions"))}, ["net.virtual_functions"])

# A card that reports no check makes none.
loose_functions := [sprintf("%s vf %v", [function.device, function.vf]) |
	some function in judge.value("net.virtual_functions")
	not held(function)
]

held(function) if {
	function.spoofchk == true
	not function.trust == true
}
