# Logs and audit records of a host: whether they are written, where they go, and the clock that they are stamped with.
package ringwall.controls.vmware_esxi.records

import data.ringwall.lib.judge
import data.ringwall.lib.vmware_host
import data.ringwall.lib.vmware_option
import data.ringwall.lib.vmware_sites

# kept, lost: a folder on a datastore survives a reboot, one in memory does not. "[] /scratch/..." is as durable as the scratch location.
kept(folder) if regex.match(`^\[[^\]]+\]`, folder)

kept(folder) if startswith(folder, "/vmfs/volumes/")

kept(folder) if {
	in_scratch(folder)
	startswith(judge.value(scratch), "/vmfs/volumes/")
}

lost(folder) if startswith(folder, "/tmp/")

lost(folder) if {
	in_scratch(folder)
	startswith(judge.value(scratch), "/tmp/")
}

in_scratch(folder) if regex.match(`^(\[\]\s*)?/?scratch(/|$)`, folder)

scratch := "option.ScratchConfig.CurrentScratchLocation"

log_folder := "option.Syslog.global.logDir"

audit_folder := "option.Syslog.global.auditRecord.storageDirectory"

# log_hosts: the names in "ssl://log.example.net:6514,udp://[2001:db8::9]:514"
log_hosts := [host |
	some target in split(judge.value("option.Syslog.global.logHost"), ",")
	trim_space(target) != ""
	host := lower(regex.replace(trim_space(target), `^(?:[a-z]+://)?\[?([^\]]*?)\]?(?::[0-9]+)?(?:\?.*)?$`, "$1"))
]

time_services := ["service.ntpd", "service.ptpd"]

time_present := [name | some name in time_services; judge.present(name)]

running := {trim_prefix(name, "service.") | some name in time_present; judge.value(name).running}

steady := {trim_prefix(name, "service.") |
	some name in time_present
	judge.value(name).running
	judge.value(name).policy == "on"
}

# METADATA
# title: Audit records are kept on the host
# description: >-
#   Audit records say who logged in, changed an account or a setting, apart from the chatter of ordinary logs. ESXi 8 can
#   write them and by default does not: after a break-in there is nothing to read.
# custom:
#   id: SCG-esxi-8.logs-audit-local
#   severity: high
#   family: LOG
#   facts: ["option.Syslog.global.auditRecord.storageEnable"]
#   safe: "TRUE"
#   default: "FALSE"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageEnable | Set-AdvancedSetting -Value "TRUE"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageEnable | Set-AdvancedSetting -Value false
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageEnable | Set-AdvancedSetting -Value
#       "TRUE"; read it back
#   messages:
#     safe: "Audit records are kept"
#     unsafe: "Audit records are not kept (storageEnable = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-audit-local; it names DISA STIG
#     ESXI-80-000232 and PCI DSS 4.0 10.2.1
#   always: true
scg_esxi_8_logs_audit_local := vmware_option.equals("Syslog.global.auditRecord.storageEnable", "TRUE")

# METADATA
# title: Room for a week of audit records
# description: >-
#   The store of audit records is a ring: when it is full the oldest go. With the default of 4 MiB a few hours of noise,
#   which an intruder can make, push the traces out while the log server is away.
# custom:
#   id: SCG-esxi-8.logs-audit-local-capacity
#   severity: medium
#   family: LOG
#   facts: ["option.Syslog.global.auditRecord.storageCapacity"]
#   safe: "100 (MiB) or more"
#   default: "4"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageCapacity | Set-AdvancedSetting -Value 100
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageCapacity | Set-AdvancedSetting -Value 4
#       on a host with little room
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageCapacity | Set-AdvancedSetting -Value
#       100; read it back
#   messages:
#     safe: "{found} MiB are set aside for audit records"
#     unsafe: "{found} MiB are set aside for audit records instead of at least {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-audit-local-capacity; it names DISA STIG
#     ESXI-80-000113 and PCI DSS 4.0 10.5.1
#   always: true
scg_esxi_8_logs_audit_local_capacity := vmware_option.at_least("Syslog.global.auditRecord.storageCapacity", "100")

# METADATA
# title: Audit records survive a reboot
# description: >-
#   Where /scratch is a link to /tmp, as on hosts that start from small or removable media, audit records lie in memory.
#   One reboot, which an intruder can order, and they are gone.
# custom:
#   id: SCG-esxi-8.logs-audit-persistent
#   severity: high
#   family: LOG
#   facts: ["option.Syslog.global.auditRecord.storageDirectory", "option.ScratchConfig.CurrentScratchLocation"]
#   safe: "a folder on persistent storage"
#   default: "[] /scratch/auditLog, as persistent as the boot device allows"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.storageDirectory | Set-AdvancedSetting -Value
#     "[DATASTORE] audit/HOST" (no vSAN datastore)
#   disable:
#     how: >-
#       Set-AdvancedSetting -Value "[] /scratch/auditLog" on a host without durable storage, together with remote audit
#       records
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Set-AdvancedSetting -Value "[DATASTORE] audit/HOST"
#   messages:
#     safe: "Audit records lie in {found} and stay there"
#     unsafe: "Audit records lie in {found}, which is memory"
#     unclear: "Whether {found} outlives a reboot is not known"
#     absent: "The list of options has no {key}, so that the folder is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-audit-persistent; it names DISA STIG
#     ESXI-80-000243 and PCI DSS 4.0 10.5.1
#   always: true
scg_esxi_8_logs_audit_persistent := judge.unreadable([audit_folder]) if not judge.readable(audit_folder)

else := judge.missing("absent", {"key": "Syslog.global.auditRecord.storageDirectory"}, [audit_folder]) if judge.absent(audit_folder)

else := judge.pass("safe", {"found": judge.value(audit_folder)}, [audit_folder, scratch]) if kept(judge.value(audit_folder))

else := judge.fail("unsafe", {"found": judge.value(audit_folder)}, [audit_folder, scratch]) if lost(judge.value(audit_folder))

else := judge.unreadable([scratch]) if not judge.readable(scratch)

else := judge.missing("unclear", {"found": judge.value(audit_folder)}, [audit_folder, scratch])

# METADATA
# title: Audit records go to the log server too
# description: >-
#   Records on the host can be deleted by whoever is root there. Sent on as they are written, they lie where the intruder
#   is not.
# custom:
#   id: SCG-esxi-8.logs-audit-remote
#   severity: high
#   family: LOG
#   facts: ["option.Syslog.global.auditRecord.remoteEnable"]
#   safe: "TRUE"
#   default: "FALSE"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.remoteEnable | Set-AdvancedSetting -Value "TRUE"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.remoteEnable | Set-AdvancedSetting -Value false
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.auditRecord.remoteEnable | Set-AdvancedSetting -Value
#       "TRUE"; read it back
#   messages:
#     safe: "Audit records are sent on"
#     unsafe: "Audit records stay on the host (remoteEnable = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-audit-remote; it names DISA STIG
#     ESXI-80-000233 and PCI DSS 4.0 10.2.1, 10.3.3
#   always: true
scg_esxi_8_logs_audit_remote := vmware_option.equals("Syslog.global.auditRecord.remoteEnable", "TRUE")

# METADATA
# title: No filter drops log messages
# description: >-
#   A filter removes messages that match a pattern before they are written or sent. Meant for noise, it also silences
#   exactly the lines that would tell of an intruder, and nothing shows that they are missing.
# custom:
#   id: SCG-esxi-8.logs-filter
#   severity: medium
#   family: LOG
#   facts: ["log.filter"]
#   safe: "off"
#   default: "off"
#   remediation: >-
#     esxcli system syslog config logfilter set --log-filtering-enabled=false
#   disable:
#     how: >-
#       esxcli system syslog config logfilter set --log-filtering-enabled=true for a message that floods the log, until
#       its cause is mended
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       esxcli system syslog config logfilter set --log-filtering-enabled=false
#   messages:
#     safe: "No message is filtered"
#     unsafe: "Messages are filtered out of the log"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-filter; it names DISA STIG ESXI-80-000246
#     and PCI DSS 4.0 10.2.1
#   always: true
scg_esxi_8_logs_filter := vmware_host.switched("log.filter", false)

# METADATA
# title: The management agent logs at info
# description: >-
#   hostd carries out what people and vCenter ask of the host. Below info its log no longer says who asked for what;
#   above it the useful lines drown and files turn over within hours.
# custom:
#   id: SCG-esxi-8.logs-level
#   severity: medium
#   family: LOG
#   facts: ["option.Config.HostAgent.log.level"]
#   safe: "info"
#   default: "info"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.log.level | Set-AdvancedSetting -Value "info"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.log.level | Set-AdvancedSetting -Value verbose while
#       support asks for it
#     restart: >-
#       none
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Config.HostAgent.log.level | Set-AdvancedSetting -Value "info"; read it
#       back
#   messages:
#     safe: "hostd logs at {found}"
#     unsafe: "hostd logs at {found} instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-level; it names DISA STIG ESXI-80-000015,
#     ESXI-80-000030 and PCI DSS 4.0 10.2.1
#   always: true
scg_esxi_8_logs_level := vmware_option.equals("Config.HostAgent.log.level", "info")

# METADATA
# title: The log service itself logs at error
# description: >-
#   This level is that of vmsyslogd and not of what it collects. Above error it keeps its own failures, such as a log
#   server that it cannot reach, to itself.
# custom:
#   id: SCG-esxi-8.logs-level-global
#   severity: medium
#   family: LOG
#   facts: ["option.Syslog.global.logLevel"]
#   safe: "error"
#   default: "error"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.logLevel | Set-AdvancedSetting -Value "error"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.logLevel | Set-AdvancedSetting -Value debug while the log
#       service is examined
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.logLevel | Set-AdvancedSetting -Value "error"; read it back
#   messages:
#     safe: "The log service logs at {found}"
#     unsafe: "The log service logs at {found} instead of {wanted}"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-level-global; it names DISA STIG
#     ESXI-80-000235 and PCI DSS 4.0 10.2.1
#   always: true
scg_esxi_8_logs_level_global := vmware_option.equals("Syslog.global.logLevel", "error")

# METADATA
# title: Logs survive a reboot
# description: >-
#   Hosts that start from an SD card or USB stick keep their logs in memory, a day's worth, and lose them with the reboot
#   that follows most incidents.
# custom:
#   id: SCG-esxi-8.logs-persistent
#   severity: high
#   family: LOG
#   facts: ["syslog.local", "option.Syslog.global.logDir", "option.ScratchConfig.CurrentScratchLocation"]
#   safe: "a folder on persistent storage"
#   default: "[] /scratch/log, as persistent as the boot device allows"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.logDir | Set-AdvancedSetting -Value "[DATASTORE] logs/HOST" (a
#     vSAN datastore only with Syslog.global.vsanBacking)
#   disable:
#     how: >-
#       Set-AdvancedSetting -Value "[] /scratch/log" on a host without durable storage, together with a log server
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Set-AdvancedSetting -Value "[DATASTORE] logs/HOST"
#   messages:
#     safe: "Logs lie in {found} and stay there"
#     unsafe: "Logs lie in {found}, which is memory"
#     unclear: "Whether {found} outlives a reboot is not known"
#     absent: "The list of options has no {key}, so that the folder is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-persistent; it names DISA STIG
#     ESXI-80-000243 and PCI DSS 4.0 10.5.1
#   always: true
scg_esxi_8_logs_persistent := judge.pass("safe", {"found": judge.value("syslog.local").output}, ["syslog.local"]) if judge.value("syslog.local").persistent == true

else := judge.fail("unsafe", {"found": judge.value("syslog.local").output}, ["syslog.local"]) if judge.value("syslog.local").persistent == false

else := judge.unreadable([log_folder]) if not judge.readable(log_folder)

else := judge.missing("absent", {"key": "Syslog.global.logDir"}, [log_folder]) if judge.absent(log_folder)

else := judge.pass("safe", {"found": judge.value(log_folder)}, [log_folder, scratch]) if kept(judge.value(log_folder))

else := judge.fail("unsafe", {"found": judge.value(log_folder)}, [log_folder, scratch]) if lost(judge.value(log_folder))

else := judge.unreadable([scratch]) if not judge.readable(scratch)

else := judge.missing("unclear", {"found": judge.value(log_folder)}, [log_folder, scratch])

# METADATA
# title: Logs go to the site's log server
# description: >-
#   Logs that stay on the machine they describe belong to whoever takes the machine. A central server also shows what one
#   host cannot see: the same login on forty of them.
# custom:
#   id: SCG-esxi-8.logs-remote
#   severity: high
#   family: LOG
#   facts: ["option.Syslog.global.logHost"]
#   safe: "servers that log_servers names"
#   default: "none"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.logHost | Set-AdvancedSetting -Value
#     "ssl://log.example.net:6514"; esxcli network firewall ruleset set -r syslog -e true; esxcli system syslog reload
#   disable:
#     how: >-
#       Set-AdvancedSetting -Value "" while the log server moves; audit records on the host stay on
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Set-AdvancedSetting -Value "ssl://log.example.net:6514"; esxcli system syslog reload
#   messages:
#     safe: "Logs go to {found}"
#     unsafe: "Logs stay on the host"
#     foreign: "Logs go to {found}, which is none of the site's log servers"
#     absent: "The list of options has no Syslog.global.logHost"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-remote; it names DISA STIG ESXI-80-000114
#     and PCI DSS 4.0 10.2.1, 10.3.3
#   always: true
scg_esxi_8_logs_remote := vmware_sites.logging("option.Syslog.global.logHost", log_hosts)

# METADATA
# title: The log server must show its certificate
# description: >-
#   Sent over TLS without a look at the certificate, logs go to whoever answers at the address. They hold names,
#   addresses and commands.
# custom:
#   id: SCG-esxi-8.logs-remote-tls
#   severity: medium
#   family: LOG
#   facts: ["option.Syslog.global.certificate.checkSSLCerts"]
#   safe: "TRUE"
#   default: "TRUE"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.certificate.checkSSLCerts | Set-AdvancedSetting -Value "TRUE"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.certificate.checkSSLCerts | Set-AdvancedSetting -Value false
#       until the server's certificate is replaced
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.certificate.checkSSLCerts | Set-AdvancedSetting -Value
#       "TRUE"; read it back
#   messages:
#     safe: "The log server's certificate is checked"
#     unsafe: "The log server's certificate is not checked (checkSSLCerts = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-remote-tls; it names DISA STIG
#     ESXI-80-000224 and PCI DSS 4.0 2.2.7
#   always: true
scg_esxi_8_logs_remote_tls := vmware_option.equals("Syslog.global.certificate.checkSSLCerts", "TRUE")

# METADATA
# title: Strict checks of the log server's certificates
# description: >-
#   Strict checks refuse authorities whose certificates break X.509, among them certificates of end points that pass for
#   an authority. Without them a faulty chain is taken as good.
# custom:
#   id: SCG-esxi-8.logs-remote-tls-x509
#   severity: high
#   family: LOG
#   facts: ["option.Syslog.global.certificate.strictX509Compliance"]
#   safe: "TRUE"
#   default: "FALSE"
#   remediation: >-
#     Get-AdvancedSetting -Entity HOST -Name Syslog.global.certificate.strictX509Compliance | Set-AdvancedSetting -Value
#     "TRUE"
#   disable:
#     how: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.certificate.strictX509Compliance | Set-AdvancedSetting
#       -Value false for an authority of the site with old certificates
#     restart: >-
#       none (esxcli system syslog reload)
#     rollback: >-
#       Get-AdvancedSetting -Entity HOST -Name Syslog.global.certificate.strictX509Compliance | Set-AdvancedSetting
#       -Value "TRUE"; read it back
#   messages:
#     safe: "Certificates are checked strictly"
#     unsafe: "Certificates are not checked strictly (strictX509Compliance = {found}, wanted {wanted})"
#     absent: "The list of options has no {key}, so that its value is not known"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.logs-remote-tls-x509; it names DISA STIG
#     ESXI-80-000234 and PCI DSS 4.0 2.2.7
#   always: true
scg_esxi_8_logs_remote_tls_x509 := vmware_option.equals("Syslog.global.certificate.strictX509Compliance", "TRUE")

# METADATA
# title: A time service runs and starts with the host
# description: >-
#   Logs of hosts whose clocks differ cannot be put in order, certificates and Kerberos tickets fail, clusters split. NTP
#   or PTP must run now and after the next reboot.
# custom:
#   id: SCG-esxi-8.timekeeping-services
#   severity: high
#   family: LOG
#   facts: ["service.ntpd", "service.ptpd"]
#   safe: "ntpd or ptpd running, policy on"
#   default: "ntpd stopped, policy off"
#   remediation: >-
#     Get-VMHostService -VMHost HOST | Where-Object Key -eq ntpd | Set-VMHostService -Policy On; the same |
#     Restart-VMHostService
#   disable:
#     how: >-
#       Stop-VMHostService for ntpd while the clock is set by hand
#     restart: >-
#       none
#     rollback: >-
#       Set-VMHostService -Policy On; Start-VMHostService
#   messages:
#     safe: "{found} keep the time"
#     once: "{found} run now and do not start with the host"
#     unsafe: "Neither NTP nor PTP runs"
#     absent: "The host lists no time service"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.timekeeping-services; it names DISA STIG
#     ESXI-80-000124 and PCI DSS 4.0 10.6.1
#   always: true
scg_esxi_8_timekeeping_services := judge.unreadable(time_services) if not judge.all_readable(time_services)

else := judge.pass("safe", {"found": steady}, time_services) if count(steady) > 0

else := judge.fail("once", {"found": running}, time_services) if count(running) > 0

else := judge.fail("unsafe", {}, time_services) if count(time_present) > 0

else := judge.missing("absent", {}, time_services)

# METADATA
# title: Time comes from the site's sources
# description: >-
#   A host believes the time that its sources tell. With two that differ it cannot say which is wrong; one that an
#   outsider controls moves logs and the lifetime of certificates. Four are recommended.
# custom:
#   id: SCG-esxi-8.timekeeping-sources
#   severity: high
#   family: LOG
#   facts: ["ntp.servers"]
#   safe: "servers that ntp_servers names, or the four of VMware's pool"
#   default: "none"
#   remediation: >-
#     Add-VMHostNtpServer -VMHost HOST -NtpServer ntp1.example.net, ntp2.example.net, ntp3.example.net, ntp4.example.net;
#     Restart-VMHostService for ntpd
#   disable:
#     how: >-
#       Remove-VMHostNtpServer for a source that is known to be wrong
#     restart: >-
#       none; ntpd is restarted
#     rollback: >-
#       Add-VMHostNtpServer with the site's sources; Restart-VMHostService
#   messages:
#     safe: "Time comes from {found}"
#     unsafe: "No source of time is set"
#     foreign: "Time comes from {found}, which the site does not name"
#   source: >-
#     VMware Security Configuration Guide 8 (803-20260612-01157), esxi-8.timekeeping-sources; it names DISA STIG
#     ESXI-80-000124 and PCI DSS 4.0 10.6.1, 10.6.2
#   always: true
scg_esxi_8_timekeeping_sources := vmware_sites.timekeeping("ntp.servers")
