#!/usr/bin/env python3
"""Embeds the schema's steps: gen-schema.py OUT.c NNN-NAME.sql ...; they must be numbered from 001 without a gap."""
import pathlib
import re
import sys


def literal(text):
    out = []
    for line in text.splitlines():
        line = re.sub(r"\s*--.*", "", line).strip()
        if line:
            out.append('    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"')
    return "\n".join(out)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    steps = sorted(map(pathlib.Path, sys.argv[2:]))
    for number, path in enumerate(steps, 1):
        if path.name[:4] != f"{number:03}-":
            sys.exit(f"{path}: step {number:03} is missing or stands twice")
    rows = ",\n".join(literal(p.read_text(encoding="ascii")) for p in steps)
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write('/* Made by tools/gen-schema.py; do not edit. */\n#include "store/schema.h"\n\n#pragma GCC diagnostic ignored "-Woverlength-strings"\n\n')
        out.write(f"const char *const ct_schema[] = {{\n{rows}\n}};\nconst size_t ct_schema_n = {len(steps)};\n")


main()
