# Distributed switches and their port groups: what guests may do on them, and who may watch.
package ringwall.controls.vmware_vcenter.switches

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_switch

switch_place(index) := sprintf("dvs[%d]", [index])

trunks := [{"name": part.is.name, "place": part.place} |
	some part in vmware_switch.judged
	startswith(part.is.vlan, "trunk")
	not named_trunk(part.is.name)
]

named_trunk(name) if name in judge.parameter("esxi_vlan_trunks")

loose := [{"name": part.is.name, "place": part.place, "allowed": part.is.overrides} |
	some part in vmware_switch.judged
	count(part.is.overrides) > 0
]

collecting := [{"name": part.name, "place": switch_place(index), "collector": part.collector} |
	some index, part in judge.value("dvs")
	part.collector != ""
	not known_collector(part.collector)
]

known_collector(address) if address in judge.parameter("netflow_collectors")

mirrored := [{"name": part.name, "place": switch_place(index), "sessions": strange} |
	some index, part in judge.value("dvs")
	strange := {name | some name in part.mirrors; not known_session(name)}
	count(strange) > 0
]

known_session(name) if name in judge.parameter("mirroring_sessions")

discovering := [{"name": part.name, "place": switch_place(index)} |
	some index, part in judge.value("dvs")
	is_string(part.discovery)
	part.discovery != "none"
]

undiscovered := [{"name": part.name, "place": switch_place(index)} |
	some index, part in judge.value("dvs")
	part.discovery == null
]

# METADATA
# title: Forged transmits rejected on distributed switches
# description: >-
#   A distributed port group reaches every host of the cluster: one guest that sends under another's address can take
#   over a gateway for all of them.
# custom:
#   id: SCG-vcenter-8.network-reject-forged-transmit-dvportgroup
#   severity: medium
#   family: NET
#   facts: ["dvs", "dvportgroups"]
#   safe: "rejected on every switch and port group"
#   default: "rejected"
#   remediation: >-
#     Get-VDSwitch | Get-VDSecurityPolicy | Set-VDSecurityPolicy -ForgedTransmits $false; Get-VDPortgroup |
#     Get-VDSecurityPolicy | Set-VDSecurityPolicy -ForgedTransmits $false
#   disable:
#     how: >-
#       A port group of its own for the one VM with Set-VDSecurityPolicy -ForgedTransmits $true; never on the switch
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Get-VDPortgroup PG | Get-VDSecurityPolicy | Set-VDSecurityPolicy -ForgedTransmits $false, or delete the port
#       group
#   messages:
#     safe: "Every distributed switch and port group rejects forged transmits"
#     unsafe: "{device} accept frames with forged source addresses"
#     unset: "{device} do not say what they do"
#     none: "There is no distributed switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-reject-forged-transmit-dvportgroup;
#     it names DISA STIG VCSA-80-000268 and PCI DSS 4.0 1.4.3
scg_vcenter_8_network_reject_forged_transmit_dvportgroup := vmware_switch.rejected("forgedTransmits")

# METADATA
# title: MAC changes rejected on distributed switches
# description: >-
#   A guest with the address of another receives its frames on whichever host it runs. Cluster software that moves an
#   address, and licences bound to one, are the exceptions to plan for.
# custom:
#   id: SCG-vcenter-8.network-reject-mac-changes-dvportgroup
#   severity: medium
#   family: NET
#   facts: ["dvs", "dvportgroups"]
#   safe: "rejected on every switch and port group"
#   default: "rejected"
#   remediation: >-
#     Get-VDSwitch | Get-VDSecurityPolicy | Set-VDSecurityPolicy -MacChanges $false; Get-VDPortgroup |
#     Get-VDSecurityPolicy | Set-VDSecurityPolicy -MacChanges $false
#   disable:
#     how: >-
#       A port group of its own for the cluster with Set-VDSecurityPolicy -MacChanges $true; never on the switch
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Get-VDPortgroup PG | Get-VDSecurityPolicy | Set-VDSecurityPolicy -MacChanges $false, or delete the port group
#   messages:
#     safe: "Every distributed switch and port group rejects changed addresses"
#     unsafe: "{device} let guests change their address"
#     unset: "{device} do not say what they do"
#     none: "There is no distributed switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-reject-mac-changes-dvportgroup; it
#     names DISA STIG VCSA-80-000269 and PCI DSS 4.0 1.4.3
scg_vcenter_8_network_reject_mac_changes_dvportgroup := vmware_switch.rejected("macChanges")

# METADATA
# title: Promiscuous mode rejected on distributed switches
# description: >-
#   In promiscuous mode a guest reads what every other guest of the port group on its host sends and receives; moved by
#   DRS it reads along on the next host.
# custom:
#   id: SCG-vcenter-8.network-reject-promiscuous-mode-dvportgroup
#   severity: medium
#   family: NET
#   facts: ["dvs", "dvportgroups"]
#   safe: "rejected on every switch and port group"
#   default: "rejected"
#   remediation: >-
#     Get-VDSwitch | Get-VDSecurityPolicy | Set-VDSecurityPolicy -AllowPromiscuous $false; Get-VDPortgroup |
#     Get-VDSecurityPolicy | Set-VDSecurityPolicy -AllowPromiscuous $false
#   disable:
#     how: >-
#       A port group of its own for the sensor with Set-VDSecurityPolicy -AllowPromiscuous $true, or a mirroring session
#       with a named end; never on the switch
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Get-VDPortgroup PG | Get-VDSecurityPolicy | Set-VDSecurityPolicy -AllowPromiscuous $false, or delete the port
#       group
#   messages:
#     safe: "Every distributed switch and port group rejects promiscuous mode"
#     unsafe: "{device} let guests read the frames of others"
#     unset: "{device} do not say what they do"
#     none: "There is no distributed switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-reject-promiscuous-mode-dvportgroup;
#     it names DISA STIG VCSA-80-000270 and PCI DSS 4.0 1.4.5
scg_vcenter_8_network_reject_promiscuous_mode_dvportgroup := vmware_switch.rejected("allowPromiscuous")

# METADATA
# title: No MAC learning on distributed port groups
# description: >-
#   MAC learning lets one card stand for many addresses, and floods frames for unknown ones to every port that learns: a
#   guest reads what was not meant for it. Nested hypervisors need it, on a port group of their own.
# custom:
#   id: SCG-vcenter-8.network-mac-learning
#   severity: medium
#   family: NET
#   facts: ["dvportgroups"]
#   safe: "off"
#   default: "off"
#   remediation: >-
#     $spec = New-Object VMware.Vim.DVPortgroupConfigSpec;
#     $spec.DefaultPortConfig.MacManagementPolicy.MacLearningPolicy.Enabled = $false; $spec.ConfigVersion =
#     $view.Config.ConfigVersion; $view.ReconfigureDVPortgroup_Task($spec) with $view = Get-VDPortgroup PG | Get-View
#   disable:
#     how: >-
#       the same with $true on a port group made for nested hosts
#     restart: >-
#       none; applies at once
#     rollback: >-
#       the same with $false, or delete the port group
#   messages:
#     safe: "No port group learns addresses"
#     unsafe: "{device} learn addresses"
#     unset: "{device} do not say what they do"
#     none: "There is no distributed port group"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-mac-learning; it names PCI DSS 4.0
#     1.4.5
scg_vcenter_8_network_mac_learning := vmware_switch.portgroups("macLearning", false)

# METADATA
# title: Ports go back to their port group's settings
# description: >-
#   A port that keeps the exception of the guest that left it, promiscuous mode for instance, hands it to the guest that
#   is connected next.
# custom:
#   id: SCG-vcenter-8.network-reset-port
#   severity: medium
#   family: NET
#   facts: ["dvportgroups"]
#   safe: "on"
#   default: "on"
#   remediation: >-
#     $spec = New-Object VMware.Vim.DVPortgroupConfigSpec; $spec.Policy.PortConfigResetAtDisconnect = $true;
#     $spec.ConfigVersion = $view.Config.ConfigVersion; $view.ReconfigureDVPortgroup_Task($spec) with $view =
#     Get-VDPortgroup PG | Get-View
#   disable:
#     how: >-
#       the same with $false on a port group whose ports are configured one by one
#     restart: >-
#       none; applies at once
#     rollback: >-
#       the same with $true
#   messages:
#     safe: "Ports are reset when a guest leaves"
#     unsafe: "{device} keep the settings of ports whose guest has left"
#     unset: "{device} do not say what they do"
#     none: "There is no distributed port group"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-reset-port; it names DISA STIG
#     VCSA-80-000302
scg_vcenter_8_network_reset_port := vmware_switch.portgroups("reset", true)

# METADATA
# title: No guest tags VLANs itself on distributed switches
# description: >-
#   A trunk port group hands its guests many VLANs with their tags; a guest on it chooses the network it speaks in,
#   whatever the segmentation plan says. Routers and firewalls as guests are the reason it exists.
# custom:
#   id: SCG-vcenter-8.network-vgt
#   severity: medium
#   family: NET
#   facts: ["dvportgroups"]
#   safe: "no trunk but on uplinks and on those in esxi_vlan_trunks"
#   default: "no trunk"
#   remediation: >-
#     Get-VDPortgroup PG | Set-VDVlanConfiguration -VlanId VLAN
#   disable:
#     how: >-
#       A port group of its own with Set-VDVlanConfiguration -VlanTrunkRange for the one VM, named in esxi_vlan_trunks
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Set-VDVlanConfiguration -VlanId VLAN on the port group, or delete it
#   messages:
#     safe: "No port group hands its tags to guests"
#     unsafe: "{device} hand VLANs with their tags to guests"
#     unset: "{device} do not say which VLAN they are in"
#     none: "There is no distributed port group"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-vgt; it names DISA STIG
#     VCSA-80-000273
scg_vcenter_8_network_vgt := judge.unreadable(["dvportgroups"]) if not judge.readable("dvportgroups")

else := judge.not_applicable("none", {}, ["dvportgroups"]) if count(vmware_switch.judged) == 0

else := judge.fail("unsafe", {"device": {part.name | some part in trunks}}, [part.place | some part in trunks]) if count(trunks) > 0

else := judge.missing("unset", {"device": {part.name | some part in vmware_switch.unset("vlan")}}, [part.place | some part in vmware_switch.unset("vlan")]) if count(vmware_switch.unset("vlan")) > 0

else := judge.pass("safe", {}, ["dvportgroups"])

# METADATA
# title: Single ports cannot override their port group
# description: >-
#   A port with settings of its own, another VLAN or promiscuous mode, does not show in the port group that people look
#   at. Blocking a port is the one override that only closes.
# custom:
#   id: SCG-vcenter-8.network-restrict-port-level-overrides
#   severity: medium
#   family: NET
#   facts: ["dvportgroups"]
#   safe: "nothing but blocking"
#   default: "nothing but blocking"
#   remediation: >-
#     $spec = New-Object VMware.Vim.DVPortgroupConfigSpec; $spec.Policy.VlanOverrideAllowed =
#     $spec.Policy.SecurityPolicyOverrideAllowed = $spec.Policy.ShapingOverrideAllowed = $false (and the other overrides
#     but BlockOverrideAllowed); $spec.ConfigVersion = $view.Config.ConfigVersion;
#     $view.ReconfigureDVPortgroup_Task($spec) with $view = Get-VDPortgroup PG | Get-View
#   disable:
#     how: >-
#       the same with $true for the one property, on a port group of its own
#     restart: >-
#       none; applies at once
#     rollback: >-
#       the same with $false
#   messages:
#     safe: "Ports may only be blocked"
#     unsafe: "Ports of {device} may override {found}"
#     unset: "{device} do not say what ports may override"
#     none: "There is no distributed port group"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-restrict-port-level-overrides; it
#     names DISA STIG VCSA-80-000301
scg_vcenter_8_network_restrict_port_level_overrides := judge.unreadable(["dvportgroups"]) if not judge.readable("dvportgroups")

else := judge.not_applicable("none", {}, ["dvportgroups"]) if count(vmware_switch.judged) == 0

else := judge.fail("unsafe", {"device": {part.name | some part in loose}, "found": {name | some part in loose; some name in part.allowed}}, [part.place | some part in loose]) if count(loose) > 0

else := judge.missing("unset", {"device": {part.name | some part in vmware_switch.unset("overrides")}}, [part.place | some part in vmware_switch.unset("overrides")]) if count(vmware_switch.unset("overrides")) > 0

else := judge.pass("safe", {}, ["dvportgroups"])

# METADATA
# title: NetFlow goes to nobody, or to the site's collectors
# description: >-
#   NetFlow tells a collector who talks to whom, when and how much, in clear. An old collector's address that somebody
#   else has now receives the map of the network.
# custom:
#   id: SCG-vcenter-8.network-restrict-netflow-usage
#   severity: medium
#   family: NET
#   facts: ["dvs", "dvportgroups"]
#   safe: "no collector but those in netflow_collectors"
#   default: "no collector"
#   remediation: >-
#     $spec = New-Object VMware.Vim.VMwareDVSConfigSpec with an empty IpfixConfig.CollectorIpAddress;
#     $view.ReconfigureDvs_Task($spec) with $view = Get-VDSwitch DS | Get-View; port groups: IpfixEnabled.Value = $false
#   disable:
#     how: >-
#       set the collector on the switch (vSphere Client: Configure, NetFlow) and name it in netflow_collectors
#     restart: >-
#       none; applies at once
#     rollback: >-
#       empty the collector's address on the switch
#   messages:
#     safe: "NetFlow goes to no unknown collector"
#     unsafe: "{device} send NetFlow to {found}"
#     none: "There is no distributed switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-restrict-netflow-usage; it names DISA
#     STIG VCSA-80-000271 and PCI DSS 4.0 1.4.5
scg_vcenter_8_network_restrict_netflow_usage := judge.unreadable(["dvs", "dvportgroups"]) if not judge.all_readable(["dvs", "dvportgroups"])

else := judge.not_applicable("none", {}, ["dvs"]) if count(judge.effective("dvs", [])) == 0

else := judge.fail("unsafe", {"found": {part.collector | some part in collecting}, "device": {part.name | some part in collecting}}, [part.place | some part in collecting]) if count(collecting) > 0

else := judge.pass("safe", {}, ["dvs", "dvportgroups"])

# METADATA
# title: No mirroring sessions but those the site knows
# description: >-
#   A mirroring session copies the frames of chosen ports to another port or over the network, without the guests
#   noticing. One that was left behind after a fault was found goes on copying.
# custom:
#   id: SCG-vcenter-8.network-restrict-port-mirroring
#   severity: medium
#   family: NET
#   facts: ["dvs"]
#   safe: "no session but those in mirroring_sessions"
#   default: "no session"
#   remediation: >-
#     vSphere Client: switch, Configure, Port mirroring, Remove (SCG 8 gives no command)
#   disable:
#     how: >-
#       a session with a name and an end, named in mirroring_sessions
#     restart: >-
#       none; applies at once
#     rollback: >-
#       remove the session in the same place
#   messages:
#     safe: "No unknown session copies frames"
#     unsafe: "{device} copy frames in the sessions {found}"
#     none: "There is no distributed switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-restrict-port-mirroring; it names
#     DISA STIG VCSA-80-000300 and PCI DSS 4.0 1.4.5
scg_vcenter_8_network_restrict_port_mirroring := judge.unreadable(["dvs"]) if not judge.readable("dvs")

else := judge.not_applicable("none", {}, ["dvs"]) if count(judge.effective("dvs", [])) == 0

else := judge.fail("unsafe", {"found": {name | some part in mirrored; some name in part.sessions}, "device": {part.name | some part in mirrored}}, [part.place | some part in mirrored]) if count(mirrored) > 0

else := judge.pass("safe", {}, ["dvs"])

# METADATA
# title: Switches neither listen to nor send CDP and LLDP
# description: >-
#   Discovery frames carry names, addresses and versions of hosts and switches in clear to everybody on the wire. Switch
#   them on while a cable is looked for.
# custom:
#   id: SCG-vcenter-8.network-restrict-discovery-protocol
#   severity: medium
#   family: NET
#   facts: ["dvs"]
#   safe: "none"
#   default: "listen"
#   remediation: >-
#     Set-VDSwitch -VDSwitch DS -LinkDiscoveryProtocolOperation Disabled
#   disable:
#     how: >-
#       Set-VDSwitch -VDSwitch DS -LinkDiscoveryProtocolOperation Listen while cabling is checked
#     restart: >-
#       none; applies at once
#     rollback: >-
#       Set-VDSwitch -VDSwitch DS -LinkDiscoveryProtocolOperation Disabled
#   messages:
#     safe: "Discovery is off on every switch"
#     unsafe: "{device} take part in discovery"
#     unset: "{device} do not say whether they take part"
#     none: "There is no distributed switch"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.network-restrict-discovery-protocol; it names
#     DISA STIG VCSA-80-000299 and PCI DSS 4.0 1.4.5
scg_vcenter_8_network_restrict_discovery_protocol := judge.unreadable(["dvs"]) if not judge.readable("dvs")

else := judge.not_applicable("none", {}, ["dvs"]) if count(judge.effective("dvs", [])) == 0

else := judge.fail("unsafe", {"device": {part.name | some part in discovering}}, [part.place | some part in discovering]) if count(discovering) > 0

else := judge.missing("unset", {"device": {part.name | some part in undiscovered}}, [part.place | some part in undiscovered]) if count(undiscovered) > 0

else := judge.pass("safe", {}, ["dvs"])
