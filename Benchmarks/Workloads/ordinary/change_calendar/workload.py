from datetime import datetime, timedelta

NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SERVICES = ["web", "api", "db", "mail", "dns", "files", "ci", "vpn"]


def make(r, n):
    data = {
        "freezes": [{"from": "2024-03-28T00:00:00Z", "to": "2024-04-02T00:00:00Z"}, {"from": "2024-05-01T08:00:00Z", "to": "2024-05-01T20:00:00Z"}],
        "windows": {s: [{"days": r.sample(NAMES, 3), "from": "20:00", "to": "23:30"}, {"days": ["Saturday"], "from": "08:00", "to": "18:00"}] for s in SERVICES[:6]},
    }
    changes = []
    for i in range(n):
        start = datetime(2024, 3, 14, 9) + timedelta(minutes=30 * r.randrange(3800))
        asked = start - timedelta(hours=r.choice([3, 20, 30, 100]))
        changes.append({"id": f"c{i:04d}", "service": r.choice(SERVICES), "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "length": r.choice(["30m", "1h", "1h30m", "4h"]), "asked": asked.strftime("%Y-%m-%d %H:%M")})
    return data, {"now": "2024-03-14T09:00:00Z", "changes": changes}


def answer(data, document):
    read = lambda t: datetime.strptime(t, "%Y-%m-%dT%H:%M:%SZ")
    now = read(document["now"])
    length = {"30m": 30, "1h": 60, "1h30m": 90, "4h": 240}
    minutes = lambda t: int(t[:2]) * 60 + int(t[3:])
    changes = [(c, read(c["start"]), read(c["start"]) + timedelta(minutes=length[c["length"]])) for c in document["changes"]]
    verdicts, months, review, days = {}, {}, {}, {}
    for c, start, end in changes:
        found = set()
        if any(start < read(f["to"]) and end > read(f["from"]) for f in data["freezes"]):
            found.add("frozen")
        at = start.hour * 60 + start.minute
        if not any(NAMES[start.weekday()] in w["days"] and minutes(w["from"]) <= at and at + length[c["length"]] <= minutes(w["to"]) for w in data["windows"].get(c["service"], [])):
            found.add("no window")
        if start - now < timedelta(hours=2):
            found.add("too soon")
        if start - datetime.strptime(c["asked"], "%Y-%m-%d %H:%M") < timedelta(days=1):
            found.add("asked too late")
        if found:
            verdicts[c["id"]] = sorted(found)
        month = c["start"][:7]
        months[month] = months.get(month, 0) + 1
        year, follow = start.year, start.month + 1
        review[c["id"]] = (datetime(year, follow, 1) + timedelta(days=start.day - 1)).strftime("%Y-%m-%d")
        if c["service"] == "web":
            # Whole months from now, then days, as the calendar has them.
            m = (start.year - now.year) * 12 + start.month - now.month
            d = start.day - now.day - (1 if (start.hour, start.minute) < (now.hour, now.minute) else 0)
            if d < 0:
                m -= 1
            if m == 0:
                days[c["id"]] = (start - now).days
    overlaps = [[a["id"], b["id"]] for i, (a, s, e) in enumerate(changes) for b, t, f in changes[i + 1:] if a["service"] == b["service"] and s < f and t < e]
    return {"verdicts": verdicts, "clear": len(changes) - len(verdicts), "overlaps": sorted(overlaps), "per_month": months, "review_on": review, "days": days,
            "weekend": sorted(c["id"] for c, s, _ in changes if s.weekday() > 4)}
