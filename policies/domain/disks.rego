# Disks and what reaches them.
package ringwall.controls.domain.disks

import data.ringwall.lib.domain

# METADATA
# title: "No SCSI LUN generic pass-through"
# description: >-
#   With device lun, rawio, an unfiltered sgio or a SCSI host device the guest sends commands to the target
#   itself, reservations and firmware updates among them.
# custom:
#   id: LVX-012
#   severity: high
#   family: DEV
#   facts: [configured.scsi, running.scsi]
#   safe: "absent"
#   default: "absent; rawio no; sgio filtered"
#   remediation: "virsh edit DOM: device='disk' in the place of device='lun'; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <disk type='block' device='lun'> for the one disk; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: device='disk'; stop and start the guest"
#   messages:
#     safe: "No raw SCSI commands reach a host device"
#     unsafe: "{device}: raw SCSI commands reach the host device ({found}, {set})"
#   source: "libvirt.org formatdomain, section Hard drives, floppy disks, CDROMs (rawio, sgio)"
#   always: true
lvx_012 := domain.verdict(["scsi"], true, [domain.bad(e, e.is.how) | some e in domain.elements("scsi")])

# METADATA
# title: "Disk encryption (LUKS) by policy"
# description: >-
#   The image holds the guest's data for whoever takes the disk. Encryption of the storage below is not seen here.
# custom:
#   id: LVX-035
#   severity: medium
#   family: MIG
#   facts: [configured.disks.encryption, running.disks.encryption]
#   safe: "encryption luks on every writable disk, where parameter disk_encryption is true"
#   default: "absent"
#   remediation: >-
#     Copy the disk into an encrypted image (qemu-img convert -O qcow2 -o encrypt.format=luks,...); virsh edit DOM:
#     <encryption format='luks'><secret type='passphrase' uuid='UUID'/></encryption>; stop and start the guest
#   disable:
#     how: "Copy the disk into a plain image with qemu-img convert; virsh edit DOM: remove <encryption>; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: the encrypted image and <encryption> again; stop and start the guest"
#   messages:
#     safe: "Every writable disk is encrypted with LUKS"
#     unsafe: "{device}: not encrypted with LUKS (format: {found}, {set})"
#     none: "The guest has no writable disk"
#     notAsked: "The baseline does not ask for encrypted disks"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
lvx_035 := domain.asked("disk_encryption", ["disks.encryption"], domain.any("disks.encryption"), [domain.bad(e, object.get(e.is, "format", "-")) |
	some e in domain.elements("disks.encryption")
	not object.get(e.is, "format", "-") in {"luks", "luks2", "luks-any"}
])

# METADATA
# title: "Disk image probing off"
# description: >-
#   A guest can write a qcow2 header, naming any file of the host as its backing, into an image that is raw;
#   whoever later opens it by guessing reads that file. libvirt takes an unwritten format as raw; of a volume its
#   pool knows the format.
# custom:
#   id: LVX-036
#   severity: high
#   family: DEV
#   facts: [configured.disks, running.disks]
#   safe: "explicit (raw, qcow2)"
#   default: "raw when absent (format probing does not exist any more)"
#   remediation: >-
#     virsh edit DOM: <driver name='qemu' type='raw'/> or type='qcow2', as the image is, for every disk; stop and start
#     the guest
#   disable:
#     how: "n/a: the danger is a guest-written qcow2 header read as raw image or the reverse; never change type on an existing image"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: the written type as it was; stop and start the guest"
#   messages:
#     safe: "The format of every image is written out"
#     unsafe: "{device}: the format of the image is not written: {found} ({set})"
#     none: "The guest has no disk with an image"
#   source: "libvirt 9.0.0 qemu_domain.c qemuDomainDeviceDiskDefPostParse"
lvx_036 := domain.verdict(["disks"], has_source, [domain.bad_as(e, e.is.target, "raw (default)") |
	some e in domain.elements("disks")
	e.is.source
	not e.is.given
	e.is.type != "volume"
])

default has_source := false

has_source if {
	some e in domain.elements("disks")
	e.is.source
}

# METADATA
# title: "Shared disks only by waiver"
# description: >-
#   Guests that write one disk can change each other's data, and its label is that of no single guest.
# custom:
#   id: LVX-037
#   severity: medium
#   family: DEV
#   facts: [configured.disks.shared, running.disks.shared]
#   safe: "absent"
#   default: "absent"
#   remediation: >-
#     virsh edit DOM: remove <shareable/> from the disk, unless a cluster file system or a database that locks it uses
#     it; stop and start the guest
#   disable:
#     how: "virsh edit DOM: <shareable/> in the one disk, with cache='none'; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: remove <shareable/>; stop and start the guest"
#   messages:
#     safe: "No disk is shared between guests"
#     unsafe: "{device}: shared between guests ({set})"
#   source: "a rule of ComplianceAsCode"
#   always: true
lvx_037 := domain.verdict(["disks.shared"], true, [domain.bad(e, "shareable") | some e in domain.elements("disks.shared")])

# METADATA
# title: "I/O errors not ignored"
# description: >-
#   A guest that is not told of a lost write goes on with damaged data.
# custom:
#   id: LVX-038
#   severity: low
#   family: DEV
#   facts: [configured.disks.errors, running.disks.errors, configured.disks, running.disks]
#   safe: "!= ignore"
#   default: "report/enospace"
#   remediation: "virsh edit DOM: error_policy='stop' and rerror_policy='stop' in <driver>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: error_policy='ignore' in the <driver> of the one disk; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: error_policy='stop'; stop and start the guest"
#   messages:
#     safe: "Errors of disks are not ignored"
#     unsafe: "{device}: errors are ignored ({found}, {set})"
#     none: "The guest has no disk"
#   source: "a rule of ComplianceAsCode"
lvx_038 := domain.verdict(["disks.errors", "disks"], domain.any("disks"), [domain.bad(e, concat("=", [e.is.which, e.is.policy])) |
	some e in domain.elements("disks.errors")
	e.is.policy == "ignore"
])
