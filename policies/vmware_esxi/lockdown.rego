# Who may work on a host without vCenter.
package ringwall.controls.vmware_esxi.lockdown

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_option

exceptions := {user | some user in judge.value("lockdown.exceptions")}

# strangers: excepted users that the site does not name
strangers := exceptions - {user | some user in judge.parameter("esxi_lockdown_exceptions")}

# METADATA
# title: Only root may leave lockdown at the console
# description: >-
#   Users on this list may switch lockdown mode off at the console whatever role they have. It is the way back when
#   vCenter is lost; each further name is one more account whose password opens the host.
# custom:
#   id: SCG-esxi-8.lockdown-dcui-access
#   severity: medium
#   family: API
#   facts: ["option.DCUI.Access"]
#   safe: "root"
#   default: "root"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name DCUI.Access | Set-AdvancedSetting -Value "root"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name DCUI.Access | Set-AdvancedSetting -Value "root,USER" for a second person
#       on duty
#     restart: >-
#       none
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name DCUI.Access | Set-AdvancedSetting -Value "root"; read it back
#   messages:
#     safe: "The console obeys {found}"
#     unsafe: "The console obeys {found} instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.lockdown-dcui-access; it names DISA STIG
#     ESXI-80-000189 and PCI DSS 4.0 2.2.4
#   always: true
scg_esxi_8_lockdown_dcui_access := vmware_option.equals("DCUI.Access", "root")

# METADATA
# title: No exceptions from lockdown
# description: >-
#   Exception users keep their rights on the host while it is locked down. The list is meant for service accounts of
#   backup and monitoring; an account of a person on it walks around vCenter's roles and records.
# custom:
#   id: SCG-esxi-8.lockdown-exception-users
#   severity: medium
#   family: API
#   facts: ["lockdown.exceptions"]
#   safe: "an empty list"
#   default: "an empty list"
#   remediation: >-
#     (Get-View (Get-VMHost HOST | Get-View).ConfigManager.HostAccessManager).UpdateLockdownExceptions($null)
#   disable:
#     how: >-
#       UpdateLockdownExceptions with the one service account that needs it, named in esxi_lockdown_exceptions
#     restart: >-
#       none
#     rollback: >-
#       UpdateLockdownExceptions($null)
#   messages:
#     safe: "Nobody is excepted"
#     allowed: "{found} may work on the locked host, as the site allows"
#     unsafe: "{found} may work on the locked host"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.lockdown-exception-users; it names DISA STIG
#     ESXI-80-000201 and PCI DSS 4.0 2.2.4
#   always: true
scg_esxi_8_lockdown_exception_users := judge.unreadable(["lockdown.exceptions"]) if not judge.readable("lockdown.exceptions")

else := judge.pass("safe", {}, ["lockdown.exceptions"]) if count(exceptions) == 0

else := judge.pass("allowed", {"found": exceptions}, ["lockdown.exceptions"]) if count(strangers) == 0

else := judge.fail("unsafe", {"found": strangers}, ["lockdown.exceptions"])

# METADATA
# title: Lockdown mode on
# description: >-
#   Outside lockdown every account of the host logs in to it directly, past the roles, approvals and event log of
#   vCenter: most ransomware for ESXi used exactly this way. Normal mode leaves the console to those in DCUI.Access;
#   strict mode stops the console too, and a host that loses its vCenter can then only be installed anew.
# custom:
#   id: SCG-esxi-8.lockdown-mode
#   severity: high
#   family: API
#   facts: ["lockdown.mode"]
#   safe: "lockdownNormal (lockdownStrict also passes)"
#   default: "lockdownDisabled"
#   remediation: >-
#     Check DCUI.Access and the exception users, then (Get-View (Get-VMHost HOST |
#     Get-View).ConfigManager.HostAccessManager).ChangeLockdownMode('lockdownNormal')
#   disable:
#     how: >-
#       ChangeLockdownMode('lockdownDisabled') through vCenter for the one host; or F2 at the console by a user in
#       DCUI.Access. For one tool prefer an exception user (UpdateLockdownExceptions)
#     restart: >-
#       none. In strict mode the console is stopped: if vCenter is lost the host becomes inaccessible
#     rollback: >-
#       ChangeLockdownMode('lockdownNormal'); clear temporary exception users
#   messages:
#     safe: "The host is locked down ({found})"
#     unsafe: "The host is not locked down: its accounts log in without vCenter"
#     unrecognised: "{found} is no lockdown mode that is known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.lockdown-mode; it names DISA STIG ESXI-80-000008
#     and PCI DSS 4.0 2.2.4
#   always: true
#   key50: 34
scg_esxi_8_lockdown_mode := judge.pass("safe", {"found": judge.value("lockdown.mode")}, ["lockdown.mode"]) if judge.value("lockdown.mode") in {"lockdownNormal", "lockdownStrict"}

else := judge.fail("unsafe", {}, ["lockdown.mode"]) if judge.value("lockdown.mode") == "lockdownDisabled"

else := judge.missing("unrecognised", {"found": judge.value("lockdown.mode")}, ["lockdown.mode"]) if judge.present("lockdown.mode")

else := judge.unreadable(["lockdown.mode"])
