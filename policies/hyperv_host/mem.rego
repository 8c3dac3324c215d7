# What of the host's memory reaches its disk.
package ringwall.controls.hyperv_host.mem

import data.ringwall.lib.judge

# METADATA
# title: Host dumps encrypted
# description: >-
#   A crash dump or live dump of the host holds memory of the host and its guests: keys, passwords, files. With a public key
#   in the registry Windows encrypts dumps so that only the holder of the private key reads them. Whether dumps have to be
#   encrypted is the site's decision (parameter dump_encryption).
# custom:
#   id: HVS-029
#   severity: medium
#   family: MEM
#   facts: ["reg.crash.DumpEncryptionEnabled", "reg.crash.PublicKey", "reg.crash.Thumbprint"]
#   safe: "1, with an RSA key of 2048 bits or more and its thumbprint, where dump_encryption is true"
#   default: "absent: dumps are written in clear"
#   remediation: >-
#     Set DumpEncryptionEnabled to 1 and PublicKey and Thumbprint below CrashControl\EncryptionCertificates\Certificate.1, or
#     run the vendor's sample script; switch Windows Error Reporting off, which cannot read such dumps; watch event 1207 of
#     Kernel-IO.
#   disable:
#     how: >-
#       reg add HKLM\SYSTEM\CurrentControlSet\Control\CrashControl /v DumpEncryptionEnabled /t REG_DWORD /d 0 /f
#     restart: >-
#       reboot (the safe order; whether it is needed is in doubt)
#     rollback: >-
#       the same with /d 1; reboot
#   messages:
#     safe: "Dumps are encrypted with a key of {bits} bits"
#     clear: "Dumps are written in clear"
#     noKey: "Dumps are to be encrypted, and no usable public key is set"
#     short: "The key has {bits} bits"
#     notAsked: "The site asks for no encryption of dumps"
#   source: >-
#     learn.microsoft.com/windows-server/virtualization/hyper-v/manage/about-dump-encryption; form of the key:
#     learn.microsoft.com, BCRYPT_RSAKEY_BLOB; need of a reboot in doubt
hvs_029 := judge.parameter_not_set("dump_encryption", [enabled]) if not is_boolean(judge.parameter("dump_encryption"))

else := judge.not_applicable("notAsked", {}, [enabled]) if judge.parameter("dump_encryption") == false

else := judge.unreadable(settings) if not judge.all_readable(settings)

else := judge.fail("clear", {}, [enabled]) if judge.effective(enabled, 0) != 1

else := judge.fail("noKey", {}, settings) if not usable

else := judge.fail("short", {"bits": bits}, ["reg.crash.PublicKey"]) if bits < 2048

else := judge.pass("safe", {"bits": bits}, settings)

enabled := "reg.crash.DumpEncryptionEnabled"

settings := [enabled, "reg.crash.PublicKey", "reg.crash.Thumbprint"]

bits := judge.value("reg.crash.PublicKey").rsaBits

usable if {
	bits > 0
	count(judge.value("reg.crash.Thumbprint")) > 0
}
