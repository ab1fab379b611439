#!/usr/bin/env python3
"""Writes fleet files that are as costly as the limits of the YAML reader allow. Usage: cases.py FOLDER"""
import sys

LIMIT = 4 << 20
HEAD = b"version: 1\nfleet: big\nregistry: none\nnodes:\n"
NODE = b"  a: {address: 10.0.0.1}\n"
SOUND = HEAD + NODE


def filled(piece, before=b"", after=b"", size=LIMIT):
    """`piece` as often as the limit allows, between `before` and `after`."""
    return before + piece * ((size - len(before) - len(after)) // len(piece)) + after


def numbered(form, before=b"", after=b"", size=LIMIT, count=None):
    """`form % 0`, `form % 1`, … up to the limit or to `count`."""
    out, total, n = [before], len(before) + len(after), 0
    while count is None or n < count:
        piece = form % n if b"%" in form else form
        if total + len(piece) > size:
            break
        out.append(piece)
        total += len(piece)
        n += 1
    return b"".join(out) + after


def bomb(levels, width):
    """Billion laughs."""
    lines = [b"a0: &a0 [" + b",".join([b"x"] * width) + b"]\n"]
    for level in range(1, levels):
        items = b",".join([b"*a%d" % (level - 1)] * width)
        lines.append(b"a%d: &a%d [%s]\n" % (level, level, items))
    return b"".join(lines)


CASES = {
    # Syntax and structure.
    "nested [ to the limit, then on": b"[" * LIMIT,
    "nested - to the limit, then on": filled(b"- "),
    "nested { to the limit, then on": filled(b"{a: "),
    "nested mappings, 63 deep, wide": filled(b"[" * 62 + b"]" * 62 + b",", b"a: [", b"]\n"),
    "nested 8 deep, wide": filled(b"[" * 8 + b"]" * 8 + b",", b"a: [", b"]\n"),
    "a million items in a list": filled(b"- a\n"),
    "a million items in brackets": filled(b"a,", b"a: [", b"]\n", 1_900_000),
    "two million items in brackets": filled(b"a,", b"a: [", b"]\n"),
    "empty items": filled(b"-\n"),
    "empty mappings": filled(b"{},", b"a: [", b"]\n"),
    "unclosed bracket at the end": filled(b"a, ", b"a: [", b"\n"),
    "unclosed quote": b'a: "' + b"x\n" * (LIMIT // 2 - 4),
    "comments only": filled(b"# comment\n"),
    "one endless comment": b"#" * LIMIT,
    "blank lines": b"\n" * LIMIT,
    "spaces": b" " * LIMIT,
    "carriage returns and line feeds": b"\r\n" * (LIMIT // 2),
    "tabs": b"a:\n" + b"\t" * (LIMIT - 8),
    # Scalars.
    "a plain scalar": SOUND + b"x: " + b"y" * (LIMIT - 100),
    "a plain scalar of many lines": SOUND + filled(b"  y\n", b"x:\n", size=LIMIT - 100),
    "a quoted scalar": SOUND + b'x: "' + b"y" * (LIMIT - 100) + b'"\n',
    "a quoted scalar of escapes": SOUND + filled(b"\\x41", b'x: "', b'"\n', LIMIT - 100),
    "a quoted scalar of blank lines": SOUND + b'x: "' + b"\n" * (LIMIT - 100) + b'"\n',
    "a block scalar": SOUND + filled(b"  y\n", b"x: |\n", size=LIMIT - 100),
    "a block scalar of spaces": SOUND + filled(b"  \n", b"x: |\n", size=LIMIT - 100),
    "many block scalars": numbered(b"a%d: |\n x\n"),
    "a key of 4 MiB": b"? " + b"k" * (LIMIT - 10) + b"\n: v\n",
    "an anchor name of 4 MiB": b"a: &" + b"k" * (LIMIT - 10) + b" v\n",
    "characters of four bytes": SOUND + b"x: " + "\U0001F680".encode() * ((LIMIT - 100) // 4),
    # Anchors, aliases, tags.
    "billion laughs": bomb(10, 10),
    "aliases up to the limit": bomb(6, 9),
    "quadratic aliases": filled(b"*a,", b"a: &a [" + b"x," * 20000 + b"]\nb: [", b"]\n"),
    "many anchors": numbered(b"- &a%d x\n"),
    "many anchors on one line": numbered(b"&a%d x,", b"a: [", b"]\n"),
    "many anchors on one line, not ASCII": numbered(b"&a%d x,", "ü: [".encode(), b"]\n"),
    "one anchor again and again": filled(b"&a x,", b"a: [", b"]\n"),
    "many aliases of a scalar": filled(b"*a,", b"a: &a x\nb: [", b"]\n", 1_900_000),
    "aliases of nothing": filled(b"- *a\n"),
    "tags": filled(b"- !x a\n"),
    "text tags on one line": filled(b"!!str x,", b"a: [", b"]\n"),
    "tag directives": numbered(b"%%TAG !a%d! b\n") + b"--- a\n",
    "documents": filled(b"---\na\n"),
    "merge keys": filled(b"  <<: *a\n", b"a: &a {b: 1}\nc:\n"),
    # Keys.
    "one key again and again": filled(b"a: 1\n"),
    "one key again and again on one line": filled(b"a: 1,", b"x: {", b"}\n"),
    "many keys": numbered(b"k%d: 1\n"),
    "complex keys": filled(b"? [a]\n: b\n"),
    # What the decoder makes of it.
    "unknown keys of the file": numbered(b"k%d: 1\n", HEAD + NODE),
    "unknown keys of a node": numbered(b"    k%d: 1\n", HEAD + b"  a:\n    address: 10.0.0.1\n"),
    "nulls below a long key": numbered(
        b"    k%d:\n", HEAD + NODE + b"roles:\n  ? " + b"r" * (1 << 20) + b"\n  :\n"),
    "nodes without an address": numbered(b"  n%d:\n", HEAD),
    "nodes of one address": numbered(b"  n%d: {address: a}\n", HEAD),
    "nodes with bad ids": numbered(b"  -n%d: {address: a}\n", HEAD),
    "labels": numbered(b"l%d: a,", HEAD + b"  a: {address: b, labels: {", b"}}\n"),
    "ambiguous labels": numbered(b"l%d: no,", HEAD + b"  a: {address: b, labels: {", b"}}\n"),
    "labels that are no text": numbered(b"l%d: ,", HEAD + b"  a: {address: b, labels: {", b"}}\n"),
    "roles that do not exist": filled(b"x,", HEAD + b"  a: {address: b, roles: [", b"]}\n"),
    "waivers": filled(b"{},", HEAD + b"  a: {address: b, allow: [", b"]}\n"),
    "devices": filled(b"{},", HEAD + b"  a: {address: b, hardware: {gpus: [", b"]}}\n"),
    "a parameter nested 50 deep, wide": HEAD + NODE + filled(
        b"[" * 40 + b"]" * 40 + b",", b"roles: {r: {p: [", b"]}}\n", LIMIT - 200),
    # Encoding.
    "bad UTF-8 at the end": b"a: " + b"y" * (LIMIT - 8) + b"\xff",
    "NUL bytes": b"\0" * LIMIT,
    "bytes 0xFF": b"\xff" * LIMIT,
    "one byte too many": b"a" * (LIMIT + 1),
    "100 MiB": b"a" * (100 << 20),
}

if __name__ == "__main__":
    for number, (name, content) in enumerate(CASES.items()):
        with open(f"{sys.argv[1]}/{number:02}.yaml", "wb") as out:
            out.write(content)
        print(f"{sys.argv[1]}/{number:02}.yaml\t{name}")
