#!/usr/bin/env python3
"""The documents against what they speak of: check-docs.py [CALTROP]

 * every relative link in a Markdown file leads to a file
 * every `make TARGET` they name is in the Makefile, and every target is described by make help
 * every `caltrop COMMAND --option` they show is known to that command's --help (when the program is built)
 * the table the README quotes is the one in bench/results.md, byte for byte
 * every header of src/ opens with a comment that says what it is for
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def markdown():
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")]):
        yield path, path.read_text()


def links():
    for path, text in markdown():
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                yield f"{path.relative_to(ROOT)}: no such file: {target}"


def make_targets():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
    described = set(re.findall(r"^([a-z][a-z-]*):.*## ", makefile, re.M))
    for target in sorted(targets - described):
        yield f"Makefile: {target} is not described"
    for path, text in markdown():
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.M):
            if target not in targets:
                yield f"{path.relative_to(ROOT)}: make {target} does not exist"


def options(caltrop):
    known = {}
    for path, text in markdown():
        for command, rest in re.findall(r"\bcaltrop (detect|explain|up)\b([^`\n|#]*)", text):
            if command not in known:
                known[command] = subprocess.run([caltrop, command, "--help"], capture_output=True, text=True, check=False).stdout
            for option in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", rest):
                if not re.search(re.escape(option) + r"(?![a-z-])", known[command]):
                    yield f"{path.relative_to(ROOT)}: caltrop {command} does not know {option}"


def quoted_table():
    readme, results = ROOT / "README.md", ROOT / "bench/results.md"
    between = re.search(r"<!-- bench -->\n(.*?)<!-- /bench -->", readme.read_text(), re.S)
    if not between:
        yield "README.md: no <!-- bench --> block"
    elif results.exists() and between.group(1).strip() != results.read_text().strip():
        yield "README.md: the bench table is not bench/results.md (tools/record-readme.py)"


def headers():
    for path in sorted((ROOT / "src").rglob("*.h")):
        if not path.read_text(errors="replace").lstrip().startswith("/*"):
            yield f"{path.relative_to(ROOT)}: opens without a comment that says what it is for"


def main():
    caltrop = sys.argv[1] if len(sys.argv) > 1 else None
    found = [*links(), *make_targets(), *quoted_table(), *headers()]
    if caltrop and os.access(caltrop, os.X_OK):
        found += options(os.path.abspath(caltrop))
    print("\n".join(found) if found else "documents agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
