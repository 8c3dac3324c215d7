# Firmware, Secure Boot and the virtual TPM.
package ringwall.controls.domain.boot

import data.ringwall.lib.domain
import data.ringwall.lib.judge

# METADATA
# title: "UEFI with Secure Boot enforced"
# description: >-
#   Without Secure Boot whoever gains the guest's administrator keeps it through the boot loader. libvirt's choice
#   of firmware enforces it only with both features.
# custom:
#   id: LVX-018
#   severity: medium
#   family: TPM
#   facts: [configured.loader, running.loader, configured.firmware.features, running.firmware.features, configured.arch, running.arch]
#   safe: "present"
#   default: "BIOS on x86 unless asked for; firmware autoselection needs the two features"
#   remediation: "os firmware='efi' with feature secure-boot enabled='yes' and enrolled-keys enabled='yes', q35, <smm state='on'/>"
#   disable:
#     how: "virsh edit: feature name='secure-boot' enabled='no' (and enrolled-keys no), delete the stored <loader> and <nvram> elements so that autoselection runs again; virsh start --reset-nvram. loader secure= alone does not switch the feature. Guest disks sealed to PCR 7 ask for the recovery key"
#     restart: "guest restart with fresh NVRAM (stop, start --reset-nvram); recovery key at the guest console"
#     rollback: "restore the saved XML and the saved NVRAM file; stop and start; check inside the guest"
#   messages:
#     safe: "UEFI with Secure Boot enforced"
#     unsafe: "Secure Boot is not enforced: {found} ({set})"
#     none: "Secure Boot of this kind does not exist on the guest's architecture"
#   source: "libvirt.org formatdomain, section BIOS bootloader (firmware, feature, loader secure); virsh(1) --reset-nvram"
#   key50: 30
lvx_018 := domain.verdict(["loader", "firmware.features"], has_uefi, [domain.lacks(p, "loader", firmware(p)) | some p in domain.sets; not secured(p)])

has_uefi := count(domain.architectures & {"x86_64", "i686", "aarch64", "armv7l"}) > 0

loader(set) := judge.value(domain.fact(set, "loader"))

feature(set, name) if {
	some f in judge.value(domain.fact(set, "firmware.features"))
	f.name == name
	f.enabled
}

secured(set) if loader(set).secure

secured(set) if chosen(set)

# firmware that libvirt chooses by its features
chosen(set) if {
	loader(set).firmware == "efi"
	feature(set, "secure-boot")
	feature(set, "enrolled-keys")
}

firmware(set) := "efi" if loader(set).firmware == "efi"

else := path if path := loader(set).path

else := "bios"

# METADATA
# title: "SMM on when Secure Boot"
# description: >-
#   Without system management mode the guest's kernel can rewrite the variables that Secure Boot trusts.
# custom:
#   id: LVX-019
#   severity: medium
#   family: TPM
#   facts: [configured.features.smm, running.features.smm, configured.loader, running.loader, configured.firmware.features, running.firmware.features]
#   safe: "on"
#   default: "on when the element is present without state; chosen by firmware autoselection otherwise"
#   remediation: "virsh edit DOM: <smm state='on'/> in <features>; stop and start the guest"
#   disable:
#     how: "virsh edit DOM: <smm state='off'/>, which Secure Boot cannot do without; stop and start the guest"
#     restart: "guest restart"
#     rollback: "virsh edit DOM: <smm state='on'/>; stop and start the guest"
#   messages:
#     safe: "SMM is on or chosen together with the firmware"
#     unsafe: "Secure Boot without SMM: smm {found} ({set})"
#     none: "The guest does not ask for Secure Boot"
#   source: "libvirt.org formatdomain, section Hypervisor features (smm); doubt: autoselection not stated there"
lvx_019 := domain.verdict(["features.smm", "loader"], asks_secure_boot, [domain.lacks(p, "features.smm", object.get(input.facts[domain.fact(p, "features.smm")], "value", "-")) |
	some p in domain.sets
	asks(p)
	not smm(p)
])

default asks_secure_boot := false

asks_secure_boot if {
	some p in domain.sets
	asks(p)
}

asks(set) if loader(set).secure

asks(set) if {
	loader(set).firmware == "efi"
	feature(set, "secure-boot")
}

smm(set) if judge.value(domain.fact(set, "features.smm")) == "on"

# libvirt switches SMM on with firmware that needs it, where the domain says nothing
smm(set) if {
	judge.absent(domain.fact(set, "features.smm"))
	loader(set).firmware == "efi"
}

# METADATA
# title: "vTPM 2.0 with encrypted state"
# description: >-
#   Keys sealed to a virtual TPM are as safe as its state file; libvirt gives tpm-tis on x86 version 1.2 where
#   none is named.
# custom:
#   id: LVX-020
#   severity: medium
#   family: TPM
#   facts: [configured.tpm, running.tpm]
#   safe: "an emulated TPM 2.0 with encryption, where parameter vtpm_required is true"
#   default: "absent"
#   remediation: >-
#     virsh edit DOM: <tpm model='tpm-crb'><backend type='emulator' version='2.0'><encryption
#     secret='UUID'/></backend></tpm>; stop and start the guest
#   disable:
#     how: "virsh edit DOM: remove <tpm>, once nothing in the guest is sealed to it; stop and start the guest"
#     restart: "guest restart"
#     rollback: "Restore the element and the saved state below /var/lib/libvirt/swtpm; start the guest"
#   messages:
#     safe: "A TPM 2.0 with encrypted state"
#     unsafe: "No TPM 2.0 with encrypted state: {found} ({set})"
#     notAsked: "The baseline asks for no virtual TPM"
#   source: "libvirt.org formatdomain; libvirt's own test data and QEMU 7.2"
lvx_020 := domain.asked("vtpm_required", ["tpm"], true, [domain.lacks(p, "tpm", tpm_shown(p)) | some p in domain.sets; not has_vtpm(p)])

has_vtpm(set) if {
	some t in judge.value(domain.fact(set, "tpm"))
	t.backend == "emulator"
	t.version == "2.0"
	t.encrypted
}

tpm_shown(set) := "-" if not judge.present(domain.fact(set, "tpm"))

tpm_shown(set) := concat(", ", [concat(" ", [t.backend, object.get(t, "version", "-"), encrypted(t.encrypted)]) |
	some t in judge.value(domain.fact(set, "tpm"))
]) if judge.present(domain.fact(set, "tpm"))

encrypted(true) := "encrypted"

encrypted(false) := "clear"
