"""What caltrop scan says, in each of its formats; two scans compared; the reports of many hosts as one."""
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import sqlite3
import stat
import struct
import subprocess
import sys
import zipfile

import scan_case
from scan_case import SUSPECT, ScanCase, bad_jar, make_tar, make_zip, pom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "unit" / "event"))


def osv(number, fixed="2.0", severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", name="org.example:bad", **more):
    return {"id": "TEST-%d" % number, "modified": "2021-12-10T00:00:00Z", "aliases": ["CVE-2099-%04d" % number], "summary": "Number %d" % number,
            "severity": [{"type": "CVSS_V3", "score": severity}],
            "affected": [{"package": {"ecosystem": "Maven", "name": name},
                          "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}], **more}


class Formats(ScanCase):
    def test_json(self):
        self.put("a/x.ear", make_zip({"lib/x.jar": bad_jar()}))
        report = self.scan(status=1)
        f = report.findings[0]
        self.assertEqual(f["event"]["kind"], "state")
        self.assertEqual((f["vulnerability"]["id"], f["vulnerability"]["severity"]), ([SUSPECT], "high"))
        self.assertEqual((f["package"]["name"], f["package"]["version"], f["package"]["type"]), ("bad", "1.5", "maven"))
        self.assertEqual(f["file"]["path"], str(self.root / "a/x.ear"))
        self.assertEqual(f["caltrop"]["path"], str(self.root / "a/x.ear!/lib/x.jar"))
        self.assertEqual(f["caltrop"]["state"], "affected")
        self.assertEqual(f["caltrop"]["purl"], "pkg:maven/org.example/bad@1.5")
        self.assertTrue(any(scan_case.POM in e for e in f["caltrop"]["evidence"]))
        with open("/etc/machine-id", encoding="ascii") as m:
            self.assertEqual(f["host"]["id"], m.read().strip())
        self.assertEqual([c["caltrop"]["purl"] for c in report.components if c["package"]["name"] == "bad"], ["pkg:maven/org.example/bad@1.5"])
        host = report.host
        self.assertEqual(host["host"]["name"], os.uname().nodename)
        self.assertEqual((report.own["state"], report.own["roots"], report.own["complete"]), ("affected", [str(self.root)], True))
        self.assertEqual(report.own["counts"]["findings"], 1)
        self.assertEqual(report.own["counts"]["archives"], 2)
        # The same finding of another run has the same id.
        self.assertEqual(self.scan(status=1).findings[0]["event"]["id"], f["event"]["id"])

    def test_the_documents_name_every_field(self):
        self.put("a.jar", make_zip({"lib/x.jar": bad_jar()}))
        self.put("cut.zip", bad_jar()[:60])
        old = self.write("old.json", self.run_cli("scan", "--json", "--suspect", SUSPECT, str(self.root), status=3).stdout)
        report = self.scan("--compare", old, status=3)
        text = (pathlib.Path(__file__).resolve().parents[3] / "docs" / "events.md").read_text()
        named = set(re.findall(r"`([a-z@_.*]+)`", text))

        def paths(value, at=""):
            if isinstance(value, dict):
                for key, inner in value.items():
                    yield from paths(inner, at + "." + key if at else key)
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                for inner in value:
                    yield from paths(inner, at)
            else:
                yield at
        for line in report.lines:
            for path in paths(line):
                empty_list = any(one.startswith(path + ".") for one in named)
                self.assertTrue(path in named or empty_list or path.rsplit(".", 1)[0] + ".*" in named, path)
        header = self.run_cli("scan", "--output", "csv", str(self.root)).stdout.decode().splitlines()[0]
        self.assertIn("\n%s\n" % header, text)

    def rows(self, *args, status):
        text = self.run_cli("scan", "--output", "csv", "--suspect", SUSPECT, *args, str(self.root), status=status).stdout.decode()
        return list(csv.DictReader(io.StringIO(text))), text

    def test_csv_has_a_row_per_finding_and_one_for_a_clean_host(self):
        rows, _ = self.rows(status=0)
        self.assertEqual([(r["state"], r["complete"], r["path"]) for r in rows], [("clean", "yes", "")])
        self.assertEqual(rows[0]["host"], os.uname().nodename)
        self.put("x.jar", bad_jar())
        self.put("y.jar", bad_jar("1.9"))
        rows, text = self.rows(status=1)
        self.assertEqual([(r["state"], r["version"], r["path"]) for r in rows],
                         [("affected", "1.5", self.below("x.jar")[0]), ("affected", "1.9", self.below("y.jar")[0])])
        _, bare = self.rows("--no-header", status=1)
        self.assertEqual(len(bare.splitlines()), 2)
        self.assertEqual(len(text.splitlines()), 3)
        os.unlink(self.root / "x.jar"), os.unlink(self.root / "y.jar")
        self.put("cut.zip", bad_jar()[:60])
        rows, _ = self.rows(status=3)
        self.assertEqual([(r["state"], r["complete"]) for r in rows], [("incomplete", "no")])

    def test_sarif_is_valid(self):
        self.put("x {0} [a](b).jar", bad_jar())
        self.put("cut.zip", bad_jar()[:60])
        text = self.run_cli("scan", "--output", "sarif", "--suspect", SUSPECT, str(self.root), status=3).stdout
        log = json.loads(text)
        run = log["runs"][0]
        self.assertEqual([r["ruleId"] for r in run["results"]], [SUSPECT])
        self.assertTrue(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("/x%20%7B0%7D%20%5Ba%5D%28b%29.jar"))
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        self.assertTrue(run["invocations"][0]["toolExecutionNotifications"])
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no Python module jsonschema")
        done = subprocess.run([sys.executable, "-B", "-c", "import sys, json; sys.argv = ['x']; src = open(%r).read().rsplit('main()', 1)[0]; "
                               "exec(src); print(json.dumps(schema()))" % str(pathlib.Path(sys.path[0]) / "check_sarif.py")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode == 77:
            self.skipTest(done.stderr.decode())
        self.assertEqual(done.returncode, 0, done.stderr)
        rules = json.loads(done.stdout)
        empty = self.dir / "empty"
        empty.mkdir()
        clean = json.loads(self.run_cli("scan", "--output", "sarif", str(empty), status=0).stdout)
        for one in (log, clean):
            jsonschema.Draft7Validator(rules, format_checker=jsonschema.FormatChecker()).validate(one)

    def test_table(self):
        self.put("a.jar", bad_jar())
        text = self.run_cli("scan", "--suspect", SUSPECT, str(self.root), status=1).stdout.decode()
        self.assertTrue(text.startswith("AFFECTED: 1 copy in 1 file or folder on "), text)
        for part in ("bad 1.5", self.below("a.jar")[0], "affected: " + SUSPECT, "Looked at " + str(self.root)):
            self.assertIn(part, text)
        more = self.run_cli("scan", "-v", "--suspect", SUSPECT, str(self.root), status=1).stdout.decode()
        self.assertIn("seen:", more)
        self.assertIn("suspected package and version", more)
        self.assertEqual(self.run_cli("scan", "-q", str(self.root), status=0).stdout, b"")

    def test_advice_names_the_worst_and_the_highest(self):
        self.put("a.jar", bad_jar())
        records = [{"id": "CVE-2030-%d" % i, "modified": "2030-01-01T00:00:00Z", "database_specific": {"severity": severity}, "affected": [
            {"package": {"ecosystem": "Maven", "name": "org.example:bad"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]}
            for i, (severity, fixed) in enumerate((("LOW", "1.9"), ("CRITICAL", "1.6"), ("HIGH", "1.10"), ("MODERATE", "1.7")))]
        advice = self.write("advice.json", "".join(json.dumps(r) + "\n" for r in records))
        text = self.run_cli("scan", "--advisories", advice, str(self.root), status=1).stdout.decode().split("What to do")[1]
        told = [v for v in ("1.6", "1.7", "1.9", "1.10") if "upgrade to %s" % v in text]
        self.assertEqual(told, ["1.6", "1.10"], text)

    def test_advice_that_is_left_out_is_counted(self):
        records = []
        for n in range(1, 12):
            self.put("a%d.jar" % n, make_zip({"META-INF/maven/org.example/a%d/pom.properties" % n: b"version=1.0\ngroupId=org.example\nartifactId=a%d\n" % n}))
            record = osv(n, fixed="1.%d" % n)
            record["affected"][0]["package"]["name"] = "org.example:a%d" % n
            records.append(json.dumps(record) + "\n")
        self.write("all.ndjson", "".join(records))
        text, more = (self.run_cli("scan", *options, "--advisories", self.path("all.ndjson"), str(self.root), status=1).stdout.decode()
                      for options in ((), ("-v",)))
        self.assertEqual((text.count("upgrade to"), more.count("upgrade to")), (8, 11))
        self.assertIn("  and 3 more\n", text)
        self.assertNotIn("and 3 more", more)


class Advisories(ScanCase):
    def test_files_folders_and_archives_of_records(self):
        self.put("a.jar", bad_jar())
        one, two, three = (json.dumps(osv(n)).encode() for n in (1, 2, 3))
        places = {
            "one.json": one, "folder/sub/one.json": one, "folder/README.md": b"not a record",
            "all.zip": make_zip({"one.json": one, "two.json": two, "deep/three.json": three}),
            "all.tar.gz": make_tar({"x/one.json": one, "x/two.json": two}, "w:gz"),
            "lines.ndjson": one + b"\n" + two + b"\n",
        }
        wanted = {"one.json": 1, "folder": 1, "all.zip": 3, "all.tar.gz": 2, "lines.ndjson": 2}
        for name, content in places.items():
            self.write("adv/" + name, content)
        for name, n in wanted.items():
            report = self.scan("--advisories", self.path("adv/" + name), suspect=None, status=1)
            self.assertEqual(sorted(f["vulnerability"]["id"][0] for f in report.findings), ["CVE-2099-%04d" % (i + 1) for i in range(n)], name)
        f = report.findings[0]
        self.assertEqual((f["vulnerability"]["severity"], f["caltrop"]["state"], f["caltrop"]["source"]), ("critical", "affected", "package"))
        self.assertIn("2.0", f["caltrop"]["fix"])

    def test_versions_decide(self):
        self.put("old.jar", bad_jar("1.9.9"))
        self.put("fixed.jar", bad_jar("2.0"))
        self.put("snapshot.jar", bad_jar("2.0-SNAPSHOT"))  # before 2.0, says Maven
        adv = self.write("a.json", json.dumps(osv(1)))
        self.assertEqual(self.scan("--advisories", adv, suspect=None, status=1).paths(), self.below("old.jar", "snapshot.jar"))

    def test_a_record_that_is_broken(self):
        self.put("a.jar", bad_jar())
        self.write("adv/good.json", json.dumps(osv(1)))
        self.write("adv/bad.json", json.dumps(osv(2))[:-40])
        report = self.scan("--advisories", self.path("adv"), suspect=None, status=3)
        self.assertEqual(len(report.findings), 1)
        self.assertEqual([p for p, _ in report.notes(True)], [self.path("adv/bad.json")])
        self.write("none/bad.json", "{}")
        self.run_cli("scan", "--advisories", self.path("none"), str(self.root), status=2)


class Comparing(ScanCase):
    def test_compare(self):
        self.put("stays.jar", bad_jar())
        self.put("goes.jar", bad_jar())
        old = self.write("old.json", self.run_cli("scan", "--json", "--suspect", SUSPECT, str(self.root), status=1).stdout)
        os.unlink(self.root / "goes.jar")
        self.put("comes.jar", bad_jar())
        report = self.scan("--compare", old, status=1)
        self.assertEqual({f["caltrop"]["path"]: (f["caltrop"]["state"], f["caltrop"]["change"], f["caltrop"].get("was")) for f in report.findings},
                         {self.below("stays.jar")[0]: ("affected", "same", "affected"), self.below("comes.jar")[0]: ("affected", "new", None),
                          self.below("goes.jar")[0]: ("gone", "gone", "affected")})
        text = self.run_cli("scan", "--suspect", SUSPECT, "--compare", old, str(self.root), status=1).stdout.decode()
        self.assertIn(": 1 new, 0 changed, 1 gone, 1 as before", text)
        # A scan of less closes nothing.
        self.put("sub/.keep", b"")
        report = self.scan("--compare", old, status=0, roots=[self.root / "sub"])
        self.assertEqual({f["caltrop"]["state"] for f in report.findings}, {"not_seen"})
        # What was gone then is not there to be gone again.
        newer = self.write("new.json", self.run_cli("scan", "--json", "--suspect", SUSPECT, "--compare", old, str(self.root), status=1).stdout)
        self.assertEqual({f["caltrop"]["change"] for f in self.scan("--compare", newer, status=1).findings}, {"same"})

    def test_a_scan_of_files_closes_nothing_that_was_seen_in_processes(self):
        self.put("goes.jar", bad_jar())
        old = self.write("old.json", self.run_cli("scan", "--json", "--processes", "--suspect", SUSPECT, str(self.root)).stdout)
        os.unlink(self.root / "goes.jar")
        for options in (("--no-processes",), ()):
            self.assertEqual({f["caltrop"]["change"] for f in self.scan("--compare", old, *options, status=0).findings}, {"not_seen"})

    def test_what_cannot_be_compared(self):
        self.run_cli("scan", "--compare", self.write("x.json", "no report\n"), str(self.root), status=2)
        # Reports of others: the scan was worth its time all the same.
        self.put("x.jar", bad_jar())
        lines = self.scan(status=1).lines
        others = [json.dumps({**line, "host": {**line["host"], "id": name, "name": name}}) for name in ("one", "two") for line in lines]
        done = self.run_cli("scan", "--suspect", SUSPECT, "--compare", self.write("others.json", "\n".join(others) + "\n"), str(self.root), status=1)
        self.assertIn(b"AFFECTED: 1 copy", done.stdout)
        self.assertIn(b"no report of this host", done.stderr)


class ManyHosts(ScanCase):
    def report_of(self, name, machine, findings=True, **own):
        """A real report, as of another host."""
        self.put("x.jar", bad_jar() if findings else bad_jar("3.0"))
        lines = self.scan().lines
        for line in lines:
            line["host"]["id"], line["host"]["name"] = machine, name
            if line["event"]["dataset"] == "caltrop.scan.host":
                line["caltrop"].update(own)
        return "".join(json.dumps(line) + "\n" for line in lines)

    def test_coverage(self):
        self.write("r/web-1.json", self.report_of("web-1", "a1"))
        self.write("r/web-2.json", self.report_of("web-2.example", "a2", findings=False))
        self.write("r/web-3.json", self.report_of("web-3", "a3", findings=False, complete=False,
                                                  notes=[{"path": "/x", "text": "Permission denied", "incomplete": True}]))
        whole = self.report_of("web-4", "a4", findings=False)
        self.write("r/web-4.json", "".join(whole.splitlines(True)[:-1]))     # cut: the host's own line is missing
        self.write("r/web-5.json", "")                                        # ssh said nothing
        self.write("r/stranger.json", "Last login: today\n" + self.report_of("stranger", "a6", findings=False))
        hosts = self.write("hosts", "root@web-1\nweb-2\nweb-3 # slow\nweb-4\nweb-5\n\n# gone\nweb-6\n")
        reports = sorted(str(p) for p in pathlib.Path(self.path("r")).iterdir())
        done = self.run_cli("scan", "report", "--expect", hosts, *reports, status=3)
        text = done.stdout.decode()
        flat = " ".join(text.split())
        self.assertTrue(flat.startswith("6 hosts expected; 5 answered: 1 affected, 2 clean, 2 incomplete; 2 silent; 1 answered whom nobody"), text)
        self.assertIn(b"web-5.json: holds no report", done.stderr)
        self.assertIn(b"stranger.json: 1 lines are no part of a report", done.stderr)
        self.assertRegex(text, r"\nSilent: expected, and no report\n  web-5, web-6\n")
        self.assertRegex(text, r"\nClean\n  stranger, web-2.example\n")
        self.assertIn("web-3: /x: Permission denied", text)
        self.assertIn("web-4: the report ends early", text)
        rows = list(csv.DictReader(io.StringIO(self.run_cli("scan", "report", "--output", "csv", "--expect", hosts, *reports, status=3).stdout.decode())))
        self.assertEqual([(r["host"], r["status"]) for r in rows], [
            ("web-1", "affected"), ("web-3", "incomplete"), ("web-4", "incomplete"), ("web-5", "silent"), ("web-6", "silent"), ("stranger", "clean"),
            ("web-2.example", "clean")])
        self.run_cli("scan", "report", self.path("r/web-2.json"), status=0)
        self.run_cli("scan", "report", self.path("r/web-1.json"), status=1)

    def test_newer_reports_and_clones(self):
        old = self.report_of("web-1", "a1", hardware_id="h1")
        self.write("old.json", old)
        self.write("new.json", self.report_of("web-1", "a1", findings=False, hardware_id="h1"))
        text = self.run_cli("scan", "report", self.path("old.json"), self.path("new.json"), status=0).stdout.decode()
        self.assertIn("1 answered: 0 affected, 1 clean, 0 incomplete; 1 older", text)
        # A newer look at less is no answer about the rest; where it looked again, it is.
        self.write("less.json", self.report_of("web-1", "a1", findings=False, hardware_id="h1", roots=["/elsewhere"]))
        self.write("file.json", self.report_of("web-1", "a1", findings=False, hardware_id="h1", roots=self.below("x.jar")))
        text = self.run_cli("scan", "report", self.path("old.json"), self.path("less.json"), status=1).stdout.decode()
        self.assertIn("1 answered: 1 affected, 0 clean, 0 incomplete; 1 older reports joined", text)
        self.assertIn(self.below("x.jar")[0], text)
        text = self.run_cli("scan", "report", *(self.path(n + ".json") for n in ("old", "less", "file")), status=0).stdout.decode()
        self.assertIn("1 answered: 0 affected, 1 clean, 0 incomplete; 2 older reports joined", text)
        self.write("clone.json", self.report_of("web-2", "a1", findings=False, hardware_id="h2"))
        text = self.run_cli("scan", "report", self.path("new.json"), self.path("clone.json"), status=0).stdout.decode()
        self.assertIn("2 answered", text)
        self.assertIn("a1: web-1, web-2", text)
        # A report that was cut off has no line that says all of who the host is, and is of the same host all the same.
        self.write("cut.json", "".join(line for line in old.splitlines(True) if '"caltrop.scan.host"' not in line))
        for other in ("new.json", "old.json"):
            text = self.run_cli("scan", "report", self.path("cut.json"), self.path(other)).stdout.decode()
            self.assertIn("1 answered", text)
            self.assertNotIn("a1: web-1", text)

    def test_reports_with_and_without_rights_are_of_one_host(self):
        """Without root no firmware is read: the hardware id then rests on the network cards alone."""
        def write(name, macs, findings=True, host="web-1", **own):
            lines = [json.loads(line) for line in self.report_of(host, "a1", findings=findings, **own).splitlines()]
            lines[-1]["host"]["mac"] = macs
            return self.write(name, "".join(json.dumps(line) + "\n" for line in lines))

        def answer(*files):
            return " ".join(self.run_cli("scan", "report", *files).stdout.decode().split())

        cards = ["02:00:00:00:00:01", "02:00:00:00:00:02"]
        weak = hashlib.blake2b(b"caltrop hardware 1\0\0" + b"".join(m.encode() + b"\0" for m in cards), digest_size=16).hexdigest()
        root, user = write("root.json", cards, hardware_id="h1"), write("user.json", cards, findings=False, hardware_id=weak)
        self.assertIn("1 answered: 0 affected, 1 clean", answer(root, user))
        self.assertIn("1 answered: 0 affected, 1 clean", answer(user, root))  # the user's report is the newer one
        self.assertNotIn("several machines", answer(root, user))
        # Renamed since then: the machine is the same one.
        self.assertIn("1 answered: 0 affected, 1 clean", answer(root, write("renamed.json", cards, findings=False, host="web-9", hardware_id="h1")))
        # Two clones with the same cards, and a report without rights: of which one nobody can say.
        clone = write("clone.json", cards, hardware_id="h2")
        self.assertIn("3 answered", answer(root, clone, user))
        self.assertIn("several machines", answer(root, clone, user))
        # Other cards: another machine, with rights or without.
        other = write("other.json", ["02:00:00:00:00:03"], hardware_id="h3")
        self.assertIn("2 answered", answer(user, other))
        # One that says nothing of its hardware goes by its name.
        nothing = write("nothing.json", [], findings=False, hardware_id="")
        self.assertIn("1 answered", answer(root, nothing))
        self.assertIn("1 answered", answer(root, user, nothing))
        self.assertIn("2 answered", answer(root, write("noname.json", [], host="web-7", hardware_id="")))

    def test_usage(self):
        for args in (("--json", "--output", "csv", "."), ("--output", "sarif", "--json", "."), ("--image", "a", "--image", "b"), ("",)):
            done = self.run_cli("scan", *args, status=2)
            self.assertTrue(done.stderr)
        self.assertIn(b"an empty path", self.run_cli("scan", "", status=2).stderr)
        self.run_cli("scan", "--json", "--output", "ecs", str(self.root), status=0)
        self.run_cli("scan", "report", status=2)
        self.run_cli("scan", "report", "--json", self.write("x.json", ""), status=2)
        self.run_cli("scan", "report", "/nosuch", status=3)
        report = self.run_cli("scan", "--json", str(self.root), status=0).stdout
        done = self.run_cli("scan", "report", "-", stdin=report, status=0)
        self.assertIn(b"1 clean", done.stdout)
        os.mkdir(self.dir / "report")
        self.run_cli("scan", "./report", status=0, cwd=str(self.dir))


class Inventory(ScanCase):
    def test_sbom(self):
        self.put("app.war", make_zip({"WEB-INF/lib/x.jar": bad_jar()}))
        self.put("py/demo-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        for name, options in (("b.cdx.json", ()), ("b.json", ()), ("b.spdx.json", ()), ("b.txt", ("--sbom-format", "spdx")), ("c.txt", ("--sbom-format", "cyclonedx"))):
            self.run_cli("scan", "--sbom", self.path(name), *options, str(self.root), status=0)
            with open(self.path(name), encoding="utf-8") as f:
                bill = json.load(f)
            if "spdxVersion" in bill:
                purls = {r["referenceLocator"] for p in bill["packages"] for r in p.get("externalRefs", [])}
            else:
                self.assertEqual(bill["specVersion"], "1.6")
                purls = {c.get("purl") for c in bill["components"]}
            self.assertLessEqual({"pkg:maven/org.example/bad@1.5", "pkg:pypi/demo@1.0"}, purls, name)
            self.assertEqual("spdxVersion" in bill, "spdx" in name or "spdx" in options)
        self.assertFalse([p for p in os.listdir(self.dir) if p.endswith(".tmp")])

    def test_sbom_hashes_are_those_of_the_files(self):
        jar, stored = bad_jar("1.1"), bad_jar("1.2")
        self.put("own.jar", jar)
        self.put("app.war", make_zip({"WEB-INF/lib/a.jar": stored}))
        self.put("boot.jar", make_zip({"BOOT-INF/lib/b.jar": bad_jar("1.3")}, zipfile.ZIP_STORED))
        self.run_cli("scan", "--sbom", self.path("b.cdx.json"), str(self.root), status=0)
        with open(self.path("b.cdx.json"), encoding="utf-8") as f:
            components = {c.get("version"): c for c in json.load(f)["components"]}
        for version, data in (("1.1", jar), ("1.2", stored), ("1.3", bad_jar("1.3"))):
            self.assertEqual({h["alg"]: h["content"] for h in components[version]["hashes"]},
                             {"SHA-1": hashlib.sha1(data).hexdigest(), "SHA-256": hashlib.sha256(data).hexdigest()})

    def test_packages_that_stand_in_the_log_of_their_database_alone(self):
        """rpm's SQLite database while rpm writes: what it installed last is in the write-ahead log."""
        def header(name, version):
            texts = [(1000, name), (1001, version), (1002, "1.el9"), (1022, "x86_64")]
            index, data = b"", b""
            for tag, text in texts:
                index += struct.pack(">IIII", tag, 6, len(data), 1)
                data += text.encode() + b"\0"
            return struct.pack(">II", len(texts), len(data)) + index + data

        def names(files, image=False):
            if image:
                layer = make_tar({"var/lib/rpm/" + n: c for n, c in files.items()})
                config = b"{}"
                names = {"config.json": config, "l/layer.tar": layer}
                manifest = json.dumps([{"Config": "config.json", "RepoTags": ["x:1"], "Layers": ["l/layer.tar"]}]).encode()
                image = self.write("x.tar", make_tar({**names, "manifest.json": manifest}))
                return sorted(c["package"]["name"] for c in self.scan("--image", image, suspect=None, roots=[]).components)
            for name, content in files.items():
                self.put("var/lib/rpm/" + name, content)
            return sorted(c["package"]["name"] for c in self.scan(suspect=None).components)

        path = self.dir / "rpmdb.sqlite"
        db = sqlite3.connect(path)
        for line in ("PRAGMA journal_mode=wal", "PRAGMA wal_autocheckpoint=0", "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"):
            db.execute(line).fetchall()
        db.execute("INSERT INTO Packages (blob) VALUES (?)", (header("older", "1.0"),))
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.execute("INSERT INTO Packages (blob) VALUES (?)", (header("newest", "2.0"),))
        db.commit()
        files = {n: (self.dir / n).read_bytes() for n in ("rpmdb.sqlite", "rpmdb.sqlite-wal")}
        db.close()
        self.assertGreater(len(files["rpmdb.sqlite-wal"]), 0)
        for image in (False, True):
            self.assertEqual(names({"rpmdb.sqlite": files["rpmdb.sqlite"], "rpmdb.sqlite-wal": b""}, image), ["older"])
            self.assertEqual(names(files, image), ["newest", "older"])

    def test_sbom_that_cannot_be_written(self):
        # Said before the scan, which may take hours.
        done = self.run_cli("scan", "--sbom", "/nosuch/x.cdx.json", str(self.root), status=2)
        self.assertIn(b"--sbom /nosuch/x.cdx.json: No such file or directory", done.stderr)
        self.assertEqual(done.stdout, b"")
        # What is no file is not replaced by one: root has /dev/null to lose.
        fifo = self.path("x.cdx.json")
        os.mkfifo(fifo)
        done = self.run_cli("scan", "--sbom", fifo, str(self.root), status=2)
        self.assertIn(b"is no regular file", done.stderr)
        self.assertTrue(stat.S_ISFIFO(os.lstat(fifo).st_mode))


if __name__ == "__main__":
    assert zipfile and pom
    scan_case.main()
