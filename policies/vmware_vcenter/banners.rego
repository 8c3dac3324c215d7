# Texts that vCenter shows before somebody logs in.
package ringwall.controls.vmware_vcenter.banners

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_option
import data.ringwall.lib.vmware_vcenter

# METADATA
# title: The login page of vCenter shows a message
# description: >-
#   The page is the front door of the whole estate. A message that is written and not switched on is seen by nobody.
# custom:
#   id: SCG-vcenter-8.administration-login-message-enable
#   severity: medium
#   family: LOG
#   facts: ["banner.enabled"]
#   safe: "on"
#   default: "off"
#   remediation: >-
#     /opt/vmware/bin/sso-config.sh -set_logon_banner -title "TITLE" FILE on the appliance (or vSphere Client:
#     Administration, Single Sign On, Configuration, Login Message)
#   disable:
#     how: >-
#       sso-config.sh -set_logon_banner with the consent check box off, or the switch Show login message in the vSphere
#       Client
#     restart: >-
#       none
#     rollback: >-
#       /opt/vmware/bin/sso-config.sh -set_logon_banner -title "TITLE" FILE on the appliance (or vSphere Client:
#       Administration, Single Sign On, Configuration, Login Message)
#   messages:
#     safe: "The message is shown"
#     unsafe: "The message is not shown"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-login-message-enable; it names
#     DISA STIG VCSA-80-000024
#   always: true
scg_vcenter_8_administration_login_message_enable := vmware_vcenter.is_true("banner.enabled")

# METADATA
# title: The login page says whose system it is
# description: >-
#   The line on the login page is what an intruder must have read before going on, and what a court will ask about. Its
#   words are for the site's lawyers.
# custom:
#   id: SCG-vcenter-8.administration-login-message-text
#   severity: medium
#   family: LOG
#   facts: ["banner.title"]
#   safe: "a text that the site has agreed on"
#   default: "none"
#   remediation: >-
#     /opt/vmware/bin/sso-config.sh -set_logon_banner -title "TITLE" FILE on the appliance (or vSphere Client:
#     Administration, Single Sign On, Configuration, Login Message)
#   disable:
#     how: >-
#       an empty text in the same place
#     restart: >-
#       none
#     rollback: >-
#       /opt/vmware/bin/sso-config.sh -set_logon_banner -title "TITLE" FILE on the appliance (or vSphere Client:
#       Administration, Single Sign On, Configuration, Login Message)
#   messages:
#     safe: "The login page says: {found}"
#     unsafe: "The login page says nothing"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-login-message-text; it names
#     DISA STIG VCSA-80-000024
#   always: true
scg_vcenter_8_administration_login_message_text := vmware_vcenter.filled("banner.title")

# METADATA
# title: The login page leads to the terms of use
# description: >-
#   The line on the page links to a longer text: who may use the system, that use is recorded, what follows misuse.
#   Without it people agree to nothing in particular.
# custom:
#   id: SCG-vcenter-8.administration-login-message-details
#   severity: medium
#   family: LOG
#   facts: ["banner.content"]
#   safe: "a text that the site has agreed on"
#   default: "none"
#   remediation: >-
#     /opt/vmware/bin/sso-config.sh -set_logon_banner -title "TITLE" FILE on the appliance (or vSphere Client:
#     Administration, Single Sign On, Configuration, Login Message)
#   disable:
#     how: >-
#       an empty text in the same place
#     restart: >-
#       none
#     rollback: >-
#       /opt/vmware/bin/sso-config.sh -set_logon_banner -title "TITLE" FILE on the appliance (or vSphere Client:
#       Administration, Single Sign On, Configuration, Login Message)
#   messages:
#     safe: "The terms begin: {found}"
#     unsafe: "There are no terms behind the message"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.administration-login-message-details; it
#     names DISA STIG VCSA-80-000024
#   always: true
scg_vcenter_8_administration_login_message_details := vmware_vcenter.filled("banner.content")

# METADATA
# title: A banner of the site before login over SSH to vCenter
# description: >-
#   The text that the appliance ships with tells everybody who connects its product, version and build: the first thing
#   an attacker looks up. Put the site's own words there.
# custom:
#   id: SCG-vcenter-8.etc-issue
#   severity: medium
#   family: API
#   facts: ["option.etc.issue"]
#   safe: "a text that the site has agreed on"
#   default: "the product with its version"
#   remediation: >-
#     Get-AdvancedSetting -Entity VCENTER -Name etc.issue | Set-AdvancedSetting -Value "TEXT"
#   disable:
#     how: >-
#       Set-AdvancedSetting -Value "" leaves SSH without a banner
#     restart: >-
#       none
#     rollback: >-
#       Set-AdvancedSetting -Value "TEXT" again
#   messages:
#     safe: "SSH shows a banner: {found}"
#     unsafe: "SSH shows no banner"
#     stock: "SSH shows the product and its version: {found}"
#     absent: "The list of settings has no {key}, so that its text is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.etc-issue; it names DISA STIG PHTN-40-000005
#   always: true
scg_vcenter_8_etc_issue := judge.fail("stock", {"found": vmware_option.first_line(vmware_option.shown("etc.issue"))}, ["option.etc.issue"]) if regex.match(`(?i)vmware vcenter|platform services controller`, vmware_option.shown("etc.issue"))

else := vmware_option.filled("etc.issue")
