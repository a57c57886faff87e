"""Assets by hand and out of lists, and the timeline that every change leaves."""
import csv
import io
import json
import os
import random

import respond_case
from respond_case import RespondCase

NOTHING = b"nothing was changed"


class Assets(RespondCase):
    def test_add_set_retire_and_what_the_timeline_says(self):
        self.run_cli("asset", "add", "web-1", "--environment", "prod", "--exposure", "public", "--owner", "shop", "--tag", "b", "--tag", "a", status=0)
        self.run_cli("asset", "add", "web-1", "--environment", "production", status=2)
        self.run_cli("asset", "add", "web-1", "--environment", "staging", status=0)
        self.assertIn(b"web-1@ENVIRONMENT", self.run_cli("asset", "set", "web-1", "--owner", "x", status=2).stderr)
        self.run_cli("asset", "set", "web-1@staging", "--exposure", "receives-public-input", "--why", "reads the queue", "--actor", "ann", status=0)
        self.run_cli("asset", "set", "web-1@staging", "--exposure", "receives-public-input", status=0)  # nothing new: no entry
        self.run_cli("asset", "retire", "web-1@production", status=0)
        entries = self.lines("timeline", "--json", status=0)
        self.assertEqual([e["kind"] for e in entries], ["asset.added", "asset.added", "asset.changed", "asset.retired"])
        self.assertEqual(json.loads(entries[0]["now"]), {"name": "web-1", "environment": "production", "exposure": "public", "owner": "shop", "tags": ["a", "b"]})
        change = entries[2]
        self.assertEqual((change["actor"], change["why"], json.loads(change["was"]), json.loads(change["now"])),
                         ("ann", "reads the queue", {"exposure": "unknown"}, {"exposure": "receives-public-input"}))
        self.assertEqual({e["actor"] for e in entries if e is not change}, {"tester"})
        self.assertEqual({e["@timestamp"] for e in entries}, {"2021-12-10T14:00:00Z"})
        self.assertEqual([a["environment"] for a in self.lines("asset", "list", "--json")], ["staging"])
        self.assertEqual(len(self.lines("asset", "list", "--json", "--all")), 2)
        self.run_cli("asset", "add", "web-1", "--environment", "production", status=0)  # it is back, with what was known
        self.assertEqual(self.sql("SELECT owner, retired FROM asset WHERE environment = 'production'"), [("shop", None)])

    def test_a_name_in_one_environment_is_one_asset(self):
        for environment in ("production", "staging"):
            self.run_cli("asset", "add", "web-1", "--environment", environment, status=0)
        self.assertIn(b"another asset has this name", self.run_cli("asset", "set", "web-1@staging", "--environment", "production", status=2).stderr)
        self.run_cli("asset", "set", "web-1@staging", "--environment", "production", "--rename", "web-9", status=0)
        self.assertEqual(sorted(self.assets()), ["web-1", "web-9"])
        self.assertEqual(self.kinds(), ["asset.added", "asset.added", "asset.changed"])

    def test_wrong_words_say_what_to_do(self):
        for args, says in (
            ((), "one of add, list, set, retire, import"),
            (("frob",), "'frob' is unknown"),
            (("add",), "takes NAME"),
            (("list", "x"), "takes no arguments"),
            (("add", "a", "--environment", "moon"), "is not one of development, staging"),
            (("add", "a", "--exposure", "moon"), "is not one of public, internal"),
            (("add", ""), "needs a name"),
            (("set", "nosuch", "--owner", "x"), "no asset is called 'nosuch'"),
            (("import", self.path("none")), "none"),
            (("import", "x", "--map", "nosuch=1"), "FIELD=COLUMN"),
        ):
            with self.subTest(args):
                self.assertIn(says, self.run_cli("asset", *args, status=2).stderr.decode())
        self.assertEqual(self.kinds(), [])
        self.env["CALTROP_NOW"] = "yesterday"
        self.assertIn(b"CALTROP_NOW", self.run_cli("asset", "list", status=2).stderr)
        self.now("2021-12-10")

    def test_lists_again_and_again(self):
        hosts = self.write("hosts.csv", 'Hostname;Stage;Zone;Team;ignored\nweb-1;PRD;public;"a; b";x\nweb-2;DEV;;;y\n')
        options = ("--map", "name=Hostname,environment=Stage,exposure=Zone,owner=Team", "--map", "environment.PRD=production")
        self.assertIn(b"2 assets added", self.run_cli("asset", "import", hosts, *options, status=0).stdout)
        before = self.sql("SELECT * FROM timeline")
        self.assertIn(b"2 as they were", self.run_cli("asset", "import", hosts, *options, status=0).stdout)
        self.assertEqual(self.sql("SELECT * FROM timeline"), before)
        self.run_cli("asset", "set", "web-2", "--owner", "kept", status=0)
        self.write("more.json", json.dumps([{"name": "web-2", "tags": ["x", "y"], "criticality": "high", "what": {"else": [1]}}]))
        self.run_cli("asset", "import", self.path("more.json"), status=0)
        self.run_cli("asset", "import", "-", stdin=b'{"name":"job-1","environment":null}\n{"name":"job-2","owner":"\\u00e9"}\n', status=0)
        got = self.assets()
        self.assertEqual((got["web-1"]["environment"], got["web-1"]["exposure"], got["web-1"]["owner"]), ("production", "public", "a; b"))
        self.assertEqual((got["web-2"]["owner"], got["web-2"]["tags"], got["web-2"]["criticality"]), ("kept", ["x", "y"], "high"))
        self.assertEqual((got["job-1"]["environment"], got["job-2"]["owner"]), ("unknown", "\u00e9"))
        self.run_cli("asset", "import", "-", stdin=b"name,environment\njob-1,production\n", status=0)  # what was unknown is filled in
        self.assertEqual(len(self.assets()), 4)
        self.assertEqual(self.assets()["job-1"]["environment"], "production")

    def test_all_of_a_list_or_nothing(self):
        for text, says in (
            ("name,environment\na,dev\nb,moon\n", "line 3: environment 'moon'"),
            ("name\na\n\"b", "line 3: a quote is not closed"),
            ("name\na\nb,c\n", "line 3: the row has more cells"),
            ("name\na\n  \n", "line 3: the row has no name"),
            ("host\na\n", "no column is called name"),
            ("", "the file is empty"),
            ('[{"name":"a"},\n{"name":"b",]', "line 2: no JSON"),
            ('[{"name":"a"},\n3]', "line 2: an object per asset"),
            ("[" * 100, "line 1"),
        ):
            with self.subTest(text):
                done = self.run_cli("asset", "import", "-", stdin=text.encode(), status=2)
                self.assertIn(says, done.stderr.decode())
                self.assertIn(NOTHING, done.stderr)
                self.assertEqual(done.stdout, b"")
        self.assertEqual(self.sql("SELECT count(*) FROM asset"), [(0,)])
        self.assertEqual(self.kinds(), [])

    def test_what_python_writes_comes_back(self):
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        rng = random.Random(seed)
        alphabet = ["a", "B", " ", ",", ";", '"', "\n", "\r\n", "\t", "\u00e9", "'", "=", "|", "${x}"]
        names = {"n%d%sz" % (i, "".join(rng.choices(alphabet, k=rng.randrange(12)))): "".join(rng.choices(alphabet, k=rng.randrange(12))) for i in range(200)}
        table = io.StringIO()
        writer = csv.writer(table, lineterminator=rng.choice(["\n", "\r\n"]), quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        writer.writerow(["name", "owner"])
        writer.writerows(names.items())
        self.run_cli("asset", "import", "-", stdin=table.getvalue().encode(), status=0)
        self.assertEqual({a["name"]: a.get("owner", "") for a in self.lines("asset", "list", "--json")}, {n.strip(): o.strip() for n, o in names.items()})
        listed = list(csv.DictReader(io.StringIO(self.run_cli("asset", "list", "--output", "csv", status=0).stdout.decode())))
        self.assertEqual(len(listed), len(names))

    def test_hostile_names_are_printed_safely(self):
        self.run_cli("asset", "add", "${jndi:ldap://x/a}\x1b[31m", "--owner", "<script>|`", status=0)
        for args in (("asset", "list"), ("asset", "list", "--json"), ("asset", "list", "--output", "csv"), ("timeline",), ("timeline", "--json"),
                     ("timeline", "--output", "markdown")):
            with self.subTest(args):
                out = self.run_cli(*args, status=0).stdout
                self.assertNotIn(b"${", out)
                self.assertNotIn(b"\x1b", out)
                if "markdown" in args:
                    self.assertNotIn(b"<script>", out)


class Timeline(RespondCase):
    def test_an_altered_or_missing_entry_is_noticed(self):
        for i in range(5):
            self.run_cli("asset", "add", "a%d" % i, status=0)
        self.assertIn(b"5 entries", self.run_cli("timeline", "--verify", status=0).stdout)
        rows = self.sql("SELECT id, hash FROM timeline")
        for change, back in (
            ("UPDATE timeline SET actor = 'someone' WHERE id = 3", "UPDATE timeline SET actor = 'tester' WHERE id = 3"),
            ("UPDATE timeline SET why = 'x' WHERE id = 5", "UPDATE timeline SET why = '' WHERE id = 5"),
        ):
            self.sql(change)
            self.assertIn(b"was altered", self.run_cli("timeline", "--verify", status=3).stderr)
            self.run_cli("store", "check", status=3)
            self.sql(back)
            self.run_cli("timeline", "--verify", status=0)
        self.sql("DELETE FROM timeline WHERE id = 5")
        self.assertIn(b"missing", self.run_cli("timeline", "--verify", status=3).stderr)
        self.assertEqual(len(rows), 5)
        self.broken = True

    def test_since_until(self):
        for hour in (10, 12, 14):
            self.now("2021-12-10T%d:00:00Z" % hour)
            self.run_cli("asset", "add", "at-%d" % hour, status=0)
        self.now("2021-12-10T15:00:00Z")
        self.assertEqual([e["subject"] for e in self.lines("timeline", "--json", "--since", "3h")], ["at-12 (unknown)", "at-14 (unknown)"])
        self.assertEqual([e["subject"] for e in self.lines("timeline", "--json", "--since", "2021-12-10T11:00Z", "--until", "2021-12-10T14:00Z")], ["at-12 (unknown)"])
        self.assertIn(b"take a time like", self.run_cli("timeline", "--since", "soon", status=2).stderr)


class Store(RespondCase):
    def test_backup_and_check(self):
        self.run_cli("asset", "add", "a", status=0)
        copy = self.path("copy.db")
        self.run_cli("store", "backup", copy, status=0)
        self.assertIn(b"exists", self.run_cli("store", "backup", copy, status=2).stderr)
        self.run_cli("asset", "add", "b", status=0)
        os.replace(copy, self.database)
        for end in ("-wal", "-shm"):
            if os.path.exists(self.database + end):
                os.unlink(self.database + end)
        self.assertEqual(list(self.assets()), ["a"])
        (version,), = self.sql("PRAGMA user_version")
        self.sql("PRAGMA user_version = 999")
        self.assertIn(b"newer Caltrop", self.run_cli("asset", "list", status=3).stderr)
        self.sql("PRAGMA user_version = %d" % version)
        self.assertIn(b"backup FILE", self.run_cli("store", status=2).stderr)

    def test_a_full_disk_and_a_folder_that_cannot_be(self):
        self.run_cli("asset", "list", "--data-dir", "/proc/nosuch", status=4)
        if os.path.exists("/dev/full"):
            self.run_cli("asset", "add", "a", status=0)
            with open("/dev/full", "wb") as full:
                self.run_cli("asset", "list", status=4, stdout=full)


if __name__ == "__main__":
    respond_case.main()
