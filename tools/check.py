#!/usr/bin/env python3
"""make check: builds each flavour, runs its tests, and says what came of it in one last line: N passed, N failed, N skipped.

    check    the shipped flags, gcc, warnings are errors: every test
    asan     address and undefined behaviour sanitizers: every test but those labelled once
    clang    the second compiler, warnings are errors: it has to build
    tsan     thread sanitizer: the tests labelled threads

A test is one case: a cmocka program counts by its cases, any other program as one. A test that exits with 77, and a cmocka
case that skips, is a skip; the last line it printed is the reason. REQUIRE=all in the environment makes a skip a failure.
The exit status is 0 when nothing failed, else 1.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
# flavour, arguments of ctest; None: it only has to build
FLAVOURS = [
    ("check", []),
    ("asan", ["-LE", "^once$|^differential$"]),
    ("clang", None),
    ("tsan", ["-L", "^threads$"]),
]
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
CASE = re.compile(r"^\[\s+(OK|FAILED|SKIPPED)\s+\] (\w+)\r?$", re.M)


class Tally:
    def __init__(self, require_all):
        self.require_all, self.passed, self.failed, self.skipped = require_all, 0, [], []

    def add(self, name, outcome, text=""):
        if outcome == "skipped" and self.require_all:
            outcome, text = "failed", f"skipped, and REQUIRE=all: {reason(text)}"
        if outcome == "passed":
            self.passed += 1
        elif outcome == "failed":
            self.failed.append((name, text))
        else:
            self.skipped.append((name, reason(text)))


def reason(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"


def build(flavour, jobs, tally, environment):
    log = ROOT / "build" / f"{flavour}.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "wb") as to:
        for command in (["cmake", "--preset", flavour], ["cmake", "--build", str(ROOT / "build" / flavour), "-j", str(jobs)]):
            if subprocess.run(command, cwd=ROOT, stdout=to, stderr=subprocess.STDOUT, env=environment, check=False).returncode != 0:
                noise = re.compile(r"^\[\d+/\d+\] (Building|Linking|Generating|Re-checking)|^-- ")
                lines = [line[:400] for line in log.read_text(errors="replace").splitlines() if not noise.match(line)]
                tally.add(f"{flavour}/build", "failed", "\n".join(lines[-40:]))
                return False
    tally.add(f"{flavour}/build", "passed")
    return True


def run_tests(flavour, folder, select, jobs, tally, environment):
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    # Older thread sanitizers cannot place their shadow memory under full address randomisation.
    plain = ["setarch", "-R"] if flavour == "tsan" and shutil.which("setarch") else []
    command = [*plain, "ctest", "--test-dir", str(folder), "-j", str(jobs), "--output-junit", str(report), "--timeout", "900", "-Q",
               "--test-output-size-passed", "1000000", "--test-output-size-failed", "1000000", *select]
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if not report.exists():
        tally.add(f"{flavour}/ctest", "failed", "ctest wrote no report")
        return
    for case in xml.parse(report).getroot().iter("testcase"):
        count(f"{flavour}/{case.get('name')}", case, tally)


def count(name, case, tally):
    text = case.findtext("system-out") or ""
    status = case.get("status")
    inner = {}
    for outcome, inner_name in CASE.findall(text):
        if not inner_name.isdigit():
            inner[inner_name] = outcome
    if status in ("notrun", "disabled") or case.find("skipped") is not None:
        why = case.find("skipped")
        message = why.get("message", "") if why is not None else "disabled"
        # Not run for any other reason (no such program, a failed fixture) is no choice of the test's.
        tally.add(name, "skipped" if message.startswith("SKIP_") else "failed", text if message.startswith("SKIP_") else message)
        return
    shown = 0
    for inner_name, outcome in inner.items():
        if outcome == "OK":
            tally.add(f"{name}.{inner_name}", "passed")
        elif outcome == "SKIPPED":
            tally.add(f"{name}.{inner_name}", "skipped", skip_reason(text, inner_name))
        else:  # the program's output once
            tally.add(f"{name}.{inner_name}", "failed", text if shown == 0 else "(see above)")
            shown += 1
    failed = status == "fail" or case.find("failure") is not None
    if failed and "FAILED" not in inner.values():
        tally.add(name, "failed", text or case.find("failure").get("message", ""))
    elif not failed and not inner:
        tally.add(name, "passed")


def skip_reason(text, inner_name):
    """What the case printed between its start and its skip mark."""
    begin = text.find(f"] {inner_name}\n")
    piece = text[begin + len(inner_name) + 3:text.find("SKIPPED", begin + 1)] if begin >= 0 else ""
    return piece.rsplit("\n", 1)[0]


def self_test():
    """A real ctest over programs of every outcome."""
    tests = {
        "plain": ("true", ""),
        "cases": ("echo '[ RUN      ] a'; echo '[       OK ] a'; echo '[ RUN      ] b'; echo 'no such tool'; echo '[  SKIPPED ] b'; "
                  "echo '[  PASSED  ] 1 test(s).'; echo '[  SKIPPED ] 1 test(s), listed below:'; echo '[  SKIPPED ] b'", ""),
        "fails": ("echo '[       OK ] a'; echo '[  FAILED  ] b'; echo '[  FAILED  ] tests: 1 test(s)'; echo '[  FAILED  ] b'; exit 1", ""),
        "crashes": ("echo '[       OK ] a'; kill -SEGV $$", ""),
        "skips": ("echo 'nginx is missing'; exit 77", "SKIP_RETURN_CODE 77"),
        "hangs": ("exec sleep 60", "TIMEOUT 1"),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lines = []
        for test, (script, properties) in tests.items():
            (folder / f"{test}.sh").write_text(script + "\n")
            lines.append(f'add_test({test} "/bin/bash" "{folder}/{test}.sh")')
            if properties:
                lines.append(f"set_tests_properties({test} PROPERTIES {properties})")
        lines.append('add_test(missing "/nonexistent/program")')
        (folder / "CTestTestfile.cmake").write_text("\n".join(lines) + "\n")
        for require_all in (False, True):
            tally = Tally(require_all)
            run_tests("self", folder, [], 2, tally, dict(os.environ))
            failed = {n for n, _ in tally.failed}
            want = {"self/fails.b", "self/crashes", "self/hangs", "self/missing"}
            if require_all:
                want |= {"self/cases.b", "self/skips"}
                assert tally.skipped == []
            else:
                assert sorted(tally.skipped) == [("self/cases.b", "no such tool"), ("self/skips", "nginx is missing")], tally.skipped
            assert failed == want, failed ^ want
            assert tally.passed == 4, tally.passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", help="flavours, comma-separated")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        self_test()
        return 0
    tally = Tally(os.environ.get("REQUIRE") == "all")
    environment = {**os.environ, **{k: v for k, v in ENVIRONMENT.items() if k not in os.environ}}
    for flavour, select in FLAVOURS:
        if args.only and flavour not in args.only.split(","):
            continue
        begin, before = time.monotonic(), (tally.passed, len(tally.failed), len(tally.skipped))
        print(f"{flavour}: building", flush=True)
        built = build(flavour, args.jobs, tally, environment)
        middle = time.monotonic()
        if built and select is not None:
            run_tests(flavour, ROOT / "build" / flavour, select, args.jobs, tally, environment)
        after = (tally.passed, len(tally.failed), len(tally.skipped))
        p, f, s = (b - a for a, b in zip(before, after))
        print(f"{flavour}: {p} passed, {f} failed, {s} skipped; {middle - begin:.0f} s to build, {time.monotonic() - middle:.0f} s to run", flush=True)
    for name, text in tally.failed:
        print(f"\nFAILED {name}\n" + "\n".join("    " + line for line in text.splitlines()[-60:]))
    if tally.skipped:
        print("\nskipped:")
        for name, why in tally.skipped:
            print(f"  {name}: {why}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
