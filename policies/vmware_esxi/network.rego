# The firewall of a host, its standard switches and its own interfaces.
package ringwall.controls.vmware_esxi.network

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_host
import data.ringwall.lib.vmware_option

# rules that are judged: those that are switched on and that the site does not leave open on purpose
rules := [rule |
	some rule in judge.value("firewall.rulesets")
	not left_open(rule.key)
]

left_open(key) if key in judge.parameter("esxi_open_rulesets")

open_rules := [rule | some rule in rules; not rule.all == false]

# foreign: addresses and networks that lie in no management network
foreign := [source |
	some rule in rules
	some source in rule.from
	judge.parameter("management_networks")
	not inside(source)
]

inside(source) if {
	some network in judge.parameter("management_networks")
	net.cidr_contains(network, source)
}

trunks := [{"name": part.name, "place": sprintf("portgroups[%d]", [index])} |
	some index, part in judge.value("portgroups")
	part.vlan == 4095
	not named_trunk(part.name)
]

named_trunk(name) if name in judge.parameter("esxi_vlan_trunks")

# managed: interfaces of the kernel that carry management traffic
managed := {part.device | some part in judge.value("vmkernel"); "management" in part.uses}

unplanned := managed - {device | some device in judge.parameter("esxi_management_interfaces")}

# METADATA
# title: The firewall blocks by default
# description: >-
#   Rule sets only mean something while everything else is blocked. With the default policy open every daemon that a
#   package brings along can be reached at once, and malware can call out.
# custom:
#   id: SCG-esxi-8.firewall-incoming-default
#   severity: medium
#   family: API
#   facts: ["firewall.default"]
#   safe: "incoming and outgoing blocked"
#   default: "incoming and outgoing blocked"
#   remediation: >-
#     esxcli network firewall set --default-action=false --enabled=true
#   disable:
#     how: >-
#       esxcli network firewall set --default-action=true while a rule set is looked for; never --enabled=false
#     restart: >-
#       none
#     rollback: >-
#       esxcli network firewall set --default-action=false --enabled=true
#   messages:
#     safe: "What no rule set allows is blocked"
#     incoming: "Incoming traffic is allowed unless a rule blocks it"
#     outgoing: "Outgoing traffic is allowed unless a rule blocks it"
#     partly: "Whether outgoing traffic is blocked is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.firewall-incoming-default; it names DISA STIG
#     ESXI-80-000214 and PCI DSS 4.0 1.3.1
#   always: true
scg_esxi_8_firewall_incoming_default := judge.pass("safe", {}, ["firewall.default"]) if {
	judge.value("firewall.default").incomingBlocked == true
	judge.value("firewall.default").outgoingBlocked == true
}

else := judge.fail("incoming", {}, ["firewall.default"]) if judge.value("firewall.default").incomingBlocked == false

else := judge.fail("outgoing", {}, ["firewall.default"]) if judge.value("firewall.default").outgoingBlocked == false

else := judge.missing("partly", {}, ["firewall.default"]) if judge.present("firewall.default")

else := judge.unreadable(["firewall.default"])

# METADATA
# title: Services answer to named networks alone
# description: >-
#   Every rule set that is switched on answers any address until the site names some. Management ports of hosts that the
#   whole company, or the internet, can reach are how CVE-2021-21974 became a campaign. Rule sets that the system itself
#   owns cannot be narrowed and may be named in esxi_open_rulesets.
# custom:
#   id: SCG-esxi-8.firewall-restrict-access
#   severity: medium
#   family: API
#   facts: ["firewall.rulesets"]
#   safe: "each rule set answers only to management_networks"
#   default: "any address"
#   remediation: >-
#     For each rule set: esxcli network firewall ruleset set --ruleset-id=sshServer --allowed-all=false; esxcli network
#     firewall ruleset allowedip add --ruleset-id=sshServer --ip-address=10.10.0.0/24 (from the console, or with the
#     firewall off meanwhile, so that the connection is not cut)
#   disable:
#     how: >-
#       esxcli network firewall ruleset set --ruleset-id=NAME --allowed-all=true for one rule set, named in
#       esxi_open_rulesets
#     restart: >-
#       none; connections that are open stay
#     rollback: >-
#       esxcli network firewall ruleset set --ruleset-id=NAME --allowed-all=false
#   messages:
#     safe: "Every rule set answers to management networks alone"
#     unsafe: "{found} answer to any address"
#     foreign: "Rule sets answer to {found}, outside the management networks"
#     none: "No rule set is switched on"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.firewall-restrict-access; it names DISA STIG
#     ESXI-80-000239 and PCI DSS 4.0 1.3.1, 1.4.1, 1.4.2, 1.4.4
scg_esxi_8_firewall_restrict_access := judge.unreadable(["firewall.rulesets"]) if not judge.readable("firewall.rulesets")

else := judge.fail("unsafe", {"found": {rule.label | some rule in open_rules}}, ["firewall.rulesets"]) if count(open_rules) > 0

else := judge.not_applicable("none", {}, ["firewall.rulesets"]) if count(judge.effective("firewall.rulesets", [])) == 0

else := judge.fail("foreign", {"found": {source | some source in foreign}}, ["firewall.rulesets"]) if count(foreign) > 0

else := judge.parameter_not_set("management_networks", ["firewall.rulesets"]) if not judge.parameter("management_networks")

else := judge.pass("safe", {}, ["firewall.rulesets"])

# METADATA
# title: No network card of the management controller
# description: >-
#   Management controllers show the host a network card over USB. It is a path between the controller, which has its own
#   flaws and its own network, and the kernel of the host, and no switch or firewall sees it.
# custom:
#   id: SCG-esxi-8.hw-virtual-nic
#   severity: low
#   family: NET
#   facts: ["option.Net.BMCNetworkEnable"]
#   safe: "0"
#   default: "1"
#   remediation: >-
#     esxcli system settings advanced set -o /Net/BMCNetworkEnable -i 0
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Net/BMCNetworkEnable -i 1 for a vendor's tool that needs it
#     restart: >-
#       host reboot
#     rollback: >-
#       esxcli system settings advanced set -o /Net/BMCNetworkEnable -i 0; read it back
#   messages:
#     safe: "The controller's network card is not used"
#     unsafe: "The controller's network card is in use (BMCNetworkEnable = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.hw-virtual-nic; it names DISA STIG
#     ESXI-80-000250 and PCI DSS 4.0 1.3.1, 1.4.1, 1.4.2, 1.4.4
#   always: true
scg_esxi_8_hw_virtual_nic := vmware_option.equals("Net.BMCNetworkEnable", "0")

# METADATA
# title: Guests cannot send spanning tree frames
# description: >-
#   Virtual switches take no part in the spanning tree. One frame of it from a guest makes the physical switch close the
#   port of the host (BPDU guard), then the next uplink, until all guests are cut off.
# custom:
#   id: SCG-esxi-8.network-bpdu
#   severity: medium
#   family: NET
#   facts: ["option.Net.BlockGuestBPDU"]
#   safe: "1"
#   default: "1"
#   remediation: >-
#     esxcli system settings advanced set -o /Net/BlockGuestBPDU -i 1
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Net/BlockGuestBPDU -i 0 for a guest that bridges on purpose, with forged
#       transmits rejected on its port group
#     restart: >-
#       none; holds for ports that are connected afterwards
#     rollback: >-
#       esxcli system settings advanced set -o /Net/BlockGuestBPDU -i 1; read it back
#   messages:
#     safe: "Spanning tree frames of guests are dropped"
#     unsafe: "Spanning tree frames of guests reach the network (BlockGuestBPDU = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.network-bpdu; it names DISA STIG ESXI-80-000215
#   always: true
scg_esxi_8_network_bpdu := vmware_option.equals("Net.BlockGuestBPDU", "1")

# METADATA
# title: No stranger filters the traffic of guests
# description: >-
#   The dvfilter interface hands the frames of every guest to a program at the address named here, which may read, change
#   and drop them. Only NSX and similar products use it; an address that is left over gives its next owner that place.
# custom:
#   id: SCG-esxi-8.network-dvfilter
#   severity: medium
#   family: NET
#   facts: ["option.Net.DVFilterBindIpAddress"]
#   safe: "empty"
#   default: "empty"
#   remediation: >-
#     esxcli system settings advanced set -o /Net/DVFilterBindIpAddress -d
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Net/DVFilterBindIpAddress -s ADDRESS for the product that filters; name
#       the address in vmware_options
#     restart: >-
#       none
#     rollback: >-
#       esxcli system settings advanced set -o /Net/DVFilterBindIpAddress -d
#   messages:
#     safe: "No address is bound"
#     allowed: "Traffic can be filtered by {found}, as the site says"
#     unsafe: "Traffic of guests can be filtered by {found}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.network-dvfilter; it names DISA STIG
#     ESXI-80-000219
#   always: true
scg_esxi_8_network_dvfilter := judge.pass("safe", {}, ["option.Net.DVFilterBindIpAddress"]) if vmware_option.plain(vmware_option.shown("Net.DVFilterBindIpAddress")) == ""

else := judge.pass("allowed", {"found": vmware_option.shown("Net.DVFilterBindIpAddress")}, ["option.Net.DVFilterBindIpAddress"]) if vmware_option.plain(vmware_option.shown("Net.DVFilterBindIpAddress")) == vmware_option.plain(vmware_option.wanted("Net.DVFilterBindIpAddress", ""))

else := judge.fail("unsafe", {"found": vmware_option.shown("Net.DVFilterBindIpAddress")}, ["option.Net.DVFilterBindIpAddress"]) if judge.present("option.Net.DVFilterBindIpAddress")

else := vmware_option.unlisted("Net.DVFilterBindIpAddress")

# METADATA
# title: Forged transmits rejected on standard switches
# description: >-
#   A guest that may send frames with any source address takes over the address of a neighbour, of a gateway or of
#   storage, and the answers come to it.
# custom:
#   id: SCG-esxi-8.network-reject-forged-transmit-standardswitch
#   severity: medium
#   family: NET
#   facts: ["vswitches", "portgroups"]
#   safe: "rejected on every switch, and no port group overrides it (absent = inherited)"
#   default: "accepted"
#   remediation: >-
#     esxcli network vswitch standard policy security set -v SWITCH -f false; port groups: Get-VirtualPortGroup -VMHost
#     HOST -Standard | Get-SecurityPolicy | Set-SecurityPolicy -ForgedTransmitsInherited $true
#   disable:
#     how: >-
#       A port group of its own for the one VM (nested hypervisor, cluster address): esxcli network vswitch standard
#       portgroup policy security set -p PG -f true; never on the switch
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Set-SecurityPolicy -ForgedTransmitsInherited $true on the port group, or delete the port group
#   messages:
#     safe: "Every standard switch and port group rejects forged transmits"
#     unsafe: "{device} accept frames with forged source addresses"
#     unset: "{device} gives no policy of its own"
#     none: "The host has no standard switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.network-reject-forged-transmit-standardswitch;
#     it names DISA STIG ESXI-80-000216 and PCI DSS 4.0 1.4.3
scg_esxi_8_network_reject_forged_transmit_standardswitch := vmware_host.rejected("forgedTransmits")

# METADATA
# title: MAC changes rejected on standard switches
# description: >-
#   A guest that changes its address to that of another receives the other's frames, and passes for it wherever a
#   licence, a lease or a firewall goes by the address.
# custom:
#   id: SCG-esxi-8.network-reject-mac-changes-standardswitch
#   severity: high
#   family: NET
#   facts: ["vswitches", "portgroups"]
#   safe: "rejected on every switch, and no port group overrides it (absent = inherited)"
#   default: "accepted"
#   remediation: >-
#     esxcli network vswitch standard policy security set -v SWITCH -m false; port groups: Get-VirtualPortGroup -VMHost
#     HOST -Standard | Get-SecurityPolicy | Set-SecurityPolicy -MacChangesInherited $true
#   disable:
#     how: >-
#       A port group of its own for the one VM: esxcli network vswitch standard portgroup policy security set -p PG -m
#       true; never on the switch. An upgrade of vCenter with reduced downtime needs it for its length
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Set-SecurityPolicy -MacChangesInherited $true on the port group, or delete the port group
#   messages:
#     safe: "Every standard switch and port group rejects changed addresses"
#     unsafe: "{device} let guests change their address"
#     unset: "{device} gives no policy of its own"
#     none: "The host has no standard switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.network-reject-mac-changes-standardswitch; it
#     names DISA STIG ESXI-80-000217 and PCI DSS 4.0 1.4.3
scg_esxi_8_network_reject_mac_changes_standardswitch := vmware_host.rejected("macChanges")

# METADATA
# title: Promiscuous mode rejected on standard switches
# description: >-
#   In promiscuous mode one guest reads the frames of every other on the port group, with whatever goes over the wire in
#   clear. A single such port group beside an ordinary one on the same VLAN is enough.
# custom:
#   id: SCG-esxi-8.network-reject-promiscuous-mode-standardswitch
#   severity: high
#   family: NET
#   facts: ["vswitches", "portgroups"]
#   safe: "rejected on every switch, and no port group overrides it (absent = inherited)"
#   default: "rejected"
#   remediation: >-
#     esxcli network vswitch standard policy security set -v SWITCH -p false; port groups: Get-VirtualPortGroup -VMHost
#     HOST -Standard | Get-SecurityPolicy | Set-SecurityPolicy -AllowPromiscuousInherited $true
#   disable:
#     how: >-
#       A separate port group for the one VM (intrusion detection, nested hypervisor): esxcli network vswitch standard
#       portgroup policy security set -p PG --allow-promiscuous=true; never on the switch
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Set-SecurityPolicy -AllowPromiscuousInherited $true on the port group, or delete the port group; check both
#       levels. Distributed switches: SCG-vcenter-8.network-reject-promiscuous-mode-dvportgroup
#   messages:
#     safe: "Every standard switch and port group rejects promiscuous mode"
#     unsafe: "{device} let guests read the frames of others"
#     unset: "{device} gives no policy of its own"
#     none: "The host has no standard switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.network-reject-promiscuous-mode-standardswitch;
#     it names DISA STIG ESXI-80-000218 and PCI DSS 4.0 1.4.5
#   key50: 38
scg_esxi_8_network_reject_promiscuous_mode_standardswitch := vmware_host.rejected("allowPromiscuous")

# METADATA
# title: No guest tags VLANs itself on standard switches
# description: >-
#   VLAN 4095 hands a port group every VLAN with its tags. A guest on it sends and receives in whichever network it
#   likes, past the segments that the site believes in.
# custom:
#   id: SCG-esxi-8.network-vgt
#   severity: medium
#   family: NET
#   facts: ["portgroups"]
#   safe: "no port group with VLAN 4095, but for those in esxi_vlan_trunks"
#   default: "no port group with VLAN 4095"
#   remediation: >-
#     Get-VirtualPortGroup -VMHost HOST -Standard -Name PG | Set-VirtualPortGroup -VLanId VLAN
#   disable:
#     how: >-
#       A port group of its own with VLAN 4095 for the one VM that routes or filters VLANs, named in esxi_vlan_trunks
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Set-VirtualPortGroup -VLanId VLAN on the port group, or delete it
#   messages:
#     safe: "No port group hands its tags to guests"
#     unsafe: "{device} hand every VLAN to their guests"
#     none: "The host has no standard port group"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.network-vgt; it names DISA STIG ESXI-80-000220
scg_esxi_8_network_vgt := judge.unreadable(["portgroups"]) if not judge.readable("portgroups")

else := judge.not_applicable("none", {}, ["portgroups"]) if count(judge.effective("portgroups", [])) == 0

else := judge.fail("unsafe", {"device": {part.name | some part in trunks}}, [part.place | some part in trunks]) if count(trunks) > 0

else := judge.pass("safe", {}, ["portgroups"])

# METADATA
# title: Management traffic only on the interfaces meant for it
# description: >-
#   An interface for storage or vMotion that also answers to management opens the login of the host to a network that was
#   built without protection, because only hosts were meant to be in it.
# custom:
#   id: SCG-esxi-8.vmk-management
#   severity: medium
#   family: NET
#   facts: ["vmkernel"]
#   safe: "management only on esxi_management_interfaces"
#   default: "management on vmk0"
#   remediation: >-
#     Get-VMHostNetworkAdapter -VMHost HOST -Name vmk1 | Set-VMHostNetworkAdapter -ManagementTrafficEnabled $false
#   disable:
#     how: >-
#       esxcli network ip interface tag add -i vmk1 -t Management while the management network is moved
#     restart: >-
#       none
#     rollback: >-
#       esxcli network ip interface tag remove -i vmk1 -t Management
#   messages:
#     safe: "Management traffic goes over {device} alone"
#     unsafe: "{device} also answer to management"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.vmk-management; it names DISA STIG
#     ESXI-80-000198
#   always: true
scg_esxi_8_vmk_management := judge.unreadable(["vmkernel"]) if not judge.readable("vmkernel")

else := judge.parameter_not_set("esxi_management_interfaces", ["vmkernel"]) if not judge.parameter("esxi_management_interfaces")

else := judge.fail("unsafe", {"device": unplanned}, ["vmkernel"]) if count(unplanned) > 0

else := judge.pass("safe", {"device": managed}, ["vmkernel"])
