# Accounts of an ESXi host: how they are locked, what their passwords must be, and which of them may open a shell.
package ringwall.controls.vmware_esxi.accounts

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_host
import data.ringwall.lib.vmware_option

# METADATA
# title: Locked accounts stay locked for 15 minutes
# description: >-
#   Locking an account slows guessing down only while the lock lasts. A short time gives the guesser a new round at once;
#   no time at all leaves an administrator locked out until somebody comes to the console.
# custom:
#   id: SCG-esxi-8.account-auto-unlock-time
#   severity: medium
#   family: API
#   facts: ["option.Security.AccountUnlockTime"]
#   safe: "900 (seconds) or more"
#   default: "900"
#   remediation: >-
#     esxcli system settings advanced set -o /Security/AccountUnlockTime -i 900
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Security/AccountUnlockTime -i 60 shortens the lock to a minute, under a
#       waiver
#     restart: >-
#       none; holds for the next account that is locked
#     rollback: >-
#       esxcli system settings advanced set -o /Security/AccountUnlockTime -i 900; read it back
#   messages:
#     safe: "A locked account is released after {found} seconds"
#     unsafe: "A locked account is released after {found} seconds instead of at least {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-auto-unlock-time; it names DISA STIG
#     ESXI-80-000111 and PCI DSS 4.0 8.3.4
#   always: true
scg_esxi_8_account_auto_unlock_time := vmware_option.at_least("Security.AccountUnlockTime", "900")

# METADATA
# title: No shell for the account dcui
# description: >-
#   The account dcui exists so that the console menu can run apart from root. Nobody logs in with it, yet it is given a
#   shell by default: a foothold in the menu becomes a command line.
# custom:
#   id: SCG-esxi-8.account-dcui
#   severity: high
#   family: API
#   facts: ["account.dcui"]
#   safe: "no shell access"
#   default: "shell access"
#   remediation: >-
#     esxcli system account set --id=dcui --shell-access=false
#   disable:
#     how: >-
#       esxcli system account set --id=dcui --shell-access=true
#     restart: >-
#       none
#     rollback: >-
#       esxcli system account set --id=dcui --shell-access=false
#   messages:
#     safe: "dcui has no shell"
#     unsafe: "dcui may open a shell"
#     none: "The host has no account dcui"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-dcui; it names DISA STIG ESXI-80-000249
#     and PCI DSS 4.0 2.2.4
scg_esxi_8_account_dcui := vmware_host.no_shell("dcui")

# METADATA
# title: Accounts are locked after five failed logins
# description: >-
#   Without a limit an attacker who reaches the login of the API or of SSH tries passwords for as long as it takes; 0
#   switches the lock off. Too low a number lets a script with an old password lock everybody out.
# custom:
#   id: SCG-esxi-8.account-lockout
#   severity: medium
#   family: API
#   facts: ["option.Security.AccountLockFailures"]
#   safe: "1 to 5"
#   default: "5"
#   remediation: >-
#     esxcli system settings advanced set -o /Security/AccountLockFailures -i 5. DISA asks for 3: set vmware_options
#     where more than 3 shall fail
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Security/AccountLockFailures -i 0 switches the lock off, under a waiver
#       that ends
#     restart: >-
#       none; holds for the next failed login
#     rollback: >-
#       esxcli system settings advanced set -o /Security/AccountLockFailures -i 5; read it back
#   messages:
#     safe: "An account is locked after {found} failed logins"
#     unsafe: "An account is locked after {found} failed logins instead of at most {wanted}; 0 means never"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-lockout; it names DISA STIG
#     ESXI-80-000005 and PCI DSS 4.0 8.3.4
#   always: true
scg_esxi_8_account_lockout := vmware_option.at_most("Security.AccountLockFailures", "5")

# METADATA
# title: The last five passwords cannot be used again
# description: >-
#   A password that leaked stays usable for those who hold it if its owner may return to it. The host compares a new
#   password with as many old ones as this number says.
# custom:
#   id: SCG-esxi-8.account-password-history
#   severity: medium
#   family: API
#   facts: ["option.Security.PasswordHistory"]
#   safe: "5 or more"
#   default: "5"
#   remediation: >-
#     esxcli system settings advanced set -o /Security/PasswordHistory -i 5
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Security/PasswordHistory -i 0 lets any password be used again, under a
#       waiver
#     restart: >-
#       none; holds for the next change of a password
#     rollback: >-
#       esxcli system settings advanced set -o /Security/PasswordHistory -i 5; read it back
#   messages:
#     safe: "The last {found} passwords are refused"
#     unsafe: "The last {found} passwords are refused instead of at least {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-password-history; it names DISA STIG
#     ESXI-80-000043 and PCI DSS 4.0 8.3.7
#   always: true
scg_esxi_8_account_password_history := vmware_option.at_least("Security.PasswordHistory", "5")

# METADATA
# title: Passwords do not expire by the calendar
# description: >-
#   NIST SP 800-63B found that forced changes lead to weaker, numbered passwords. A long password is kept until there is
#   a reason to change it; on a host, whose root account is rarely used, an expired one also locks its owner out during
#   an emergency.
# custom:
#   id: SCG-esxi-8.account-password-max-days
#   severity: medium
#   family: API
#   facts: ["option.Security.PasswordMaxDays"]
#   safe: "9999"
#   default: "99999"
#   remediation: >-
#     esxcli system settings advanced set -o /Security/PasswordMaxDays -i 9999. PCI DSS 8.3.9 and DISA ask for 90: set
#     vmware_options for that
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Security/PasswordMaxDays -i 90 where a rule of the site asks for expiry;
#       better name it in vmware_options
#     restart: >-
#       none; holds for the next login
#     rollback: >-
#       esxcli system settings advanced set -o /Security/PasswordMaxDays -i 9999; read it back
#   messages:
#     safe: "Passwords are valid for {found} days"
#     unsafe: "Passwords are valid for {found} days instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-password-max-days; it names DISA STIG
#     ESXI-80-000227 and PCI DSS 4.0 8.3.9
#   always: true
scg_esxi_8_account_password_max_days := vmware_option.equals("Security.PasswordMaxDays", "9999")

# METADATA
# title: Passwords of at least 15 characters
# description: >-
#   Seven characters of four classes, which ESXi takes by default, are guessed offline within hours. The length of a
#   passphrase protects better than a mixture of classes; similar=deny refuses an old password with one digit changed.
# custom:
#   id: SCG-esxi-8.account-password-policies
#   severity: high
#   family: API
#   facts: ["option.Security.PasswordQualityControl"]
#   safe: "similar=deny retry=3 min=disabled,disabled,disabled,disabled,15 max=64"
#   default: "retry=3 min=disabled,disabled,disabled,7,7"
#   remediation: >-
#     esxcli system settings advanced set -o /Security/PasswordQualityControl -s "similar=deny retry=3
#     min=disabled,disabled,disabled,disabled,15 max=64"
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /Security/PasswordQualityControl -s "retry=3
#       min=disabled,disabled,disabled,7,7" for an appliance that cannot take long passwords
#     restart: >-
#       none; holds for the next change of a password
#     rollback: >-
#       esxcli system settings advanced set -o /Security/PasswordQualityControl -s "similar=deny retry=3
#       min=disabled,disabled,disabled,disabled,15 max=64"; read it back
#   messages:
#     safe: "The rule for passwords is {found}"
#     unsafe: "The rule for passwords is {found} instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-password-policies; it names DISA STIG
#     ESXI-80-000035, ESXI-80-000044 and PCI DSS 4.0 8.3.1, 8.3.6
#   always: true
scg_esxi_8_account_password_policies := vmware_option.equals("Security.PasswordQualityControl", "similar=deny retry=3 min=disabled,disabled,disabled,disabled,15 max=64")

# METADATA
# title: No shell for the account vpxuser
# description: >-
#   vCenter logs in to every host as vpxuser and holds its password. Whoever reads it out of vCenter gets, with shell
#   access, a command line on all hosts that no role of vCenter limits.
# custom:
#   id: SCG-esxi-8.account-vpxuser
#   severity: low
#   family: API
#   facts: ["account.vpxuser"]
#   safe: "no shell access"
#   default: "shell access"
#   remediation: >-
#     esxcli system account set --id=vpxuser --shell-access=false (from an account that keeps shell access: afterwards
#     vCenter, which works as vpxuser, can no longer change it for others)
#   disable:
#     how: >-
#       esxcli system account set --id=vpxuser --shell-access=true on the host itself, by an account that still has shell
#       access
#     restart: >-
#       none
#     rollback: >-
#       esxcli system account set --id=vpxuser --shell-access=false
#   messages:
#     safe: "vpxuser has no shell"
#     unsafe: "vpxuser may open a shell"
#     none: "The host has no account vpxuser: no vCenter manages it"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.account-vpxuser
scg_esxi_8_account_vpxuser := vmware_host.no_shell("vpxuser")

# METADATA
# title: Domains are joined through the vSphere Authentication Proxy
# description: >-
#   A host that joins a domain by itself is given the credentials of a domain account, which then stand in its
#   configuration and in host profiles. The proxy joins hosts without any of them seeing such a password. The API shows
#   that a host is a member and not how it became one.
# custom:
#   id: SCG-esxi-8.ad-auth-proxy
#   severity: high
#   family: API
#   facts: ["domain"]
#   safe: "joined through the proxy, or no member of a domain"
#   default: "no member of a domain"
#   remediation: >-
#     Leave the domain (esxcli has no command for it: Get-VMHostAuthentication -VMHost HOST | Set-VMHostAuthentication
#     -LeaveDomain), start the vSphere Authentication Proxy service of vCenter and join with its address
#   disable:
#     how: >-
#       Set-VMHostAuthentication -JoinDomain with a user name and password, under a waiver; change that password
#       afterwards
#     restart: >-
#       none
#     rollback: >-
#       leave the domain and join through the proxy
#   messages:
#     none: "The host is no member of a domain"
#     safe: "The host is a member of {domain}; the site says that the proxy joined it"
#     unsafe: "The host is a member of {domain} and was joined with credentials of its own"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.ad-auth-proxy; it names DISA STIG ESXI-80-000240
scg_esxi_8_ad_auth_proxy := judge.unreadable(["domain"]) if not judge.readable("domain")

else := judge.not_applicable("none", {}, ["domain"]) if judge.absent("domain")

else := judge.pass("safe", {"domain": judge.value("domain").name}, ["domain"]) if judge.parameter("esxi_domain_by_proxy") == true

else := judge.fail("unsafe", {"domain": judge.value("domain").name}, ["domain"]) if judge.parameter("esxi_domain_by_proxy") == false

else := judge.parameter_not_set("esxi_domain_by_proxy", ["domain"])
