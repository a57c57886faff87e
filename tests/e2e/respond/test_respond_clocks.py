"""Policies, clocks, acceptances: by when each finding is due, what moves that, and what never goes away."""
import datetime
import json
import os
import random

import respond_case
from respond_case import LOG4J, RespondCase, component, finding, report

CVE = "CVE-2021-44228"
HOUR, DAY = 3600, 86400


def us(stamp):
    return int(datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()) * 10**6


def stamp_of(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clocks(RespondCase):
    def setUp(self):
        super().setUp()
        self.now("2021-12-10T13:00:00Z")

    def host(self, name="web-1", n=1, ended="2021-12-10T13:00:00Z", affected=True, **more):
        ident = "%032x" % (n + 16)
        self.take(report(name=name, machine=ident, hardware=ident, ended=ended, findings=[finding()] if affected else [], components=[component()], **more))

    def due(self, name="web-1"):
        return self.sql("SELECT f.due, f.due_policy, f.breached FROM finding f JOIN asset a ON a.id = f.asset WHERE a.name = ?", name)[0]

    def test_to_the_second_and_marked_for_good(self):
        self.now("2021-12-10T13:00:07Z")
        self.host(ended="2021-12-10T13:00:07Z")
        self.assertEqual(self.due(), (us("2021-12-12T13:00:07Z"), us("2021-12-12T13:00:07Z"), None))
        self.now("2021-12-12T13:00:07Z")  # the very moment: not late yet
        self.assertIn(b"Nothing is overdue.", self.run_cli("sla", "overdue", status=0).stdout)
        self.now("2021-12-12T13:00:08Z")
        said = self.run_cli("sla", "overdue", status=1).stdout
        self.assertIn(b"overdue by 1 s", said)
        self.assertIn(b"web-1", said)
        self.assertEqual(self.due()[2], us("2021-12-12T13:00:07Z"))
        self.host(ended="2021-12-12T14:00:00Z", affected=False)
        self.run_cli("sla", "overdue", status=0)
        row, = self.lines("sla", "overdue", "--all", "--json", status=1)
        self.assertEqual((row["breached"], row["state"], row["overdue"]), ("2021-12-12T13:00:07Z", "fixed", False))
        self.assertIn("clock.breached", self.kinds())

    def test_closed_late_is_marked_though_nobody_asked_in_between(self):
        self.host()
        self.now("2021-12-20T00:00:00Z")
        self.sql("UPDATE finding SET due = due")  # nothing ran since
        self.host(ended="2021-12-19T00:00:00Z", affected=False)
        self.assertEqual(self.sql("SELECT state FROM finding"), [("fixed",)])
        self.assertEqual(self.due()[2], self.due()[0])

    def test_within_and_exit_status(self):
        self.run_cli("sla", "due", status=0)
        self.host()
        self.run_cli("sla", "due", status=1)
        self.run_cli("sla", "due", "--within", "4h", status=0)
        self.run_cli("sla", "due", "--within", "2d", status=1)
        self.run_cli("sla", "overdue", status=0)
        self.run_cli("sla", "overdue", "--within", "48h", status=1)
        self.now("2021-12-12T12:00:00Z")
        self.assertIn(b"due in 1 h", self.run_cli("sla", "due", "--within", "4h", status=1).stdout)
        self.run_cli("sla", "due", "--within", "4h", "--exposure", "public", status=0)
        self.run_cli("sla", "due", "--within", "soon", status=2)
        self.run_cli("sla", "tomorrow", status=2)
        csv = self.run_cli("sla", "due", "--output", "csv", status=1).stdout.splitlines()
        self.assertEqual(csv[0].split(b",")[:4], [b"asset", b"environment", b"exposure", b"owner"])
        self.assertEqual(len(csv), 2)

    def test_from_publication_or_first_sight_whichever_is_later(self):
        osv = {"id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2021-1000"], "modified": "2021-12-10T10:00:00Z", "published": "2021-12-10T09:30:00Z",
               "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
               "affected": [{"package": {"ecosystem": "Maven", "name": "org.example:left-pad"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}
        self.host("old", 1, ended="2021-11-01T00:00:00Z", affected=False)
        self.run_cli("advisory", "add", self.write("a.json", json.dumps(osv)), status=0)
        self.now("2021-12-20T10:00:00Z")
        self.host("new", 2, ended="2021-12-20T09:00:00Z", affected=False)
        self.assertEqual(self.due("new")[0], us("2021-12-22T09:00:00Z"))
        self.assertEqual(self.due("old")[0], us("2021-12-12T09:30:00Z"))
        by_notice = self.write("p.yaml", "name: ours\nanchor: notification\nrules: [{name: all, within: 24h}]\n")
        self.run_cli("sla", "facts", "CVE-2021-1000", "--notified", "2021-12-10T11:00Z", status=0)
        self.run_cli("policy", "use", by_notice, status=0)
        self.assertEqual(self.due("old")[0], us("2021-12-11T11:00:00Z"))
        # Nobody is late before they could know: the stricter policy counts from its day.
        self.run_cli("sla", "overdue", status=1)
        self.assertEqual(self.due("new")[2], us("2021-12-20T10:00:00Z"))

    def test_stricter_moves_earlier_looser_moves_nothing(self):
        self.host()
        strict = self.due()[0]
        loose = self.write("loose.yaml", "name: loose\nrules: [{name: all, within: 30d}]\n")
        self.assertIn(b"0 moved later", self.run_cli("policy", "use", loose, status=0).stdout)
        self.assertEqual(self.due()[0], strict)
        self.assertIn(b"--why", self.run_cli("policy", "use", "loose", "--loosen", status=2).stderr)
        self.run_cli("policy", "use", "loose", "--loosen", "--why", "the board", status=0)
        self.assertEqual(self.due()[0], us("2022-01-09T13:00:00Z"))
        self.run_cli("policy", "use", "mailgun-incident", status=0)
        self.assertEqual(self.due()[0], us("2021-12-11T01:00:00Z"))
        self.assertEqual([k for k in self.kinds() if k.startswith(("clock.", "policy."))],
                         ["clock.started", "policy.used", "policy.loosened", "clock.later", "policy.used", "clock.earlier"])
        listed = self.run_cli("policy", "list", status=0).stdout.decode()
        self.assertIn("* mailgun-incident", listed)
        self.assertIn("  loose (your own)", listed)

    def test_exposure_and_the_catalogue_move_it_earlier(self):
        self.assertIn(b"advisory kev", self.run_cli("policy", "use", "fedramp-vdr", status=0).stdout)
        self.host()
        self.run_cli("asset", "set", "web-1", "--exposure", "internal", status=0)
        self.assertEqual(self.due()[0], us("2022-01-09T13:00:00Z"))  # exposure was not known: reachable
        self.run_cli("asset", "set", "web-1", "--exposure", "public", status=0)
        kev = self.write("kev.json", json.dumps({"vulnerabilities": [{"cveID": CVE, "dateAdded": "2021-12-10", "dueDate": "2021-12-24"}]}))
        self.run_cli("advisory", "kev", kev, status=0)
        self.assertEqual(self.due()[0], us("2021-12-14T13:00:00Z"))
        self.run_cli("asset", "set", "web-1", "--exposure", "internal", status=0)
        self.assertEqual(self.due()[0], us("2021-12-14T13:00:00Z"))  # taken from the net: that alone buys no time

    def test_forensics_and_facts(self):
        self.run_cli("policy", "use", "cisa-bod-26-04", status=0)
        self.host()
        self.run_cli("asset", "set", "web-1", "--exposure", "internal", status=0)
        kev = self.write("kev.json", json.dumps({"vulnerabilities": [{"cveID": CVE, "dateAdded": "2021-12-10", "dueDate": "2021-12-24"}]}))
        self.run_cli("advisory", "kev", kev, status=0)
        self.run_cli("sla", "facts", CVE, "--automatable", "yes", "--impact", "total", "--why", "the record says so", status=0)
        row, = self.lines("sla", "due", "--json", status=1)
        self.assertTrue(row["forensics"])
        self.assertIn("forensic investigation", " ".join(self.run_cli("why", "web-1", CVE, status=1).stdout.decode().split()))
        self.run_cli("sla", "facts", CVE, "--impact", "huge", status=2)
        self.run_cli("sla", "facts", "CVE-1999-1", "--impact", "total", status=2)

    def test_a_mitigation_does_not_stop_it_unless_the_policy_says_so(self):
        self.host()
        self.run_cli("control", "add", "web-1", "class-removed", "--evidence", "zip -d", status=0)
        self.assertEqual(self.sql("SELECT state FROM finding"), [("mitigated",)])
        self.now("2021-12-14T00:00:00Z")
        self.run_cli("sla", "overdue", status=1)
        stops = self.write("stops.yaml", "name: stops\nmitigation: stops\nrules: [{name: all, within: 1h}]\n")
        self.run_cli("policy", "use", stops, status=0)
        self.run_cli("sla", "overdue", status=0)
        self.assertIsNotNone(self.due()[2])  # what was late stays marked

    def test_acceptance(self):
        self.host()
        self.now("2021-12-11T13:00:00Z")  # a day is left
        for args, why in ((("--until", "7d", "--why", "x"), b"--approver"), (("--approver", "ciso", "--until", "7d"), b"--why"), (("--approver", "ciso", "--why", "x"), b"--until"),
                          (("--approver", "ciso", "--why", "x", "--until", "2021-12-01"), b"ahead")):
            self.assertIn(why, self.run_cli("acceptance", "add", "web-1", CVE, *args, status=2).stderr)
        self.run_cli("acceptance", "add", "web-1", CVE, "--approver", "ciso", "--until", "7d", "--why", "goes away on Friday", status=0)
        self.assertEqual(self.due(), (us("2021-12-19T13:00:00Z"), us("2021-12-12T13:00:00Z"), None))
        self.now("2021-12-15T00:00:00Z")
        self.run_cli("sla", "overdue", status=0)
        said = self.run_cli("why", "web-1", CVE, status=1).stdout.decode().replace("\n", " ")
        self.assertIn("accepted until 2021-12-18T13:00:00Z", " ".join(said.split()))
        self.assertIn("the policy's own time was 2021-12-12T13:00:00Z", " ".join(said.split()))
        self.now("2021-12-18T14:00:00Z")  # it ran out: a day is left, as before
        self.run_cli("sla", "overdue", status=0)
        self.assertIn("ran out", " ".join(self.run_cli("why", "web-1", CVE, status=1).stdout.decode().split()))
        self.assertEqual([a["state"] for a in self.lines("acceptance", "list", "--json", status=0)], ["expired"])
        self.now("2021-12-19T14:00:00Z")
        self.run_cli("sla", "overdue", status=1)
        self.assertEqual(self.due()[2], us("2021-12-19T13:00:00Z"))
        self.run_cli("acceptance", "add", "web-1", CVE, "--approver", "ciso", "--until", "7d", "--why", "again", status=0)
        self.assertEqual(self.due()[2], us("2021-12-19T13:00:00Z"))
        self.run_cli("sla", "overdue", status=0)

    def test_an_acceptance_that_ends_early_or_is_replaced(self):
        self.host()
        self.assertEqual(self.run_cli("acceptance", "list", status=0).stdout.count(b"No risk is accepted here"), 1)
        self.assertEqual(self.run_cli("acceptance", "list", "--json", status=0).stdout, b"")
        self.now("2021-12-11T13:00:00Z")
        self.run_cli("acceptance", "add", "web-1", CVE, "--approver", "ciso", "--until", "7d", "--why", "one", status=0)
        self.run_cli("acceptance", "add", "web-1", CVE, "--approver", "ciso", "--until", "9d", "--why", "two", status=0)
        self.assertEqual(self.due()[0], us("2021-12-21T13:00:00Z"))
        self.now("2021-12-12T13:00:00Z")
        self.run_cli("acceptance", "end", "web-1", CVE, "--why", "changed our mind", status=0)
        self.assertEqual(self.due()[0], us("2021-12-13T13:00:00Z"))
        self.run_cli("acceptance", "end", "web-1", CVE, status=2)
        self.assertEqual([a["state"] for a in self.lines("acceptance", "list", "web-1", CVE, "--json", status=0)], ["ended", "ended"])
        self.assertEqual(len([k for k in self.kinds() if k.startswith("acceptance.")]), 3)

    def test_a_person_moves_it(self):
        self.host()
        self.assertIn(b"--why", self.run_cli("sla", "move", "web-1", CVE, "--due", "2021-12-30T17:00:00-05:00", status=2).stderr)
        self.run_cli("sla", "move", "web-1", CVE, "--due", "2021-12-30T17:00:00-05:00", "--why", "vendor", status=0)
        self.assertEqual(self.due()[0], us("2021-12-30T22:00:00Z"))
        self.now("2021-12-13T00:00:00Z")
        self.host(ended="2021-12-12T23:00:00Z")
        self.assertEqual(self.due()[0], us("2021-12-30T22:00:00Z"))  # derived again: a person's word stands
        self.run_cli("sla", "move", "web-1", CVE, "--due", "1d", status=0)
        self.assertEqual(self.due()[0], us("2021-12-14T00:00:00Z"))

    def test_a_new_cve_opens_a_new_clock(self):
        self.host()
        self.now("2021-12-14T20:00:00Z")
        self.take(report(machine="%032x" % 17, hardware="%032x" % 17, ended="2021-12-14T19:00:00Z", findings=[finding(), finding(cve="CVE-2021-45046")], components=[component()]))
        dues = dict(self.sql("SELECT v.name, f.due FROM finding f JOIN vulnerability v ON v.id = f.vulnerability"))
        self.assertEqual(dues[CVE], us("2021-12-12T13:00:00Z"))
        self.assertEqual(dues["CVE-2021-45046"], us("2021-12-16T20:00:00Z"))

    def test_policy_files(self):
        bad = self.write("bad.yaml", "name: a\nrules:\n  - name: x\n    within: soon\n")
        self.assertIn(b"line 4", self.run_cli("policy", "check", bad, status=2).stderr)
        self.assertIn(b"line 4", self.run_cli("policy", "use", bad, status=2).stderr)
        good = self.write("good.yaml", "name: good ${jndi:ldap://h/a}\nrules: [{name: a, within: 3h, when: {severity: critical}}]\n")
        said = self.run_cli("policy", "check", good, status=0).stdout
        self.assertNotIn(b"${", said)
        self.assertIn(b"No rule fits", said)
        self.assertIn(b"shipped", self.run_cli("policy", "use", self.write("m.yaml", "name: mailgun\nrules: [{name: a, within: 3h}]\n"), status=2).stderr)
        self.assertIn(b"policy list", self.run_cli("policy", "use", "nosuch", status=2).stderr)
        self.assertIn(b"48 h", self.run_cli("policy", "show", status=0).stdout)

    def test_never_later_and_marks_stay_over_random_events(self):
        seed = int(os.environ.get("CT_SEED", 0)) or random.SystemRandom().randrange(1, 2**32)
        print("clocks: seed %d (CT_SEED=%d repeats this run)" % (seed, seed), flush=True)
        rng = random.Random(seed)
        at = us("2021-12-10T14:00:00Z") // 10**6
        own = self.write("own.yaml", "name: own\nmitigation: stops\nafter-acceptance: restart\nanchor: publication\nrules: [{name: a, when: {exposure: internal}, within: 20d}, {name: b, within: 36h}]\n")
        before = {}
        self.assets()  # makes the store
        for step in range(60):
            at += rng.choice((60, HOUR, 7 * HOUR, DAY, 3 * DAY))
            self.now(stamp_of(at))
            name = "web-%d" % rng.randrange(1, 4)
            loosened = False
            what = rng.randrange(9)
            if what <= 2:
                self.host(name, int(name[-1]), ended=stamp_of(at - 30), affected=rng.random() < 0.7)
            elif what == 3:
                self.run_cli("policy", "use", rng.choice(("mailgun", "mailgun-incident", "common", "fedramp-vdr", "cisa-ed-22-02", own)), status=0)
            elif what == 4 and name in self.assets():
                self.run_cli("asset", "set", name, "--exposure", rng.choice(("public", "internal", "unknown", "receives-public-input")), status=0)
            elif what == 5 and self.sql("SELECT 1 FROM vulnerability WHERE name = ?", CVE):
                self.run_cli("sla", "facts", CVE, "--notified", stamp_of(at - rng.randrange(10 * DAY)), "--automatable", rng.choice(("yes", "no")), status=0)
            elif what == 6 and name in self.assets() and before:
                loosened = True
                verb = rng.choice((("sla", "move", name, CVE, "--due", "%dh" % rng.randrange(1, 200)), ("acceptance", "add", name, CVE, "--approver", "a", "--until", "%dh" % rng.randrange(1, 99))))
                self.run_cli(*verb, "--why", "a person")
            elif what == 7 and name in self.assets() and before:
                self.run_cli("acceptance", "end", name, CVE)
            elif what == 8:
                self.run_cli("sla", "overdue")
            now = {i: (due, breached) for i, due, breached in self.sql("SELECT id, due, breached FROM finding")}
            for i, (due, breached) in before.items():
                self.assertIn(i, now)
                if breached:
                    self.assertEqual(now[i][1], breached, "step %d: a mark went away" % step)
                if due and not loosened:
                    self.assertTrue(now[i][0] and now[i][0] <= due, "step %d (%d): %s -> %s" % (step, what, due, now[i][0]))
            for i, due, state, stopped in self.sql("SELECT id, due, state, stopped FROM finding WHERE breached IS NULL AND closed IS NULL"):
                if what == 8:
                    self.assertTrue(not due or due >= at * 10**6 or stopped, "step %d: %d is late and has no mark" % (step, i))
            before = now


if __name__ == "__main__":
    respond_case.main()
