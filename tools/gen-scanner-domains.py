#!/usr/bin/env python3
"""Turns data/scanner-domains.tsv into a C table.

usage: gen-scanner-domains.py scanner-domains.tsv OUT.c
"""
import re
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    rows = []
    with open(sys.argv[1], encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            row = line.rstrip("\n").split("\t")
            if len(row) != 2 or not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", row[0]) or not re.fullmatch(r"[\w .-]+", row[1], re.A):
                sys.exit(f"{sys.argv[1]}:{number}: want a lower-case domain, a tab and a label")
            rows.append(row)
    if not rows or len({domain for domain, _ in rows}) != len(rows):
        sys.exit(f"{sys.argv[1]}: empty, or a domain stands in it twice")
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write("/* Made by tools/gen-scanner-domains.py; do not edit. */\n#include \"campaign/scanners.h\"\n\n")
        out.write("const struct ct_scanner_domain ct_scanner_domains[] = {\n")
        for domain, label in sorted(rows):
            out.write('    {CT_STR_INIT("%s"), "%s"},\n' % (domain, label))
        out.write("};\nconst size_t ct_n_scanner_domains = %d;\n" % len(rows))


main()
