# Quotas and usage: units, rounding, percentiles, bits, tiered prices.
package quota_numbers

usage[team] := {"cpu": cpu, "memory": memory} if {
	some team in teams
	cpu := sum([n | some p in input.pods; p.team == team; n := units.parse(p.cpu) * p.replicas])
	memory := sum([n | some p in input.pods; p.team == team; n := units.parse_bytes(p.memory) * p.replicas])
}

teams := {p.team | some p in input.pods}

over contains sprintf("%s uses %.1f%% of its memory", [team, share]) if {
	some team, used in usage
	most := units.parse_bytes(data.quota[team].memory)
	share := (used.memory * 100) / most
	share > 100.05
}

latencies[team] := sort([p.latency | some p in input.pods; p.team == team]) if some team in teams

percentile(values, percent) := values[index] if {
	index := floor((percent * (count(values) - 1)) / 100)
}

summary[team] := {
	"p50": percentile(values, 50),
	"p90": percentile(values, 90),
	"p99": percentile(values, 99),
	"mean": round((sum(values) * 10) / count(values)),
	"spread": max(values) - min(values),
} if {
	some team, values in latencies
}

price(hours) := total if {
	total := sum([part |
		some tier in data.tiers
		hours > tier.from
		part := (min([hours, tier.to]) - tier.from) * tier.cents
	])
}

bill[team] := price(sum([p.hours | some p in input.pods; p.team == team])) if some team in teams

flags(mask) := [name | some i, name in data.flags; bits.and(mask, bits.lsh(1, i)) != 0]

flagged := {name: n |
	some i, name in data.flags
	n := count([1 | some p in input.pods; bits.and(p.mask, bits.lsh(1, i)) != 0])
}

masks := {p.name: flags(p.mask) | some p in input.pods; p.mask > 200}

checksum := s if {
	s := sum([n | some i, p in input.pods; n := ((i + 1) * p.hours) % 97])
}

histogram := {sprintf("%d-%d", [low, low + 49]): n |
	some low in numbers.range_step(0, 450, 50)
	n := count([1 | some p in input.pods; p.latency >= low; p.latency < low + 50])
}

default healthy := false

healthy if {
	count(over) == 0
	every s in summary { s.p90 < 400 }
}

report := {
	"usage": {team: {"cpu": ceil(u.cpu), "memory": u.memory} | some team, u in usage},
	"over": over,
	"summary": summary,
	"bill": bill,
	"flagged": flagged,
	"masks": masks,
	"checksum": checksum,
	"histogram": histogram,
	"healthy": healthy,
	"deviation": round(sum([abs(p.latency - 250) | some p in input.pods]) / count(input.pods)),
}
