"""`--format` and `--report` of the command: what is written where, and how it fails."""

import json
import os
import re
import stat
import unittest

from support import FORMATS, ROOT, SOUND, UNSOUND, Folder


class ReportTests(Folder):
    def setUp(self):
        super().setUp()
        self.write("fleet.yaml", UNSOUND)

    def test_reports_stand_beside_the_human_output(self):
        plain = self.fleetctl("validate")
        result = self.fleetctl("validate", "--report", "sarif=a.sarif", "--report=json=b=c.json")
        self.assertEqual((result.returncode, result.stdout), (1, plain.stdout))
        self.assertEqual(result.stderr, b"")
        self.assertEqual(self.read("a.sarif"), self.formatted("sarif"))
        self.assertEqual(self.read("b=c.json"), self.formatted("json"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.sarif", "b=c.json", "fleet.yaml"])

    def test_runs_are_byte_identical(self):
        for name in ["json", *FORMATS]:
            runs = {self.fleetctl("validate", "--format", name).stdout for _ in range(4)}
            self.assertEqual(len(runs), 1, name)

    def test_a_report_is_never_coloured(self):
        self.fleetctl("validate", "--color", "always", "--report", "human=a.txt")
        self.assertNotIn("\x1b", self.read("a.txt"))

    def test_a_report_that_cannot_be_written_fails_after_the_findings(self):
        self.write("fleet.yaml", SOUND)
        result = self.fleetctl("validate", "--report", "sarif=no/such/a.sarif", "--report", "junit=b.xml")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"fleet.yaml is sound", result.stdout)
        self.assertEqual(
            result.stderr.decode(),
            "error: the sarif report was not written: cannot write into the folder `no/such`: "
            "No such file or directory\n",
        )
        self.assertIn("<testsuites", self.read("b.xml"))

    def test_a_folder_is_no_report(self):
        os.mkdir(self.path("out"))
        result = self.fleetctl("validate", "--report", "sarif=out")
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot write `out`: Is a directory", result.stderr.decode())

    def test_a_device_is_written_to_and_stays_one(self):
        os.mkfifo(self.path("pipe"))
        reader = os.open(self.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.write("fleet.yaml", SOUND)
        result = self.fleetctl("validate", "--report", "gitlab=pipe", "--report", "json=/dev/null")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(os.read(reader, 100), b"[]\n")
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path("pipe")).st_mode))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_link_is_followed_and_an_old_report_replaced_whole(self):
        self.write("real.json", "x" * 100_000)
        os.symlink("real.json", self.path("link.json"))
        self.fleetctl("validate", "--report", "json=link.json")
        self.assertTrue(os.path.islink(self.path("link.json")))
        self.assertEqual(self.read("real.json"), self.formatted("json"))

    def test_others_may_read_a_report(self):
        self.fleetctl("validate", "--report", "json=a.json")
        self.assertEqual(os.stat(self.path("a.json")).st_mode & 0o444, 0o444)

    def usage(self, *arguments):
        result = self.fleetctl("validate", *arguments)
        self.assertEqual((result.returncode, result.stdout), (64, b""), arguments)
        return result.stderr.decode()

    def test_wrong_words_are_usage_errors_with_the_nearest(self):
        formats = "The formats are human, json, sarif, junit, github, gitlab, markdown."
        self.assertIn(f"There is no format `sarfi`. Did you mean `sarif`? {formats}", self.usage("--format", "sarfi"))
        self.assertIn(f"There is no format `jnuit`. Did you mean `junit`? {formats}", self.usage("--report", "jnuit=a"))
        self.assertIn("A report is FORMAT=PATH, such as sarif=fleetctl.sarif.", self.usage("--report", "sarif"))
        self.assertIn("A report needs a path behind `=`.", self.usage("--report", "sarif="))
        self.assertIn("A report goes to a file; what stdout gets is said by --format sarif.", self.usage("--report", "sarif=-"))
        self.assertIn(
            "Two reports would be written to `a`: name two files.",
            self.usage("--report", "sarif=a", "--report", "json=a"),
        )
        self.assertEqual(os.listdir(self.folder), ["fleet.yaml"])

    def test_standard_input_has_a_name_of_its_own(self):
        log = json.loads(self.formatted("sarif", "-f", "-", text=UNSOUND))
        place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "stdin")
        result = self.fleetctl("validate", "-f", "-", text=SOUND)
        self.assertEqual(result.stdout, b"stdin is sound: 2 nodes, 0 role instances.\n")

    def test_every_member_of_the_json_document_is_documented(self):
        with open(os.path.join(ROOT, "docs/json-output.md"), encoding="utf-8") as file:
            words = set(re.findall(r"`([a-z_]+)`", file.read()))

        def keys(value):
            if isinstance(value, dict):
                return set(value).union(*map(keys, value.values()))
            return set().union(*map(keys, value)) if isinstance(value, list) else set()

        members = keys(json.loads(self.formatted("json")))
        self.assertGreater(len(members), 20)
        self.assertEqual(members - words, set())

    def test_every_format_is_in_the_help_and_the_documents(self):
        usage = self.fleetctl("validate", "--help").stdout.decode()
        with open(os.path.join(ROOT, "docs/ci.md"), encoding="utf-8") as file:
            document = file.read()
        for name in ["json", *FORMATS]:
            self.assertRegex(usage, rf"(?m)^  {name} +\S")
            self.assertIn(f"| `{name}` |", document)

    def test_a_full_disk_is_no_success(self):
        self.write("fleet.yaml", SOUND)
        result = self.fleetctl("validate", "--report", "json=/dev/full")
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot write `/dev/full`: No space left on device", result.stderr.decode())


if __name__ == "__main__":
    unittest.main()
