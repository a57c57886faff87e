#!/usr/bin/env python3
"""Every include of another folder, and every link line, against src/layers.txt; and the list itself is acyclic.

Looks at src/*/ only: programs and tests may use what they like. --self-test plants each kind of breach and expects it found.
"""
import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z0-9_]+)/[^"]+"', re.M)
LIBRARY = re.compile(r"ct_library\(\s*([a-z0-9_]+)\b(.*?)\)", re.S)


def read_layers(path):
    layers, pure = {}, set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        folder, _, rest = line.partition(":")
        words = rest.split()
        if "pure" in words:
            pure.add(folder)
        layers[folder] = {w for w in words if w != "pure"}
        for below in layers[folder]:
            if below not in layers or below == folder:
                raise SystemExit(f"{path}:{number}: {folder} names {below}, which is not above it in the list")
    return layers, pure


def breaches(src):
    layers, pure = read_layers(src / "layers.txt")
    for folder in pure:
        for below in sorted(layers[folder] - pure):
            yield f"layers.txt: pure {folder} stands on {below}, which is not pure"
    for folder in sorted(p.name for p in src.iterdir() if p.is_dir() and any(p.rglob("*.[ch]"))):
        if folder not in layers:
            yield f"src/{folder}: not in layers.txt"
            continue
        allowed = layers[folder] | {folder}
        for path in sorted((src / folder).rglob("*.[ch]")):
            for other in INCLUDE.findall(path.read_text(errors="replace")):
                if other in layers and other not in allowed:
                    yield f"src/{path.relative_to(src)}: {folder} must not include {other}"
        lists = src / folder / "CMakeLists.txt"
        text = re.sub(r"#.*", "", lists.read_text()) if lists.exists() else ""
        for name, body in LIBRARY.findall(text):
            links = re.search(r"\bLINKS\b(.*?)(?=\b(?:SOURCES|PRIVATE)\b|$)", body, re.S)
            for other in links.group(1).split() if links else ():
                if other not in layers:
                    yield f"src/{folder}/CMakeLists.txt: {name} links {other}, which is not in layers.txt"
                elif other not in allowed:
                    yield f"src/{folder}/CMakeLists.txt: {name} must not link {other}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        src = pathlib.Path(folder)
        (src / "low").mkdir()
        (src / "high").mkdir()
        (src / "layers.txt").write_text("low: pure\nhigh: low\n")
        (src / "high/a.c").write_text('#include "low/b.h"\n')
        (src / "high/CMakeLists.txt").write_text("ct_library(high SOURCES a.c LINKS low)\n")
        (src / "low/b.c").write_text("\n")
        assert list(breaches(src)) == [], "a clean tree"
        (src / "low/b.c").write_text('#  include "high/a.h"\n')
        (src / "low/CMakeLists.txt").write_text("ct_library(low SOURCES b.c LINKS\n    high)\n")
        assert len(list(breaches(src))) == 2, "an include and a link upwards"
        (src / "layers.txt").write_text("low: high\nhigh: low\n")
        try:
            list(breaches(src))
        except SystemExit:
            return
        raise AssertionError("a cycle in the list")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    found = list(breaches(pathlib.Path(__file__).resolve().parent.parent / "src"))
    print("\n".join(found) if found else "layers kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
