# Logs of VMware Tools.
package ringwall.controls.vmware_guest.records

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_guest

# METADATA
# title: Logs of VMware Tools written
# description: >-
#   The log of the service shows guest operations, upgrades and customization as the guest saw them, which is the other
#   half of what the host's log says.
# custom:
#   id: SCG-guest-8.tools-enable-logging
#   severity: medium
#   family: LOG
#   facts: [tools.logging.log]
#   safe: "true; not set means the same"
#   default: "true"
#   remediation: >-
#     vmware-toolbox-cmd config set logging log true (VMwareToolboxCmd.exe on Windows), or log=true under [logging] in
#     tools.conf
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set logging log false
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set logging log true
#   messages:
#     undefined: "log is not set, which means on"
#     safe: "Logs are written"
#     unsafe: "Logs are not written (log is {found})"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-enable-logging; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_enable_logging := vmware_guest.by_default("tools.logging.log", {"true"})

# METADATA
# title: Logs of VMware Tools go to syslog
# description: >-
#   A file in the guest is changed by whoever took the guest. Through syslog, or the event log on Windows, the record of
#   guest operations leaves it with the others.
# custom:
#   id: SCG-guest-8.tools-enable-syslog
#   severity: high
#   family: LOG
#   facts: [tools.logging.vmsvc.handler, tools.logging.toolboxcmd.handler, tools.logging.vgauthsvc.handler, tools.logging.vmtoolsd.handler]
#   safe: "vmsvc.handler syslog, and no other service with another handler"
#   default: "file"
#   remediation: >-
#     vmware-toolbox-cmd config set logging vmsvc.handler syslog, and likewise toolboxcmd.handler, vgauthsvc.handler and
#     vmtoolsd.handler (VMwareToolboxCmd.exe on Windows)
#   disable:
#     how: >-
#       vmware-toolbox-cmd config set logging vmsvc.handler file
#     restart: "none; VMware Tools reads the file again within five seconds"
#     rollback: >-
#       vmware-toolbox-cmd config set logging vmsvc.handler syslog
#   messages:
#     safe: "Logs go to syslog"
#     undefined: "vmsvc.handler is not set, which means a file"
#     unsafe: "Logs do not go to syslog: {device} is {found}"
#   source: >-
#     VMware SCG 8 (803-20260612-01157), guest-8.tools-enable-syslog; open-vm-tools, tools.conf
#   always: true
scg_guest_8_tools_enable_syslog := judge.fail("unsafe", {"device": {trim_prefix(n, "tools.logging.") | some n in elsewhere}, "found": {judge.value(n) | some n in elsewhere}}, elsewhere) if count(elsewhere) > 0

else := judge.unreadable(["tools.logging.vmsvc.handler"]) if not judge.readable("tools.logging.vmsvc.handler")

else := judge.fail("undefined", {}, ["tools.logging.vmsvc.handler"]) if judge.absent("tools.logging.vmsvc.handler")

else := judge.pass("safe", {}, handlers)

handlers := ["tools.logging.vmsvc.handler", "tools.logging.toolboxcmd.handler", "tools.logging.vgauthsvc.handler", "tools.logging.vmtoolsd.handler"]

elsewhere := [n | some n in handlers; judge.present(n); vmware_guest.text(n) != "syslog"]
