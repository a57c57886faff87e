#!/usr/bin/env python3
"""shellcheck over every shell script, and a byte-compile of every Python file."""
import pathlib
import shutil
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
files = [root / f for f in listed.stdout.split("\0") if f] or [p for p in root.rglob("*") if p.is_file() and "build" not in p.parts]
files = [f for f in files if f.exists()]
shell = [f for f in files if f.suffix == ".sh" or (f.suffix == "" and f.open("rb").read(40).startswith((b"#!/bin/bash", b"#!/bin/sh")))]
bad = 0
for path in files:
    if path.suffix == ".py":
        try:
            compile(path.read_text(), str(path), "exec")
        except SyntaxError as e:
            print(e)
            bad = 1
if not shutil.which("shellcheck"):
    print("shellcheck is missing (Debian package shellcheck)")
    sys.exit(1 if bad else 77)
bad |= subprocess.run(["shellcheck", "--severity=style", *shell], check=False).returncode != 0
print(f"{len(shell)} shell scripts")
sys.exit(1 if bad else 0)
