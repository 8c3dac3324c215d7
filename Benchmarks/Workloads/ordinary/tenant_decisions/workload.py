def make(r, n):
    groups = [f"group{i}" for i in range(20)]
    tenants = {f"tenant{i}": {"state": r.choice(["active"] * 5 + ["closed"]), "plan": r.choice(["small", "large"]), "usage": [{"day": d, "count": r.randrange(300)} for d in range(4)]} for i in range(n)}
    data = {
        "tenants": tenants, "plans": {"small": {"requests": 700}, "large": {"requests": 5000}}, "blocked": [f"user{r.randrange(5 * n)}" for _ in range(3)],
        "members": {f"user{i}": r.sample(groups, 2) for i in range(5 * n)},
        "permissions": {g: [{"action": r.choice(["read", "write"]), "resource": r.choice(["*", "files/*", "mail/inbox*"])} for _ in range(2)] for g in groups},
    }
    return data, {"tenant": f"tenant{r.randrange(n)}", "user": f"user{r.randrange(5 * n)}", "action": "read", "resource": "files/a/b"}


def answer(data, q):
    tenant = data["tenants"][q["tenant"]]
    permissions = [p for g in data["members"][q["user"]] for p in data["permissions"][g]]
    granted = any(p["action"] == q["action"] and (p["resource"] == "*" or q["resource"].startswith(p["resource"].rstrip("*"))) for p in permissions)
    within = sum(u["count"] for u in tenant["usage"]) < data["plans"][tenant["plan"]]["requests"]
    reasons = set()
    if tenant["state"] != "active":
        reasons.add("tenant is not active")
    if q["user"] in data["blocked"]:
        reasons.add("user is blocked")
    if not within:
        reasons.add("quota is used up")
    if not granted:
        reasons.add(f"{q['user']} may not {q['action']} {q['resource']}")
    return {"allow": granted and not reasons, "reasons": sorted(reasons)}
