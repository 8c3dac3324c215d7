# What vCenter writes down, for how long, and where it sends it.
package ringwall.controls.vmware_vcenter.records

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_option
import data.ringwall.lib.vmware_sites

retention := ["option.task.maxAge", "option.event.maxAge", "option.task.maxAgeEnabled", "option.event.maxAgeEnabled"]

# kept: days by kind of record; one that is never cleaned up is kept longer than anybody asks for
kept[kind] := days if {
	some kind in ["task", "event"]
	days := judge.value(sprintf("option.%s.maxAge", [kind]))
	not forever(kind)
}

kept[kind] := 36500 if {
	some kind in ["task", "event"]
	forever(kind)
}

shortest := min([days | some days in kept])

forever(kind) if judge.value(sprintf("option.%s.maxAgeEnabled", [kind])) == false

# METADATA
# title: Tasks and events are kept for 30 days
# description: >-
#   vCenter's own events are the only record that joins a user, an object and an action. Kept too short, they are gone
#   when the break-in is noticed; without a limit the database fills the appliance until vCenter stops. The long record
#   belongs on a log server.
# custom:
#   id: SCG-vcenter-8.events-database-retention
#   severity: medium
#   family: DEV
#   facts: ["option.task.maxAge", "option.event.maxAge", "option.task.maxAgeEnabled", "option.event.maxAgeEnabled"]
#   safe: "30 days or more for both"
#   default: "30 days"
#   remediation: >-
#     vSphere Client: vCenter, Configure, General, Edit, Database: task and event retention 30 days (task.maxAge and
#     event.maxAge)
#   disable:
#     how: >-
#       the same place, a smaller number, for a database that has no room
#     restart: >-
#       none
#     rollback: >-
#       the same place, 30 days
#   messages:
#     safe: "Tasks and events are kept for {found} days at least"
#     unsafe: "Tasks or events are kept for {found} days instead of 30"
#     absent: "The list of settings does not say how long tasks and events are kept"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.events-database-retention; it names DISA STIG
#     VCSA-80-000293 and PCI DSS 4.0 10.5.1
#   always: true
scg_vcenter_8_events_database_retention := judge.unreadable(retention) if not judge.all_readable(retention)

else := judge.missing("absent", {}, retention) if count(kept) < 2

else := judge.fail("unsafe", {"found": shortest}, retention) if shortest < 30

else := judge.pass("safe", {"found": shortest}, retention)

# METADATA
# title: Events of vCenter go to the log server
# description: >-
#   An administrator can delete events from the database, and so can somebody who has become one. As syslog they have
#   left the machine by then.
# custom:
#   id: SCG-vcenter-8.events-remote-logging
#   severity: medium
#   family: LOG
#   facts: ["option.vpxd.event.syslog.enabled"]
#   safe: "true"
#   default: "true"
#   remediation: >-
#     Get-AdvancedSetting -Entity VCENTER -Name vpxd.event.syslog.enabled | Set-AdvancedSetting -Value true
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity VCENTER -Name vpxd.event.syslog.enabled | Set-AdvancedSetting -Value false while a
#       flood of events is stopped
#     restart: >-
#       none
#     rollback: >-
#       Get-AdvancedSetting -Entity VCENTER -Name vpxd.event.syslog.enabled | Set-AdvancedSetting -Value true; read it
#       back
#   messages:
#     safe: "Events are sent on"
#     unsafe: "Events stay in vCenter (vpxd.event.syslog.enabled = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.events-remote-logging; it names DISA STIG
#     VCSA-80-000280 and PCI DSS 4.0 10.2.1, 10.3.3
#   always: true
scg_vcenter_8_events_remote_logging := vmware_option.equals("vpxd.event.syslog.enabled", "true")

# METADATA
# title: vCenter logs at info
# description: >-
#   Below info vpxd no longer records who called what; verbose and trivia write so much that the files of an hour ago are
#   gone, and hold more of what is secret.
# custom:
#   id: SCG-vcenter-8.logs-level-global
#   severity: medium
#   family: LOG
#   facts: ["option.config.log.level"]
#   safe: "info"
#   default: "info"
#   remediation: >-
#     Get-AdvancedSetting -Entity VCENTER -Name config.log.level | Set-AdvancedSetting -Value info
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity VCENTER -Name config.log.level | Set-AdvancedSetting -Value verbose while support
#       asks for it
#     restart: >-
#       none
#     rollback: >-
#       Get-AdvancedSetting -Entity VCENTER -Name config.log.level | Set-AdvancedSetting -Value info; read it back
#   messages:
#     safe: "vCenter logs at {found}"
#     unsafe: "vCenter logs at {found} instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.logs-level-global; it names DISA STIG
#     VCSA-80-000034 and PCI DSS 4.0 10.2.1, 10.3.3
#   always: true
scg_vcenter_8_logs_level_global := vmware_option.equals("config.log.level", "info")

# METADATA
# title: The appliance sends its logs to the site's server
# description: >-
#   The appliance's own logs (logins over SSH, services, updates) lie on a disk that its root can clean. They are needed
#   most when its root is the intruder.
# custom:
#   id: SCG-vcenter-8.vami-syslog
#   severity: high
#   family: LOG
#   facts: ["vami.syslog"]
#   safe: "servers that log_servers names"
#   default: "none"
#   remediation: >-
#     Appliance management (port 5480), Syslog: the server with protocol TLS; or PUT /api/appliance/logging/forwarding
#   disable:
#     how: >-
#       remove the server in the same place while it moves
#     restart: >-
#       none
#     rollback: >-
#       enter the server again
#   messages:
#     safe: "Logs go to {found}"
#     unsafe: "Logs stay on the appliance"
#     foreign: "Logs go to {found}, which is none of the site's log servers"
#     absent: "The document does not say where logs go"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-syslog; it names DISA STIG
#     VCSA-80-000148 and PCI DSS 4.0 10.2.1, 10.3.3
#   always: true
scg_vcenter_8_vami_syslog := vmware_sites.logging("vami.syslog", [target.host | some target in judge.value("vami.syslog")])

# METADATA
# title: The appliance takes its time from the site's sources
# description: >-
#   Single sign-on refuses tokens when clocks differ, and the order of events across hosts is that of their clocks. Time
#   from the host below (HOST) is as wrong as that host's.
# custom:
#   id: SCG-vcenter-8.vami-time
#   severity: high
#   family: LOG
#   facts: ["vami.ntp", "vami.timesync"]
#   safe: "NTP with servers that ntp_servers names, or the four of VMware's pool"
#   default: "none"
#   remediation: >-
#     Appliance management (port 5480), Time: mode NTP and the servers; or PUT /api/appliance/timesync and
#     /api/appliance/ntp
#   disable:
#     how: >-
#       remove a source that is known to be wrong in the same place
#     restart: >-
#       none
#     rollback: >-
#       enter the site's sources again
#   messages:
#     safe: "Time comes from {found}"
#     unsafe: "No source of time is set"
#     foreign: "Time comes from {found}, which the site does not name"
#     host: "Time is kept by {found} and not by NTP"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), vcenter-8.vami-time; it names DISA STIG VCSA-80-000158
#     and PCI DSS 4.0 10.6.1, 10.6.2
#   always: true
scg_vcenter_8_vami_time := judge.fail("host", {"found": judge.value("vami.timesync")}, ["vami.timesync"]) if judge.value("vami.timesync") != "NTP"

else := vmware_sites.timekeeping("vami.ntp")
