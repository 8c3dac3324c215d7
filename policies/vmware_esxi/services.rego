# Services of a host that can be reached from the network and that few installations need.
package ringwall.controls.vmware_esxi.services

import data.ringwall.lib.vmware_host
import data.ringwall.lib.vmware_option

# METADATA
# title: CIM service off
# description: >-
#   The CIM broker answers queries about hardware on TCP 5989 with its own parsers and providers of vendors, and has had
#   flaws that need no login. Hosts that are watched through the management controller do not need it.
# custom:
#   id: SCG-esxi-8.deactivate-cim
#   severity: high
#   family: API
#   facts: ["service.sfcbd-watchdog"]
#   safe: "not running; policy off (start and stop manually)"
#   default: "stopped; starts with the host"
#   remediation: >-
#     Get-VMHostService -VMHost HOST | Where-Object Key -eq sfcbd-watchdog | Set-VMHostService -Policy Off; the same |
#     Stop-VMHostService
#   disable:
#     how: >-
#       Set-VMHostService -Policy On; Start-VMHostService, for hardware monitoring that has no other way
#     restart: >-
#       none
#     rollback: >-
#       Stop-VMHostService; Set-VMHostService -Policy Off
#   messages:
#     safe: "The CIM service is off"
#     running: "The CIM service runs"
#     starts: "The CIM service is set to start ({policy})"
#     none: "The host has no such service"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.deactivate-cim; it names DISA STIG
#     ESXI-80-000228 and PCI DSS 4.0 2.2.4
scg_esxi_8_deactivate_cim := vmware_host.stopped("sfcbd-watchdog")

# METADATA
# title: Managed Object Browser off
# description: >-
#   The browser at /mob shows and calls every object of the host's API from a web page. It helps people who write
#   programs; to an intruder with a session it is a ready tool.
# custom:
#   id: SCG-esxi-8.deactivate-mob
#   severity: medium
#   family: API
#   facts: ["option.Config.HostAgent.plugins.solo.enableMob"]
#   safe: "false"
#   default: "false"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.plugins.solo.enableMob | Set-AdvancedSetting -Value false
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.plugins.solo.enableMob | Set-AdvancedSetting -Value true
#       while a program is being written
#     restart: >-
#       none
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.plugins.solo.enableMob | Set-AdvancedSetting -Value
#       false; read it back
#   messages:
#     safe: "The object browser is off"
#     unsafe: "The object browser is on (enableMob = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.deactivate-mob; it names DISA STIG
#     ESXI-80-000047 and PCI DSS 4.0 2.2.4
#   always: true
scg_esxi_8_deactivate_mob := vmware_option.equals("Config.HostAgent.plugins.solo.enableMob", "false")

# METADATA
# title: ESXi Shell off
# description: >-
#   The local shell at the console is root without vCenter's roles, tasks and events. Malware that has the management
#   controller's console types into it.
# custom:
#   id: SCG-esxi-8.deactivate-shell
#   severity: medium
#   family: API
#   facts: ["service.TSM"]
#   safe: "not running; policy off (start and stop manually)"
#   default: "stopped; started by hand"
#   remediation: >-
#     Get-VMHostService -VMHost HOST | Where-Object Key -eq TSM | Set-VMHostService -Policy Off; the same |
#     Stop-VMHostService
#   disable:
#     how: >-
#       Start-VMHostService for TSM and leave the policy at Off, so that it ends with the next start of the host
#     restart: >-
#       none
#     rollback: >-
#       Stop-VMHostService; policy Off
#   messages:
#     safe: "The shell is off"
#     running: "The shell runs"
#     starts: "The shell is set to start ({policy})"
#     none: "The host has no such service"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.deactivate-shell; it names DISA STIG
#     ESXI-80-000194 and PCI DSS 4.0 2.2.4
scg_esxi_8_deactivate_shell := vmware_host.stopped("TSM")

# METADATA
# title: SLP service off
# description: >-
#   OpenSLP on port 427 was the way in of the ESXiArgs campaign of 2023 (CVE-2021-21974) and can be used to amplify
#   attacks on others. New installations of 7.0 U2c and later leave it off.
# custom:
#   id: SCG-esxi-8.deactivate-slp
#   severity: medium
#   family: API
#   facts: ["service.slpd"]
#   safe: "not running; policy off (start and stop manually)"
#   default: "stopped; started by hand"
#   remediation: >-
#     Get-VMHostService -VMHost HOST | Where-Object Key -eq slpd | Set-VMHostService -Policy Off; the same |
#     Stop-VMHostService
#   disable:
#     how: >-
#       Start-VMHostService for slpd, for CIM clients that discover hosts by SLP; leave the policy at Off
#     restart: >-
#       none
#     rollback: >-
#       Stop-VMHostService; policy Off; esxcli network firewall ruleset set -r CIMSLP -e 0
#   messages:
#     safe: "SLP is off"
#     running: "SLP runs"
#     starts: "SLP is set to start ({policy})"
#     none: "The host has no such service"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.deactivate-slp; it names DISA STIG
#     ESXI-80-000231 and PCI DSS 4.0 2.2.4
scg_esxi_8_deactivate_slp := vmware_host.stopped("slpd")

# METADATA
# title: SNMP service off
# description: >-
#   SNMP v1 and v2c send their community, which is a password, in clear and answer anybody who knows it. Where hosts are
#   not watched by SNMP the agent is one more parser on the management network.
# custom:
#   id: SCG-esxi-8.deactivate-snmp
#   severity: high
#   family: API
#   facts: ["service.snmpd"]
#   safe: "not running; policy off (start and stop manually)"
#   default: "stopped; starts with the host"
#   remediation: >-
#     Get-VMHostService -VMHost HOST | Where-Object Key -eq snmpd | Set-VMHostService -Policy Off; the same |
#     Stop-VMHostService
#   disable:
#     how: >-
#       esxcli system snmp set -e true with v3 users only; Set-VMHostService -Policy On
#     restart: >-
#       none
#     rollback: >-
#       esxcli system snmp set -e false; Stop-VMHostService; policy Off
#   messages:
#     safe: "SNMP is off"
#     running: "SNMP runs"
#     starts: "SNMP is set to start ({policy})"
#     none: "The host has no such service"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.deactivate-snmp; it names DISA STIG
#     ESXI-80-000212 and PCI DSS 4.0 2.2.4, 2.2.5
scg_esxi_8_deactivate_snmp := vmware_host.stopped("snmpd")

# METADATA
# title: SSH off
# description: >-
#   SSH gives root a shell from the network. Ransomware for ESXi switches it on, copies its encryptor over it and stops
#   all guests; with SSH off, lockdown mode on and a shell timeout that takes several more steps, each of them visible in
#   vCenter.
# custom:
#   id: SCG-esxi-8.deactivate-ssh
#   severity: medium
#   family: API
#   facts: ["service.TSM-SSH"]
#   safe: "not running; policy off (start and stop manually)"
#   default: "stopped; started by hand"
#   remediation: >-
#     Get-VMHostService -VMHost HOST | Where-Object Key -eq TSM-SSH | Set-VMHostService -Policy Off; the same |
#     Stop-VMHostService
#   disable:
#     how: >-
#       Start-VMHostService for TSM-SSH and leave the policy at Off, so that it ends with the next start of the host; set
#       UserVars.ESXiShellTimeOut; lockdown mode still keeps ordinary accounts out
#     restart: >-
#       none
#     rollback: >-
#       Stop-VMHostService; policy Off; sessions that are open end only when they are closed
#   messages:
#     safe: "SSH is off"
#     running: "SSH runs"
#     starts: "SSH is set to start ({policy})"
#     none: "The host has no such service"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.deactivate-ssh; it names DISA STIG
#     ESXI-80-000193 and PCI DSS 4.0 2.2.4
#   key50: 37
scg_esxi_8_deactivate_ssh := vmware_host.stopped("TSM-SSH")
