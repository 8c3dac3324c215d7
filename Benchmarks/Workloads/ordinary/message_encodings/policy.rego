# Messages in several encodings: decoding, checking of shapes, encoding again.
package message_encodings

decode(message) := json.unmarshal(message.body) if message.encoding == "json"

decode(message) := json.unmarshal(base64.decode(message.body)) if message.encoding == "base64"

decode(message) := yaml.unmarshal(message.body) if message.encoding == "yaml"

decode(message) := json.unmarshal(hex.decode(message.body)) if message.encoding == "hex"

decode(message) := {k: v[0] | some k, v in urlquery.decode_object(message.body)} if message.encoding == "query"

events[message.id] := event if {
	some message in input.messages
	event := decode(message)
	is_object(event)
}

broken := {message.id | some message in input.messages} - object.keys(events)

faults[id] contains sprintf("%s is missing", [name]) if {
	some id, event in events
	some name, shape in data.shapes
	shape.required
	not present(event, name)
}

present(event, name) if _ = event[name]

faults[id] contains sprintf("%s is a %s", [name, type_name(event[name])]) if {
	some id, event in events
	some name, shape in data.shapes
	present(event, name)
	not type_name(event[name]) in shape.types
}

faults[id] contains "severity is out of range" if {
	some id, event in events
	is_number(event.severity)
	not event.severity in numbers.range(0, 7)
}

sound := {id: event | some id, event in events; not faults[id]}

envelope[id] := text if {
	some id, event in sound
	text := base64.encode(json.marshal(object.remove(event, ["labels"])))
}

links := [link |
	some id, event in sound
	link := concat("?", ["https://events.example.com/show", urlquery.encode_object({"id": id, "kind": event.kind})])
]

wide := {id | some id, event in events; object.subset(event, {"kind": "audit", "host": "a1"})}

kinds := {kind: ids |
	some kind in {e.kind | some e in sound}
	ids := {id | some id, e in sound; e.kind == kind}
}

report := {
	"broken": broken,
	"faults": faults,
	"envelope": envelope,
	"links": links,
	"wide": wide,
	"kinds": {k: count(ids) | some k, ids in kinds},
	"labels": {l | some e in sound; some l in object.get(e, "labels", [])},
}
