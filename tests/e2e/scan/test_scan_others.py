"""Real jars around the fixes of other emergencies, by package identity and OSV records whose facts are written here: spring-beans
(CVE-2022-22965), commons-text (CVE-2022-42889), struts2-core (CVE-2017-5638)."""
import json
import os
import pathlib
import sys
import unittest

import scan_case
from scan_case import ScanCase, make_tar, make_zip

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fingerprint"))
import jars  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "build" / "jars"
# artifact: CVE, (introduced, fixed) ..., releases that are affected, releases that are not
TABLE = {
    "org.springframework:spring-beans": ("CVE-2022-22965", (("0", "5.2.20.RELEASE"), ("5.3.0", "5.3.18")),
                                         ("4.3.30.RELEASE", "5.2.19.RELEASE", "5.3.0", "5.3.17"), ("5.2.20.RELEASE", "5.3.18")),
    "org.apache.commons:commons-text": ("CVE-2022-42889", (("1.5", "1.10.0"),), ("1.5", "1.9"), ("1.4", "1.10.0")),
    "org.apache.struts:struts2-core": ("CVE-2017-5638", (("2.3.5", "2.3.32"), ("2.5", "2.5.10.1")), ("2.3.31", "2.5.10"), ("2.3.32", "2.5.10.1")),
}


def coordinates():
    return [f"{name}:{version}" for name, (_, _, bad, good) in TABLE.items() for version in (*bad, *good)]


class Others(ScanCase):
    def setUp(self):
        super().setUp()
        for name, (cve, ranges, _, _) in TABLE.items():
            self.write("osv/%s.json" % cve, json.dumps({
                "schema_version": "1.6.0", "id": "TEST-" + cve, "aliases": [cve], "modified": "2024-01-01T00:00:00Z",
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                "affected": [{"package": {"ecosystem": "Maven", "name": name},
                              "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": a}, {"fixed": b}]}]} for a, b in ranges]}))

    def judged(self):
        report = self.scan("--advisories", self.path("osv"), suspect=None)
        self.assertTrue(report.own["complete"], report.notes())
        return {(os.path.relpath(path, self.root), cve): state for (path, cve), state in report.states().items()}

    def expect(self, place):
        want = {(place(name, version), cve): "affected" for name, (cve, _, bad, _) in TABLE.items() for version in bad}
        self.assertEqual(self.judged(), want)

    def each(self):
        for coordinate in coordinates():
            group, artifact, version = coordinate.split(":")
            yield f"{group}:{artifact}", artifact, version, jars.path(FOLDER, coordinate).read_bytes()

    def test_as_they_are(self):
        for _, artifact, version, content in self.each():
            self.put(f"lib/{artifact}-{version}.jar", content)
        self.expect(lambda name, version: f"lib/{name.split(':')[1]}-{version}.jar")

    def test_renamed(self):
        """No name tells: manifest and pom do."""
        for _, artifact, version, content in self.each():
            self.put(f"{version}/{artifact}.jar", content)
        self.expect(lambda name, version: f"{version}/{name.split(':')[1]}.jar")

    def test_nested(self):
        for _, artifact, version, content in self.each():
            inner = {f"WEB-INF/lib/{artifact}-{version}.jar": content}
            self.put(f"{artifact}-{version}", make_tar({"opt/app.war": make_zip(inner)}, "w:gz"))
        self.expect(lambda name, version: "%s-%s!/opt/app.war!/WEB-INF/lib/%s-%s.jar" % ((name.split(":")[1], version) * 2))

    def test_without_records_nothing_is_claimed(self):
        for _, artifact, version, content in self.each():
            self.put(f"{artifact}-{version}.jar", content)
        self.assertEqual(self.scan(suspect=None, status=0).findings, [])

    def test_suspected(self):
        for _, artifact, version, content in self.each():
            self.put(f"{artifact}-{version}.jar", content)
        report = self.scan(suspect="pkg:maven/org.apache.commons/commons-text@[1.5,1.10.0)", status=1)
        self.assertEqual(report.paths(), self.below("commons-text-1.5.jar", "commons-text-1.9.jar"))


if __name__ == "__main__":
    jars.fetch(FOLDER, coordinates())
    assert unittest
    scan_case.main()
