# Reading the facts of a Hyper-V machine: lists with one place for each element, versions, machines that a parameter names.
package ringwall.lib.hyperv

import data.ringwall.lib.judge

first_generation if judge.value("vm.generation") == 1

# listed: the parameter, a list, names the machine by its name or its identifier
listed(parameter) if {
	some machine in judge.parameter(parameter)
	machine in {input.asset.name, object.get(input.asset, "uuid", input.asset.name)}
}

# version: "10.0" as [10, 0], which compares as versions do; undefined for another text
version(text) := [to_number(part) | some part in split(text, ".")] if regex.match(`^[0-9]{1,9}(\.[0-9]{1,9})+$`, text)

# asked: a switch that the site asks for with a parameter. Cases: on, off, notAsked.
asked(parameter, name) := judge.parameter_not_set(parameter, [name]) if not is_boolean(judge.parameter(parameter))

else := judge.not_applicable("notAsked", {}, [name]) if judge.parameter(parameter) == false

else := judge.unreadable([name]) if not judge.readable(name)

else := judge.pass("on", {}, [name]) if judge.effective(name, false) == true

else := judge.fail("off", {}, [name])

# fault: an element of a list that is unsafe, with what was found
fault(list, index, device, found) := {"place": sprintf("%s[%d]", [list, index]), "device": device, "found": found}

arguments(faults) := {"device": {f.device | some f in faults}, "found": {f.found | some f in faults}}

places(faults) := [f.place | some f in faults]

# adapters: every network adapter has one of the safe values. Cases: safe, unsafe, unread, none.
adapters(property, safe) := adapter_verdict(unsafe, unread) if {
	unsafe := [fault("nics", i, nic.name, nic[property]) | some i, nic in judge.value("nics"); not nic[property] in safe]
	unread := [nic.name | some nic in judge.value("nics"); not is_string(nic[property])]
}

adapter_verdict(_, _) := judge.unreadable(["nics"]) if not judge.readable("nics")

else := judge.not_applicable("none", {}, ["nics"]) if count(judge.effective("nics", [])) == 0

adapter_verdict(unsafe, _) := judge.fail("unsafe", arguments(unsafe), places(unsafe)) if count(unsafe) > 0

adapter_verdict([], unread) := judge.missing("unread", {"device": unread}, ["nics"]) if count(unread) > 0

adapter_verdict([], []) := judge.pass("safe", {}, ["nics"]) if count(judge.value("nics")) > 0
