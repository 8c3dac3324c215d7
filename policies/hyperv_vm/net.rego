# Network adapters of a machine and the ports that they hang on.
package ringwall.controls.hyperv_vm.net

import data.ringwall.lib.hyperv
import data.ringwall.lib.judge

# METADATA
# title: MAC spoofing off
# description: >-
#   With spoofing allowed a guest sends frames under any address, takes over traffic of its neighbours on the switch and
#   floods the switch's table. Nested hypervisors and some load balancers ask for it.
# custom:
#   id: HVS-008
#   severity: high
#   family: NET
#   facts: ["nics"]
#   safe: "Off"
#   default: "Off"
#   remediation: >-
#     Set-VMNetworkAdapter -VMName N -Name ADAPTER -MacAddressSpoofing Off; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -MacAddressSpoofing On, for the one adapter; without -Name every adapter
#       of the machine changes
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -MacAddressSpoofing Off
#   messages:
#     safe: "Each adapter sends under its own MAC address"
#     unsafe: "{device} may send under any MAC address"
#     unread: "The setting of {device} was not written"
#     none: "The machine has no network adapter"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadapter; the default is from knowledge
#   key50: 48
hvs_008 := hyperv.adapters("macSpoofing", {"Off"})

# METADATA
# title: DHCP guard on
# description: >-
#   A guest that answers DHCP requests hands its neighbours a gateway and name servers of its choosing. DHCP guard drops such
#   answers. Machines that are DHCP servers stand in the parameter dhcp_servers.
# custom:
#   id: HVS-009
#   severity: medium
#   family: NET
#   facts: ["nics", "vm.name"]
#   safe: "On"
#   default: "Off"
#   remediation: >-
#     Set-VMNetworkAdapter -VMName N -Name ADAPTER -DhcpGuard On; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -DhcpGuard Off, for the one adapter; without -Name every adapter of the
#       machine changes
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -DhcpGuard On
#   messages:
#     safe: "Answers of a DHCP server are dropped on each adapter"
#     unsafe: "{device} may answer as a DHCP server"
#     unread: "The setting of {device} was not written"
#     none: "The machine has no network adapter"
#     server: "The machine is a DHCP server by the parameter dhcp_servers"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadapter; the default is from knowledge
hvs_009 := judge.not_applicable("server", {}, ["vm.name"]) if hyperv.listed("dhcp_servers")

else := hyperv.adapters("dhcpGuard", {"On"})

# METADATA
# title: Router guard on
# description: >-
#   Router advertisements and redirects of a guest make it the way out for its neighbours, who do not notice. Router guard
#   drops them. Machines that route stand in the parameter router_machines.
# custom:
#   id: HVS-010
#   severity: medium
#   family: NET
#   facts: ["nics", "vm.name"]
#   safe: "On"
#   default: "Off"
#   remediation: >-
#     Set-VMNetworkAdapter -VMName N -Name ADAPTER -RouterGuard On; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -RouterGuard Off, for the one adapter; without -Name every adapter of
#       the machine changes
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -RouterGuard On
#   messages:
#     safe: "Announcements of a router are dropped on each adapter"
#     unsafe: "{device} may announce itself as a router"
#     unread: "The setting of {device} was not written"
#     none: "The machine has no network adapter"
#     router: "The machine is a router by the parameter router_machines"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadapter; the default is from knowledge
hvs_010 := judge.not_applicable("router", {}, ["vm.name"]) if hyperv.listed("router_machines")

else := hyperv.adapters("routerGuard", {"On"})

# METADATA
# title: No port mirroring
# description: >-
#   A port that mirrors copies the traffic of a machine to another one: as Source its frames are read elsewhere, as
#   Destination it reads those of its neighbours.
# custom:
#   id: HVS-011
#   severity: high
#   family: NET
#   facts: ["nics"]
#   safe: "None"
#   default: "None"
#   remediation: >-
#     Set-VMNetworkAdapter -VMName N -Name ADAPTER -PortMirroring None; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -PortMirroring Source or Destination, for the one adapter; without -Name
#       every adapter of the machine changes
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -PortMirroring None
#   messages:
#     safe: "No adapter takes part in port mirroring"
#     unsafe: "Traffic is mirrored: {device} is {found}"
#     unread: "The setting of {device} was not written"
#     none: "The machine has no network adapter"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadapter; the default is from knowledge
hvs_011 := hyperv.adapters("mirroring", {"None"})

# METADATA
# title: Teaming in the guest off
# description: >-
#   A guest that teams its adapters moves addresses from port to port; the switch lets it answer under the address of another
#   port, which weakens the binding of address and port.
# custom:
#   id: HVS-012
#   severity: low
#   family: NET
#   facts: ["nics"]
#   safe: "Off"
#   default: "Off"
#   remediation: >-
#     Set-VMNetworkAdapter -VMName N -Name ADAPTER -AllowTeaming Off; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -AllowTeaming On, for the one adapter; without -Name every adapter of
#       the machine changes
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -AllowTeaming Off
#   messages:
#     safe: "No adapter may be teamed in the guest"
#     unsafe: "{device} may be teamed in the guest"
#     unread: "The setting of {device} was not written"
#     none: "The machine has no network adapter"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadapter; the default is from knowledge
hvs_012 := hyperv.adapters("teaming", {"Off"})

# METADATA
# title: Broadcast storm limit set
# description: >-
#   Without a limit one guest can fill the switch and all its neighbours with broadcast, multicast and unknown unicast
#   frames. The limit counts packets in a second; 0 means none. The parameter storm_limit may name the highest that the site
#   allows.
# custom:
#   id: HVS-013
#   severity: low
#   family: NET
#   facts: ["nics"]
#   safe: "more than 0, and not above the parameter storm_limit"
#   default: "0"
#   remediation: >-
#     Set-VMNetworkAdapter -VMName N -Name ADAPTER -StormLimit 1000; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -StormLimit 0, for the one adapter; without -Name every adapter of the
#       machine changes
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapter -VMName N -Name ADAPTER -StormLimit 1000
#   messages:
#     safe: "Each adapter has a limit"
#     unsafe: "{device} has the limit {found}"
#     unread: "The setting of {device} was not written"
#     none: "The machine has no network adapter"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadapter; the default is from knowledge
hvs_013 := hyperv.adapter_verdict(
	[fault |
		some i, nic in judge.value("nics")
		not limited(nic.stormLimit)
		fault := hyperv.fault("nics", i, nic.name, nic.stormLimit)
	],
	[nic.name | some nic in judge.value("nics"); not is_number(nic.stormLimit)],
)

limited(limit) if {
	limit > 0
	not judge.parameter("storm_limit")
}

limited(limit) if {
	limit > 0
	limit <= judge.parameter("storm_limit")
}

# METADATA
# title: VLAN isolation, no trunk to guests
# description: >-
#   A port in trunk mode hands the guest frames of several VLANs, a promiscuous private VLAN those of all its members: the
#   guest then stands in networks that the VLANs were meant to keep apart. Where every guest must have a VLAN of its own, the
#   parameter vlan_required says so.
# custom:
#   id: HVS-014
#   severity: medium
#   family: NET
#   facts: ["vlans"]
#   safe: "Access, Isolated, Community; Untagged unless vlan_required is true"
#   default: "Untagged"
#   remediation: >-
#     Set-VMNetworkAdapterVlan -VMName N -VMNetworkAdapterName ADAPTER -Access -VlanId ID; it applies at once.
#   disable:
#     how: >-
#       Set-VMNetworkAdapterVlan -VMName N -VMNetworkAdapterName ADAPTER -Trunk -AllowedVlanIdList LIST -NativeVlanId ID
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       Set-VMNetworkAdapterVlan -VMName N -VMNetworkAdapterName ADAPTER -Access -VlanId ID, or -Untagged, as recorded
#   messages:
#     safe: "Each adapter stands in one network"
#     unsafe: "{device} is {found}"
#     none: "The machine has no network adapter"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmnetworkadaptervlan; the default is in doubt
hvs_014 := judge.unreadable(["vlans"]) if not judge.readable("vlans")

else := judge.not_applicable("none", {}, ["vlans"]) if count(judge.effective("vlans", [])) == 0

else := judge.fail("unsafe", hyperv.arguments(wide), hyperv.places(wide)) if count(wide) > 0

else := judge.pass("safe", {}, ["vlans"])

wide := [fault |
	some i, vlan in judge.value("vlans")
	mode := shown(vlan)
	mode in refused
	fault := hyperv.fault("vlans", i, vlan.name, mode)
]

shown(vlan) := vlan.mode if vlan.mode != "Private"

shown(vlan) := object.get(vlan, "private", "Private") if vlan.mode == "Private"

refused := {"Trunk", "Promiscuous", "Private", "Untagged"} if judge.parameter("vlan_required") == true

else := {"Trunk", "Promiscuous", "Private"}
