# Texts that a host shows before somebody logs in. What they say is for the site's lawyers; that there is one can be judged.
package ringwall.controls.vmware_esxi.banners

import data.ringwall.lib.vmware_option

# METADATA
# title: A banner on the console and in the host client
# description: >-
#   A notice before login takes away the defence of not having known. It also covers the address and the version that the
#   console menu otherwise shows to anybody who stands in front of the machine.
# custom:
#   id: SCG-esxi-8.annotations-welcomemessage
#   severity: medium
#   family: API
#   facts: ["option.Annotations.WelcomeMessage"]
#   safe: "a text that the site has agreed on"
#   default: "empty"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Annotations.WelcomeMessage | Set-AdvancedSetting -Value "TEXT"
#   disable:
#     how: >-
#       Set-AdvancedSetting -Value "" brings the ordinary console screen back
#     restart: >-
#       none
#     rollback: >-
#       Set-AdvancedSetting -Value "TEXT" again
#   messages:
#     safe: "The console shows a banner: {found}"
#     unsafe: "The console shows no banner"
#     absent: "The list of options has no {key}, so that its text is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.annotations-welcomemessage; it names DISA STIG
#     ESXI-80-000006, ESXI-80-000007
#   always: true
scg_esxi_8_annotations_welcomemessage := vmware_option.filled("Annotations.WelcomeMessage")

# METADATA
# title: A banner before login over SSH
# description: >-
#   SSH is for emergencies, when people in a hurry log in to a machine that carries many others. The text of /etc/issue
#   tells them, and intruders, whose machine it is and that sessions are recorded.
# custom:
#   id: SCG-esxi-8.etc-issue
#   severity: medium
#   family: API
#   facts: ["option.Config.Etc.issue"]
#   safe: "a text that the site has agreed on"
#   default: "empty"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Config.Etc.issue | Set-AdvancedSetting -Value "TEXT"
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
#     absent: "The list of options has no {key}, so that its text is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.etc-issue; it names DISA STIG ESXI-80-000191
#   always: true
scg_esxi_8_etc_issue := vmware_option.filled("Config.Etc.issue")
