import re

KINDS = ["bucket", "vm", "network", "database"]


def make(r, n):
    rules = [
        {"id": "R01", "kind": "*", "path": ["tags", "owner"], "op": "exists", "operand": True, "severity": "low"},
        {"id": "R02", "kind": "bucket", "path": ["public"], "op": "eq", "operand": False, "severity": "critical"},
        {"id": "R03", "kind": "bucket", "path": ["encryption", "algorithm"], "op": "in", "operand": ["aes256", "kms"], "severity": "high"},
        {"id": "R04", "kind": "vm", "path": ["disk", "size"], "op": "lt", "operand": 500, "severity": "low"},
        {"id": "R05", "kind": "vm", "path": ["image"], "op": "prefix", "operand": "golden/", "severity": "medium"},
        {"id": "R06", "kind": "network", "path": ["ports"], "op": "any", "operand": [443, 8443], "severity": "medium"},
        {"id": "R07", "kind": "database", "path": ["version"], "op": "match", "operand": "^1[3-6]\\.[0-9]+$", "severity": "high"},
        {"id": "R08", "kind": "database", "path": ["backup", "days"], "op": "gt", "operand": 6, "severity": "medium"},
        {"id": "R09", "kind": "*", "path": ["region"], "op": "ne", "operand": "antarctica", "severity": "critical"},
        {"id": "R10", "kind": "vm", "path": ["meta", "labels", "tier"], "op": "in", "operand": ["gold", "silver"], "severity": "none"},
    ]
    resources = []
    for i in range(n):
        kind = r.choice(KINDS)
        o = {"id": f"{kind}-{i}", "kind": kind, "region": r.choice(["eu", "us", "antarctica", "eu"]), "tags": {"owner": "x"} if r.random() < 0.8 else {}}
        if kind == "bucket":
            o |= {"public": r.random() < 0.2, "encryption": {"algorithm": r.choice(["aes256", "kms", "des"])}}
        elif kind == "vm":
            o |= {"disk": {"size": r.randrange(900)}, "image": r.choice(["golden/deb", "own/x"]), "meta": {"labels": {"tier": r.choice(["gold", "bronze"])}}}
        elif kind == "network":
            o |= {"ports": r.sample([22, 80, 443, 8443], r.randint(0, 2))}
        else:
            o |= {"version": r.choice(["13.2", "12.9", "16.1"]), "backup": {"days": r.randrange(14)}}
        resources.append(o)
    waivers = {o["id"]: r.sample([x["id"] for x in rules], 2) for o in resources if r.random() < 0.3}
    return {"rules": rules, "waivers": waivers}, {"resources": resources}


def answer(data, document):
    ops = {
        "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "gt": lambda a, b: a > b, "in": lambda a, b: a in b, "prefix": lambda a, b: a.startswith(b),
        "match": lambda a, b: bool(re.search(b, a)), "any": lambda a, b: bool(set(a) & set(b)), "exists": lambda a, b: (a is not None) == b,
    }
    def at(o, path):
        for key in path:
            o = o.get(key) if isinstance(o, dict) else None
        return o
    outcomes = {}
    for o in document["resources"]:
        results = {}
        for x in data["rules"]:
            if x["kind"] in ("*", o["kind"]):
                good = ops[x["op"]](at(o, x["path"]), x["operand"])
                results[x["id"]] = "pass" if good else "waived" if x["id"] in data["waivers"].get(o["id"], []) else "fail"
        outcomes[o["id"]] = results
    severity = {x["id"]: x["severity"] for x in data["rules"]}
    weight = {"critical": 100, "high": 10, "medium": 3, "low": 1, "none": 0}
    failures = [(x, o) for o, results in outcomes.items() for x, s in results.items() if s == "fail"]
    score = {o: sum(weight[severity[x]] for x, s in results.items() if s == "fail") for o, results in outcomes.items()}
    grade = lambda p: "A" if p == 0 else "B" if p < 5 else "C" if p < 20 else "D" if p < 100 else "F"
    return {
        "failures": len(failures), "critical": sorted({o for x, o in failures if severity[x] == "critical"}), "grades": {g: sum(grade(p) == g for p in score.values()) for g in "ABCDF"},
        "worst": [[p, o] for o, p in sorted(score.items()) if p == max(score.values())],
        "counts": {w: {s: sum(severity[x] == w and t == s for results in outcomes.values() for x, t in results.items()) for s in ["pass", "fail", "waived"]} for w in set(severity.values())}, "score": score,
    }
