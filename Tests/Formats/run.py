"""Runs the tests of the formats: prints failures, every skipped test with its reason, and a count."""

import os
import sys
import unittest

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, folder)
suite = unittest.defaultTestLoader.discover(folder)
with open(os.devnull, "w", encoding="utf-8") as nowhere:
    result = unittest.TextTestRunner(stream=nowhere).run(suite)
for test, text in result.failures + result.errors:
    print(f"FAILED: {test}\n{text}")
for test, reason in result.skipped:
    print(f"SKIPPED: {test}: {reason}")
bad = len(result.failures) + len(result.errors)
print(f"formats: {result.testsRun} tests, {bad} failed, {len(result.skipped)} skipped")
sys.exit(0 if result.testsRun > 40 and bad == 0 else 1)
