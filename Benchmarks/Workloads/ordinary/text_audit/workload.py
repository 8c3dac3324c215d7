import re

WORDS = "Level Backup Noon Report Network of the Ringing stats Radar Invoice Civic server".split()


def make(r, n):
    file = []
    for i in range(n):
        if i % 8 == 0:
            file.append(f"[Section {i // 8}]")
        file.append(r.choice([f"key_{chr(97 + i % 26)}{'' if i % 3 else '.sub'} = {r.choice(['12', '3.5', 'yes', chr(34) + 'quoted text' + chr(34), 'a=b'])}  ", "; comment", "", "novalue"]).replace("key_", f"k{'xyzw'[i % 4]}_" if i % 2 else "key_"))
    notes = [" ".join(r.choice(["see", "https://wiki.example.com/page?id=7", "mail bob.k@example.com", "or ann@dev-hosts.example.org,", "password", "is URGENT", "due 2024-05-17", "<b>", "secret", "NOW", "done"]) for _ in range(8)) for _ in range(n)]
    titles = [f"{r.choice(WORDS)} {r.choice(WORDS)}: {r.choice(WORDS)} #{r.randrange(100)}" for _ in range(n)]
    hosts = [r.choice(["www.shop", "api.eu.shop", "db-1", "web.x", "api.y", "mail"]) + r.choice([".example.com", ".local", ".org", ".net"]) for _ in range(n)]
    return {}, {"file": "\n".join(file), "notes": notes, "titles": titles, "hosts": hosts, "suffixes": [".com", ".example.com", ".local", ".org"]}


def answer(data, document):
    lines = [x.rstrip(" \t\r") for x in document["file"].split("\n")]
    settings, section = {}, None
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].lower()
        if re.match(r"^\s*[a-z_.]+\s*=", line):
            left, right = line.split("=", 1)
            settings.setdefault(section, {})[left.strip()] = right.strip().strip("\"'")
    numbered = {k: float(v) if "." in v else int(v) for s in settings.values() for k, v in s.items() if re.fullmatch(r"[0-9]+(\.[0-9]+)?", v)}
    notes, titles, hosts = document["notes"], document["titles"], document["hosts"]
    mails = {m for t in notes for m in re.findall(r"([a-z0-9.]+)@([a-z0-9-]+(?:\.[a-z]+)+)", t)}
    table = {"password": "*" * 8, "secret": "*" * 6, "<": "&lt;"}
    clean = [re.sub(r"\b(\d{4})-(\d{2})-(\d{2})\b", r"\3.\2.\1", re.sub("password|secret|<", lambda m: table[m[0]], t)) for t in notes]
    slugs = ["-".join(w for w in re.split("[^A-Za-z0-9]+", t) if w).lower() for t in titles]
    globs = {"*.example.com": r"[^.]*\.example\.com", "api.**": r"api\..*", "db-?.local": r"db-[^.]\.local", "{web,api}.*.org": r"(web|api)\.[^.]*\.org"}
    cut = lambda h: h.removeprefix("www.").removesuffix(".example.com")
    return {
        "settings": settings, "numbered": numbered, "mails": sorted(({"user": u, "host": h} for u, h in mails), key=lambda m: (m["host"], m["user"])),
        "links": sorted({x for t in notes for x in re.findall(r"https?://[^\s,]+", t)}), "clean": clean,
        "shouting": sorted({w for t in notes for w in t.split(" ") if re.fullmatch("[A-Z]{4,}", w)}), "slugs": slugs,
        "initials": ["".join(w[:1].upper() for w in s.split("-")) for s in slugs], "codes": [f"{s[:3].upper()}-{i:05d}-{i * 7919 % 65536:x}" for i, s in enumerate(slugs)],
        "globbed": {p: sum(bool(re.fullmatch(x, h)) for h in hosts) for p, x in globs.items()}, "suffixes": {s: sum(h.endswith(s) for h in hosts) for s in document["suffixes"]},
        "trimmed": sorted({cut(h) for h in hosts}), "palindromes": sorted({w for t in titles for w in t.lower().split(" ") if len(w) > 2 and w == w[::-1]}),
    }
