#!/usr/bin/env python3
"""Turns the public suffix list into a C table.

usage: gen-psl.py public_suffix_list.dat OUT.c

Each rule becomes one name (its "*." or "!" taken off) with flags; names are A-labels, found by a hash table. A name may carry several flags: "ck" alone and "*.ck" are the same entry.
"""
import sys

NORMAL, WILDCARD, EXCEPTION = 1, 2, 4
LABELS_MAX = 10  # what the reader of the table keeps room for


def a_label(label):
    # The list holds normalised lower-case U-labels, so punycode alone gives the A-label.
    if label.isascii():
        return label.lower()
    return "xn--" + label.encode("punycode").decode("ascii")


def rules(path):
    names = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            word = line.split(None, 1)[0] if line.strip() else ""
            if not word or word.startswith("//"):
                continue
            flag = NORMAL
            if word.startswith("!"):
                flag, word = EXCEPTION, word[1:]
            elif word.startswith("*."):
                flag, word = WILDCARD, word[2:]
            if "*" in word or "!" in word or not all(word.split(".")):
                sys.exit(f"{path}: a rule of a form not known here: {line.strip()}")
            name = ".".join(a_label(part) for part in word.split("."))
            names[name] = names.get(name, 0) | flag
    return sorted((name.encode("ascii"), flag) for name, flag in names.items())


def slots_of(names):
    """Open addressing, at most half full; the hash is that of src/campaign/psl.h."""
    n = 1
    while n < 2 * len(names):
        n *= 2
    slots = [0] * n
    for number, name in enumerate(names):
        h = 0x811c9dc5
        for c in reversed(name):
            h = (h ^ c) * 0x01000193 & 0xffffffff
        at = (h ^ h >> 15) & (n - 1)
        while slots[at]:
            at = (at + 1) & (n - 1)
        slots[at] = number + 1
    return slots


def numbers(out, values):
    for i in range(0, len(values), 24):
        out.write("    " + ",".join(str(v) for v in values[i:i + 24]) + ",\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = rules(sys.argv[1])
    if len(table) < 5000:
        sys.exit(f"{sys.argv[1]}: only {len(table)} rules: this is not the public suffix list")
    if len(table) >= 1 << 16:
        sys.exit(f"{sys.argv[1]}: {len(table)} rules: the slots are of 16 bits")
    labels = max(name.count(b".") + 1 for name, _ in table)
    if labels > LABELS_MAX:
        sys.exit(f"{sys.argv[1]}: a rule of {labels} labels")
    slots = slots_of([name for name, _ in table])
    starts, at = [], 0
    for name, _ in table:
        starts.append(at)
        at += len(name)
    starts.append(at)
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write("/* Made by tools/gen-psl.py from the public suffix list; do not edit. */\n#include \"campaign/psl.h\"\n\n")
        out.write("static const unsigned char names[] = {\n")
        numbers(out, list(b"".join(name for name, _ in table)))
        out.write("};\nstatic const uint32_t starts[] = {\n")
        numbers(out, starts)
        out.write("};\nstatic const unsigned char flags[] = {\n")
        numbers(out, [flag for _, flag in table])
        out.write("};\nstatic const uint16_t slots[] = {\n")
        numbers(out, slots)
        out.write("};\nconst struct ct_psl_table ct_psl_table = {names, starts, flags, slots, %d, %d, %d};\n"
                  % (len(table), len(slots), labels))


main()
