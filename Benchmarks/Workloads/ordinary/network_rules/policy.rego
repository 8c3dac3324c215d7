# Flows against firewall rules, address plans and zones.
package network_rules

zone_of(address) := zone if {
	some zone, networks in data.zones
	some network in networks
	net.cidr_contains(network, address)
}

rule_matches(rule, flow) if {
	net.cidr_contains(rule.source, flow.source)
	net.cidr_contains(rule.destination, flow.destination)
	port_matches(rule, flow.port)
	rule.protocol in {"any", flow.protocol}
}

port_matches(rule, port) if {
	port >= rule.ports[0]
	port <= rule.ports[1]
}

verdict(flow) := {"action": data.rules[n].action, "rule": n} if {
	n := min([i | some i, rule in data.rules; rule_matches(rule, flow)])
} else := {"action": "drop", "rule": -1}

verdicts[flow.id] := verdict(flow) if some flow in input.flows

crossing contains {"flow": flow.id, "from": from, "to": to} if {
	some flow in input.flows
	from := zone_of(flow.source)
	to := zone_of(flow.destination)
	from != to
	not data.allowed_zones[from][to]
	verdicts[flow.id].action == "accept"
}

unknown contains flow.source if {
	some flow in input.flows
	not zone_of(flow.source)
}

talkers := {source: n |
	some source in {flow.source | some flow in input.flows}
	n := sum([flow.bytes | some flow in input.flows; flow.source == source])
}

top := [[source, n] |
	some n in array.slice(array.reverse(sort({x | some x in talkers})), 0, 3)
	some source, m in talkers
	m == n
]

matches := net.cidr_contains_matches(input.watch, [flow.destination | some flow in input.flows])

watched := {input.watch[m[0]] | some m in matches}

blocks := net.cidr_merge([net | some _, networks in data.zones; some net in networks])

overlapping contains {a, b} if {
	some i, a in input.watch
	some j, b in input.watch
	i < j
	net.cidr_intersects(a, b)
}

report := {
	"actions": {action: n |
		some action in {v.action | some v in verdicts}
		n := count([1 | some v in verdicts; v.action == action])
	},
	"rules": {sprintf("%02d", [r]): n |
		some r in {v.rule | some v in verdicts}
		n := count({id | some id, v in verdicts; v.rule == r})
	},
	"crossing": crossing,
	"unknown": unknown,
	"top": top,
	"watched": watched,
	"hits": count(matches),
	"blocks": blocks,
	"overlapping": overlapping,
}
