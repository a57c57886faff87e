#!/usr/bin/env python3
"""Random nested zips by Python's zipfile, entries removed by caltrop, looked at by zipfile and unzip: against_zipfile.py TOOL"""
import io
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

TOOL = sys.argv.pop(1)
SEED = int(os.environ.get("CT_SEED", random.SystemRandom().randrange(1 << 32)))
UNUSUAL = [f"r{chr(0xe9)}sum{chr(0xe9)}.txt", "with blank", "UPPER.CLASS", "a/../b", "-dash", "x" * 300]


class Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors."""
    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, piece):
        self.data += bytes(piece)
        return len(piece)


def make(rng, depth):
    """(bytes, names removable as chains, whether signed)"""
    stream = Unseekable() if rng.random() < 0.4 else io.BytesIO()
    chains, used = [], set()
    with zipfile.ZipFile(stream, "w", allowZip64=True) as z:
        z.comment = rng.randbytes(rng.choice([0, 0, 5, 700])).replace(b"PK", b"__")
        for i in range(rng.randrange(1, 9)):
            name = rng.choice([f"org/x/C{i}.class", rng.choice(UNUSUAL), f"d{i}/", f"META-INF/S{i}.SF"])
            if name in used:
                continue
            used.add(name)
            info = zipfile.ZipInfo(name, (rng.randrange(1990, 2030), 5, 6, 7, 8, 10))
            info.external_attr = rng.randrange(1 << 32)
            info.comment = rng.randbytes(rng.choice([0, 9]))
            info.extra = b"" if rng.random() < 0.7 else b"\x99\x99\x04\x00abcd"
            info.compress_type = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
            if depth and rng.random() < 0.5:
                info.filename = f"lib/inner{i}.jar"
                info.compress_type = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
                data, inner = make(rng, depth - 1)
                chains += [[info.filename, *c] for c in inner]
            else:
                data = b"" if name.endswith("/") else rng.choice([b"", rng.randbytes(50), b"text " * rng.randrange(5000)])
                chains.append([name])
            with z.open(info, "w", force_zip64=rng.random() < 0.1 and not info.filename.endswith(".jar")) as entry:
                entry.write(data)
    data = bytes(stream.data) if isinstance(stream, Unseekable) else stream.getvalue()
    return data, chains


def raw(z, data, info):
    """An entry as it stands in the file, from its local header to the end of its data."""
    start = info.header_offset
    name, extra = int.from_bytes(data[start + 26:start + 28], "little"), int.from_bytes(data[start + 28:start + 30], "little")
    return data[start:start + 30 + name + extra + info.compress_size]


class Without(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def run_tool(self, data, chains):
        source, target = self.folder / "in.zip", self.folder / "out.zip"
        source.write_bytes(data)
        run = subprocess.run([TOOL, source, target, *["!/".join(c) for c in chains]], capture_output=True, text=True, check=False)
        return run, target.read_bytes()

    def compare(self, old, new, cuts):
        before, after = zipfile.ZipFile(io.BytesIO(old)), zipfile.ZipFile(io.BytesIO(new))
        self.assertIsNone(after.testzip())
        self.assertEqual(before.comment, after.comment)
        gone = {c[0] for c in cuts if len(c) == 1}
        inner = {c[0] for c in cuts if len(c) > 1}
        kept = [i for i in before.infolist() if i.filename not in gone]
        self.assertEqual([i.filename for i in kept], after.namelist())
        for a, b in zip(kept, after.infolist()):
            for what in ("date_time", "external_attr", "internal_attr", "comment", "extra", "compress_type", "create_system", "create_version"):
                self.assertEqual(getattr(a, what), getattr(b, what), (a.filename, what))
            if a.filename in inner:
                self.compare(before.read(a), after.read(b), [c[1:] for c in cuts if c[0] == a.filename and len(c) > 1])
            else:
                self.assertEqual(raw(before, old, a), raw(after, new, b))

    def test_random(self):
        rng = random.Random(SEED)
        done = 0
        for _ in range(150):
            data, chains = make(rng, 3)
            if not chains:
                continue
            prefix = rng.choice([b"", b"", b"#!/bin/sh\nexec java -jar $0\n" * rng.randrange(1, 99)])
            cuts = rng.sample(chains, min(len(chains), rng.randrange(1, 4)))
            # zipfile's offsets count from the archive, as those of a file to which a script was prepended by cat do.
            run, out = self.run_tool(prefix + data, cuts)
            self.assertEqual(run.returncode, 0, run.stdout)
            self.assertEqual(int(run.stdout.split()[0]), len(cuts))
            self.assertEqual(out[:len(prefix)], prefix)
            self.compare(prefix + data, out, cuts)
            done += 1
        self.assertGreater(done, 100)

    def test_offsets_from_the_files_start(self):
        """A prefix whose length the offsets include."""
        stream = io.BytesIO(b"#!/bin/sh\n")
        stream.seek(0, io.SEEK_END)
        with zipfile.ZipFile(stream, "a") as z:
            for name in "abc":
                z.writestr(name, name * 100)
        run, out = self.run_tool(stream.getvalue(), [["b"]])
        self.assertEqual(run.returncode, 0, run.stdout)
        self.assertTrue(out.startswith(b"#!/bin/sh\nPK"))
        self.compare(stream.getvalue(), out, [["b"]])

    def test_more_entries_than_fit_16_bits(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as z:
            for i in range(70000):
                z.writestr(zipfile.ZipInfo(f"{i:05}"), b"")
        run, out = self.run_tool(stream.getvalue(), [["00007"], ["69999"]])
        self.assertEqual(run.returncode, 0, run.stdout)
        self.compare(stream.getvalue(), out, [["00007"], ["69999"]])

    def test_tells_a_broken_signature(self):
        for name, broken in (("META-INF/A.SF", "1"), ("META-INF/A.TXT", "0")):
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w") as z:
                z.writestr("x.class", "x")
                z.writestr(name, "")
            run, _ = self.run_tool(stream.getvalue(), [["x.class"]])
            self.assertEqual(run.stdout.split(), ["1", broken])

    def test_refuses(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as z:
            z.writestr("a", "a" * 40)
            z.writestr("b", "b" * 40)
        good = stream.getvalue()
        second = good.index(b"PK\x03\x04", 4)
        directory = good.index(b"PK\x01\x02")
        bad = {
            "not there": (good, [["c"]]),
            "no archive in it": (good, [["a", "x"]]),
            "cut": (good[:-1], [["a"]]),
            "bytes behind": (good + b"x", [["a"]]),
            "another local name": (good[:second + 30] + b"c" + good[second + 31:], [["a"]]),
            "another local method": (good[:second + 8] + b"\x08" + good[second + 9:], [["a"]]),
            "overlap": (good[:directory + 20] + b"\x7f" + good[directory + 21:], [["a"]]),
            "twice the same": (good[:directory + 42] + second.to_bytes(4, "little") + good[directory + 46:], [["a"]]),
            "more than counted": (good[:-14] + b"\x01\x00\x01\x00" + good[-10:], [["a"]]),
            "empty": (b"", [["a"]]),
        }
        for what, (data, cuts) in bad.items():
            run, _ = self.run_tool(data, cuts)
            self.assertEqual(run.returncode, 1, what)
            self.assertIn(": ", run.stdout, what)

    def test_java_reads_it(self):
        """What the JDK's own tool made, and what it makes of the result."""
        tree = self.folder / "tree"
        tree.mkdir()
        for name in ("a", "b", "c"):
            (tree / f"{name}.txt").write_text(name * 1000)
        subprocess.run(["jar", "cf", self.folder / "inner.jar", "-C", tree, "."], check=True)
        (tree / "inner.jar").write_bytes((self.folder / "inner.jar").read_bytes())
        subprocess.run(["jar", "cf", self.folder / "outer.jar", "-C", tree, "."], check=True)
        run, out = self.run_tool((self.folder / "outer.jar").read_bytes(), [["b.txt"], ["inner.jar", "c.txt"]])
        self.assertEqual(run.returncode, 0, run.stdout)
        (self.folder / "out.jar").write_bytes(out)
        back = self.folder / "back"
        back.mkdir()
        subprocess.run(["jar", "xf", self.folder / "out.jar"], cwd=back, check=True)
        subprocess.run(["jar", "xf", "inner.jar", "a.txt", "b.txt", "c.txt"], cwd=back, check=True)
        self.assertEqual(sorted(p.name for p in back.iterdir() if p.is_file()), ["a.txt", "b.txt", "c.txt", "inner.jar"])
        inner = subprocess.run(["jar", "tf", "inner.jar"], cwd=back, capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual([n for n in inner if n.endswith(".txt")], [n for n in zipfile.ZipFile(self.folder / "inner.jar").namelist()
                                                                    if n.endswith(".txt") and n != "c.txt"])


if __name__ == "__main__":
    print(f"against_zipfile: seed {SEED} (CT_SEED={SEED} repeats this run)")
    unittest.main()
