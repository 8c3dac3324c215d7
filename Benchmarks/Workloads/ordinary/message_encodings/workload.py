import base64
import json


def make(r, n):
    data = {"shapes": {"kind": {"required": True, "types": ["string"]}, "severity": {"required": True, "types": ["number", "string"]}, "host": {"required": False, "types": ["string"]}, "labels": {"required": False, "types": ["array", "null"]}}}
    messages = []
    for i in range(n):
        event = {"kind": r.choice(["audit", "login", "change"]), "severity": r.randrange(9), "host": r.choice(["a1", "b2"])}
        if r.random() < 0.5:
            event["labels"] = r.choice([["x", "y"], ["z"], {"bad": 1}])
        if r.random() < 0.1:
            del event["kind"]
        encoding = r.choice(["json", "base64", "yaml", "hex", "query", "query", "base64", "json", "other"])
        text = json.dumps(event)
        if encoding == "base64":
            body = base64.b64encode(text.encode()).decode()
        elif encoding == "hex":
            body = text.encode().hex()
        elif encoding == "yaml":
            body = "".join(f"{k}: {json.dumps(v)}\n" for k, v in event.items())
        elif encoding == "query":
            body = "&".join(f"{k}={v}" for k, v in event.items() if k != "labels")
        else:
            body = text if r.random() < 0.9 else text[:-1]
        messages.append({"id": f"m{i:04d}", "encoding": encoding, "body": body, "event": event})
    return data, {"messages": messages}


def answer(data, document):
    events = {}
    for m in document["messages"]:
        event = dict(m["event"])
        if m["encoding"] == "other" or not m["body"].endswith("}") and m["encoding"] == "json":
            continue
        if m["encoding"] == "query":
            event = {k: str(v) for k, v in event.items() if k != "labels"}
        events[m["id"]] = event
    names = {str: "string", int: "number", list: "array", dict: "object"}
    faults = {}
    for i, event in events.items():
        found = set()
        for name, shape in data["shapes"].items():
            if name not in event:
                found |= {f"{name} is missing"} if shape["required"] else set()
            elif names[type(event[name])] not in shape["types"]:
                found.add(f"{name} is a {names[type(event[name])]}")
        if isinstance(event["severity"], int) and event["severity"] > 7:
            found.add("severity is out of range")
        if found:
            faults[i] = sorted(found)
    sound = {i: e for i, e in events.items() if i not in faults}
    kinds = {}
    for e in sound.values():
        kinds[e["kind"]] = kinds.get(e["kind"], 0) + 1
    envelope = {i: base64.b64encode(json.dumps({k: v for k, v in e.items() if k != "labels"}, sort_keys=True, separators=(",", ":")).encode()).decode() for i, e in sound.items()}
    return {
        "broken": sorted({m["id"] for m in document["messages"]} - set(events)), "faults": faults, "envelope": envelope,
        "links": [f"https://events.example.com/show?id={i}&kind={e['kind']}" for i, e in sorted(sound.items())],
        "wide": sorted(i for i, e in events.items() if e.get("kind") == "audit" and e.get("host") == "a1"), "kinds": kinds,
        "labels": sorted({x for e in sound.values() for x in e.get("labels", [])}),
    }
