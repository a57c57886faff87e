"""Controls: what each kind covers, who says so, until when; and that nothing else ever makes an answer safer."""
import json
import os
import random

import respond_case
from respond_case import RespondCase, finding, report

SHELL, CONTEXT, RECURSION, JDBC = "CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"
ALL = (SHELL, CONTEXT, RECURSION, JDBC)
# Apache's security page and runs of the releases: which of the four each kind covers, in 2.14.1.
COVERS = {
    "class-removed": {SHELL, CONTEXT},
    "no-lookups": {SHELL},
    "security-manager": {SHELL, CONTEXT},
    "hot-patch": {SHELL, CONTEXT},
    "isolated": set(ALL),
    "waf": set(),
    "egress": set(),
}


class Controls(RespondCase):
    def estate(self, version="2.14.1", name="web-1", **more):
        self.take(report(name=name, findings=[finding(cve=cve, version=version) for cve in ALL], **more))

    def add(self, kind, *args, asset="web-1", status=0):
        return self.run_cli("control", "add", asset, kind, "--evidence", "CHG-7", *args, status=status)

    def mitigated(self, version="2.14.1", asset="web-1"):
        return {cve for (name, cve, v), state in self.states().items() if state == "mitigated" and v == version and name == asset}

    def test_each_kind_covers_what_is_known_of_it(self):
        self.estate()
        for n, (kind, covers) in enumerate(COVERS.items(), 1):
            with self.subTest(kind):
                done = self.add(kind)
                self.assertEqual(self.mitigated(), covers)
                self.assertEqual(b"no state and no clock rests on it" in done.stdout, kind in ("waf", "egress"))
                self.run_cli("control", "end", str(n), "--why", "upgraded", status=0)
                self.assertEqual(self.mitigated(), set())
                self.run_cli("control", "end", str(n), status=2)
        self.assertEqual(self.kinds().count("control.added"), len(COVERS))
        self.assertEqual(self.kinds().count("control.ended"), len(COVERS))

    def test_the_flag_works_where_it_exists(self):
        for n, (version, works) in enumerate((("2.9.1", False), ("2.10.0", True), ("2.14.1", True), ("2.14.0-2.14.1", True), ("2.8-2.12.1", False), ("2.15.0", False), ("", False))):
            with self.subTest(version):
                self.estate(version, name="host-" + (version or "none"), machine="%032x" % (n + 1), hardware=None)
                self.add("no-lookups", asset="host-" + (version or "none"))
                self.assertEqual(self.mitigated(version, "host-" + (version or "none")), {SHELL} if works else set())

    def test_isolation_does_not_stop_what_it_is_fed(self):
        self.run_cli("asset", "add", "web-1", "--exposure", "receives-public-input", status=0)
        self.estate()
        self.add("isolated")
        self.assertEqual(self.mitigated(), {SHELL, CONTEXT, JDBC})
        self.run_cli("asset", "set", "web-1", "--exposure", "internal", status=0)
        self.assertEqual(self.mitigated(), set(ALL))

    def test_a_claim_is_questioned_and_marked(self):
        self.estate()
        before = self.dump()
        self.assertIn(b"no-lookups does not cover CVE-2021-45046", self.add("no-lookups", "--covers", CONTEXT, status=2).stderr)
        self.assertIn(b"isolated is not known to cover LOCAL-1", self.add("isolated", "--covers", "LOCAL-1", status=2).stderr)
        self.assertEqual(self.dump(), before)
        self.add("no-lookups", "--covers", CONTEXT, "--covers", SHELL, "--claim", "--actor", "bob")
        self.assertEqual(self.mitigated(), {SHELL})  # what is known to be false changes nothing
        listed = self.run_cli("control", "list", status=0).stdout.decode()
        self.assertIn("CVE-2021-45046 (claimed against what is known)", listed)
        self.assertIn("by bob", listed)
        self.assertIn("control no-lookups, by bob: CHG-7; does not cover it: lookups in layouts", " ".join(self.run_cli("why", "web-1", CONTEXT, status=1).stdout.decode().split()))
        self.take(report(findings=[finding(cve="LOCAL-1")] + [finding(cve=cve) for cve in ALL], ended="2021-12-10T13:30:00Z"))
        self.add("isolated", "--covers", "LOCAL-1", "--claim", "--actor", "ann")
        self.assertEqual(self.mitigated(), {SHELL, "LOCAL-1"})  # and nothing but what it names
        self.assertIn("isolated is claimed to cover it (CHG-7; ann)", self.sql("SELECT reason FROM finding f JOIN vulnerability v ON v.id = f.vulnerability WHERE v.name = 'LOCAL-1'")[0][0])
        self.assertEqual([(c["kind"], [(n["vulnerability"], n["as"]) for n in c["covers"]]) for c in self.lines("control", "list", "--json", status=0)],
                         [("no-lookups", [(SHELL, "known"), (CONTEXT, "claimed against what is known")]), ("isolated", [("LOCAL-1", "claimed")])])

    def test_expiry_reopens_by_the_clock(self):
        self.estate()
        self.add("isolated", "--until", "2h")
        self.assertEqual(self.mitigated(), set(ALL))
        self.assertEqual(self.run_cli("affected", SHELL, "--unprotected", status=0).stdout.count(b"web-1"), 0)
        self.now("2021-12-10T15:59:59Z")
        self.run_cli("affected", SHELL, status=0)
        self.now("2021-12-10T16:00:00Z")
        self.assertIn(b"web-1", self.run_cli("affected", SHELL, "--unprotected", status=1).stdout)
        self.assertEqual(self.mitigated(), set())
        entry = [e for e in self.lines("timeline", "--json", status=0) if e["kind"] == "control.expired"]
        self.assertEqual([(e["actor"], e["subject"]) for e in entry], [("caltrop", "control 1, isolated on web-1 (unknown)")])
        before = self.dump()
        self.run_cli("affected", SHELL, status=1)  # once
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.run_cli("control", "list", status=0).stdout, b"No control is known: whatever is affected is unprotected.\n")
        self.assertIn(b"ended 2021-12-10T16:00:00Z", self.run_cli("control", "list", "--all", status=0).stdout)

    def test_a_class_seen_later_is_not_removed(self):
        self.estate(ended="2021-12-10T13:00:00Z")
        self.add("class-removed")
        self.assertEqual(self.mitigated(), {SHELL, CONTEXT})
        self.now("2021-12-10T18:00:00Z")
        self.estate(ended="2021-12-10T17:00:00Z")
        self.assertEqual(self.mitigated(), set())
        self.assertIn(b"a later look saw the class there", b" ".join(self.run_cli("why", "web-1", SHELL, status=1).stdout.split()))

    def test_one_component_alone(self):
        self.take(report(findings=[finding(version="2.14.1"), finding(version="2.12.1", path="/b.jar")]))
        self.add("hot-patch", "--component", respond_case.LOG4J % "2.12.1")
        self.assertEqual(self.states(), {("web-1", SHELL, "2.14.1"): "affected", ("web-1", SHELL, "2.12.1"): "mitigated"})
        self.add("hot-patch", "--component", "pkg:maven/a/b@1", status=2)

    def test_what_scans_saw_is_listed_beside(self):
        self.take(report(findings=[finding(state="mitigated", processes=[{"pid": 7, "name": "java", "how": "holds it open", "controls": "the no-lookups switch is on"}]),
                                   finding(cve=CONTEXT, state="mitigated", path="/stripped.jar"), finding(cve=RECURSION)]))
        self.add("waf")
        text = self.run_cli("control", "list", status=0).stdout.decode()
        self.assertIn("Put in by hand\n  1  web-1 (unknown)  waf, noted only  by tester", text)
        self.assertIn("/srv/log4j-core.jar: CVE-2021-44228 mitigated; the no-lookups switch is on", " ".join(text.split()))
        self.assertIn("/stripped.jar: CVE-2021-45046 mitigated; seen as mitigated", " ".join(text.split()))
        self.assertNotIn(RECURSION, text)
        self.assertEqual([c["seen"] for c in self.lines("control", "list", "web-1", "--json", status=0)], ["by hand", "by a scan", "by a scan"])

    def test_what_is_refused(self):
        self.estate()
        before = self.dump()
        for args in (("control", "add", "web-1", "magic", "--evidence", "x"), ("control", "add", "web-1", "waf"), ("control", "add", "nosuch", "waf", "--evidence", "x"),
                     ("control", "add", "web-1", "waf", "--evidence", "x", "--until", "2021-12-01T00:00Z"), ("control", "add", "web-1", "waf", "--evidence", "x", "--until", "soon"),
                     ("control", "end", "1"), ("control", "end", "x"), ("control",), ("control", "list", "a", "b")):
            with self.subTest(args):
                self.run_cli(*args, status=2)
        self.assertEqual(self.dump(), before)

    def test_hostile_words_are_printed_safely(self):
        bad = "${jndi:ldap://x/a}\x1b[2J"
        self.take(report(name=bad, findings=[finding(processes=[{"pid": 1, "name": "j", "controls": bad}])]))
        self.run_cli("control", "add", bad, "isolated", "--evidence", bad, "--actor", bad, "--covers", bad, "--claim", status=0)
        for args in (("control", "list"), ("control", "list", "--json"), ("why", bad, SHELL), ("affected", SHELL), ("timeline",)):
            out = self.run_cli(*args).stdout
            self.assertTrue(out)
            self.assertNotIn(b"${", out)
            self.assertNotIn(b"\x1b", out)

    def test_more_evidence_never_makes_anything_safer_whatever_protects_it(self):
        """Controls come first; then complete looks, each of which sees all that the one before saw, and more."""
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        rng = random.Random(seed)
        order = ["affected", "fixed_on_disk", "under_investigation", "mitigated", "fixed", "not_affected"]
        found, before = [], {}
        self.take(report(ended="2021-12-10T12:00:00Z"))
        self.now("2021-12-10T12:30:00Z")
        for kind in rng.sample(list(COVERS), 3):
            self.add(kind)
        self.now("2021-12-10T14:00:00Z")
        for step in range(12):
            found.append(finding(cve=rng.choice(ALL), state=rng.choice(order), version=rng.choice(("2.9.1", "2.14.1")), path="/srv/%d" % step, source=rng.choice(["class", "package"])))
            self.take(report(findings=rng.sample(found, len(found)), ended="2021-12-10T13:%02d:00Z" % step))
            after = self.states()
            for key, state in before.items():
                self.assertLessEqual(order.index(after[key]), order.index(state), (key, step))
            before = after


class Next(RespondCase):
    """CVE n+1: what an advisory opens, reopens and leaves, and which mitigations it is not covered by."""

    def add(self, name, upper, *args):
        done = self.run_cli("advisory", "add", "--name", name, "--package", "pkg:maven/org.apache.logging.log4j/log4j-core", "--range", "[2.0-beta9,%s)" % upper, "--severity",
                            "critical", *args, status=0)
        return " ".join(done.stdout.decode().split())

    def test_what_it_opened_and_what_does_not_cover_it(self):
        where = {"web-1": "2.14.1", "web-2": "2.14.1", "app": "2.15.0"}
        for n, (name, version) in enumerate(where.items()):
            purl = respond_case.LOG4J % version
            self.take(report(name=name, machine="%032x" % (n + 1), hardware=None, components=[respond_case.component("log4j-core", version, "/l.jar", purl)]))
        text = self.add(SHELL, "2.15.0")
        self.assertIn("2 opened, 0 reopened, 0 changed, 0 closed, 0 left open", text)
        self.assertIn("Opened CVE-2021-44228 in pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1 on web-1 (unknown): affected;", text)
        self.assertNotIn("Mitigations", text)
        self.run_cli("control", "add", "web-1", "no-lookups", "--evidence", "unit file", status=0)
        self.run_cli("control", "add", "web-2", "class-removed", "--evidence", "zip -d", status=0)
        text = self.add(CONTEXT, "2.16.0")
        self.assertIn("3 opened", text)
        self.assertEqual(self.states(CONTEXT), {("web-1", CONTEXT, "2.14.1"): "affected", ("web-2", CONTEXT, "2.14.1"): "mitigated", ("app", CONTEXT, "2.15.0"): "affected"})
        self.assertIn("Mitigations that do not cover it web-1 (unknown) is protected from CVE-2021-44228 alone: no-lookups covers it (unit file; tester)", text)
        self.assertNotIn("web-2 (unknown) is protected from", text)
        text = self.add(RECURSION, "2.17.0")
        self.assertIn("web-2 (unknown) is protected from CVE-2021-45046 alone", text)
        again = self.add(RECURSION, "2.17.0")
        self.assertIn("0 opened, 0 reopened, 0 changed, 0 closed", again)

    def test_a_local_one_becomes_the_official_one_with_its_controls(self):
        self.take(report(components=[respond_case.component("log4j-core", "2.14.1", "/l.jar", respond_case.LOG4J % "2.14.1")]))
        self.add("LOCAL-1", "3")
        self.run_cli("control", "add", "web-1", "isolated", "--evidence", "vlan", "--covers", "LOCAL-1", "--claim", status=0)
        self.now("2021-12-10T15:00:00Z")
        record = self.write("ghsa.json", json.dumps({"id": "GHSA-aaaa-bbbb-cccc", "aliases": [SHELL], "modified": "2021-12-10T14:30:00Z", "affected": [
            {"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.15.0"}]}]}]}))
        self.assertIn(b"caltrop advisory same LOCAL-1 CVE-2021-44228", self.run_cli("advisory", "add", record, status=0).stdout)
        self.now("2021-12-10T16:00:00Z")
        self.run_cli("advisory", "same", "LOCAL-1", SHELL, status=0)
        self.assertEqual(self.states(), {("web-1", SHELL, "2.14.1"): "mitigated"})
        self.assertEqual(self.sql("SELECT opened FROM finding"), [(1639144800000000,)])
        self.assertEqual(self.sql("SELECT count(DISTINCT finding), min(at) FROM finding_state"), [(1, 1639144800000000)])
        self.assertEqual([n["vulnerability"] for n in self.lines("control", "list", "--json", status=0)[0]["covers"]], [SHELL])


class Empty(RespondCase):
    def test_an_empty_store_says_so_first(self):
        text = self.run_cli("affected", SHELL, status=3).stdout.decode()
        self.assertIn("No asset is known, so nothing can be said.", text)
        self.assertNotIn("No finding", text)
        self.run_cli("asset", "add", "web-1", "--environment", "production", status=0)
        self.assertIn("No asset of the kind that was asked for is known", " ".join(self.run_cli("affected", SHELL, "--environment", "staging", status=3).stdout.decode().split()))
        self.assertIn("Coverage", self.run_cli("affected", SHELL, status=3).stdout.decode())


if __name__ == "__main__":
    respond_case.main()
