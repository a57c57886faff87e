"""Bills of materials in and out of the store: what they add, what they close, what nobody can find, and what is refused without a trace."""
import json
import os
import subprocess

import respond_case
from respond_case import cli_case
from respond_case import LOG4J, RespondCase, component, report

SHELL = "CVE-2021-44228"


def bill(*components, name="shop", created="2021-12-10T12:00:00Z", **more):
    metadata = {"component": {"type": "application", "name": name}, **({"timestamp": created} if created else {})}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": metadata, "components": list(components), **more}, indent=1)


def lib(name="left-pad", version="1.0", **more):
    return {"type": "library", "name": name, "version": version, "purl": "pkg:npm/%s@%s" % (name, version), **more}


def core(version="2.14.1"):
    return {"type": "library", "group": "org.apache.logging.log4j", "name": "log4j-core", "version": version, "purl": LOG4J % version}


class Sbom(RespondCase):
    def setUp(self):
        super().setUp()
        self.run_cli("asset", "add", "shop", "--exposure", "public", status=0)

    def add(self, text, *args, asset="shop", status=0):
        return self.run_cli("sbom", "add", asset, "-", *args, stdin=text if isinstance(text, bytes) else text.encode(), status=status)

    def shell_record(self):
        record = {"id": "GHSA-jfh8-c2jp-5v3q", "aliases": [SHELL], "modified": "2021-12-10T00:00:00Z", "affected": [
            {"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"}, "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "2.0-beta9"}, {"fixed": "2.15.0"}]}]}]}
        (self.dir / "ghsa.json").write_text(json.dumps(record))
        self.run_cli("advisory", "add", str(self.dir / "ghsa.json"), status=0)

    def test_a_bill_opens_and_the_next_one_closes(self):
        self.shell_record()
        done = self.add(bill(core(), lib()))
        self.assertIn(b"2 components: 2 in new places", done.stdout)
        self.assertIn(b"1 opened", done.stdout)
        self.assertEqual(self.states(SHELL), {("shop", SHELL, "2.14.1"): "affected"})
        self.assertIn(b"taken before", self.add(bill(core(), lib())).stdout)
        done = self.add(bill(core("2.17.1"), lib(), created="2021-12-10T13:00:00Z"))
        self.assertIn(b"1 gone", done.stdout)
        self.assertEqual(self.states(SHELL)[("shop", SHELL, "2.14.1")], "fixed")
        # an older one does not bring it back
        done = self.add(bill(core(), created="2021-12-09T13:00:00Z"))
        self.assertIn(b"older than what is known", done.stdout)
        self.assertEqual(self.states(SHELL)[("shop", SHELL, "2.14.1")], "fixed")
        self.assertEqual(self.kinds().count("look.taken"), 3)

    def test_what_a_scan_saw_and_another_bill_listed_stays(self):
        self.run_cli("asset", "set", "shop", "--environment", "production", status=0)
        self.take(report(name="shop", components=[component(path="/srv/a.jar")]))
        self.add(bill(lib("a"), name="front"))
        self.add(bill(lib("b"), name="back"))
        self.add(bill(name="front", created="2021-12-10T13:30:00Z"))
        self.assertEqual(self.open_places(), {"/srv/a.jar", "sbom:back"})

    def test_an_incomplete_bill_closes_nothing_and_only_a_complete_one_assesses(self):
        self.add(bill(lib("a"), lib("b")))
        done = self.add(bill(lib("a"), created="2021-12-10T12:30:00Z", compositions=[{"aggregate": "incomplete", "assemblies": []}]))
        self.assertIn(b"calls itself incomplete", done.stdout)
        self.assertIn(b"0 gone", done.stdout)
        self.assertIsNone(self.sql("SELECT assessed FROM asset")[0][0])
        self.add(bill(lib("a"), created="2021-12-10T12:40:00Z", compositions=[{"aggregate": "complete"}]))
        self.assertIsNotNone(self.sql("SELECT assessed FROM asset")[0][0])
        self.run_cli("asset", "add", "other", status=0)
        self.add(bill(lib("a")), "--complete", asset="other")
        self.assertIsNotNone(self.sql("SELECT assessed FROM asset WHERE name = 'other'")[0][0])

    def test_neighbours_of_the_flaw_are_no_finding(self):
        self.shell_record()
        self.add(bill(*({"type": "library", "group": g, "name": n, "version": v, "purl": "pkg:maven/%s/%s@%s?type=jar" % (g, n, v)} for g, n, v in (
            ("log4j", "log4j", "1.2.17"), ("org.apache.logging.log4j", "log4j-api", "2.10.0"), ("org.apache.logging.log4j", "log4j-to-slf4j", "2.10.0"),
            ("org.slf4j", "log4j-over-slf4j", "1.7.25"), ("org.slf4j", "slf4j-log4j12", "1.7.22")))))
        self.assertEqual(self.states(), {})
        # with a purl the group field is not needed, and a nested one is found like any
        self.add(bill({"type": "container", "name": "image", "components": [{"type": "library", "name": "log4j-core", "version": "2.13.2", "purl": LOG4J % "2.13.2"}]}, name="image"))
        self.assertEqual(self.states(SHELL), {("shop", SHELL, "2.13.2"): "affected"})

    def test_what_nobody_can_find_is_named(self):
        done = self.add(bill({"type": "library", "group": "org.example", "name": "thing", "version": "2"}, {"type": "library", "name": "bare${jndi:x}"},
                             {"type": "library", "name": "broken", "version": "1", "purl": "pkg:maven/log4j-core@1"}, {"type": "file", "name": "README"}))
        said = done.stdout.decode()
        self.assertIn("3 components have no package URL", said)
        self.assertIn("  org.example:thing 2: no purl\n", said)
        self.assertIn("  bare\\x24{jndi:x}: no purl\n", said)
        self.assertIn("  broken 1: ", said)
        self.assertIn("1 of them files", said)
        self.assertEqual({p for (p,) in self.sql("SELECT purl FROM component")}, {"pkg:generic/org.example:thing@2", "pkg:generic/bare%24%7Bjndi:x%7D", "pkg:generic/broken@1"})

    def test_what_is_wrong_changes_nothing(self):
        self.add(bill(lib()))
        before = self.dump()
        laughs = '<!DOCTYPE bom [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components/></bom>'
        many = bill(*(lib("n%d" % i) for i in range(2000)))
        for text, words in (
                ("", "line 1, byte 0: an empty text"), ("[]", "an object is expected"), ("{}", "neither bomFormat nor spdxVersion"), ("no", "not JSON: what is read is CycloneDX"),
                (bill(lib(), created="yesterday"), "a time that is none"), (many[:-20], "the JSON ends early"), (many.replace('"n1999"', "n1999", 1), "not JSON"),
                (many.replace('"version": "1.0"', '"version": "1.0", "version": "2.0"', 1), "a key is given twice"), (laughs, "nothing here expands entities"),
                (bill({"type": "library", "version": "1"}), "a component without a name"), ('{"bomFormat": "CycloneDX", "x": ' + "[" * 100000, "nested too deep"),
                ('{"@graph": []}', "SPDX 3 is not read"), ("<bom/>", "no CycloneDX"), (b"\xff\xfe<\0", "UTF-16")):
            with self.subTest(words):
                done = self.add(text, status=2)
                self.assertIn(words, done.stderr.decode())
                self.assertIn("nothing was changed", done.stderr.decode())
                self.assertEqual(self.dump(), before)
        self.assertIn("line 3, byte ", self.add('{"bomFormat": "CycloneDX", "components": [\n{"name": "a"},\n{"name": b}]}', status=2).stderr.decode())
        # of several files all or nothing
        good, bad = self.dir / "good.json", self.dir / "bad.json"
        good.write_text(bill(lib("new")))
        bad.write_text("{")
        self.run_cli("sbom", "add", "shop", str(good), str(bad), status=2)
        self.assertEqual(self.dump(), before)
        self.run_cli("sbom", "add", "nobody", str(good), status=2)
        self.run_cli("sbom", "add", "shop", str(self.dir / "none.json"), status=2)
        self.assertEqual(self.dump(), before)

    def test_a_hundred_megabytes_that_are_malformed_at_their_end(self):
        if os.environ.get("CALTROP_BUILD") == "sanitize":
            return  # what is measured here is the program's own memory
        path, count = self.dir / "large.json", 1200000
        with open(path, "w", encoding="ascii") as f:
            f.write('{"bomFormat": "CycloneDX", "components": [\n')
            for i in range(count):
                f.write('{"type": "library", "name": "n%07d", "version": "1", "purl": "pkg:maven/g/n%07d@1"},\n' % (i, i))
            f.write('{"name": x}]}')
        self.assertGreater(path.stat().st_size, 100 * 10**6)
        before = self.dump()
        child = subprocess.Popen([cli_case.CALTROP, "sbom", "add", "shop", str(path)], env=self.env, stderr=subprocess.PIPE)
        said = child.stderr.read().decode()
        child.stderr.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(child.returncode, 2)
        self.assertIn("line %d, byte %d: not JSON; nothing was changed" % (count + 2, path.stat().st_size - 4), said)
        self.assertLess(usage.ru_maxrss, 256 * 1024)
        self.assertEqual(self.dump(), before)

    def test_known_and_new_components_in_turns(self):
        self.add(bill(*(lib("k%d" % i) for i in range(0, 40, 3)), name="known"))
        done = self.add(bill(*(lib("k%d" % i) for i in range(40)), lib("k1"), name="all"))
        self.assertIn(b"41 components: 40 in new places, 0 back, 0 gone; 26 never seen before", done.stdout)
        self.assertEqual(self.sql("SELECT count(*), count(DISTINCT purl) FROM component"), [(40, 40)])
        self.assertEqual(self.sql("SELECT count(*) FROM instance WHERE path = 'sbom:all'"), [(40,)])

    def test_a_bill_too_large_to_be_kept_while_it_is_read(self):
        count = 45000
        whole = {"bomFormat": "CycloneDX", "components": [lib("n%05d" % i, evidence={"occurrences": [{"location": "/x/%d" % k} for k in range(2)]} if i % 9000 == 0 else {}) for i in range(count)],
                 "metadata": {"component": {"type": "application", "name": "at the end"}, "timestamp": "2021-12-10T12:00:00Z"}}
        self.add(json.dumps(whole))
        self.assertEqual(self.sql("SELECT count(DISTINCT component), count(*), min(path) FROM instance WHERE gone IS NULL"), [(count, count + 5, "sbom:at the end")])
        whole["components"] = whole["components"][1:]
        whole["metadata"]["timestamp"] = "2021-12-10T12:30:00Z"
        self.assertIn(b"%d components: 0 in new places, 0 back, 2 gone; 0 never seen before" % (count - 1), self.add(json.dumps(whole)).stdout)

    def test_out_again(self):
        self.run_cli("asset", "add", "twin", status=0)
        self.add(bill(core(), lib()))
        self.add(bill(lib()), asset="twin")
        one = json.loads(self.run_cli("sbom", "export", "shop", status=0).stdout)
        self.assertEqual({c["purl"] for c in one["components"]}, {LOG4J % "2.14.1", "pkg:npm/left-pad@1.0"})
        self.assertEqual(one["metadata"]["component"]["name"], "shop")
        estate = json.loads(self.run_cli("sbom", "export", "--estate", status=0).stdout)
        self.assertEqual({o["location"] for c in estate["components"] if c["name"] == "left-pad" for o in c["evidence"]["occurrences"]},
                         {"shop (unknown): sbom:shop", "twin (unknown): sbom:shop"})
        self.assertEqual(json.loads(self.run_cli("sbom", "export", "shop", "--format", "spdx", status=0).stdout)["spdxVersion"], "SPDX-2.3")
        self.run_cli("asset", "retire", "twin", status=0)
        estate = json.loads(self.run_cli("sbom", "export", "--estate", status=0).stdout)
        self.assertEqual(len([o for c in estate["components"] for o in c["evidence"]["occurrences"]]), 2)
        # every place comes in again
        self.take(report(name="host", components=[component(path=p) for p in ("/a.jar", "/b.jar", "/c.jar")]))
        self.run_cli("asset", "add", "copy", status=0)
        self.add(self.run_cli("sbom", "export", "host", status=0).stdout, asset="copy")
        self.assertEqual({p for (p,) in self.sql("SELECT path FROM instance i JOIN asset a ON a.id = i.asset WHERE a.name = 'copy'")}, {"sbom:host:/a.jar", "sbom:host:/b.jar", "sbom:host:/c.jar"})
        # and a bill that names a scan's places closes none of them
        self.add(self.run_cli("sbom", "export", "host", status=0).stdout, asset="host")
        self.add(bill(name="host", created="2021-12-10T14:00:00Z"), asset="host")
        self.assertEqual({p for (p,) in self.sql("SELECT path FROM instance i JOIN asset a ON a.id = i.asset WHERE a.name = 'host' AND gone IS NULL")}, {"/a.jar", "/b.jar", "/c.jar"})
        for wrong in (("export",), ("export", "shop", "--estate"), ("export", "nobody"), ("export", "shop", "--format", "syft"), ("add", "shop"), ("eat", "shop")):
            self.run_cli("sbom", *wrong, status=2)


if __name__ == "__main__":
    respond_case.main()
