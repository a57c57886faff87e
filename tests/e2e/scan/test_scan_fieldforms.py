"""The forms that other log4shell scanners keep in their own test suites, built here from the real jars; each must come out right."""
import io
import os
import unittest
import zipfile

import scan_case
import test_scan_log4j
import log4j_jars
from scan_case import ScanCase, compress, make_tar, make_zip
from test_scan_log4j import LOOKUP, SHELL, entries_of, jar_of, without

MANAGER = "org/apache/logging/log4j/core/net/JndiManager.class"


class Unseekable(io.RawIOBase):
    """What a zip is streamed to: sizes then stand behind the data."""

    def __init__(self):
        super().__init__()
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, b):
        self.data += b
        return len(b)


def streamed(entries):
    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in entries.items():
            z.writestr(name, content)
    return bytes(out.data)


def zip_of(pairs, comment=b"", zip64=False, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, content in pairs:
            with z.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as f:
                f.write(content)
        z.comment = comment
    return out.getvalue()


class FieldForms(ScanCase):
    def shell(self, content, name="thing.jar", **options):
        """path inside -> state of CVE-2021-44228, without those that are safe."""
        path = self.put(name, content)
        report = self.scan(suspect=None, **options)
        os.unlink(path)
        return {p[len(path):]: s for (p, cve), s in report.states().items() if cve == SHELL}, report

    def check(self, what, content, want, **options):
        got, report = self.shell(content, **options)
        self.assertEqual(got, want, (what, report.notes()))
        return report

    def setUp(self):
        super().setUp()
        self.jar = jar_of("2.14.1")
        self.entries = entries_of(self.jar)
        self.two = {n: self.entries[n] for n in (LOOKUP, MANAGER)}  # the least that settles it

    def test_nests(self):
        jar, two = self.jar, make_zip(self.two)
        self.check("jar in par in ear", make_zip({"x.par": make_zip({"lib/y.jar": jar})}), {"!/x.par!/lib/y.jar": "affected"})
        self.check("jar in jar in jar", make_zip({"a.jar": make_zip({"b.jar": two})}, zipfile.ZIP_STORED), {"!/a.jar!/b.jar": "affected"})
        self.check("no ending at all", make_zip({"a": make_zip({"b": two})}), {"!/a!/b": "affected"})
        self.check("good and bad side by side", make_zip({"good.jar": jar_of("2.17.1"), "bad.jar": jar}), {"!/bad.jar": "affected"})
        self.check("beside a jar that is none", make_zip({"invalid.jar": b"this is no jar", "empty.jar": b"", "bad.jar": two}), {"!/bad.jar": "affected"})
        for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            self.check("method %d" % method, make_zip({"bad.jar": make_zip(self.two, method)}, method), {"!/bad.jar": "affected"})
        self.check("zip in tar.gz in zip", make_zip({"t.tgz": compress(make_tar({"x/l.jar": jar}), "gz")}), {"!/t.tgz!/x/l.jar": "affected"})
        self.check("under the name of a class", make_zip({"a/b.class": two, "x/core/lookup/JndiLookup.class": two}),
                   {"!/a/b.class": "affected", "!/x/core/lookup/JndiLookup.class": "affected"})
        self.check("exploded war, zipped", make_zip({"WEB-INF/classes/" + n: c for n, c in self.two.items()}), {"!/WEB-INF/classes": "affected"})

    def test_self_executing(self):
        stub = b"\x7fELF\2\1\1" + bytes(9) + os.urandom(300_000)
        self.check("ELF with a zip behind it", stub + make_zip(self.two), {"": "affected"}, name="helloworld-executable")
        self.check("PE with a zip behind it", b"MZ" + os.urandom(90_000) + self.jar, {"": "affected"}, name="setup.exe")
        self.check("script of Spring Boot's kind", b"#!/bin/bash\n" + b"# fill\n" * 2000 + b"exit 0\n" + make_zip({"BOOT-INF/lib/l.jar": self.jar}, zipfile.ZIP_STORED),
                   {"!/BOOT-INF/lib/l.jar": "affected"}, name="service")

    def test_zips_of_other_writers(self):
        self.check("data descriptors", streamed(self.entries), {"": "affected"})
        self.check("data descriptors, nested", make_zip({"s.jar": streamed(self.two)}), {"!/s.jar": "affected"})
        self.check("zip64 fields", zip_of(self.two.items(), zip64=True), {"": "affected"})
        self.check("a comment", zip_of(self.two.items(), comment=b"PK\5\6 and more " * 40), {"": "affected"})
        self.check("backslashes", zip_of([(n.replace("/", "\\"), c) for n, c in self.two.items()]), {"": "affected"})
        self.check("manifest last", zip_of([*self.two.items(), ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n")]), {"": "affected"})
        with_folders = [(n, c) for name in self.two for n, c in ((name.rsplit("/", 1)[0] + "/", b""), (name, self.two[name]))]
        self.check("folders as entries", zip_of(with_folders), {"": "affected"})
        self.check("a folder with bytes in it", zip_of([("org/", b"not empty"), *self.two.items()]), {"": "affected"})

    def test_signed(self):
        signed = {**self.entries, "META-INF/A.SF": b"Signature-Version: 1.0\r\n\r\n", "META-INF/A.RSA": b"\x30\x82"}
        self.check("signed", make_zip(signed), {"": "affected"})
        self.check("signed, and then patched", make_zip(without(signed, "JndiLookup.class")), {"": "mitigated"})

    def test_patched_by_hand(self):
        kept = {n: c for n, c in self.entries.items() if n != LOOKUP}
        self.check("taken out", make_zip(kept), {"": "mitigated"})
        self.check("taken out of a nested one", make_zip({"a.war": make_zip({"l.jar": make_zip(kept)})}), {"!/a.war!/l.jar": "mitigated"})
        # Nobody knows who would load it again.
        self.check("renamed", make_zip({**kept, LOOKUP + ".bak": self.entries[LOOKUP]}), {"": "affected"})
        self.check("only its name is alike", make_zip({**kept, LOOKUP.replace("JndiLookup", "JndiLookupOther"): self.entries[LOOKUP]}), {"": "mitigated"})
        self.check("an empty file in its place", make_zip({**kept, LOOKUP: b""}), {"": "mitigated"})

    def test_one_archive_two_versions(self):
        other = entries_of(jar_of("2.17.1"))
        both = [(n, other[n]) for n in (LOOKUP, MANAGER)] + list(self.two.items())
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the names come twice, and are to
            self.check("the same names twice", zip_of(both), {"": "affected"})
        later = {**{n: other[n] for n in (LOOKUP, MANAGER)}, **{"META-INF/versions/9/" + n: c for n, c in self.two.items()}}
        self.check("old classes for later JREs", make_zip(later), {"": "affected"})

    def test_alone(self):
        self.check("JndiLookup alone settles nothing", make_zip({LOOKUP: self.entries[LOOKUP]}), {"": "under_investigation"})
        pom = {n: c for n, c in self.entries.items() if n.endswith("log4j-core/pom.properties")}
        self.check("and with metadata it does", make_zip({LOOKUP: self.entries[LOOKUP], **pom}), {"": "affected"})
        fixed = {n: c for n, c in entries_of(jar_of("2.16.0")).items() if n == LOOKUP or n.endswith("log4j-core/pom.properties")}
        self.check("nor is the same class of 2.16.0 affected", make_zip(fixed), {})

    def test_safe_ones(self):
        for name, content in {
                "api": (test_scan_log4j.JARS / "2.14.1/log4j-api-2.14.1.jar").read_bytes(), "2.17.1": jar_of("2.17.1"), "2.12.2": jar_of("2.12.2"),
                "sources": make_zip({LOOKUP.replace(".class", ".java"): b"package org.apache.logging.log4j.core.lookup;\npublic class JndiLookup {}\n"}),
                "names in a text": b"org/apache/logging/log4j/core/lookup/JndiLookup.class log4j-core-2.14.1.jar\n" * 100,
                "an empty zip": b"PK\5\6" + bytes(18)}.items():
            self.check(name, content, {})

    def test_fix_of_loose_and_damaged_classes(self):
        for name, content in self.two.items():
            self.put("classes/" + name, content)
        done = self.run_cli("scan", "--fix", str(self.root / "classes"), status=1).stdout.decode()
        self.assertRegex(done, "mitigates: .*CVE-2021-44228")
        damaged = bytearray(make_zip(self.two))
        at = damaged.index(b"core/lookup/JndiLookup.class") + 40
        damaged[at:at + 200] = b"\xff" * 200
        done = self.run_cli("scan", "--fix", self.put("damaged.jar", bytes(damaged))).stdout.decode()
        self.assertIn("takes out: " + LOOKUP, " ".join(done.split()))
        self.assertRegex(done, "mitigates: .*CVE-2021-44228")

    def test_a_suspected_class_that_moved(self):
        lookup = "org/apache/logging/log4j/core/lookup/JndiLookup"
        old, new = b"org/apache/logging/log4j", b"clt/shaded/l"
        self.put("a.jar", make_zip({lookup + ".class": self.entries[LOOKUP]}))
        self.put("b.jar", make_zip({"clt/shaded/l/core/lookup/JndiLookup.class": test_scan_log4j.moved(self.entries[LOOKUP], old, new)}))
        report = self.scan("--suspect-class", lookup, suspect=None, status=1)
        found = {f["caltrop"]["path"].split("/")[-1] if "!/" not in f["caltrop"]["path"] else f["caltrop"]["path"].split("!/")[0].split("/")[-1]: f["caltrop"]["state"]
                 for f in report.findings if f["vulnerability"]["id"] == ["suspect"]}
        self.assertEqual(found, {"a.jar": "affected", "b.jar": "under_investigation"})


if __name__ == "__main__":
    log4j_jars.need()
    assert unittest
    scan_case.main()
