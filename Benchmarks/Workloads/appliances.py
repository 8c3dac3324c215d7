#!/usr/bin/env python3
"""A workload with other names, shapes and controls than the one that the engine's figures are usually quoted for, with an oracle of its own.

  appliances.py OUTDIR SEED [N ...]

Writes one.rego (package site.check, `violations` for input.asset), all.rego (package site.sweep, the same for input.assets), data.json,
items-N.json ({"assets": [...]}) and expected-N.json (SHA-256 over the sorted lines "asset rule"). Forty controls over five kinds of network
appliances. The seed decides the assets, the mix of kinds and the data.
"""
import hashlib, ipaddress, json, os, random, re, sys

KINDS = ["router", "switch", "firewall", "wap", "ups"]
MODELS = {k: [f"{k[:2].upper()}{n}00" for n in range(1, 7)] for k in KINDS}
LABELS = ["site", "rack", "owner", "cost"]
CIPHERS = ["aes256-gcm", "aes128-gcm", "chacha20", "aes128-cbc", "3des-cbc", "rc4"]


def make_data(r):
    models = sorted(m for ms in MODELS.values() for m in ms)
    return {
        "firmware": {m: {"least": f"{r.randint(1, 4)}.{r.randint(0, 9)}.{r.randint(0, 9)}", "supported": r.random() < 0.9} for m in models},
        "policy": {"labels": LABELS, "ciphers": CIPHERS[:3], "vlans": {str(v): {"zone": z} for v, z in zip(range(10, 90, 10), ["core", "edge", "dmz", "lab"] * 2)},
                   "idle": 900, "servers": ["10.1.0.5", "10.1.0.6", "10.2.0.5"], "admins": ["ops", "net", "root-break"], "budget": 1200, "inside": "10.0.0.0/8"},
        "waivers": {f"C{i:02d}": sorted({f"as{r.randrange(20000):06x}" for _ in range(150)}) for i in range(2, 41, 5)},
    }


def make_asset(r, i, mix):
    kind = r.choices(KINDS, mix)[0]
    ports = [{"name": f"p{k}" if r.random() > 0.02 else "p0", "mode": r.choice(["access", "access", "access", "trunk"]), "speed": r.choice([1000, 1000, 10000, 10]),
              "vlan": str(r.choice([10, 20, 30, 40, 50, 60, 70, 80] * 8 + [99])), "watts": r.randint(0, 90), "guard": r.random() < 0.93, "up": r.random() < 0.8}
             for k in range(r.randint(1, 5))]
    return {
        "id": f"as{i:06x}", "kind": kind, "model": r.choice(MODELS[kind]), "vendor": r.choice(["Acme", "ACME", "Borealis", "Cirrus"]),
        "fqdn": f"{r.choice(['a', 'b', 'core', 'edge'])}{i}.{r.choice(['net', 'net', 'net', 'lab'])}.corp.example" if r.random() > 0.03 else f"stray{i}",
        "zone": r.choice(["core", "core", "edge", "dmz", "lab"]), "labels": {k: r.choice(["x", "y"]) for k in LABELS if r.random() < 0.97},
        "mgmt": {"telnet": r.random() < 0.03, "http": r.random() < 0.04, "ssh": {"version": 2 if r.random() < 0.96 else 1, "ciphers": r.sample(CIPHERS[:4] if r.random() < 0.9 else CIPHERS, 2)},
                 "address": f"{r.choice([10, 10, 10, 10, 10, 172])}.{r.randrange(40)}.{r.randrange(9)}.{r.randint(1, 250)}", "idle": r.choice([300, 600, 600, 900, 3600])},
        "firmware": f"{r.randint(2, 5)}.{r.randint(0, 9)}.{r.randint(0, 9)}", "uptime": r.randrange(400), "patched": r.randrange(300),
        "users": [{"name": r.choice(["ops", "net", "guest"] if r.random() < 0.05 else ["ops", "net"]), "mfa": r.random() < 0.95, "level": r.choice([1, 5, 15])} for _ in range(r.randint(1, 3))],
        "ntp": r.sample(["10.1.0.5", "10.1.0.6", "10.2.0.5"] if r.random() < 0.95 else ["10.9.9.9"], 1), "ports": ports,
        **({"routes": [{"to": f"10.{r.randrange(9)}.0.0/16", "auth": r.random() < 0.94, "metric": r.randrange(20)} for _ in range(r.randint(0, 3))],
            "bgp": {"peers": [{"as": 64500 + r.randrange(50), "password": r.random() < 0.95, "max": r.choice([0, 1000, 5000])} for _ in range(r.randrange(3))]}} if kind == "router" else {}),
        **({"spanning": {"mode": r.choice(["rapid", "rapid", "legacy"]), "root_guard": r.random() < 0.9}, "snooping": r.random() < 0.92, "stack": r.randint(1, 4)} if kind == "switch" else {}),
        **({"acls": [{"name": f"acl{k}", "rules": [{"action": r.choice(["permit", "deny"]), "source": r.choice(["any", "10.0.0.0/8", "10.2.0.0/16"]), "port": r.choice([22, 23, 80, 443, 443, 3389]),
                     "log": r.random() < 0.9} for _ in range(r.randint(1, 4))]} for k in range(r.randint(1, 2))], "default": "deny" if r.random() < 0.95 else "permit", "inspect": r.random() < 0.9} if kind == "firewall" else {}),
        **({"radio": {"auth": r.choice(["wpa3", "wpa3", "wpa2", "open"] if r.random() < 0.3 else ["wpa3"]), "hidden": r.random() < 0.5, "power": r.randint(5, 30)}, "ssids": [r.choice(["corp", "guest", "iot"]) for _ in range(r.randint(1, 3))]} if kind == "wap" else {}),
        **({"battery": {"minutes": r.randint(3, 60), "tested": r.randrange(500)}, "snmp": {"version": r.choice(["3", "3", "3", "2c"]), "community": r.choice(["", "public", "s3cret"])}} if kind == "ups" else {}),
    }


version = lambda s: tuple(map(int, s.split(".")))
weak = lambda a: any(c.endswith("-cbc") or c == "rc4" for c in a["mgmt"]["ssh"]["ciphers"])
inside = lambda s, D: ipaddress.ip_address(s) in ipaddress.ip_network(D["policy"]["inside"])
R, S, F, W, U, A = "router", "switch", "firewall", "wap", "ups", None
# (kind, score term, text, body over ASSET, oracle)
CONTROLS = [
    (A, "9", "telnet", ["ASSET.mgmt.telnet"], lambda a, D: a["mgmt"]["telnet"]),
    (A, "5", "plain http", ["ASSET.mgmt.http == true"], lambda a, D: a["mgmt"]["http"]),
    (A, "7", "old ssh", ["ASSET.mgmt.ssh.version < 2"], lambda a, D: a["mgmt"]["ssh"]["version"] < 2),
    (A, "grade(ASSET)", "weak cipher", ["weak(ASSET)"], lambda a, D: weak(a)),
    (A, "3", "cipher not listed", ["some c in ASSET.mgmt.ssh.ciphers", "not c in data.policy.ciphers"], lambda a, D: any(c not in D["policy"]["ciphers"] for c in a["mgmt"]["ssh"]["ciphers"])),
    (A, "grade(ASSET)", "management outside", ["not net.cidr_contains(data.policy.inside, ASSET.mgmt.address)"], lambda a, D: not inside(a["mgmt"]["address"], D)),
    (A, "2", "idle sessions stay", ["ASSET.mgmt.idle > data.policy.idle"], lambda a, D: a["mgmt"]["idle"] > D["policy"]["idle"]),
    (A, "6", "firmware too old", ["semver.compare(ASSET.firmware, data.firmware[ASSET.model].least) == -1"], lambda a, D: version(a["firmware"]) < version(D["firmware"][a["model"]]["least"])),
    (A, "4", "model without support", ["not data.firmware[ASSET.model].supported"], lambda a, D: not D["firmware"][a["model"]]["supported"]),
    (A, "3", "not patched since start", ["ASSET.uptime - ASSET.patched > 200"], lambda a, D: a["uptime"] - a["patched"] > 200),
    (A, "1", "label missing", ["some wanted in data.policy.labels", "not ASSET.labels[wanted]"], lambda a, D: any(l not in a["labels"] for l in D["policy"]["labels"])),
    (A, "1", "name outside of the domain", ['not endswith(ASSET.fqdn, ".corp.example")'], lambda a, D: not a["fqdn"].endswith(".corp.example")),
    (A, "1", "name not in form", ['not regex.match(`^[a-z]+[0-9]+\\.(net|lab)\\.`, ASSET.fqdn)'], lambda a, D: not re.search(r"^[a-z]+[0-9]+\.(net|lab)\.", a["fqdn"])),
    (A, "2", "lab name in core", ['ASSET.zone == "core"', 'contains(ASSET.fqdn, ".lab.")'], lambda a, D: a["zone"] == "core" and ".lab." in a["fqdn"]),
    (A, "5", "user without second factor", ["some u in ASSET.users", "not u.mfa", "u.level >= 5"], lambda a, D: any(not u["mfa"] and u["level"] >= 5 for u in a["users"])),
    (A, "6", "unknown user", ["strange := {u.name | some u in ASSET.users} - {n | some n in data.policy.admins}", "count(strange) > 0"], lambda a, D: bool({u["name"] for u in a["users"]} - set(D["policy"]["admins"]))),
    (A, "2", "time from elsewhere", ["every s in ASSET.ntp { not s in data.policy.servers }"], lambda a, D: all(s not in D["policy"]["servers"] for s in a["ntp"])),
    (A, "2", "vlan unknown", ["some p in ASSET.ports", "not data.policy.vlans[p.vlan]"], lambda a, D: any(p["vlan"] not in D["policy"]["vlans"] for p in a["ports"])),
    (A, "4", "access port without guard", ["some p in ASSET.ports", 'p.mode == "access"', "p.up", "not p.guard", 'ASSET.zone != "lab"'], lambda a, D: any(p["mode"] == "access" and p["up"] and not p["guard"] for p in a["ports"]) and a["zone"] != "lab"),
    (A, "2", "slow port", ["not fast(ASSET.ports)", 'ASSET.zone in {"core", "dmz"}'], lambda a, D: not all(p["speed"] >= 100 for p in a["ports"]) and a["zone"] in ("core", "dmz")),
    (A, "3", "too many trunks", ['count([p.name | some p in ASSET.ports; p.mode == "trunk"]) >= 3'], lambda a, D: sum(p["mode"] == "trunk" for p in a["ports"]) >= 3),
    (A, "3", "power over budget", ["sum([p.watts | some p in ASSET.ports]) * 4 > data.policy.budget"], lambda a, D: sum(p["watts"] for p in a["ports"]) * 4 > D["policy"]["budget"]),
    (A, "1", "port named twice", ["some i, p in ASSET.ports", "i > 0", "p.name == ASSET.ports[0].name"], lambda a, D: any(i > 0 and p["name"] == a["ports"][0]["name"] for i, p in enumerate(a["ports"]))),
    (R, "7", "route without authentication", ["some t in ASSET.routes", "not t.auth"], lambda a, D: any(not t["auth"] for t in a["routes"])),
    (R, "5", "peer without password", ["some n in ASSET.bgp.peers", "not n.password"], lambda a, D: any(not n["password"] for n in a["bgp"]["peers"])),
    (R, "4", "peer without limit", ["some n in ASSET.bgp.peers", "n.max == 0", 'ASSET.zone == "edge"'], lambda a, D: a["zone"] == "edge" and any(n["max"] == 0 for n in a["bgp"]["peers"])),
    (R, "1", "no routes", ["count(ASSET.routes) == 0"], lambda a, D: not a["routes"]),
    (S, "3", "legacy spanning tree", ['ASSET.spanning.mode == "legacy"', 'lower(ASSET.vendor) == "acme"'], lambda a, D: a["spanning"]["mode"] == "legacy" and a["vendor"].lower() == "acme"),
    (S, "5", "root guard off", ["not ASSET.spanning.root_guard"], lambda a, D: not a["spanning"]["root_guard"]),
    (S, "5", "snooping off", ["ASSET.snooping == false", 'ASSET.zone != "lab"'], lambda a, D: not a["snooping"] and a["zone"] != "lab"),
    (F, "9", "open administration", ["some l in ASSET.acls", "some e in l.rules", 'e.action == "permit"', 'e.source == "any"', "e.port in [22, 23, 3389]"], lambda a, D: any(e["action"] == "permit" and e["source"] == "any" and e["port"] in (22, 23, 3389) for l in a["acls"] for e in l["rules"])),
    (F, "3", "permit not logged", ["some e in ASSET.acls[_].rules", 'e.action == "permit"', "not e.log"], lambda a, D: any(e["action"] == "permit" and not e["log"] for l in a["acls"] for e in l["rules"])),
    (F, "9", "permits by default", ['ASSET["default"] != "deny"'], lambda a, D: a["default"] != "deny"),
    (F, "6", "not inspecting", ["not ASSET.inspect", 'ASSET.zone in {"edge", "dmz"}'], lambda a, D: not a["inspect"] and a["zone"] in ("edge", "dmz")),
    (W, "8", "open radio", ['ASSET.radio.auth == "open"'], lambda a, D: a["radio"]["auth"] == "open"),
    (W, "2", "old radio", ['startswith(ASSET.radio.auth, "wpa2")', "ASSET.radio.power > 20"], lambda a, D: a["radio"]["auth"] == "wpa2" and a["radio"]["power"] > 20),
    (W, "3", "guests beside corp", ['{"corp", "guest"} & {s | some s in ASSET.ssids} == {"corp", "guest"}'], lambda a, D: {"corp", "guest"} <= set(a["ssids"])),
    (U, "4", "battery short", ["ASSET.battery.minutes < 10"], lambda a, D: a["battery"]["minutes"] < 10),
    (U, "2", "battery not tested", ['object.get(ASSET.battery, "tested", 999) > 365'], lambda a, D: a["battery"]["tested"] > 365),
    (U, "7", "community in use", ['ASSET.snmp.version != "3"', 'ASSET.snmp.community in {"public", "private"}'], lambda a, D: a["snmp"]["version"] != "3" and a["snmp"]["community"] == "public"),
]
assert len(CONTROLS) == 40
FUNCTIONS = """
weak(a) if {
	some c in a.mgmt.ssh.ciphers
	endswith(c, "-cbc")
}

weak(a) if "rc4" in a.mgmt.ssh.ciphers

fast(ports) if every p in ports { p.speed >= 100 }

grade(a) := 9 if a.zone == "dmz"

else := 6 if a.zone in {"edge", "core"}

else := 2
"""


def rego(package, sweep):
    out = [f"package {package}\n", FUNCTIONS]
    for number, (kind, score, text, body, _) in enumerate(CONTROLS, 1):
        rule, asset = f"C{number:02d}", "asset" if sweep else "input.asset"
        lines = (["some asset in input.assets"] if sweep else []) + ([f'ASSET.kind == "{kind}"'] if kind else []) + body
        lines += [f'not ASSET.id in data.waivers.{rule}'] if number % 5 == 2 else []
        head = f'{{"rule": "{rule}", "asset": ASSET.id, "score": {score}, "text": sprintf("{text} on %s (%s, up %d days)", [ASSET.fqdn, ASSET.model, ASSET.uptime])}}'
        lines.append(f"v := {head}")
        out.append(f"\nviolations contains v if {{\n" + "".join("\t" + re.sub(r"\bASSET\b", asset, l) + "\n" for l in lines) + "}\n")
    return "".join(out)


def main():
    folder, seed = sys.argv[1], int(sys.argv[2])
    sizes = [int(x) for x in sys.argv[3:]] or [1000, 10000]
    os.makedirs(folder, exist_ok=True)
    write = lambda name, text: open(os.path.join(folder, name), "w").write(text)
    r = random.Random(seed)
    data, mix = make_data(r), [r.randint(1, 10) for _ in KINDS]
    write("data.json", json.dumps(data))
    write("one.rego", rego("site.check", False))
    write("all.rego", rego("site.sweep", True))
    for size in sizes:
        r = random.Random(seed * 7919 + size)
        assets = [make_asset(r, i, mix) for i in range(size)]
        write(f"items-{size}.json", json.dumps({"assets": assets}))
        lines = []
        for a in assets:
            for number, (kind, _, _, _, holds) in enumerate(CONTROLS, 1):
                rule = f"C{number:02d}"
                if (kind is None or kind == a["kind"]) and holds(a, data) and a["id"] not in data["waivers"].get(rule, []):
                    lines.append(f"{a['id']} {rule}")
        digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
        write(f"expected-{size}.json", json.dumps({"findings": len(lines), "controls": len(CONTROLS), "sha256": digest}))


main()
