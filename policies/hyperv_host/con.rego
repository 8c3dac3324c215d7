# Consoles of machines.
package ringwall.controls.hyperv_host.con

import data.ringwall.lib.judge

# METADATA
# title: Enhanced session off on servers
# description: >-
#   An enhanced session carries clipboard, drives, printers and devices between the viewer's computer and the guest over a
#   channel that no firewall sees. On a server it is one more way for files in and out.
# custom:
#   id: HVS-020
#   severity: low
#   family: CON
#   facts: ["host.enhancedSession", "windows.productType"]
#   safe: "False on servers"
#   default: "False on Windows Server, True on client Windows"
#   remediation: >-
#     Set-VMHost -EnableEnhancedSessionMode $false.
#   disable:
#     how: >-
#       Set-VMHost -EnableEnhancedSessionMode $true
#     restart: >-
#       none
#     rollback: >-
#       Set-VMHost -EnableEnhancedSessionMode $false
#   messages:
#     safe: "Enhanced sessions are off"
#     unsafe: "Enhanced sessions are on: clipboard, drives and devices reach the guests"
#     client: "The host is a client Windows, where users sit at their machines"
#   source: >-
#     learn.microsoft.com/powershell/module/hyper-v/set-vmhost EnableEnhancedSessionMode; itprotoday.com, enhanced session
#     mode (off by default on Server 2012 R2)
hvs_020 := judge.not_applicable("client", {}, ["windows.productType"]) if judge.value("windows.productType") == 1

else := judge.one_of("host.enhancedSession", {false}, false)
