"""Prints `N passed, N failed` over all JUnit reports: `sum_results.py RESULTS_FOLDER "BROKEN STEPS"`.

A broken step that no failed test accounts for counts as one failure, so that the line never looks better
than the run.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def counted(reports: list[Path]) -> tuple[int, int]:
    """Returns how many test cases passed and failed; skipped ones are neither."""
    passed = failed = 0
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is None:
                passed += 1
    return passed, failed


def main(arguments: list[str]) -> int:
    """Sums up; returns 1 when anything failed or nothing ran."""
    results, broken = Path(arguments[0]), set(arguments[1].split())
    steps = {
        "java": sorted(ROOT.glob("frontend/*/build/test-results/**/*.xml")),
        "python": sorted(results.glob("*.xml")),
    }
    passed = failed = 0
    for step, reports in steps.items():
        good, bad = counted(reports)
        if bad == 0 and (step in broken or good == 0):
            print(f"{step}: {'broke outside its tests' if good else 'no test ran'}")
            bad = 1
        passed, failed = passed + good, failed + bad
    for step in sorted(broken - steps.keys()):
        print(f"{step}: failed")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
