"""Vendors: letters that a real reader of mail understands, silence on the next CVE, words that change, limits."""
import email
import email.policy
import json
import os

import respond_case
from respond_case import RespondCase, finding, report

CVE, NEXT = "CVE-2021-44228", "CVE-2021-45046"


def openvex(status, product="pkg:generic/acme/filter", cve=CVE, when="2021-12-11T00:00:00Z", **more):
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "Acme", "timestamp": when, "version": 1,
                       "statements": [{"vulnerability": {"name": cve}, "products": [{"@id": product}], "status": status, **more}]})


class Vendors(RespondCase):
    def add(self, name="Acme", **more):
        args = [a for k, v in more.items() for a in ("--" + k, v)]
        self.run_cli("vendor", "add", name, *args, status=0)

    def state(self, cve=CVE):
        return {v["vendor"]: v["state"] for v in self.lines("vendor", "list", cve, "--json", status=0)}

    def letters(self):
        folder = self.dir / "letters"
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir())} if folder.exists() else {}

    def ask(self, *args, verb="ask", status=0):
        os.makedirs(self.dir / "letters", exist_ok=True)
        return self.run_cli("vendor", verb, *args, "--from", "sec@us.example", "--dir", str(self.dir / "letters"), status=status)

    def test_a_letter_that_mail_programs_read(self):
        self.add("Ácme & Söhne \r\nBcc: evil@x.example", contact="sec@acme.example", data="${jndi:ldap://h/a} and mail logs", product="Filter")
        name = "Ácme & Söhne \r\nBcc: evil@x.example"
        self.ask(name, CVE, NEXT, "CVE-2021-45105", "CVE-2021-44832 ünd ${x}", "--due", "2d")
        raw, = [b for n, b in self.letters().items() if n.endswith(".eml")]
        self.assertTrue(all(len(line) <= 78 for line in raw.split(b"\r\n")))
        self.assertNotIn(b"\n", raw.replace(b"\r\n", b""))
        self.assertTrue(raw.isascii())
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertEqual(mail.defects, [])
        self.assertEqual(sorted(mail.keys()), ["Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"])
        self.assertEqual((mail["To"].addresses[0].addr_spec, mail["From"].addresses[0].addr_spec), ("sec@acme.example", "sec@us.example"))
        self.assertEqual(mail["Date"].datetime.isoformat(), "2021-12-10T14:00:00+00:00")
        self.assertIn("ünd", mail["Subject"])
        text = mail.get_content()
        self.assertNotIn("${", text + raw.decode())
        self.assertIn("2021-12-12T14:00:00Z", text)
        self.assertIn("We use of yours: Filter.", text)
        plain, = [b for n, b in self.letters().items() if n.endswith(".txt")]
        self.assertEqual(plain.decode(), text.replace("\r\n", "\n"))
        self.now("2021-12-12T14:00:00Z")
        self.ask(name, CVE, verb="remind")
        again = email.message_from_bytes([b for n, b in self.letters().items() if n.endswith(".eml") and "20211212" in n][0], policy=email.policy.default)
        self.assertEqual(again["In-Reply-To"], mail["Message-ID"])
        self.assertTrue(again["Subject"].startswith("Reminder: "))
        self.assertIn("2021-12-10T14:00:00Z we asked you", " ".join(again.get_content().split()))

    def test_silence_is_never_inherited(self):
        self.add(contact="sec@acme.example")
        self.add("Bolt")
        self.assertIn(b"2 letters written, 1 of them without", self.ask("--all", CVE).stdout)
        self.assertEqual(self.state(), {"Acme": "asked", "Bolt": "asked"})
        self.assertEqual(self.run_cli("vendor", "answer", "acme", CVE, "not_affected", "--product", "Filter", "--summary", "no Java", status=0).stdout.decode(),
                         "Recorded: Acme says of %s in Filter: not_affected.\n" % CVE)
        self.assertEqual([s["status"] for s in self.lines("vendor", "show", "acme", "--json", status=0)], ["not_affected"])
        self.assertEqual(self.state(), {"Acme": "answered", "Bolt": "asked"})
        self.now("2021-12-14T20:00:00Z")
        self.ask("--all", CVE, verb="remind")
        self.assertEqual(self.state()["Bolt"], "reminded")
        self.run_cli("vendor", "list", NEXT, status=2)  # nobody ever spoke of it
        self.run_cli("advisory", "add", "--name", NEXT, "--package", "pkg:maven/a/b", status=0)
        self.assertEqual(self.state(NEXT), {"Acme": "silent", "Bolt": "not asked"})
        said = self.run_cli("vendor", "silent", NEXT, status=1).stdout
        self.assertIn(b"it spoke about others, and not about this one", said)
        self.ask("--all", NEXT)
        self.assertEqual(self.state(NEXT), {"Acme": "silent", "Bolt": "asked"})
        for vendor in ("Acme", "Bolt"):
            self.run_cli("vendor", "answer", vendor, NEXT, "fixed", status=0)
        self.run_cli("vendor", "silent", NEXT, status=0)
        self.run_cli("vendor", "silent", CVE, status=1)

    def test_words_are_kept_and_reversals_listed(self):
        self.add()
        take = lambda text, n=[0]: (n.append(0), self.run_cli("vendor", "import", self.write("v%d.json" % len(n), text), status=0))[1].stdout  # noqa: E731
        self.assertIn(b"1 of them new", take(openvex("under_investigation")))
        self.assertIn(b"0 of them new", take(openvex("under_investigation")))
        self.assertIn(b"0 reversals", take(openvex("under_investigation")))
        self.assertIn(b"1 reversals", take(openvex("not_affected", when="2021-12-12T00:00:00Z", justification="component_not_present")))
        self.now("2021-12-13T00:00:00Z")
        self.assertIn(b"1 reversals", take(openvex("affected", when="2021-12-13T00:00:00Z", action_statement="upgrade")))
        rows = self.lines("vendor", "reversals", "--json", status=1)
        self.assertEqual([(r["was"], r["status"]) for r in rows], [("under_investigation", "not_affected"), ("not_affected", "affected")])
        self.assertEqual(self.sql("SELECT count(*) FROM vendor_statement"), [(3,)])
        self.assertEqual(self.sql("SELECT count(*) FROM finding"), [(0,)])

    def test_a_vendors_word_closes_nothing(self):
        self.take(report(findings=[finding()]))
        self.add()
        self.run_cli("vendor", "answer", "Acme", CVE, "fixed", "--product", "log4j-core 2.14.1", status=0)
        self.assertEqual(list(self.states().values()), ["affected"])

    def test_the_least_safe_word_counts(self):
        self.add(product="Filter")
        table = "vendor,product,version,cve,status\nAcme,Filter,1.0,%s,affected\nAcme,Filter,2.0,%s,fixed\nAcme,Other,1,%s,Not vuln\nZorg,X,1,%s,\n" % ((CVE,) * 4)
        self.run_cli("vendor", "import", self.write("t.csv", table), status=0)
        row, = self.lines("vendor", "list", CVE, "--json", status=0)  # Zorg is not ours
        self.assertEqual((row["state"], row["status"]), ("answered", "affected"))
        self.assertEqual(self.sql("SELECT s.status, s.versions FROM vendor_statement s JOIN vendor_product p ON p.id = s.product ORDER BY p.name"),
                         [("affected", "1.0; 2.0"), ("not_affected", "1"), ("unknown", "1")])
        self.add("Bolt", product="Gate")
        self.run_cli("vendor", "import", self.write("u.csv", "vendor,product,cve,status\nBolt,Another,%s,fixed\n" % CVE), status=0)
        self.assertEqual(self.state()["Bolt"], "not asked")  # of what we use it said nothing
        self.assertEqual(len(self.run_cli("vendor", "list", status=0).stdout.splitlines()), 2)
        self.assertEqual(len(self.run_cli("vendor", "list", "--all", status=0).stdout.splitlines()), 3)

    def test_our_own_list(self):
        path = self.write("ours.csv", "Vendor;Contact;Data;Product\nAcme;sec@acme.example;mail logs;Filter\nAcme;;;Archive\nBolt;;keys;\n")
        self.assertIn(b"2 vendors of ours added", self.run_cli("vendor", "import", path, status=0).stdout)
        before = self.dump()
        self.run_cli("vendor", "import", path, status=0)
        self.assertEqual(self.dump(), before)
        self.assertEqual({v["vendor"]: v.get("contact") for v in self.lines("vendor", "list", "--json", status=0)}, {"Acme": "sec@acme.example", "Bolt": None})
        self.assertIn(b"line 3", self.run_cli("vendor", "import", self.write("bad.csv", "vendor,contact\nA,a@b.example\nB,not an address\n"), status=2).stderr)
        self.assertEqual(self.dump(), before)
        self.run_cli("vendor", "import", self.write("x.json", "{}"), status=2)

    def test_what_gets_its_number_was_asked_about(self):
        self.add()
        self.ask("Acme", "LOCAL-1")
        self.run_cli("vendor", "answer", "Acme", "LOCAL-1", "under_investigation", status=0)
        self.now("2021-12-10T15:00:00Z")
        self.ask("Acme", CVE)
        self.run_cli("advisory", "same", "LOCAL-1", CVE, status=0)
        row, = self.lines("vendor", "list", CVE, "--json", status=0)
        self.assertEqual((row["state"], row["status"]), ("answered", "under_investigation"))
        self.assertEqual(self.sql("SELECT count(*) FROM vendor_request"), [(1,)])

    def test_limits(self):
        self.add()
        self.assertIn(b"Limit 1", self.run_cli("vendor", "limit", "Acme", "no access to the mail gateway", "--until", "7d", "--why", "no answer", status=0).stdout)
        self.run_cli("vendor", "limit", "Acme", "keys rotated", status=0)
        self.run_cli("advisory", "add", "--name", CVE, "--package", "pkg:maven/a/b", status=0)
        self.assertEqual([v["limits"] for v in self.lines("vendor", "list", CVE, "--json", status=0)], [2])
        self.assertIn(b"--why", self.run_cli("vendor", "lift", "Acme", "2", status=2).stderr)
        self.assertEqual(self.run_cli("vendor", "lift", "Acme", "2", "--why", "answered", "--actor", "jo", status=0).stdout, b"Limit 2 is lifted.\n")
        self.assertIn(b"'two' is no number of a limit", self.run_cli("vendor", "lift", "Acme", "two", "--why", "x", status=2).stderr)
        self.run_cli("vendor", "lift", "Acme", "2", "--why", "again", status=2)
        self.now("2021-12-20T00:00:00Z")
        self.assertEqual([v["limits"] for v in self.lines("vendor", "list", CVE, "--json", status=0)], [0])
        said = self.run_cli("vendor", "show", "acme", status=0).stdout.decode()
        self.assertIn("by tester", said)
        self.assertIn("lifted 2021-12-10T14:00:00Z by jo", said)
        self.assertEqual([k for k in self.kinds() if k.startswith("vendor.li")], ["vendor.limited", "vendor.limited", "vendor.lifted"])

    def test_refused(self):
        self.add()
        self.assertIn(b"--from", self.run_cli("vendor", "ask", "Acme", CVE, status=2).stderr)
        self.assertEqual(self.sql("SELECT count(*) FROM vendor_request"), [(0,)])
        self.ask("Acme", CVE)
        self.assertIn(b"nothing was noted", self.ask("Acme", CVE, status=2).stderr)  # the same second, the same file
        self.assertEqual(self.sql("SELECT reminders FROM vendor_request"), [(0,)])
        self.assertIn(b"was not asked", self.ask("Acme", NEXT, verb="remind", status=2).stderr)
        for args in (("add", "B", "--contact", "a@b@c"), ("add", "B", "--contact", "a b@c"), ("add", "B", "--contact", "${jndi@b.example"), ("add", ""), ("ask", "nosuch", CVE, "--from", "a@b.example"), ("answer", "Acme", CVE, "maybe"),
                     ("show", "nosuch"), ("limit", "Acme", "x", "--until", "2020-01-01"), ("dance",)):
            self.run_cli("vendor", *args, status=2)


if __name__ == "__main__":
    respond_case.main()
