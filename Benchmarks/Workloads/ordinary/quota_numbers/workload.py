import math

FLAGS = ["burst", "spot", "gpu", "public", "batch", "legacy", "pinned", "edge"]
BYTES = {"128Mi": 128 << 20, "1Gi": 1 << 30, "512M": 512 * 10**6, "2GB": 2 * 10**9, "1500000": 1500000}
CPU = {"250m": 250, "1": 1000, "1500m": 1500, "2": 2000}


def make(r, n):
    teams = [f"team{i}" for i in range(max(3, n // 25))]
    data = {"quota": {t: {"memory": r.choice(["1Gi", "4Gi", "32Gi"])} for t in teams}, "flags": FLAGS,
            "tiers": [{"from": 0, "to": 100, "cents": 9}, {"from": 100, "to": 1000, "cents": 7}, {"from": 1000, "to": 1000000, "cents": 4}]}
    pods = [{"name": f"pod{i}", "team": r.choice(teams), "cpu": r.choice(list(CPU)), "memory": r.choice(list(BYTES)), "replicas": r.randint(1, 5), "latency": r.randrange(500), "hours": r.randrange(300), "mask": r.randrange(256)} for i in range(n)]
    return data, {"pods": pods}


def half_up(a, b):
    return math.floor(a / b + 0.5)


def answer(data, document):
    pods = document["pods"]
    groups = {}
    for p in pods:
        groups.setdefault(p["team"], []).append(p)
    usage, over, summary, bill = {}, [], {}, {}
    for t, ps in groups.items():
        memory = sum(BYTES[p["memory"]] * p["replicas"] for p in ps)
        usage[t] = {"cpu": math.ceil(sum(CPU[p["cpu"]] * p["replicas"] for p in ps) / 1000), "memory": memory}
        share = memory * 100 / {"1Gi": 1 << 30, "4Gi": 4 << 30, "32Gi": 32 << 30}[data["quota"][t]["memory"]]
        if share > 100.05:
            over.append(f"{t} uses {share:.1f}% of its memory")
        values = sorted(p["latency"] for p in ps)
        at = lambda percent: values[percent * (len(values) - 1) // 100]
        summary[t] = {"p50": at(50), "p90": at(90), "p99": at(99), "mean": half_up(sum(values) * 10, len(values)), "spread": values[-1] - values[0]}
        hours = sum(p["hours"] for p in ps)
        bill[t] = sum((min(hours, x["to"]) - x["from"]) * x["cents"] for x in data["tiers"] if hours > x["from"])
    bits = lambda mask: [f for i, f in enumerate(FLAGS) if mask >> i & 1]
    return {
        "usage": usage, "over": sorted(over), "summary": summary, "bill": bill, "flagged": {f: sum(f in bits(p["mask"]) for p in pods) for f in FLAGS},
        "masks": {p["name"]: bits(p["mask"]) for p in pods if p["mask"] > 200}, "checksum": sum((i + 1) * p["hours"] % 97 for i, p in enumerate(pods)),
        "histogram": {f"{low}-{low + 49}": sum(low <= p["latency"] < low + 50 for p in pods) for low in range(0, 451, 50)},
        "healthy": not over and all(s["p90"] < 400 for s in summary.values()), "deviation": half_up(sum(abs(p["latency"] - 250) for p in pods), len(pods)),
    }
