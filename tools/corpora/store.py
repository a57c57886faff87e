"""Two sources side by side in the store: every release of log4j-core, GHSA's records and Apache's own ranges, against osv/log4j-core-truth.tsv.

Per release and CVE the state is affected when one of the two says so, each one's verdict is kept, and a conflict is marked where they differ, and only there.
"""
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile

from corpora import versions

PURL = "pkg:maven/org.apache.logging.log4j/log4j-core@"


def report(releases):
    host = {"name": "releases", "id": "a" * 32}
    common = {"@timestamp": "2021-12-10T13:00:00Z", "host": host}
    lines = [{**common, "event": {"dataset": "caltrop.scan.component"}, "package": {"name": "log4j-core", "version": r},
              "caltrop": {"source": "pom", "purl": PURL + r, "path": f"/srv/{r}.jar"}} for r in releases]
    lines.append({**common, "event": {"dataset": "caltrop.scan.host", "start": "2021-12-10T13:00:00Z", "end": "2021-12-10T13:00:00Z"},
                  "caltrop": {"complete": True, "roots": ["/"], "exclusions": [], "families": "all", "processes": "yes", "counts": {}}})
    return "".join(json.dumps(line) + "\n" for line in lines)


def vendor_records(root, tools, releases, cves):
    """Apache's ranges as OSV records of listed versions."""
    ranges = versions.vdr_ranges(root)
    for cve in cves:
        listed = set()
        for vers in ranges[cve]:
            inside = versions.answers([tools / "version_tool", "range"], [f"Maven\t{vers}\t{r}" for r in releases])
            listed |= {r for r, answer in zip(releases, inside) if answer == "in"}
        yield {"id": "VDR-" + cve, "aliases": [cve], "modified": "2025-01-01T00:00:00Z",
               "affected": [{"package": {"ecosystem": "Maven", "name": "org.apache.logging.log4j:log4j-core"}, "versions": sorted(listed)}]}


def kept(database):
    """(release, CVE) -> (state, conflict, source -> verdict)"""
    db = sqlite3.connect(database)
    said = {}
    for finding, source, state in db.execute("SELECT finding, source, state FROM verdict"):
        said.setdefault(finding, {})[source.split()[1]] = state
    found = {(release, cve): (state, bool(conflict), said.get(finding, {})) for finding, release, cve, state, conflict in db.execute(
        "SELECT f.id, c.version, v.name, f.state, f.conflict FROM finding f JOIN component c ON c.id = f.component JOIN vulnerability v ON v.id = f.vulnerability")}
    db.close()
    return found


def run(root, tools, caltrop, say):
    path = root / "osv/log4j-core-truth.tsv"
    if not path.exists():
        return 0, 0, 0
    head, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    cves = sorted({title.partition(":")[2] for title in head[1:]})
    passed = failed = conflicts = 0
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, CALTROP_DATA_DIR=folder, CALTROP_NOW="2021-12-10T14:00:00Z")
        vendor = pathlib.Path(folder) / "vdr.jsonl"
        vendor.write_text("".join(json.dumps(r) + "\n" for r in vendor_records(root, tools, [r[0] for r in rows], cves)))
        for args, text in ((["scan", "import", "-"], report([r[0] for r in rows])), (["advisory", "add", *sorted((root / "osv").glob("GHSA-*.json"))], ""),
                           (["advisory", "add", "--source", "vdr", vendor], "")):
            subprocess.run([caltrop, *args], input=text.encode(), stdout=subprocess.DEVNULL, env=env, check=True)
        found = kept(pathlib.Path(folder) / "caltrop.db")
    word = {True: "affected", False: "not_affected"}
    for row in rows:
        cells = dict(zip(head, row))
        for cve in cves:
            says = {source.lower(): cells[f"{source}:{cve}"] == "affected" for source in ("GHSA", "VDR")}
            have = found.get((row[0], cve))
            differ = len(set(says.values())) > 1
            conflicts += differ
            if have == (("affected", differ, {s: word[v] for s, v in says.items()}) if any(says.values()) else None):
                passed += 1
            else:
                failed += 1
                if failed <= 10:
                    say(f"store: {row[0]} {cve}: {says}, and the store holds {have}")
    say(f"store: {passed} of {passed + failed} releases x CVEs with both verdicts kept, {conflicts} conflicts shown")
    return passed, failed, 0
