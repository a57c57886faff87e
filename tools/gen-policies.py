#!/usr/bin/env python3
"""Embeds the shipped policies: gen-policies.py OUT.c NAME.yaml ...; each goes by its file's name."""
import pathlib
import sys


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    rows = []
    for path in sorted(map(pathlib.Path, sys.argv[2:])):
        lines = path.read_text(encoding="ascii").splitlines()
        text = "\n".join('     "%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
        rows.append('    {CT_STR_INIT("%s"), CT_STR_INIT(\n%s)},' % (path.stem, text))
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write('/* Made by tools/gen-policies.py; do not edit. */\n#include "policy/policy.h"\n\n#pragma GCC diagnostic ignored "-Woverlength-strings"\n\n')
        out.write("const struct ct_policy_preset ct_policy_presets[] = {\n%s\n};\nconst size_t ct_policy_presets_n = %d;\n" % ("\n".join(rows), len(rows)))


main()
