# Distributed switches (fact dvs) and their port groups (fact dvportgroups). Uplinks carry the traffic of hosts and are not judged.
package ringwall.lib.vmware_switch

import data.ringwall.lib.judge

# judged: port groups that guests are connected to
judged := [{"is": is, "place": sprintf("dvportgroups[%d]", [index])} |
	some index, is in judge.value("dvportgroups")
	not is.uplink
]

switches := [{"is": is, "place": sprintf("dvs[%d]", [index])} | some index, is in judge.value("dvs")]

# unset: port groups that do not say what they do
unset(field) := [{"name": part.is.name, "place": part.place} | some part in judged; part.is[field] == null]

with_value(parts, field, value) := [{"name": part.is.name, "place": part.place} | some part in parts; part.is[field] == value]

names(parts) := {part.name | some part in parts}

places(parts) := [part.place | some part in parts]

both := ["dvs", "dvportgroups"]

# rejected: no switch accepts what the policy names, and no port group does. Cases: safe, unsafe (args: device), unset (args: device), none.
rejected(policy) := judge.unreadable(both) if not judge.all_readable(both)

else := judge.not_applicable("none", {}, both) if count(switches) + count(judged) == 0

else := judge.fail("unsafe", {"device": names(accepting(policy))}, places(accepting(policy))) if count(accepting(policy)) > 0

else := judge.missing("unset", {"device": names(silent(policy))}, places(silent(policy))) if count(silent(policy)) > 0

else := judge.pass("safe", {}, both)

accepting(policy) := with_value(array.concat(switches, judged), policy, true)

silent(policy) := with_value(array.concat(switches, judged), policy, null)

# portgroups: every port group has the value. Cases: safe, unsafe (args: device), unset (args: device), none.
portgroups(field, wanted) := judge.unreadable(["dvportgroups"]) if not judge.readable("dvportgroups")

else := judge.not_applicable("none", {}, ["dvportgroups"]) if count(judged) == 0

else := judge.fail("unsafe", {"device": names(other(field, wanted))}, places(other(field, wanted))) if count(other(field, wanted)) > 0

else := judge.missing("unset", {"device": names(unset(field))}, places(unset(field))) if count(unset(field)) > 0

else := judge.pass("safe", {}, ["dvportgroups"])

other(field, wanted) := [{"name": part.is.name, "place": part.place} |
	some part in judged
	part.is[field] != null
	part.is[field] != wanted
]
