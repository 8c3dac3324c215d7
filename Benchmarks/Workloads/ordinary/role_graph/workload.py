def make(r, n):
    roles = [f"r{i}" for i in range(40)]
    inherits = {role: [f"r{j}" for j in sorted(r.sample(range(i + 1, 40), min(r.randint(0, 2), 39 - i)))] for i, role in enumerate(roles)}
    users = [f"user{i}" for i in range(n)]
    grants = {f"g{i}": {"action": r.choice(["read", "write", "*", "delete"]), "kind": r.choice(["doc", "repo", "key", "host"]), "roles": sorted(r.sample(roles, r.randint(1, 3)))} for i in range(60)}
    data = {
        "inherits": inherits, "grants": grants, "assigned": {u: sorted(r.sample(roles, r.randint(1, 2))) for u in users if r.random() < 0.95},
        "extra": {f"user{i}": [f"g{r.randrange(70)}" for _ in range(r.randint(0, 2))] for i in range(20 * n)},
        "denials": {role: r.sample(["doc", "repo", "key", "host"], 1) for role in roles[30:36]}, "exclusive": [["r3", "r30"], ["r20", "r35"], ["r10", "r38"]],
    }
    questions = [{"id": i, "user": r.choice(users), "action": r.choice(["read", "write", "delete"]), "kind": r.choice(["doc", "repo", "key", "host"])} for i in range(n)]
    return data, {"questions": questions, "suspects": [f"user{r.randrange(20 * n)}" for _ in range(3)]}


def answer(data, document):
    inherits, grants = data["inherits"], data["grants"]

    def reach(start):
        seen, open_ = set(), list(start)
        while open_:
            role = open_.pop()
            if role in inherits and role not in seen:
                seen.add(role)
                open_ += inherits[role]
        return seen

    effective = {u: reach(data["assigned"].get(u, [])) for u in {q["user"] for q in document["questions"]}}
    direct = {u: [grants[g] for g in names if g in grants] for u, names in data["extra"].items()}
    answers = {}
    for q in document["questions"]:
        roles = effective[q["user"]]
        granted = any(g["kind"] == q["kind"] and g["action"] in (q["action"], "*") and roles & set(g["roles"]) for g in grants.values())
        granted = granted or any(g["kind"] == q["kind"] and g["action"] == q["action"] for g in direct.get(q["user"], []))
        answers[f"q{q['id']}"] = bool(granted and not any(q["kind"] in data["denials"].get(role, []) for role in roles))
    conflicts, holders = {}, {}
    for u, roles in effective.items():
        pairs = sorted(p for p in data["exclusive"] if set(p) <= roles)
        if pairs:
            conflicts[u] = pairs
        for role in roles:
            holders.setdefault(role, set()).add(u)
    def longest(role, path):
        return max([longest(x, path + [x]) for x in inherits[role] if x not in path] or [len(path)])
    return {
        "answers": answers, "conflicts": conflicts, "holders": {k: len(v) for k, v in holders.items()}, "lonely": sorted(k for k, v in holders.items() if len(v) == 1),
        "everyone": sorted(set.intersection(*effective.values())), "unused": sorted(set(inherits) - set(holders)), "longest": longest("r0", ["r0"]),
        "admins": [u for u in document["suspects"] for _ in {str(g) for g in direct.get(u, [])}],
    }
