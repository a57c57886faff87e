"""Lists, documents and records of the kinds that `make check-corpora` reads from outside, made here: small, at random, and held against Python's own reading of them."""
import collections
import csv
import datetime
import io
import json
import os
import pathlib
import random
import sys

import respond_case
from respond_case import LOG4J, RespondCase, finding, report

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools"))
from corpora import documents, store  # noqa: E402

CVES = ["CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"]
SAID = ("SELECT w.key, p.name, v.name, s.status FROM vendor_statement s JOIN vendor_product p ON p.id = s.product JOIN vendor w ON w.id = p.vendor "
        "JOIN vulnerability v ON v.id = s.vulnerability ORDER BY s.id")


class Samples(RespondCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        self.rng = random.Random(seed)

    def test_a_history_of_changes_is_replayed_with_its_reversals(self):
        """A list that a national centre kept day by day: who was safe and no longer is, and the other way, product by product."""
        words = [w.upper() if self.rng.random() < 0.3 else w for w in documents.NCSC] + ["", "???", "see link"]
        products = [(v, p) for v in ("Acme", "Bolt GmbH", "ünï", "Zorg ${x}") for p in ("", "Filter", "Gate 2.0", "a, \"b\"")]
        rows, day = [], datetime.date(2021, 12, 12)
        for n in range(600):
            vendor, product = self.rng.choice(products)
            vendor = vendor.swapcase() if vendor.isascii() and self.rng.random() < 0.2 else vendor  # one vendor, whatever its case
            rows.append([str(day + datetime.timedelta(days=n // 12)), vendor, product, "1", self.rng.choice(CVES[:2]), self.rng.choice(words)])
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["date", "vendor", "product", "ordinal", "cve", "status"])
        writer.writerows(rows)
        said = self.run_cli("vendor", "import", self.write("history.csv", text.getvalue()), status=0).stdout.decode()
        got = collections.defaultdict(list)
        for vendor, product, cve, status in self.sql(SAID):
            if got[vendor, product, cve][-1:] != [status]:
                got[vendor, product, cve].append(status)
        wanted = documents.turns((v, p, cve, date, documents.NCSC.get(word.lower(), "unknown")) for date, v, p, _, cve, word in rows)
        self.assertEqual({k: v for k, v in got.items() if wanted.get(k) != v}, {k: v for k, v in wanted.items() if got.get(k) != v})
        turned = sorted((v.lower(), p, cve, a, b) for (v, p, cve), all_of_it in wanted.items() for a, b in zip(all_of_it, all_of_it[1:]))
        listed = self.lines("vendor", "reversals", "--json", status=1)
        self.assertEqual(sorted((r["vendor"].lower(), r.get("product", ""), r["vulnerability"], r["was"], r["status"]) for r in listed), turned)
        self.assertIn("%d reversals" % len(turned), said)
        self.assertTrue(documents.reversals((key, s) for key, all_of_it in wanted.items() for s in all_of_it))

    def cisa(self, rows):
        """rows: (vendor, product, CVE, affected, fixed, unaffected)"""
        lines = ["---", "version: '1.0'", "owners:", "  - name: cisagov", "    url: https://example.org/list", "software:"]
        grouped = collections.defaultdict(list)
        for vendor, product, *rest in rows:
            grouped[vendor, product].append(rest)
        for (vendor, product), entries in grouped.items():
            lines += ["  - vendor: %s" % json.dumps(vendor), "    product: %s" % json.dumps(product), "    cves:"]
            for cve, affected, fixed, unaffected in entries:
                lines += ["      %s:" % cve.lower(), "        investigated: %s" % self.rng.choice(("true", "false"))]
                lines += ["        %s_versions: [%s]" % (name, ", ".join("'%s'" % v for v in given)) for name, given in (("affected", affected), ("fixed", fixed), ("unaffected", unaffected))]
            lines += ["    vendor_links: []", "    notes: ''", "    references: ['']", "    last_updated: '2022-01-12T07:18:50+00:00'"]
        return self.write("cisagov.yml", "\n".join(lines) + "\n")

    def test_a_list_of_an_agency_with_not_one_status_invented(self):
        shapes = (), ("",), ("1.0",), ("1.0", "< 3")
        rows, wanted = [], collections.defaultdict(list)
        for n in range(150):
            lists = [self.rng.choice(shapes) if self.rng.random() < 0.6 else () for _ in range(3)]
            if lists[2] and lists[2] != ("",):
                lists[:2] = (), ()  # the list names no product as safe and not
            key = "Vendor %d" % (n % 40), "Product %d" % n
            for cve in self.rng.sample(CVES, self.rng.randrange(1, 5)):
                rows.append((*key, cve, *lists))
                named = [word for word, given in zip(("affected", "fixed", "not_affected"), lists) if any(given)]
                wanted[(*key, cve)] = sorted(named or ["unknown"])
        self.take(report(findings=[finding(cve=c) for c in CVES]))
        path, before = self.cisa(rows), self.states()
        self.run_cli("vex", "add", "--source", "CISA", path, status=0)
        got = collections.defaultdict(list)
        for vendor, product, cve, status in self.sql("SELECT s.vendor, s.product, v.name, s.status FROM vex_statement s JOIN vulnerability v ON v.id = s.vulnerability"):
            got[vendor, product, cve].append(status)
        self.assertEqual({k: sorted(v) for k, v in got.items()}, dict(wanted))
        self.assertEqual(self.sql("SELECT count(*) FROM vex_statement WHERE refused = ''"), [(0,)])
        self.run_cli("vendor", "import", path, status=0)
        said = {(v, p, cve): status for v, p, cve, status in self.sql(SAID)}
        self.assertEqual(said, {(v.lower(), p, cve): min(words, key=documents.GRAVE.index) for (v, p, cve), words in wanted.items()})
        self.assertEqual(self.states(), before)  # a name and a version in words close nothing
        self.assertEqual(set(before.values()), {"affected"})

    def document(self, form, n):
        """A document of this form with statements of every status about some products, as its writers spell them."""
        rng, products = self.rng, ["pkg:maven/org.example/p%d@1.%d" % (k, n) for k in range(5)]
        pick = lambda: rng.sample(products, rng.randrange(1, 4))  # noqa: E731
        if form == "csaf":
            words = list(documents.CSAF) + ["recommended"]
            return {"document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "t", "publisher": {"category": "vendor", "name": "Example", "namespace": "https://example.org"},
                                 "tracking": {"id": "EX-%d" % n, "status": "final", "version": "1", "current_release_date": "2021-12-10T12:00:00Z"}},
                    "product_tree": {"full_product_names": [{"product_id": p, "name": p, "product_identification_helper": {"purl": p}} for p in products]},
                    "vulnerabilities": [{"cve": cve, "product_status": {word: pick() for word in rng.sample(words, 3)}} for cve in rng.sample(CVES, 2)]}
        if form == "openvex":
            more = {"not_affected": {"justification": "component_not_present"}, "affected": {"action_statement": "update"}}
            return {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/%d" % n, "author": "Example", "timestamp": "2021-12-10T12:00:00Z", "version": 1,
                    "statements": [{"vulnerability": {"name": cve}, "products": [{"@id": p} for p in pick()], "status": status, **more.get(status, {})}
                                   for cve in rng.sample(CVES, 2) for status in rng.sample(("affected", "not_affected", "fixed", "under_investigation"), 2)]}
        return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": n + 1, "components": [{"type": "library", "bom-ref": p, "name": p, "purl": p} for p in products],
                "vulnerabilities": [{"id": cve, "analysis": {"state": rng.choice(list(documents.CYCLONEDX)), "justification": "code_not_reachable"}, "affects": [{"ref": p} for p in pick()]}
                                    for cve in rng.sample(CVES, 3)]}

    def test_documents_in_every_form_are_kept_statement_by_statement(self):
        for n in range(12):
            form = ("csaf", "openvex", "cyclonedx")[n % 3]
            doc = self.document(form, n)
            last = self.sql("SELECT coalesce(max(id), 0) FROM vex_statement")[0][0] if n else 0
            self.run_cli("vex", "add", "-", stdin=json.dumps(doc).encode(), status=0)
            got = collections.Counter(self.sql("SELECT v.name, s.status FROM vex_statement s JOIN vulnerability v ON v.id = s.vulnerability WHERE s.id > ?", last))
            self.assertEqual(got, collections.Counter((cve, status) for cve, status, _ in documents.reader_of(doc)(doc)), (form, doc))

    def test_releases_and_two_sources_agree_with_the_truth_and_conflicts_are_shown(self):
        """What two sources say of every release and CVE, by a table that is made here; releases have an order that their text has not."""
        releases = ["2.0-alpha1", "2.0-beta9", "2.0-rc1", "2.0", "2.0.2", "2.3", "2.3.1", "2.3.2", "2.9.1", "2.10.0", "2.12.1", "2.12.2", "2.12.3", "2.12.4", "2.13.0", "2.14.1", "2.15.0",
                    "2.16.0", "2.17.0", "2.17.1", "2.20.0"]
        truth, records = {}, {"ghsa": [], "vdr": []}
        for cve in CVES:
            cuts = sorted(self.rng.sample(range(len(releases)), 4))
            apart = self.rng.randrange(len(releases))  # one release that the other source sees differently
            ghsa = {releases[i] for i in range(len(releases)) if cuts[0] <= i < cuts[1] or cuts[2] <= i < cuts[3]}
            vdr = ghsa ^ {releases[apart]}
            package = {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"}
            events = [{"introduced": releases[cuts[0]]}, {"fixed": releases[cuts[1]]}], [{"introduced": releases[cuts[2]]}, {"fixed": releases[cuts[3]]}]
            records["ghsa"].append({"id": "GHSA-%s" % cve[4:].lower(), "aliases": [cve], "modified": "2021-12-10T00:00:00Z",
                                    "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": e} for e in events]}]})
            records["vdr"].append({"id": "VDR-" + cve, "aliases": [cve], "modified": "2021-12-10T00:00:00Z", "affected": [{"package": package, "versions": sorted(vdr)}]})
            for r in releases:
                truth[r, cve] = {"ghsa": r in ghsa, "vdr": r in vdr}
        self.run_cli("scan", "import", "-", stdin=store.report(releases).encode(), status=0)
        for source in self.rng.sample(list(records), 2):
            path = self.write(source + ".jsonl", "".join(json.dumps(r) + "\n" for r in records[source]))
            self.run_cli("advisory", "add", *(("--source", "vdr") if source == "vdr" else ()), path, status=0)
        word = {True: "affected", False: "not_affected"}
        kept = store.kept(self.database)
        self.assertEqual(kept, {key: ("affected", len(set(says.values())) > 1, {s: word[v] for s, v in says.items()}) for key, says in truth.items() if any(says.values())})
        conflicts = {key for key, (_, conflict, _) in kept.items() if conflict}
        self.assertEqual(len(conflicts), len(CVES))
        for cve in CVES:
            shown = {f["purl"] for f in self.lines("affected", cve, "--json", status=1)[0]["findings"] if f["conflict"]}
            self.assertEqual(shown, {LOG4J % r for r, c in conflicts if c == cve})
            self.assertIn("The sources contradict each other", self.run_cli("why", "releases", cve, status=1).stdout.decode())


if __name__ == "__main__":
    respond_case.main()
