# Roles that inherit from one another, grants and denials, decisions for a list of questions.
package role_graph

import data.role_graph.grants

effective_roles[user] := graph.reachable(data.inherits, object.get(data.assigned, user, [])) if {
	some user in {q.user | some q in input.questions}
}

# Asked for single users, while the data holds very many.
direct[user] contains grant if {
	some user, names in data.extra
	some name in names
	grant := data.grants[name]
}

permitted(user, action, kind) if {
	some role in effective_roles[user]
	some grant in grants.of_role[role]
	grant.action in {action, "*"}
	grant.kind == kind
}

permitted(user, action, kind) if {
	some grant in direct[user]
	grant.action == action
	grant.kind == kind
}

denied(user, kind) if {
	some role in effective_roles[user]
	kind in data.denials[role]
}

answers := [a |
	some q in input.questions
	a := {"id": q.id, "allow": decision(q)}
]

default decision(_) := false

decision(q) if {
	permitted(q.user, q.action, q.kind)
	not denied(q.user, q.kind)
}

# Two roles that nobody may hold together.
conflicts[user] contains pair if {
	some user, roles in effective_roles
	some pair in data.exclusive
	every role in pair { role in roles }
}

holders[role] contains user if {
	some user, roles in effective_roles
	some role in roles
}

lonely := {role | some role, users in holders; count(users) == 1}

everyone := intersection({roles | some roles in effective_roles})

unused := object.keys(data.inherits) - {role | some role, _ in holders}

longest := max([count(path) | some path in graph.reachable_paths(data.inherits, ["r0"])])

report := {
	"answers": {sprintf("q%d", [a.id]): a.allow | some a in answers},
	"conflicts": conflicts,
	"holders": {role: count(users) | some role, users in holders},
	"lonely": lonely,
	"everyone": everyone,
	"unused": unused,
	"longest": longest,
	"admins": [user | some user in input.suspects; some _ in direct[user]],
}
