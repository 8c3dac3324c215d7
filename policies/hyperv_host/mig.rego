# Live migration, replication, and the volumes that files of machines lie on.
package ringwall.controls.hyperv_host.mig

import data.ringwall.lib.judge

# migrates: a host that takes part in live migration; unknown where that was not read
idle if judge.value("migration.enabled") == false

# METADATA
# title: Live migration authentication Kerberos
# description: >-
#   With CredSSP whoever starts a migration signs in to the source host with a password that is then handed on and can be
#   taken there. Kerberos with constrained delegation hands on no password. CredSSP does not work beside Credential Guard,
#   which Server 2025 starts by itself.
# custom:
#   id: HVS-017
#   severity: medium
#   family: MIG
#   facts: ["migration.authentication", "migration.enabled"]
#   safe: "Kerberos"
#   default: "CredSSP"
#   remediation: >-
#     Set constrained delegation of the services cifs and Microsoft Virtual System Migration Service for both hosts;
#     Set-VMHost -VirtualMachineMigrationAuthenticationType Kerberos.
#   disable:
#     how: >-
#       Set-VMHost -VirtualMachineMigrationAuthenticationType CredSSP; it asks for a sign-in at the source host
#     restart: >-
#       none
#     rollback: >-
#       Set-VMHost -VirtualMachineMigrationAuthenticationType Kerberos
#   messages:
#     safe: "Live migration authenticates with {found}"
#     unsafe: "Live migration authenticates with {found}"
#     off: "Live migration is off"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmhost;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/deploy/set-up-hosts-for-live-migration-without-failover-clustering
#     (default)
hvs_017 := judge.not_applicable("off", {}, ["migration.enabled"]) if idle

else := judge.one_of("migration.authentication", {"Kerberos"}, "CredSSP")

# METADATA
# title: Live migration on named networks
# description: >-
#   A host that migrates over any network takes whichever reaches the target, the one that guests or users share among them.
#   The memory of a guest belongs on a network of the hosts alone.
# custom:
#   id: HVS-018
#   severity: medium
#   family: MIG
#   facts: ["migration.anyNetwork", "migration.networks", "migration.enabled"]
#   safe: "False, with the networks named"
#   default: "False (not said by the vendor)"
#   remediation: >-
#     Set-VMHost -UseAnyNetworkForMigration $false; Add-VMMigrationNetwork SUBNET.
#   disable:
#     how: >-
#       Set-VMHost -UseAnyNetworkForMigration $true
#     restart: >-
#       none
#     rollback: >-
#       Set-VMHost -UseAnyNetworkForMigration $false
#   messages:
#     safe: "Live migration uses the networks that are named"
#     unsafe: "Live migration uses any network"
#     off: "Live migration is off"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmhost, set-vmmigrationnetwork; the default is in doubt
hvs_018 := judge.not_applicable("off", {}, ["migration.enabled"]) if idle

else := judge.one_of("migration.anyNetwork", {false}, false)

# METADATA
# title: Replica over HTTPS with certificates
# description: >-
#   A Replica server that accepts Kerberos receives the machines' disks over HTTP: authenticated and readable on the way.
#   With certificates the transfer is HTTPS. Kerberos is enough only where the hosts speak IPsec, which the parameter
#   replica_ipsec says.
# custom:
#   id: HVS-019
#   severity: medium
#   family: MIG
#   facts: ["replication.enabled", "replication.authentication"]
#   safe: "no Replica server, or Certificate; Kerberos where replica_ipsec is true"
#   default: "no Replica server"
#   remediation: >-
#     Set-VMReplicationServer -ReplicationEnabled $true -AllowedAuthenticationType Certificate -CertificateThumbprint T; open
#     the firewall rule of the HTTPS listener and close that of HTTP.
#   disable:
#     how: >-
#       Set-VMReplicationServer -AllowedAuthenticationType Kerberos
#     restart: >-
#       none
#     rollback: >-
#       Set-VMReplicationServer -AllowedAuthenticationType Certificate -CertificateThumbprint T
#   messages:
#     safe: "Replication is accepted over HTTPS with certificates"
#     ipsec: "Replication by {found} is inside of IPsec, by the parameter replica_ipsec"
#     unsafe: "Replication is accepted by {found}: disks cross the network in clear"
#     none: "The host is no Replica server"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmreplicationserver;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/manage/set-up-hyper-v-replica
hvs_019 := judge.unreadable(["replication.enabled"]) if not judge.readable("replication.enabled")

else := judge.not_applicable("none", {}, ["replication.enabled"]) if judge.effective("replication.enabled", false) == false

else := judge.needed("replication.authentication") if not judge.present("replication.authentication")

else := judge.pass("safe", {}, ["replication.authentication"]) if judge.value("replication.authentication") == "Certificate"

else := judge.pass("ipsec", {"found": judge.value("replication.authentication")}, ["replication.authentication"]) if judge.parameter("replica_ipsec") == true

else := judge.fail("unsafe", {"found": judge.value("replication.authentication")}, ["replication.authentication"])

# METADATA
# title: Machines on protected volumes
# description: >-
#   Whoever holds the disk of a host, or may read the folders of its machines, holds the machines. BitLocker answers the
#   first; access rules that name Everyone, Users, Authenticated Users or Interactive undo the second. The standard folder
#   for disks lies below C:\Users\Public, where interactive users have rights.
# custom:
#   id: HVS-025
#   severity: medium
#   family: MIG
#   facts: ["storage.paths", "storage.volumes", "storage.access"]
#   safe: "volumes FullyEncrypted with protection On; no access for everyone to the two folders"
#   default: "Off"
#   remediation: >-
#     Enable-BitLocker -MountPoint X: with a protector of the TPM; move the folders out of C:\Users\Public (Set-VMHost
#     -VirtualHardDiskPath, -VirtualMachinePath) and take the rights of Users with icacls.
#   disable:
#     how: >-
#       Suspend-BitLocker -MountPoint X: -RebootCount N, which leaves the data encrypted and the key in clear.
#       Disable-BitLocker decrypts the volume and is no measure for a time
#     restart: >-
#       none
#     rollback: >-
#       Resume-BitLocker -MountPoint X:
#   messages:
#     safe: "Volumes with machines are encrypted, and their folders are closed"
#     unencrypted: "Not encrypted, or protection is off: {found}"
#     unknownVolume: "On no volume whose encryption is known: {found}"
#     open: "Open to everyone on the host: {found}"
#   source: >-
#     learn.microsoft.com/powershell/module/bitlocker (get-bitlockervolume, suspend-, resume-, disable-bitlocker);
#     identifiers of groups: learn.microsoft.com, Security identifiers
#   always: true
hvs_025 := judge.fail("unencrypted", {"found": unencrypted}, ["storage.volumes", "storage.paths"]) if count(unencrypted) > 0

else := judge.fail("open", {"found": opened}, ["storage.access"]) if count(opened) > 0

else := judge.unreadable(storage) if {
	some name in storage
	not judge.present(name)
}

else := judge.missing("unknownVolume", {"found": elsewhere}, ["storage.paths", "storage.volumes"]) if count(elsewhere) > 0

else := judge.pass("safe", {}, storage)

storage := ["storage.paths", "storage.volumes", "storage.access"]

# the volume of a path is the one whose mount point is the longest beginning of it
volume(path) := found if {
	longest := max([count(v.mount) | some v in judge.value("storage.volumes"); holds(v.mount, path)])
	some found in judge.value("storage.volumes")
	count(found.mount) == longest
	holds(found.mount, path)
}

# a folder below ClusterStorage is a volume of its own, whatever the drive that it hangs below
holds(mount, path) if {
	startswith(lower(path), lower(mount))
	not foreign(mount, path)
}

foreign(mount, path) if {
	contains(lower(path), "\\clusterstorage\\")
	count(mount) < 4
}

unencrypted := sort({v.mount |
	some path in judge.value("storage.paths")
	v := volume(path)
	not encrypted(v)
})

encrypted(v) if {
	v.protection == "On"
	v.status == "FullyEncrypted"
}

elsewhere := [path | some path in judge.value("storage.paths"); not volume(path)]

# Everyone, Authenticated Users, Interactive, Anonymous, Users
everybody := {"S-1-1-0", "S-1-5-11", "S-1-5-4", "S-1-5-7", "S-1-5-32-545"}

opened := sort({sprintf("%s (%s)", [rule.path, rule.sid]) |
	some rule in judge.value("storage.access")
	rule.sid in everybody
	object.get(rule, "type", "Allow") == "Allow"
})
