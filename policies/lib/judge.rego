# What every control is built from: reading facts and forming verdicts.
#
# A control is one complete rule whose value is an object
#   {verdict, reason, case, args, facts}
# verdict: pass, fail, notApplicable or unknown. case names a text in the rule's METADATA, args fill its placeholders,
# facts are the names of the facts that the verdict rests on (the evidence is looked up from them).
package ringwall.lib.judge

# state of a fact; one that is missing from the input was not collected
state(name) := object.get(object.get(input.facts, name, {}), "state", "notCollected")

present(name) if state(name) == "present"

absent(name) if state(name) == "absent"

# readable: the source was read, whether or not the key is there
readable(name) if state(name) in {"present", "absent"}

# value of a present fact, undefined otherwise
value(name) := input.facts[name].value if present(name)

# value of a present fact, or the default when the source was read and the key is not there
effective(name, _) := value(name)

effective(name, fallback) := fallback if absent(name)

# value of a parameter, undefined when the baseline sets none
parameter(name) := data.ringwall.parameters[name]

# tenants of one host are taken to distrust each other unless the baseline says otherwise
default tenants := "untrusted"

tenants := data.ringwall.parameters.tenants

# true in the forms that kernel module parameters print: Y and 1
on(text) if text in {"Y", "y", "1"}

off(text) if text in {"N", "n", "0"}

pass(case, args, facts) := {"verdict": "pass", "reason": "", "case": case, "args": args, "facts": facts}

fail(case, args, facts) := {"verdict": "fail", "reason": "", "case": case, "args": args, "facts": facts}

not_applicable(case, args, facts) := {"verdict": "notApplicable", "reason": "", "case": case, "args": args, "facts": facts}

# unknown because these facts could not be had: reason is the state of the first that is not readable
unreadable(facts) := {"verdict": "unknown", "reason": reason, "case": "unknown", "args": {"fact": name}, "facts": facts} if {
	missing := [n | some n in facts; not readable(n)]
	name := missing[0]
	reason := state(name)
}

# needed: unknown while the fact has no value, also where its source was read and names none. Undefined once it has one.
needed(name) := unreadable([name]) if not readable(name)

needed(name) := missing("unknown", {"fact": name}, [name]) if absent(name)

# unknown although the sources were read: the value cannot be interpreted
missing(case, args, facts) := {"verdict": "unknown", "reason": "missing", "case": case, "args": args, "facts": facts}

# unknown because the baseline sets no value for a parameter that the control needs
parameter_not_set(name, facts) := {"verdict": "unknown", "reason": "parameterNotSet", "case": "parameter", "args": {"parameter": name}, "facts": facts}

# all_readable: every one of the facts was read, present or absent
all_readable(facts) if every name in facts { readable(name) }

# one_of: the value, or the default while the key is absent, stands in the set of safe values.
# Cases: safe, unsafe (args: found).
one_of(name, safe, fallback) := pass("safe", {"found": found}, [name]) if {
	found := effective(name, fallback)
	found in safe
}

one_of(name, safe, fallback) := fail("unsafe", {"found": found}, [name]) if {
	found := effective(name, fallback)
	not found in safe
}

one_of(name, _, _) := unreadable([name]) if not readable(name)

# none_of: the value, or the default while the key is absent, does not stand in the set of unsafe values.
none_of(name, bad, fallback) := pass("safe", {"found": found}, [name]) if {
	found := effective(name, fallback)
	not found in bad
}

none_of(name, bad, fallback) := fail("unsafe", {"found": found}, [name]) if {
	found := effective(name, fallback)
	found in bad
}

none_of(name, _, _) := unreadable([name]) if not readable(name)

# nothing: the key is absent, or its list is empty. Cases: safe, unsafe (args: found).
nothing(name) := pass("safe", {"found": "-"}, [name]) if empty(name)

nothing(name) := fail("unsafe", {"found": value(name)}, [name]) if {
	present(name)
	not empty(name)
}

nothing(name) := unreadable([name]) if not readable(name)

empty(name) if absent(name)

empty(name) if value(name) in {"", [], {}}
