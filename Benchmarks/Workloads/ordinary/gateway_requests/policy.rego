# Requests through a gateway: tokens, their time, routes with wildcards, scopes, one decision for each request under `with`.
package gateway_requests

default allow := false

allow if {
	count(deny) == 0
	route
}

token := {"header": header, "claims": claims} if {
	startswith(input.headers.authorization, "Bearer ")
	parts := split(substring(input.headers.authorization, 7, -1), ".")
	count(parts) == 3
	header := json.unmarshal(base64url.decode(parts[0]))
	claims := json.unmarshal(base64url.decode(parts[1]))
}

claims := token.claims

segments := split(trim(input.path, "/"), "/")

route := r if {
	some r in data.routes[input.method]
	matches(r.path)
}

matches(pattern) if {
	count(pattern) == count(segments)
	every i, part in pattern { fits(part, segments[i]) }
}

fits("*", _)

fits(part, segment) if part == segment

fits(":id", segment) if regex.match(`^[0-9]+$`, segment)

deny contains "no token" if not token

deny contains "wrong algorithm" if not token.header.alg in {"RS256", "ES256"}

deny contains "token is over" if claims.exp <= input.time

deny contains "token is not valid yet" if claims.nbf > input.time

deny contains sprintf("issuer %v is unknown", [claims.iss]) if not claims.iss in object.keys(data.issuers)

deny contains "wrong audience" if {
	wanted := data.issuers[claims.iss].audience
	not wanted in as_set(claims.aud)
}

deny contains sprintf("scope %s is missing", [scope]) if {
	some scope in route.scopes
	not scope in scopes
}

deny contains "foreign tenant" if {
	route.tenant
	tenant := segments[route.tenant]
	tenant != claims.tenant
}

deny contains "outside of office hours" if {
	route.office
	[hour, _, _] := time.clock(input.time * 1000000000)
	not hour in numbers.range(7, 18)
}

as_set(x) := {x} if is_string(x)

as_set(x) := {v | some v in x} if is_array(x)

scopes := {s | some s in split(claims.scope, " ")}

decisions := [d |
	some request in input.requests
	allowed := allow with input as request
	reasons := deny with input as request
	d := {"id": request.id, "allow": allowed, "reasons": reasons}
]

report := {
	"decisions": decisions,
	"allowed": count([1 | some d in decisions; d.allow]),
	"reasons": {reason: n |
		some reason in {r | some d in decisions; some r in d.reasons}
		n := count([1 | some d in decisions; reason in d.reasons])
	},
}
