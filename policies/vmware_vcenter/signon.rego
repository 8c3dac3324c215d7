# Accounts of vCenter's single sign-on: when they are locked, what their passwords must be, and who is an administrator.
package ringwall.controls.vmware_vcenter.signon

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_vcenter

default domain := "vsphere.local"

domain := lower(judge.parameter("vcenter_sso_domain"))

outside := {member.name | some member in judge.value("sso.administrators"); member.domain != domain}

local := {member.name | some member in judge.value("sso.administrators"); member.domain == domain}

# What the guide asks of a password, by property of the policy: no less of these, and no more of those. More is stricter, or less.
least := {
	"MaxLength": 64, "MinAlphabeticCount": 2, "MinLength": 15, "MinLowercaseCount": 1, "MinNumericCount": 1, "MinSpecialCharCount": 1,
	"MinUppercaseCount": 1,
}

most := {"MaxIdenticalAdjacentCharacters": 3}

password_facts := [password(name) | some name in (object.keys(least) | object.keys(most))]

password(name) := concat(".", ["sso.password", name])

# differing: properties that are weaker than wanted
differing contains name if {
	some name, wanted in least
	judge.value(password(name)) < wanted
}

differing contains name if {
	some name, wanted in most
	judge.value(password(name)) > wanted
}

# A text would be greater than any number, and no repetition at all cannot be asked for.
differing contains name if {
	some name, _ in most
	judge.value(password(name)) <= 0
}

differing contains name if {
	some name in (object.keys(least) | object.keys(most))
	not is_number(judge.value(password(name)))
}

# METADATA
# title: Failed logins are counted over 15 minutes
# description: >-
#   Failed logins count towards the lock only if they fall into this time. With three minutes a patient script tries four
#   passwords, waits, and is never locked out.
# custom:
#   id: SCG-vcenter-8.administration-failed-login-interval
#   severity: medium
#   family: LOG
#   facts: ["sso.lockout.FailedAttemptIntervalSec"]
#   safe: "900 (seconds) or more"
#   default: "180"
#   remediation: >-
#     Get-SsoLockoutPolicy | Set-SsoLockoutPolicy -FailedAttemptIntervalSec 900
#   disable:
#     how: >-
#       Set-SsoLockoutPolicy -FailedAttemptIntervalSec 180
#     restart: >-
#       none
#     rollback: >-
#       Set-SsoLockoutPolicy -FailedAttemptIntervalSec 900
#   messages:
#     safe: "Failed logins are counted over {found} seconds"
#     unsafe: "Failed logins are counted over {found} seconds instead of at least {wanted}"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-failed-login-interval; it
#     names DISA STIG VCSA-80-000145 and PCI DSS 4.0 8.3.4
#   always: true
scg_vcenter_8_administration_failed_login_interval := vmware_vcenter.no_less("sso.lockout.FailedAttemptIntervalSec", 900)

# METADATA
# title: Administrators of vCenter are named in vCenter
# description: >-
#   Where a group of Active Directory stands among the administrators, whoever controls the directory makes himself
#   administrator of every host. Keep the list of administrators in the directory of single sign-on, and let the outside
#   directory only prove who somebody is. vSphere has no public interface for it: an export by Get-SsoGroup and
#   Get-SsoPersonUser is read.
# custom:
#   id: SCG-vcenter-8.administration-sso-groups
#   severity: high
#   family: DEV
#   facts: ["sso.administrators"]
#   safe: "members of the domain of single sign-on alone"
#   default: "members of the domain of single sign-on alone"
#   remediation: >-
#     Make a group in vsphere.local, put the people into it one by one, give it the role, and take the outside group out
#     of Administrators (Remove-GroupFromSsoGroup)
#   disable:
#     how: >-
#       Add-GroupToSsoGroup for the outside group, under a waiver with a short end
#     restart: >-
#       none; open sessions keep their rights until they end
#     rollback: >-
#       Remove-GroupFromSsoGroup
#   messages:
#     safe: "Administrators are {found}"
#     unsafe: "{found} are administrators by another directory"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-sso-groups; it names DISA STIG
#     VCSA-80-000298
#   always: true
scg_vcenter_8_administration_sso_groups := judge.unreadable(["sso.administrators"]) if not judge.readable("sso.administrators")

else := judge.fail("unsafe", {"found": outside}, ["sso.administrators"]) if count(outside) > 0

else := judge.pass("safe", {"found": local}, ["sso.administrators"])

# METADATA
# title: vCenter locks accounts after five failed logins
# description: >-
#   vCenter's login can be reached by everybody who works with it. Five attempts leave room for a mistyped password and
#   none for a word list.
# custom:
#   id: SCG-vcenter-8.administration-sso-lockout-policy-max-attempts
#   severity: medium
#   family: DEV
#   facts: ["sso.lockout.MaxFailedAttempts"]
#   safe: "1 to 5"
#   default: "5"
#   remediation: >-
#     Get-SsoLockoutPolicy | Set-SsoLockoutPolicy -MaxFailedAttempts 5
#   disable:
#     how: >-
#       Set-SsoLockoutPolicy -MaxFailedAttempts 20 while a program with an old password is looked for
#     restart: >-
#       none
#     rollback: >-
#       Set-SsoLockoutPolicy -MaxFailedAttempts 5
#   messages:
#     safe: "An account is locked after {found} failed logins"
#     unsafe: "An account is locked after {found} failed logins instead of at most {wanted}"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157),
#     vcenter-8.administration-sso-lockout-policy-max-attempts; it names DISA STIG VCSA-80-000023 and PCI DSS 4.0 8.3.4.
#     DISA asks for 3
#   always: true
scg_vcenter_8_administration_sso_lockout_policy_max_attempts := vmware_vcenter.no_more("sso.lockout.MaxFailedAttempts", 5)

# METADATA
# title: Locked accounts of vCenter wait for an administrator
# description: >-
#   An account that locks itself open again after five minutes gives a guesser twelve rounds an hour, for ever, and
#   nobody notices. With 0 an administrator has to look. The price: who can reach the login can lock people out.
# custom:
#   id: SCG-vcenter-8.administration-sso-lockout-policy-unlock-time
#   severity: high
#   family: LOG
#   facts: ["sso.lockout.AutoUnlockIntervalSec"]
#   safe: "0"
#   default: "300"
#   remediation: >-
#     Get-SsoLockoutPolicy | Set-SsoLockoutPolicy -AutoUnlockIntervalSec 0 (make sure that administrator@vsphere.local is
#     known and works)
#   disable:
#     how: >-
#       Set-SsoLockoutPolicy -AutoUnlockIntervalSec 300 during an attack that locks people out
#     restart: >-
#       none
#     rollback: >-
#       Set-SsoLockoutPolicy -AutoUnlockIntervalSec 0
#   messages:
#     safe: "A locked account stays locked"
#     unsafe: "A locked account is released after {found} seconds; {wanted} means by an administrator"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157),
#     vcenter-8.administration-sso-lockout-policy-unlock-time; it names DISA STIG VCSA-80-000266 and PCI DSS 4.0 8.3.4
#   always: true
scg_vcenter_8_administration_sso_lockout_policy_unlock_time := vmware_vcenter.equals("sso.lockout.AutoUnlockIntervalSec", 0)

# METADATA
# title: Passwords of vCenter do not expire by the calendar
# description: >-
#   Service accounts whose password expires at night stop backups and monitoring, and people who must change every
#   quarter count upwards. NIST SP 800-63B asks for a change when there is a reason, such as a leak.
# custom:
#   id: SCG-vcenter-8.administration-sso-password-lifetime
#   severity: medium
#   family: LOG
#   facts: ["sso.password.PasswordLifetimeDays"]
#   safe: "9999"
#   default: "90"
#   remediation: >-
#     Get-SsoPasswordPolicy | Set-SsoPasswordPolicy -PasswordLifetimeDays 9999
#   disable:
#     how: >-
#       Set-SsoPasswordPolicy -PasswordLifetimeDays 90 where a rule of the site asks for expiry
#     restart: >-
#       none
#     rollback: >-
#       Set-SsoPasswordPolicy -PasswordLifetimeDays 9999
#   messages:
#     safe: "Passwords are valid for {found} days"
#     unsafe: "Passwords are valid for {found} days instead of {wanted}"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-sso-password-lifetime; it
#     names DISA STIG VCSA-80-000079 and PCI DSS 4.0 8.3.9. PCI DSS 8.3.9 and DISA ask for 90
#   always: true
scg_vcenter_8_administration_sso_password_lifetime := vmware_vcenter.equals("sso.password.PasswordLifetimeDays", 9999)

# METADATA
# title: Passwords of vCenter have at least 15 characters
# description: >-
#   Hashes of single sign-on that were copied with a backup are attacked offline. Eight characters, the default, fall to
#   ordinary hardware; the maximum of twenty keeps people from using a sentence.
# custom:
#   id: SCG-vcenter-8.administration-sso-password-policy
#   severity: medium
#   family: DEV
#   facts: ["sso.password.MinLength", "sso.password.MaxLength", "sso.password.MinAlphabeticCount", "sso.password.MinUppercaseCount", "sso.password.MinLowercaseCount", "sso.password.MinNumericCount", "sso.password.MinSpecialCharCount", "sso.password.MaxIdenticalAdjacentCharacters"]
#   safe: "15 to 64 characters or more; 2 letters, 1 capital, 1 small, 1 digit, 1 special; 3 equal in a row at most"
#   default: "8 to 20 characters with the same classes"
#   remediation: >-
#     Get-SsoPasswordPolicy | Set-SsoPasswordPolicy -MinLength 15 -MaxLength 64 -MinNumericCount 1 -MinSpecialCharCount 1
#     -MinAlphabeticCount 2 -MinUppercaseCount 1 -MinLowercaseCount 1 -MaxIdenticalAdjacentCharacters 3
#   disable:
#     how: >-
#       Set-SsoPasswordPolicy -MinLength 8 -MaxLength 20 for a product that creates accounts with short passwords
#     restart: >-
#       none; holds for the next change of a password
#     rollback: >-
#       the command of the remediation
#   messages:
#     safe: "Passwords are as long and as mixed as wanted"
#     unsafe: "The policy for passwords differs in {found}"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-sso-password-policy; it names
#     DISA STIG VCSA-80-000069, VCSA-80-000071, VCSA-80-000072, VCSA-80-000073, VCSA-80-000074 and PCI DSS 4.0 8.3.1,
#     8.3.6
#   always: true
scg_vcenter_8_administration_sso_password_policy := judge.unreadable(password_facts) if not judge.all_readable(password_facts)

else := judge.fail("unsafe", {"found": differing}, [password(name) | some name in differing]) if count(differing) > 0

else := judge.pass("safe", {}, password_facts)

# METADATA
# title: The last five passwords of vCenter cannot be used again
# description: >-
#   Rules about composition tempt people to alternate between two passwords. Once either has leaked it works again with
#   every second change.
# custom:
#   id: SCG-vcenter-8.administration-sso-password-reuse
#   severity: medium
#   family: DEV
#   facts: ["sso.password.ProhibitedPreviousPasswordsCount"]
#   safe: "5 or more"
#   default: "5"
#   remediation: >-
#     Get-SsoPasswordPolicy | Set-SsoPasswordPolicy -ProhibitedPreviousPasswordsCount 5
#   disable:
#     how: >-
#       Set-SsoPasswordPolicy -ProhibitedPreviousPasswordsCount 0
#     restart: >-
#       none
#     rollback: >-
#       Set-SsoPasswordPolicy -ProhibitedPreviousPasswordsCount 5
#   messages:
#     safe: "The last {found} passwords are refused"
#     unsafe: "The last {found} passwords are refused instead of at least {wanted}"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-sso-password-reuse; it names
#     DISA STIG VCSA-80-000070 and PCI DSS 4.0 8.3.7
#   always: true
scg_vcenter_8_administration_sso_password_reuse := vmware_vcenter.no_less("sso.password.ProhibitedPreviousPasswordsCount", 5)

# METADATA
# title: The vSphere Client logs out after 15 minutes
# description: >-
#   A browser tab with the vSphere Client open is every right of its user. Two hours, the default, are long enough for
#   somebody else at the desk, or for a stolen cookie. There is no public interface for the value: the export names it.
# custom:
#   id: SCG-vcenter-8.administration-client-session-timeout
#   severity: high
#   family: LOG
#   facts: ["client.timeout"]
#   safe: "15 minutes or less"
#   default: "120 minutes"
#   remediation: >-
#     vSphere Client: Administration, Deployment, Client Configuration, Session timeout: 15 minutes
#   disable:
#     how: >-
#       the same place, 120 minutes, for a wall that shows the state of the estate, by an account that may only read
#     restart: >-
#       none; holds for the next login
#     rollback: >-
#       the same place, 15 minutes
#   messages:
#     safe: "The client logs out after {found} minutes"
#     unsafe: "The client logs out after {found} minutes instead of {wanted}"
#     never: "The client never logs out"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-client-session-timeout; it
#     names DISA STIG VCSA-80-000089 and PCI DSS 4.0 8.2.8
#   always: true
scg_vcenter_8_administration_client_session_timeout := vmware_vcenter.at_most("client.timeout", 15)
