#!/usr/bin/env python3
"""Bombs, quines, crowds and damage on a large scale: the walk names each, ends, and stays small.

    hostile.py NEST_TOOL [sanitized]

Everything is made here. Memory is the peak of the whole process; it is not looked at under a sanitizer.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

TOOL = sys.argv[1]
SANITIZED = len(sys.argv) > 2 and sys.argv[2] == "sanitized"
MIB = 1 << 20
LOW = ["--floor", str(64 * MIB)]  # bombs of a size that is made quickly


def walk(path, *options, timeout=120):
    out = subprocess.run([TOOL, "--peak", *options, str(path)], stdout=subprocess.PIPE, check=True, timeout=timeout).stdout
    events = [json.loads(line) for line in out.splitlines()]
    return ([e for e in events if e["what"] == "entry"], [e for e in events if e["what"] == "oddity"],
            next(e for e in events if e["what"] in ("end", "none")), next(e["kib"] for e in events if e["what"] == "peak"))


def expect(what, ok, *more):
    if not ok:
        raise SystemExit(f"{what}: {more}")


def small(what, kib, mib):
    expect(what, SANITIZED or kib < mib * 1024, f"peak {kib} KiB")


def odd(oddities, text):
    return [o for o in oddities if o["oddity"] == text]


def zipped(files, method=zipfile.ZIP_DEFLATED):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        for name, data in files.items():
            z.writestr(name, data)
    return b.getvalue()


CLASS = b"\xca\xfe\xba\xbe\0\0\0\x34" + b"evidence" * 20


def big_inner(path, mib):
    """A small file with a jar of mib MiB inside, written without holding it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as z, z.open("lib/inner.jar", "w", force_zip64=True) as to:
        class Out(io.RawIOBase):
            at = 0

            def writable(self):
                return True

            def write(self, b):
                to.write(b)
                self.at += len(b)
                return len(b)
        with zipfile.ZipFile(Out(), "w", zipfile.ZIP_STORED) as inner:
            inner.writestr("org/First.class", CLASS)
            with inner.open("zeros", "w", force_zip64=True) as f:
                for _ in range(mib):
                    f.write(bytes(MIB))
            inner.writestr("org/Last.class", CLASS)


def inner_of_400_mib(at):
    path = at / "small.jar"
    big_inner(path, 400)
    expect("size", path.stat().st_size < 600 * 1024, path.stat().st_size)
    for options in ([], ["--pread"]):
        entries, oddities, end, kib = walk(path, *options, "--names")
        names = [e["path"] for e in entries]
        expect("400 MiB inside", "small.jar!/lib/inner.jar!/org/Last.class" in names and not oddities and not end["incomplete"], names, oddities)
        small("400 MiB inside", kib, 50)


def bomb_of_one(at):
    path = at / "bomb.zip"
    big_inner(path, 200)
    entries, oddities, end, kib = walk(path, *LOW)
    expect("a bomb", odd(oddities, "inflates beyond all measure") and end["incomplete"], oddities, end)
    small("a bomb", kib, 50)
    path = at / "bomb.gz"
    z = gzip.compress(bytes(60 * MIB), 9)
    path.write_bytes(z * 3)
    entries, oddities, end, kib = walk(path, *LOW)
    expect("gzip of zeros", odd(oddities, "inflates beyond all measure") and end["incomplete"], oddities, end)
    small("gzip of zeros", kib, 50)


def bomb_of_many(at):
    """Sixteen of sixteen of sixteen ..., as 42.zip has it."""
    data = zipped({"0.dll": bytes(10 * MIB)})
    for _ in range(5):
        data = zipped({f"lib {i}.zip": data for i in range(16)})
    path = at / "many.zip"
    whole = zipped({"before.class": CLASS, "many.zip": data, "after.class": CLASS})
    path.write_bytes(whole)
    entries, oddities, end, kib = walk(path, *LOW)
    names = [e["path"] for e in entries]
    expect("sixteen to the fifth", odd(oddities, "inflates beyond all measure") and end["incomplete"], oddities[:4], end)
    expect("what lies behind the bomb is read", "many.zip!/after.class" in names, len(names))
    small("sixteen to the fifth", kib, 60)


def bomb_of_overlaps(at):
    """Many directory entries for one piece of data."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(bytes(4 * MIB)) + packed.flush()
    crc = zlib.crc32(bytes(4 * MIB))
    n = 2000
    local = struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 0, 8, 0, 0x538a, crc, len(data), 4 * MIB, 1, 0) + b"a"
    body = local + data
    directory = b"".join(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 0, 8, 0, 0x538a, crc, len(data), 4 * MIB, 1, 0, 0, 0, 0, 0, 0) + b"a"
                         for _ in range(n))
    end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, n, n, len(directory), len(body), 0)
    path = at / "overlap.zip"
    path.write_bytes(body + directory + end)
    entries, oddities, end, kib = walk(path, *LOW)
    expect("overlaps", odd(oddities, "entries overlap") and odd(oddities, "inflates beyond all measure") and end["incomplete"], oddities[:3], end)
    small("overlaps", kib, 50)


def quine(at):
    """A gzip file and a zip that hold themselves are hard to come by without copying one: a chain deeper than any cap does the
    same, and so does a zip whose stored entry is laid over the zip itself."""
    data = CLASS
    for i in range(60):
        data = zipped({f"{i}.jar" if i else "A.class": data})
    path = at / "chain.jar"
    path.write_bytes(data)
    for options in ([], ["--pread"], ["--hold", "0"]):
        entries, oddities, end, kib = walk(path, *options)
        expect("chain", odd(oddities, "nested too deep") and end["incomplete"] and len(entries) > 20, oddities, end)
        small("chain", kib, 50)
    # The stored entry "q" spans the directory and end record that list it, and so on without end.
    name = b"q"
    local_n, central_n, end_n = 30 + 1, 46 + 1, 22
    inner = struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 0, 0, 0, 0x538a, 0, 0, 0, 1, 0) + name  # never read: the directory counts
    size = local_n + central_n + end_n

    def record(at_offset, n):
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 0, 0, 0, 0x538a, 0, n, n, 1, 0, 0, 0, 0, 0, at_offset) + name
    whole = inner + record(0, size) + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 1, 1, central_n, local_n, 0)
    path = at / "over.zip"
    path.write_bytes(whole)
    entries, oddities, end, kib = walk(path)
    expect("laid over itself", len(entries) <= 40 and oddities, len(entries), oddities)
    # Many entries that each are the whole: depth times width.
    small("laid over itself", kib, 50)


def crowd(at):
    """A million entries, mostly empty."""
    path = at / "crowd.zip"
    n = 1000000 if not SANITIZED else 100000
    local = struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 0, 0, 0, 0x538a, 0, 0, 0, 7, 0)
    with open(path, "wb") as f:
        f.write(b"".join(local + b"%07d" % i for i in range(n)))
        at_directory = f.tell()
        f.write(b"".join(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 0, 0, 0, 0x538a, 0, 0, 0, 7, 0, 0, 0, 0, 0, 37 * i) + b"%07d" % i for i in range(n)))
        length = f.tell() - at_directory
        end64 = f.tell()
        f.write(struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, n, n, length, at_directory))
        f.write(struct.pack("<IIQI", 0x07064b50, 0, end64, 1))
        f.write(struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0))
    out = subprocess.run([TOOL, "--peak", "--pread", "--names", str(path)], stdout=subprocess.PIPE, check=True).stdout.splitlines()
    last = [json.loads(line) for line in out[-2:]]
    expect("a million entries", len(out) == n + 2 and not last[0]["incomplete"], len(out), last)
    small("a million entries", last[1]["kib"], 50)


def damage(at):
    """Single damaged places in formats that go on behind them."""
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for i in range(5):
            info = tarfile.TarInfo(f"file{i}")
            info.size = 700
            tar.addfile(info, io.BytesIO(b"%d" % i * 700))
    data = bytearray(b.getvalue())
    data[1536 * 2 + 150] ^= 1  # the third header's checksum
    path = at / "damaged.tar"
    path.write_bytes(data)
    for suffix, pack in (("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)):
        path = at / f"damaged.tar{suffix}"
        path.write_bytes(pack(bytes(data)))
        entries, oddities, end, _ = walk(path)
        names = [e["name"] for e in entries if e["name"].startswith("file")]
        expect("tar with a damaged header", names == ["file0", "file1", "file3", "file4"] and odd(oddities, "damaged") and end["incomplete"], names, oddities)
        packed = pack(bytes(b.getvalue()))
        path.write_bytes(packed[:len(packed) * 3 // 4] if suffix else b.getvalue()[:2000])
        entries, oddities, end, _ = walk(path)
        expect(f"cut tar{suffix}", (odd(oddities, "ends early") or odd(oddities, "checksum differs") or odd(oddities, "damaged")) and end["incomplete"], oddities, end)
    path = at / "twice.tar"
    path.write_bytes(b.getvalue() + b.getvalue())
    entries, oddities, end, _ = walk(path)
    expect("tar behind a tar", len(entries) == 10 and odd(oddities, "data after the end"), len(entries), oddities)
    path = at / "jars.tar"
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as tar:
        for i in range(2):
            jar = zipped({f"C{i}.class": CLASS})
            info = tarfile.TarInfo(f"{i}.jar")
            info.size = len(jar)
            tar.addfile(info, io.BytesIO(jar))
    path.write_bytes(b.getvalue().rstrip(b"\0"))
    entries, oddities, end, _ = walk(path)
    names = [e["path"] for e in entries]
    expect("a tar of stored jars is no appended zip", "jars.tar!/0.jar!/C0.class" in names and "jars.tar!/1.jar!/C1.class" in names, names)
    path = at / "cat.zip"
    path.write_bytes(zipped({"A.class": CLASS}) + zipped({"B.class": CLASS}))
    entries, oddities, end, _ = walk(path)
    expect("a zip before a zip", sorted(e["name"] for e in entries) == ["A.class", "B.class"] and odd(oddities, "entry is not in the central directory"), oddities)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        at = pathlib.Path(scratch)
        for part in (inner_of_400_mib, bomb_of_one, bomb_of_many, bomb_of_overlaps, quine, crowd, damage):
            if SANITIZED and part is inner_of_400_mib:
                continue
            part(at)
            for f in at.iterdir():
                f.unlink()
    print("all named, all ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
