# Reading the two sets of facts of a domain together, and the processor's bits that its controls name.
#
# A fact "nics" stands at configured.nics and running.nics. A control judges every set that exists and fails if either is unsafe;
# the argument "set" of its message says which: configured, running or both.
package ringwall.lib.domain

import data.ringwall.lib.judge

documents := ["configured.document", "running.document"]

# sets of facts that exist
sets := [p | some p in ["configured", "running"]; judge.present(concat("", [p, ".document"]))]

unreadable := [n | some n in documents; judge.state(n) == "unreadable"]

# something was read, and nothing that is there could not be read
judged if {
	count(sets) > 0
	count(unreadable) == 0
}

blocked := unreadable if count(unreadable) > 0

else := documents

# name of a fact in one set
fact(set, name) := concat(".", [set, name])

# names of facts in every set
named(names) := [fact(p, n) | some p in sets; some n in names]

# elements of a list fact in every set
elements(name) := [{"set": p, "fact": f, "index": i, "is": e} |
	some p in sets
	f := fact(p, name)
	some i, e in judge.value(f)
]

any(name) := count(elements(name)) > 0

# any_value: one of the sets holds the fact
any_value(name) := count([p | some p in sets; judge.present(fact(p, name))]) > 0

# an element of a list that is unsafe, with what was found
bad(element, found) := bad_as(element, element.is.device, found)

bad_as(element, device, found) := {
	"set": element.set, "device": device, "found": found,
	"place": sprintf("%s[%d]", [element.fact, element.index]),
}

# a set whose fact of that name is unsafe or not there
lacks(set, name, found) := {"set": set, "device": name, "found": found, "place": fact(set, name)}

arguments(faults) := {
	"device": {b.device | some b in faults},
	"found": {b.found | some b in faults},
	"set": which({b.set | some b in faults}),
}

which(names) := "both" if count(names) > 1

else := concat("", names)

places(faults) := [b.place | some b in faults]

# verdict(names, relevant, faults): fail with the faults; unknown when a document could not be read; not applicable
# where nothing of the kind is there; else pass. Cases: unsafe, none, safe.
verdict(_, true, faults) := judge.fail("unsafe", arguments(faults), places(faults)) if count(faults) > 0

verdict(_, true, []) := judge.unreadable(blocked) if not judged

verdict(names, true, []) := judge.pass("safe", {}, named(names)) if judged

verdict(_, false, _) := judge.unreadable(blocked) if not judged

verdict(names, false, _) := judge.not_applicable("none", {}, named(names)) if judged

# the same for a control that a parameter of the baseline asks for: unknown while it is not set
asked(parameter, names, relevant, faults) := verdict(names, relevant, faults) if judge.parameter(parameter) == true

asked(parameter, names, _, _) := judge.not_applicable("notAsked", {}, named(names)) if {
	judged
	judge.parameter(parameter) == false
}

asked(parameter, names, _, _) := judge.parameter_not_set(parameter, named(names)) if {
	judged
	not parameter_is_set(parameter)
}

asked(parameter, _, _, _) := judge.unreadable(blocked) if {
	not judged
	not judge.parameter(parameter) == true
}

parameter_is_set(parameter) if judge.parameter(parameter) == true

parameter_is_set(parameter) if judge.parameter(parameter) == false

# architectures of the sets
architectures := {judge.value(fact(p, "arch")) | some p in sets}

is_x86 := count(architectures & {"x86_64", "i686"}) > 0

accelerated if {
	some p in sets
	not judge.value(fact(p, "type")) in {"qemu", "kqemu"}
}

# loopback: an address that only this machine reaches
loopback(address) if address in {"::1", "localhost", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"}

loopback(address) if regex.match(`^127(\.[0-9]{1,3}){3}$`, address)

# shown: a value that libvirt fills in is marked
shown(value, true) := value

shown(value, false) := concat("", [value, " (default)"])
