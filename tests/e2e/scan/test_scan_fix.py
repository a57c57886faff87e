"""scan --fix, --apply and --undo: what is taken out, what stays as it was, what is refused, and what happens on a disk that is full."""
import hashlib
import io
import os
import pathlib
import re
import stat
import struct
import subprocess
import unittest
import zipfile

from scan_case import ScanCase, cli_case, main, make_tar, make_zip

CLASS = "org/example/Bad"
ENTRY = CLASS + ".class"


def class_file(name):
    """The smallest class file that has a name."""
    utf8 = lambda s: b"\x01" + struct.pack(">H", len(s)) + s.encode()
    pool = utf8(name) + b"\x07\x00\x01" + utf8("java/lang/Object") + b"\x07\x00\x03"
    return b"\xca\xfe\xba\xbe\x00\x00\x00\x34\x00\x05" + pool + struct.pack(">HHHHHHH", 0x21, 2, 4, 0, 0, 0, 0)


BAD = class_file(CLASS)
GOOD = class_file("org/example/Good")


def jar(**more):
    return make_zip({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n", ENTRY: BAD, "org/example/Good.class": GOOD, **more})


def names(data):
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


class Fix(ScanCase):
    def fix(self, *args, status, roots=None, **options):
        done = self.run_cli("scan", "--suspect-class", CLASS, "--fix", *args, *(roots or [str(self.root)]), status=status, **options)
        return done.stdout.decode()

    def undo_id(self, text):
        found = re.search(r"--undo (\S+)", text)
        self.assertTrue(found, text)
        return found.group(1)

    def tree(self):
        """Everything that identifies each file below the root."""
        seen = {}
        for path in sorted(pathlib.Path(self.root).rglob("*")):
            st = path.lstat()
            if stat.S_ISREG(st.st_mode):
                seen[str(path)] = (hashlib.sha256(path.read_bytes()).hexdigest(), st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns)
        return seen

    def test_plan_changes_nothing(self):
        self.put("a.jar", jar())
        before = self.tree()
        text = self.fix(status=1)
        self.assertIn("1 file would change", text)
        self.assertIn(ENTRY, text)
        self.assertIn("--apply", text)
        self.assertEqual(self.tree(), before)
        self.assertFalse((self.dir / "data").exists())

    def test_apply_and_undo(self):
        inner = jar(**{"META-INF/A.SF": b"x"})
        files = {
            "plain.jar": jar(),
            "app.ear": make_zip({"lib/b.war": make_zip({"WEB-INF/lib/c.jar": inner, "index.html": b"hello" * 100}), "x": b"y"}),
            "boot.jar": make_zip({"BOOT-INF/lib/c.jar": inner}, zipfile.ZIP_STORED),
            "run": b"#!/bin/sh\nexec java -jar $0\n" + jar(),
            "classes/" + ENTRY: BAD,
            "alone": b"#!/bin/sh\nexit\n" + make_zip({ENTRY: BAD}),
        }
        paths = {name: self.put(name, data) for name, data in files.items()}
        for i, path in enumerate(paths.values()):
            os.chmod(path, 0o640 + i)
            os.utime(path, ns=(10**18 + i, 10**18 + 12345 + i))
        others = {self.put("other.jar", make_zip({"org/example/Good.class": GOOD}))}
        before = self.tree()

        text = self.fix("--apply", status=0)
        self.assertIn("6 files were changed", text)
        self.assertIn("it is signed", text)
        after = self.tree()
        self.assertEqual(set(after), set(before) - {paths["classes/" + ENTRY]})
        for path, (digest, *rest) in after.items():
            self.assertEqual(rest, list(before[path][1:]), path)
            self.assertEqual(digest == before[path][0], path in others, path)
        self.assertEqual(names(pathlib.Path(paths["plain.jar"]).read_bytes()), ["META-INF/MANIFEST.MF", "org/example/Good.class"])
        war = zipfile.ZipFile(io.BytesIO(zipfile.ZipFile(paths["app.ear"]).read("lib/b.war")))
        self.assertNotIn(ENTRY, names(war.read("WEB-INF/lib/c.jar")))
        self.assertEqual(war.read("index.html"), b"hello" * 100)
        boot = zipfile.ZipFile(paths["boot.jar"])
        self.assertEqual(boot.getinfo("BOOT-INF/lib/c.jar").compress_type, zipfile.ZIP_STORED)
        self.assertTrue(pathlib.Path(paths["run"]).read_bytes().startswith(b"#!/bin/sh\n"))
        # Nothing more is found, so nothing more is done.
        self.assertIn("Nothing here", self.fix("--apply", status=0))

        done = self.run_cli("scan", "--undo", self.undo_id(text), status=0).stdout.decode()
        self.assertEqual(done.count("restored: "), 6)
        self.assertEqual(self.tree(), before)

    def test_java_still_reads_it(self):
        path = self.put("plain.jar", jar())
        self.fix("--apply", status=0)
        listed = subprocess.run(["jar", "tf", path], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(listed, ["META-INF/MANIFEST.MF", "org/example/Good.class"])

    def test_refuses_what_it_cannot_do_safely(self):
        self.put("in.tar", make_tar({"a.jar": jar()}))
        linked = self.put("linked.jar", jar())
        os.link(linked, str(self.root / "second.jar"))
        self.put("cut.jar", jar()[:-1])
        fine = self.put("fine.jar", jar())
        before = self.tree()
        text = self.fix("--apply", status=4)
        self.assertIn("1 file was changed", text)
        self.assertIn("2 names", text)
        self.assertEqual(text.count("not changed: "), 3)
        after = self.tree()
        self.assertEqual({p for p in after if after[p] != before[p]}, {fine})

    def test_undo_keeps_what_changed_since(self):
        path = self.put("plain.jar", jar())
        text = self.fix("--apply", status=0)
        with open(path, "ab") as f:
            f.write(b"x")
        done = self.run_cli("scan", "--undo", self.undo_id(text), status=4)
        self.assertIn(b"left alone", done.stdout)
        self.assertTrue(pathlib.Path(path).read_bytes().endswith(b"x"))

    def test_wrong_use(self):
        for args in (["--apply"], ["--fix", "--undo", "x"], ["--undo", "x", "/"], ["--fix", "--json"], ["--undo", "x"], ["--undo", "../x"]):
            self.run_cli("scan", *args, *([] if "--undo" in args else [str(self.root)]), status=2)

    def test_a_full_disk_leaves_every_file_whole(self):
        """A file system of a few pages of its own: the backup, or the new file, does not fit."""
        if os.geteuid() != 0:
            self.skipTest("mounting needs root")
        for where in ("files", "originals"):
            small = self.dir / where
            small.mkdir()
            random_bytes = os.urandom(300_000)  # does not compress
            script = """
                set -e
                mount -t tmpfs -o size=512k tmpfs "$1"
                cp "$2" "$3/a.jar"
                sha256sum < "$3/a.jar" > "$4.before"
                "$5" scan --suspect-class org/example/Bad --fix --apply --data-dir "$6" "$3" > "$4.out" 2> "$4.err" && exit 9
                sha256sum < "$3/a.jar" > "$4.after"
                ls -A "$3" > "$4.left"
            """
            source = self.write("source.jar", jar(big=random_bytes))
            files, data = (small, self.dir / "data2") if where == "files" else (self.dir / "elsewhere", small)
            files.mkdir(exist_ok=True)
            note = self.path("note-" + where)
            if where == "originals":
                script = script.replace('cp "$2"', 'head -c 400000 /dev/zero > "$1/fill"; cp "$2"')
            subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", small, source, files, note, os.path.abspath(cli_case.CALTROP), data], check=True)
            read = lambda ending: pathlib.Path(note + ending).read_text()
            self.assertEqual(read(".before"), read(".after"), where)
            self.assertEqual(read(".left").split(), ["a.jar"], where)
            self.assertIn("No space left", read(".out") + read(".err"), where)


if __name__ == "__main__":
    main()
