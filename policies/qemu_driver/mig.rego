# Migration, and storage and channels of guests on the network.
package ringwall.controls.qemu_driver.mig

import data.ringwall.lib.judge
import data.ringwall.lib.qemu_driver
import data.ringwall.lib.tls_priority

# METADATA
# title: Migration without TLS refused
# description: >-
#   A migration carries the memory of the guest across the network. With 1 a migration that does not ask for TLS is refused; it
#   does not switch TLS on by itself.
# custom:
#   id: LVQ-020
#   severity: high
#   family: MIG
#   facts: ["conf.migrate_tls_force"]
#   safe: "1"
#   default: "0"
#   remediation: >-
#     migrate_tls_force = 1, with certificates on both hosts; restart virtqemud or libvirtd. It does not switch TLS on: a
#     migration started without virsh migrate --tls is refused
#   disable:
#     how: >-
#       migrate_tls_force = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       daemon restart; guests keep running; applies to the next migration
#     rollback: >-
#       remove the line or set migrate_tls_force = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "A migration that does not ask for TLS is refused"
#     unsafe: "migrate_tls_force is {found}: a guest's memory may cross the network in clear"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
#   key50: 25
lvq_020 := judge.one_of("conf.migrate_tls_force", {1}, 0)

# METADATA
# title: Migration peer verified
# description: >-
#   The host that receives a guest asks the sender for a certificate of the CA, so that nobody else can push a guest to it.
#   Without migrate_tls_x509_verify the common default_tls_x509_verify counts, else 1.
# custom:
#   id: LVQ-021
#   severity: high
#   family: MIG
#   facts: ["conf.migrate_tls_x509_verify", "conf.default_tls_x509_verify"]
#   safe: "1 or not set, with default_tls_x509_verify 1 or not set"
#   default: "default_tls_x509_verify, else 1"
#   remediation: >-
#     migrate_tls_x509_verify = 1; restart virtqemud or libvirtd
#   disable:
#     how: >-
#       migrate_tls_x509_verify = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       migrate_tls_x509_verify = 1; restart virtqemud or libvirtd
#   messages:
#     verified: "The sender of a migration must show a certificate"
#     unverified: "Whoever reaches the migration port may send a guest"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_021 := qemu_driver.verified("migrate", 1)

migration_address := trim(judge.effective("conf.migration_address", "0.0.0.0"), "[]")

# inside: the address stands in a network in CIDR notation, or is the one named
inside(address, network) if address == network

inside(address, network) if net.cidr_contains(network, address)

# METADATA
# title: Migration listens on a dedicated address
# description: >-
#   An incoming migration opens a port on migration_address. On the default address the port is open to every network of the host,
#   those of guests and customers included. Which networks are meant for migration is a decision of the baseline.
# custom:
#   id: LVQ-022
#   severity: medium
#   family: MIG
#   facts: ["conf.migration_address"]
#   safe: "an address of the networks in the parameter migration_networks"
#   default: "0.0.0.0, or :: with IPv6"
#   remediation: >-
#     migration_address = "ADDRESS" of the migration network; restart virtqemud or libvirtd
#   disable:
#     how: >-
#       migration_address = "0.0.0.0"; restart the daemon
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       restore the address; restart the daemon
#   messages:
#     everywhere: "Incoming migrations listen on {address}, every address of the host"
#     local: "Incoming migrations listen on {address} only"
#     dedicated: "Incoming migrations listen on {address} in a migration network"
#     elsewhere: "Incoming migrations listen on {address}, outside of the migration networks"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_022 := judge.unreadable(["conf.migration_address"]) if not judge.readable("conf.migration_address")

else := judge.fail("everywhere", {"address": migration_address}, ["conf.migration_address"]) if migration_address in {"", "0", "0.0.0.0", "0:0:0:0:0:0:0:0", "::"}

else := judge.pass("local", {"address": migration_address}, ["conf.migration_address"]) if qemu_driver.loopback(migration_address)

else := judge.parameter_not_set("migration_networks", ["conf.migration_address"]) if not judge.parameter("migration_networks")

else := judge.pass("dedicated", {"address": migration_address}, ["conf.migration_address"]) if {
	some network in judge.parameter("migration_networks")
	inside(migration_address, network)
}

else := judge.fail("elsewhere", {"address": migration_address}, ["conf.migration_address"])

# METADATA
# title: NBD storage TLS
# description: >-
#   A guest's disk on an NBD server crosses the network with every read and write.
# custom:
#   id: LVQ-023
#   severity: medium
#   family: MIG
#   facts: ["conf.nbd_tls", "guests.nbd"]
#   safe: "1 where guests use it"
#   default: "0"
#   remediation: >-
#     nbd_tls = 1 with certificates; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       nbd_tls = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       nbd_tls = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     on: "Disks on NBD servers use TLS"
#     off: "Disks on NBD servers without TLS, because nbd_tls is not set: {guests}"
#     unused: "No guest has a disk on an NBD server"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_023 := qemu_driver.when_used("nbd_tls", "guests.nbd")

# METADATA
# title: Backup NBD client verified
# description: >-
#   A backup opens an NBD server from which a guest's whole disk can be read. Without backup_tls_x509_verify the common
#   default_tls_x509_verify counts, else 1.
# custom:
#   id: LVQ-024
#   severity: medium
#   family: MIG
#   facts: ["conf.backup_tls_x509_verify", "conf.default_tls_x509_verify"]
#   safe: "1 or not set, with default_tls_x509_verify 1 or not set"
#   default: "default_tls_x509_verify, else 1"
#   remediation: >-
#     backup_tls_x509_verify = 1; restart virtqemud or libvirtd
#   disable:
#     how: >-
#       backup_tls_x509_verify = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       backup_tls_x509_verify = 1; restart virtqemud or libvirtd
#   messages:
#     verified: "A backup client must show a certificate"
#     unverified: "Whoever reaches the backup port may read the disk"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
#   always: true
lvq_024 := qemu_driver.verified("backup", 1)

# METADATA
# title: Character device TLS
# description: >-
#   A serial port or channel on TCP carries a console or a protocol of the guest in clear.
# custom:
#   id: LVQ-025
#   severity: medium
#   family: MIG
#   facts: ["conf.chardev_tls", "guests.tcp_chardevs"]
#   safe: "1 where guests use it"
#   default: "0"
#   remediation: >-
#     chardev_tls = 1 with certificates; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       chardev_tls = 0 in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       chardev_tls = 1; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     on: "Character devices on TCP use TLS"
#     off: "Character devices on TCP without TLS, because chardev_tls is not set: {guests}"
#     unused: "No guest has a character device on TCP"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in)
lvq_025 := qemu_driver.when_used("chardev_tls", "guests.tcp_chardevs")

# METADATA
# title: Disk lock manager against double start
# description: >-
#   On storage that several hosts share, a lock keeps one guest from running twice and destroying its disk. Whether storage is
#   shared is said by the baseline.
# custom:
#   id: LVQ-033
#   severity: low
#   family: MIG
#   facts: ["conf.lock_manager"]
#   safe: "lockd or sanlock on shared storage (parameter shared_storage)"
#   default: "none"
#   remediation: >-
#     lock_manager = "lockd"; restart virtqemud or libvirtd
#   disable:
#     how: >-
#       Remove lock_manager from /etc/libvirt/qemu.conf; restart the daemon
#     restart: >-
#       daemon restart; guests keep running
#     rollback: >-
#       lock_manager = "lockd"; restart the daemon
#   messages:
#     safe: "Disks are locked by {found}"
#     unshared: "No other host shares the storage"
#     unsafe: "The storage is shared and no lock manager is set: one guest can run on two hosts"
#   source: >-
#     qemu.conf of libvirt 9.0.0 and of master (qemu.conf.in); for which hosts it is needed is a decision of the baseline
lvq_033 := judge.unreadable(["conf.lock_manager"]) if not judge.readable("conf.lock_manager")

else := judge.pass("safe", {"found": judge.value("conf.lock_manager")}, ["conf.lock_manager"]) if judge.value("conf.lock_manager") in {"lockd", "sanlock"}

else := judge.not_applicable("unshared", {}, ["conf.lock_manager"]) if judge.parameter("shared_storage") == false

else := judge.fail("unsafe", {}, ["conf.lock_manager"]) if judge.parameter("shared_storage") == true

else := judge.parameter_not_set("shared_storage", ["conf.lock_manager"])

weak_setting := qemu_driver.weak_priorities[0]

# METADATA
# title: TLS priority not weakened
# description: >-
#   default_tls_priority and the settings of each service replace the protocols and ciphers that QEMU uses for consoles,
#   migration, backup, NBD and character devices.
# custom:
#   id: LVQ-034
#   severity: low
#   family: MIG
#   facts: ["conf.default_tls_priority", "conf.vnc_tls_priority", "conf.chardev_tls_priority", "conf.nbd_tls_priority", "conf.migrate_tls_priority", "conf.backup_tls_priority"]
#   safe: "not set, @SYSTEM, or words without added SSL 3.0, TLS 1.0 or broken ciphers"
#   default: "what QEMU was built with"
#   remediation: >-
#     Remove the setting; restart virtqemud or libvirtd; stop and start the guests
#   disable:
#     how: >-
#       Set a weaker priority string in /etc/libvirt/qemu.conf; restart virtqemud or libvirtd; stop and start the guests
#     restart: >-
#       guest restart
#     rollback: >-
#       remove the line; restart virtqemud or libvirtd; stop and start the guests
#   messages:
#     safe: "No priority string lets in what is known to be weak"
#     weak: "{setting} lets in {weak}"
#   source: >-
#     qemu.conf.in of libvirt master; GnuTLS manual, priority strings. The catalogue accepts not set and @SYSTEM; other strings
#     are judged by what they let in
#   always: true
lvq_034 := judge.unreadable(qemu_driver.priority_settings) if not judge.all_readable(qemu_driver.priority_settings)

else := judge.fail("weak", {"setting": trim_prefix(weak_setting, "conf."), "weak": sort(tls_priority.weaknesses(judge.value(weak_setting)))}, qemu_driver.weak_priorities) if weak_setting

else := judge.pass("safe", {}, qemu_driver.priority_settings)
