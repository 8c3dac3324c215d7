# Devices that read memory by themselves.
package ringwall.controls.windows.iom

import data.ringwall.lib.judge

# METADATA
# title: Kernel DMA Protection policy
# description: >-
#   A device at a Thunderbolt or hot-plugged PCI Express port whose driver cannot live with DMA remapping would read the
#   memory of a locked machine. 0 refuses such devices, 1 lets them start once somebody is signed in, 2 always.
# custom:
#   id: WVB-012
#   severity: medium
#   family: IOM
#   facts: ["reg.policy.DeviceEnumerationPolicy"]
#   safe: "0 (block all)"
#   default: "1: after sign-in or unlock"
#   remediation: >-
#     Policy "Enumeration policy for external devices incompatible with Kernel DMA Protection" Block all, or reg add
#     "HKLM\SOFTWARE\Policies\Microsoft\Windows\Kernel DMA Protection" /v DeviceEnumerationPolicy /t REG_DWORD /d 0; reboot.
#   disable:
#     how: >-
#       the same value with 1, or 2 for all devices
#     restart: >-
#       reboot
#     rollback: >-
#       the same value with 0; reboot
#   messages:
#     safe: "Devices without DMA remapping are refused"
#     afterSignIn: "Devices without DMA remapping start once somebody is signed in"
#     unsafe: "Devices without DMA remapping always start (DeviceEnumerationPolicy {found})"
#   source: >-
#     learn.microsoft.com/windows/client-management/mdm/policy-csp-dmaguard; HardeningKitty list of CIS Windows Server 2022
#     3.0, 18.9.24.1
#   always: true
wvb_012 := judge.unreadable([enumeration]) if not judge.readable(enumeration)

else := judge.pass("safe", {}, [enumeration]) if judge.value(enumeration) == 0

else := judge.fail("afterSignIn", {}, [enumeration]) if judge.effective(enumeration, 1) == 1

else := judge.fail("unsafe", {"found": judge.value(enumeration)}, [enumeration])

enumeration := "reg.policy.DeviceEnumerationPolicy"
