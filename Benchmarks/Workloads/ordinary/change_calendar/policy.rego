# Changes in a calendar: windows, freezes, ages, deadlines, all at a given time.
package change_calendar

now := time.parse_rfc3339_ns(input.now)

day := 24 * hour

hour := 3600 * 1000000000

start_of(change) := time.parse_rfc3339_ns(change.start)

end_of(change) := start_of(change) + time.parse_duration_ns(change.length)

frozen(change) if {
	some freeze in data.freezes
	start_of(change) < time.parse_rfc3339_ns(freeze.to)
	end_of(change) > time.parse_rfc3339_ns(freeze.from)
}

window_for(change) := window if {
	some window in data.windows[change.service]
	time.weekday(start_of(change)) in window.days
	[h, m, _] := time.clock(start_of(change))
	at := (h * 60) + m
	at >= minutes(window.from)
	at + (time.parse_duration_ns(change.length) / 60000000000) <= minutes(window.to)
}

minutes(text) := (to_number(h) * 60) + to_number(m) if [h, m] = split(text, ":")

verdicts[change.id] contains "frozen" if {
	some change in input.changes
	frozen(change)
}

verdicts[change.id] contains "no window" if {
	some change in input.changes
	not window_for(change)
}

verdicts[change.id] contains "too soon" if {
	some change in input.changes
	start_of(change) - now < 2 * hour
}

verdicts[change.id] contains "asked too late" if {
	some change in input.changes
	asked := time.parse_ns("2006-01-02 15:04", change.asked)
	start_of(change) - asked < day
}

overlaps contains [a.id, b.id] if {
	some i, a in input.changes
	some j, b in input.changes
	i < j
	a.service == b.service
	start_of(a) < end_of(b)
	start_of(b) < end_of(a)
}

per_month[month] := n if {
	some month in {sprintf("%04d-%02d", [y, m]) | some change in input.changes; [y, m, _] := time.date(start_of(change))}
	n := count([1 | some change in input.changes; startswith(change.start, month)])
}

review_on[change.id] := date if {
	some change in input.changes
	date := substring(time.format(time.add_date(start_of(change), 0, 1, 0)), 0, 10)
}

age[change.id] := [months, days] if {
	some change in input.changes
	[_, months, days, _, _, _] := time.diff(start_of(change), now)
	change.service == "web"
}

weekend := {change.id | some change in input.changes; time.weekday(start_of(change)) in ["Saturday", "Sunday"]}

report := {
	"verdicts": verdicts,
	"clear": count({c.id | some c in input.changes} - object.keys(verdicts)),
	"overlaps": overlaps,
	"per_month": per_month,
	"review_on": review_on,
	"days": {id: d | some id, [m, d] in age; m == 0},
	"weekend": weekend,
}
