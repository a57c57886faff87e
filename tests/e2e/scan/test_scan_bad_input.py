"""Input that is broken, or made to break its reader: each is named, the rest is still read, and what was not seen makes the answer
incomplete."""
import gzip
import io
import os
import struct
import subprocess
import unittest
import zipfile
import zlib

import scan_case
from scan_case import DEADLINE, SUSPECT, ScanCase, bad_jar, cli_case, make_tar, make_zip, split_zip

MB = 1 << 20
slow_under_sanitizers = unittest.skipIf(os.environ.get("CALTROP_BUILD") == "sanitize", "gigabytes through a sanitizer")


def with_bad(**entries):
    """A zip of these entries, and behind them a jar that is to be found whatever they are like."""
    entries = {name.replace("__", "/"): content for name, content in entries.items()}
    return make_zip({**entries, "z/last.jar": bad_jar()})


def patch_local(data, name, at, value):
    """Changes a field of an entry's local header alone."""
    place = data.index(b"PK\3\4", data.index(name) - 30)
    return data[:place + at] + value + data[place + at + len(value):]


def patch_both(data, name, local_at, central_at, value):
    data = patch_local(data, name, local_at, value)
    place = data.index(b"PK\1\2")
    while data[place + 46:place + 46 + len(name)] != name:
        place = data.index(b"PK\1\2", place + 1)
    return data[:place + central_at] + value + data[place + central_at + len(value):]


class Zips(ScanCase):
    def named(self, content, word, incomplete, name="a.zip", status=None, inside="!/z/last.jar"):
        path = self.put(name, content)
        report = self.scan(status=3 if incomplete else 1 if status is None else status)
        self.assertIn(path + inside, report.paths())
        texts = [text for _, text in report.notes(incomplete)]
        self.assertTrue([t for t in texts if word in t], (word, report.notes()))
        self.assertEqual(report.own["complete"], not incomplete)
        return report

    def test_unsupported_method(self):
        self.named(patch_both(with_bad(a=b"x" * 100), b"a", 8, 10, struct.pack("<H", 97)), "unsupported compression method", True)

    def test_encrypted(self):
        data = with_bad(a=b"x" * 100)
        self.named(patch_both(data, b"a", 6, 8, struct.pack("<H", 1)), "encrypted", True)

    def test_checksum(self):
        inner = make_zip({"x": b"hello"})
        data = make_zip({"i.jar": inner, "z/last.jar": bad_jar()}, zipfile.ZIP_STORED)
        place = data.index(b"hello") if b"hello" in data else data.index(inner) + 20
        broken = data[:place] + b"\xff" + data[place + 1:]
        path = self.put("a.zip", broken)
        report = self.scan()
        self.assertIn(path + "!/z/last.jar", report.paths())

    def test_damaged_stream(self):
        inner = make_zip({"x": os.urandom(3000)})
        data = make_zip({"i.jar": inner, "z/last.jar": bad_jar()})
        place = data.index(b"i.jar") + 200
        self.put("a.zip", data[:place] + bytes(200) + data[place + 200:])
        report = self.scan(status=3)
        self.assertEqual(report.paths(), self.below("a.zip!/z/last.jar"))
        self.assertTrue(report.notes(True))

    def test_lying_sizes(self):
        for size in (1, 100, 10 ** 6, 2 ** 32 - 2):
            data = with_bad(a__i=bad_jar())
            path = self.put("a.zip", patch_both(data, b"a/i", 22, 24, struct.pack("<I", size)))
            report = self.scan()
            self.assertEqual(report.paths(), [path + "!/a/i", path + "!/z/last.jar"], size)
            self.assertIn("size is not what was declared", str(report.notes(False)), size)

    def test_local_header_disagrees(self):
        data = with_bad(a__i=b"y" * 1000)
        self.named(patch_local(data, b"a/i", 30, b"b/j"), "local header disagrees", False)

    def test_hidden_in_the_local_headers(self):
        # Central directory and local headers are two lists; what only the second shows is found all the same.
        jar = bad_jar()
        local, central, end = split_zip(make_zip({"a.txt": b"x", "hidden.jar": jar, "b.txt": b"y"}))
        entries = [b"PK\1\2" + e for e in central.split(b"PK\1\2")[1:]]
        kept = b"".join(e for e in entries if b"hidden.jar" not in e)
        end = end[:8] + struct.pack("<HHII", 2, 2, len(kept), len(local)) + end[20:]
        path = self.put("a.zip", local + kept + end)
        report = self.scan()
        self.assertTrue(report.notes(), "two lists that differ are worth a word")
        self.assertIn(report.own["complete"], (True, False))
        del path

    def test_overlapping_entries(self):
        data = with_bad(a=b"x" * 5000, b=b"y" * 5000)
        local, central, end = split_zip(data)
        entries = [b"PK\1\2" + e for e in central.split(b"PK\1\2")[1:]]
        # The second entry points at the first one's header.
        entries[1] = entries[1][:42] + entries[0][42:46] + entries[1][46:]
        report = self.named(local + b"".join(entries) + end, "", False, status=None)
        self.assertTrue(report.notes())

    def test_truncated(self):
        whole = make_zip({"a.jar": bad_jar(), "b.bin": os.urandom(20000)})
        path = self.put("a.zip", whole[:len(whole) - 9000])
        report = self.scan(status=3)
        self.assertEqual(report.paths(), [path + "!/a.jar"])
        tar = make_tar({"a.jar": bad_jar(), "b.bin": os.urandom(20000)})
        os.unlink(path)
        path = self.put("a.tar", tar[:len(tar) - 15000])
        report = self.scan(status=3)
        self.assertEqual(report.paths(), [path + "!/a.jar"])
        self.assertIn("ends early", str(report.notes(True)))

    def test_gzip_of_another_kind(self):
        """Its first two bytes say gzip: what cannot be read of it is not passed over as if it were some other file."""
        good = gzip.compress(bad_jar())
        for name, content in (("method", good[:2] + b"\x07" + good[3:]), ("cut", good[:5])):
            path = self.put("x.jar.gz", content)
            self.assertEqual([p for p, _ in self.scan(status=3).notes(True)], [path], name)
            os.unlink(path)
        path = self.put("x.zip", make_zip({"x.jar.gz": good[:2] + b"\x07" + good[3:]}))
        self.assertEqual([p for p, _ in self.scan(status=3).notes(True)], [path + "!/x.jar.gz"])

    def test_a_tar_without_its_end_mark(self):
        """Cut right behind an entry, or written so by a tool that leaves the mark out: where it was packed whole, its packing says so."""
        tar = make_tar({"a.jar": bad_jar()})
        bare = tar.rstrip(b"\0")
        bare += bytes(-len(bare) % 512)
        path = self.put("a.tar", bare)
        self.assertIn("ends early (no end mark)", str(self.scan(status=3).notes(True)))
        os.unlink(path)
        for name, content in (("a.tar.gz", gzip.compress(bare)), ("a.zip", make_zip({"a.tar": bare})), ("b.tar", make_tar({"a.tar": bare}))):
            path = self.put(name, content)
            report = self.scan(status=1)
            self.assertIn("has no end mark", str(report.notes(False)), name)
            self.assertTrue(report.own["complete"])
            os.unlink(path)
        path = self.put("a.tar.gz", gzip.compress(bare)[:-9])
        self.assertIn("ends early", str(self.scan(status=3).notes(True)))
        os.unlink(path)
        self.put("b.tar", make_tar({"a.tar": bare + bare})[:512 + len(bare)])  # both end there; the outer one says more
        self.scan(status=3)

    def test_names_that_climb(self):
        self.put("a.zip", make_zip({"../../etc/x.jar": bad_jar(), "/abs/y.jar": bad_jar()}))
        report = self.scan(status=1)
        self.assertEqual(len(report.findings), 2)
        self.assertIn("name climbs out with ..", str(report.notes(False)))
        self.assertFalse(os.path.exists(self.dir / "etc"))

    def test_bomb(self):
        packed = deflated_zeros(4096)
        inner = raw_zip("x.bin", packed, 4096 * MB % 2 ** 32)
        self.put("bomb.zip", make_zip({"i.jar": inner, "z/last.jar": bad_jar()}))
        report = self.scan()
        self.assertIn(str(self.root / "bomb.zip!/z/last.jar"), report.paths())

    @slow_under_sanitizers
    def test_nested_bomb_is_named(self):
        # Zips of zips: each level multiplies.
        data = make_zip({"x": bytes(8 * MB)})
        for _ in range(5):
            data = make_zip({"%d.zip" % i: data for i in range(40)})
        path = self.put("bomb.zip", data)
        self.put("ok.jar", bad_jar())
        report = self.scan(status=3)
        self.assertEqual(report.paths(), self.below("ok.jar"))
        self.assertTrue([p for p, text in report.notes(True) if p.startswith(path)], report.notes())

    @slow_under_sanitizers
    def test_many_entries(self):
        # Thirty thousand names, none of which is kept.
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for i in range(30000):
                z.writestr("d/%d" % i, b"")
            z.writestr("z/last.jar", bad_jar())
        path = self.put("many.zip", out.getvalue())
        self.assertEqual(self.scan(status=1).paths(), [path + "!/z/last.jar"])

    def test_random_bytes_behind_magic_numbers(self):
        for i, magic in enumerate((b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"!<arch>\n", b"070701",
                                   b"\xed\xab\xee\xdb\3\0", b"\xca\xfe\xba\xbe", b"\x7fELF\2\1\1", b"SQLite format 3\0")):
            self.put("r%d" % i, magic + os.urandom(5000))
        self.put("ok.jar", bad_jar())
        report = self.scan()
        self.assertEqual(report.paths(), self.below("ok.jar"))


def deflated_zeros(megabytes):
    """That many MiB of zeros as a deflate stream, made of one block again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * megabytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def raw_zip(name, packed, size):
    """A zip of one deflated entry whose bytes are given packed."""
    n = name.encode()
    head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), size, len(n), 0)
    central = b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + n
    local = b"PK\3\4" + head + n + packed
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


class Memory(ScanCase):
    @unittest.skipIf(os.environ.get("CALTROP_BUILD") == "sanitize", "sanitizers need memory of their own")
    def test_400_mib_inside_400_kb(self):
        self.put("other.jar", raw_zip("big.bin", deflated_zeros(400), 400 * MB))
        # The inner jar is 400 MiB of stored zeros, and what is looked for. Made in pieces: what this process holds counts for its children.
        with zipfile.ZipFile(self.dir / "inner.jar", "w", zipfile.ZIP_STORED) as z:
            with z.open("zeros", "w") as f:
                for _ in range(400):
                    f.write(bytes(MB))
            z.writestr(scan_case.POM, scan_case.pom())
        with zipfile.ZipFile(self.root / "bomb.jar", "w", zipfile.ZIP_DEFLATED) as z:
            z.write(self.dir / "inner.jar", "inner.jar")
        os.unlink(self.dir / "inner.jar")
        self.assertLess(os.path.getsize(self.root / "bomb.jar"), 500 * 1024)
        command = [cli_case.CALTROP, "scan", "-j", "1", "--json", "--suspect", SUSPECT, str(self.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=self.env) as child:
            out = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(scan_case.Report(out.decode()).paths(), self.below("bomb.jar!/inner.jar"))
        self.assertLess(usage.ru_maxrss, 50 * 1024)


if __name__ == "__main__":
    scan_case.main()
