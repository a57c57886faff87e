"""Advisories: folding, sources side by side, local ones, the catalogue of exploited vulnerabilities; and what they open, reopen and close."""
import io
import json
import os
import random
import zipfile

import respond_case
from respond_case import LOG4J, RespondCase, component, finding, report

THING = "pkg:maven/org.example/thing"


def osv(ident="GHSA-aaaa-bbbb-cccc", aliases=("CVE-2021-1000",), name="org.example:thing", introduced="0", fixed="2.0", modified="2021-12-10T10:00:00Z",
        severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", ecosystem="Maven", **more):
    return {"schema_version": "1.4.0", "id": ident, "aliases": list(aliases), "modified": modified, "published": "2021-12-10T09:00:00Z", "summary": "a flaw",
            "severity": [{"type": "CVSS_V3", "score": severity}],
            "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": introduced}, {"fixed": fixed}]}]}],
            **more}


class Advisories(RespondCase):
    def add(self, *records, args=(), status=0):
        self.count = getattr(self, "count", 0) + 1
        path = self.write("advisories/%d.json" % self.count, "\n".join(json.dumps(r) for r in records))
        return self.run_cli("advisory", "add", path, *args, status=status)

    def things(self, *versions, ended="2021-12-10T13:00:00Z", **more):
        self.take(report(components=[component("thing", v, "/srv/thing-%s.jar" % v) for v in versions], ended=ended, **more))

    def test_a_finding_per_version_whichever_comes_first(self):
        self.things("1.0", "2.0")
        done = self.add(osv())
        self.assertIn(b"Advisories: 1 added", done.stdout)
        self.assertIn(b"Findings: 1 opened", done.stdout)
        self.take(report(name="web-2", machine="b" * 32, hardware="2" * 32, components=[component("thing", "1.5", "/x.jar"), component("other", "1.5", "/y.jar")]))
        self.assertEqual(self.states(), {("web-1", "CVE-2021-1000", "1.0"): "affected", ("web-2", "CVE-2021-1000", "1.5"): "affected"})
        self.assertEqual(self.sql("SELECT severity FROM vulnerability"), [("critical",)])

    def test_again_changes_nothing_and_a_later_one_counts(self):
        self.things("1.0", "2.0")
        self.add(osv())
        before = self.dump()
        self.assertIn(b"1 as they were", self.add(osv()).stdout)
        self.assertEqual(self.dump(), before)
        self.add(osv(fixed="2.1", modified="2021-12-09T10:00:00Z"))  # older
        self.assertEqual(self.dump(), before)
        done = self.add(osv(fixed="2.1", modified="2021-12-11T10:00:00Z"))
        self.assertIn(b"1 opened", done.stdout)
        self.assertIn(b"1 left open", done.stdout)
        done = self.add(osv(fixed="0.5", modified="2021-12-12T10:00:00Z"))
        self.assertIn(b"2 closed", done.stdout)
        self.assertEqual(set(self.states().values()), {"not_affected"})
        self.assertIn(b"2 reopened", self.add(osv(fixed="2.1", modified="2021-12-13T10:00:00Z")).stdout)
        self.assertIn(b"2 closed", self.add(osv(fixed="2.1", modified="2021-12-14T10:00:00Z", withdrawn="2021-12-14T10:00:00Z")).stdout)

    def test_lists_of_records_as_services_answer(self):
        two = [osv(), osv("GHSA-dddd-bbbb-cccc", aliases=("CVE-2021-1001",), name="org.example:other")]
        for n, text in enumerate((json.dumps({"vulns": two}), json.dumps(two, indent=1))):
            path = self.write("list%d.json" % n, text)
            done = self.run_cli("advisory", "add", path, status=0)
            self.assertIn(b"%d added" % (0 if n else 2), done.stdout)
        path = self.write("bad.json", json.dumps({"vulns": [osv("GHSA-eeee-bbbb-cccc", aliases=()), {"summary": "no id"}]}))
        done = self.run_cli("advisory", "add", path, status=3)
        self.assertIn(b"1 of 2 records not read", done.stderr)
        self.assertIn(b"1 added", done.stdout)

    def test_names_fold_into_one(self):
        self.things("1.0")
        self.add(osv("GHSA-aaaa-bbbb-cccc", aliases=()))
        self.add(osv("PYSEC-1", aliases=("CVE-2021-2000",)))
        self.assertEqual(len(self.states()), 2)
        done = self.add(osv("X-1", aliases=("GHSA-aaaa-bbbb-cccc", "PYSEC-1", "CVE-2021-1999")))
        self.assertIn(b"1 vulnerabilities merged", done.stdout)
        self.assertEqual(self.states(), {("web-1", "CVE-2021-1999", "1.0"): "affected"})
        self.assertEqual(len(self.sql("SELECT alias FROM alias")), 5)
        self.assertEqual({s for (s,) in self.sql("SELECT source FROM verdict")}, {"advisory ghsa GHSA-aaaa-bbbb-cccc", "advisory pysec PYSEC-1", "advisory x X-1"})

    def test_before_a_number_exists_and_when_it_comes(self):
        self.things("1.0", "2.0")
        self.run_cli("advisory", "add", "--name", "LOCAL-1", "--package", THING, "--range", "[1.0,2.0)", "--severity", "critical", "--summary", "it burns", status=0)
        self.assertEqual(self.states(), {("web-1", "LOCAL-1", "1.0"): "affected"})
        opened = self.sql("SELECT opened FROM finding")
        self.now("2021-12-11T14:00:00Z")
        self.run_cli("advisory", "same", "LOCAL-1", "CVE-2021-1000", status=0)
        self.add(osv())
        self.assertEqual(self.states(), {("web-1", "CVE-2021-1000", "1.0"): "affected"})
        self.assertEqual(self.sql("SELECT opened FROM finding"), opened)  # its clock goes on
        self.assertNotIn("finding.closed", self.kinds())

    def test_the_number_first_and_the_same_later(self):
        self.things("1.0")
        self.run_cli("advisory", "add", "--name", "LOCAL-1", "--package", THING, status=0)
        opened = self.sql("SELECT opened FROM finding")
        self.now("2021-12-11T14:00:00Z")
        done = self.add(osv())
        self.assertIn(b"LOCAL-1 is about the same package", done.stdout)
        self.assertEqual(len(self.states()), 2)
        self.run_cli("advisory", "same", "CVE-2021-1000", "LOCAL-1", status=0)
        self.assertEqual(self.states(), {("web-1", "CVE-2021-1000", "1.0"): "affected"})
        self.assertEqual(self.sql("SELECT opened FROM finding"), opened)
        self.run_cli("advisory", "same", "CVE-2021-1000", "NOSUCH-1", status=2)

    def test_sources_that_contradict_each_other(self):
        self.things("1.0", "1.9")
        self.add(osv("GHSA-aaaa-bbbb-cccc"))
        self.add(osv("VDR-1", fixed="1.5"), args=("--source", "vendor"))
        self.assertEqual(set(self.states().values()), {"affected"})
        self.assertEqual(self.sql("SELECT c.version FROM finding f JOIN component c ON c.id = f.component WHERE f.conflict"), [("1.9",)])
        said = dict(self.sql("SELECT v.source, v.state FROM verdict v JOIN finding f ON f.id = v.finding WHERE f.conflict"))
        self.assertEqual(said, {"advisory ghsa GHSA-aaaa-bbbb-cccc": "affected", "advisory vendor VDR-1": "not_affected"})

    def test_class_evidence_beside_an_advisory(self):
        name = "org.apache.logging.log4j:log4j-core"
        jar = component("log4j-core", "2.14.1", "/srv/log4j-core.jar", purl=LOG4J % "2.14.1")
        self.take(report(components=[jar], findings=[finding(state="mitigated")]))
        self.add(osv("GHSA-jfh8-c2jp-5v3q", ("CVE-2021-44228",), name, "2.0", "2.15.0"))
        self.assertEqual(list(self.states().values()), ["mitigated"])
        other = component("log4j-core", "2.14.1", "/opt/log4j-core.jar", purl=LOG4J % "2.14.1")
        self.take(report(components=[jar, other], findings=[finding(state="mitigated")], ended="2021-12-10T13:30:00Z"))
        self.assertEqual(list(self.states().values()), ["affected"])  # of the second place nothing says that it is mitigated

    def test_a_distribution_speaks_of_several(self):
        self.take(report(components=[component("libssl3", "3.0.1-1", "/var/lib/dpkg/status", source="dpkg",
                                               purl="pkg:deb/debian/libssl3@3.0.1-1?arch=amd64&distro=debian-12&upstream=openssl%403.0.1-1")]))
        self.add(osv("DSA-1-1", (), "openssl", "0", "3.0.2-1", ecosystem="Debian:12", upstream=["CVE-2022-1", "CVE-2022-2"]))
        self.add(osv("DSA-2-1", (), "openssl", "0", "3.0.2-1", ecosystem="Debian:11", upstream=["CVE-2022-3"]))
        self.assertEqual(sorted(k[1] for k in self.states()), ["CVE-2022-1", "CVE-2022-2"])

    def test_archives_folders_and_what_cannot_be_read(self):
        self.things("1.0")
        box = io.BytesIO()
        with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as z:
            for i in range(20):
                z.writestr("GHSA-%04d-aaaa-aaaa.json" % i, json.dumps(osv("GHSA-%04d-aaaa-aaaa" % i, ("CVE-2021-%d" % (4000 + i),))))
            z.writestr("bad.json", "{}")
        self.write("all/maven.zip", box.getvalue())
        self.write("all/one.json", json.dumps(osv("GHSA-one", ("CVE-2021-1",))))
        done = self.run_cli("advisory", "add", self.path("all"), status=3)
        self.assertIn(b"21 added", done.stdout)
        self.assertIn(b"bad.json", done.stderr)
        self.assertEqual(len(self.states()), 21)
        before = self.dump()
        for text in ('{"id":"X"', "[" * 200, "not json", json.dumps(osv(modified="yesterday"))):
            self.run_cli("advisory", "add", self.write("bad", text), status=3)
        self.assertEqual(self.dump(), before)
        self.assertIn(b"No such file", self.run_cli("advisory", "add", self.path("nosuch"), status=2).stderr)

    def test_the_catalogue_of_exploited_ones(self):
        catalogue = self.write("kev.json", json.dumps({"title": "x", "vulnerabilities": [
            {"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10", "dueDate": "2021-12-24"}, {"cveID": "CVE-2000-1", "dateAdded": "2021-12-10", "dueDate": "soon"}]}))
        self.take(report(findings=[finding()]))
        self.assertIn(b"2 newly known", self.run_cli("advisory", "kev", catalogue, status=0).stdout)
        self.assertIn(b"0 newly known", self.run_cli("advisory", "kev", catalogue, status=0).stdout)
        self.assertEqual(self.sql("SELECT kev_added, kev_due FROM vulnerability WHERE name = 'CVE-2021-44228'"), [(1639094400000000, 1640304000000000)])
        self.assertEqual([k for k in self.kinds() if k.startswith("vuln")], ["vulnerability.exploited"])
        wrong = self.write("x", "{")
        self.assertIn(f"{wrong}: it is not CISA's catalogue".encode(), self.run_cli("advisory", "kev", wrong, status=2).stderr)

    def test_wrong_words_say_what_to_do(self):
        for args, says in (
            ((), "one of add, same, kev"), (("add",), "takes PATH..."), (("add", "--name", "LOCAL-1"), "needs --package"), (("add", "--package", THING), "need --name"),
            (("add", "x", "--name", "LOCAL-1", "--package", THING), "either paths or --name"), (("same", "a"), "two names"), (("add", "--severity", "grim"), "is not one of low"),
            (("add", "--name", "LOCAL-1", "--package", "thing"), "pkg:"), (("add", "--name", "LOCAL-1", "--package", THING, "--range", "[2,1]"), ""),
            (("add", "--name", "LOCAL-1", "--package", THING, "--range", "2.0,2.15.0)"), "brackets stand around"), (("same", "LOCAL-1", "NOSUCH"), "load its advisory"),
        ):
            with self.subTest(args):
                self.assertIn(says, self.run_cli("advisory", *args, status=2).stderr.decode())
        self.assertEqual(self.kinds(), [])

    def test_incremental_is_what_deriving_anew_would_say(self):
        """Random advisories and reports in random order, against the states computed here by hand."""
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        rng = random.Random(seed)
        ranges = {"CVE-2021-%d" % (5000 + i): (rng.randrange(5), rng.randrange(5, 10)) for i in range(4)}
        hosts = {"host-%d" % i: rng.sample(range(10), 3) for i in range(5)}
        steps = [("a", c) for c in ranges] + [("h", h) for h in hosts]
        rng.shuffle(steps)
        for kind, key in steps:
            if kind == "a":
                low, high = ranges[key]
                self.add(osv("GHSA-" + key[4:], (key,), introduced="%d" % low, fixed="%d" % high))
            else:
                number = int(key[-1])
                self.things(*("%d" % v for v in hosts[key]), name=key, machine=("%x" % (number + 1)) * 32, hardware=("%x" % (number + 1)) * 32)
        expected = {(h, c, str(v)): "affected" for h, versions in hosts.items() for v in versions for c, (low, high) in ranges.items() if low <= v < high}
        self.assertEqual(self.states(), expected)


if __name__ == "__main__":
    respond_case.main()
