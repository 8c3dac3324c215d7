package d

p[x].q[y] := x + y if {
	some x in data.n
	some y in data.n
}

sets[k] contains v if some k, v in input.list[3]

whole := {"a": [1, 2.5e-3, -0], "b": {1, "two", null}, "c": set()}

part := whole.a[count(whole.b) - 2]

nested := {k: [v | some v in vs; v != ""] | some k, vs in data.users}

every_one if every u, r in data.users { is_array(r) }
