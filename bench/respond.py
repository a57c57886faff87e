#!/usr/bin/env python3
"""Measures the store at the size of a large estate: respond.py BUILD [--assets N] [--components N] [--instances N] [--tmp DIR]

Makes a database in a folder that goes away (default: 10,000 assets, 60,000 components, 2 million instances; some 500 MB), then measures `affected` at the
store and as a command, deriving for a new advisory against a full scan in SQL, attempts against all assets, and `scan import` of 1,000 reports. Prints a table; exit status 1 when a limit
was missed. At the store it is processor time, as in bench/run.py; whole commands by the clock on the wall.

Deriving for a new advisory includes all that it writes: the record, its matches, findings, verdicts, clocks and timeline entries. It is compared with what it spares: one SQL
statement that holds each of the instances against every advisory again (respond_bench.c shows it), which compares no version, decides and writes nothing. A scan that
looks for one package name alone does less still; its figure is told beside it.
"""
import argparse
import json
import os
import pathlib
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

DAY = 86400 * 10**6
NOW = 1639144800 * 10**6
CVE = "CVE-2021-44228"


def fill(path, assets, components, instances):
    rng = random.Random(7)
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    environments, exposures = ["production", "production", "staging", "development"], ["internal", "internal", "public", "receives-public-input", "unknown"]
    with db:
        db.executemany("INSERT INTO asset (id, name, environment, exposure, owner, criticality, machine_id, hardware_id, added, looked, assessed) VALUES (?,?,?,?,?,'',?,'',?,?,?)",
                       ((i, "host-%05d" % i, rng.choice(environments), rng.choice(exposures), "team-%d" % (i % 40), "%032x" % i, NOW, NOW - DAY if i % 10 else None,
                         NOW - DAY * (i % 9) if i % 10 else None) for i in range(1, assets + 1)))
        db.executemany("INSERT INTO look (id, asset, kind, digest, started, ended, taken, complete, roots, exclusions, processes, families, reporter) "
                       "VALUES (?,?,'scan',?,?,?,?,1,'[\"/\"]','[]',2,'all','{}')", ((i, i, b"%016d" % i, NOW - DAY, NOW - DAY, NOW - DAY) for i in range(1, assets + 1)))
        packages = components // 6

        def component(i):
            if i <= 10:
                return i, "pkg:maven/org.apache.logging.log4j/log4j-core@2.%d.0" % (i + 6), "2.%d.0" % (i + 6), "Maven", "org.apache.logging.log4j:log4j-core"
            name = "thing-%d" % (i % packages)
            return i, "pkg:maven/org.example/%s@1.%d" % (name, i // packages), "1.%d" % (i // packages), "Maven", "org.example:" + name
        db.executemany("INSERT INTO component (id, purl, version, ecosystem, name) VALUES (?,?,?,?,?)", (component(i) for i in range(1, components + 1)))
        each = instances // assets

        def places():
            for asset in range(1, assets + 1):
                chosen = {rng.randrange(11, components + 1) for _ in range(each - 1)}
                if asset % 3 == 0:
                    chosen.add(1 + asset % 10)
                while len(chosen) < each:
                    chosen.add(rng.randrange(11, components + 1))
                for c in sorted(chosen):
                    yield asset, c, "/srv/app/lib/%d.jar" % c, NOW - DAY, NOW - DAY, asset
        db.executemany("INSERT INTO instance (asset, component, path, source, first_seen, seen, look) VALUES (?,?,?,'pom',?,?,?)", places())
    db.execute("ANALYZE")
    db.close()


def reports(folder, n):
    rng = random.Random(9)
    files = []
    for i in range(n):
        common = {"@timestamp": "2021-12-10T13:00:00Z", "host": {"id": "%032x" % (1 << 64 | i), "name": "fresh-%d" % i}}
        lines = [{**common, "event": {"dataset": "caltrop.scan.component"}, "package": {"name": "p%d" % k, "version": "1.%d" % (k % 7)},
                  "caltrop": {"source": "pom", "purl": "pkg:maven/org.example/p%d@1.%d" % (k, k % 7), "path": "/srv/%d.jar" % k}} for k in rng.sample(range(20000), 200)]
        lines.append({**common, "event": {"dataset": "caltrop.scan.host", "start": "2021-12-10T13:00:00Z", "end": "2021-12-10T13:00:00Z"},
                      "caltrop": {"complete": True, "roots": ["/"], "exclusions": [], "families": "all", "processes": "yes", "counts": {}}})
        path = folder / ("r%d.json" % i)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        files.append(str(path))
    return files


def bill(folder, n):
    """A bill of materials of 1,000 components, hardly any of them seen before."""
    path = folder / ("bill%d.json" % n)
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"name": "shop"}}, "components": [
        {"type": "library", "group": "org.example", "name": "b%d-%d" % (n, i), "version": "1.%d" % (i % 7), "purl": "pkg:maven/org.example/b%d-%d@1.%d" % (n, i, i % 7),
         "licenses": [{"license": {"id": "Apache-2.0"}}], "hashes": [{"alg": "SHA-256", "content": "%064x" % i}]} for i in range(1000)]}, indent=1))
    return str(path)


def attempts(folder, n_assets, n):
    """Events of the detector's kind: n attempts of 100 campaigns over the logs of 200 services, which all assets serve."""
    rng = random.Random(10)
    fires = [{"versions": "2.0-beta9-2.14.1", "sink": sink, "setting": ""} for sink in ("message", "single-pass message")]
    lower = [{"versions": "2.13.0-2.14.1", "sink": "message", "setting": ""}]
    with open(folder / "attempts.ndjson", "w", encoding="ascii") as out:
        for i in range(n):
            campaign = rng.randrange(100)
            out.write(json.dumps({"@timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW // 10**6 - rng.randrange(86400))), "event": {"dataset": "caltrop.attempt", "id": "%032x" % i},
                                  "source": {"address": "192.0.2.%d" % rng.randrange(250)}, "http": {"response": {"status_code": rng.choice((200, 403))}},
                                  "log": {"file": {"path": "/var/log/svc-%d/access.log" % rng.randrange(200)}},
                                  "caltrop": {"line": i, "grade": "exploit", "certainty": "certain", "condition": [], "fires": lower if campaign % 3 == 0 else fires,
                                              "indicators": [{"scheme": "ldap", "host": "c%d.example" % campaign, "port": 389, "path": "/a"}],
                                              "campaign": "ldap c%d.example:389 /a" % campaign, "normal": "x"}}) + "\n")
    with open(folder / "routes.csv", "w", encoding="ascii") as out:
        out.write("service,log,asset,role\n")
        for i in range(1, n_assets + 1):
            out.write("svc-%d,/var/log/svc-%d/*,host-%05d,%s\n" % (i % 200, i % 200, i, "reads" if i % 5 == 0 else "serves"))
    return str(folder / "attempts.ndjson"), str(folder / "routes.csv")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    for name, value in (("assets", 10000), ("components", 60000), ("instances", 2000000), ("reports", 1000), ("attempts", 50000)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--tmp", default=None)
    parser.add_argument("--write", type=pathlib.Path)
    o = parser.parse_args()
    caltrop, bench = o.build.resolve() / "caltrop", o.build.resolve() / "bench/respond_bench"
    rows, missed = [], 0

    def row(what, value, unit, limit):
        nonlocal missed
        missed += value > limit
        rows.append("| %s | %.1f %s | %g %s | %s |" % (what, value, unit, limit, unit, "kept" if value <= limit else "MISSED"))

    with tempfile.TemporaryDirectory(prefix="caltrop-bench-", dir=o.tmp) as name:
        folder = pathlib.Path(name)
        env = dict(os.environ, CALTROP_DATA_DIR=name, CALTROP_NOW="2021-12-10T14:00:00Z")

        def run(*args, ok=(0,)):
            begin = time.monotonic()
            done = subprocess.run([caltrop, *args], env=env, stdout=subprocess.PIPE, check=False)
            if done.returncode not in ok:
                sys.exit("bench: caltrop %s ended with %d" % (" ".join(args[:3]), done.returncode))
            return (time.monotonic() - begin) * 1e3
        run("asset", "list")
        fill(folder / "caltrop.db", o.assets, o.components, o.instances)
        run("advisory", "add", "--name", CVE, "--package", "pkg:maven/org.apache.logging.log4j/log4j-core", "--range", "[2.0,2.15.0)", "--severity", "critical")
        out = subprocess.run([bench, folder / "caltrop.db", CVE, "pkg:maven/org.example/thing-77", "[1.1,1.4)", "org.example:thing-77"], stdout=subprocess.PIPE,
                             check=True).stdout.decode()
        got = {line.split()[0]: float(line.split()[1]) for line in out.splitlines()}
        row("affected, at the store (%d findings)" % got["affected_findings"], got["affected_ms"], "ms", 20)
        row("affected, as a command", statistics.median(run("affected", CVE, ok=(1,)) for _ in range(9)), "ms", 100)
        row("deriving for a new advisory (%d findings)" % got["derive_findings"], got["derive_ms"], "ms", 200)
        row("the same as a part of evaluating every instance again in SQL (%.0f ms)" % got["full_scan_ms"], 100 * got["derive_ms"] / got["full_scan_ms"], "%", 1)
        rows.append("| the same as a part of a scan that only looks for one name (%.0f ms) | %.1f %% | - | |" % (got["name_scan_ms"], 100 * got["derive_ms"] / got["name_scan_ms"]))
        row("every due time set anew by a stricter policy", run("policy", "use", "mailgun-incident"), "ms", 1000)
        row("sla overdue, as a command", statistics.median(run("sla", "overdue", "--within", "4w", ok=(1,)) for _ in range(5)), "ms", 150)
        row("report, as a command", statistics.median(run("report") for _ in range(3)), "ms", 1000)
        row("a bill of materials of 1,000 components, as a command", statistics.median(run("sbom", "add", "host-00007", bill(folder, n)) for n in range(9)), "ms", 30)
        events, routes = attempts(folder, o.assets, o.attempts)
        row("%d routes" % o.assets, run("route", "import", routes) / 1e3, "s", 5)
        row("%d attempts imported" % o.attempts, run("attempts", "import", events) / 1e3, "s", 10)
        row("attempts --against-assets, 100 campaigns", statistics.median(run("attempts", "--against-assets", ok=(1,)) for _ in range(5)), "ms", 2000)
        files = reports(folder, o.reports)
        row("%d reports of 200 components" % o.reports, run("scan", "import", *files) / 1e3, "s", 20)
        row("largest peak memory of a command", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, "MiB", 256)
    table = "| %d assets, %d components, %d instances | measured | limit | |\n|---|---|---|---|\n%s" % (o.assets, o.components, o.instances, "\n".join(rows))
    print(table)
    if o.write:
        o.write.write_text(table + "\n\nCommands by the clock, median. Made by `make bench-respond`.\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
