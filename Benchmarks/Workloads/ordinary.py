#!/usr/bin/env python3
"""Policies of ordinary style with inputs of any size and the answers that they must give.

    ordinary.py FOLDER SIZE...      writes NAME/data-SIZE.json, NAME/input-SIZE.json and NAME/expected-SIZE.json
    ordinary.py --small             rewrites the small ones beside the policies, which the tests read

Each folder of ordinary/ holds the policy (policy.rego, perhaps further modules) and workload.py, which makes data and input from
a seeded generator and computes the answer anew in Python. The query is data.NAME.report.
"""
import importlib.util
import json
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).parent / "ordinary"
SMALL = 12


def workloads():
    for place in sorted(HERE.iterdir()):
        if not (place / "workload.py").exists():
            continue
        spec = importlib.util.spec_from_file_location(place.name, place / "workload.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield place, module


def write(path, value):
    path.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n")


def make(module, name, size):
    data, document = module.make(random.Random(f"{name} {size}"), size)
    # What the policy reads is what JSON keeps.
    data, document = json.loads(json.dumps(data)), json.loads(json.dumps(document))
    return data, document, module.answer(data, document)


def main(arguments):
    sys.dont_write_bytecode = True
    if arguments == ["--small"]:
        for place, module in workloads():
            data, document, answer = make(module, place.name, SMALL)
            write(place / "data.json", data)
            write(place / "input.json", document)
            write(place / "expected.json", answer)
        return 0
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    for place, module in workloads():
        folder = pathlib.Path(arguments[0]) / place.name
        folder.mkdir(parents=True, exist_ok=True)
        for size in map(int, arguments[1:]):
            data, document, answer = make(module, place.name, size)
            write(folder / f"data-{size}.json", data)
            write(folder / f"input-{size}.json", document)
            write(folder / f"expected-{size}.json", answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
