import ipaddress as ip


def make(r, n):
    data = {
        "zones": {"office": ["10.1.0.0/16", "10.2.0.0/16"], "servers": ["10.8.0.0/14"], "guests": ["172.16.4.0/22"], "public": ["198.51.100.0/24"], "v6": ["2001:db8:1::/48"]},
        "allowed_zones": {"office": {"servers": True, "public": True}, "servers": {"servers": True, "public": True}},
        "rules": [{
            "source": r.choice(["10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12", "0.0.0.0/0", "10.9.0.0/16"]),
            "destination": r.choice(["10.8.0.0/14", "198.51.100.0/24", "10.0.0.0/8", "10.9.3.0/24"]),
            "ports": r.choice([[22, 22], [80, 80], [443, 443], [1024, 65535], [0, 1023]]), "protocol": r.choice(["any", "tcp", "udp"]), "action": r.choice(["accept", "accept", "reject"]),
        } for _ in range(12)],
    }
    address = lambda: r.choice([f"10.1.{r.randrange(4)}.{r.randrange(250)}", f"10.9.3.{r.randrange(250)}", f"172.16.{r.randrange(12)}.9", f"198.51.100.{r.randrange(9)}", f"2001:db8:1::{r.randrange(1, 99):x}"])
    flows = [{"id": f"f{i}", "source": address(), "destination": address(), "port": r.choice([22, 53, 80, 443, 443, 8080]), "protocol": r.choice(["tcp", "tcp", "udp"]), "bytes": r.randrange(10**6)} for i in range(n)]
    return data, {"flows": flows, "watch": ["198.51.100.0/29", "10.9.0.0/16", "10.9.3.128/25", "172.16.8.0/21"]}


def answer(data, document):
    flows, watch = document["flows"], document["watch"]
    inside = lambda net, a: ip.ip_address(a) in ip.ip_network(net)
    def zone(a):
        return next((z for z, nets in data["zones"].items() if any(inside(x, a) for x in nets)), None)
    def verdict(f):
        for i, x in enumerate(data["rules"]):
            if inside(x["source"], f["source"]) and inside(x["destination"], f["destination"]) and x["ports"][0] <= f["port"] <= x["ports"][1] and x["protocol"] in ("any", f["protocol"]):
                return x["action"], i
        return "drop", -1
    verdicts = {f["id"]: verdict(f) for f in flows}
    actions, rules, talkers = {}, {}, {}
    for action, i in verdicts.values():
        actions[action] = actions.get(action, 0) + 1
        rules[f"{i:02d}"] = rules.get(f"{i:02d}", 0) + 1
    for f in flows:
        talkers[f["source"]] = talkers.get(f["source"], 0) + f["bytes"]
    crossing = []
    for f in flows:
        a, b = zone(f["source"]), zone(f["destination"])
        if a and b and a != b and not data["allowed_zones"].get(a, {}).get(b) and verdicts[f["id"]][0] == "accept":
            crossing.append({"flow": f["id"], "from": a, "to": b})
    hits = [(w, f["destination"]) for w in watch for f in flows if inside(w, f["destination"])]
    nets = [ip.ip_network(x) for zone in data["zones"].values() for x in zone]
    merged = [str(x) for v in (4, 6) for x in ip.collapse_addresses([y for y in nets if y.version == v])]
    order = lambda o: [o["flow"], o["from"], o["to"]]
    pairs = {tuple(sorted([a, b])) for i, a in enumerate(watch) for b in watch[i + 1:] if ip.ip_network(a).overlaps(ip.ip_network(b))}
    return {
        "actions": actions, "rules": rules, "crossing": sorted(crossing, key=order), "unknown": sorted({f["source"] for f in flows if not zone(f["source"])}),
        "top": [[s, m] for m in sorted(set(talkers.values()), reverse=True)[:3] for s in sorted(talkers) if talkers[s] == m],
        "watched": sorted({w for w, _ in hits}), "hits": len(hits), "blocks": sorted(merged), "overlapping": sorted(map(list, pairs)),
    }
