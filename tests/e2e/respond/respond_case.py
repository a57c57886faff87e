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

    def tearDown(self):
        if os.path.exists(self.database) and not getattr(self, "broken", False):
            self.run_cli("store", "check", status=0)
        super().tearDown()


def main():
    cli_case.main()
