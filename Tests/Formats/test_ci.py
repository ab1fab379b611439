"""action.yml, the GitLab job and the pre-commit hooks: what they run is taken out of them and run."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from readers import workflow_commands
from support import BINARY, ROOT, SOUND, UNSOUND, Folder

try:
    import yaml
except ImportError:
    yaml = None

# A name that runs a command wherever it is pasted into a script instead of being passed.
HOSTILE_NAME = "$(touch injected) `touch injected`'\";touch injected; é & <x>.yaml"


def tool(name):
    """A program beside this Python or in PATH."""
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return beside if os.path.exists(beside) else shutil.which(name)


def load(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return yaml.safe_load(file)


@unittest.skipUnless(yaml, "python3-yaml is not installed")
class ActionTests(Folder):
    """Runs the steps of the composite action as the runner does."""

    def setUp(self):
        super().setUp()
        self.action = load("action.yml")

    def run_action(self, environment=None, **inputs):
        """Returns the exit status of the first failing step, the log, and the outputs of the action."""
        values = {name: spec.get("default", "") for name, spec in self.action["inputs"].items()}
        self.assertLessEqual(set(inputs), set(values))
        values.update(inputs)
        outputs, log = {}, ""
        summary = self.write("summary.md", "before\n")
        for step in self.action["runs"]["steps"]:
            self.assertEqual(step["shell"], "bash")
            file = self.write("output", "")
            context = {name: self.resolve(text, values, outputs) for name, text in step["env"].items()}
            context.update(GITHUB_OUTPUT=file, GITHUB_STEP_SUMMARY=summary, **(environment or {}))
            script = self.write("step.sh", step["run"])
            shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script]
            result = self.run_program(shell, environment=context)
            log += result.stdout.decode() + result.stderr.decode()
            outputs[step["id"]] = self.outputs(self.read("output"))
            if result.returncode:
                return result.returncode, log, outputs
        return 0, log, outputs

    def resolve(self, text, values, outputs):
        def value(match):
            words = match.group(1).split(".")
            if words[0] == "inputs":
                return values[words[1]]
            if words == ["github", "action_path"]:
                return ROOT
            self.assertEqual((words[0], words[2]), ("steps", "outputs"))
            return outputs[words[1]].get(words[3], "")

        return re.sub(r"\$\{\{ *([a-z._]+) *\}\}", value, text)

    @staticmethod
    def outputs(text):
        """Reads GITHUB_OUTPUT: `name=value` and `name<<delimiter` with lines up to the delimiter."""
        found, lines = {}, iter(text.split("\n"))
        for line in lines:
            name, mark, delimiter = line.partition("<<")
            if mark and "=" not in name:
                value = []
                for more in lines:
                    if more == delimiter:
                        break
                    value.append(more)
                found[name] = "\n".join(value)
            elif "=" in line:
                name, _, found[name] = line.partition("=")
        return found

    def annotations(self, log):
        """The commands that the runner obeys, outside of what is stopped."""
        obeyed, token = [], None
        for name, properties, message in workflow_commands(log):
            if token:
                token = None if name == token else token
            elif name == "stop-commands":
                token = message
            elif name:
                obeyed.append((name, properties, message))
        self.assertIsNone(token, "commands are on again at the end")
        return obeyed

    def test_no_script_holds_an_expression(self):
        for step in self.action["runs"]["steps"]:
            self.assertNotIn("${{", step["run"])

    def test_every_input_is_passed_and_every_output_is_set(self):
        env = "".join(text for step in self.action["runs"]["steps"] for text in step["env"].values())
        for name in self.action["inputs"]:
            self.assertIn("${{ inputs.%s }}" % name, env)
        self.write("fleet.yaml", SOUND)
        _, _, outputs = self.run_action(binary=BINARY)
        for spec in self.action["outputs"].values():
            self.assertNotEqual(self.resolve(spec["value"], {}, outputs), "")

    def test_a_sound_fleet_passes(self):
        self.write("fleet.yaml", SOUND)
        status, log, outputs = self.run_action(binary=BINARY, junit="j.xml")
        self.assertEqual(status, 0, log)
        self.assertEqual(outputs["validate"], {"sound": "true", "sarif": "fleetctl.sarif"})
        self.assertEqual(self.annotations(log), [])
        self.assertIn("fleet.yaml is sound: 2 nodes", log)
        self.assertEqual(json.loads(self.read("fleetctl.sarif"))["runs"][0]["results"], [])
        self.assertEqual(ElementTree.parse(self.path("j.xml")).getroot().get("failures"), "0")
        self.assertTrue(self.read("summary.md").startswith("before\n### fleetctl validate: sound"))

    def test_an_unsound_fleet_fails_with_annotations(self):
        self.write("fleet.yaml", UNSOUND)
        status, log, outputs = self.run_action(binary=BINARY)
        self.assertEqual(status, 1, log)
        self.assertEqual(outputs["validate"]["sound"], "false")
        told = [properties["title"].split(" ")[0] for _, properties, _ in self.annotations(log)]
        self.assertEqual(told, [finding["rule"] for finding in self.findings()])
        results = json.loads(self.read("fleetctl.sarif"))["runs"][0]["results"]
        self.assertEqual(len(results), len(told))
        self.assertIn("### fleetctl validate: not sound", self.read("summary.md"))

    def test_nothing_but_the_wanted_files_is_left(self):
        self.write("fleet.yaml", SOUND)
        before = set(glob.glob("/tmp/tmp.*"))
        self.run_action(binary=BINARY, sarif="", summary="false")
        files = sorted(os.listdir(self.folder))
        self.assertEqual(files, ["fleet.yaml", "output", "step.sh", "summary.md"])
        self.assertEqual(self.read("summary.md"), "before\n")
        self.assertLessEqual(len(set(glob.glob("/tmp/tmp.*")) - before), 0)

    def test_strict_makes_warnings_fail(self):
        self.write("fleet.yaml", SOUND.replace("  a: {", "  a: {allow: [{rule: no-llm, because: x}], "))
        self.assertEqual(self.run_action(binary=BINARY)[0], 0)
        self.assertEqual(self.run_action(binary=BINARY, strict="true")[0], 1)
        status, log, _ = self.run_action(binary=BINARY, strict="yes")
        self.assertEqual(status, 64)
        self.assertEqual(self.annotations(log)[0][2], "The input strict is neither true nor false.")

    def test_inputs_are_values_and_no_script(self):
        self.write(HOSTILE_NAME, UNSOUND)
        sarif = "$(touch injected)`touch injected`.sarif"
        status, log, outputs = self.run_action(binary=BINARY, file=HOSTILE_NAME, sarif=sarif)
        self.assertEqual(status, 1, log)
        self.assertEqual(outputs["validate"]["sarif"], sarif)
        self.assertTrue(os.path.exists(self.path(sarif)))
        files = {properties["file"] for _, properties, _ in self.annotations(log)}
        self.assertEqual(files, {HOSTILE_NAME})
        self.assertFalse(os.path.exists(self.path("injected")))
        for name in ("binary", "strict", "summary", "file"):
            self.write("fleet.yaml", SOUND)
            self.run_action(**{"binary": BINARY, name: "--version; touch injected #"})
            self.assertFalse(os.path.exists(self.path("injected")), name)

    def test_an_output_cannot_be_forged(self):
        self.write("fleet.yaml", UNSOUND)
        _, _, outputs = self.run_action(binary=BINARY, sarif="x\nsound=true")
        self.assertEqual(outputs["validate"]["sound"], "false")
        status, log, outputs = self.run_action(binary=BINARY + "\npath=/bin/true")
        self.assertEqual((status, outputs["binary"]), (1, {}))
        self.assertIn("has a line feed", log)

    def test_the_file_cannot_give_commands(self):
        name = "\\n::warning::injected\\n::stop-commands::x\\n##[error]injected"
        self.write("fleet.yaml", SOUND.replace("small", f'"{name}"') + f'"{name}": 1\n')
        status, log, _ = self.run_action(binary=BINARY)
        self.assertEqual(status, 1)
        told = self.annotations(log)
        self.assertEqual([c[0] for c in told], ["error"] * len(self.findings()))

    def test_a_missing_file_and_a_missing_binary_fail(self):
        status, log, outputs = self.run_action(binary=BINARY)
        self.assertEqual((status, outputs["validate"]["sound"]), (1, "false"))
        self.assertIn("cannot read `fleet.yaml`", log)
        told = [message for _, _, message in self.annotations(log)]
        self.assertEqual(told, ["The fleet was not validated; the log says why."])
        for binary in ("/no/such/fleetctl", "no-such-fleetctl", ROOT):
            status, log, _ = self.run_action(binary=binary)
            self.assertEqual(status, 1)
            self.assertEqual(len(self.annotations(log)), 1, log)

    def test_without_a_binary_it_builds_the_action(self):
        # A compiler that says what it was asked, and leaves this build's program where its own would be.
        os.makedirs(self.path("bin"))
        swift = self.write(
            "bin/swift",
            "#!/bin/sh\necho \"::error::injected by a compiler's message\"\nprintf '%s\\n' \"$@\" >asked\n"
            "mkdir -p action/.build/release && cp \"$BUILT\" action/.build/release/fleetctl\n",
        )
        os.chmod(swift, 0o755)
        for folder in ("ci", "scripts"):
            shutil.copytree(os.path.join(ROOT, folder), self.path("action/" + folder))
        setup = self.write("action/scripts/setup.sh", "#!/bin/sh\necho setup \"$@\" >>setup\n")
        os.chmod(setup, 0o755)
        self.write("fleet.yaml", SOUND)
        step = self.action["runs"]["steps"][0]
        environment = {
            "PATH": self.path("bin") + ":/usr/bin:/bin",
            "BUILT": BINARY,
            "ACTION_FOLDER": self.path("action"),
            "INPUT_BINARY": "",
            "GITHUB_OUTPUT": self.write("output", ""),
        }
        result = self.run_program(["bash", "-e", "-c", step["run"]], environment=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        built = self.outputs(self.read("output"))["path"]
        self.assertEqual(built, self.path("action/.build/release/fleetctl"))
        self.assertTrue(os.access(built, os.X_OK))
        self.assertIn(f"--package-path\n{self.path('action')}\n", self.read("asked"))
        self.assertEqual(self.read("setup"), "setup build\n")

    @unittest.skipUnless(tool("check-jsonschema"), "check-jsonschema is not installed")
    def test_it_is_an_action(self):
        words = [tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions"]
        result = self.run_program([*words, os.path.join(ROOT, "action.yml")])
        self.assertEqual(result.returncode, 0, result.stdout.decode() + result.stderr.decode())


@unittest.skipUnless(yaml, "python3-yaml is not installed")
class GitLabJobTests(Folder):
    def setUp(self):
        super().setUp()
        self.job = load("ci/gitlab.yml")["fleetctl-validate"]

    def run_job(self, shell, **variables):
        values = {**self.job["variables"], "FLEETCTL": BINARY, **variables}
        return self.run_program([*shell, "\n".join(self.job["script"])], environment=values)

    def test_it_writes_both_reports_and_fails_for_an_unsound_fleet(self):
        reports = self.job["artifacts"]["reports"]
        # The runner takes bash where the image has it, else sh.
        for shell in (["bash", "-eo", "pipefail", "-c"], ["sh", "-e", "-c"]):
            for text, status in ((SOUND, 0), (UNSOUND, 1)):
                self.write("fleet.yaml", text)
                result = self.run_job(shell)
                self.assertEqual(result.returncode, status, result.stderr)
                issues = json.loads(self.read(reports["codequality"]))
                self.assertEqual(len(issues), len(self.findings()))
                root = ElementTree.parse(self.path(reports["junit"])).getroot()
                self.assertEqual(root.get("failures") == "0", status == 0)
                for path in reports.values():
                    os.remove(self.path(path))
        self.assertEqual(self.job["artifacts"]["when"], "always")

    def test_variables_are_values_and_no_script(self):
        self.write(HOSTILE_NAME, UNSOUND)
        result = self.run_job(["sh", "-e", "-c"], FLEET_FILE=HOSTILE_NAME)
        self.assertEqual(result.returncode, 1)
        issues = json.loads(self.read("gl-code-quality-report.json"))
        self.assertEqual({issue["location"]["path"] for issue in issues}, {HOSTILE_NAME})
        self.run_job(["sh", "-e", "-c"], FLEET_STRICT="$(touch injected) true; touch injected")
        self.assertFalse(os.path.exists(self.path("injected")))

    def test_strict_is_passed_on(self):
        self.write("fleet.yaml", SOUND.replace("  a: {", "  a: {allow: [{rule: no-llm, because: x}], "))
        self.assertEqual(self.run_job(["sh", "-e", "-c"]).returncode, 0)
        self.assertEqual(self.run_job(["sh", "-e", "-c"], FLEET_STRICT="true").returncode, 1)

    @unittest.skipUnless(tool("check-jsonschema"), "check-jsonschema is not installed")
    def test_it_is_a_job(self):
        words = [tool("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci"]
        result = self.run_program([*words, os.path.join(ROOT, "ci/gitlab.yml")])
        self.assertEqual(result.returncode, 0, result.stdout.decode() + result.stderr.decode())


def has_command(name):
    # With --help an unknown command prints the help of all and succeeds.
    result = subprocess.run([BINARY, name, "--help"], capture_output=True, check=False)
    return f"USAGE: fleetctl {name}".encode() in result.stdout


@unittest.skipUnless(tool("pre-commit") and tool("git"), "pre-commit or git is not installed")
class PreCommitTests(Folder):
    """Runs the hooks with the real pre-commit, from a repository that holds their definition."""

    def setUp(self):
        super().setUp()
        os.makedirs(self.path("bin"))
        os.symlink(BINARY, self.path("bin/fleetctl"))
        os.makedirs(self.path("home"))
        self.environment = {
            "PATH": self.path("bin") + ":/usr/bin:/bin",
            "HOME": self.path("home"),
            "PRE_COMMIT_HOME": self.path("cache"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }
        hooks = self.path("hooks")
        os.makedirs(hooks)
        shutil.copy(os.path.join(ROOT, ".pre-commit-hooks.yaml"), hooks)
        self.revision = self.commit(hooks)

    def git(self, folder, *words):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
        result = self.run_program(["git", *who, *words], cwd=folder, environment=self.environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.decode().strip()

    def commit(self, folder):
        self.git(folder, "init", "-q")
        self.git(folder, "add", "-A")
        self.git(folder, "commit", "-q", "-m", "x")
        return self.git(folder, "rev-parse", "HEAD")

    def run_hook(self, hook, arguments=""):
        config = f"repos:\n- repo: {self.path('hooks')}\n  rev: {self.revision}\n  hooks:\n  - id: {hook}\n"
        self.write("repo/.pre-commit-config.yaml", config + arguments)
        self.commit(self.path("repo"))
        words = [tool("pre-commit"), "run", "--all-files", "--color=never"]
        return self.run_program(words, cwd=self.path("repo"), environment=self.environment)

    def test_the_definition_is_one(self):
        result = self.run_program(
            [tool("pre-commit"), "validate-manifest", os.path.join(ROOT, ".pre-commit-hooks.yaml")],
            environment=self.environment,
        )
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_validate_lets_a_sound_fleet_pass(self):
        self.write("repo/fleet.yaml", SOUND)
        result = self.run_hook("fleetctl-validate")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout.decode(), r"fleetctl validate\.+Passed")

    def test_validate_stops_an_unsound_fleet(self):
        self.write("repo/fleet.yaml", UNSOUND)
        result = self.run_hook("fleetctl-validate")
        self.assertEqual(result.returncode, 1)
        self.assertIn("error[FLT3001] unknown-role", result.stdout.decode())

    def test_validate_takes_another_file(self):
        self.write("repo/fleet.yaml", UNSOUND)
        self.write("repo/prod/$(touch injected).yaml", SOUND)
        result = self.run_hook("fleetctl-validate", "    args: ['--file=prod/$(touch injected).yaml']\n")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertFalse(os.path.exists(self.path("repo/injected")))

    def test_validate_runs_only_where_a_fleet_may_have_changed(self):
        self.write("repo/readme.md", "x")
        os.makedirs(self.path("repo"), exist_ok=True)
        result = self.run_hook("fleetctl-validate", "    exclude: ^\\.pre-commit-config\\.yaml$\n")
        self.assertIn("no files to check", result.stdout.decode())

    @unittest.skipUnless(has_command("fmt"), "this fleetctl has no command fmt")
    def test_fmt_tells_an_unformatted_fleet(self):
        self.write("repo/fleet.yaml", SOUND.replace("fleet: small", "fleet:    small"))
        self.assertEqual(self.run_hook("fleetctl-fmt").returncode, 1)
        self.fleetctl("fmt", cwd=self.path("repo"))
        result = self.run_hook("fleetctl-fmt")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
