import re

UNITS = {"": 1, "k": 1000, "ki": 1024, "m": 1000**2, "mi": 1024**2, "g": 1000**3, "gi": 1024**3}


def make(r, n):
    data = {"limits": {
        "registries": ["registry.example.com", "*.internal.example.com", "quay.io"],
        "resources": {"memory": "1Gi", "ephemeral-storage": "2Gi"},
        "labels": ["app", "owner", "stage"],
        "checks": [
            {"path": ["securityContext", "privileged"], "missing": False, "value": False},
            {"path": ["securityContext", "readOnlyRootFilesystem"], "missing": False, "value": True},
            {"path": ["securityContext", "runAsNonRoot"], "missing": False, "value": True},
            {"path": ["imagePullPolicy"], "missing": "IfNotPresent", "value": "Always"},
        ],
    }}
    items = []
    for i in range(n):
        kind = r.choice(["Pod", "Deployment", "Deployment", "StatefulSet", "CronJob", "Job"])
        spec = {"containers": [container(r, k) for k in range(r.randint(1, 3))]}
        if r.random() < 0.3:
            spec["initContainers"] = [container(r, 9)]
        wrapped = {"Pod": spec, "CronJob": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}.get(kind, {"template": {"spec": spec}})
        labels = {k: v for k, v in [("app", f"app{i % 7}"), ("owner", r.choice(["team-core", "team-payments", "team-x", "nobody"])), ("stage", "prod")] if r.random() < 0.9}
        items.append({"kind": kind, "metadata": {"name": f"{kind.lower()}-{i}", "namespace": f"ns{r.randrange(6)}", "labels": labels}, "spec": wrapped})
    return data, {"items": items}


def container(r, k):
    c = {"name": f"c{k}", "image": r.choice(["registry.example.com/a/web:1.2", "a.internal.example.com/db:9", "quay.io/x/y", "nginx", "evil.example.net/app:latest", "library/redis:7", "a.b.internal.example.com/z:1"])}
    if r.random() < 0.8:
        c["resources"] = {"limits": {"memory": r.choice(["256Mi", "1Gi", "2Gi", "900M"]), **({"ephemeral-storage": r.choice(["1Gi", "4Gi"])} if r.random() < 0.5 else {})}}
    for probe in ["livenessProbe", "readinessProbe"]:
        if r.random() < 0.7:
            c[probe] = {"httpGet": {"path": "/", "port": 8080}}
    if r.random() < 0.8:
        c["securityContext"] = {"privileged": r.random() < 0.1, "readOnlyRootFilesystem": r.random() < 0.8, **({"runAsNonRoot": True} if r.random() < 0.8 else {})}
    if r.random() < 0.5:
        c["imagePullPolicy"] = r.choice(["Always", "IfNotPresent"])
    return c


def size(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()
    return int(number) * UNITS[unit.lower()]


def answer(data, document):
    limits = data["limits"]
    review, spaces = {}, {}
    shown = lambda v: {True: "true", False: "false"}.get(v, v) if isinstance(v, bool) else v
    allowed = lambda registry: registry in ("registry.example.com", "quay.io") or re.fullmatch(r"[^.]*\.internal\.example\.com", registry)
    for o in document["items"]:
        name, kind = o["metadata"]["name"], o["kind"]
        spec = {"Pod": lambda: o["spec"], "CronJob": lambda: o["spec"]["jobTemplate"]["spec"]["template"]["spec"], "Job": lambda: None}.get(kind, lambda: o["spec"]["template"]["spec"])()
        spaces.setdefault(o["metadata"]["namespace"], 0)
        found = set()
        # Of a kind without pods only the labels are looked at.
        for c in spec.get("initContainers", []) + spec["containers"] if spec else []:
            at = f"{name}/{c['name']}"
            parts = c["image"].split("/")
            registry = parts[0] if len(parts) > 1 and "." in parts[0] else "docker.io"
            tag = (parts[-1].split(":") + ["latest"])[1]
            if not allowed(registry):
                found.add(f"{at}: image \"{c['image']}\" comes from {registry}")
            if tag == "latest":
                found.add(f"{at}: image is not pinned")
            for resource, most in limits["resources"].items():
                wanted = c.get("resources", {}).get("limits", {}).get(resource)
                if wanted is not None and size(wanted) > size(most):
                    found.add(f"{at}: {resource} of {wanted} is more than {most}")
            if kind == "Deployment":
                found |= {f"{at}: no {p}" for p in ["livenessProbe", "readinessProbe"] if p not in c}
            for check in limits["checks"]:
                actual = c
                for key in check["path"]:
                    actual = actual.get(key) if isinstance(actual, dict) else None
                actual = check["missing"] if actual is None else actual
                if actual != check["value"]:
                    found.add(f"{at}: {'.'.join(check['path'])} is {shown(actual)}")
        labels = o["metadata"]["labels"]
        found |= {f"{name}: label {l} is missing" for l in limits["labels"] if l not in labels}
        if "owner" in labels and not re.fullmatch("team-[a-z]{2,12}", labels["owner"]):
            found.add(f"{name}: owner {labels['owner']} is no team")
        if found:
            review[name] = sorted(found)
            spaces[o["metadata"]["namespace"]] += 1
    return {"allowed": not review, "review": review, "by_namespace": spaces, "total": sum(map(len, review.values()))}
