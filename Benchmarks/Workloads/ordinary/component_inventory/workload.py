def make(r, n):
    names = [f"lib{i}" for i in range(max(10, n // 3))]
    version = lambda: f"{r.randint(0, 3)}.{r.randint(0, 9)}.{r.randint(0, 20)}"
    advisories = []
    for i in range(len(names)):
        ranges = []
        for _ in range(r.randint(1, 2)):
            major, minor = r.randint(0, 3), r.randint(0, 5)
            ranges.append({"introduced": f"{major}.{minor}.0", "fixed": f"{major}.{minor + r.randint(1, 4)}.{r.randint(0, 9)}"})
        advisories.append({"id": f"ADV-{i}", "component": r.choice(names), "ranges": ranges, "score": r.randint(10, 99) / 10})
    data = {"advisories": advisories, "block_at": 9, "forbidden": ["GPL-3.0", "SSPL"]}
    products = []
    for i in range(n):
        parts = [{"name": name, "version": version(), "licence": r.choice(["MIT", "Apache-2.0", "MIT OR GPL-3.0", "SSPL", "BSD-3-Clause"]),
                  **({"digest": "sha256:" + "ab12" * 4} if r.random() < 0.95 else {})} for name in r.sample(names, r.randint(1, 6))]
        products.append({"name": f"product{i}", "components": parts})
    return data, {"products": products}


def answer(data, document):
    read = lambda v: tuple(map(int, v.split(".")))
    components = {p["name"]: {c["name"]: c["version"] for c in p["components"]} for p in document["products"]}
    vulnerable = {}
    for p, parts in components.items():
        for name, v in parts.items():
            for a in data["advisories"]:
                if a["component"] == name and any(read(x["introduced"]) <= read(v) < read(x["fixed"]) for x in a["ranges"]):
                    vulnerable.setdefault(p, {}).setdefault(name, set()).add(a["id"])
    by_id = {a["id"]: a for a in data["advisories"]}
    worst = {p: max(by_id[i]["score"] for ids in parts.values() for i in ids) for p, parts in vulnerable.items()}
    licences = {p["name"]: {x for c in p["components"] for x in c["licence"].split(" OR ")} for p in document["products"]}
    users = {}
    for p, parts in components.items():
        for name in parts:
            users.setdefault(name, []).append(p)
    spread = {name: {components[p][name] for p in ps} for name, ps in users.items()}
    newest = {name: max(vs, key=read) for name, vs in spread.items() if len(vs) > 1}
    outdated = {}
    for name, v in newest.items():
        for p in users[name]:
            if components[p][name] != v:
                outdated[p] = outdated.get(p, 0) + 1
    forbidden = {p: sorted(ls & set(data["forbidden"])) for p, ls in licences.items() if ls & set(data["forbidden"])}
    return {
        "blocked": sorted(p for p, s in worst.items() if s >= data["block_at"]), "worst": worst, "forbidden": forbidden, "newest": newest, "outdated": outdated,
        "signed": sorted(p["name"] for p in document["products"] if all("digest" in c for c in p["components"])),
        "upgrade": {p: {name: sorted(x["fixed"] for i in ids for x in by_id[i]["ranges"])[0] for name, ids in parts.items()} for p, parts in vulnerable.items()},
        "shared": sorted(name for name, ps in users.items() if len(ps) == len(components)), "clean": sorted(set(components) - set(vulnerable)),
    }
