#!/usr/bin/env python3
"""Compares the JSON Schema that fleetctl prints with what fleetctl itself accepts.

Usage: scripts/check-schema.py FLEETCTL

The fleets and roles of this repository must fit. Then every place that the schema describes is filled, once with
its example and many times with something else, and both must give the same verdict. Where JSON Schema cannot say
what fleetctl checks, EXCEPTIONS says why.
"""
import concurrent.futures
import copy
import glob
import itertools
import json
import re
import subprocess
import sys
import tempfile
import warnings

import yaml

warnings.simplefilter("ignore", DeprecationWarning)
from jsonschema import Draft202012Validator  # noqa: E402

FLEETCTL = sys.argv[1]
failures = []


def fail(text):
    failures.append(text)
    print("FAILED: " + text)


# The findings that speak of keys, kinds and grammar. An unknown role's name is one too: the schema of a fleet lists
# them. What the rest says (ports, devices, …) is beyond any schema.
STRUCTURE = {"FLT2001", "FLT2002", "FLT2003", "FLT2004", "FLT2005", "FLT3401"}

# What JSON Schema cannot say: (JSON pointer, value as JSON, why).
EXCEPTIONS = [
    (r"/version$", r"^(?!1$)-?\d+$", "another version is FLT2005; nothing else is read then"),
    (r"^/address$", r"^(true|false)$", "`true` is a host name to us; nobody means it"),
    (r"^/roles/0/.*/\w+(/0)?$", r"^(\[null\]|null)$", "nothing as an item of a parameter is read as empty text"),
]
# Findings of ours that no schema can have: (detail, why).
BEYOND = [
    (r"must be at (least|most) ", "limits of sizes, durations and numbers in quotes"),
    (r"^`role_paths`: cannot ", "what is in the file system"),
]


class CoreLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML 1.2's core schema: `no` and 12:30 are text, unlike in PyYAML's YAML 1.1."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789"),
]:
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), list(first))
CoreLoader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node))
)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=CoreLoader)


def run(*arguments, text=None):
    return subprocess.run([FLEETCTL, *arguments], input=text, capture_output=True, text=True)


def schema(*arguments):
    result = run("schema", *arguments)
    if result.returncode != 0:
        raise SystemExit(f"fleetctl schema {' '.join(arguments)}: {result.stderr}")
    document = json.loads(result.stdout)
    Draft202012Validator.check_schema(document)
    return result.stdout, document


def findings(text):
    result = run("validate", "-f", "-", "--format", "json", text=text)
    if result.returncode not in (0, 1):
        raise SystemExit(f"fleetctl validate ended with {result.returncode}: {result.stderr}\n{text}")
    return json.loads(result.stdout)["diagnostics"]


# 1. The committed copies, and what is in this repository.

def check_repository():
    for name, arguments in [("fleet", []), ("fleet-included", ["--included"]), ("role", ["--role"])]:
        text, _ = schema(*arguments)
        path = f"docs/{name}.schema.json"
        try:
            with open(path, encoding="utf-8") as file:
                committed = file.read()
        except FileNotFoundError:
            committed = None
        if committed != text:
            fail(f"{path} is not what fleetctl schema prints; run `make schema`")
    fleets = ["fleet.yaml", "lab/fleet.yaml"] + sorted(glob.glob("examples/*/fleet.yaml"))
    _, open_schema = schema()
    for path in fleets:
        for known in (open_schema, schema("-f", path)[1]):
            for error in Draft202012Validator(known).iter_errors(load(path)):
                fail(f"{path}: {error.json_path}: {error.message}")
    roles = sorted(glob.glob("roles/*/role.yaml") + glob.glob("examples/*/roles/*/role.yaml"))
    validator = Draft202012Validator(schema("--role")[1])
    for path in roles:
        for error in validator.iter_errors(load(path)):
            fail(f"{path}: {error.json_path}: {error.message}")
    print(f"{len(fleets)} fleets and {len(roles)} roles fit their schema")


# 2. Every place of the schema.

class Sampler:
    """Walks a schema; `places` are (where, a function from a value to a node or a fleet with it)."""

    def __init__(self, document):
        self.document = document

    def resolve(self, shape):
        while "$ref" in shape:
            target = self.document
            for part in shape["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            shape = {**target, **{key: value for key, value in shape.items() if key != "$ref"}}
        return shape

    def sample(self, shape):
        """The smallest value that fits."""
        shape = self.resolve(shape)
        if "const" in shape:
            return shape["const"]
        if shape.get("examples"):
            return shape["examples"][0]
        if shape.get("default") not in (None, [], ""):
            return shape["default"]
        if "enum" in shape:
            return shape["enum"][0]
        if "anyOf" in shape and "properties" not in shape:
            return self.sample(shape["anyOf"][0])
        kinds = shape.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "object":
            required = list(shape.get("required", []))
            if "properties" in shape and "anyOf" in shape:
                required += shape["anyOf"][0]["required"]
            return {key: self.sample(shape["properties"][key]) for key in required}
        if kind == "array":
            return [self.sample(shape["items"])]
        if kind == "integer":
            return shape.get("minimum", 1)
        if kind == "boolean":
            return True
        pattern = shape.get("pattern", "")
        for text in ("a-1", "30s", "6GiB", "/srv/x", "https://example.org/x", "a", "10.0.0.1"):
            if re.search(pattern, text):
                return text
        raise SystemExit(f"no sample for {shape}")

    def values(self, shape, where, fill):
        """Yields (where, fill, shape) for the place and all places in it."""
        shape = self.resolve(shape)
        yield where, fill, shape
        for choice in shape.get("anyOf", []):
            if "required" in choice and len(choice) == 1:
                continue
            yield from self.inside(self.resolve(choice), where, fill)
        yield from self.inside(shape, where, fill)

    def inside(self, shape, where, fill):
        for key, value in shape.get("properties", {}).items():
            base = self.sample({**shape, "examples": []}) if "properties" in shape else {}
            for other in shape.get("dependentRequired", {}).get(key, []):
                base[other] = "16GiB"

            def put(new, key=key, base=base):
                return fill({**copy.deepcopy(base), key: new})

            yield from self.values(value, f"{where}/{key}", put)
        extra = shape.get("additionalProperties")
        if isinstance(extra, dict) and "properties" not in shape:
            yield from self.values(extra, where + "/x", lambda new: fill({"x": new}))
        if "items" in shape:
            yield from self.values(shape["items"], where + "/0", lambda new: fill([new]))


# Of every kind one that fits nowhere by chance, and what people write by mistake.
BAD = [
    None, True, False, 0, 1, -1, 7, 99999999, 1.5, "", " ", "true", "no", "12", "-x", "a b", "a\tb", "a\u0007b", "6GiB",
    "6 GiB", "6XB", "0GiB", "30s", "0s", "30 s", "30", "300.1.1.1", "10.0.0.0/8", "10.0.0.1", "fd00::1", "nvidia",
    "FLT3301", "../x", "/x", "/x/../y", "https://x/", "ftp://x", [], {}, [[]], ["a"], {"a": 1}, {"unknown-key": 1},
    [None], [{}], "x" * 65,
]


def mutations(sampler, shape):
    value = sampler.sample({**shape, "examples": []} if "properties" in shape else shape)
    yield value
    if "properties" in shape and isinstance(value, dict):
        yield {**value, "unknown_key": 1}
        for key in value:
            yield {name: other for name, other in value.items() if name != key}
    yield from BAD


def fewer(values, shape, seen):
    """Hundreds of places have one of a few types: each type in full once, then the beginning."""
    prose = ("description", "default", "title", "examples")
    kind = json.dumps({key: value for key, value in shape.items() if key not in prose})
    few = values if kind not in seen else values[:1] + BAD[:10]
    seen.add(kind)
    return few


def excepted(where, value):
    text = json.dumps(value)
    return any(re.search(a, where) and re.search(b, text) for a, b, _ in EXCEPTIONS)


class Comparison:
    def __init__(self, document):
        self.validator = Draft202012Validator(document)
        self.cases = 0
        self.refused = 0
        self.skipped = set()

    def judge(self, where, value, fleet, found):
        """Compares the schema's verdict on `fleet` with the findings about it."""
        self.cases += 1
        if excepted(where, value):
            return
        ours = [finding for finding in found if finding["code"] in STRUCTURE]
        theirs = list(itertools.islice(self.validator.iter_errors(fleet), 1))
        if not theirs:
            ours = [f for f in ours if not any(re.search(detail, f["detail"]) for detail, _ in BEYOND)]
        self.refused += bool(theirs)
        if bool(ours) != bool(theirs):
            said = ours[0]["detail"] if ours else "nothing"
            told = theirs[0].message[:200] if theirs else "nothing"
            fail(f"{where}: {json.dumps(value)[:80]}: fleetctl says {said!r}, the schema {told!r}")


def pending(fleet):
    """Whether fleetctl does not know a key yet that the schema already describes: the key."""
    for finding in findings(json.dumps(fleet)):
        match = re.search(r"has no key `(\w+)`", finding["detail"])
        if finding["code"] == "FLT2001" and match:
            return match.group(1)
    return None


BASE = {"version": 1, "fleet": "f", "nodes": {"a-1": {"address": "10.0.0.1"}}}


def fleet_with(root):
    return {**BASE, **root}


def check_root(document):
    """Places outside of `nodes`: one run of fleetctl for each case."""
    sampler, comparison = Sampler(document), Comparison(document)
    cases, seen = [], set()
    for key, shape in document["properties"].items():
        if key == "nodes":
            continue
        places = [(f"/{key}", lambda new, key=key: {key: new}, sampler.resolve(shape))]
        if key != "roles":
            places = sampler.values(shape, f"/{key}", lambda new, key=key: {key: new})
        for where, fill, inner in places:
            if "/hardware/" in where or "/roles/" in where:
                continue  # The same definitions as at a node.
            first = fleet_with(fill(sampler.sample(inner)))
            unknown = pending(first)
            if unknown:
                comparison.skipped.add(unknown)
                continue
            values = fewer(list(mutations(sampler, inner)), inner, seen)
            cases += [(where, value, fleet_with(fill(value))) for value in values]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = pool.map(lambda case: findings(json.dumps(case[2])), cases)
        for (where, value, fleet), of_fleet in zip(cases, found):
            comparison.judge(where, value, fleet, of_fleet)
    return comparison


def check_nodes(document):
    """Places in a node: all cases of a kind are nodes of one fleet, so one run judges them."""
    sampler, comparison = Sampler(document), Comparison(document)
    node = document["$defs"]["node"]
    cases, seen = [], set()
    for where, fill, inner in sampler.values(node, "", lambda new: new):
        values = list(mutations(sampler, inner))
        if where.startswith("/roles/0/"):
            values = fewer(values, inner, seen)
        unknown = None
        if "partitions" in where:
            unknown = pending(fleet_with({"nodes": {"a": fill(values[0])}}))
        if unknown:
            comparison.skipped.add(unknown)
            continue
        cases += [(where, value, fill(value)) for value in values]
    lines = [f'"n{number}": {json.dumps(node)}' for number, (_, _, node) in enumerate(cases)]
    text = '{"version": 1, "fleet": "f", "nodes": {\n' + ",\n".join(lines) + "\n}}\n"
    found = {}
    for finding in findings(text):
        if finding["range"]:
            found.setdefault(finding["range"]["start"]["line"], []).append(finding)
    for number, (where, value, node) in enumerate(cases):
        fleet = fleet_with({"nodes": {"a-1": node}})
        comparison.judge(where, value, fleet, found.get(number + 2, []))
    return comparison


def main():
    check_repository()
    _, document = schema()
    # The closed schema: its list of roles is what fleetctl knows, so unknown names can be compared too.
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(BASE, file)
        file.flush()
        _, closed = schema("-f", file.name)
    STRUCTURE.add("FLT3001")
    for name, comparison in [("nodes", check_nodes(closed)), ("the rest", check_root(document))]:
        print(f"{name}: {comparison.cases} cases, {comparison.refused} refused by both")
        if comparison.refused < comparison.cases // 4:
            fail(f"{name}: too few cases were refused; the comparison compares nothing")
        for key in sorted(comparison.skipped):
            print(f"SKIPPED: this fleetctl does not know the key `{key}`")
    if failures:
        raise SystemExit(f"{len(failures)} disagreements")


main()
