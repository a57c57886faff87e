"""affected, why, changed: answers with a denominator, and never an empty table where nothing is known."""
import json

import respond_case
from respond_case import RespondCase, component, finding, report

CVE = "CVE-2021-44228"
TABLE = {"known", "fresh", "stale", "in_part", "never"}


class Answers(RespondCase):
    def affected(self, *args, status=None, cve=CVE):
        return json.loads(self.run_cli("affected", cve, "--json", *args, status=status).stdout)

    def estate(self):
        self.write("hosts.csv", "name,environment,exposure,owner\nweb-1,production,public,shop\nweb-2,production,public,shop\nqueue,production,receives-public-input,logs\n"
                                "build,development,internal,\nnew,staging,internal,\n")
        self.run_cli("asset", "import", self.path("hosts.csv"), status=0)
        machine = {"web-1": "a", "web-2": "b", "queue": "c", "build": "d"}

        def of(name, **more):
            return report(name=name, machine=machine[name] * 32, hardware=machine[name] * 32, **more)
        self.of = of
        self.take(of("web-1", findings=[finding(state="mitigated", processes=[{"pid": 7, "name": "java", "unit": "shop.service", "how": "holds it open"}])]),
                  of("web-2", components=[component()]), of("queue", findings=[finding()], ended="2021-11-01T00:00:00Z"),
                  of("build", findings=[finding(), finding(path="/other.jar"), finding(version="2.12.1", path="/x.jar", state="under_investigation")], roots=["/srv"]))

    def test_coverage_comes_first_and_counts_everything(self):
        self.estate()
        got = self.affected(status=1)
        cover = got["coverage"]
        self.assertEqual({k: cover[k] for k in TABLE}, {"known": 5, "fresh": 2, "stale": 1, "in_part": 1, "never": 1})
        self.assertEqual({(b["environment"], b["exposure"]): (b["known"], b["fresh"], b["affected"]) for b in cover["by"]},
                         {("production", "public"): (2, 2, 0), ("production", "receives-public-input"): (1, 0, 1), ("development", "internal"): (1, 0, 1),
                          ("staging", "internal"): (1, 0, 0)})
        self.assertEqual({(u["asset"], u["coverage"]) for u in cover["unassessed"]}, {("queue", "stale"), ("build", "in part"), ("new", "never")})
        self.assertEqual([(f["asset"], f["state"], f.get("owner")) for f in got["findings"]],
                         [("queue", "affected", "logs"), ("build", "affected", None), ("build", "under_investigation", None), ("web-1", "mitigated", "shop")])
        text = self.run_cli("affected", CVE, status=1).stdout.decode()
        self.assertLess(text.index("Coverage"), text.index("Not assessed"))
        self.assertLess(text.index("Not assessed"), text.index("Affected:"))
        self.assertIn("No public asset is affected: 2 of 2 public ones were looked at completely and", " ".join(text.split()))

    def test_filters(self):
        self.estate()
        self.assertEqual([f["asset"] for f in self.affected("--exposure", "public")["findings"]], ["web-1"])
        self.assertEqual(self.affected("--exposure", "public", status=0)["coverage"]["known"], 2)
        self.assertEqual(self.affected("--exposure", "public", "--unprotected", status=0)["findings"], [])
        self.assertEqual({f["asset"] for f in self.affected("--environment", "dev")["findings"]}, {"build"})
        self.assertEqual([f["asset"] for f in self.affected("--owner", "logs")["findings"]], ["queue"])
        self.assertEqual(self.affected("--fresh", "90d")["coverage"]["fresh"], 3)
        self.assertEqual(self.affected("--overdue", status=3)["findings"], [])
        due = 1639137600000000  # 2021-12-10T12:00Z; clocks are another command's business
        self.sql("UPDATE finding SET due = ? WHERE asset = (SELECT id FROM asset WHERE name = 'queue')", due)
        self.assertEqual([f["due"] for f in self.affected("--overdue", status=1)["findings"]], ["2021-12-10T12:00:00Z"])

    def test_what_nobody_knows_is_an_error(self):
        self.estate()
        for cve in ("CVE-2099-1", "cve-2021-44228x", "${x}"):
            done = self.run_cli("affected", cve, status=2)
            self.assertIn(b"nothing is known about", done.stderr)
            self.assertEqual(done.stdout, b"")
            self.run_cli("why", "web-1", cve, status=2)
        self.write("kev.json", '{"vulnerabilities":[{"cveID":"CVE-2099-1","dateAdded":"2021-12-10","dueDate":"2021-12-24"}]}')
        self.run_cli("advisory", "kev", self.path("kev.json"), status=0)  # that it is exploited says nothing of what it is in
        self.run_cli("affected", "CVE-2099-1", status=2)
        self.run_cli("advisory", "add", "--name", "CVE-2099-1", "--package", "pkg:maven/org.example/left-pad", "--range", "[0.5,2)", status=0)
        self.assertEqual([f["asset"] for f in self.affected(cve="CVE-2099-1", status=1)["findings"]], ["web-2"])

    def test_class_rules_alone_can_answer(self):
        self.assertEqual(self.affected(status=3)["coverage"]["known"], 0)
        self.take(report())
        got = self.affected(status=0)
        self.assertEqual((got["coverage"]["fresh"], got["findings"]), (1, []))
        self.now("2022-02-01T00:00:00Z")
        self.affected(status=3)

    def test_retired_assets_count_no_more(self):
        self.estate()
        self.run_cli("asset", "retire", "queue", status=0)
        got = self.affected()
        self.assertEqual(got["coverage"]["known"], 4)
        self.assertNotIn("queue", {f["asset"] for f in got["findings"]})

    def test_why(self):
        self.estate()
        web = " ".join(self.run_cli("why", "web-1", CVE, status=1).stdout.decode().split())
        for words in ("a complete look reached all of it lately", "mitigated: seen as mitigated", "class evidence says mitigated", "at /srv/log4j-core.jar", "a class",
                      "process 7 java, unit shop.service: holds it open", "what to do: upgrade", "open since"):
            self.assertIn(words, web)
        self.assertIn("its last complete look is stale", " ".join(self.run_cli("why", "queue", CVE, status=1).stdout.decode().split()))
        self.assertIn("only a part of it was looked at", " ".join(self.run_cli("why", "build", CVE, status=1).stdout.decode().split()))
        self.assertIn(b"Not affected", self.run_cli("why", "web-2", CVE, status=0).stdout)
        never = self.run_cli("why", "new@staging", CVE, status=0).stdout
        self.assertIn(b"nobody ever looked at it", never)
        self.assertIn(b"cannot be ruled out", never)
        self.take(self.of("web-1", ended="2021-12-10T13:30:00Z"))
        self.assertIn("gone: a complete look", " ".join(self.run_cli("why", "web-1", CVE, status=0).stdout.decode().split()))
        self.run_cli("why", "nosuch", CVE, status=2)
        self.run_cli("why", "web-1", status=2)

    def test_a_control_in_force_mitigates_what_it_covers_and_nothing_else(self):
        self.take(report(findings=[finding(), finding(cve="CVE-2021-45046")]))
        self.sql("INSERT INTO control (kind, asset, component, evidence, who, since, until) SELECT 'isolated', id, NULL, 'vlan 7', 'ann', 0, 1639152000000000 FROM asset")
        self.sql("INSERT INTO control_covers SELECT c.id, v.id, 0 FROM control c, vulnerability v WHERE v.name = 'CVE-2021-44228'")
        self.take(report(findings=[finding(), finding(cve="CVE-2021-45046")], ended="2021-12-10T13:30:00Z"))
        key = ("web-1", CVE, "2.14.1")
        self.assertEqual(self.states(), {key: "mitigated", ("web-1", "CVE-2021-45046", "2.14.1"): "affected"})
        self.assertIn(b"control isolated, by ann: vlan 7", self.run_cli("why", "web-1", CVE, status=1).stdout)
        self.now("2021-12-10T17:00:00Z")  # it has ended
        self.take(report(findings=[finding(), finding(cve="CVE-2021-45046")], ended="2021-12-10T16:30:00Z"))
        self.assertEqual(self.states()[key], "affected")

    def test_changed(self):
        self.estate()
        self.now("2021-12-10T18:00:00Z")
        self.assertEqual(self.run_cli("changed", "--since", "2h", status=0).stdout, b"Nothing changed.\n")
        self.take(self.of("web-1", ended="2021-12-10T17:00:00Z"))
        text = self.run_cli("changed", "--since", "2h", status=0).stdout.decode()
        self.assertIn("finding.closed: 1\n", text)
        self.assertIn("CVE-2021-44228 in pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1 on web-1 (production): mitigated -> fixed", text)
        self.assertIn("look.taken: 1\n", text)
        self.run_cli("changed", "--since", "soon", status=2)

    def test_hostile_words_are_printed_safely(self):
        bad = "${jndi:ldap://x/a}\x1b[2J"
        self.take(report(name=bad, findings=[finding(path="/" + bad, processes=[{"pid": 1, "name": bad, "how": bad}])]))
        for args in (("affected", CVE), ("affected", CVE, "--json"), ("why", bad, CVE), ("changed",)):
            out = self.run_cli(*args).stdout
            self.assertTrue(out)
            self.assertNotIn(b"${", out)
            self.assertNotIn(b"\x1b", out)


if __name__ == "__main__":
    respond_case.main()
