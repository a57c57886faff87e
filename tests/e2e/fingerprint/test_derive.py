#!/usr/bin/env python3
"""The shipped fingerprint files against the jars, through the tool that derives them; and the tool notices a file that is wrong.

usage: test_derive.py FINGERPRINTS_FOLDER JARS_FOLDER
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import jars  # noqa: E402

TOOL = jars.HERE.parents[2] / "tools" / "derive-fingerprints.py"
FILES = {"log4j-core": "log4j-core.fp", "log4j": "log4j.fp", "reload4j": "log4j.fp", "logback-core": "logback.fp", "logback-classic": "logback.fp"}


def run(*words):
    done = subprocess.run([sys.executable, "-B", str(TOOL), *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def main():
    folder, store = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    table = jars.expected()
    jars.fetch(store, [f"{c}:{v}" for c, (_, rows) in table.items() for v in rows])
    passed = failed = 0

    def expect(what, ok, told=""):
        nonlocal passed, failed
        passed += ok
        failed += not ok
        if not ok:
            print(f"{what}\n{told[-2000:]}")

    for coordinate, (_, rows) in table.items():
        product = coordinate.split(":")[1]
        paths = [jars.path(store, f"{coordinate}:{v}") for v in rows]
        status, told = run("check", folder / FILES[product], product, *paths)
        expect(f"{product}: every jar shows what its line says", status == 0 and f"{len(rows)} of {len(rows)} jars" in told, told)
    few = [jars.path(store, f"org.apache.logging.log4j:log4j-core:{v}") for v in ("2.16.0", "2.17.0", "2.17.1")]
    with tempfile.TemporaryDirectory() as work:
        wrong = pathlib.Path(work, "wrong.fp")
        text = (folder / "log4j-core.fp").read_text()
        wrong.write_text(text.replace('"isJndiJdbcEnabled"', '"isJndiJdbcEnabledX"'))
        status, told = run("check", wrong, "log4j-core", *few)
        expect("a wrong string is noticed", status == 1 and "missing" in told, told)
        # As in the walk-through of the documents: an empty product, and the tool fills in the releases.
        fresh = pathlib.Path(work, "fresh.fp")
        fresh.write_text("product log4j-core\nclass JndiManager core/net/JndiManager\nfeature jdbc JndiManager has \"isJndiJdbcEnabled\"\ncve X high\naffected when JndiManager !jdbc\nunder_investigation\n")
        status, told = run("lines", fresh, "log4j-core", *few, "--write")
        expect("lines are written", status == 0 and "releases 2.16.0 2.17.0 show JndiManager\nreleases 2.17.1 show jdbc\n" in fresh.read_text(), fresh.read_text())
    status, told = run("split", "2.17.1", *few)
    expect("the string of the fix is found", status == 0 and "isJndiJdbcEnabled" in told, told)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
