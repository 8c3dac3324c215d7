# What a libvirt daemon records.
package ringwall.controls.libvirtd.log

import data.ringwall.lib.judge

# METADATA
# title: Daemon audit level
# description: >-
#   At level 0 the daemon sends nothing to the Linux audit system: starts and stops of guests and the devices they get leave no
#   record. Level 2 refuses to start where the host has no auditing.
# custom:
#   id: LVD-014
#   severity: medium
#   family: LOG
#   facts: ["conf.audit_level"]
#   safe: "1 or 2"
#   default: "1"
#   remediation: >-
#     audit_level = 2, or remove the line; restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       audit_level = 0
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       restore the line, restart the daemon
#   messages:
#     safe: "audit_level is {found}"
#     unsafe: "audit_level is {found}: nothing reaches the audit system"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
#   always: true
lvd_014 := judge.unreadable(["conf.audit_level"]) if not judge.readable("conf.audit_level")

else := judge.pass("safe", {"found": judge.effective("conf.audit_level", 1)}, ["conf.audit_level"]) if judge.effective("conf.audit_level", 1) >= 1

else := judge.fail("unsafe", {"found": judge.value("conf.audit_level")}, ["conf.audit_level"])

# METADATA
# title: Audit records also in log
# description: >-
#   With audit_logging the audit records also go through libvirt's own log, so that they reach the log server where the audit
#   system does not.
# custom:
#   id: LVD-015
#   severity: low
#   family: LOG
#   facts: ["conf.audit_logging"]
#   safe: "1"
#   default: "0"
#   remediation: >-
#     audit_logging = 1; restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#   disable:
#     how: >-
#       audit_logging = 0
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       audit_logging = 1, restart the daemon
#   messages:
#     safe: "Audit records are logged too"
#     unsafe: "audit_logging is {found}: audit records do not reach libvirt's log"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0
#   always: true
lvd_015 := judge.one_of("conf.audit_logging", {1}, 0)

# errors_alone: every output drops warnings
errors_alone if {
	outputs := [o | some o in split(judge.value("conf.log_outputs"), " "); o != ""]
	count(outputs) > 0
	every output in outputs { startswith(output, "4:") }
}

# METADATA
# title: Log level not below warning
# description: >-
#   At level 4 the daemon logs errors alone; warnings, such as a guest started without confinement, are lost. log_outputs has a
#   level of its own for each destination. 0 stands for the default.
# custom:
#   id: LVD-016
#   severity: low
#   family: LOG
#   facts: ["conf.log_level", "conf.log_outputs"]
#   safe: "1, 2 or 3, and at least one output that takes warnings"
#   default: "3 (warning)"
#   remediation: >-
#     log_level = 3, and a level of 3 or less in log_outputs; restart the daemon (libvirtd, or the modular daemon of that file);
#     guests keep running
#   disable:
#     how: "log_level = 4; restart the daemon"
#     restart: >-
#       restart the daemon (libvirtd, or the modular daemon of that file); guests keep running
#     rollback: >-
#       log_level = 3, restart the daemon
#   messages:
#     safe: "log_level is {found}: warnings are logged"
#     unsafe: "log_level is {found}: warnings are not logged"
#     outputs: "Every output of log_outputs takes errors alone: {found}"
#   source: >-
#     libvirtd.conf and remote_daemon_config.c of libvirt 9.0.0; virlog.c
#   always: true
lvd_016 := judge.unreadable(["conf.log_level", "conf.log_outputs"]) if not judge.all_readable(["conf.log_level", "conf.log_outputs"])

else := judge.fail("unsafe", {"found": judge.value("conf.log_level")}, ["conf.log_level"]) if judge.effective("conf.log_level", 3) > 3

else := judge.fail("outputs", {"found": judge.value("conf.log_outputs")}, ["conf.log_outputs"]) if errors_alone

else := judge.pass("safe", {"found": judge.effective("conf.log_level", 3)}, ["conf.log_level"])
