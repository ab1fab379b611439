"""Readers of the formats, written from their specifications and not from fleetctl's sources."""

import dataclasses
import re
import sys
import typing

# Registered commands of the runner of GitHub Actions that a finding may be.
LEVELS = {"error": "error", "warning": "warning", "notice": "info"}


def workflow_commands(text):
    """Reads a log as the runner does (ActionCommand.TryParseV2, else TryParse, which takes `##[name]`
    anywhere in a line): yields (name, properties, message), with name None for a line that is none."""
    for line in re.split(r"\r\n|\r|\n", text):
        if not line:
            continue
        trimmed = line.lstrip()
        end = trimmed.find("::", 2)
        if not trimmed.startswith("::") or end < 0:
            old = re.search(r"##\[([a-z-]+)[^\]]*\](.*)", line)
            yield (old.group(1), {}, old.group(2)) if old else (None, {}, line)
            continue
        head, data = trimmed[2:end], trimmed[end + 2 :]
        name, _, rest = head.partition(" ")
        properties = {}
        for pair in rest.strip().split(","):
            key, equals, value = pair.partition("=")
            if equals and key and value:
                properties[key.lower()] = _unescaped(
                    value, [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
                )
        yield name, properties, _unescaped(data, [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")])


def _unescaped(text, table):
    for code, letter in table:
        text = text.replace(code, letter)
    return text


def sarif_text(message):
    """The text that a viewer shows for a plain text message without arguments (SARIF 3.11)."""
    return message["text"].replace("{{", "{").replace("}}", "}").replace("\\](", "](")


# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "array",
    "uniqueItems": True,
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
    },
}


def sarif_errors(value, kind, place="$"):
    """Compares a document with pysarif's classes, which were made from OASIS's schema: unknown members,
    missing ones, wrong kinds and words that are none of an enumeration."""
    if kind is typing.Any:
        return []
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:
        if value is None:
            return [f"{place}: null"]
        wanted = [a for a in arguments if a is not type(None)]
        return min((sarif_errors(value, a, place) for a in wanted), key=len)
    if origin is typing.Literal:
        return [] if value in arguments else [f"{place}: {value!r} is none of {arguments}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{place}: no list"]
        return [e for i, v in enumerate(value) for e in sarif_errors(v, arguments[0], f"{place}[{i}]")]
    if dataclasses.is_dataclass(kind):
        return _object_errors(value, kind, place)
    if isinstance(kind, type) and (not isinstance(value, kind) or isinstance(value, bool) != (kind is bool)):
        return [f"{place}: {value!r} is no {kind.__name__}"]
    return []


def _object_errors(value, kind, place):
    if not isinstance(value, dict):
        return [f"{place}: no object"]
    if kind.__name__ == "PropertyBag":
        return []
    hints = typing.get_type_hints(kind, vars(sys.modules[kind.__module__]))
    members = {}
    for field in dataclasses.fields(kind):
        head, *rest = field.name.split("_")
        name = "$schema" if field.name == "schema" else head + "".join(w.title() for w in rest)
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        members[name] = hints[field.name], needed
    errors = [f"{place}.{name}: missing" for name, (_, needed) in members.items() if needed and name not in value]
    for name, item in value.items():
        if name in members:
            errors += sarif_errors(item, members[name][0], f"{place}.{name}")
        else:
            errors.append(f"{place}.{name}: unknown")
    return errors
