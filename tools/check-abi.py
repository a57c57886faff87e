#!/usr/bin/env python3
"""The library exports caltrop_* and nothing else: check-abi.py LIBRARY, a .so or .a; --self-test plants a stray symbol."""
import pathlib
import subprocess
import sys
import tempfile


def exported(library):
    """Defined symbols with global binding that a linker of others would see: default or protected visibility."""
    dynamic = ["--dyn-syms"] if ".so" in pathlib.Path(library).name else ["--syms"]
    out = subprocess.run(["readelf", "-W", *dynamic, library], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        parts = line.split()
        if len(parts) == 8 and parts[0].endswith(":") and parts[4] in ("GLOBAL", "WEAK") and parts[5] in ("DEFAULT", "PROTECTED") and parts[6] != "UND":
            yield parts[7].split("@")[0]


def strays(library):
    names = sorted(set(exported(library)))
    bad = [n for n in names if not n.startswith(("caltrop_", "__asan", "__ubsan", "__odr_asan"))]
    return names, bad


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        (at / "a.c").write_text('__attribute__((visibility("default"))) int caltrop_x(void){return 0;} int ct_stray(void){return 0;}\n')
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "libgood.so", "-fvisibility=hidden", "a.c"], cwd=at, check=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", "libbad.so", "a.c"], cwd=at, check=True)
        assert strays(at / "libgood.so") == (["caltrop_x"], [])
        assert strays(at / "libbad.so")[1] == ["ct_stray"]


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    names, bad = strays(sys.argv[1])
    print(*bad if bad else [f"{len(names)} symbols"], sep="\n")
    if not names:
        print("exports nothing at all")
    return 1 if bad or not names else 0


if __name__ == "__main__":
    sys.exit(main())
