"""Every format, read back by parsers that are not ours, tells what the JSON format tells."""

import json
import os
import re
import unittest
import urllib.parse
import xml.etree.ElementTree as ElementTree

from readers import GITLAB, LEVELS, sarif_errors, sarif_text, workflow_commands
from support import SOUND, UNSOUND, Folder

try:
    import jsonschema
except ImportError:
    jsonschema = None
try:
    import markdown_it
except ImportError:
    markdown_it = None
try:
    import pysarif
except ImportError:
    pysarif = None
try:
    import xmlschema
except ImportError:
    xmlschema = None

SARIF_SCHEMA = os.environ.get("FLEET_SARIF_SCHEMA", "")
JUNIT_SCHEMA = os.environ.get("FLEET_JUNIT_SCHEMA", "")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]")


class SARIFTests(Folder):
    def check(self, text, findings):
        log = json.loads(text)
        run = log["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(log["version"], "2.1.0")
        self.assertEqual(run["columnKind"], "unicodeCodePoints")
        self.assertEqual(len(run["results"]), len(findings))
        for result, finding in zip(run["results"], findings):
            self.assertEqual(result["ruleId"], finding["code"])
            self.assertEqual(rules[result["ruleIndex"]]["id"], finding["code"])
            level = {"info": "note"}.get(finding["severity"], finding["severity"])
            self.assertEqual(result["level"], level)
            place = result["locations"][0]["physicalLocation"]
            if finding["range"]:
                start, end = finding["range"]["start"], finding["range"]["end"]
                region = place["region"]
                self.assertEqual(
                    [region[k] for k in ("startLine", "startColumn", "endLine", "endColumn")],
                    [start["line"], start["column"], end["line"], end["column"]],
                )
                self.assertEqual(region["byteOffset"], start["byte"])
                self.assertEqual(region["byteOffset"] + region["byteLength"], end["byte"])
            self.assertEqual(len(result.get("relatedLocations", [])), len(finding["related"]))
        prints = [r["partialFingerprints"]["fleetctlFinding/v1"] for r in run["results"]]
        self.assertEqual(len(set(prints)), len(prints))
        return run

    def validate(self, text):
        if pysarif:
            self.assertEqual(sarif_errors(json.loads(text), pysarif.SarifLog), [])
        if jsonschema and SARIF_SCHEMA:
            with open(SARIF_SCHEMA, encoding="utf-8") as file:
                validator = jsonschema.Draft4Validator(
                    json.load(file), format_checker=jsonschema.FormatChecker()
                )
            errors = [(list(e.absolute_path), e.message) for e in validator.iter_errors(json.loads(text))]
            self.assertEqual(errors, [])

    def test_it_tells_the_facts_of_the_json_format(self):
        self.write("fleet.yaml", UNSOUND)
        run = self.check(self.formatted("sarif"), self.findings())
        place = run["results"][-1]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertEqual(place, {"uri": "fleet.yaml", "uriBaseId": "SRCROOT"})

    def test_a_region_covers_the_text_that_is_meant(self):
        self.write("fleet.yaml", UNSOUND)
        lines = UNSOUND.split("\n")
        run = json.loads(self.formatted("sarif"))["runs"][0]
        found = {}
        for result in run["results"]:
            region = result["locations"][0]["physicalLocation"]["region"]
            if region["startLine"] == region["endLine"]:
                line = lines[region["startLine"] - 1]
                found[result["ruleId"]] = line[region["startColumn"] - 1 : region["endColumn"] - 1]
                start = region["byteOffset"]
                text = UNSOUND.encode()[start : start + region["byteLength"]].decode()
                self.assertEqual(text, found[result["ruleId"]])
        self.assertEqual(found["FLT3001"], "reddis")
        self.assertEqual(found["FLT2001"], "roels")

    def test_applying_the_fixes_removes_the_findings(self):
        self.write("fleet.yaml", UNSOUND)
        run = json.loads(self.formatted("sarif"))["runs"][0]
        fixed = [r for r in run["results"] if "fixes" in r]
        self.assertEqual(sorted(r["ruleId"] for r in fixed), ["FLT2001", "FLT3001", "FLT3402"])
        text = UNSOUND.encode()
        edits = []
        for result in fixed:
            for change in result["fixes"][0]["artifactChanges"]:
                self.assertEqual(change["artifactLocation"]["uri"], "fleet.yaml")
                for edit in change["replacements"]:
                    region = edit["deletedRegion"]
                    edits.append((region["byteOffset"], region["byteLength"], edit["insertedContent"]["text"]))
        for offset, length, new in sorted(edits, reverse=True):
            text = text[:offset] + new.encode() + text[offset + length :]
        self.write("fleet.yaml", text)
        left = {finding["code"] for finding in self.findings()}
        self.assertFalse(left & {"FLT2001", "FLT3001"})

    def test_names_survive_a_move_of_the_line(self):
        def names(text):
            self.write("fleet.yaml", text)
            results = json.loads(self.formatted("sarif"))["runs"][0]["results"]
            return [r["partialFingerprints"]["fleetctlFinding/v1"] for r in results]

        self.assertEqual(names(UNSOUND), names("# one\n\n# two\n" + UNSOUND))

    def test_an_absolute_path_below_the_repository_becomes_relative(self):
        os.makedirs(self.path("repo/.git"))
        path = self.write("repo/a dir/ü #1.yaml", UNSOUND)
        os.makedirs(self.path("repo/sub"))
        text = self.formatted("sarif", "-f", path, cwd=self.path("repo/sub"))
        run = json.loads(text)["runs"][0]
        for result in run["results"]:
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]
            self.assertEqual(place["uriBaseId"], "SRCROOT")
            self.assertEqual(place["uri"], "a%20dir/%C3%BC%20%231.yaml")
            self.assertEqual(urllib.parse.unquote(place["uri"]), "a dir/ü #1.yaml")
        self.validate(text)

    def test_a_path_through_a_link_is_the_same_file(self):
        path = self.write("repo/fleet.yaml", UNSOUND)
        os.makedirs(self.path("repo/.git"))
        os.symlink("repo", self.path("link"))
        link = self.path("link")
        text = self.formatted("sarif", "-f", link + "/fleet.yaml", cwd=link, environment={"PWD": link})
        place = json.loads(text)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], os.path.basename(path))

    def test_a_file_elsewhere_keeps_its_absolute_address(self):
        path = self.write("elsewhere/fleet.yaml", UNSOUND)
        os.makedirs(self.path("repo/.git"))
        text = self.formatted("sarif", "-f", path, cwd=self.path("repo"))
        place = json.loads(text)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"], {"uri": "file://" + urllib.parse.quote(path)})
        self.validate(text)

    def test_hostile_text_stays_text(self):
        for _, findings, formats in self.hostile():
            output = formats["sarif"]
            self.assertIsNone(CONTROLS.search(output))
            run = self.check(output, findings)
            for result in run["results"]:
                shown = result["message"]["text"]
                self.assertIsNone(re.search(r"(?<!\{)(\{\{)*\{\d+\}", shown), shown)
                self.assertNotRegex(shown, r"[^\\]\]\(")
            self.validate(output)

    def test_a_message_says_what_the_detail_says(self):
        self.write("fleet.yaml", UNSOUND)
        results = json.loads(self.formatted("sarif"))["runs"][0]["results"]
        for result, finding in zip(results, self.findings()):
            self.assertTrue(sarif_text(result["message"]).startswith(finding["detail"]))

    @unittest.skipUnless(pysarif, "pysarif is not installed")
    def test_pysarif_reads_it(self):
        for text in (SOUND, UNSOUND):
            self.write("fleet.yaml", text)
            path = self.write("out.sarif", self.formatted("sarif"))
            log = pysarif.load_from_file(path)
            self.assertEqual(len(log.runs[0].results), len(self.findings()))
            self.validate(self.read("out.sarif"))
        # The check can fail.
        changes = [('"message"', '"massage"'), ('"warning"', '"waning"'), ('"uri"', '"url"'), ('": 4,', '": "4",')]
        for old, new in changes:
            wrong = json.loads(self.read("out.sarif").replace(old, new))
            self.assertTrue(sarif_errors(wrong, pysarif.SarifLog), old)

    @unittest.skipUnless(
        jsonschema and SARIF_SCHEMA,
        "FLEET_SARIF_SCHEMA names no sarif-schema-2.1.0.json of OASIS, or jsonschema is missing",
    )
    def test_the_schema_of_oasis_accepts_it(self):
        for text in (SOUND, UNSOUND, "a: [", ""):
            self.write("fleet.yaml", text)
            self.validate(self.formatted("sarif"))


class JUnitTests(Folder):
    def check(self, text, findings):
        suites = ElementTree.fromstring(text)
        suite = suites.find("testsuite")
        cases = suite.findall("testcase")
        failures = [c for c in cases if c.find("failure") is not None]
        skipped = [c for c in cases if c.find("skipped") is not None]
        errors = sum(f["severity"] == "error" for f in findings)
        self.assertEqual(len(failures), errors)
        self.assertEqual(len(skipped), sum(f["severity"] == "warning" for f in findings))
        for element in (suites, suite):
            self.assertEqual(element.get("tests"), str(len(cases)))
            self.assertEqual(element.get("failures"), str(errors))
        names = [(c.get("classname"), c.get("name")) for c in cases]
        self.assertEqual(len(set(names)), len(names))
        told = [c for c in cases if len(c)]
        self.assertEqual([c.get("classname") for c in told], ["fleetctl." + f["rule"] for f in findings])
        for case, finding in zip(told, findings):
            if finding["range"]:
                start = finding["range"]["start"]
                place = f":{start['line']}:{start['column']}\n"
                self.assertIn(place, case[0].text)
        return cases

    def validate(self, text):
        if xmlschema and JUNIT_SCHEMA:
            path = self.write("read.xml", text)
            errors = [str(e.reason) for e in xmlschema.XMLSchema(JUNIT_SCHEMA).iter_errors(path)]
            self.assertEqual(errors, [])

    def test_it_tells_the_facts_of_the_json_format(self):
        self.write("fleet.yaml", UNSOUND)
        text = self.formatted("junit")
        self.check(text, self.findings())
        self.validate(text)

    def test_a_sound_fleet_has_passed_cases(self):
        self.write("fleet.yaml", SOUND)
        cases = self.check(self.formatted("junit"), [])
        self.assertGreater(len(cases), 30)
        self.assertTrue(all(len(case) == 0 for case in cases))

    def test_hostile_text_stays_text(self):
        for _, findings, formats in self.hostile():
            output = formats["junit"]
            self.assertIsNone(CONTROLS.search(output))
            self.check(output, findings)
            self.validate(output)

    @unittest.skipUnless(
        xmlschema and JUNIT_SCHEMA, "the schema of Jenkins (junit-10.xsd) or xmlschema is missing"
    )
    def test_the_schema_of_jenkins_accepts_it(self):
        schema = xmlschema.XMLSchema(JUNIT_SCHEMA)
        for text in (SOUND, UNSOUND, "a: ["):
            self.write("fleet.yaml", text)
            path = self.write("out.xml", self.formatted("junit"))
            self.assertEqual([str(e.reason) for e in schema.iter_errors(path)], [])
        # The check can fail.
        wrong = self.write("wrong.xml", self.read("out.xml").replace(" name=", " nome="))
        self.assertFalse(schema.is_valid(wrong))


class GitHubTests(Folder):
    def check(self, text, findings, file="fleet.yaml"):
        commands = list(workflow_commands(text))
        self.assertEqual([LEVELS.get(c[0]) for c in commands], [f["severity"] for f in findings])
        for (_, properties, message), finding in zip(commands, findings):
            self.assertEqual(properties["file"], file)
            self.assertTrue(properties["title"].startswith(f"{finding['rule']} ({finding['code']}): "))
            expected = {"file", "title"}
            if finding["range"]:
                start, end = finding["range"]["start"], finding["range"]["end"]
                self.assertEqual(properties["line"], str(start["line"]))
                self.assertEqual(properties["endline"], str(end["line"]))
                expected |= {"line", "endline"}
                if start["line"] == end["line"]:
                    self.assertEqual(properties["col"], str(start["column"]))
                    self.assertEqual(properties["endcolumn"], str(end["column"]))
                    expected |= {"col", "endcolumn"}
            self.assertEqual(set(properties), expected)
            self.assertTrue(message.endswith(f"\nsee: fleetctl explain {finding['rule']}"))
        return commands

    def test_it_tells_the_facts_of_the_json_format(self):
        self.write("fleet.yaml", UNSOUND)
        commands = self.check(self.formatted("github"), self.findings())
        text = "\n".join(message for _, _, message in commands)
        self.assertIn("help: did you mean `redis`?\n  replace `reddis` by `redis` at fleet.yaml:4:53", text)

    def test_a_sound_fleet_prints_nothing(self):
        self.write("fleet.yaml", SOUND)
        self.assertEqual(self.formatted("github"), "")

    def test_a_path_is_told_from_the_root_of_the_repository(self):
        os.makedirs(self.path(".git"))
        self.write("prod, 1/a:b%.yaml", UNSOUND)
        text = self.formatted("github", "-f", "a:b%.yaml", cwd=self.path("prod, 1"))
        findings = self.findings("-f", "a:b%.yaml", cwd=self.path("prod, 1"))
        self.check(text, findings, file="prod, 1/a:b%.yaml")

    def test_hostile_text_makes_no_command(self):
        for _, findings, formats in self.hostile():
            output = formats["github"]
            self.assertIsNone(CONTROLS.search(output))
            self.check(output, findings)


class HumanTests(Folder):
    def test_no_line_begins_as_a_command_of_a_runner(self):
        for _, _, formats in self.hostile():
            output = formats["human"]
            self.assertIsNone(CONTROLS.search(output))
            for line in output.split("\n"):
                self.assertFalse(line.lstrip().startswith(("::", "##")), line)

    def test_ten_thousand_findings_stay_readable_and_are_counted(self):
        nodes = "".join(f"  n{i}: {{address: 10.{i // 65536}.{i // 256 % 256}.{i % 256}, roles: [nope]}}\n" for i in range(10_000))
        self.write("fleet.yaml", "version: 1\nfleet: x\nregistry: none\nnodes:\n" + nodes)
        output = self.formatted("human")
        self.assertLess(output.count("\n"), 1000)
        self.assertIn("... and 9,950 more of unknown-role (FLT3001); fleetctl validate --format json lists all\n", output)
        self.assertTrue(output.endswith("fleet.yaml is not sound: 10,000 errors, no warnings.\n"), output[-200:])
        self.assertEqual(len(self.findings()), 10_000)


class GitLabTests(Folder):
    def check(self, text, findings):
        issues = json.loads(text)
        self.assertEqual([i["check_name"] for i in issues], [f["rule"] for f in findings])
        for issue, finding in zip(issues, findings):
            begin = finding["range"]["start"]["line"] if finding["range"] else 1
            self.assertEqual(issue["location"]["lines"]["begin"], begin)
            self.assertEqual(issue["location"]["path"], "fleet.yaml")
        prints = [issue["fingerprint"] for issue in issues]
        self.assertEqual(len(set(prints)), len(prints))
        if jsonschema:
            jsonschema.Draft4Validator(GITLAB).validate(issues)

    def test_it_tells_the_facts_of_the_json_format(self):
        self.write("fleet.yaml", UNSOUND)
        self.check(self.formatted("gitlab"), self.findings())
        self.write("fleet.yaml", SOUND)
        self.assertEqual(json.loads(self.formatted("gitlab")), [])

    def test_hostile_text_stays_text(self):
        for _, findings, formats in self.hostile():
            output = formats["gitlab"]
            self.assertIsNone(CONTROLS.search(output))
            self.check(output, findings)

    @unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
    def test_the_documented_schema_accepts_it(self):
        self.write("fleet.yaml", UNSOUND)
        issues = json.loads(self.formatted("gitlab"))
        jsonschema.Draft4Validator(GITLAB).validate(issues)
        issues[0]["severity"] = "error"
        self.assertFalse(jsonschema.Draft4Validator(GITLAB).is_valid(issues))


@unittest.skipUnless(markdown_it, "markdown-it-py is not installed")
class MarkdownTests(Folder):
    ALLOWED = re.compile(
        r"\s*(<details><summary>(error|warning|info) <code>[a-z0-9-]+</code>"
        r"( <code>[^<>]*</code>)?</summary>|</details>)\s*"
    )

    def check(self, text, findings):
        tokens = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).parse(text)
        rows = [t for t in tokens if t.type == "tr_open"]
        self.assertEqual(len(rows), len(findings) + 1)
        fences = [t for t in tokens if t.type == "fence"]
        self.assertEqual(len(fences), len(findings))
        for fence, finding in zip(fences, findings):
            self.assertTrue(fence.content.startswith(f"{finding['severity']}[{finding['code']}] {finding['rule']}: "))
        headings = [t for t in tokens if t.type == "heading_open"]
        self.assertEqual(len(headings), 1)
        for token in tokens:
            if token.type == "html_block":
                self.assertRegex(token.content, r"\A" + self.ALLOWED.pattern + r"\Z")
            for child in token.children or []:
                self.assertIn(child.type, {"text", "code_inline", "softbreak"}, child)
                if child.type == "text":
                    self.assertNotIn("@", child.content)
        cells = [t for t in tokens if t.type == "td_open"]
        self.assertEqual(len(cells), 4 * len(findings))

    def test_it_tells_the_facts_of_the_json_format(self):
        self.write("fleet.yaml", UNSOUND)
        self.check(self.formatted("markdown"), self.findings())

    def test_hostile_text_stays_text(self):
        for _, findings, formats in self.hostile():
            output = formats["markdown"]
            self.assertIsNone(CONTROLS.search(output))
            self.check(output, findings)


if __name__ == "__main__":
    unittest.main()
