# Services and ports between host and guest.
package ringwall.controls.hyperv_vm.dev

import data.ringwall.lib.hyperv
import data.ringwall.lib.judge

# METADATA
# title: Guest file copy service off
# description: >-
#   The Guest Service Interface lets whoever administers the host write files into the running guest (Copy-VMFile) without an
#   account in it and without its network. It is one of the few ways in that no log of the guest names.
# custom:
#   id: HVS-021
#   severity: medium
#   family: DEV
#   facts: ["integration.fileCopy"]
#   safe: "False"
#   default: "False"
#   remediation: >-
#     Get-VMIntegrationService -VMName N | where Id -like "*6C09BB55-D683-4DA0-8931-C9BF705F6480" |
#     Disable-VMIntegrationService; its name is that of the host's language.
#   disable:
#     how: >-
#       Get-VMIntegrationService -VMName N | where Id -like "*6C09BB55-D683-4DA0-8931-C9BF705F6480" |
#       Enable-VMIntegrationService, for the time of one copy
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       the same with Disable-VMIntegrationService
#   messages:
#     safe: "Files cannot be copied into the guest from the host"
#     unsafe: "The host may copy files into the running guest"
#     none: "The machine has no such service"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/disable-vmintegrationservice;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/manage/manage-hyper-v-integration-services (off by default);
#     the component's identifier from public scripts of several authors
hvs_021 := judge.not_applicable("none", {}, ["integration.fileCopy"]) if judge.absent("integration.fileCopy")

else := judge.one_of("integration.fileCopy", {false}, false)

# METADATA
# title: Time synchronisation by policy
# description: >-
#   The host's clock becomes the guest's. That is wanted for most guests; a domain controller that follows its host passes a
#   wrong time to the whole domain, where tickets and logs rest on it. Which guests are domain controllers stands in the
#   parameter domain_controllers.
# custom:
#   id: HVS-022
#   severity: info
#   family: DEV
#   facts: ["integration.timeSynchronization", "vm.name"]
#   safe: "off for guests of the parameter domain_controllers; on for the others"
#   default: "True"
#   remediation: >-
#     For a domain controller: Get-VMIntegrationService -VMName N | where Id -like "*2497F4DE-E9FA-4204-80E4-4B75C46419C0" |
#     Disable-VMIntegrationService, and give it a time source of its own; for another guest Enable-VMIntegrationService.
#   disable:
#     how: >-
#       the same service with Enable-VMIntegrationService or Disable-VMIntegrationService
#     restart: >-
#       none: it applies at once
#     rollback: >-
#       the state that was recorded
#   messages:
#     followsHost: "The guest follows the host's clock"
#     own: "The domain controller has a time source of its own"
#     controllerFollows: "The domain controller follows the host's clock"
#     off: "The guest does not follow the host's clock"
#     none: "The machine has no such service"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/get-vmintegrationservice;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/manage/manage-hyper-v-integration-services (on by default)
hvs_022 := judge.not_applicable("none", {}, [clock]) if judge.absent(clock)

else := judge.unreadable([clock]) if not judge.readable(clock)

else := judge.parameter_not_set("domain_controllers", [clock]) if not judge.parameter("domain_controllers")

else := judge.fail("controllerFollows", {}, [clock, "vm.name"]) if {
	hyperv.listed("domain_controllers")
	judge.value(clock) == true
}

else := judge.pass("own", {}, [clock, "vm.name"]) if hyperv.listed("domain_controllers")

else := judge.pass("followsHost", {}, [clock]) if judge.value(clock) == true

else := judge.fail("off", {}, [clock])

clock := "integration.timeSynchronization"

# METADATA
# title: Checkpoints production-only and not stale
# description: >-
#   A standard checkpoint writes the guest's memory to disk, with every secret in it. Production falls back to a standard one
#   when the guest does not play along, ProductionOnly never does. Old checkpoints keep old secrets and unpatched states that
#   somebody may return to; the parameter checkpoint_days says how old they may grow.
# custom:
#   id: HVS-028
#   severity: low
#   family: DEV
#   facts: ["vm.checkpointType", "snapshots", "collected"]
#   safe: "ProductionOnly or Disabled, no standard checkpoint older than checkpoint_days"
#   default: "Production"
#   remediation: >-
#     Set-VM -VMName N -CheckpointType ProductionOnly; Remove-VMSnapshot for those that are no longer needed.
#   disable:
#     how: >-
#       Set-VM -VMName N -CheckpointType Standard
#     restart: >-
#       none
#     rollback: >-
#       Set-VM -VMName N -CheckpointType as recorded
#   messages:
#     safe: "Checkpoints are {found}"
#     unsafe: "Checkpoints are {found}, which may write the guest's memory to disk"
#     stale: "Checkpoints older than {days} days: {found}"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vm CheckpointType;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/manage/choose-between-standard-or-production-checkpoints-in-hyper-v
#   always: true
hvs_028 := judge.fail("unsafe", {"found": judge.value("vm.checkpointType")}, ["vm.checkpointType"]) if {
	judge.value("vm.checkpointType") in {"Standard", "Production"}
}

else := judge.unreadable(["vm.checkpointType", "snapshots"]) if not judge.all_readable(["vm.checkpointType", "snapshots"])

else := judge.pass("safe", {"found": judge.value("vm.checkpointType")}, ["vm.checkpointType", "snapshots"]) if count(kept) == 0

else := judge.parameter_not_set("checkpoint_days", ["snapshots"]) if not judge.parameter("checkpoint_days")

else := judge.needed("collected") if not judge.present("collected")

else := judge.fail("stale", {"found": stale, "days": judge.parameter("checkpoint_days")}, ["snapshots"]) if count(stale) > 0

else := judge.pass("safe", {"found": judge.value("vm.checkpointType")}, ["vm.checkpointType", "snapshots"])

# those of replication come and go by themselves
kept := [snapshot | some snapshot in judge.value("snapshots"); object.get(snapshot, "type", "Standard") in {"Standard", "Planned", "Recovery"}]

# one whose time is not known counts as old
stale := [snapshot.name | some snapshot in kept; not recent(snapshot)]

recent(snapshot) if {
	age := time.parse_rfc3339_ns(judge.value("collected")) - time.parse_rfc3339_ns(snapshot.created)
	age <= judge.parameter("checkpoint_days") * 86400000000000
}

# METADATA
# title: COM ports lead nowhere
# description: >-
#   A COM port that is bound to a named pipe is a console of the guest for every program of the host that may open the pipe,
#   and with the debugger on it is a way into the guest's kernel.
# custom:
#   id: HVS-030
#   severity: low
#   family: DEV
#   facts: ["comPorts"]
#   safe: "no pipe, debugger off"
#   default: "no pipe; a generation 2 machine has no COM port until one is set"
#   remediation: >-
#     Set-VMComPort -VMName N -Number 1 -Path $null, and the same for number 2.
#   disable:
#     how: >-
#       Set-VMComPort -VMName N -Number 1 -Path '\\.\pipe\NAME'; kernel debugging of a generation 2 guest needs Secure Boot
#       off too (HVS-002)
#     restart: >-
#       machine off
#     rollback: >-
#       Set-VMComPort -VMName N -Number 1 -Path $null
#   messages:
#     safe: "No COM port leads to the host"
#     unsafe: "{device} is bound to {found}"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmcomport;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/plan/should-i-create-a-generation-1-or-2-virtual-machine-in-hyper-v;
#     whether the machine has to be off is in doubt
#   always: true
hvs_030 := judge.unreadable(["comPorts"]) if not judge.readable("comPorts")

else := judge.fail("unsafe", hyperv.arguments(open_ports), hyperv.places(open_ports)) if count(open_ports) > 0

else := judge.pass("safe", {}, ["comPorts"])

open_ports := [fault |
	some i, port in judge.value("comPorts")
	led := bound(port)
	fault := hyperv.fault("comPorts", i, port.name, led)
]

bound(port) := port.path if port.path != ""

else := "the debugger" if port.debugger == "On"
