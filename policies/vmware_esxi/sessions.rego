# How long a session may be idle before the host ends it, and which warnings it may hide.
package ringwall.controls.vmware_esxi.sessions

import data.ringwall.lib.vmware_option

# METADATA
# title: Idle sessions of the API end after 10 minutes
# description: >-
#   A script or a browser that was closed without logging out leaves a session with all the rights of its user. Whoever
#   gets hold of its cookie uses it until it expires.
# custom:
#   id: SCG-esxi-8.api-soap-timeout
#   severity: medium
#   family: API
#   facts: ["option.Config.HostAgent.vmacore.soap.sessionTimeout"]
#   safe: "1 to 10 (minutes)"
#   default: "30"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.vmacore.soap.sessionTimeout | Set-AdvancedSetting -Value 10
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.vmacore.soap.sessionTimeout | Set-AdvancedSetting -Value
#       30, for a client that cannot keep its session alive
#     restart: >-
#       restart of hostd (/etc/init.d/hostd restart); guests keep running
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.vmacore.soap.sessionTimeout | Set-AdvancedSetting -Value
#       10; read it back
#   messages:
#     safe: "API sessions end after {found} minutes"
#     unsafe: "API sessions end after {found} minutes instead of at most {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.api-soap-timeout; it names DISA STIG
#     ESXI-80-000226 and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_api_soap_timeout := vmware_option.at_most("Config.HostAgent.vmacore.soap.sessionTimeout", "10")

# METADATA
# title: The console menu logs out after 10 minutes
# description: >-
#   The console menu resets the root password, the network and lockdown mode. Left logged in, it is open to anybody who
#   passes the rack or holds the management controller's console; 0 never logs out.
# custom:
#   id: SCG-esxi-8.dcui-timeout
#   severity: medium
#   family: API
#   facts: ["option.UserVars.DcuiTimeOut"]
#   safe: "1 to 600 (seconds)"
#   default: "600"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/DcuiTimeOut -i 600
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/DcuiTimeOut -i 0 while somebody works at the console
#     restart: >-
#       none
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/DcuiTimeOut -i 600; read it back
#   messages:
#     safe: "The console menu logs out after {found} seconds"
#     unsafe: "The console menu logs out after {found} seconds instead of at most {wanted}; 0 means never"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.dcui-timeout; it names DISA STIG ESXI-80-000196
#     and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_dcui_timeout := vmware_option.at_most("UserVars.DcuiTimeOut", "600")

# METADATA
# title: The host client logs out after 15 minutes
# description: >-
#   The web client of a host works around vCenter and its roles. A tab that was forgotten on a shared workstation keeps
#   root logged in; 0 never ends the session.
# custom:
#   id: SCG-esxi-8.host-client-session-timeout
#   severity: medium
#   family: API
#   facts: ["option.UserVars.HostClientSessionTimeout"]
#   safe: "1 to 900 (seconds)"
#   default: "900"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/HostClientSessionTimeout -i 900
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/HostClientSessionTimeout -i 0 for a screen that shows the state
#       of the host
#     restart: >-
#       none
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/HostClientSessionTimeout -i 900; read it back
#   messages:
#     safe: "The host client logs out after {found} seconds"
#     unsafe: "The host client logs out after {found} seconds instead of at most {wanted}; 0 means never"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.host-client-session-timeout; it names DISA STIG
#     ESXI-80-000010 and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_host_client_session_timeout := vmware_option.at_most("UserVars.HostClientSessionTimeout", "900")

# METADATA
# title: Idle shells are closed after 15 minutes
# description: >-
#   A shell on a host is root over every guest on it. By default an idle one is never closed, neither at the console nor
#   over SSH.
# custom:
#   id: SCG-esxi-8.shell-interactive-timeout
#   severity: high
#   family: API
#   facts: ["option.UserVars.ESXiShellInteractiveTimeOut"]
#   safe: "1 to 900 (seconds)"
#   default: "0"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/ESXiShellInteractiveTimeOut -i 900
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/ESXiShellInteractiveTimeOut -i 0 for one long piece of work
#     restart: >-
#       none; holds for shells that are opened afterwards
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/ESXiShellInteractiveTimeOut -i 900; read it back
#   messages:
#     safe: "An idle shell is closed after {found} seconds"
#     unsafe: "An idle shell is closed after {found} seconds instead of at most {wanted}; 0 means never"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.shell-interactive-timeout; it names DISA STIG
#     ESXI-80-000068 and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_shell_interactive_timeout := vmware_option.at_most("UserVars.ESXiShellInteractiveTimeOut", "900")

# METADATA
# title: Shell and SSH are switched off again after 10 minutes
# description: >-
#   SSH is switched on for an incident and forgotten. This time switches the services off by themselves; sessions that
#   are open stay. By default they run until somebody remembers, or the host is started again.
# custom:
#   id: SCG-esxi-8.shell-timeout
#   severity: high
#   family: API
#   facts: ["option.UserVars.ESXiShellTimeOut"]
#   safe: "1 to 600 (seconds)"
#   default: "0"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/ESXiShellTimeOut -i 600
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/ESXiShellTimeOut -i 0 before a long intervention
#     restart: >-
#       none; counts from the next start of the service
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/ESXiShellTimeOut -i 600; read it back
#   messages:
#     safe: "Shell and SSH stop after {found} seconds"
#     unsafe: "Shell and SSH stop after {found} seconds instead of at most {wanted}; 0 means never"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.shell-timeout; it names DISA STIG ESXI-80-000195
#     and PCI DSS 4.0 8.2.8
#   always: true
scg_esxi_8_shell_timeout := vmware_option.at_most("UserVars.ESXiShellTimeOut", "600")

# METADATA
# title: The warning about hyperthreading is not hidden
# description: >-
#   The host warns while its scheduler lets guests of different owners share a core that is open to L1TF and its
#   relatives. Hidden, nobody sees that the mitigation is not in force.
# custom:
#   id: SCG-esxi-8.cpu-hyperthread-warning
#   severity: medium
#   family: API
#   facts: ["option.UserVars.SuppressHyperthreadWarning"]
#   safe: "0"
#   default: "0"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/SuppressHyperthreadWarning -i 0
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/SuppressHyperthreadWarning -i 1 once the risk is accepted in
#       writing
#     restart: >-
#       none
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/SuppressHyperthreadWarning -i 0; read it back
#   messages:
#     safe: "The warning is shown"
#     unsafe: "The warning about hyperthreading is hidden (SuppressHyperthreadWarning = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.cpu-hyperthread-warning; it names DISA STIG
#     ESXI-80-000223
#   always: true
scg_esxi_8_cpu_hyperthread_warning := vmware_option.equals("UserVars.SuppressHyperthreadWarning", "0")

# METADATA
# title: The warning about a running shell is not hidden
# description: >-
#   A yellow mark in vCenter is often the first sign that somebody, or some malware such as the ESXiArgs scripts, has
#   switched SSH on. The option takes the mark away and nothing else.
# custom:
#   id: SCG-esxi-8.shell-warning
#   severity: medium
#   family: API
#   facts: ["option.UserVars.SuppressShellWarning"]
#   safe: "0"
#   default: "0"
#   remediation: >-
#     esxcli system settings advanced set -o /UserVars/SuppressShellWarning -i 0
#   disable:
#     how: >-
#       esxcli system settings advanced set -o /UserVars/SuppressShellWarning -i 1 for the length of an intervention
#     restart: >-
#       none
#     rollback: >-
#       esxcli system settings advanced set -o /UserVars/SuppressShellWarning -i 0; read it back
#   messages:
#     safe: "The warning is shown"
#     unsafe: "The warning about a running shell is hidden (SuppressShellWarning = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.shell-warning; it names DISA STIG ESXI-80-000222
#   always: true
scg_esxi_8_shell_warning := vmware_option.equals("UserVars.SuppressShellWarning", "0")
