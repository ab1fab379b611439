"""What the tests of the formats share: the binary, folders, fleets and hostile strings."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("FLEETCTL", os.path.join(ROOT, ".build/debug/fleetctl")))
# What a tool of a build service finds in its environment, and nothing of the caller's.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

SOUND = """\
version: 1
fleet: small
registry: none
nodes:
  a: {address: 10.0.0.1}
  b: {address: 10.0.0.2}
"""

# Errors and warnings, related places, edits, a key twice, letters beyond ASCII.
UNSOUND = """\
version: 1
fleet: small
nodes:
  a: {address: 10.0.0.1, labels: {zone: ä}, roles: [reddis, chromadb, ai-stack]}
  b: {address: 10.0.0.1, roels: [redis]}
  c:
    address: 10.0.0.3
    roles: [slm-backend, frontend, backend,
      npu-worker]
"""

# Strings that would leave one of the formats if a character of them were forgotten.
HOSTILE = [
    "::error file=x,line=1::injected",
    "x\n::error::injected",
    "x\r\n::set-output name=a::b",
    "##[error]injected",
    "##vso[task.complete]injected",
    "%0A::error::injected",
    "100%25%0D%0A,:",
    "a,title=b::c",
    "<script>alert(1)</script>",
    "]]></failure><failure>",
    "&amp;&lt;&#10;\"'",
    "<\u0338/testcase\u0338>",
    "`code` ``more`` ```",
    "`\u0301tick",
    "```\n</details>\n# heading",
    "| a | b |",
    "[link](https://example.com) ![i](x)",
    "@everyone #1 https://example.com",
    "{0} {{1}} }{",
    "\x1b[31mred\x1b[0m\x07",
    "\x1b]0;title\x07",
    "\u202eabc\u2066\u200b\ufeff",
    "\x7f\x85\x9b31m",
    "\ufffe\uffff",
    "$(touch injected) `touch injected` ; touch injected",
    "\\u0000\\\" \\",
    "{\"a\": [",
    "a\u0301\U0001f600\u6f22",
    " leading and trailing ",
    "x" * 3000,
]


FORMATS = ["human", "sarif", "junit", "github", "gitlab", "markdown"]
# What was told about each hostile string: one run serves the tests of all formats.
TOLD = {}


class Folder(unittest.TestCase):
    """A test with a folder of its own, which is the working folder of what it runs."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fleetctl-formats-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(text.encode() if isinstance(text, str) else text)
        return path

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read().decode()

    def run_program(self, words, cwd=None, environment=None, text=None):
        return subprocess.run(
            words,
            cwd=cwd or self.folder,
            env={**ENVIRONMENT, **(environment or {})},
            input=text.encode() if text is not None else b"",
            capture_output=True,
            timeout=120,
            check=False,
        )

    def fleetctl(self, *arguments, **options):
        return self.run_program([BINARY, *arguments], **options)

    def findings(self, *arguments, **options):
        """The findings of one run as the JSON format tells them."""
        result = self.fleetctl("validate", "--format", "json", *arguments, **options)
        return json.loads(result.stdout.decode())["diagnostics"]

    def hostile(self):
        """Runs over every hostile string once: yields the string, the findings, the formats' texts."""
        for text in HOSTILE:
            if text not in TOLD:
                self.write("fleet.yaml", hostile_fleet(text))
                reports = [f"--report={name}={name}.out" for name in FORMATS]
                findings = self.findings(*reports)
                TOLD[text] = findings, {name: self.read(name + ".out") for name in FORMATS}
            findings, formats = TOLD[text]
            self.assertTrue(findings, text)
            yield text, findings, formats

    def formatted(self, name, *arguments, **options):
        return self.fleetctl("validate", "--format", name, *arguments, **options).stdout.decode()


def quoted(text):
    """`text` as a YAML scalar in double quotes."""
    output = ""
    for letter in text:
        if letter in "\\\"":
            output += "\\" + letter
        elif ord(letter) > 0xFFFF:
            output += f"\\U{ord(letter):08X}"
        elif letter.isascii() and letter.isprintable():
            output += letter
        else:
            output += f"\\u{ord(letter):04X}"
    return f'"{output}"'


def hostile_fleet(text):
    """A fleet with `text` wherever the file has text of its writer."""
    value = quoted(text)
    return (
        f"version: 1\nfleet: {value}\n{value}: {value}\nnodes:\n"
        f"  {value}: {{address: {value}, roles: [{value}, {{{value}: 1}}], {value}: x}}\n"
        f"  a: {{address: 10.0.0.1, labels: {{{value}: {value}}}, health_via: {value}}}\n"
        f"  b: {{address: 10.0.0.1, allow: [{{rule: {value}, because: {value}}}]}}\n"
    )
