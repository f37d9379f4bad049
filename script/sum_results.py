"""Tells how a test run went: `sum_results.py RESULTS_FOLDER "BROKEN STEPS" "STEPS WITH TESTS"`.

Prints the slowest files, the number of servers that tests started, and as its last line `N passed, N failed`
over the JUnit reports of the steps: of `java` those of Gradle's modules, of others `STEP.xml` in the folder.
A broken step that no failed test accounts for counts as one failure, so that the line never looks better than
the run.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLOWEST = 15
STARTS = "server-starts.txt"


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


def reports_of(step: str, results: Path) -> list[Path]:
    """Returns the reports of a step."""
    if step != "java":
        return sorted(results.glob(f"{step}.xml"))
    modules = [*ROOT.glob("frontend/*"), ROOT / "test" / "bench" / "java"]
    return sorted(report for module in modules for report in module.glob("build/test-results/**/*.xml"))


def file_of(case: ElementTree.Element) -> str:
    """Returns the Python module or Java class of a case, without the class of tests within a module."""
    parts = case.get("classname", "").split(".")
    modules = [place for place, part in enumerate(parts) if part.startswith("test_")]
    return ".".join(parts[: modules[-1] + 1] if modules else parts)


def slowest(reports: list[Path]) -> list[str]:
    """Returns a line for each of the files that took longest, with what their tests waited for servers."""
    seconds: Counter[str] = Counter()
    cases: Counter[str] = Counter()
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            seconds[file_of(case)] += float(case.get("time") or 0)
            cases[file_of(case)] += 1
    return [f"{took:7.1f} s {cases[file]:4d} tests  {file}" for file, took in seconds.most_common(SLOWEST)]


def started(results: Path) -> list[str]:
    """Returns the test of each start of a server."""
    file = results / STARTS
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def main(arguments: list[str]) -> int:
    """Sums up; returns 1 when anything failed or nothing ran."""
    results, broken = Path(arguments[0]), set(arguments[1].split())
    steps = {step: reports_of(step, results) for step in arguments[2].split()}
    print("The slowest files (what runs beside each other is counted twice):")
    print("\n".join(slowest([report for reports in steps.values() for report in reports])))
    starts = started(results)
    print(f"{len(starts)} starts of a server, in {len({one.partition('::')[0] for one in starts})} files")
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
