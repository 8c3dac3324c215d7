# The appliance that vCenter runs on: who reaches it, how it is secured, and which release it is.
package ringwall.controls.vmware_vcenter.appliance

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_option
import data.ringwall.lib.vmware_sites
import data.ringwall.lib.vmware_vcenter

# Rules of the firewall that let a source in which lies in no management network
admitted := [rule | some rule in judge.value("vami.firewall"); rule.policy == "ACCEPT"]

foreign_sources := {rule.address |
	some rule in admitted
	not managed(rule.address)
}

managed(address) if {
	some network in judge.parameter("management_networks")
	net.cidr_contains(network, address)
}

# everybody: a rule for all addresses
everybody(address) if endswith(address, "/0")

open_door if {
	some rule in admitted
	everybody(rule.address)
}

# closed: the last word is that everything else is refused
closed if {
	some rule in judge.value("vami.firewall")
	everybody(rule.address)
	rule.policy in {"REJECT", "IGNORE"}
}

# active: schedules of backups that are switched on
active := {schedule.id | some schedule in judge.value("vami.backups"); schedule.enabled}

# METADATA
# title: vCenter changes the password of vpxuser every 30 days
# description: >-
#   vpxuser is administrator of every host, with a password that only vCenter knows. One that is copied out of a backup
#   or out of memory works until vCenter changes it.
# custom:
#   id: SCG-vcenter-8.vpxuser-rotation
#   severity: medium
#   family: DEV
#   facts: ["option.VirtualCenter.VimPasswordExpirationInDays"]
#   safe: "30"
#   default: "30"
#   remediation: >-
#     Get-AdvancedSetting -Entity VCENTER -Name VirtualCenter.VimPasswordExpirationInDays | Set-AdvancedSetting -Value 30
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity VCENTER -Name VirtualCenter.VimPasswordExpirationInDays | Set-AdvancedSetting -Value
#       365
#     restart: >-
#       none; holds from the next change on
#     rollback: >-
#       Get-AdvancedSetting -Entity VCENTER -Name VirtualCenter.VimPasswordExpirationInDays | Set-AdvancedSetting -Value
#       30; read it back
#   messages:
#     safe: "The password is changed every {found} days"
#     unsafe: "The password is changed every {found} days instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vpxuser-rotation; it names DISA STIG
#     VCSA-80-000275
#   always: true
scg_vcenter_8_vpxuser_rotation := vmware_option.equals("VirtualCenter.VimPasswordExpirationInDays", "30")

# METADATA
# title: vCenter uses validated cryptography alone
# description: >-
#   FIPS mode takes weak algorithms out of every service of vCenter at once. Some plug-ins and old backup programs cannot
#   follow, so test first.
# custom:
#   id: SCG-vcenter-8.fips-enable
#   severity: low
#   family: DEV
#   facts: ["vami.fips"]
#   safe: "enabled"
#   default: "disabled"
#   remediation: >-
#     PUT /api/appliance/system/security/global-fips {"enabled": true} (PowerCLI: Invoke-SetSystemGlobalFips); vCenter
#     restarts
#   disable:
#     how: >-
#       PUT /api/appliance/system/security/global-fips {"enabled": false}
#     restart: >-
#       vCenter restarts; guests keep running
#     rollback: >-
#       PUT /api/appliance/system/security/global-fips {"enabled": true}
#   messages:
#     safe: "vCenter is in FIPS mode"
#     unsafe: "vCenter is not in FIPS mode"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.fips-enable; it names DISA STIG
#     VCSA-80-000077 and PCI DSS 4.0 2.2.7, 4.2.1, 8.3.2
#   always: true
scg_vcenter_8_fips_enable := vmware_vcenter.is_true("vami.fips")

# METADATA
# title: SSH to the appliance is off
# description: >-
#   SSH with the shell behind it gives root on the appliance, where the keys of single sign-on lie: a token for any user
#   can be made with them. vCenter High Availability is the one feature that needs it.
# custom:
#   id: SCG-vcenter-8.vami-access-ssh
#   severity: medium
#   family: API
#   facts: ["vami.ssh"]
#   safe: "off"
#   default: "off"
#   remediation: >-
#     Appliance management (port 5480), Access, SSH login: off; or PUT /api/appliance/access/ssh false
#   disable:
#     how: >-
#       PUT /api/appliance/access/ssh true for the length of an intervention
#     restart: >-
#       none
#     rollback: >-
#       PUT /api/appliance/access/ssh false
#   messages:
#     safe: "SSH is off"
#     unsafe: "SSH is on"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-access-ssh; it names DISA STIG
#     VCSA-80-000303
#   always: true
scg_vcenter_8_vami_access_ssh := vmware_vcenter.is_false("vami.ssh")

# METADATA
# title: vCenter uses the TLS profile NIST_2024
# description: >-
#   Tokens and passwords for every host pass through vCenter's TLS. COMPATIBLE still takes ciphers and key exchanges with
#   which a recorded session can be read later.
# custom:
#   id: SCG-vcenter-8.tls-profile
#   severity: high
#   family: MIG
#   facts: ["vami.tls"]
#   safe: "NIST_2024"
#   default: "COMPATIBLE"
#   remediation: >-
#     PUT /api/appliance/tls/profiles/global {"profile": "NIST_2024"} (vSphere Client: Developer Center, API Explorer,
#     appliance)
#   disable:
#     how: >-
#       PUT /api/appliance/tls/profiles/global {"profile": "COMPATIBLE"} for a program with an old TLS library
#     restart: >-
#       services of vCenter restart and clients are cut off; guests keep running
#     rollback: >-
#       PUT /api/appliance/tls/profiles/global {"profile": "NIST_2024"}
#   messages:
#     safe: "The TLS profile is {found}"
#     unsafe: "The TLS profile is {found} instead of NIST_2024"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.tls-profile; it names DISA STIG
#     VCSA-80-000009 and PCI DSS 4.0 2.2.7, 4.2.1, 8.3.2
#   always: true
scg_vcenter_8_tls_profile := judge.pass("safe", {"found": judge.value("vami.tls")}, ["vami.tls"]) if startswith(upper(judge.value("vami.tls")), "NIST_2024")

else := judge.fail("unsafe", {"found": judge.value("vami.tls")}, ["vami.tls"]) if judge.present("vami.tls")

else := judge.unreadable(["vami.tls"])

# METADATA
# title: The password of the appliance's root does not expire
# description: >-
#   Root of the appliance is needed when everything else has failed, and is then found expired: the way back goes over a
#   reboot with a changed kernel line. A long password in a safe, changed when somebody leaves, protects better than 90
#   days.
# custom:
#   id: SCG-vcenter-8.vami-administration-password-expiration
#   severity: high
#   family: DEV
#   facts: ["vami.root", "vami.policy"]
#   safe: "no expiry, or 9999 days or more"
#   default: "90 days"
#   remediation: >-
#     Appliance management (port 5480), Administration, Password expiration: No; or PUT
#     /api/appliance/local-accounts/global-policy {"max_days": -1}
#   disable:
#     how: >-
#       the same place, 90 days, where a rule of the site asks for expiry; set a reminder
#     restart: >-
#       none
#     rollback: >-
#       the same place: No
#   messages:
#     safe: "The password does not expire"
#     unsafe: "The password expires"
#     far: "Passwords of local accounts expire after {found} days, further off than any appliance is used"
#     policy: "Passwords of local accounts expire after {found} days"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-administration-password-expiration; the
#     tools that come with it set 9999 days
#   always: true
scg_vcenter_8_vami_administration_password_expiration := judge.pass("safe", {}, ["vami.root"]) if judge.value("vami.root").expires == false

else := judge.pass("far", {"found": judge.value("vami.root").days}, ["vami.root"]) if distant(judge.value("vami.root").days)

else := judge.fail("unsafe", {}, ["vami.root"]) if judge.value("vami.root").expires == true

else := judge.pass("safe", {}, ["vami.policy"]) if judge.value("vami.policy") in {-1, 0}

else := judge.pass("far", {"found": judge.value("vami.policy")}, ["vami.policy"]) if distant(judge.value("vami.policy"))

else := judge.fail("policy", {"found": judge.value("vami.policy")}, ["vami.policy"]) if judge.present("vami.policy")

else := judge.unreadable(["vami.root", "vami.policy"])

# METADATA
# title: vCenter backs itself up
# description: >-
#   Without its database vCenter can be installed anew, but not with its permissions, keys of encrypted guests (Native
#   Key Provider) and distributed switches. After ransomware the estate comes back as fast as vCenter does. The backup
#   holds the keys to everything: encrypt it and keep it apart.
# custom:
#   id: SCG-vcenter-8.vami-backup
#   severity: high
#   family: DEV
#   facts: ["vami.backups"]
#   safe: "a schedule that is switched on, or another method that the site names"
#   default: "none"
#   remediation: >-
#     Appliance management (port 5480), Backup, Configure: a schedule to SFTP or HTTPS with encryption
#   disable:
#     how: >-
#       the same place, Disable, while the target moves
#     restart: >-
#       none
#     rollback: >-
#       the same place, Enable
#   messages:
#     safe: "The schedule {found} is on"
#     elsewhere: "The site backs vCenter up in another way"
#     unsafe: "No schedule of backups is on"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-backup; it names DISA STIG
#     VCSA-80-000292
#   always: true
scg_vcenter_8_vami_backup := judge.unreadable(["vami.backups"]) if not judge.readable("vami.backups")

else := judge.pass("safe", {"found": active}, ["vami.backups"]) if count(active) > 0

else := judge.pass("elsewhere", {}, ["vami.backups"]) if judge.parameter("vcenter_backup_elsewhere") == true

else := judge.fail("unsafe", {}, ["vami.backups"])

# METADATA
# title: vCenter answers to management networks alone
# description: >-
#   vCenter's services have had holes that needed no login (CVE-2021-21985, CVE-2023-34048); whether the whole company
#   could use them was decided by this list. By default it is empty and everybody is let in.
# custom:
#   id: SCG-vcenter-8.vami-firewall-restrict-access
#   severity: high
#   family: API
#   facts: ["vami.firewall"]
#   safe: "accepts only management_networks and rejects the rest"
#   default: "no rules: any address"
#   remediation: >-
#     Appliance management (port 5480), Networking, Firewall: first a rule that accepts your own network, then one that
#     rejects 0.0.0.0/0; or PUT /api/appliance/networking/firewall/inbound
#   disable:
#     how: >-
#       a rule that accepts the one further network, under a waiver
#     restart: >-
#       none; connections that are open stay
#     rollback: >-
#       delete that rule
#   messages:
#     safe: "Only management networks are let in"
#     open: "Every address is let in by a rule"
#     unclosed: "No rule refuses the other addresses"
#     foreign: "{found} are let in and are no management networks"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-firewall-restrict-access; it names PCI
#     DSS 4.0 1.3.1, 1.4.1, 1.4.2, 1.4.4
#   always: true
scg_vcenter_8_vami_firewall_restrict_access := judge.unreadable(["vami.firewall"]) if not judge.readable("vami.firewall")

else := judge.fail("open", {}, ["vami.firewall"]) if open_door

else := judge.fail("unclosed", {}, ["vami.firewall"]) if not closed

else := judge.parameter_not_set("management_networks", ["vami.firewall"]) if not judge.parameter("management_networks")

else := judge.fail("foreign", {"found": foreign_sources}, ["vami.firewall"]) if count(foreign_sources) > 0

else := judge.pass("safe", {}, ["vami.firewall"])

# METADATA
# title: The release of vCenter is under general support
# description: >-
#   A vCenter without support keeps its holes, and whoever holds vCenter holds every host. Its end is that of the vSphere
#   release: 7.0 on 2 October 2025, 8.0 on 11 October 2027.
# custom:
#   id: SCG-vcenter-8.supported
#   severity: medium
#   family: UPD
#   facts: ["product"]
#   safe: "a release whose general support has not ended"
#   default: "the release that was installed"
#   remediation: >-
#     Upgrade vCenter with the installer of the new release, before the hosts
#   disable:
#     how: >-
#       no single switch: a waiver that names the release and its end
#     restart: >-
#       vCenter is away during the upgrade; guests keep running
#     rollback: >-
#       upgrade
#   messages:
#     safe: "Release {found} is supported until {until}"
#     unsafe: "Support of release {found} ended on {until}"
#     unrecognised: "No end of support is known for release {found}; vsphere_support can name it"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.supported; it names PCI DSS 4.0 6.3.3
#   always: true
scg_vcenter_8_supported := vmware_sites.supported("product")

# METADATA
# title: Updates of vCenter are installed
# description: >-
#   CVE-2024-38812 and CVE-2024-38813 gave root on vCenter to anybody who could reach it; the first fix was incomplete,
#   so that only the build tells. vCenter is updated before its hosts.
# custom:
#   id: SCG-vcenter-8.vami-updates
#   severity: high
#   family: UPD
#   facts: ["product"]
#   safe: "at least the build that vcenter_builds names for the release"
#   default: "behind"
#   remediation: >-
#     Appliance management (port 5480), Update: stage and install; or POST
#     /api/appliance/update/pending/VERSION?action=stage-and-install
#   disable:
#     how: >-
#       no single switch: a vCenter that cannot be updated yet is named in a waiver with its end
#     restart: >-
#       vCenter is away for the update; guests keep running
#     rollback: >-
#       install the update
#   messages:
#     safe: "{found} is current"
#     unsafe: "{found} is behind build {wanted}"
#     unnamed: "{found}: vcenter_builds names no build for this release"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-updates; it names PCI DSS 4.0 6.3.3
#   always: true
scg_vcenter_8_vami_updates := vmware_sites.current("product", "vcenter_builds")

# distant: a number of days that no appliance is used for. A text would be greater than any number.
distant(days) if {
	is_number(days)
	days >= 9999
}
