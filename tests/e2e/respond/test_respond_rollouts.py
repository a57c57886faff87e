"""Roll-outs and incidents: gates that open by evidence or by name, clocks of a whole incident, a policy over the policy."""
import json

import respond_case
from respond_case import RespondCase, component, finding, report

CVE = "CVE-2021-44228"


class Estate(RespondCase):
    def host(self, name, n, state="affected", ended="2021-12-10T13:00:00Z", cve=CVE, **more):
        ident = "%032x" % (n + 16)
        self.take(report(name=name, machine=ident, hardware=ident, ended=ended, findings=[finding(state=state, cve=cve)] if state else [], components=[component()], **more))

    def estate(self):
        for n, environment in enumerate(("development", "staging", "production")):
            self.run_cli("asset", "add", environment[:4] + "-1", "--environment", environment, "--exposure", "internal", status=0)
            self.host(environment[:4] + "-1", n)


class Rollouts(Estate):
    def show(self, name="fix"):
        row, = self.lines("rollout", "show", name, "--json", status=0)
        return {s["stage"]: s for s in row["stages"]}, row["in_the_way"]

    def test_gates_open_by_evidence(self):
        self.estate()
        self.run_cli("rollout", "start", "fix", CVE, "--summary", "2.17.1 everywhere", status=0)
        self.assertIn(b"not verified", self.run_cli("rollout", "stage", "fix", "staging", status=2).stderr)
        self.assertIn(b"affected", self.run_cli("rollout", "verify", "fix", "development", status=1).stdout)
        self.now("2021-12-10T16:00:00Z")
        self.host("deve-1", 0, state="fixed_on_disk", ended="2021-12-10T15:00:00Z")
        self.assertIn(b"old code still runs", self.run_cli("rollout", "verify", "fix", "development", status=1).stdout)
        self.host("deve-1", 0, state=None, ended="2021-12-10T15:10:00Z", processes="no")
        self.run_cli("rollout", "verify", "fix", "development", status=1)  # a look without processes closes nothing that they showed
        self.host("deve-1", 0, state=None, ended="2021-12-10T15:20:00Z")
        self.assertIn(b"development is verified", self.run_cli("rollout", "verify", "fix", "development", status=0).stdout)
        self.run_cli("rollout", "stage", "fix", "production", status=2)
        self.run_cli("rollout", "stage", "fix", "staging", status=0)
        stages, way = self.show()
        self.assertEqual([stages[s]["gate"] for s in ("development", "staging", "production")], ["open", "open", "closed"])
        self.assertEqual((stages["development"]["done"], stages["development"]["how"]), (1, "scan"))
        self.assertEqual({(w["asset"], w["why"]) for w in way}, {("stag-1", "affected"), ("prod-1", "affected")})
        self.assertEqual([k for k in self.kinds() if k.startswith("rollout.")], ["rollout.started", "rollout.verified", "rollout.gate_opened"])

    def test_a_look_from_before_the_gate_verifies_nothing(self):
        self.estate()
        self.host("deve-1", 0, state=None, ended="2021-12-10T13:30:00Z")  # before the roll-out begins at 14:00
        self.host("deve-2", 7)
        self.run_cli("asset", "set", "deve-2", "--environment", "development", status=0)
        self.run_cli("rollout", "start", "fix", CVE, status=0)
        self.now("2021-12-10T18:00:00Z")
        self.host("deve-2", 7, state=None, ended="2021-12-10T13:40:00Z")  # handed in later, and older than the gate
        self.assertIn(b"no complete look since the gate opened", self.run_cli("rollout", "verify", "fix", "development", status=1).stdout)
        self.host("deve-2", 7, state=None, ended="2021-12-10T17:00:00Z", complete=False)
        self.run_cli("rollout", "verify", "fix", "development", status=1)
        self.host("deve-2", 7, state=None, ended="2021-12-10T17:30:00Z")
        self.run_cli("rollout", "verify", "fix", "development", status=0)

    def test_mitigated_is_not_fixed(self):
        self.estate()
        self.run_cli("rollout", "start", "fix", CVE, status=0)
        self.run_cli("control", "add", "deve-1", "class-removed", "--evidence", "zip -d", status=0)
        self.assertIn(b"mitigated, and not fixed", self.run_cli("rollout", "verify", "fix", "development", status=1).stdout)

    def test_a_person_and_a_skip_are_named(self):
        self.estate()
        self.assertEqual(self.run_cli("rollout", "show", status=0).stdout.count(b"No fix is rolled out"), 1)
        self.assertEqual(self.run_cli("rollout", "show", "--json", status=0).stdout, b"")
        self.run_cli("rollout", "start", "fix", CVE, status=0)
        self.assertIn(b"--why", self.run_cli("rollout", "skip", "fix", "development", status=2).stderr)
        self.assertIn(b"comes first", self.run_cli("rollout", "skip", "fix", "staging", "--why", "hurry", status=2).stderr)
        self.run_cli("rollout", "skip", "fix", "development", "--why", "it burns", status=0)
        self.run_cli("rollout", "stage", "fix", "staging", status=0)
        self.run_cli("rollout", "verify", "fix", "staging", "--why", "looked at the dashboards", "--actor", "jo", status=0)
        self.run_cli("rollout", "stage", "fix", "production", status=0)
        self.assertIn(b"cannot be skipped", self.run_cli("rollout", "skip", "fix", "production", "--why", "x", status=2).stderr)
        said = self.run_cli("rollout", "show", "fix", status=0).stdout.decode()
        self.assertIn("SKIPPED by tester", said)
        self.assertIn("it burns", said)
        self.assertIn("verified by jo", said)

    def test_what_comes_back_closes_the_next_gate(self):
        self.estate()
        self.run_cli("rollout", "start", "fix", CVE, status=0)
        self.now("2021-12-10T16:00:00Z")
        self.host("deve-1", 0, state=None, ended="2021-12-10T15:00:00Z")
        self.run_cli("rollout", "verify", "fix", "development", status=0)
        self.host("deve-1", 0, ended="2021-12-10T15:30:00Z")
        self.assertIn(b"no longer as it was", self.run_cli("rollout", "stage", "fix", "staging", status=2).stderr)
        self.assertIn(b"NO LONGER", self.run_cli("rollout", "show", status=0).stdout)

    def test_nothing_there_and_what_is_unknown(self):
        self.host("lost-1", 3)
        self.run_cli("rollout", "start", "fix", CVE, status=0)
        self.assertIn(b"no asset in development", self.run_cli("rollout", "verify", "fix", "development", status=2).stderr)
        self.assertIn(b"belongs to no stage", self.run_cli("rollout", "show", "fix", status=0).stdout)
        for args in (("start", "fix", CVE), ("start", "other", "CVE-1999-1"), ("stage", "nosuch", "staging"), ("stage", "fix", "test"), ("show", "nosuch"), ("start", "x")):
            self.run_cli("rollout", *args, status=2)


class Incidents(Estate):
    def test_its_own_policy_and_clocks(self):
        self.estate()
        due = dict(self.sql("SELECT a.name, f.due FROM finding f JOIN asset a ON a.id = f.asset"))
        self.run_cli("incident", "open", CVE, "--mode", "incident", "--notified", "2021-12-10T13:30:00Z", status=0)
        row, = self.lines("incident", "show", "INC-1", "--json", status=0)
        self.assertEqual({c["clock"]: c["due"] for c in row["clocks"]}, {"identification": "2021-12-10T15:30:00Z", "first-patch": "2021-12-10T21:30:00Z"})
        now = dict(self.sql("SELECT a.name, f.due FROM finding f JOIN asset a ON a.id = f.asset"))
        self.assertTrue(all(now[a] <= due[a] for a in now) and now["prod-1"] < due["prod-1"])
        # Every asset has a complete look of an hour ago: identified.
        self.assertIn("met", row["clocks"][0])
        self.now("2021-12-10T20:00:00Z")
        self.host("deve-1", 0, state=None, ended="2021-12-10T19:00:00Z")
        row, = self.lines("incident", "show", "INC-1", "--json", status=0)
        self.assertEqual([(c["clock"], "met" in c, "breached" in c) for c in row["clocks"]], [("identification", True, False), ("first-patch", True, False)])
        self.assertIn("incident.clock_met", self.kinds())
        self.run_cli("incident", "close", "INC-1", status=2)
        self.run_cli("incident", "close", "INC-1", "--why", "all patched", status=0)
        self.assertEqual(dict(self.sql("SELECT a.name, f.due FROM finding f JOIN asset a ON a.id = f.asset")), now)  # no due time goes back
        self.run_cli("incident", "task", "INC-1", "late", status=2)
        self.run_cli("incident", "note", "INC-1", "what we learned", status=0)

    def test_what_is_not_identified_in_time(self):
        self.estate()
        self.run_cli("asset", "add", "forgotten", "--environment", "production", status=0)
        self.run_cli("incident", "open", CVE, "--mode", "incident", status=0)
        self.now("2021-12-10T16:00:01Z")
        row, = self.lines("incident", "show", "--json", status=0)
        clock = row["clocks"][0]
        self.assertEqual((clock["clock"], clock["breached"], "met" in clock), ("identification", "2021-12-10T16:00:00Z", False))
        self.assertIn(b"--why", self.run_cli("incident", "done", "INC-1", "identification", status=2).stderr)
        self.run_cli("incident", "done", "INC-1", "identification", "--why", "it is switched off", status=0)
        row, = self.lines("incident", "show", "--json", status=0)
        self.assertEqual(row["clocks"][0]["breached"], "2021-12-10T16:00:00Z")
        self.assertIn("switched off", row["clocks"][0]["how"])

    def test_before_anything_is_known_and_the_next_cve(self):
        self.run_cli("incident", "open", "LOCAL-1", "--mode", "incident", "--summary", "rumours", status=0)
        self.run_cli("affected", "LOCAL-1", status=2)
        self.host("prod-1", 1)
        self.run_cli("incident", "join", "INC-1", CVE, status=0)
        self.assertEqual(self.sql("SELECT rule FROM finding"), [("reachable",)])
        self.assertEqual(len(self.lines("incident", "show", "INC-1", "--json", status=0)[0]["vulnerabilities"]), 2)
        self.run_cli("advisory", "same", "LOCAL-1", CVE, status=0)
        self.assertEqual(len(self.lines("incident", "show", "INC-1", "--json", status=0)[0]["vulnerabilities"]), 1)
        self.run_cli("incident", "mode", "INC-1", "normal", "--why", "it is quiet", status=0)
        kinds = self.kinds()
        self.assertIn("incident.mode", kinds)
        self.run_cli("incident", "open", CVE, "--mode", "incident", "--policy", "nosuch", status=2)
        self.run_cli("incident", "open", CVE, "--name", "INC-1", status=2)

    def test_roles_tasks_notes(self):
        self.run_cli("incident", "open", CVE, "--name", "log4j", status=0)
        self.run_cli("incident", "role", "log4j", "commander", "jo", status=0)
        self.run_cli("incident", "role", "log4j", "commander", "sam", status=0)
        self.assertIn(b"Task 1", self.run_cli("incident", "task", "log4j", "block egress ${jndi:ldap://x/a}", "--owner", "net", "--due", "2h", status=0).stdout)
        self.run_cli("incident", "task", "log4j", "ask vendors", status=0)
        self.run_cli("incident", "done", "log4j", "1", status=0)
        self.run_cli("incident", "done", "log4j", "1", status=2)
        self.run_cli("incident", "note", "log4j", "called the board", status=0)
        said = self.run_cli("incident", "show", "log4j", status=0).stdout
        self.assertNotIn(b"${", said)
        self.assertIn(b"commander is sam", said)
        row, = self.lines("incident", "show", "log4j", "--json", status=0)
        self.assertEqual([(i["kind"], i["number"], "ended" in i) for i in row["items"]], [("role", 1, True), ("role", 2, False), ("task", 1, True), ("task", 2, False), ("note", 1, False)])


if __name__ == "__main__":
    respond_case.main()
