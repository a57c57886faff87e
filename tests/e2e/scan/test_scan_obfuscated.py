"""log4j-core whose class names ProGuard has shortened to letters: what is left are literals."""
import shutil
import subprocess
import sys
import zipfile

import scan_case
import test_scan_log4j
import log4j_jars
from scan_case import ScanCase

JARS = test_scan_log4j.JARS
STATES = {  # CVE-2021-44228, -45046, -45105
    "2.14.1": ("affected", "affected", "affected"),
    "2.15.0": ("fixed", "affected", "affected"),
    "2.16.0": ("fixed", "fixed", "affected"),
    "2.12.2": ("fixed", "fixed", "affected"),
    "2.17.1": ("fixed", "fixed", "fixed"),
}


class Obfuscated(ScanCase):
    made = {}

    def shorten(self, version, *options):
        if (version, options) not in self.made:
            self.made[version, options] = self.shortened(version, *options).read_bytes()
        out = self.dir / ("short-%s.jar" % version)
        out.write_bytes(self.made[version, options])
        return out

    def shortened(self, version, *options):
        out, rules = self.dir / ("short-%s.jar" % version), self.dir / "rules.pro"
        rules.write_text("".join("-injars %s(!META-INF/versions/**,!module-info.class,!META-INF/maven/**)\n" % (JARS / version / ("log4j-%s-%s.jar" % (part, version)))
                                 for part in ("api", "core")) +
                         "-outjars %s\n-dontshrink\n-dontoptimize\n-dontpreverify\n-dontwarn\n-ignorewarnings\n-dontnote\n" % out +
                         "-keep class org.apache.logging.log4j.LogManager { *; }\n" + "".join(o + "\n" for o in options))
        done = subprocess.run(["proguard", "@" + str(rules)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-1000:])
        with zipfile.ZipFile(out) as jar:
            self.assertFalse([n for n in jar.namelist() if "JndiLookup" in n or "JndiManager" in n])
        return out

    def judged(self, jar):
        shutil.copy(jar, self.root / "app.jar")
        report = self.scan("-v", suspect=None)
        host = report.own
        self.assertTrue(host["complete"], host["notes"])
        return report, {f["vulnerability"]["id"][0]: f["caltrop"]["state"] for f in report.findings}

    def test_states(self):
        for version, want in STATES.items():
            if not (JARS / version).is_dir():
                continue
            report, states = self.judged(self.shorten(version))
            got = tuple(states.get(cve, "fixed") for cve in ("CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105"))
            self.assertEqual(got, want, version)
            if want[0] == "affected":
                finding = next(f for f in report.findings if f["vulnerability"]["id"] == ["CVE-2021-44228"])
                said = str(finding["caltrop"])
                self.assertIn("told by", said)
                self.assertIn("JndiLookup under a shortened name", said)

    def test_all_in_one_package(self):
        _, states = self.judged(self.shorten("2.14.1", "-repackageclasses ''", "-dontusemixedcaseclassnames"))
        self.assertEqual(states["CVE-2021-44228"], "affected")

    def test_the_lookup_taken_out_is_not_called_mitigated(self):
        # What is not recognised is not absent.
        jar = self.shorten("2.14.1")
        with zipfile.ZipFile(jar) as z:
            entries = {n: z.read(n) for n in z.namelist()}
        rest = {n: d for n, d in entries.items() if b"Error looking up JNDI resource" not in d}
        self.assertEqual(len(entries) - len(rest), 1)
        jar.write_bytes(scan_case.make_zip(rest))
        _, states = self.judged(jar)
        self.assertEqual(states["CVE-2021-44228"], "under_investigation")

    def test_no_removal_is_proposed(self):
        shutil.copy(self.shorten("2.14.1"), self.root / "app.jar")
        done = self.run_cli("scan", "--fix", str(self.root))
        self.assertIn(b"Nothing here is mitigated by taking a class out", done.stdout)

    def test_a_namesake_is_none(self):
        with zipfile.ZipFile(JARS / "2.14.1/log4j-core-2.14.1.jar") as jar:
            other = jar.read("org/apache/logging/log4j/core/LoggerContext.class")
        self.put("b.jar", scan_case.make_zip({"a/b/c.class": other, "a/a.class": b"\xca\xfe\xba\xbe", "x.class": b"no class"}))
        report = self.scan(suspect=None, status=0)
        self.assertEqual((report.findings, report.own["complete"]), ([], True))


if __name__ == "__main__":
    if not shutil.which("proguard"):
        print("proguard is not installed (Debian: proguard-cli)")
        sys.exit(77)
    log4j_jars.need()
    scan_case.main()
