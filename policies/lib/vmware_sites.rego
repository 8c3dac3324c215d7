# What a site decides for its vSphere estate: its log servers, its sources of time, the builds that it counts as current.
package ringwall.lib.vmware_sites

import data.ringwall.lib.judge

# logging: logs go to servers that the parameter log_servers names. Hosts are those that the fact holds.
# Cases: safe, foreign (args: found), unsafe, absent.
logging(fact, hosts) := judge.unreadable([fact]) if not judge.readable(fact)

else := judge.missing("absent", {}, [fact]) if judge.absent(fact)

else := judge.fail("unsafe", {}, [fact]) if count(hosts) == 0

else := judge.parameter_not_set("log_servers", [fact]) if not judge.parameter("log_servers")

else := judge.fail("foreign", {"found": strangers(hosts, judge.parameter("log_servers"))}, [fact]) if {
	count(strangers(hosts, judge.parameter("log_servers"))) > 0
}

else := judge.pass("safe", {"found": {host | some host in hosts}}, [fact])

# timekeeping: time comes from servers that the parameter ntp_servers names, or from the four of VMware's pool.
# Cases: safe, foreign (args: found), unsafe.
timekeeping(fact) := judge.unreadable([fact]) if not judge.readable(fact)

else := judge.fail("unsafe", {}, [fact]) if count(judge.effective(fact, [])) == 0

else := judge.pass("safe", {"found": judge.value(fact)}, [fact]) if count(strangers(judge.value(fact), trusted)) == 0

else := judge.parameter_not_set("ntp_servers", [fact]) if not judge.parameter("ntp_servers")

else := judge.fail("foreign", {"found": strangers(judge.value(fact), trusted)}, [fact])

# trusted: the site's sources; VMware's pool where it names none
trusted := judge.parameter("ntp_servers") if judge.parameter("ntp_servers")

else := ["0.vmware.pool.ntp.org", "1.vmware.pool.ntp.org", "2.vmware.pool.ntp.org", "3.vmware.pool.ntp.org"]

strangers(hosts, known) := {lower(host) | some host in hosts} - {lower(host) | some host in known}

# The end of general support by release: Broadcom's product lifecycle. The parameter vsphere_support adds releases and corrects dates.
ends := {
	"6.0": "2020-03-12",
	"6.5": "2022-10-15",
	"6.7": "2022-10-15",
	"7.0": "2025-10-02",
	"8.0": "2027-10-11",
}

# supported: general support of the release had not ended when the facts were collected.
# Cases: safe, unsafe (args: found, until), unrecognised (args: found).
supported(fact) := judge.needed(fact) if not judge.present(fact)

else := judge.missing("unrecognised", {"found": judge.value(fact).version}, [fact]) if not ending(fact)

else := judge.pass("safe", {"found": judge.value(fact).version, "until": ending(fact)}, [fact]) if today <= ending(fact)

else := judge.fail("unsafe", {"found": judge.value(fact).version, "until": ending(fact)}, [fact])

ending(fact) := object.union(ends, support)[release(judge.value(fact).version)]

default support := {}

support := judge.parameter("vsphere_support")

# release: "8.0" of "8.0.3"
release(version) := concat(".", array.slice(split(version, "."), 0, 2))

today := substring(input.collected.at, 0, 10)

# current: the build is at least the one that the parameter names for the version. Cases: safe, unsafe (args: found, wanted), unnamed.
current(fact, parameter) := judge.needed(fact) if not judge.present(fact)

else := judge.parameter_not_set(parameter, [fact]) if not judge.parameter(parameter)

else := judge.missing("unnamed", {"found": full(fact)}, [fact]) if not named_build(fact, parameter)

else := judge.pass("safe", {"found": full(fact)}, [fact]) if to_number(judge.value(fact).build) >= named_build(fact, parameter)

else := judge.fail("unsafe", {"found": full(fact), "wanted": named_build(fact, parameter)}, [fact])

named_build(fact, parameter) := to_number(judge.parameter(parameter)[judge.value(fact).version])

full(fact) := sprintf("%s build %s", [judge.value(fact).version, judge.value(fact).build])
