# A plan as nested documents: walking, filtering, patching and merging.
package plan_documents

names contains r.name if {
	[path, r] := walk(input.plan.root)
	path[count(path) - 2] in {"children", "resources"}
	r.type != "folder"
}

by_address := {r.address: r | walk(input.plan.root, [_, r]); is_object(r); r.address}

secrets contains path_text(path) if {
	some path
	walk(input.plan.root, [path, value])
	is_string(value)
	last := path[count(path) - 1]
	is_string(last)
	regex.match(`(?i)secret|password|token`, last)
	value != "(sensitive)"
}

path_text(path) := concat(".", [sprintf("%v", [p]) | some p in path])

settings[address] := object.union(object.union(data.defaults, object.get(data.types, r.type, {})), object.get(r, "settings", {})) if {
	some address, r in by_address
}

drift[address] := changed if {
	some address, r in by_address
	live := input.live[address]
	changed := {k | some k, v in r.settings; object.get(live, k, null) != v}
	count(changed) > 0
}

redacted[address] := json.remove(r, ["settings/secret_key", "settings/token", "children"]) if {
	some address, r in by_address
	r.type == "service"
}

outline[address] := json.filter(r, ["type", "settings/size", "settings/tags"]) if {
	some address, r in by_address
	r.type == "store"
}

patched[address] := json.patch(object.get(r, "settings", {}), [
	{"op": "add", "path": "/reviewed", "value": true},
	{"op": "add", "path": "/size", "value": "m"},
]) if {
	some address, r in by_address
	r.type == "network"
}

order := sort([[object.get(data.weights, r.type, 0), address] | some address, r in by_address])

depth := max([count(path) | walk(input.plan.root, [path, _])])

tags := union({{t | some t in object.get(s, "tags", [])} | some s in settings})

report := {
	"resources": object.keys(by_address),
	"named": count(names),
	"secrets": secrets,
	"settings": settings,
	"drift": drift,
	"redacted": {a: object.keys(object.get(r, "settings", {})) | some a, r in redacted},
	"outline": outline,
	"patched": patched,
	"order": order,
	"depth": depth,
	"tags": tags,
	"missing": object.keys(by_address) - object.keys(input.live),
}
