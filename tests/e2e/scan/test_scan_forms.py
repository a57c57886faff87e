"""Every dress that an archive comes in: what it is, its bytes say."""
import gzip
import io
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zipfile

import scan_case
from scan_case import ScanCase, bad_jar, compress, make_ar, make_deb, make_tar, make_zip

SCRIPT = b"#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n"


def signed_sum(block):
    """The sum over a tar header as old writers made it."""
    plain = block[:148] + b" " * 8 + block[156:]
    return sum(c if c < 128 else c - 256 for c in plain)


class Dresses(ScanCase):
    def found(self, content, name="thing", inside="", status=1):
        path = self.put(name, content)
        report = self.scan(status=status)
        self.assertEqual(report.paths(), [path + inside], (name, report.notes()))
        os.unlink(path)
        return report

    def test_names_mean_nothing(self):
        for name in ("x.jar", "x.war", "x.ear", "x.aar", "x.jmod", "x.par", "x.sar", "x.zip", "UPPER.JAR", "noending", "x.txt", "x.jpg", ".hidden",
                     "x.tar.gz", "x.class"):
            self.found(bad_jar(), name)

    def test_prefixed_and_appended(self):
        jar = bad_jar()
        self.found(SCRIPT + jar)                       # offsets count from the start of the zip
        self.found(b"MZ" + b"\0" * 510 + jar)
        self.found(jar + b"trailing bytes")
        out = io.BytesIO(SCRIPT)
        with zipfile.ZipFile(out, "a") as z:           # offsets count from the start of the file
            z.writestr(scan_case.POM, scan_case.pom())
        self.found(out.getvalue())
        self.found(b"\x7fELF" + os.urandom(100000) + jar)

    def test_jmod(self):
        self.found(b"JM\x01\x00" + bad_jar(), "x.jmod")

    def test_nested_archives(self):
        jar = bad_jar()
        war = make_zip({"WEB-INF/lib/c.jar": jar})
        ear = make_zip({"lib/b.war": war, "META-INF/application.xml": b"<a/>"})
        self.found(ear, "a.ear", "!/lib/b.war!/WEB-INF/lib/c.jar")
        stored = make_zip({"lib/b.war": make_zip({"WEB-INF/lib/c.jar": jar}, zipfile.ZIP_STORED)}, zipfile.ZIP_STORED)
        self.found(stored, "a.ear", "!/lib/b.war!/WEB-INF/lib/c.jar")
        deep, inside = jar, ""
        for i in range(12):
            deep, inside = make_zip({"n%d.zip" % i: deep}), "!/n%d.zip" % i + inside
        self.found(deep, "deep.zip", inside)

    def test_tars(self):
        for fmt in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            # Two jars, stored: as an appended zip it would show the last one alone.
            self.put("t", make_tar({"lib/a.jar": bad_jar(), "lib/%s.jar" % ("n" * 90): bad_jar()}, fmt=fmt))
            self.assertEqual(self.scan(status=1).paths(), self.below("t!/lib/a.jar", "t!/lib/%s.jar" % ("n" * 90)))
        for how in ("gz", "bz2", "xz", "zst", "lz4"):
            if how in scan_case.TOOLS and not shutil.which(scan_case.TOOLS[how][0]):
                continue
            self.put("t", compress(make_tar({"a.jar": bad_jar()}), how))
            self.assertEqual(self.scan(status=1).paths(), self.below("t!/a.jar"), how)
            self.put("t", compress(bad_jar(), how))
            self.assertEqual(len(self.scan(status=1).findings), 1, how)
        if shutil.which("lz4"):
            self.put("t", make_zip({"x.tar.lz4": compress(make_tar({"a.jar": bad_jar()}), "lz4")}))
            self.assertEqual(self.scan(status=1).paths(), self.below("t!/x.tar.lz4!/a.jar"))
            whole = compress(make_tar({"a.jar": bad_jar(), "b": os.urandom(400000)}), "lz4")
            self.put("t", whole[:len(whole) // 2])
            self.assertEqual(self.scan(status=3).paths(), self.below("t!/a.jar"))

    def test_big_inner_jar_streams(self):
        # Over what is held whole: read by its local headers, and the end compared.
        filler = {"f%d" % i: os.urandom(1 << 20) for i in range(24)}
        filler[scan_case.POM] = scan_case.pom()
        self.found(make_zip({"big.jar": make_zip(filler, zipfile.ZIP_STORED)}), "outer.zip", "!/big.jar")
        self.found(gzip.compress(make_tar({"big.jar": make_zip(filler)}), 1), "t.tgz", "!/big.jar")

    def test_deb(self):
        self.found(make_deb({"usr/share/java/x.jar": bad_jar()}), "x.deb", "!/data.tar.xz!/./usr/share/java/x.jar")
        if not shutil.which("dpkg-deb"):
            return
        with tempfile.TemporaryDirectory() as d:
            os.makedirs(d + "/p/DEBIAN")
            os.makedirs(d + "/p/usr/share/java")
            with open(d + "/p/DEBIAN/control", "w") as f:
                f.write("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.example>\nDescription: x\n")
            with open(d + "/p/usr/share/java/x.jar", "wb") as f:
                f.write(bad_jar())
            subprocess.run(["dpkg-deb", "-b", "--root-owner-group", d + "/p", d + "/x.deb"], check=True, stdout=subprocess.DEVNULL)
            with open(d + "/x.deb", "rb") as f:
                path = self.put("x.deb", f.read())
        self.assertTrue(self.scan(status=1).paths()[0].startswith(path + "!/data.tar."))

    def test_deflate64(self):
        """What Windows writes for large files, by the one tool here that writes it too: matches from far back, and beyond 258 bytes."""
        if not shutil.which("7z"):
            return
        block = os.urandom(60000)
        inner = make_zip({"deep.jar": bad_jar(), "filler": block + bytes(300000) + block + os.urandom(3000) + block}, zipfile.ZIP_STORED)
        with tempfile.TemporaryDirectory() as d:
            for name, content in (("a.jar", bad_jar()), ("big.war", inner), ("org/example/bad/Bad.class", b"\xca\xfe\xba\xbe" * 50)):
                os.makedirs(os.path.dirname(d + "/in/" + name), exist_ok=True)
                with open(d + "/in/" + name, "wb") as f:
                    f.write(content)
            subprocess.run(["7z", "a", "-tzip", "-mm=Deflate64", d + "/x.zip", "."], cwd=d + "/in", check=True, stdout=subprocess.DEVNULL)
            with open(d + "/x.zip", "rb") as f:
                data = f.read()
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            self.assertEqual(z.getinfo("big.war").compress_type, 9)
        for name, content in (("x.zip", data), ("x.zip.gz", gzip.compress(data))):
            path = self.put(name, content)
            report = self.scan(status=1)
            self.assertEqual(report.paths(), [path + "!/a.jar", path + "!/big.war!/deep.jar"])
            self.assertEqual(report.notes(), [])
            os.unlink(path)

    def test_frames_to_be_skipped(self):
        """lz4 and zstd share them, before, between and behind their own; their tools read on."""
        tar = make_tar({"a.jar": bad_jar(), "filler": os.urandom(30000), "z.jar": bad_jar()})
        skipped = b"\x53\x2a\x4d\x18" + struct.pack("<I", 5) + b"hello"
        for how in ("zst", "lz4"):
            if not shutil.which(scan_case.TOOLS[how][0]):
                continue
            one, two = compress(tar[:20000], how), compress(tar[20000:], how)
            for content in (skipped + one + two, one + skipped + two, one + two + skipped, one + skipped + skipped + two):
                path = self.put("x." + how, content)
                report = self.scan(status=1)
                self.assertEqual(report.paths(), [path + "!/a.jar", path + "!/z.jar"])
                self.assertEqual(report.notes(), [])
                os.unlink(path)

    def test_ar(self):
        self.found(make_ar({"x.jar/": bad_jar()}), "x.a", "!/x.jar")

    def test_archives_that_are_not_opened_are_named(self):
        for magic in (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\0", b"MSCF\0\0\0\0", b"\x1f\x9d\x90", b"\x02\x21\x4c\x18"):
            path = self.put("thing", magic + b"x" * 100)
            report = self.scan(status=0)
            self.assertEqual([p for p, text in report.left_out() if "not opened" in text], [path])
            self.assertTrue(report.own["complete"])

    def test_zip_family_alone(self):
        self.put("a.jar", make_zip({"b.jar": bad_jar()}))
        self.put("c.tar", make_tar({"d.jar": bad_jar()}))
        report = self.scan("--families", "zip", status=1)
        self.assertEqual(report.paths(), self.below("a.jar!/b.jar"))
        self.assertEqual(report.own["families"], "zip")

    def test_a_sum_that_fits_by_chance_makes_no_tar(self):
        # The oldest tars are known by their sum alone, and bytes of either sign add up to little: compiled code did.
        for behind in (b'"H\n bF\0', b" \0\0\0\0\0\0"):
            block = bytearray(b"BC\xc0\xde" + bytes(range(1, 145)) + b"2" + behind + bytes(range(100, 200)) * 4)[:512]
            at = 200
            while signed_sum(block) != 2:
                step = max(-255, min(255, 2 - signed_sum(block)))
                value = max(-128, min(127, block[at] - (256 if block[at] > 127 else 0) + step))
                block[at] = value % 256
                at += 1
            self.put("code.bc", bytes(block) + b"x" * 4096)
            report = self.scan(status=0)
            self.assertEqual((report.notes(), report.own["counts"]["archives"]), ([], 0))

    def test_no_false_alarm(self):
        self.put("source.txt", scan_case.pom())
        self.put("doc.jar", make_zip({"doc/" + scan_case.POM + ".txt": scan_case.pom()}))
        self.put("other.jar", make_zip({"META-INF/maven/org.other/bad/pom.properties": b"version=1.5\ngroupId=org.other\nartifactId=bad\n"}))
        self.put("newer.jar", bad_jar("2.0"))
        self.put("older.jar", bad_jar("0.9"))
        self.assertEqual(self.scan(status=0).findings, [])


if __name__ == "__main__":
    scan_case.main()
