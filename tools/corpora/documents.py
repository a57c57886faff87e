"""Documents of a corpora folder: bills of materials, what vendors say, the catalogue of exploited vulnerabilities; each against Python's own reading of it.

 * sbom/: every component is in the store; Keycloak's bill, which has log4j-api, log4j-to-slf4j and log4j 1.2.17, raises nothing about log4j-core.
 * csaf/, openvex/, cyclonedx-vex/: every statement is in the store with its status; what is known then goes out as OpenVEX and CycloneDX, and is valid.
 * cisa-log4j/: the status of every product and CVE is the one of cisa.tsv: none is invented, none is lost, and none counts.
 * ncsc-nl/: the history of changes comes through the reader of tables with its words, dates and reversals; as vendors' statements it is kept turn by turn.
 * kev/: every entry, also those that were due before they were added.
"""
import collections
import csv
import gzip
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

CSAF = {"known_affected": "affected", "first_affected": "affected", "last_affected": "affected", "known_not_affected": "not_affected", "fixed": "fixed", "first_fixed": "fixed",
        "under_investigation": "under_investigation"}
CYCLONEDX = {"resolved": "fixed", "resolved_with_pedigree": "fixed", "exploitable": "affected", "in_triage": "under_investigation", "false_positive": "not_affected",
             "not_affected": "not_affected"}


SHELL = "CVE-2021-44228"
LOG4J_CORE = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"


def csaf_statements(doc):
    for v in doc.get("vulnerabilities", []):
        ids = [i["text"] for i in v.get("ids", [])]
        for name, products in v.get("product_status", {}).items():
            for product in products if name in CSAF else []:
                yield v.get("cve") or (ids or [""])[0], CSAF[name], product


def openvex_statements(doc):
    for s in doc["statements"]:
        vulnerability = s["vulnerability"] if isinstance(s["vulnerability"], str) else s["vulnerability"].get("name") or s["vulnerability"].get("@id")
        for product in s.get("products") or [""]:
            one = product if isinstance(product, dict) else {"@id": product}
            for _ in one.get("subcomponents") or s.get("subcomponents") or [None]:
                yield vulnerability, s["status"], one["@id"]


def cyclonedx_statements(doc):
    subject = doc.get("metadata", {}).get("component", {}).get("bom-ref", "")
    for v in doc.get("vulnerabilities", []):
        state = CYCLONEDX.get(v.get("analysis", {}).get("state"), "unknown")
        for a in v.get("affects") or [{"ref": subject}]:
            for version in a.get("versions") or [{}]:
                word = version.get("status", "affected")
                status = "unknown" if word == "unknown" else "not_affected" if word == "unaffected" and state not in ("fixed", "not_affected") else state
                yield v.get("id", ""), status, a["ref"]


def reader_of(doc):
    return openvex_statements if "openvex" in str(doc.get("@context")) else cyclonedx_statements if doc.get("bomFormat") else csaf_statements


class Store:
    def __init__(self, caltrop, folder):
        self.caltrop, self.path = caltrop, pathlib.Path(folder) / "caltrop.db"
        self.env = dict(os.environ, CALTROP_DATA_DIR=str(folder), CALTROP_NOW="2026-01-01T00:00:00Z")

    def run(self, *args, ok=(0,), text=None):
        done = subprocess.run([self.caltrop, *map(str, args)], env=self.env, input=text, capture_output=True, check=False)
        if done.returncode not in ok:
            raise RuntimeError("%s ended with %d: %s" % (" ".join(map(str, args))[:200], done.returncode, done.stderr.decode(errors="replace")[-300:]))
        return done.stdout.decode()

    def sql(self, text):
        db = sqlite3.connect(self.path)
        try:
            return db.execute(text).fetchall()
        finally:
            db.close()


def components(doc):
    """All components of a CycloneDX document in JSON, nested ones too."""
    todo = list(doc.get("components", [])) + doc.get("metadata", {}).get("component", {}).get("components", [])
    while todo:
        one = todo.pop()
        todo += one.get("components", [])
        if one.get("type") != "file" or one.get("purl"):
            yield one


def bills(root, store):
    folder = root / "sbom"
    if not folder.is_dir():
        return
    store.run("advisory", "add", root / "osv", ok=(0, 3))
    places = {}
    for path in sorted(folder.iterdir()):
        store.run("asset", "add", path.name)
        if path.name.endswith("spdx3.json"):
            yield path.name, "SPDX 3 is not read" in store_error(store, path)
            continue
        store.run("sbom", "add", path.name, path)
        held = store.sql("SELECT c.purl, c.version FROM instance i JOIN asset a ON a.id = i.asset JOIN component c ON c.id = i.component WHERE a.name = '%s'" % path.name)
        places[path.name] = {row for row in held}
        if path.suffix == ".json" and path.name.startswith(("cdx", "defectdojo")):
            wanted = list(components(json.loads(path.read_text())))
            yield path.name, len(set(held)) == len({(c.get("purl"), c.get("group"), c["name"], c.get("version")) for c in wanted}) and len(held) > 0
        elif path.name.startswith("spdx"):
            yield path.name, len(held) == len(json.loads(path.read_text())["packages"])
    if "cdx-keycloak-10.0.2.xml" in places:
        yield "Keycloak in XML and in JSON", places["cdx-keycloak-10.0.2.xml"] == places["cdx-keycloak-10.0.2.json"]
        found = {(a, v) for a, v in store.sql("SELECT a.name, v.name FROM finding f JOIN asset a ON a.id = f.asset JOIN vulnerability v ON v.id = f.vulnerability")}
        shell = {"CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"}
        yield "Keycloak raises nothing about log4j-core", not {v for a, v in found if "keycloak" in a or "obom" in a} & shell
        yield "log4j-core 2.13.2 is found, nested too", {a for a, v in found if v == "CVE-2021-44228"} == {n for n in places if n.startswith("defectdojo")}


def store_error(store, path):
    done = subprocess.run([store.caltrop, "sbom", "add", path.name, path], env=store.env, capture_output=True, check=False)
    return done.stderr.decode() if done.returncode else ""


def statements(root, store):
    for path in sorted(p for name in ("csaf", "openvex", "cyclonedx-vex") for p in (root / name).rglob("*.json")):
        doc = json.loads(path.read_text())
        before = store.sql("SELECT coalesce(max(id), 0) FROM vex_statement")[0][0] if store.path.exists() else 0
        store.run("vex", "add", "--source", path.name, path)
        got = collections.Counter((v or "", status) for v, status in store.sql(
            "SELECT v.name, s.status FROM vex_statement s LEFT JOIN vulnerability v ON v.id = s.vulnerability WHERE s.id > %d" % before))
        wanted = collections.Counter((v, status) for v, status, _ in reader_of(doc)(doc))
        yield path.name, got == wanted
    # Each product as an asset of its own, which holds log4j-core 2.14.1: what is said weighs on what the advisories say.
    store.run("advisory", "add", root / "osv", ok=(0, 3))
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "log4j-core", "purl": LOG4J_CORE}]}
    n = 0
    for path in sorted(p for name in ("csaf", "openvex", "cyclonedx-vex") for p in (root / name).rglob("*.json")):
        doc = json.loads(path.read_text())
        said = collections.defaultdict(set)
        for vulnerability, status, product in reader_of(doc)(doc):
            if vulnerability == SHELL and product:
                said[product].add(status)
        for product, statuses in sorted(said.items()):
            n += 1
            asset = "%s %d" % (path.name, n)
            store.run("asset", "add", asset)
            store.run("sbom", "add", asset, "-", text=json.dumps(bill).encode())
            store.run("vex", "add", "--asset", asset, "--product", product, path)
            state, = [s for (s,) in store.sql("SELECT f.state FROM finding f JOIN asset a ON a.id = f.asset JOIN vulnerability v ON v.id = f.vulnerability "
                                              "WHERE v.name = '%s' AND a.name = '%s'" % (SHELL, asset))]
            # Statements with times of their own: the newest counts, whatever the others say.
            dated = any("timestamp" in one for one in doc.get("statements", []))
            # A package URL names a component, which this asset does not hold; a justification may be missing, and then nothing is safer.
            expected = {"affected"} if statuses & {"affected", "under_investigation"} or statuses == {"unknown"} else {"fixed"} if statuses == {"fixed"} else {"not_affected", "affected", "fixed"}
            yield asset, dated or state in expected
    yield "%d products said something of CVE-2021-44228, and none is safer than what was said" % n, n > 0


def validated(root, store, build, say):
    """False, None when the validators cannot be had."""
    if not any((root / name).is_dir() for name in ("csaf", "openvex", "cyclonedx-vex")):
        return None
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for form in ("openvex", "cyclonedx"):
            path = pathlib.Path(folder) / (form + ".json")
            path.write_text(store.run("vex", "export", "--format", form))
            files.append(str(path))
        script = pathlib.Path(__file__).resolve().parent.parent.parent / "tests/unit/vex/against_vex_tools.py"
        done = subprocess.run([sys.executable, "-B", str(script), "--files", str(build), *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            say(done.stdout.decode(errors="replace")[-800:])
        return None if done.returncode == 77 else done.returncode == 0


def cisa(root, store):
    path, table = root / "cisa-log4j/cisagov.yml", root / "cisa-log4j/cisa.tsv"
    if not path.exists() or not table.exists():
        return
    words = {"affected": ["affected"], "fixed": ["fixed"], "unaffected": ["not_affected"], "affected+fixed": ["affected", "fixed"]}
    wanted, got = collections.defaultdict(list), collections.defaultdict(list)
    with open(table, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            wanted[row["vendor"], row["product"], row["cve"]] += words.get(row["status"], ["unknown"])
    store.run("vex", "add", "--source", "CISA", path)
    for vendor, product, cve, status in store.sql("SELECT s.vendor, s.product, v.name, s.status FROM vex_statement s JOIN vex_document d ON d.id = s.document "
                                                  "JOIN vulnerability v ON v.id = s.vulnerability WHERE d.source = 'CISA'"):
        got[vendor, product, cve].append(status)
    yield "CISA's list: %d products and CVEs, not one status invented" % len(wanted), {k: sorted(v) for k, v in got.items()} == {k: sorted(v) for k, v in wanted.items()}
    yield "CISA's list closes nothing", store.sql("SELECT count(*) FROM vex_statement s JOIN vex_document d ON d.id = s.document WHERE d.source = 'CISA' AND s.refused = ''") == [(0,)]


NCSC = {"not_affected": "not_affected", "fixed": "fixed", "affected": "affected", "under_investigation": "under_investigation", "workaround": "affected", "vuln": "affected",
        "mitigation": "affected", "fixed+workaround": "affected", "under investigation": "under_investigation", "not vulnerable": "not_affected", "vulnerable/fix": "affected",
        "workaround/vulnerable": "affected", "mitigated": "affected", "fix/vulnerable": "affected", "fix/mitigation": "affected"}


def reversals(changes):
    """Products that went from not affected to needing action: to patch, or to wait for a patch."""
    last, turned = {}, set()
    for key, status in changes:
        if status in ("affected", "fixed") and last.get(key) == "not_affected":
            turned.add(key[:2])
        last[key] = status
    return turned


def history(path):
    """Rows of date, vendor, product, ordinal, CVE, status."""
    rows = []
    for line in gzip.open(path, "rt", encoding="utf-8").read().split("\n")[1:]:
        cells = line.split("\t")
        if len(cells) >= 7:  # a product may hold a tab itself
            rows.append([cells[0], cells[1], " ".join(cells[2:-4]), cells[-4], cells[-3], cells[-1]])
    return rows


def table(rows, path):
    with open(path, "w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["date", "vendor", "product", "ordinal", "cve", "status"])
        writer.writerows(rows)
    return path


def ncsc(root, tools):
    path = root / "ncsc-nl/ncsc-history.tsv.gz"
    if not path.exists():
        return
    rows, wanted = history(path), []
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run([tools / "vex_tool", table(rows, pathlib.Path(folder) / "history.csv")], stdout=subprocess.PIPE, check=True).stdout.decode()
    got = [json.loads(line) for line in out.splitlines()]
    for row in rows:
        wanted.append((tuple(row[1:5]), NCSC.get(row[5].strip().lower(), "unknown")))
    read = [((s.get("vendor", ""), s.get("product", ""), s.get("id", ""), s["vulnerability"]), s["status"]) for s in got if "status" in s]
    yield "NCSC's history: %d changes" % len(rows), len(rows) == 20056 and [(tuple(c.strip() for c in k), s) for k, s in wanted] == read
    yield "NCSC's history: %d products turned from not affected to needing action" % len(reversals(read)), len(reversals(read)) == 33


GRAVE = ("affected", "under_investigation", "unknown", "fixed", "not_affected")


def turns(rows):
    """(vendor, product, CVE) -> its statuses one after the other, each once; of one date the least safe. rows: (vendor, product, CVE, date, status)."""
    said, order = {}, []
    for vendor, product, cve, date, status in rows:
        key = (vendor.strip().lower(), product.strip(), cve, date)
        if key not in said:
            order.append(key)
            said[key] = status
        said[key] = min(said[key], status, key=GRAVE.index)
    sequences = collections.defaultdict(list)
    for key in order:
        if sequences[key[:3]][-1:] != [said[key]]:
            sequences[key[:3]].append(said[key])
    return dict(sequences)


def vendors(root, store):
    """The same lists as what vendors say: kept one after the other, with all reversals."""
    path = root / "ncsc-nl/ncsc-history.tsv.gz"
    if path.exists():
        rows = history(path)
        store.run("vendor", "import", table(rows, pathlib.Path(store.env["CALTROP_DATA_DIR"]) / "history.csv"))
        got = collections.defaultdict(list)
        for vendor, product, cve, status in store.sql("SELECT w.key, p.name, v.name, s.status FROM vendor_statement s JOIN vendor_product p ON p.id = s.product JOIN vendor w ON w.id = p.vendor "
                                                      "JOIN vulnerability v ON v.id = s.vulnerability ORDER BY s.id"):
            if got[vendor, product, cve][-1:] != [status]:
                got[vendor, product, cve].append(status)
        wanted = turns((r[1], r[2], r[4], r[0], NCSC.get(r[5].strip().lower(), "unknown")) for r in rows)
        yield "NCSC's history as vendors' statements: %d turns of %d products and CVEs" % (sum(len(v) - 1 for v in got.values()), len(got)), dict(got) == wanted
    path = root / "cisa-log4j/cisagov.yml"
    if path.exists():
        last = store.sql("SELECT coalesce(max(id), 0) FROM vendor_statement")[0][0]
        store.run("vendor", "import", path)
        words = {"affected": "affected", "fixed": "fixed", "unaffected": "not_affected", "affected+fixed": "affected"}
        allowed = collections.defaultdict(set)
        with open(root / "cisa-log4j/cisa.tsv", encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
                allowed[row["vendor"].strip().lower(), row["product"], row["cve"]].add(words.get(row["status"], "unknown"))
        said = store.sql("SELECT w.key, p.name, v.name, s.status FROM vendor_statement s JOIN vendor_product p ON p.id = s.product JOIN vendor w ON w.id = p.vendor "
                         "JOIN vulnerability v ON v.id = s.vulnerability WHERE s.id > %d" % last)
        yield "CISA's list as vendors' statements: %d, not one status invented" % len(said), len(said) > 17000 and all(
            status in allowed[vendor, product, cve] for vendor, product, cve, status in said)


def kev(root, store):
    path = root / "kev/known_exploited_vulnerabilities.json"
    if not path.exists():
        return
    entries = json.loads(path.read_text())["vulnerabilities"]
    store.run("advisory", "kev", path)
    got = store.sql("SELECT count(*), sum(kev_due < kev_added) FROM vulnerability WHERE kev_added IS NOT NULL")
    yield "KEV: %d entries" % len(entries), got == [(len(entries), sum(e["dueDate"] < e["dateAdded"] for e in entries))]


def run(root, tools, caltrop, build, say):
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, tempfile.TemporaryDirectory() as three, tempfile.TemporaryDirectory() as four:
        said = Store(caltrop, two)
        parts = [bills(root, Store(caltrop, one)), statements(root, said), cisa(root, Store(caltrop, three)), ncsc(root, tools), vendors(root, Store(caltrop, four)), kev(root, Store(caltrop, three))]
        for part in parts:
            try:
                for what, good in part:
                    passed += bool(good)
                    failed += not good
                    if not good or " " in what and ".json " not in what:
                        say(f"{what}: {'ok' if good else 'DIFFERS'}")
            except (RuntimeError, subprocess.CalledProcessError) as e:
                say(str(e))
                failed += 1
        valid = validated(root, said, build, say)
        say("what goes out is valid: " + {True: "ok", False: "DIFFERS", None: "skipped"}[valid])
        passed += valid is True
        failed += valid is False
        skipped += valid is None
    return passed, failed, skipped
