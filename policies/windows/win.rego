# Virtualization-based security: what policy asks for, what runs, and what UEFI has locked.
package ringwall.controls.windows.win

import data.ringwall.lib.judge
import data.ringwall.lib.windows

# METADATA
# title: VBS running
# description: >-
#   Virtualization-based security keeps secrets and the integrity of code behind the hypervisor, where the normal kernel, and
#   whoever took it over, does not reach. Policies that ask for it prove nothing: only the running state counts.
# custom:
#   id: WVB-001
#   severity: high
#   family: WIN
#   facts: ["deviceGuard.status"]
#   safe: "2 (running)"
#   default: "0 on Server 2022; running on capable Windows 11"
#   remediation: >-
#     Set the policy "Turn On Virtualization Based Security" (WVB-002), platform level (WVB-003), check Secure Boot (WVB-013)
#     and the hypervisor's launch type (WVB-015); reboot.
#   disable:
#     how: >-
#       Without UEFI lock: policy "Turn On Virtualization Based Security" Disabled, or delete
#       EnableVirtualizationBasedSecurity and RequirePlatformSecurityFeatures, both of them; reboot. With UEFI lock: the
#       procedure of WVB-021 with DISABLE-LSA-ISO,DISABLE-VBS and bcdedit /set vsmlaunchtype off. It takes Credential Guard
#       and memory integrity along; WVB-004 or WVB-007 alone is narrower
#     restart: >-
#       reboot; suspend BitLocker first; a person at the console where it is locked in UEFI
#     rollback: >-
#       policy and values back to 1; bcdedit /deletevalue vsmlaunchtype; reboot; VirtualizationBasedSecurityStatus is 2
#   messages:
#     safe: "Virtualization-based security runs"
#     configured: "Virtualization-based security is configured and does not run"
#     unsafe: "Virtualization-based security is off"
#     unrecognised: "VirtualizationBasedSecurityStatus is {found}"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure, "Disable Virtualization-based
#     Security"; values 0, 1 and 2 of Win32_DeviceGuard; WN16-CC-000110 as the analogue of WN22-CC-000110
#   always: true
#   key50: 43
wvb_001 := judge.needed("deviceGuard.status") if not judge.present("deviceGuard.status")

else := judge.pass("safe", {}, ["deviceGuard.status"]) if judge.value("deviceGuard.status") == 2

else := judge.fail("configured", {}, ["deviceGuard.status"]) if judge.value("deviceGuard.status") == 1

else := judge.fail("unsafe", {}, ["deviceGuard.status"]) if judge.value("deviceGuard.status") == 0

else := judge.missing("unrecognised", {"found": judge.value("deviceGuard.status")}, ["deviceGuard.status"])

# METADATA
# title: VBS policy enabled
# description: >-
#   Without a policy a capable machine may run virtualization-based security today and not after the next change of hardware
#   or image: nothing asks for it.
# custom:
#   id: WVB-002
#   severity: high
#   family: WIN
#   facts: ["reg.policy.EnableVirtualizationBasedSecurity", "reg.deviceGuard.EnableVirtualizationBasedSecurity"]
#   safe: "1"
#   default: "absent"
#   remediation: >-
#     Policy "Turn On Virtualization Based Security" Enabled, or reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard
#     /v EnableVirtualizationBasedSecurity /t REG_DWORD /d 1; reboot.
#   disable:
#     how: >-
#       Under policy or MDM: set it to Disabled. Set by hand: delete EnableVirtualizationBasedSecurity and
#       RequirePlatformSecurityFeatures below Control\DeviceGuard, both of them, or BitLocker may ask for its recovery key
#     restart: >-
#       reboot; suspend BitLocker first; a person at the console where it is locked in UEFI
#     rollback: >-
#       set 1; reboot
#   messages:
#     safe: "Virtualization-based security is asked for"
#     unsafe: "EnableVirtualizationBasedSecurity is {found}"
#     absent: "Nothing asks for virtualization-based security"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure; HardeningKitty list of CIS Windows
#     Server 2022 3.0, 18.9.5.1
#   always: true
wvb_002 := windows.set_to(["reg.policy.EnableVirtualizationBasedSecurity", "reg.deviceGuard.EnableVirtualizationBasedSecurity"], {1})

# METADATA
# title: Platform security level
# description: >-
#   1 asks for Secure Boot, 3 for Secure Boot and DMA protection before virtualization-based security starts. CIS wants 3,
#   Microsoft's own baseline 1, because 3 keeps machines without an IOMMU from starting it at all. The site chooses with the
#   parameter vbs_platform_level.
# custom:
#   id: WVB-003
#   severity: high
#   family: WIN
#   facts: ["reg.policy.RequirePlatformSecurityFeatures", "reg.deviceGuard.RequirePlatformSecurityFeatures"]
#   safe: "3; 1 too where vbs_platform_level is 1"
#   default: "absent"
#   remediation: >-
#     Policy "Select Platform Security Level", or reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard /v
#     RequirePlatformSecurityFeatures /t REG_DWORD /d 3; reboot.
#   disable:
#     how: >-
#       the same value with 1 or 0
#     restart: >-
#       reboot
#     rollback: >-
#       the value that was recorded; reboot
#   messages:
#     safe: "The platform level is {found}"
#     unsafe: "The platform level is {found}, and {wanted} is asked for"
#     absent: "No platform level is set, and {wanted} is asked for"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure; HardeningKitty list of CIS Windows
#     Server 2022 3.0, 18.9.5.2 (CIS 3, Microsoft's baseline 1)
#   always: true
wvb_003 := judge.parameter_not_set("vbs_platform_level", levels) if not judge.parameter("vbs_platform_level") in {1, 3}

else := judge.unreadable([levels[0]]) if not judge.readable(levels[0])

else := judge.unreadable(levels) if not windows.known(levels)

else := judge.fail("absent", {"wanted": judge.parameter("vbs_platform_level")}, levels) if not windows.effective(levels)

else := judge.pass("safe", {"found": windows.effective(levels)}, [windows.deciding(levels)]) if {
	windows.effective(levels) in {judge.parameter("vbs_platform_level"), 3}
}

else := judge.fail("unsafe", {"found": windows.effective(levels), "wanted": judge.parameter("vbs_platform_level")}, [windows.deciding(levels)])

levels := ["reg.policy.RequirePlatformSecurityFeatures", "reg.deviceGuard.RequirePlatformSecurityFeatures"]

# METADATA
# title: Memory integrity asked for
# description: >-
#   With memory integrity (HVCI) the hypervisor lets only checked code run in the kernel: a driver that was taken over cannot
#   add code of its own. The policy decides where it is set; else the setting of the scenario.
# custom:
#   id: WVB-004
#   severity: high
#   family: WIN
#   facts: ["reg.policy.HypervisorEnforcedCodeIntegrity", "reg.hvci.Enabled", "reg.hvci.Locked"]
#   safe: "policy 1 (with UEFI lock) or 2 (without); or Enabled 1 where no policy is set"
#   default: "off on servers; on in new installations of Windows 11 (the client default is in doubt)"
#   remediation: >-
#     Policy "Virtualization Based Protection of Code Integrity" Enabled, or reg add
#     HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard /v HypervisorEnforcedCodeIntegrity /t REG_DWORD /d 2; reboot;
#     WVB-005 proves it.
#   disable:
#     how: >-
#       policy 0 or Not configured, and Enabled 0 below Scenarios\HypervisorEnforcedCodeIntegrity; look for an application
#       control policy that switches it on; reboot. With UEFI lock Secure Boot has to be switched off in the firmware setup
#       too
#     restart: >-
#       reboot; with UEFI lock a person at the firmware's console
#     rollback: >-
#       policy 2 (or 1) and Enabled 1; Secure Boot on; reboot; SecurityServicesRunning contains 2
#   messages:
#     locked: "Memory integrity is asked for, with UEFI lock"
#     unlocked: "Memory integrity is asked for, without UEFI lock"
#     unsafe: "Memory integrity is switched off by policy or setting ({found})"
#     absent: "Nothing asks for memory integrity"
#   source: >-
#     learn.microsoft.com/windows/security/hardware-security/enable-virtualization-based-protection-of-code-integrity;
#     HardeningKitty list of CIS Windows Server 2022 3.0, 18.9.5.3; default of clients in doubt
#   always: true
#   key50: 44
wvb_004 := judge.unreadable([integrity]) if not judge.readable(integrity)

else := judge.pass("locked", {}, [integrity]) if judge.value(integrity) == 1

else := judge.pass("unlocked", {}, [integrity]) if judge.value(integrity) == 2

else := judge.fail("unsafe", {"found": judge.value(integrity)}, [integrity]) if judge.value(integrity) == 0

else := judge.unreadable([scenario]) if not judge.readable(scenario)

else := judge.pass("locked", {}, [scenario, "reg.hvci.Locked"]) if {
	judge.value(scenario) == 1
	judge.value("reg.hvci.Locked") == 1
}

else := judge.pass("unlocked", {}, [scenario]) if judge.value(scenario) == 1

else := judge.fail("unsafe", {"found": judge.value(scenario)}, [scenario]) if judge.present(scenario)

else := judge.fail("absent", {}, [integrity, scenario])

integrity := "reg.policy.HypervisorEnforcedCodeIntegrity"

scenario := "reg.hvci.Enabled"

# METADATA
# title: Memory integrity running
# description: >-
#   A driver that is not compatible, firmware without the needed features or a machine that was not rebooted leaves the
#   policy of WVB-004 without effect. SecurityServicesRunning says what runs.
# custom:
#   id: WVB-005
#   severity: high
#   family: WIN
#   facts: ["deviceGuard.servicesRunning"]
#   safe: "contains 2"
#   default: "does not contain 2"
#   remediation: >-
#     Set the policy of WVB-004 and reboot; where it still does not run, events of Device Guard name the driver that keeps it
#     off.
#   disable:
#     how: >-
#       as of WVB-004
#     restart: >-
#       reboot; with UEFI lock a person at the firmware's console
#     rollback: >-
#       as of WVB-004; SecurityServicesRunning contains 2
#   messages:
#     safe: "Memory integrity runs"
#     unsafe: "Memory integrity does not run"
#   source: >-
#     learn.microsoft.com/windows/security/hardware-security/enable-virtualization-based-protection-of-code-integrity (values
#     of SecurityServicesRunning)
#   always: true
wvb_005 := windows.runs(2)

# METADATA
# title: UEFI memory attributes table required
# description: >-
#   The table lets Windows map what the firmware runs as either writable or executable. Without asking for it, memory
#   integrity also starts on firmware whose runtime code may be overwritten.
# custom:
#   id: WVB-006
#   severity: medium
#   family: WIN
#   facts: ["reg.policy.HVCIMATRequired"]
#   safe: "1"
#   default: "absent"
#   remediation: >-
#     Policy "Require UEFI Memory Attributes Table", or reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard /v
#     HVCIMATRequired /t REG_DWORD /d 1; try it on each model first, because firmware without the table then runs without
#     memory integrity; reboot.
#   disable:
#     how: >-
#       the same value with 0
#     restart: >-
#       reboot
#     rollback: >-
#       the same value with 1; reboot
#   messages:
#     safe: "The memory attributes table is required"
#     unsafe: "HVCIMATRequired is {found}"
#     absent: "The memory attributes table is not required"
#   source: >-
#     HardeningKitty list of CIS Windows Server 2022 3.0, 18.9.5.4
#   always: true
wvb_006 := windows.set_to(["reg.policy.HVCIMATRequired"], {1})

# METADATA
# title: Credential Guard asked for
# description: >-
#   Credential Guard keeps hashes and tickets of those who are signed in in a process behind the hypervisor, out of reach of
#   whoever reads the memory of LSASS. 1 locks it in UEFI, 2 does not. Where nothing is set, newer releases start it by
#   themselves on joined machines; there the running state decides.
# custom:
#   id: WVB-007
#   severity: high
#   family: WIN
#   facts: ["reg.policy.LsaCfgFlags", "reg.lsa.LsaCfgFlags", "windows.domainRole", "windows.build", "deviceGuard.servicesRunning"]
#   safe: "1 (UEFI lock) or 2; nothing set and running on releases that start it by themselves"
#   default: "absent, which means off up to Server 2022; on without lock on Windows 11 22H2 and on joined Server 2025 that are no domain controllers"
#   remediation: >-
#     Policy "Credential Guard Configuration", or reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard /v LsaCfgFlags
#     /t REG_DWORD /d 2; reboot; WVB-009 proves it. 1 can only be undone by a person at the console (WVB-021).
#   disable:
#     how: >-
#       Without lock: LsaCfgFlags 0 in both keys, because deleting it may not switch it off, or the setting of policy or MDM
#       to Disabled; reboot. With UEFI lock also the procedure of WVB-021 with DISABLE-LSA-ISO
#     restart: >-
#       reboot; with UEFI lock a person presses a key at the console before Windows starts
#     rollback: >-
#       LsaCfgFlags 1 (or 2) in both keys; reboot; SecurityServicesRunning contains 1
#   messages:
#     locked: "Credential Guard is asked for, with UEFI lock"
#     unlocked: "Credential Guard is asked for, without UEFI lock"
#     byRelease: "Nothing is set, and this release started Credential Guard by itself"
#     unsafe: "LsaCfgFlags is {found}"
#     absent: "Nothing asks for Credential Guard"
#     controller: "A domain controller does without Credential Guard (WVB-008)"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure; HardeningKitty list of CIS Windows
#     Server 2022 3.0, 18.9.5.5
#   key50: 45
wvb_007 := judge.not_applicable("controller", {}, [windows.role_fact]) if windows.is_controller

else := judge.unreadable([flags[0]]) if not judge.readable(flags[0])

else := judge.unreadable(flags) if not windows.known(flags)

else := judge.pass("locked", {}, [windows.deciding(flags)]) if windows.effective(flags) == 1

else := judge.pass("unlocked", {}, [windows.deciding(flags)]) if windows.effective(flags) == 2

else := judge.fail("unsafe", {"found": windows.effective(flags)}, [windows.deciding(flags)]) if windows.effective(flags) >= 0

else := judge.pass("byRelease", {}, ["windows.build", "deviceGuard.servicesRunning"]) if {
	judge.value("windows.build") >= 22621
	1 in judge.value("deviceGuard.servicesRunning")
}

else := judge.fail("absent", {}, flags)

flags := ["reg.policy.LsaCfgFlags", "reg.lsa.LsaCfgFlags"]

# METADATA
# title: Credential Guard off on domain controllers
# description: >-
#   On a domain controller Credential Guard protects nothing that matters there, because the directory's own database is not
#   behind it, and it can make applications fail. The vendor does not support it there.
# custom:
#   id: WVB-008
#   severity: info
#   family: WIN
#   facts: ["reg.policy.LsaCfgFlags", "reg.lsa.LsaCfgFlags", "windows.domainRole"]
#   safe: "0 or not set"
#   default: "0"
#   remediation: >-
#     LsaCfgFlags 0 in both keys on domain controllers; reboot.
#   disable:
#     how: >-
#       LsaCfgFlags 1 or 2 on the domain controller; there is no reason to
#     restart: >-
#       reboot
#     rollback: >-
#       LsaCfgFlags 0 in both keys; reboot
#   messages:
#     safe: "Credential Guard is not asked for on the domain controller"
#     unsafe: "Credential Guard is asked for on the domain controller (LsaCfgFlags {found})"
#     member: "The machine is no domain controller"
#   source: >-
#     HardeningKitty list of CIS Windows Server 2022 3.0, 18.9.5.6;
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure
wvb_008 := judge.not_applicable("member", {}, [windows.role_fact]) if windows.is_member

else := judge.unreadable(["windows.domainRole"]) if not windows.is_controller

else := judge.unreadable([flags[0]]) if not judge.readable(flags[0])

else := judge.unreadable(flags) if not windows.known(flags)

else := judge.fail("unsafe", {"found": windows.effective(flags)}, [windows.deciding(flags)]) if windows.effective(flags) > 0

else := judge.pass("safe", {}, flags)

# METADATA
# title: Credential Guard running
# description: >-
#   A policy without the hardware, the edition or a reboot leaves LSASS as it was. Only SecurityServicesRunning says that the
#   isolated process has the secrets.
# custom:
#   id: WVB-009
#   severity: high
#   family: WIN
#   facts: ["deviceGuard.servicesRunning", "windows.domainRole"]
#   safe: "contains 1"
#   default: "does not contain 1 up to Server 2022"
#   remediation: >-
#     Set the policy of WVB-007 and reboot; where it still does not run, check WVB-001 and WVB-013, and the events 13 to 17
#     of Wininit.
#   disable:
#     how: >-
#       as of WVB-007
#     restart: >-
#       reboot; with UEFI lock a person presses a key at the console before Windows starts
#     rollback: >-
#       as of WVB-007; SecurityServicesRunning contains 1
#   messages:
#     safe: "Credential Guard runs"
#     unsafe: "Credential Guard does not run"
#     controller: "A domain controller does without Credential Guard (WVB-008)"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure (verification)
wvb_009 := judge.not_applicable("controller", {}, [windows.role_fact]) if windows.is_controller

else := windows.runs(1)

# METADATA
# title: System Guard Secure Launch
# description: >-
#   Secure Launch measures the hypervisor anew after the firmware has done its work (DRTM), so that firmware which was taken
#   over does not carry its lie into virtualization-based security. Whether it runs is said beside the setting; it needs
#   hardware for it.
# custom:
#   id: WVB-010
#   severity: medium
#   family: WIN
#   facts: ["reg.policy.ConfigureSystemGuardLaunch", "reg.systemGuard.Enabled", "deviceGuard.servicesRunning"]
#   safe: "1; or Enabled 1 of the scenario where no policy is set"
#   default: "0: not managed"
#   remediation: >-
#     Policy "Secure Launch Configuration" Enabled, or reg add HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceGuard /v
#     ConfigureSystemGuardLaunch /t REG_DWORD /d 1; reboot.
#   disable:
#     how: >-
#       the same value with 2 (Disabled); 0 leaves it to others
#     restart: >-
#       reboot
#     rollback: >-
#       the same value with 1; reboot; SecurityServicesRunning contains 3
#   messages:
#     safe: "Secure Launch is asked for; it {running}"
#     unsafe: "ConfigureSystemGuardLaunch is {found}"
#     absent: "Nothing asks for Secure Launch"
#   source: >-
#     HardeningKitty list of CIS Windows Server 2022 3.0, 18.9.5.7; learn.microsoft.com, System Guard Secure Launch (scenario
#     SystemGuard)
#   always: true
wvb_010 := judge.unreadable([launch]) if not judge.readable(launch)

else := judge.pass("safe", {"running": running(3)}, [launch]) if judge.value(launch) == 1

else := judge.fail("unsafe", {"found": judge.value(launch)}, [launch]) if judge.value(launch) == 2

else := judge.unreadable(["reg.systemGuard.Enabled"]) if not judge.readable("reg.systemGuard.Enabled")

else := judge.pass("safe", {"running": running(3)}, ["reg.systemGuard.Enabled"]) if judge.value("reg.systemGuard.Enabled") == 1

else := judge.fail("absent", {}, [launch, "reg.systemGuard.Enabled"])

launch := "reg.policy.ConfigureSystemGuardLaunch"

# the state of a service beside its setting
running(service) := "runs" if service in judge.value("deviceGuard.servicesRunning")

else := "does not run" if judge.present("deviceGuard.servicesRunning")

else := "was not looked at"

# METADATA
# title: LSASS protected process
# description: >-
#   As a protected process LSASS loads only code that Microsoft signed and refuses to be read by other processes,
#   administrators' too. 1 also writes a UEFI variable, so that a change of the registry does not undo it; 2 does not.
# custom:
#   id: WVB-011
#   severity: high
#   family: WIN
#   facts: ["reg.lsa.RunAsPPL"]
#   safe: "1 (with UEFI variable) or 2"
#   default: "absent; 2 in new installations of newer clients"
#   remediation: >-
#     reg add HKLM\SYSTEM\CurrentControlSet\Control\Lsa /v RunAsPPL /t REG_DWORD /d 1; test plug-ins of LSA (smart cards,
#     password filters) first; reboot.
#   disable:
#     how: >-
#       policy first, then delete RunAsPPL or set 0; reboot. Where it was 1 on a UEFI machine with Secure Boot also the
#       opt-out tool: mountvol X: /s; copy LSAPPLConfig.efi to X:\EFI\Microsoft\Boot; bcdedit /create
#       {0cb3b571-2f2e-4343-a879-d86a476d7215} /d DebugTool /application osloader with its path and as bootsequence of
#       {bootmgr}; reboot; confirm
#     restart: >-
#       reboot; with the UEFI variable a person at the console confirms before Windows starts
#     rollback: >-
#       RunAsPPL 1; reboot; event 12 of Wininit
#   messages:
#     safe: "LSASS is a protected process (RunAsPPL {found})"
#     unsafe: "RunAsPPL is {found}"
#     absent: "LSASS is an ordinary process"
#   source: >-
#     learn.microsoft.com/windows-server/security/credentials-protection-and-management/configuring-additional-lsa-protection;
#     opt-out tool: Microsoft download 40897; HardeningKitty list of CIS Windows Server 2022 3.0, 18.9.26.2
#   always: true
wvb_011 := windows.set_to(["reg.lsa.RunAsPPL"], {1, 2})

# METADATA
# title: VSM launch type not off
# description: >-
#   vsmlaunchtype off keeps the secure world from starting at all, whatever policy asks for. It is how tools and guides for
#   games switch virtualization-based security off.
# custom:
#   id: WVB-016
#   severity: high
#   family: WIN
#   facts: ["bcd.vsmlaunchtype"]
#   safe: "absent or Auto"
#   default: "absent"
#   remediation: >-
#     bcdedit /deletevalue vsmlaunchtype; reboot.
#   disable:
#     how: >-
#       bcdedit /set vsmlaunchtype off; reboot
#     restart: >-
#       reboot
#     rollback: >-
#       bcdedit /deletevalue vsmlaunchtype; reboot
#   messages:
#     safe: "vsmlaunchtype is {found}"
#     unsafe: "vsmlaunchtype is {found}: virtualization-based security cannot start"
#   source: >-
#     public scripts of several authors; learn.microsoft.com, Configure Credential Guard (bcdedit /set vsmlaunchtype off)
#   always: true
wvb_016 := judge.unreadable(["bcd.vsmlaunchtype"]) if not judge.readable("bcd.vsmlaunchtype")

else := judge.pass("safe", {"found": judge.effective("bcd.vsmlaunchtype", "absent")}, ["bcd.vsmlaunchtype"]) if {
	lower(judge.effective("bcd.vsmlaunchtype", "auto")) == "auto"
}

else := judge.fail("unsafe", {"found": judge.value("bcd.vsmlaunchtype")}, ["bcd.vsmlaunchtype"])

# METADATA
# title: Vulnerable driver blocklist on
# description: >-
#   Attackers bring signed drivers with known faults along to reach the kernel. The blocklist refuses them. Where the value
#   is absent the list is in force with memory integrity and not without.
# custom:
#   id: WVB-017
#   severity: medium
#   family: WIN
#   facts: ["reg.ci.VulnerableDriverBlocklistEnable", "deviceGuard.servicesRunning"]
#   safe: "1; absent while memory integrity runs"
#   default: "1 with memory integrity"
#   remediation: >-
#     reg add HKLM\SYSTEM\CurrentControlSet\Control\CI\Config /v VulnerableDriverBlocklistEnable /t REG_DWORD /d 1; reboot.
#   disable:
#     how: >-
#       the same value with 0
#     restart: >-
#       reboot
#     rollback: >-
#       the same value with 1; reboot
#   messages:
#     safe: "The blocklist is on"
#     withIntegrity: "The blocklist comes with memory integrity, which runs"
#     unsafe: "VulnerableDriverBlocklistEnable is {found}"
#     absent: "The blocklist is not set, and memory integrity does not run"
#   source: >-
#     public scripts; that the list comes with memory integrity is in doubt for older releases
#   always: true
wvb_017 := judge.unreadable([blocklist]) if not judge.readable(blocklist)

else := judge.pass("safe", {}, [blocklist]) if judge.value(blocklist) == 1

else := judge.fail("unsafe", {"found": judge.value(blocklist)}, [blocklist]) if judge.present(blocklist)

else := judge.needed("deviceGuard.servicesRunning") if not judge.present("deviceGuard.servicesRunning")

else := judge.pass("withIntegrity", {}, [blocklist, "deviceGuard.servicesRunning"]) if 2 in judge.value("deviceGuard.servicesRunning")

else := judge.fail("absent", {}, [blocklist, "deviceGuard.servicesRunning"])

blocklist := "reg.ci.VulnerableDriverBlocklistEnable"

# METADATA
# title: UEFI lock known before a plan to disable
# description: >-
#   What is locked in UEFI survives every change of the registry and asks for a person at the console. A plan that does not
#   know of a lock fails in the middle. Registry values say what is asked for; event 14 of Wininit says what Credential Guard
#   found at the last start, and the two have to agree.
# custom:
#   id: WVB-020
#   severity: info
#   family: WIN
#   facts: ["reg.policy.LsaCfgFlags", "reg.lsa.LsaCfgFlags", "reg.policy.HypervisorEnforcedCodeIntegrity", "reg.hvci.Locked", "reg.lsa.RunAsPPL", "credentialGuard.event"]
#   safe: "registry and event agree; what is locked is named"
#   default: "nothing is locked"
#   remediation: >-
#     Find out why they differ before any change: reboot, so that a new setting takes effect, or follow WVB-021 where an old
#     lock is still in UEFI.
#   disable:
#     how: >-
#       not a protection: nothing to disable
#     restart: >-
#       none
#     rollback: >-
#       nothing to roll back
#   messages:
#     locked: "Locked in UEFI: {found}; a person at the console is needed to switch it off"
#     unlocked: "Nothing is locked in UEFI"
#     differs: "Credential Guard started with {found}, and the registry says {wanted}: a lock may remain in UEFI"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure (values, event 14 of Wininit);
#     learn.microsoft.com, Configuring additional LSA protection
#   always: true
wvb_020 := judge.unreadable([name | some name in lock_facts; not judge.readable(name)]) if not judge.all_readable(lock_facts)

else := judge.fail("differs", {"found": judge.value("credentialGuard.event"), "wanted": asked_for}, array.concat(flags, ["credentialGuard.event"])) if {
	judge.value("credentialGuard.event") == 1
	not windows.effective(flags) == 1
}

else := judge.pass("locked", {"found": sort(windows.locked)}, lock_facts) if count(windows.locked) > 0

else := judge.pass("unlocked", {}, lock_facts)

lock_facts := windows.lock_facts

asked_for := windows.effective(flags) if windows.deciding(flags)

else := "nothing"

# METADATA
# title: UEFI opt-out rehearsed, none left open
# description: >-
#   The way out of a UEFI lock goes through a tool that starts before Windows and asks for a key press: no remote plan can do
#   it. Where something is locked the procedure has to have been tried, which the parameter uefi_optout_rehearsed says. A
#   boot entry of the tool that is still there is an opt-out somebody began.
# custom:
#   id: WVB-021
#   severity: info
#   family: WIN
#   facts: ["reg.policy.LsaCfgFlags", "reg.lsa.LsaCfgFlags", "reg.policy.HypervisorEnforcedCodeIntegrity", "reg.hvci.Locked", "reg.lsa.RunAsPPL", "bcd.optOut"]
#   safe: "no boot entry of the opt-out tool; the procedure rehearsed where something is locked"
#   default: "no boot entry"
#   remediation: >-
#     Rehearse on one machine of each model, with a person at the console or its remote management: mountvol X: /s; copy
#     %WINDIR%\System32\SecConfig.efi X:\EFI\Microsoft\Boot\SecConfig.efi /Y; bcdedit /create
#     {0cb3b571-2f2e-4343-a879-d86a476d7215} /d DebugTool /application osloader; set its path, loadoptions DISABLE-LSA-ISO or
#     DISABLE-LSA-ISO,DISABLE-VBS, device partition=X: and bootsequence of {bootmgr}; reboot; confirm; mountvol X: /d. Delete
#     an entry that is left: bcdedit /delete {0cb3b571-2f2e-4343-a879-d86a476d7215}.
#   disable:
#     how: >-
#       the procedure itself, which switches Credential Guard off with DISABLE-LSA-ISO, and virtualization-based security
#       with DISABLE-VBS too
#     restart: >-
#       reboot, and a person who presses a key at the console before Windows starts
#     rollback: >-
#       policy back to 1; reboot; delete the boot entry
#   messages:
#     rehearsed: "Locked in UEFI: {found}; the opt-out was rehearsed"
#     notRehearsed: "Locked in UEFI: {found}; the opt-out was never rehearsed"
#     pending: "A boot entry of the opt-out tool is there ({found})"
#     unlocked: "Nothing is locked in UEFI"
#   source: >-
#     learn.microsoft.com/windows/security/identity-protection/credential-guard/configure, "Disable Credential Guard with
#     UEFI lock"
wvb_021 := judge.fail("pending", {"found": judge.value("bcd.optOut")}, ["bcd.optOut"]) if judge.present("bcd.optOut")

else := judge.unreadable([name | some name in optout_facts; not judge.readable(name)]) if not judge.all_readable(optout_facts)

else := judge.not_applicable("unlocked", {}, optout_facts) if count(windows.locked) == 0

else := judge.parameter_not_set("uefi_optout_rehearsed", windows.lock_settings) if not is_boolean(judge.parameter("uefi_optout_rehearsed"))

else := judge.pass("rehearsed", {"found": sort(windows.locked)}, windows.lock_settings) if judge.parameter("uefi_optout_rehearsed") == true

else := judge.fail("notRehearsed", {"found": sort(windows.locked)}, windows.lock_settings)

optout_facts := array.concat(windows.lock_settings, ["bcd.optOut"])

# METADATA
# title: Hyper-V role where policy wants it
# description: >-
#   A Hyper-V role that nobody needs is a switch, services and a management interface more; one that is missing says that a
#   host is no host. Which of the two a machine is stands in the parameter hyperv_role.
# custom:
#   id: WVB-023
#   severity: info
#   family: WIN
#   facts: ["role.hyperV"]
#   safe: "as the parameter hyperv_role says: present or absent"
#   default: "absent"
#   remediation: >-
#     On a server Uninstall-WindowsFeature -Name Hyper-V -Restart or Install-WindowsFeature -Name Hyper-V
#     -IncludeManagementTools -Restart.
#   disable:
#     how: >-
#       On a server Uninstall-WindowsFeature -Name Hyper-V -Restart; on a client Disable-WindowsOptionalFeature -Online
#       -FeatureName Microsoft-Hyper-V-All
#     restart: >-
#       reboot
#     rollback: >-
#       Install-WindowsFeature -Name Hyper-V -IncludeManagementTools -Restart; on a client Enable-WindowsOptionalFeature
#       -Online -FeatureName Microsoft-Hyper-V-All -All
#   messages:
#     safe: "The role Hyper-V is {found}"
#     unsafe: "The role Hyper-V is {found}, and policy wants it {wanted}"
#   source: >-
#     learn.microsoft.com/powershell/module/servermanager (get- and uninstall-windowsfeature), module/dism
#   always: true
wvb_023 := judge.needed("role.hyperV") if not judge.present("role.hyperV")

else := judge.parameter_not_set("hyperv_role", ["role.hyperV"]) if not judge.parameter("hyperv_role") in {"absent", "present"}

else := judge.pass("safe", {"found": role}, ["role.hyperV"]) if role == judge.parameter("hyperv_role")

else := judge.fail("unsafe", {"found": role, "wanted": judge.parameter("hyperv_role")}, ["role.hyperV"])

role := "present" if judge.value("role.hyperV") == true

else := "absent"
