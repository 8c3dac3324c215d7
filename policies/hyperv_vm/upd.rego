# How new the virtual hardware of a machine is.
package ringwall.controls.hyperv_vm.upd

import data.ringwall.lib.hyperv
import data.ringwall.lib.judge

# METADATA
# title: Configuration version current
# description: >-
#   The configuration version decides which protections the host can give a machine: a virtual TPM, encrypted state and the
#   processor's mitigations each came with one. A machine keeps the version it was made with until somebody raises it.
# custom:
#   id: HVS-027
#   severity: low
#   family: UPD
#   facts: ["vm.version", "host.supportedVersions", "windows.build", "windows.productType"]
#   safe: "the highest version that the host supports; else 9.0 on Server 2019, 10.0 on 2022, 12.0 on 2025"
#   default: "the default of the host that the machine was made on"
#   remediation: >-
#     When no host of an older release is left in the cluster: shut the machine down; Update-VMVersion -Name N. It cannot be
#     undone.
#   disable:
#     how: >-
#       New-VM -Version with an older version, for a machine that has to move to an older host
#     restart: >-
#       machine off
#     rollback: >-
#       none: a version cannot be lowered; restore the machine from a backup
#   messages:
#     safe: "The version is {found}"
#     unsafe: "The version is {found}, and the host supports {highest}"
#     unrecognised: "The version {found} cannot be compared"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/update-vmversion;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/deploy/upgrade-virtual-machine-version-in-hyper-v-on-windows-or-windows-server
#   always: true
hvs_027 := judge.needed("vm.version") if not judge.present("vm.version")

else := judge.missing("unrecognised", {"found": judge.value("vm.version")}, ["vm.version"]) if not hyperv.version(judge.value("vm.version"))

else := judge.unreadable(["host.supportedVersions", "windows.build"]) if not highest

else := judge.pass("safe", {"found": judge.value("vm.version")}, array.concat(["vm.version"], basis)) if {
	hyperv.version(judge.value("vm.version")) >= highest
}

else := judge.fail("unsafe", {"found": judge.value("vm.version"), "highest": concat(".", [sprintf("%d", [n]) | some n in highest])}, array.concat(["vm.version"], basis))

# versions from 100 on are those of previews (254.0, 255.0)
supported := [v | some text in judge.value("host.supportedVersions"); v := hyperv.version(text); v[0] < 100]

highest := max(supported) if count(supported) > 0

else := of_release

basis := ["host.supportedVersions"] if count(supported) > 0

else := ["windows.build"]

of_release := [12, 0] if judge.value("windows.build") >= 26100

else := [10, 0] if judge.value("windows.build") >= 20348

else := [9, 0] if judge.value("windows.build") >= 17763
