# A small language of rules in data: each names a path, an operator and an operand; resources are judged by all of them.
package rule_tables

# Operators.
holds("eq", actual, expected) := actual == expected

holds("ne", actual, expected) := actual != expected

holds("lt", actual, expected) := actual < expected

holds("gt", actual, expected) := actual > expected

holds("in", actual, expected) := actual in expected

holds("prefix", actual, expected) := startswith(actual, expected)

holds("match", actual, expected) := regex.match(expected, actual)

holds("any", actual, expected) := count({x | some x in actual} & {x | some x in expected}) > 0

holds("exists", actual, expected) := (actual != null) == expected

value_at(resource, path) := object.get(resource, path, null)

applies(rule, resource) if rule.kind == "*"

applies(rule, resource) if rule.kind == resource.kind

outcome(rule, resource) := "pass" if {
	holds(rule.op, value_at(resource, rule.path), rule.operand)
} else := "waived" if {
	some waiver in data.waivers[resource.id]
	waiver == rule.id
} else := "fail"

outcomes := {resource.id: results |
	some resource in input.resources
	results := {rule.id: outcome(rule, resource) |
		some rule in data.rules
		applies(rule, resource)
	}
}

failures contains {"rule": rule, "resource": resource, "severity": severity_of[rule]} if {
	some resource, results in outcomes
	some rule, "fail" in results
}

severity_of[rule.id] := rule.severity if some rule in data.rules

weight("critical") := 100

weight("high") := 10

weight("medium") := 3

weight("low") := 1

default weight(_) := 0

score[resource] := sum([weight(severity_of[rule]) | some rule, "fail" in results]) if some resource, results in outcomes

grade(points) := "A" if {
	points == 0
} else := "B" if {
	points < 5
} else := "C" if {
	points < 20
} else := "D" if {
	points < 100
} else := "F"

grades := {g: resources |
	some g in ["A", "B", "C", "D", "F"]
	resources := {resource | some resource, points in score; grade(points) == g}
}

worst := [[points, resource] | some resource, points in score; points == max([p | some p in score])]

counts[severity][state] := n if {
	some severity in {r.severity | some r in data.rules}
	some state in ["pass", "fail", "waived"]
	n := count([1 |
		some results in outcomes
		some rule, s in results
		s == state
		severity_of[rule] == severity
	])
}

report := {
	"failures": count(failures),
	"critical": {f.resource | some f in failures; f.severity == "critical"},
	"grades": {g: count(r) | some g, r in grades},
	"worst": worst,
	"counts": counts,
	"score": score,
}
