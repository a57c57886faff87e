#!/usr/bin/env python3
"""Embeds the fingerprint files: gen-fingerprints.py OUT.c FILE.fp ..."""
import pathlib
import sys


def literal(data):
    out = []
    for line in data.split(b"\n")[:-1]:
        text = "".join(chr(b) if 0x20 <= b < 0x7F and chr(b) not in '"\\?' else f"\\{b:03o}" for b in line)
        out.append(f'    "{text}\\n"')
    return "\n".join(out)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    parts, rows = [], []
    for number, name in enumerate(sorted(sys.argv[2:])):
        path = pathlib.Path(name)
        data = path.read_bytes()
        if not data.endswith(b"\n") or b"\r" in data:
            sys.exit(f"{path}: want lines that end with a newline")
        parts.append(f"static const unsigned char file_{number}[] =\n{literal(data)};\n")
        rows.append(f'    {{"{path.stem}", {{file_{number}, sizeof file_{number} - 1}}}},')
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("/* Made by tools/gen-fingerprints.py; do not edit. */\n#include \"fingerprint/product.h\"\n\n")
        out.write("#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n")
        out.write("\n".join(parts))
        out.write("\nconst struct fp_shipped fp_shipped[] = {\n" + "\n".join(rows) + "\n};\n")
        out.write(f"const size_t fp_n_shipped = {len(rows)};\n")


main()
