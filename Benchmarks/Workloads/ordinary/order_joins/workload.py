def make(r, n):
    customers = [{"id": i, "name": f"customer {i}", "tier": r.choice(["gold", "silver", "none"]), "region": r.choice(["north", "south", "east", "west"]), "city": f"city{r.randrange(30)}"} for i in range(n // 2)]
    orders = [{"id": f"o{i:05d}", "customer": r.randrange(n // 2 + 2), "amount": r.randint(1, 900), "days": r.randrange(10)} for i in range(n)]
    payments = [{"id": f"p{i:05d}", "order": f"o{r.randrange(n):05d}", "method": r.choice(["card", "bank", "cash"]), "amount": 0} for i in range(n)]
    amounts = {o["id"]: o["amount"] for o in orders}
    seen = set()
    for p in payments:
        # At most one payment of the right amount, so that no order has two methods.
        p["amount"] = amounts[p["order"]] if p["order"] not in seen and r.random() < 0.8 else 1000
        seen.add(p["order"])
    warehouses = [{"name": f"w{i}", "city": f"city{i * 3}", "open": r.random() < 0.7} for i in range(8)]
    return {}, {"customers": customers, "orders": orders, "payments": payments, "warehouses": warehouses}


def answer(data, document):
    customers, orders, payments, warehouses = (document[k] for k in ["customers", "orders", "payments", "warehouses"])
    by_id = {c["id"]: c for c in customers}
    paid, methods, per_order, regions, per_customer, totals, nearest = {}, {}, {}, {c["region"]: 0 for c in customers}, {}, {}, {}
    amounts = {o["id"]: o["amount"] for o in orders}
    for p in payments:
        per_order[p["order"]] = per_order.get(p["order"], 0) + 1
        methods.setdefault(p["method"], set()).add(p["order"])
        if p["amount"] == amounts[p["order"]]:
            paid[p["order"]] = p["method"]
    open_in = {w["city"]: w["name"] for w in warehouses if w["open"]}
    for o in orders:
        c = by_id.get(o["customer"])
        if c is None:
            continue
        regions[c["region"]] += 1
        per_customer[c["id"]] = per_customer.get(c["id"], 0) + 1
        totals[c["name"]] = totals.get(c["name"], 0) + o["amount"]
        if c["city"] in open_in:
            nearest[open_in[c["city"]]] = nearest.get(open_in[c["city"]], 0) + 1
    late = [{"order": o["id"], "customer": by_id[o["customer"]]["name"]} for o in orders if o["days"] > 5 and by_id.get(o["customer"], {}).get("tier") == "gold"]
    return {
        "late": sorted(late, key=lambda x: (x["customer"], x["order"])), "paid": len(paid), "unpaid": sorted(o["id"] for o in orders if o["id"] not in per_order),
        "duplicates": sum(k * (k - 1) // 2 for k in per_order.values()), "regions": regions, "busy": sorted(i for i, k in per_customer.items() if k > 2), "totals": totals,
        "methods": {m: len(o) for m, o in methods.items()}, "shared": sorted({c["city"] for c in customers if c["city"] in open_in}), "nearest": nearest,
    }
