# What keeps guests from reading each other through the processor.
package ringwall.controls.hyperv_vm.sch

import data.ringwall.lib.hyperv
import data.ringwall.lib.judge

# METADATA
# title: Mitigations offered to the guest
# description: >-
#   The host shows a guest the processor's new controls against speculative execution attacks only from a configuration
#   version on: 8.0, or what MinVmVersionForCpuBasedMitigations names. A machine of an older version runs a guest that has
#   the patches and cannot use them. How many threads of a core the machine sees (0: as the host) is recorded beside it.
# custom:
#   id: HVS-024
#   severity: medium
#   family: SCH
#   facts: ["vm.version", "reg.virtualization.MinVmVersionForCpuBasedMitigations", "processor.threadsPerCore"]
#   safe: "version 8.0 or later, or at least the version in the registry (\"1.0\" stands for all)"
#   default: "the registry value is absent: machines from version 8.0 on"
#   remediation: >-
#     Shut the machine down and Update-VMVersion -Name N, or reg add "HKLM\SOFTWARE\Microsoft\Windows
#     NT\CurrentVersion\Virtualization" /v MinVmVersionForCpuBasedMitigations /t REG_SZ /d "1.0"; then shut down all machines
#     and start them. Set-VMProcessor -VMName N -HwThreadCountPerCore 0 (as the host, Server 2019 and later) or 1.
#   disable:
#     how: >-
#       delete the registry value; shut down the machines and start them
#     restart: >-
#       every machine shut down and started, not restarted; a host reboot after changes of firmware
#     rollback: >-
#       set "1.0" again; shut down the machines and start them
#   messages:
#     safe: "Version {version} gets the mitigations (threads per core: {threads})"
#     unsafe: "Version {version} does not get the mitigations, which begin at {minimum} (threads per core: {threads})"
#     unrecognised: "The version {version} cannot be compared"
#   source: >-
#     KB4072698, read only in part; learn.microsoft.com/powershell/module/hyper-v/set-vmprocessor HwThreadCountPerCore;
#     public scripts and the Azure page on mitigations for the registry value; that versions from 8.0 on need none is from
#     knowledge
#   always: true
hvs_024 := judge.needed("vm.version") if not judge.present("vm.version")

else := judge.missing("unrecognised", {"version": judge.value("vm.version")}, ["vm.version"]) if not hyperv.version(judge.value("vm.version"))

else := judge.pass("safe", {"version": judge.value("vm.version"), "threads": threads}, ["vm.version"]) if {
	hyperv.version(judge.value("vm.version")) >= [8, 0]
	not judge.present(minimum)
}

else := judge.unreadable([minimum]) if not judge.readable(minimum)

else := judge.pass("safe", {"version": judge.value("vm.version"), "threads": threads}, ["vm.version", minimum]) if {
	hyperv.version(judge.value("vm.version")) >= hyperv.version(judge.effective(minimum, "8.0"))
}

else := judge.fail("unsafe", {"version": judge.value("vm.version"), "minimum": judge.effective(minimum, "8.0"), "threads": threads}, ["vm.version", minimum])

minimum := "reg.virtualization.MinVmVersionForCpuBasedMitigations"

threads := judge.value("processor.threadsPerCore") if judge.present("processor.threadsPerCore")

else := "not known"
