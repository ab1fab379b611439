#!/usr/bin/env python3
"""Compares the JSON Schema that fleetctl prints with what fleetctl itself accepts.

Usage: scripts/check-schema.py FLEETCTL JUDGE

The fleets and roles of this repository must fit. Then every place that the schema describes is filled, once with
its example and many times with something else, and both must give the same verdict: python3-jsonschema on the
schema, and our own checks, which JUDGE (Tests/FleetJudge) runs on all texts in one process. Where JSON Schema cannot
say what fleetctl checks, EXCEPTIONS and BEYOND say why.
"""
import collections
import concurrent.futures
import copy
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings

import yaml

warnings.simplefilter("ignore", DeprecationWarning)
from jsonschema import Draft202012Validator  # noqa: E402

FLEETCTL, JUDGE = sys.argv[1:]
failures = []


def fail(text):
    failures.append(text)
    print("FAILED: " + text)


# The findings that speak of keys, kinds and grammar. An unknown role's name is one too: the schema of a fleet lists
# them. What the rest says (ports, devices, …) is beyond any schema.
STRUCTURE = {"FLT2001", "FLT2002", "FLT2003", "FLT2004", "FLT2005", "FLT3001", "FLT3401"}

# What JSON Schema cannot say: (JSON pointer, value as JSON, why).
EXCEPTIONS = [(r"^/network$", r"^\"10\.0\.0\.1/8\"$", "that no bit is set behind a network's prefix")]
# Findings of ours that no schema can have: (detail, why).
BEYOND = [
    (r"^`protect` names ", "the roles of the user's own that may be protected too"),
    (r"must be at (least|most) ", "limits of sizes, durations and numbers in quotes"),
]
# Places that the schema describes though the decoder may not read them yet: where, and a value that fits.
AHEAD = {}


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


def run(*arguments):
    return subprocess.run([FLEETCTL, *arguments], capture_output=True, text=True)


def schema(*arguments):
    result = run("schema", *arguments)
    if result.returncode != 0:
        raise SystemExit(f"fleetctl schema {' '.join(arguments)}: {result.stderr}")
    document = json.loads(result.stdout)
    Draft202012Validator.check_schema(document)
    return result.stdout, document


def judge(requests):
    """What our own checks find in each of `requests`, in as many processes as there are processors."""
    def part(lines):
        result = subprocess.run([JUDGE], input="".join(lines), capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"{JUDGE} ended with {result.returncode}: {result.stdout[-500:]} {result.stderr[-500:]}")
        return [json.loads(line) for line in result.stdout.splitlines()]

    lines = [json.dumps(request) + "\n" for request in requests]
    step = max(1, -(-len(lines) // (os.cpu_count() or 1)))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        parts = pool.map(part, [lines[start:start + step] for start in range(0, len(lines), step)])
        found = [findings for answers in parts for findings in answers]
    if len(found) != len(lines):
        raise SystemExit(f"{JUDGE} gave {len(found)} answers to {len(lines)} requests")
    return found


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
            own = {key: value for key, value in shape.items() if key != "$ref"}
            if "properties" in target and "properties" in own:
                own["properties"] = {**target["properties"], **own["properties"]}
            shape = {**target, **own}
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
            if "required" in choice and "type" not in choice:
                continue  # A condition, no place.
            yield from self.inside(self.resolve(choice), where, fill)
        yield from self.inside(shape, where, fill)

    def inside(self, shape, where, fill):
        for key, value in shape.get("properties", {}).items():
            if value is False:
                continue  # A key that must not stand here has no values.
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
    [None], [{}], ["a", None], ["a", ["b"]], "x" * 63, "x" * 64, "x" * 65, "-", "a-", "_a", "a_", ".a", "a.", "a..b", "a/b",
    "a.b/c", "*", "a*", "*-a", "?", "-*", "*" * 64, "*" * 65, "::", "::1", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7::", "::ffff:10.0.0.1", "fe80::1%eth0", "fd00::/64", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08",
    "fd00::/129", "010.0.0.1", "1.2.3", "é", "a\u0085b", "~", "~/x", "null", "1.50", "-1", "+1", "0x1", "1e3", "007",
]


# Names that people choose: of nodes, groups, sources and labels.
KEYS = [
    "", " ", "a", "A", "1", "a-", "-a", "a.b", "a_b", ".a", "_a", "a b", "a/b", "A/b", "a.b/c", "a..b/c", "-a/b", "a/-b",
    "a/", "/a", "a/b/c", "*", "a*", "é", "a\tb", "true", "x" * 63, "x" * 64, "x" * 65, "x" * 64 + "/a",
    ".".join(["x" * 62] * 4) + "/a", ".".join(["x" * 62] * 4) + "xx/a", ".".join(["x" * 62] * 4) + "xxx/a",
]


def mutations(sampler, shape):
    value = sampler.sample({**shape, "examples": []} if "properties" in shape else shape)
    yield value
    if "properties" in shape and isinstance(value, dict):
        yield {**value, "unknown_key": 1}
        for key in value:
            yield {name: other for name, other in value.items() if name != key}
    if isinstance(shape.get("additionalProperties"), dict) and "properties" not in shape:
        for key in KEYS:
            yield {key: sampler.sample(shape["additionalProperties"])}
    yield from BAD


def fewer(values, shape, seen):
    """Hundreds of places have one of a few types: each type in full once, then the beginning."""
    prose = ("description", "default", "title", "examples", "enum", "properties", "minimum", "maximum")
    kind = json.dumps({key: value for key, value in shape.items() if key not in prose})
    kind = re.sub(r'"(minimum|maximum)": -?\d+(, )?', "", kind)
    few = values if kind not in seen else values[:3] + BAD[:10]
    seen.add(kind)
    return few


def excepted(case):
    value = json.dumps(case.value)
    return any(re.search(a, case.where) and re.search(b, value) for a, b, _ in EXCEPTIONS)


Case = collections.namedtuple("Case", "where value document request")


class Comparison:
    """Cases of one schema."""

    def __init__(self, name, document):
        self.name = name
        self.sampler = Sampler(document)
        self.validator = Draft202012Validator(document)
        self.file = "fleet.yaml"
        self.cases = []
        self.unread = []
        self.seen = set()

    def add(self, where, value, document, request):
        if any(where == place or where.startswith(place + "/") for place in self.unread):
            return
        self.cases.append(Case(where, value, document, request))

    def run(self):
        found = judge([case.request for case in self.cases])
        refused = sum(self.judge(case, findings) for case, findings in zip(self.cases, found))
        print(f"{self.name}: {len(self.cases)} cases, {refused} refused by both")
        if refused < len(self.cases) // 4 or refused == len(self.cases):
            fail(f"{self.name}: {refused} of {len(self.cases)} cases were refused; the comparison compares nothing")

    def judge(self, case, found):
        """Whether both refuse; fails where one does."""
        ours = [f for f in found if f["code"] in STRUCTURE and f["file"] == self.file]
        theirs = next(self.validator.iter_errors(case.document), None)
        if not theirs:
            ours = [f for f in ours if not any(re.search(detail, f["detail"]) for detail, _ in BEYOND)]
        if bool(ours) != bool(theirs) and not excepted(case):
            said = ours[0]["detail"] if ours else "nothing"
            told = theirs.message[:200] if theirs else "nothing"
            value = json.dumps(case.value)[:80]
            fail(f"{self.name} {case.where}: {value}: fleetctl says {said!r}, the schema {told!r}")
        return bool(ours) and bool(theirs)


BASE = {"version": 1, "fleet": "f", "nodes": {"a-1": {"address": "10.0.0.1"}}}


def fleet_with(root):
    return {**BASE, **root}


def request(fleet):
    return {"text": json.dumps(fleet)}


def unread():
    """The places of AHEAD that the decoder does not know."""
    answers = judge([request(fleet_with(root)) for root in AHEAD.values()])
    places = [place for place, found in zip(AHEAD, answers) if any("has no key `" in f["detail"] for f in found)]
    for place in places:
        print(f"SKIPPED: {place}: this fleetctl does not read the key yet")
    return places


def node_cases(document):
    """Every place in a node."""
    comparison = Comparison("nodes", document)
    sampler = comparison.sampler
    for where, fill, inner in sampler.values(document["$defs"]["node"], "", lambda new: new):
        for value in fewer(list(mutations(sampler, inner)), inner, comparison.seen):
            fleet = fleet_with({"nodes": {"a-1": fill(value)}})
            comparison.add(where, value, fleet, request(fleet))
    return comparison


def root_cases(document, unread):
    """Every place outside of `nodes`, and the file as a whole."""
    comparison = Comparison("the file", document)
    comparison.unread = unread
    sampler = comparison.sampler
    for key, shape in document["properties"].items():
        def fill(new, key=key):
            return {key: new}

        places = [(f"/{key}", fill, sampler.resolve(shape))]
        if key not in ("roles", "nodes"):
            places = sampler.values(shape, f"/{key}", fill)
        for where, put, inner in places:
            if "/hardware/" in where or "/roles/" in where:
                continue  # The same definitions as at a node.
            for value in fewer(list(mutations(sampler, inner)), inner, comparison.seen):
                fleet = fleet_with(put(value))
                comparison.add(where, value, fleet, request(fleet))
    wholes = [None, [], "x", 1, {}] + [{k: v for k, v in BASE.items() if k != left} for left in BASE]
    empty = [None, {}, []]
    wholes += [fleet_with({"nodes": nodes, "include": include}) for nodes in empty for include in (None, [], ["p"])]
    wholes += [{"version": 1, "fleet": "f", "include": include} for include in (None, [], ["p"], {}, "p")]
    for whole in wholes:
        comparison.add("", whole, whole, {**request(whole), "files": {"p": json.dumps({"nodes": BASE["nodes"]})}})
    return comparison


def included_cases(document, unread):
    """The keys of an included file; what stands in them is defined as in a main one."""
    comparison = Comparison("included files", document)
    comparison.unread = unread
    comparison.file = "part.yaml"
    main = json.dumps(fleet_with({"include": ["part.yaml"]}))

    def add(where, value, part):
        comparison.add(where, value, part, {"text": main, "files": {"part.yaml": json.dumps(part)}})

    for whole in [None, [], "x", 1, {}, {"nodes": {}, "groups": {}}, BASE]:
        add("", whole, whole)
    for key in ("fleet", "network", "settings", "registry", "ssh", "unknown_key"):
        add(f"/{key}", None, {key: None})
    for key, shape in document["properties"].items():
        for value in mutations(comparison.sampler, comparison.sampler.resolve(shape)):
            add(f"/{key}", value, {key: value})
    return comparison


def main():
    check_repository()
    _, document = schema()
    # The closed schema: its list of roles is what fleetctl knows, so unknown names can be compared too.
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(BASE, file)
        file.flush()
        _, closed = schema("-f", file.name)
        _, included = schema("--included", "-f", file.name)
    ahead = unread()
    for comparison in (node_cases(closed), root_cases(closed, ahead), included_cases(included, ahead)):
        comparison.run()
    if failures:
        raise SystemExit(f"{len(failures)} disagreements")


main()
