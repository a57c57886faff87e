"""What the comparisons of package readers with the real tools share."""
import json
import os
import shutil
import subprocess
import sys


def skip(why):
    must = os.environ.get("REQUIRE") == "all"
    print(("failed: " if must else "skipped: ") + why, file=sys.stderr)
    sys.exit(1 if must else 77)


def need(program, package):
    if not shutil.which(program):
        skip(f"no {program} (Debian: {package})")


def components(filter_program, path, file, *rest):
    """What the reader finds in a file: dicts. A fault fails the test."""
    out = subprocess.run([filter_program, path, file, *rest], stdout=subprocess.PIPE, check=True).stdout
    assert b"${" not in out
    lines = [json.loads(line) for line in out.decode().splitlines()]
    faults = [line for line in lines if "error" in line]
    assert not faults, (path, faults)
    return lines


def same(what, ours, theirs):
    """Two lists, in any order."""
    ours, theirs = sorted(ours), sorted(theirs)
    if ours != theirs:
        lacking = [x for x in theirs if x not in ours][:5]
        extra = [x for x in ours if x not in theirs][:5]
        sys.exit(f"{what}: {len(ours)} found, {len(theirs)} there; lacking {lacking}, too many {extra}")
    assert theirs, f"{what}: nothing to compare"
    print(f"{what}: {len(theirs)} equal")
