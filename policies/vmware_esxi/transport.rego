# What protects data on its way to storage and to clients, and the keys that a host keeps.
package ringwall.controls.vmware_esxi.transport

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_host
import data.ringwall.lib.vmware_option

one_sided := [{"device": part.device, "place": sprintf("iscsi.adapters[%d]", [index])} |
	some index, part in judge.value("iscsi.adapters")
	false in {part.chap, part.mutual}
]

unproven := [part | some part in judge.value("iscsi.adapters"); null in {part.chap, part.mutual}]

# METADATA
# title: Both ends of iSCSI prove who they are
# description: >-
#   Without CHAP any machine in the storage network mounts the disks of the guests. With CHAP in one direction the host
#   proves itself, yet a false array can still take its place and hand out disks of its own; mutual CHAP has both sides
#   prove it.
# custom:
#   id: SCG-esxi-8.iscsi-mutual-chap
#   severity: high
#   family: MIG
#   facts: ["iscsi.adapters"]
#   safe: "bidirectional CHAP required on every iSCSI adapter"
#   default: "no CHAP"
#   remediation: >-
#     Get-VMHostHba -VMHost HOST -Type iScsi | Set-VMHostHba -ChapType Required -ChapName NAME -ChapPassword PASSWORD
#     -MutualChapEnabled $true -MutualChapName NAME -MutualChapPassword PASSWORD
#   disable:
#     how: >-
#       Set-VMHostHba -MutualChapEnabled $false for an array that knows one direction only, in a storage network of its
#       own
#     restart: >-
#       rescan of the adapter; sessions are opened anew
#     rollback: >-
#       Set-VMHostHba -MutualChapEnabled $true with both secrets; rescan
#   messages:
#     safe: "Every iSCSI adapter requires bidirectional CHAP"
#     unsafe: "{device} do not require bidirectional CHAP"
#     unset: "The document does not say how the adapters prove themselves"
#     none: "The host has no iSCSI adapter"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.iscsi-mutual-chap; it names DISA STIG
#     ESXI-80-000145 and PCI DSS 4.0 8.3.2
scg_esxi_8_iscsi_mutual_chap := judge.unreadable(["iscsi.adapters"]) if not judge.readable("iscsi.adapters")

else := judge.not_applicable("none", {}, ["iscsi.adapters"]) if count(judge.effective("iscsi.adapters", [])) == 0

else := judge.fail("unsafe", {"device": {part.device | some part in one_sided}}, [part.place | some part in one_sided]) if count(one_sided) > 0

else := judge.missing("unset", {}, ["iscsi.adapters"]) if count(unproven) > 0

else := judge.pass("safe", {}, ["iscsi.adapters"])

# METADATA
# title: Keys of encrypted guests do not stay on the host
# description: >-
#   With key persistence the keys of the key server are kept in the host's TPM, so that guests start while the server is
#   away. Whoever carries the host off then has disks and keys together. Sites that trust the lock on the room may want
#   it.
# custom:
#   id: SCG-esxi-8.key-persistence
#   severity: medium
#   family: MIG
#   facts: ["keypersistence"]
#   safe: "off"
#   default: "off"
#   remediation: >-
#     esxcli system security keypersistence disable --remove-all-stored-keys
#   disable:
#     how: >-
#       esxcli system security keypersistence enable, for a site where the key server may be out of reach
#     restart: >-
#       none
#     rollback: >-
#       esxcli system security keypersistence disable --remove-all-stored-keys
#   messages:
#     safe: "Keys are not kept on the host"
#     unsafe: "Keys of the key server are kept on the host"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.key-persistence; it names DISA STIG
#     ESXI-80-000248 and PCI DSS 4.0 3.3.2, 3.3.3, 3.5.1
#   always: true
scg_esxi_8_key_persistence := vmware_host.switched("keypersistence", false)

# METADATA
# title: TLS by the profile NIST_2024
# description: >-
#   The profile COMPATIBLE still takes key exchange without forward secrecy and ciphers in CBC mode: a session that is
#   recorded today can be read once the key of the host is known. NIST_2024 offers AEAD ciphers over ECDHE alone.
# custom:
#   id: SCG-esxi-8.tls-profile
#   severity: high
#   family: MIG
#   facts: ["tls.profile"]
#   safe: "NIST_2024"
#   default: "COMPATIBLE"
#   remediation: >-
#     esxcli system tls server set --profile=NIST_2024; reboot
#   disable:
#     how: >-
#       esxcli system tls server set --profile=COMPATIBLE; reboot, for a backup or monitoring program with an old TLS
#       library
#     restart: >-
#       host reboot (evacuate first): the new profile counts from then on
#     rollback: >-
#       esxcli system tls server set --profile=NIST_2024; reboot
#   messages:
#     safe: "The TLS profile is {found}"
#     unsafe: "The TLS profile is {found} instead of NIST_2024"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.tls-profile; it names DISA STIG ESXI-80-000247
#     and PCI DSS 4.0 2.2.7, 4.2.1, 8.3.2
#   always: true
scg_esxi_8_tls_profile := judge.pass("safe", {"found": judge.value("tls.profile")}, ["tls.profile"]) if startswith(upper(judge.value("tls.profile")), "NIST_2024")

else := judge.fail("unsafe", {"found": judge.value("tls.profile")}, ["tls.profile"]) if judge.present("tls.profile")

else := judge.unreadable(["tls.profile"])

# METADATA
# title: TLS 1.2 and newer alone
# description: >-
#   SSL 3, TLS 1.0 and TLS 1.1 have known breaks (POODLE, BEAST). The option lists the versions that the host refuses;
#   one that is taken off the list is spoken again.
# custom:
#   id: SCG-esxi-8.tls-protocols
#   severity: medium
#   family: MIG
#   facts: ["option.UserVars.ESXiVPsDisabledProtocols"]
#   safe: "sslv3,tlsv1,tlsv1.1"
#   default: "sslv3,tlsv1,tlsv1.1"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/ESXiVPsDisabledProtocols -s "sslv3,tlsv1,tlsv1.1"
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/ESXiVPsDisabledProtocols -s "sslv3,tlsv1" lets TLS 1.1 in for an
#       old client
#     restart: >-
#       host reboot
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/ESXiVPsDisabledProtocols -s "sslv3,tlsv1,tlsv1.1"; read it back
#   messages:
#     safe: "The host refuses {found}"
#     unsafe: "The host refuses {found} instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.tls-protocols; it names DISA STIG ESXI-80-000161
#     and PCI DSS 4.0 2.2.7, 4.2.1, 8.3.2
#   always: true
scg_esxi_8_tls_protocols := vmware_option.equals("UserVars.ESXiVPsDisabledProtocols", "sslv3,tlsv1,tlsv1.1")
