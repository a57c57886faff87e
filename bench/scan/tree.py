#!/usr/bin/env python3
"""Makes the tree that the scan bench measures on: 35,000 files, 632 of them jars, the same bytes every time.

    tree.py FOLDER JARS...      JARS: files or folders of real jars (as tests/differential/fetch-jars.sh leaves them)

Jars are real ones, again and again under other names, a tenth of them nested in wars; the rest are small files as application
hosts have them: text, JSON, class files, pictures' noise, ELF heads. What is to be found is printed at the end: the number of
jars that hold log4j-core.
"""
import io
import os
import pathlib
import random
import struct
import sys
import zipfile

FILES, JARS = 35_153, 632


def small_file(rng):
    """Sizes as on a host: most under 10 KB, some hundreds of KB."""
    size = min(int(rng.lognormvariate(8, 1.6)), 1_000_000)
    kind = rng.randrange(10)
    if kind < 5:
        line = b" ".join(rng.choice((b"the", b"quick", b"server", b"request", b"${value}", b"timeout", b"=", b"\n")) for _ in range(40))
        return "txt", (line * (size // len(line) + 1))[:size]
    if kind < 7:
        return "class", b"\xca\xfe\xba\xbe\0\0\0\x34" + rng.randbytes(size)
    if kind < 8:
        return "json", (b'{"key": "value", "list": [1, 2, 3]}\n' * (size // 36 + 1))[:size]
    if kind < 9:
        return "png", b"\x89PNG\r\n\x1a\n" + rng.randbytes(size)
    return "so", b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HH", 3, 62) + rng.randbytes(size)


def main():
    out, sources = pathlib.Path(sys.argv[1]), sys.argv[2:]
    jars = sorted(j for s in map(pathlib.Path, sources) for j in ([s] if s.is_file() else s.rglob("*.jar")))
    if not jars:
        sys.exit("tree: no jars among " + " ".join(sources))
    rng = random.Random(20211210)
    cores = 0
    for i in range(JARS):
        source = jars[i % len(jars)]
        content = source.read_bytes()
        cores += "log4j-core" in source.name
        folder = out / ("app%02d" % (i % 40)) / "lib"
        folder.mkdir(parents=True, exist_ok=True)
        name = "%03d-%s" % (i, source.name)
        if i % 10 == 9:
            war = io.BytesIO()
            with zipfile.ZipFile(war, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr("WEB-INF/lib/" + source.name, content)
            name, content = name[:-4] + ".war", war.getvalue()
        (folder / name).write_bytes(content)
    for i in range(FILES - JARS):
        folder = out / ("app%02d" % (i % 40)) / ("d%03d" % (i // 40 % 90))
        if i < 40 * 90:
            folder.mkdir(parents=True, exist_ok=True)
        ending, content = small_file(rng)
        (folder / ("f%05d.%s" % (i, ending))).write_bytes(content)
    print("%d files, %d jars, %d with log4j-core, %.0f MB" %
          (FILES, JARS, cores, sum(f.stat().st_size for f in out.rglob("*") if f.is_file()) / 1e6))


if __name__ == "__main__":
    os.umask(0o022)
    main()
