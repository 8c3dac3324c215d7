import base64
import json
import re

PATHS = ["/tenants/7/orders", "/tenants/7/orders/12", "/tenants/8/orders/12", "/public/health", "/tenants/7/users/x", "/admin/audit", "/tenants/9/invoices/3/lines"]


def make(r, n):
    data = {
        "issuers": {"https://id.example.com": {"audience": "gateway"}, "https://partner.example.org": {"audience": "partners"}},
        "routes": {
            "GET": [
                {"path": ["public", "*"], "scopes": []},
                {"path": ["tenants", ":id", "orders"], "scopes": ["orders:read"], "tenant": 1},
                {"path": ["tenants", ":id", "orders", ":id"], "scopes": ["orders:read"], "tenant": 1},
                {"path": ["tenants", ":id", "invoices", "*", "lines"], "scopes": ["orders:read", "billing"], "tenant": 1},
                {"path": ["admin", "audit"], "scopes": ["admin"], "office": True},
            ],
            "POST": [{"path": ["tenants", ":id", "orders"], "scopes": ["orders:write"], "tenant": 1, "office": True}],
        },
    }
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    requests = []
    for i in range(n):
        now = 1767950000 + r.randrange(86400)
        claims = {
            "iss": r.choice(["https://id.example.com"] * 4 + ["https://partner.example.org", "https://evil.example.net"]),
            "aud": r.choice(["gateway", ["gateway", "other"], ["partners"], "nothing"]),
            "exp": now + r.choice([300, 900, 900, -5]), "nbf": now - r.choice([10, 60, -30]),
            "scope": " ".join(r.sample(["orders:read", "orders:write", "billing", "admin"], r.randint(1, 4))), "tenant": r.choice(["7", "7", "8"]), "sub": f"user{i}",
        }
        token = "Bearer " + ".".join([part({"alg": r.choice(["RS256", "RS256", "ES256", "none"]), "typ": "JWT"}), part(claims), "c2ln"])
        requests.append({"id": i, "method": r.choice(["GET", "GET", "GET", "POST"]), "path": r.choice(PATHS), "time": now,
                         "headers": {"authorization": token} if r.random() < 0.95 else {}})
    return data, {"requests": requests}


def decide(data, q):
    reasons = set()
    header = claims = None
    if "authorization" in q["headers"]:
        decode = lambda s: json.loads(base64.urlsafe_b64decode(s + "=" * (-len(s) % 4)))
        header, claims = map(decode, q["headers"]["authorization"][7:].split(".")[:2])
    else:
        reasons.add("no token")
    if header is None or header["alg"] not in ("RS256", "ES256"):
        reasons.add("wrong algorithm")
    segments = q["path"].strip("/").split("/")
    fits = lambda part, s: part == "*" or part == s or part == ":id" and re.fullmatch("[0-9]+", s)
    found = [x for x in data["routes"].get(q["method"], []) if len(x["path"]) == len(segments) and all(map(fits, x["path"], segments))]
    route = found[0] if found else None
    if claims:
        if claims["exp"] <= q["time"]:
            reasons.add("token is over")
        if claims["nbf"] > q["time"]:
            reasons.add("token is not valid yet")
        if claims["iss"] not in data["issuers"]:
            reasons.add(f"issuer {claims['iss']} is unknown")
        elif data["issuers"][claims["iss"]]["audience"] not in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]):
            reasons.add("wrong audience")
    if route:
        scopes = claims["scope"].split(" ") if claims else []
        reasons |= {f"scope {s} is missing" for s in route["scopes"] if s not in scopes}
        if "tenant" in route and claims and segments[route["tenant"]] != claims["tenant"]:
            reasons.add("foreign tenant")
        if route.get("office") and not 7 <= q["time"] // 3600 % 24 <= 18:
            reasons.add("outside of office hours")
    return {"id": q["id"], "allow": route is not None and not reasons, "reasons": sorted(reasons)}


def answer(data, document):
    decisions = [decide(data, q) for q in document["requests"]]
    count = {}
    for d in decisions:
        for reason in d["reasons"]:
            count[reason] = count.get(reason, 0) + 1
    return {"decisions": decisions, "allowed": sum(d["allow"] for d in decisions), "reasons": count}
