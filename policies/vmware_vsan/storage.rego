# How a vSAN cluster protects data at rest and on the wire, and who may reach its shares and targets.
package ringwall.controls.vmware_vsan.storage

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_vcenter

# Shares by protocol, with their places
shares(prefix) := [{"is": share, "place": sprintf("shares[%d]", [index])} |
	some index, share in judge.value("shares")
	some protocol in share.protocols
	startswith(protocol, prefix)
]

# open_share: a share that anybody may mount. Without a rule of its own a share can be reached by nobody.
open_share(share) if {
	some client in share.clients
	client.from in {"*", "0.0.0.0/0", "::/0"}
	upper(client.access) != "NO_ACCESS"
}

nfs_open := [part | some part in shares("NFS"); open_share(part.is)]

smb_plain := [part | some part in shares("SMB"); not part.is.encryption == "mandatory"]

one_sided := [{"name": target.name, "place": sprintf("iscsi.targets[%d]", [index])} |
	some index, target in judge.value("iscsi.targets")
	target.authentication != "CHAP_Mutual"
]

policies(field) := [{"name": policy.name, "place": sprintf("policies[%d]", [index])} |
	some index, policy in judge.value("policies")
	policy[field]
]

names(parts) := {part.name | some part in parts}

places(parts) := [part.place | some part in parts]

# METADATA
# title: vSAN encrypts data at rest
# description: >-
#   A disk that is sent back under warranty, or a host that is carried off, holds pieces of every guest. Encrypted, they
#   need a key that the key provider keeps.
# custom:
#   id: SCG-vsan-8.data-at-rest
#   severity: high
#   family: DEV
#   facts: ["encryption.rest"]
#   safe: "on"
#   default: "off"
#   remediation: >-
#     vSphere Client: cluster, Configure, vSAN, Services, Data-at-rest encryption: on, with a key provider
#     (Set-VsanClusterConfiguration -EncryptionEnabled $true -KmsCluster PROVIDER)
#   disable:
#     how: >-
#       Set-VsanClusterConfiguration -EncryptionEnabled $false (vSAN ESA from 8.0.3 on)
#     restart: >-
#       none; disk groups (OSA) or objects (ESA) are rewritten in the background
#     rollback: >-
#       Set-VsanClusterConfiguration -EncryptionEnabled $true; rewriting takes as long again
#   messages:
#     safe: "Data at rest are encrypted"
#     unsafe: "Data at rest are not encrypted"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.data-at-rest; it names PCI DSS 4.0 3.3.2, 3.3.3,
#     3.5.1
#   always: true
scg_vsan_8_data_at_rest := vmware_vcenter.is_true("encryption.rest")

# METADATA
# title: vSAN encrypts data in transit
# description: >-
#   vSAN traffic is every block that guests write, sent between hosts. Without encryption a port on that network, or a
#   host that was taken over, reads and changes all of it.
# custom:
#   id: SCG-vsan-8.data-in-transit
#   severity: high
#   family: DEV
#   facts: ["encryption.transit"]
#   safe: "on"
#   default: "off"
#   remediation: >-
#     vSphere Client: cluster, Configure, vSAN, Services, Data-in-transit encryption: on
#   disable:
#     how: >-
#       the same place, off, while the cost in latency is measured
#     restart: >-
#       none
#     rollback: >-
#       the same place, on
#   messages:
#     safe: "Data in transit are encrypted"
#     unsafe: "Data in transit are not encrypted"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.data-in-transit; it names PCI DSS 4.0 3.3.2,
#     3.3.3, 3.5.1
#   always: true
scg_vsan_8_data_in_transit := vmware_vcenter.is_true("encryption.transit")

# METADATA
# title: NFS shares are open to named clients alone
# description: >-
#   NFS believes the address of a client and the number of its user. A share that every address may mount is readable by
#   every machine that reaches it; name the networks and what each may do.
# custom:
#   id: SCG-vsan-8.file-services-access-control-nfs
#   severity: high
#   family: DEV
#   facts: ["shares"]
#   safe: "customised access with named networks"
#   default: "no access"
#   remediation: >-
#     vSphere Client: cluster, Configure, vSAN, File shares, Edit, Net access control: Customize net access, with
#     networks and permissions
#   disable:
#     how: >-
#       a rule for the further network, under a waiver
#     restart: >-
#       none; holds for the next mount
#     rollback: >-
#       remove that rule
#   messages:
#     safe: "NFS shares are open to named clients"
#     unsafe: "{device} can be mounted by any client"
#     none: "The cluster has no NFS share"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.file-services-access-control-nfs; it names PCI
#     DSS 4.0 3.3.2, 3.3.3, 3.5.1
scg_vsan_8_file_services_access_control_nfs := judge.unreadable(["shares"]) if not judge.readable("shares")

else := judge.not_applicable("none", {}, ["shares"]) if count(shares("NFS")) == 0

else := judge.fail("unsafe", {"device": {part.is.name | some part in nfs_open}}, places(nfs_open)) if count(nfs_open) > 0

else := judge.pass("safe", {}, ["shares"])

# METADATA
# title: SMB shares demand encryption
# description: >-
#   Without protocol encryption names, hashes of the login and files of an SMB share cross the network for anybody on the
#   path to read.
# custom:
#   id: SCG-vsan-8.file-services-authentication-smb
#   severity: high
#   family: DEV
#   facts: ["shares"]
#   safe: "protocol encryption demanded"
#   default: "off"
#   remediation: >-
#     vSphere Client: cluster, Configure, vSAN, File shares, Edit, Protocol encryption: on
#   disable:
#     how: >-
#       the same place, off, for a client that knows no SMB 3, on a share of its own
#     restart: >-
#       none; holds for the next mount
#     rollback: >-
#       the same place, on
#   messages:
#     safe: "Every SMB share demands encryption"
#     unsafe: "{device} can be used without encryption"
#     none: "The cluster has no SMB share"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.file-services-authentication-smb; it names PCI
#     DSS 4.0 3.6.1
scg_vsan_8_file_services_authentication_smb := judge.unreadable(["shares"]) if not judge.readable("shares")

else := judge.not_applicable("none", {}, ["shares"]) if count(shares("SMB")) == 0

else := judge.fail("unsafe", {"device": {part.is.name | some part in smb_plain}}, places(smb_plain)) if count(smb_plain) > 0

else := judge.pass("safe", {}, ["shares"])

# METADATA
# title: No object is placed against its policy
# description: >-
#   With forced provisioning an object is created even where its copies do not fit: it then has one copy, and the first
#   disk that fails takes it. It is for building a cluster up, not for running it.
# custom:
#   id: SCG-vsan-8.force-provisioning
#   severity: medium
#   family: DEV
#   facts: ["policies"]
#   safe: "off in every policy"
#   default: "off"
#   remediation: >-
#     Policies and Profiles, VM Storage Policies, Edit, Force provisioning: off (Set-SpbmStoragePolicy with
#     VSAN.forceProvisioning = $false); apply it again
#   disable:
#     how: >-
#       the same place, on, while a cluster is built or after the loss of a site
#     restart: >-
#       none; existing objects are checked again
#     rollback: >-
#       off again, and apply the policy to the objects made meanwhile
#   messages:
#     safe: "No policy forces placement"
#     unsafe: "{device} force placement"
#     none: "There is no storage policy of vSAN"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.force-provisioning
scg_vsan_8_force_provisioning := judge.unreadable(["policies"]) if not judge.readable("policies")

else := judge.not_applicable("none", {}, ["policies"]) if count(judge.effective("policies", [])) == 0

else := judge.fail("unsafe", {"device": names(policies("forced"))}, places(policies("forced"))) if count(policies("forced")) > 0

else := judge.pass("safe", {}, ["policies"])

# METADATA
# title: vSAN checks every block that it reads
# description: >-
#   Checksums tell a block that rotted on a disk, or was changed there, from a good one, and the other copy mends it. A
#   policy that switches them off hands the bad block to the guest. vSAN ESA always has them.
# custom:
#   id: SCG-vsan-8.object-checksum
#   severity: medium
#   family: DEV
#   facts: ["policies"]
#   safe: "off in every policy"
#   default: "off"
#   remediation: >-
#     Policies and Profiles, VM Storage Policies, Edit, Disable object checksum: off (VSAN.checksumDisabled = $false);
#     apply it again
#   disable:
#     how: >-
#       the same place, on, for a database that checks its own blocks (vSAN OSA)
#     restart: >-
#       none; existing objects are checked again
#     rollback: >-
#       off again, and apply the policy to its objects
#   messages:
#     safe: "No policy switches checksums off"
#     unsafe: "{device} switch checksums off"
#     none: "There is no storage policy of vSAN"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.object-checksum
scg_vsan_8_object_checksum := judge.unreadable(["policies"]) if not judge.readable("policies")

else := judge.not_applicable("none", {}, ["policies"]) if count(judge.effective("policies", [])) == 0

else := judge.fail("unsafe", {"device": names(policies("unchecked"))}, places(policies("unchecked"))) if count(policies("unchecked")) > 0

else := judge.pass("safe", {}, ["policies"])

# METADATA
# title: iSCSI targets of vSAN require mutual CHAP
# description: >-
#   A target without CHAP gives its disk to whoever asks. With CHAP one way a false target can still stand in for it;
#   with mutual CHAP client and target prove themselves to each other.
# custom:
#   id: SCG-vsan-8.iscsi-mutual-chap
#   severity: high
#   family: MIG
#   facts: ["iscsi.enabled", "iscsi.targets"]
#   safe: "CHAP_Mutual on every target"
#   default: "no authentication"
#   remediation: >-
#     vSphere Client: cluster, Configure, vSAN, iSCSI target service, target, Edit, Authentication: Mutual CHAP, with
#     both secrets
#   disable:
#     how: >-
#       CHAP one way for a client that cannot do more, on a target and a network of its own
#     restart: >-
#       none; initiators log in anew
#     rollback: >-
#       Mutual CHAP in the same place
#   messages:
#     safe: "Every target requires mutual CHAP"
#     unsafe: "{device} do not require mutual CHAP"
#     none: "The cluster offers no iSCSI targets"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.iscsi-mutual-chap; it names PCI DSS 4.0 3.6.1
scg_vsan_8_iscsi_mutual_chap := judge.unreadable(["iscsi.enabled"]) if not judge.readable("iscsi.enabled")

else := judge.not_applicable("none", {}, ["iscsi.enabled"]) if not judge.value("iscsi.enabled")

else := judge.unreadable(["iscsi.targets"]) if not judge.readable("iscsi.targets")

else := judge.fail("unsafe", {"device": names(one_sided)}, places(one_sided)) if count(one_sided) > 0

else := judge.pass("safe", {}, ["iscsi.targets"])

# METADATA
# title: vSAN keeps room for its own work
# description: >-
#   A datastore that is filled to the brim cannot change a policy, rebalance or rebuild, and guests stop when they write.
#   Enforced, the reserve is never given to guests.
# custom:
#   id: SCG-vsan-8.operations-reserve
#   severity: high
#   family: DEV
#   facts: ["reserve.operations"]
#   safe: "enforced"
#   default: "reported"
#   remediation: >-
#     vSphere Client: cluster, Configure, vSAN, Services, Reservations and alerts: operations reserve on
#   disable:
#     how: >-
#       the same place, off, to get through a shortage of space
#     restart: >-
#       none
#     rollback: >-
#       the same place, on
#   messages:
#     safe: "The reserve is enforced"
#     unsafe: "The reserve is only {found}"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vsan-8.operations-reserve
#   always: true
scg_vsan_8_operations_reserve := judge.pass("safe", {}, ["reserve.operations"]) if judge.value("reserve.operations") == "enforced"

else := judge.fail("unsafe", {"found": judge.value("reserve.operations")}, ["reserve.operations"]) if judge.present("reserve.operations")

else := judge.unreadable(["reserve.operations"])
