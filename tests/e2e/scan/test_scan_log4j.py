"""The real log4j-core in every form in which it hides: nested, shaded, relocated, stripped, re-wrapped, renamed, loose."""
import os
import zipfile

import scan_case  # which finds the next one
import log4j_jars
from log4j_jars import JARS
from scan_case import ScanCase, compress, make_tar, make_zip

SHELL, CONTEXT, RECURSION, JDBC = "CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"
FOUR = (SHELL, CONTEXT, RECURSION, JDBC)

# From Apache's security page: which of the four a release is affected by.
AFFECTED = {
    "2.0-beta9": FOUR, "2.0.2": FOUR, "2.1": FOUR, "2.8": FOUR, "2.12.1": FOUR, "2.13.0": FOUR, "2.14.1": FOUR,
    "2.15.0": (CONTEXT, RECURSION, JDBC), "2.16.0": (RECURSION, JDBC), "2.17.0": (JDBC,),
}
LOOKUP = "org/apache/logging/log4j/core/lookup/JndiLookup.class"
PACKAGE = b"org/apache/logging/log4j"


def jar_of(release):
    return (JARS / release / ("log4j-core-%s.jar" % release)).read_bytes()


def entries_of(data):
    import io
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {i.filename: z.read(i) for i in z.infolist() if not i.is_dir()}


def without(entries, *parts):
    return {name: content for name, content in entries.items() if not any(p in name for p in parts)}


def moved(content, old, new):
    """A class whose constant pool names another package, as a relocating build writes it."""
    import struct
    if content[:4] != b"\xca\xfe\xba\xbe":
        return content
    count, at, out = struct.unpack(">H", content[8:10])[0], 10, [content[:10]]
    sizes = {3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 9: 5, 10: 5, 11: 5, 12: 5, 15: 4, 16: 3, 17: 5, 18: 5, 19: 3, 20: 3}
    index = 1
    while index < count:
        tag = content[at]
        if tag == 1:
            n = struct.unpack(">H", content[at + 1:at + 3])[0]
            text = content[at + 3:at + 3 + n].replace(old, new).replace(old.replace(b"/", b"."), new.replace(b"/", b"."))
            out.append(b"\x01" + struct.pack(">H", len(text)) + text)
            at += 3 + n
        else:
            out.append(content[at:at + sizes[tag]])
            at += sizes[tag]
        index += 2 if tag in (5, 6) else 1
    out.append(content[at:])
    return b"".join(out)


class Log4j(ScanCase):
    def four(self, *args, status=None):
        """path -> the states of the four, in their order."""
        report = self.scan(*args, suspect=None, status=status)
        states = report.states()
        paths = sorted({path for path, _ in states})
        return {path: tuple(states.get((path, cve)) for cve in FOUR) for path in paths}, report

    def only(self, content, name="thing", **options):
        path = self.put(name, content)
        states, report = self.four(**options)
        os.unlink(path)
        return {p[len(path):]: s for p, s in states.items()}, report

    def assert_affected(self, content, release="2.14.1", inside="", name="thing"):
        states, report = self.only(content, name)
        self.assertEqual(states, {inside: tuple("affected" if cve in AFFECTED[release] else None for cve in FOUR)}, report.notes())

    def test_releases(self):
        for release, affected in AFFECTED.items():
            states, report = self.only(jar_of(release), "x.jar")
            self.assertEqual(states, {"": tuple("affected" if cve in affected else None for cve in FOUR)}, release)
            finding = report.findings[0]
            self.assertEqual(finding["package"]["name"], "log4j-core")
            self.assertIn(release, finding["package"]["version"])

    def test_api_alone_is_not_affected(self):
        states, report = self.only((JARS / "2.14.1" / "log4j-api-2.14.1.jar").read_bytes(), "x.jar", status=0)
        self.assertEqual((states, report.own["state"]), ({}, "clean"))

    def test_names_and_metadata_do_not_matter(self):
        jar = jar_of("2.14.1")
        self.assert_affected(jar, name="harmless-1.0.txt")
        self.assert_affected(make_zip(without(entries_of(jar), "META-INF")))
        self.assert_affected(make_zip({"log4j-core-2.14.1/" + n: c for n, c in entries_of(jar).items()}), inside="!/log4j-core-2.14.1")
        # What the manifest says does not make it safe.
        lying = {**without(entries_of(jar), "META-INF"), "META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties":
                 b"version=2.25.3\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n"}
        states, _ = self.only(make_zip(lying))
        self.assertEqual(states[""][0], "affected")

    def test_class_endings(self):
        jar = without(entries_of(jar_of("2.14.1")), "META-INF")
        for ending in (".esclazz", ".classdata", ".SF", ".renamed"):
            renamed = {n[:-6] + ending if n.endswith(".class") else n: c for n, c in jar.items()}
            states, _ = self.only(make_zip(renamed))
            self.assertEqual([s[0] for s in states.values()], ["affected"], ending)

    def test_wrapped(self):
        jar = jar_of("2.14.1")
        ear = make_zip({"lib/b.war": make_zip({"WEB-INF/lib/c.jar": jar}), "META-INF/application.xml": b"<a/>"})
        self.assert_affected(ear, inside="!/lib/b.war!/WEB-INF/lib/c.jar")
        self.assert_affected(b"#!/bin/sh\nexec java -jar $0\n" + jar)
        self.assert_affected(make_zip(entries_of(jar), zipfile.ZIP_STORED))
        for how in ("gz", "bz2", "xz"):
            self.assert_affected(compress(make_tar({"opt/x.jar": jar}), how), inside="!/opt/x.jar")
        # Loose classes in a tar.
        self.assert_affected(make_tar(entries_of(jar)))

    def test_shaded_and_relocated(self):
        jar = entries_of(jar_of("2.14.1"))
        shaded = {**{"com/shop/Main.class": b"\xca\xfe\xba\xbe" + bytes(20)}, **jar}
        self.assert_affected(make_zip(shaded))
        for old, new in ((PACKAGE, b"shaded/org/apache/logging/log4j"), (PACKAGE, b"clt/shaded/l")):
            relocated = {n.replace(old.decode(), new.decode()): moved(c, old, new) for n, c in without(jar, "META-INF").items()}
            self.assert_affected(make_zip(relocated), inside="!/" + new.decode())
        # Two of them in one archive are two.
        both = {**relocated, **entries_of(jar_of("2.17.0"))}
        states, _ = self.only(make_zip(both))
        self.assertEqual(states, {"": (None, None, None, "affected"), "!/clt/shaded/l": ("affected",) * 4})

    def test_stripped_is_mitigated(self):
        jar = entries_of(jar_of("2.14.1"))
        states, report = self.only(make_zip(without(jar, "JndiLookup.class")), status=1)
        self.assertEqual(states, {"": ("mitigated", "mitigated", "affected", "affected")})
        reasons = {f["vulnerability"]["id"][0]: f["caltrop"]["reason"] for f in report.findings}
        self.assertIn("JndiLookup", reasons[SHELL])

    def test_loose_classes(self):
        for name, content in without(entries_of(jar_of("2.14.1")), "META-INF").items():
            self.put("app/WEB-INF/classes/" + name, content)
        states, _ = self.four(status=1)
        self.assertEqual(states, {str(self.root / "app/WEB-INF/classes"): ("affected",) * 4})
        os.unlink(self.root / "app/WEB-INF/classes" / LOOKUP)
        states, _ = self.four(status=1)
        self.assertEqual(states, {str(self.root / "app/WEB-INF/classes"): ("mitigated", "mitigated", "affected", "affected")})

    def test_namesakes_are_no_finding(self):
        fake = b"\xca\xfe\xba\xbe\0\0\0\x34\0\x05\x07\0\x02\x01\0\x16com/shop/JndiLookup   \x07\0\x04\x01\0\x10java/lang/Object\0\x21\0\x01\0\x03" + bytes(8)
        states, report = self.only(make_zip({"com/shop/JndiLookup.class": fake, "com/shop/JndiManager.class": fake}), status=0)
        self.assertEqual((states, report.findings), ({}, []))

    def test_half_an_archive(self):
        # The class that decides cannot be read: not safe, and said.
        jar = jar_of("2.14.1")
        place = jar.index(LOOKUP.encode())
        path = self.put("x.jar", jar[:place + len(LOOKUP) + 40] + bytes(200) + jar[place + len(LOOKUP) + 240:])
        states, report = self.four(status=3)
        self.assertIn(states[path][0], ("affected", "under_investigation"))
        self.assertFalse(report.own["complete"])

    def test_suspect_class(self):
        self.put("x.jar", make_zip({"lib/l.jar": jar_of("2.17.0")}))
        report = self.scan("--suspect-class", "org/apache/logging/log4j/core/lookup/JndiLookup", suspect=None, status=1)
        found = [f for f in report.findings if "CVE" not in f["vulnerability"]["id"][0]]
        self.assertEqual([(f["caltrop"]["path"], f["caltrop"]["state"]) for f in found], [(str(self.root / "x.jar!/lib/l.jar"), "affected")])

    def test_advisory_beside_class_evidence(self):
        import json
        record = {"id": "GHSA-jfh8-c2jp-5v3q", "modified": "2022-01-01T00:00:00Z", "aliases": [SHELL], "affected": [
            {"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"},
             "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0-beta9"}, {"fixed": "2.15.0"}]}]}]}
        adv = self.write("adv.json", json.dumps(record))
        jar = entries_of(jar_of("2.14.1"))
        self.put("whole.jar", make_zip(jar))
        self.put("stripped.jar", make_zip(without(jar, "JndiLookup.class")))
        self.put("fixed.jar", jar_of("2.17.0"))
        report = self.scan("--advisories", adv, suspect=None, status=1)
        states = report.states()
        self.assertEqual({path: state for (path, cve), state in states.items() if cve == SHELL},
                         {str(self.root / "whole.jar"): "affected", str(self.root / "stripped.jar"): "mitigated"})


if __name__ == "__main__":
    log4j_jars.need()
    scan_case.main()
