# Whether the hypervisor starts.
package ringwall.controls.windows.cpu

import data.ringwall.lib.judge

# METADATA
# title: Hypervisor launch type
# description: >-
#   With hypervisorlaunchtype off no hypervisor starts, and with it neither virtualization-based security nor Hyper-V,
#   whatever any policy says. It is the one command that guides for other virtualization products and for games tell people
#   to run.
# custom:
#   id: WVB-015
#   severity: high
#   family: CPU
#   facts: ["bcd.hypervisorlaunchtype", "deviceGuard.status"]
#   safe: "Auto; not set while virtualization-based security runs"
#   default: "Auto with Hyper-V or virtualization-based security"
#   remediation: >-
#     bcdedit /set hypervisorlaunchtype auto; reboot.
#   disable:
#     how: >-
#       bcdedit /set hypervisorlaunchtype off; it also stops virtualization-based security, WSL 2 and Windows Sandbox
#     restart: >-
#       reboot
#     rollback: >-
#       bcdedit /set hypervisorlaunchtype auto; reboot
#   messages:
#     safe: "The hypervisor starts with Windows"
#     running: "No launch type is set, and the hypervisor runs"
#     unsafe: "hypervisorlaunchtype is {found}"
#     absent: "No launch type is set, and virtualization-based security does not run"
#   source: >-
#     learn.microsoft.com/windows-hardware/drivers/devtest/bcdedit--set, hypervisorlaunchtype
#   always: true
wvb_015 := judge.unreadable([launch]) if not judge.readable(launch)

else := judge.pass("safe", {}, [launch]) if lower(judge.value(launch)) == "auto"

else := judge.fail("unsafe", {"found": judge.value(launch)}, [launch]) if judge.present(launch)

else := judge.needed("deviceGuard.status") if not judge.present("deviceGuard.status")

else := judge.pass("running", {}, [launch, "deviceGuard.status"]) if judge.value("deviceGuard.status") == 2

else := judge.fail("absent", {}, [launch, "deviceGuard.status"])

launch := "bcd.hypervisorlaunchtype"
