"""kill -9 and a failing disk at each write of each command that changes the store: it opens, is whole, and holds all of what the command did or none of it.

argv: the program, and the library that plays the disk (tests/support/failing_disk.c). The states are compared row by row, the timeline's hashes too.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys

DISK = os.path.abspath(sys.argv.pop(2)) if len(sys.argv) > 2 else ""
import respond_case  # noqa: E402
from respond_case import LOG4J, RespondCase, component, finding, report  # noqa: E402

CVE, NEXT = "CVE-2021-44228", "CVE-2021-45046"
OPENVEX = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "Acme", "timestamp": "2021-12-10T13:00:00Z", "version": 1}
POLICY = "name: ours\nanchor: later\nrules:\n  - name: all\n    within: 12h\n"


def vex(status="affected", product=LOG4J % "2.14.1", **more):
    return json.dumps({**OPENVEX, "statements": [{"vulnerability": {"name": CVE}, "products": [{"@id": product}], "status": status, **more}]})


def attempt(n):
    return json.dumps({"@timestamp": "2021-12-10T13:20:0%dZ" % n, "event": {"dataset": "caltrop.attempt", "id": "%032x" % n}, "log": {"file": {"path": "/l"}}, "caltrop": {
        "grade": "exploit", "certainty": "certain", "campaign": "c%d" % n, "fires": [{"versions": "2.8-2.14.1", "sink": "message", "setting": ""}]}}) + "\n"


class Faults(RespondCase):
    def setUp(self):
        super().setUp()
        self.write("vex.json", vex())
        self.write("acme.json", vex("not_affected", "pkg:generic/acme/filter", justification="component_not_present"))
        self.write("ours.csv", "vendor,contact,data,product\nAcme,sec@acme.example,mail logs,Filter\nZeta,z@zeta.example,,Relay\n")
        self.write("said.csv", "vendor,product,cve,status\nAcme,Filter,%s,affected\nZeta,Relay,%s,fixed\n" % (CVE, CVE))
        self.write("attempts.ndjson", "".join(map(attempt, range(3))))
        self.write("routes.csv", "service,log,asset,role\nshop,/l,web-1,serves\n")
        os.makedirs(self.dir / "letters")
        self.take(report(components=[component()], findings=[finding()]), report(name="web-2", machine="b" * 32, hardware="2" * 32, findings=[finding()]))
        for name, environment in (("web-1", "development"), ("web-2", "production")):
            self.run_cli("asset", "set", name, "--environment", environment, status=0)
        self.run_cli("advisory", "add", "--name", NEXT, "--package", "pkg:maven/org.apache.logging.log4j/log4j-core", "--range", "[2.0,2.16.0)", "--severity", "critical", status=0)
        self.run_cli("vendor", "add", "Acme", "--contact", "sec@acme.example", "--product", "Filter", status=0)
        self.run_cli("rollout", "start", "fix", CVE, status=0)
        self.run_cli("incident", "open", CVE, "--name", "INC-7", status=0)
        self.template = self.path("template.db")
        shutil.copy(self.database, self.template)
        self.before = self.whole()

    def whole(self):
        """Every row, where the file is sound."""
        db = sqlite3.connect(self.database)
        try:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(db.execute("PRAGMA foreign_key_check").fetchall(), [])
            return list(db.iterdump())
        finally:
            db.close()

    def fresh(self):
        for end in ("", "-wal", "-shm"):
            if os.path.exists(self.database + end):
                os.unlink(self.database + end)
        shutil.copy(self.template, self.database)
        for letter in os.listdir(self.dir / "letters"):
            os.unlink(self.dir / "letters" / letter)

    def play(self, args, **disk):
        counts = self.path("count")
        if os.path.exists(counts):
            os.unlink(counts)
        env = dict(self.env, LD_PRELOAD=DISK, DISK_COUNTS=counts, **disk)
        done = subprocess.run([respond_case.cli_case.CALTROP, *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=respond_case.DEADLINE)
        if not os.path.exists(counts):
            return done, None
        with open(counts, encoding="ascii") as f:
            return done, int(f.read())

    def torture(self, *args):
        self.fresh()
        done, writes = self.play(args)
        self.assertEqual(done.returncode, 0, done.stderr)
        after = self.whole()
        self.assertFalse(after == self.before, args)
        self.assertGreater(writes, 5, args)
        self.fresh()
        self.play(args)
        self.assertTrue(self.whole() == after, "the same command leaves the same store")
        seen = {"none": 0, "all": 0}
        for how, step in (("kill", 1), ("once", 1), ("always", 4)):
            for at in range(0, writes, step):
                with self.subTest(args, how=how, at=at):
                    self.fresh()
                    done, _ = self.play(args, DISK_FAILS=how, DISK_FAILS_AT=str(at))
                    if how == "kill":
                        self.assertEqual(done.returncode, -9)
                    else:
                        self.assertIn(done.returncode, (0, 4), done.stderr)
                    now = self.whole()
                    self.assertTrue(now in (self.before, after), "neither all nor none")
                    self.assertTrue(done.returncode or now == after, "what was said to be done is not there")
                    seen["all" if now == after else "none"] += 1
                    if at % 8 == 0:
                        self.run_cli("timeline", "--verify", status=0)
        self.assertGreater(min(seen.values()), 0, (args, seen))

    def test_policies_and_acceptances(self):
        self.torture("policy", "use", self.write("policy.yaml", POLICY))
        self.torture("acceptance", "add", "web-1", CVE, "--approver", "jo", "--until", "7d", "--why", "off")

    def test_vendors(self):
        self.torture("vendor", "import", self.path("ours.csv"), self.path("said.csv"))
        self.torture("vendor", "ask", "Acme", CVE, NEXT, "--from", "sec@us.example", "--dir", self.path("letters"))
        self.torture("vendor", "answer", "Acme", CVE, "affected", "--product", "Filter")

    def test_rollouts(self):
        self.torture("rollout", "start", "next", CVE, NEXT)
        self.torture("rollout", "skip", "fix", "development", "--why", "it burns")

    def test_incidents(self):
        self.torture("incident", "open", NEXT, "--mode", "incident", "--notified", "2021-12-10T13:30:00Z")
        self.torture("incident", "close", "INC-7", "--why", "done")

    def test_documents_and_attempts(self):
        self.torture("vex", "add", self.path("vex.json"), self.path("acme.json"))
        self.torture("attempts", "import", self.path("attempts.ndjson"))
        self.torture("route", "import", self.path("routes.csv"))


if __name__ == "__main__":
    respond_case.main()
