#!/usr/bin/env python3
"""The pure folders' archives need only symbols of tools/pure-symbols.txt, of each other, and of themselves.

    check-pure.py BUILD-FOLDER          archives are BUILD/src/FOLDER/libct_FOLDER.a
    check-pure.py --self-test           plants a call of fopen, a writable global and a clock, and expects them found

Pure: no I/O, no clock, no writable globals. Sanitizer and hardening symbols of the compiler are left out by name.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What the compiler adds by itself.
COMPILER = re.compile(r"^(_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__(asan|ubsan|tsan|sanitizer|lsan)_.*|__cpu_model|__cpu_features2|__cpu_indicator_init|__tls_get_addr"
                      r"|__(mem|str|sn|vsn)[a-z]+_chk|__explicit_bzero_chk"
                      r"|__(popcount|clz|ctz|ffs|bswap|udiv|umod|div|mod|mul)[sdt]i[2-4])$")


def symbols(archive):
    out = subprocess.run(["nm", "-P", archive], capture_output=True, text=True, check=True).stdout
    needed, defined, writable = set(), set(), set()
    for line in out.splitlines():
        parts = line.split()
        if len(parts) < 2 or line.endswith(":"):
            continue
        name, kind = parts[0], parts[1]
        if kind in "Uwv":
            needed.add(name)
        else:
            if kind.isupper() or kind in "Vu":
                defined.add(name)
            if kind in "dDbBcC":
                writable.add(name)
    return needed, defined, writable


def breaches(archives, allowed):
    everything = {a: symbols(a) for a in archives}
    own = set().union(*(defined for _, defined, _ in everything.values())) if everything else set()
    for archive, (needed, _, writable) in everything.items():
        for name in sorted(needed - own - allowed):
            if not COMPILER.match(name):
                yield f"{pathlib.Path(archive).name}: needs {name}"
        for name in sorted(writable):
            # Pointer tables that relocation fills and then locks (relro) show up as "d"; they are const in the source.
            if not is_relro(archive, name):
                yield f"{pathlib.Path(archive).name}: writable global {name}"


def is_relro(archive, name):
    out = subprocess.run(["objdump", "-t", archive], capture_output=True, text=True, check=True).stdout
    sections = [line.split() for line in out.splitlines() if line.endswith((f" {name}", f"\t{name}")) and "*UND*" not in line]
    return bool(sections) and all(any(w.startswith((".data.rel.ro", ".rodata")) for w in words) for words in sections)


def allowed_symbols():
    text = (ROOT / "tools/pure-symbols.txt").read_text()
    return {word for line in text.splitlines() for word in line.split("#")[0].split()}


def pure_folders():
    for line in (ROOT / "src/layers.txt").read_text().splitlines():
        folder, _, rest = line.split("#")[0].partition(":")
        if "pure" in rest.split():
            yield folder.strip()


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        (at / "bad.c").write_text("#include <stdio.h>\n#include <time.h>\nint counter; static const char *const names[] = {\"a\"};\n"
                                  "const char *f(void){ counter++; (void)fopen(\"x\",\"r\"); return time(0) ? names[0] : 0; }\n")
        subprocess.run(["cc", "-fPIC", "-c", "bad.c"], cwd=at, check=True)
        subprocess.run(["ar", "rc", "libbad.a", "bad.o"], cwd=at, check=True)
        found = "\n".join(breaches([str(at / "libbad.a")], allowed_symbols()))
        for planted in ("needs fopen", "needs time", "writable global counter"):
            assert planted in found, f"not noticed: {planted}"
        assert "names" not in found, "a const table is no writable global"


def main():
    if not shutil.which("nm"):
        print("binutils are missing")
        return 77
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    build = pathlib.Path(sys.argv[1])
    folders = [f for f in pure_folders() if (ROOT / "src" / f / "CMakeLists.txt").exists()]
    archives = [build / "src" / f / f"libct_{f}.a" for f in folders]
    missing = [a for a in archives if not a.exists()]
    if missing:
        print("not built:", *missing)
        return 1
    found = list(breaches([str(a) for a in archives], allowed_symbols()))
    print("\n".join(found) if found else f"{len(archives)} pure folders")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
