"""What vendors say: every statement kept with its source, what of it counts, what outweighs it; and what we say, for others."""
import json
import os
import random

import respond_case
from respond_case import LOG4J, RespondCase, component, finding, report

SHELL = "CVE-2021-44228"
APP = "pkg:oci/shop@sha256:abc"
SAFE = {"status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}


def statement(status, product, *parts, cve=SHELL, **more):
    one = {"@id": product}
    if parts:
        one["subcomponents"] = [{"@id": p} for p in parts]
    return {"vulnerability": {"name": cve}, "status": status, "products": [one] if product else [], **more}


def openvex(*statements, author="Vendor", at="2021-12-10T12:00:00Z"):
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:doc", "author": author, "timestamp": at, "version": 1, "statements": list(statements)})


def csaf(**lists):
    return json.dumps({"document": {"csaf_version": "2.0", "publisher": {"name": "Example"}, "tracking": {"id": "EX-1", "current_release_date": "2021-12-10T12:00:00Z"}},
                       "product_tree": {"full_product_names": [{"product_id": "A", "name": "Shop 4.2"}, {"product_id": "B", "name": "Shop 4.3"}]},
                       "vulnerabilities": [{"cve": SHELL, "product_status": lists, "threats": [{"category": "impact", "details": "Class removed.", "product_ids": ["A", "B"]}]}]})


class Vex(RespondCase):
    def setUp(self):
        super().setUp()
        record = {"id": "GHSA-jfh8-c2jp-5v3q", "aliases": [SHELL], "modified": "2021-12-10T00:00:00Z", "affected": [
            {"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"}, "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "2.0-beta9"}, {"fixed": "2.15.0"}]}]}]}
        (self.dir / "ghsa.json").write_text(json.dumps(record))
        self.run_cli("advisory", "add", str(self.dir / "ghsa.json"), status=0)

    def estate(self, *versions, name="shop", machine="a" * 32, **more):
        """By metadata alone: no class evidence."""
        components = [component("log4j-core", v, "/srv/%s.jar" % v, LOG4J % v) for v in versions]
        components.append(component("shop", "abc", "/srv/shop", "pkg:oci/shop@sha256:abc"))
        self.take(report(name=name, machine=machine, hardware=None, components=components, **more))

    def add(self, text, *args, status=0):
        return self.run_cli("vex", "add", "-", *args, stdin=text.encode(), status=status)

    def state(self, version="2.14.1", name="shop"):
        return self.states(SHELL).get((name, SHELL, version))

    def conflict(self):
        return {bool(c) for (c,) in self.sql("SELECT conflict FROM finding")}

    def test_a_justified_statement_about_this_very_version_closes(self):
        self.estate("2.14.1", "2.13.0")
        done = self.add(openvex(statement("not_affected", LOG4J % "2.14.1", justification="vulnerable_code_not_in_execute_path", impact_statement="No lookups.")))
        self.assertIn(b"1 statements, of which 1 count; they are about 1 components", done.stdout)
        self.assertIn(b"1 closed", done.stdout)
        self.assertEqual((self.state(), self.state("2.13.0")), ("not_affected", "affected"))
        (reason,), = self.sql("SELECT reason FROM finding WHERE state = 'not_affected'")
        self.assertTrue(reason.startswith("Vendor says not_affected"), reason)
        self.assertIn("without it: ", reason)
        self.assertIn("vex Vendor", {s for (s,) in self.sql("SELECT source FROM verdict")})
        self.assertIn(b"vulnerable_code_not_in_execute_path", self.run_cli("why", "shop", SHELL, status=1).stdout)
        # taken once
        before = self.dump()
        self.assertIn(b"1 taken before", self.add(openvex(statement("not_affected", LOG4J % "2.14.1", justification="vulnerable_code_not_in_execute_path",
                                                                    impact_statement="No lookups."))).stdout)
        self.assertEqual(self.dump(), before)

    def test_what_was_seen_of_one_copy_outweighs_words_about_all(self):
        self.take(report(name="shop", hardware=None, findings=[finding(state="fixed_on_disk", path="/srv/a.jar")]))
        self.add(openvex(statement("not_affected", LOG4J % "2.14.1", justification="component_not_present")))
        self.assertEqual(self.state(), "fixed_on_disk")
        # another copy, of which only the release is known, takes nothing away from it
        self.take(report(name="shop", hardware=None, complete=False, ended="2021-12-10T13:10:00Z", components=[component("log4j-core", "2.14.1", "/srv/b.jar", LOG4J % "2.14.1")]))
        self.assertEqual(self.state(), "affected")
        self.add(openvex(statement("affected", LOG4J % "2.14.1", action_statement="x"), author="Other"))
        self.assertEqual(self.state(), "affected")

    def test_a_word_for_affected_counts_beside_a_file_that_is_fixed(self):
        self.take(report(name="shop", hardware=None, findings=[finding(state="fixed_on_disk", version="2.17.1", path="/srv/a.jar")]))
        self.add(openvex(statement("affected", LOG4J % "2.17.1", action_statement="x")))
        self.assertEqual(self.state("2.17.1"), "affected")

    def test_what_counts_for_nothing_is_told_and_kept(self):
        self.estate("2.14.1")
        for status, product, more, words in (
                ("not_affected", LOG4J % "2.14.1", {}, "not_affected without a justification"),
                ("safe", LOG4J % "2.14.1", {"justification": "x"}, "its status is none that is known"),
                ("fixed", "Vendor Shop 4.2", {}, "a product's name and version close nothing"),
                ("fixed", "", {}, "names no product"),
                ("fixed", LOG4J % "2.14.1", {"cve": ""}, "it names no vulnerability")):
            with self.subTest(words):
                done = self.add(openvex(statement(status, product, **more)))
                self.assertIn(words, done.stdout.decode())
                self.assertIn("-:1: ", done.stdout.decode())
                self.assertIn("of which 0 count", done.stdout.decode())
                self.assertEqual(self.state(), "affected")
        self.assertEqual(self.sql("SELECT count(*), count(CASE WHEN refused = '' THEN 1 END) FROM vex_statement"), [(5, 0)])
        listed = self.lines("vex", "list", "--json", status=0)
        self.assertEqual([s["status"] for s in listed], ["not_affected", "unknown", "fixed", "fixed", "fixed"])
        self.assertTrue(all(s["counts_for_nothing"] for s in listed))
        # one without a version is about all of them, and makes none safer
        self.add(openvex(statement("not_affected", LOG4J.replace("@%s", ""), justification="component_not_present")))
        self.assertEqual(self.state(), "affected")
        self.assertIn(("vex Vendor", "not_affected"), self.sql("SELECT source, state FROM verdict"))
        # affected without a remediation counts, and is told
        done = self.add(openvex(statement("affected", LOG4J % "2.14.1"), author="Other"))
        self.assertIn(b"no remediation is given: it counts all the same", done.stdout)

    def test_where_sources_contradict_each_other_affected_counts(self):
        self.estate("2.14.1", "2.17.1")
        self.add(openvex(statement("not_affected", LOG4J % "2.14.1", justification="component_not_present")))
        self.assertEqual(self.state(), "not_affected")
        self.add(openvex(statement("affected", LOG4J % "2.14.1", action_statement="Upgrade"), author="Another"))
        self.assertEqual(self.state(), "affected")
        self.assertEqual(self.conflict(), {True})
        # it opens what no advisory calls affected
        self.assertIsNone(self.state("2.17.1"))
        self.add(openvex(statement("affected", LOG4J % "2.17.1", action_statement="Wait"), author="Another"))
        self.assertEqual(self.state("2.17.1"), "affected")
        # the newer word of one source counts, in whatever order they come
        self.add(openvex(statement("not_affected", LOG4J % "2.17.1", justification="component_not_present"), author="Another", at="2021-12-10T13:00:00Z"))
        self.assertEqual(self.state("2.17.1"), "not_affected")
        self.add(openvex(statement("affected", LOG4J % "2.17.1", action_statement="Older"), author="Another", at="2021-12-10T11:00:00Z"))
        self.assertEqual(self.state("2.17.1"), "not_affected")
        self.add(openvex(statement("under_investigation", LOG4J % "2.17.1"), author="Third"))
        self.assertEqual(self.state("2.17.1"), "under_investigation")

    def test_what_was_seen_outweighs_what_is_said(self):
        self.take(report(name="shop", findings=[finding()]))
        self.add(openvex(statement("not_affected", LOG4J % "2.14.1", justification="component_not_present")))
        self.assertEqual(self.state(), "affected")
        self.assertEqual(self.conflict(), {True})
        self.assertIn("it contradicts Vendor says not_affected", self.sql("SELECT reason FROM finding")[0][0])

    def test_a_part_of_a_product_counts_where_the_product_is(self):
        self.estate("2.14.1")
        self.take(report(name="other", machine="b" * 32, hardware=None, components=[component("log4j-core", "2.14.1", "/x.jar", LOG4J % "2.14.1")]))
        self.add(openvex(statement("not_affected", APP, LOG4J % "2.14.1", justification="vulnerable_code_not_in_execute_path")))
        self.assertEqual((self.state(), self.state(name="other")), ("not_affected", "affected"))
        # components that come later are looked up too
        self.take(report(name="third", machine="c" * 32, hardware=None, components=[component("log4j-core", "2.14.1", "/x.jar", LOG4J % "2.14.1"),
                                                                                     component("shop", "abc", "/shop", APP)]))
        self.assertEqual(self.state(name="third"), "not_affected")
        self.add(openvex(statement("affected", "pkg:npm/left-pad@1.0", cve="CVE-2099-1", action_statement="x")))
        self.take(report(name="third", machine="c" * 32, hardware=None, ended="2021-12-10T13:30:00Z", components=[component(purl="pkg:npm/left-pad@1.0")]))
        self.assertEqual(self.states("CVE-2099-1"), {("third", "CVE-2099-1", "1.0"): "affected"})

    def test_a_person_may_say_whose_document_it_is(self):
        self.estate("2.14.1")
        done = self.add(csaf(known_not_affected=["A"], known_affected=["B"]), "--asset", "shop", status=2)
        self.assertIn(b"say by --product which one it is: B, A", done.stderr)
        self.assertIn(b"it has no product 'C'", self.add(csaf(known_not_affected=["A"]), "--asset", "shop", "--product", "C", status=2).stderr)
        self.assertEqual(self.sql("SELECT count(*) FROM vex_document"), [(0,)])
        self.add(csaf(known_not_affected=["A"], known_affected=["B"]), "--asset", "shop", "--product", "A")
        self.assertEqual(self.state(), "not_affected")
        self.assertIn("Class removed.", self.sql("SELECT reason FROM finding")[0][0])
        self.add(csaf(known_affected=["A"]), "--asset", "shop", "--source", "Second")
        self.assertEqual(self.state(), "affected")
        self.assertEqual(self.kinds().count("vex.taken"), 2)

    def test_what_is_wrong_changes_nothing(self):
        self.estate("2.14.1")
        before = self.dump()
        for text, words in (("{", "ends early"), ("{}", "neither CSAF"), (openvex(statement("fixed", LOG4J % "2.14.1"), at="now"), "a date that is none"),
                            ('{"@context": "openvex", "statements": [' + "[" * 1000, "nested too deep"), (csaf(fixed=["A"]).replace('"cve":', '"cve": "x", "cve":'), "given twice")):
            with self.subTest(words):
                self.assertIn(words, self.add(text, status=2).stderr.decode())
                self.assertEqual(self.dump(), before)
        folder = self.dir / "many"
        folder.mkdir()
        (folder / "a.json").write_text(openvex(statement("fixed", LOG4J % "2.14.1")))
        (folder / "b.json").write_text("{}")
        self.assertIn(b"b.json", self.run_cli("vex", "add", str(folder), status=3).stderr)
        self.assertEqual(self.state(), "fixed")
        for wrong in (("add",), ("eat",), ("list", "CVE-1"), ("list", SHELL, "x"), ("export", "--product", "A"), ("add", "x", "--product", "A"), ("export", "--format", "csaf")):
            self.run_cli("vex", *wrong, status=2)

    def test_saying_more_never_makes_it_safer_than_the_worst_word(self):
        """Any statements in any order: what counts is the same, and one that says affected wins."""
        seed = os.environ.get("CT_SEED") or str(random.randrange(1 << 32))
        print("CT_SEED=" + seed)
        rng = random.Random(seed)
        words = [statement("affected", LOG4J % "2.14.1", action_statement="x"), statement("under_investigation", LOG4J % "2.14.1"), statement("fixed", LOG4J % "2.14.1"),
                 statement("not_affected", LOG4J % "2.14.1", justification="component_not_present"), statement("odd", LOG4J % "2.14.1"), statement("fixed", "Shop")]
        self.estate("2.14.1")
        worst = {"affected": "affected", "under_investigation": "affected", "fixed": "fixed", "not_affected": "not_affected"}
        said = set()
        for n, one in enumerate(rng.sample(words * 2, 8)):
            self.add(openvex(one, author="Source %d" % n))
            if one["status"] in worst and one["products"][0]["@id"] != "Shop":
                said.add(one["status"])
            counting = said - {"odd"}
            expected = "affected" if not counting or counting & {"affected", "under_investigation"} else "fixed" if "fixed" in counting else "not_affected"
            self.assertEqual(self.state(), expected, said)

    def test_ours_for_others(self):
        self.estate("2.14.1", "2.16.0")
        self.take(report(name="web", machine="b" * 32, findings=[finding(state="mitigated"), finding(cve="CVE-2021-45046", state="under_investigation")]))
        self.add(openvex(statement("not_affected", LOG4J % "2.14.1", APP, justification="inline_mitigations_already_exist"), author="V2"), "--asset", "shop")
        out = json.loads(self.run_cli("vex", "export", status=0).stdout)
        self.assertEqual(out["author"], "tester")
        got = {(s["vulnerability"]["name"], s["products"][0]["@id"], s["products"][0]["subcomponents"][0]["@id"]): s for s in out["statements"]}
        web = got[(SHELL, "urn:caltrop:asset:web%40unknown", LOG4J % "2.14.1")]
        self.assertEqual(web["status"], "affected")
        self.assertEqual(web["action_statement"], "update to 2.15.0; until then a mitigation is in place")
        self.assertEqual(web["vulnerability"]["aliases"], ["GHSA-jfh8-c2jp-5v3q"])
        self.assertEqual(got[("CVE-2021-45046", "urn:caltrop:asset:web%40unknown", LOG4J % "2.14.1")]["status"], "under_investigation")
        one = json.loads(self.run_cli("vex", "export", SHELL, "--asset", "web", "--format", "cyclonedx", "--source", "We", status=0).stdout)
        self.assertEqual([(v["id"], v["analysis"]["state"], v["analysis"]["response"]) for v in one["vulnerabilities"]], [(SHELL, "exploitable", ["workaround_available"])])
        self.assertEqual(one["metadata"]["supplier"]["name"], "We")
        # it comes in again as it went out
        self.run_cli("vex", "add", "-", stdin=self.run_cli("vex", "export", status=0).stdout, status=0)
        self.run_cli("vex", "add", "-", stdin=self.run_cli("vex", "export", "--format", "cyclonedx", status=0).stdout, status=0)


if __name__ == "__main__":
    respond_case.main()
