import re


def make(r, n):
    data = {"defaults": {"size": "s", "tags": ["managed"], "backup": {"days": 7, "copies": 1}}, "types": {"store": {"backup": {"days": 30}}, "network": {"mtu": 1500}}, "weights": {"network": 1, "store": 2, "service": 3}}
    counter = iter(range(n))

    def node(level):
        children = []
        i = next(counter, None)
        if i is None:
            return None
        kind = r.choice(["service", "store", "network", "folder"])
        result = {"address": f"{kind}.{i}", "type": kind, "name": f"n{i}"}
        if kind != "folder":
            pool = {"size": r.choice(["s", "m", "l"]), "tags": r.sample(["prod", "test", "pii", "web"], 2), "secret_key": r.choice(["(sensitive)", "abc"]), "token": f"t{i}", "backup": {"copies": r.randint(1, 3)}, "port": r.randint(1, 9999)}
            result["settings"] = {k: pool[k] for k in sorted(r.sample(sorted(pool), r.randint(1, 5)))}
        while level < 5 and r.random() < 0.75:
            child = node(level + 1)
            if child is None:
                break
            children.append(child)
        if children:
            result["children"] = children
        return result

    roots = []
    while (root := node(0)) is not None:
        roots.append(root)
    live = {}
    for o in flat(roots):
        if "settings" in o and r.random() < 0.9:
            live[o["address"]] = {k: (v if r.random() < 0.9 else "other") for k, v in o["settings"].items()}
    return data, {"plan": {"root": {"resources": roots}}, "live": live}


def flat(nodes):
    for o in nodes:
        yield o
        yield from flat(o.get("children", []))


def walk(path, value):
    yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for k, v in pairs:
        yield from walk(path + [k], v)


def union(a, b):
    result = dict(a)
    for k, v in b.items():
        result[k] = union(a[k], v) if isinstance(v, dict) and isinstance(a.get(k), dict) else v
    return result


def answer(data, document):
    root, live = document["plan"]["root"], document["live"]
    everything = {o["address"]: o for o in flat(root["resources"])}
    steps = list(walk([], root))
    settings = {a: union(union(data["defaults"], data["types"].get(o["type"], {})), o.get("settings", {})) for a, o in everything.items()}
    drift = {}
    for a, o in everything.items():
        changed = sorted(k for k, v in o.get("settings", {}).items() if a in live and live[a].get(k) != v)
        if changed:
            drift[a] = changed
    named = {o["name"] for o in everything.values() if o["type"] != "folder"}
    def outline(o):
        kept = {k: v for k, v in o.get("settings", {}).items() if k in ("size", "tags")}
        return {"type": o["type"], **({"settings": kept} if "settings" in o else {})}
    return {
        "resources": sorted(everything), "named": len(named),
        "secrets": sorted(".".join(map(str, p)) for p, v in steps if isinstance(v, str) and isinstance(p[-1], str) and re.search("(?i)secret|password|token", p[-1]) and v != "(sensitive)"),
        "settings": settings, "drift": drift,
        "redacted": {a: sorted(set(o.get("settings", {})) - {"secret_key", "token"}) for a, o in everything.items() if o["type"] == "service"},
        "outline": {a: outline(o) for a, o in everything.items() if o["type"] == "store"},
        "patched": {a: {**o.get("settings", {}), "reviewed": True, "size": "m"} for a, o in everything.items() if o["type"] == "network"},
        "order": sorted([data["weights"].get(o["type"], 0), a] for a, o in everything.items()), "depth": max(len(p) for p, _ in steps),
        "tags": sorted({t for s in settings.values() for t in s.get("tags", [])}), "missing": sorted(set(everything) - set(live)),
    }
