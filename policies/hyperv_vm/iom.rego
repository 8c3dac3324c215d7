# Devices of the host in the hands of a guest.
package ringwall.controls.hyperv_vm.iom

import data.ringwall.lib.judge

# METADATA
# title: No discrete device assignment
# description: >-
#   A device that is assigned to a guest is driven by the guest: its firmware, its DMA and its resets are out of the host's
#   hands. What a guest leaves in the device meets the next owner, and the machine can be neither saved nor migrated.
# custom:
#   id: HVS-015
#   severity: high
#   family: IOM
#   facts: ["assignedDevices"]
#   safe: "no device"
#   default: "no device"
#   remediation: >-
#     Shut the machine down; Remove-VMAssignableDevice -VMName N -LocationPath P; Mount-VMHostAssignableDevice -LocationPath
#     P; enable the device in the host.
#   disable:
#     how: >-
#       Shut the machine down; Set-VM -VMName N -AutomaticStopAction TurnOff; Disable-PnpDevice;
#       Dismount-VMHostAssignableDevice -LocationPath P (-Force where the vendor has no mitigation driver);
#       Add-VMAssignableDevice -VMName N -LocationPath P
#     restart: >-
#       machine off
#     rollback: >-
#       machine off; Remove-VMAssignableDevice; Mount-VMHostAssignableDevice; Enable-PnpDevice
#   messages:
#     safe: "No device of the host is assigned to the machine"
#     unsafe: "Assigned to the machine: {found}"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/add-vmassignabledevice;
#     learn.microsoft.com/windows-server/virtualization/hyper-v/deploy/deploying-graphics-devices-using-dda;
#     plan/plan-hyper-v-security-in-windows-server
#   always: true
hvs_015 := judge.unreadable(["assignedDevices"]) if not judge.readable("assignedDevices")

else := judge.fail("unsafe", {"found": [device.path | some device in judge.value("assignedDevices")]}, ["assignedDevices"]) if {
	count(judge.effective("assignedDevices", [])) > 0
}

else := judge.pass("safe", {}, ["assignedDevices"])
