# What detections over a guest's facts (ringwall.guest.facts/1) share.
#
# A detection is a set of hits, each an object {case, args, key}: case names a text in the rule's METADATA, args fill its placeholders, and key
# tells hits of one rule apart, so that a hit can be found again in a second reading. A rule whose facts could not be had says nothing; whoever
# asks it looks at the states of the facts that its METADATA names.
package ringwall.lib.guest

# value of a present fact, undefined otherwise
value(name) := fact.value if {
	fact := input.facts[name]
	fact.state == "present"
}

# value of a present fact of the baseline
before(name) := fact.value if {
	fact := input.baseline.facts[name]
	fact.state == "present"
}

hit(case, key, args) := {"case": case, "key": key, "args": args}

# an owner in words: a symbol, a module, or that there is none
shown(owner) := sprintf("%s %s", [owner.kind, owner.name]) if {
	owner.kind in {"module", "bpf"}
} else := owner.name if {
	object.get(owner, "distance", 0) == 0
	owner.name != ""
} else := sprintf("%s+0x%x", [owner.name, owner.distance]) if {
	owner.name != ""
} else := owner.kind if {
	owner.kind != "none"
} else := "nobody"

# code of the kernel image itself
in_kernel(owner) if owner.kind == "kernel"

# a function of the kernel from its start on; with CET a landing pad of four bytes may be passed over
is_function(owner) if {
	owner.kind == "kernel"
	owner.distance in {0, 4}
}

# facts of both readings are of one kernel
same_kernel if {
	value("kernel").buildId == before("kernel").buildId
	value("kernel").release == before("kernel").release
}
