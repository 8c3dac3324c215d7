package role_graph.grants

of_role[role] contains grant if {
	some name, grant in data.grants
	some role in grant.roles
}
