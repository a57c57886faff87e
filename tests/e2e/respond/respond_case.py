"""What the tests of the store's commands share: a store that goes away, a clock that stands, SQLite's own view of the file."""
import json
import os
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import cli_case  # noqa: E402
from cli_case import DEADLINE, Case  # noqa: E402,F401

cli_case.CALTROP = os.path.abspath(cli_case.CALTROP)


LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@%s"


def component(name="left-pad", version="1.0", path="/srv/a.jar", purl=None, source="pom"):
    return {"purl": purl or "pkg:maven/org.example/%s@%s" % (name, version), "name": name, "version": version, "path": path, "source": source}


def finding(cve="CVE-2021-44228", state="affected", version="2.14.1", path="/srv/log4j-core.jar", source="class", processes=(), severity="critical"):
    return {"cve": cve, "state": state, "purl": LOG4J % version, "name": "log4j-core", "version": version, "path": path, "source": source, "processes": list(processes),
            "severity": severity}


def report(name="web-1", machine="a" * 32, hardware="1" * 32, ended="2021-12-10T13:00:00Z", components=(), findings=(), complete=True, roots=("/",), exclusions=(),
           processes="yes", families="all", left_out=(), image=None, host_line=True, macs=(), **more):
    """A report as `caltrop scan --json` writes it."""
    host = {"name": name}
    if machine:
        host["id"] = machine
    common = {"@timestamp": ended, "host": host}
    if image:
        common["container"] = {"image": {"name": image}}
    lines = []
    for c in components:
        lines.append({**common, "event": {"dataset": "caltrop.scan.component"}, "package": {"name": c["name"], "version": c["version"]},
                      "caltrop": {"source": c["source"], "purl": c["purl"], "path": c["path"]}})
    for f in findings:
        lines.append({**common, "event": {"dataset": "caltrop.scan.finding", "id": "0" * 32}, "vulnerability": {"id": [f["cve"]], "severity": f["severity"]},
                      "package": {"name": f["name"], "version": f["version"]},
                      "caltrop": {"state": f["state"], "source": f["source"], "purl": f["purl"], "path": f["path"], "reason": "seen as %s" % f["state"], "fix": "upgrade",
                                  "evidence": ["%s: a class" % f["path"]], "processes": f["processes"]}})
    own = {"complete": complete, "interrupted": False, "roots": list(roots), "exclusions": list(exclusions), "families": families, "process_scope": processes,
           "privileges": "root", "uid": 0, "left_out": [{"path": p, "text": "on purpose"} for p in left_out], "notes": [], "counts": {}, **more}
    if hardware:
        own["hardware_id"] = hardware
    if host_line:
        lines.append({**common, "event": {"dataset": "caltrop.scan.host", "start": ended, "end": ended}, "host": {**host, "ip": ["192.0.2.1"], "mac": list(macs), "os": {"full": "Debian"}},
                      "caltrop": own})
    return "".join(json.dumps(line) + "\n" for line in lines)


class RespondCase(Case):
    def setUp(self):
        super().setUp()
        self.now("2021-12-10T14:00:00Z")
        self.env["SUDO_USER"] = "tester"

    def now(self, stamp):
        self.env["CALTROP_NOW"] = stamp

    @property
    def database(self):
        return str(self.dir / "data" / "caltrop.db")

    def sql(self, text, *args):
        """By SQLite itself, past our layer; changes too."""
        db = sqlite3.connect(self.database)
        try:
            with db:
                return db.execute(text, args).fetchall()
        finally:
            db.close()

    def lines(self, *args, **options):
        return [json.loads(line) for line in self.run_cli(*args, **options).stdout.splitlines()]

    def assets(self, *args):
        return {a["name"]: a for a in self.lines("asset", "list", "--json", *args, status=0)}

    def kinds(self):
        return [e["kind"] for e in self.lines("timeline", "--json", status=0)]

    def take(self, *texts, status=0):
        """scan import of these reports; what it says."""
        return self.run_cli("scan", "import", "-", stdin="".join(texts).encode(), status=status)

    def open_places(self):
        return {path for (path,) in self.sql("SELECT path FROM instance WHERE gone IS NULL")}

    def states(self, cve=None):
        return {(asset, name, version): state for asset, name, version, state in self.sql(
            "SELECT a.name, v.name, c.version, f.state FROM finding f JOIN asset a ON a.id = f.asset JOIN vulnerability v ON v.id = f.vulnerability "
            "JOIN component c ON c.id = f.component") if cve in (None, name)}

    def dump(self):
        """Everything but the times of taking, for comparing."""
        db = sqlite3.connect(self.database)
        try:
            return list(db.iterdump())
        finally:
            db.close()

    def tearDown(self):
        if os.path.exists(self.database) and not getattr(self, "broken", False):
            self.run_cli("store", "check", status=0)
        super().tearDown()


def main():
    cli_case.main()
