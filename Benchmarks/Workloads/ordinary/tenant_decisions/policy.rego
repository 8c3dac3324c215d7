# One small question against data of very many tenants: the common case of a service that asks for each request.
package tenant_decisions

default allow := false

allow if {
	tenant_active[input.tenant]
	some permission in permissions_of[input.user]
	permission.action == input.action
	resource_matches(permission.resource)
	not blocked[input.user]
	within_quota
}

tenant_active[name] if {
	some name, tenant in data.tenants
	tenant.state == "active"
}

permissions_of[user] contains permission if {
	some user, groups in data.members
	some group in groups
	some permission in data.permissions[group]
}

blocked[user] if {
	some user in data.blocked
}

resource_matches("*")

resource_matches(pattern) if {
	some prefix in [trim_suffix(pattern, "*")]
	startswith(input.resource, prefix)
}

used[tenant] := n if {
	some tenant, t in data.tenants
	n := sum([u.count | some u in t.usage])
}

within_quota if used[input.tenant] < data.plans[data.tenants[input.tenant].plan].requests

reasons contains "tenant is not active" if not tenant_active[input.tenant]

reasons contains "user is blocked" if blocked[input.user]

reasons contains "quota is used up" if not within_quota

reasons contains sprintf("%s may not %s %s", [input.user, input.action, input.resource]) if {
	not any_permission
}

any_permission if {
	some permission in permissions_of[input.user]
	permission.action == input.action
	resource_matches(permission.resource)
}

report := {"allow": allow, "reasons": reasons}
