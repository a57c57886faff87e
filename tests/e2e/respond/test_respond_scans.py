"""Reports of scans into the store: whose they are, what a look may close, and that half of one is never taken."""
import hashlib
import os
import random
import signal
import subprocess

import respond_case
from respond_case import RespondCase, component, finding, report

A, B = component("a", path="/srv/a.jar"), component("b", path="/opt/b.jar")


class Identity(RespondCase):
    def test_a_report_makes_or_refreshes_its_asset(self):
        self.run_cli("asset", "add", "web-1", "--environment", "production", "--exposure", "public", status=0)
        self.take(report(components=[A]))
        self.take(report(name="renamed", ended="2021-12-10T13:30:00Z", components=[A]))  # the machine is what counts
        got = self.assets()
        self.assertEqual(list(got), ["web-1"])
        self.assertEqual((got["web-1"]["exposure"], got["web-1"]["machine_id"], got["web-1"]["assessed"]), ("public", "a" * 32, "2021-12-10T13:30:00Z"))
        self.take(report(name="new", machine="b" * 32, hardware="2" * 32))
        self.assertEqual(sorted(self.assets()), ["new", "web-1"])

    def test_collisions_are_shown_and_not_merged(self):
        self.take(report())
        other = self.take(report(machine="b" * 32, hardware="2" * 32), status=3)
        self.assertIn(b"another machine already goes by", other.stderr)
        clone = self.take(report(name="web-2", hardware="3" * 32), status=3)
        self.assertIn(b"web-2 has the machine id of web-1 and other hardware", clone.stderr)
        self.assertEqual(sorted(self.assets()), ["web-1", "web-1#22222222", "web-2"])
        again = report(machine="b" * 32, hardware="2" * 32, ended="2021-12-10T13:10:00Z")
        self.take(again)  # from now on it is known by its machine
        self.assertEqual(len(self.assets()), 3)
        self.assertEqual(self.assets()["web-1#22222222"]["assessed"], "2021-12-10T13:10:00Z")

    def test_a_scan_without_root_is_of_the_same_host(self):
        cards = ["02:fc:00:00:00:01", "02:fc:00:00:00:02"]

        def hardware(uuid, macs):  # as scan/identity.h says
            return hashlib.blake2b(b"".join(part + b"\0" for part in [b"caltrop hardware 1", uuid.encode()] + [m.encode() for m in sorted(macs)]), digest_size=16).hexdigest()
        root, user = hardware("4c4c4544-0042-3510-8054-b4c04f565232", cards), hardware("", cards)
        for n, (first, second) in enumerate(((root, user), (user, root))):
            name, machine = "host-%d" % n, "%032x" % (n + 7)
            with self.subTest(n):
                self.take(report(name=name, machine=machine, hardware=first, macs=cards))
                self.take(report(name=name, machine=machine, hardware=second, macs=cards[::-1], ended="2021-12-10T13:30:00Z"))
                self.assertEqual([(a["name"], a["hardware_id"]) for a in self.assets().values() if a["name"].startswith(name)], [(name, root)])
        self.take(report(name="host-0", machine="%032x" % 7, hardware=hardware("", ["02:fc:00:00:00:09"]), macs=["02:fc:00:00:00:09"]), status=3)  # a clone's are others
        other = hardware("4c4c4544-0042-3510-8054-b4c04f565233", cards)
        self.take(report(name="host-0", machine="%032x" % 7, hardware=other, macs=cards, ended="2021-12-10T13:40:00Z"), status=3)  # other firmware is another machine
        self.assertEqual(len(self.assets()), 4)

    def test_a_name_in_several_environments_is_not_guessed(self):
        self.run_cli("asset", "add", "web-1", "--environment", "production", status=0)
        self.run_cli("asset", "add", "web-1", "--environment", "staging", status=0)
        self.assertIn(b"in several environments", self.take(report(), status=3).stderr)
        self.assertEqual(len(self.assets()), 2)  # by name: web-1 twice
        self.assertEqual(self.sql("SELECT count(*) FROM asset WHERE machine_id = ''"), [(2,)])

    def test_an_image_goes_by_its_name(self):
        self.take(report(image="registry/app:1", roots=(), components=[A]), report(components=[B]))
        self.take(report(name="builder-2", machine="c" * 32, image="registry/app:1", roots=(), ended="2021-12-10T13:30:00Z"))
        self.assertEqual(sorted(self.assets()), ["registry/app:1", "web-1"])
        self.assertEqual(self.open_places(), {"/opt/b.jar"})

    def test_hostile_reports_are_printed_safely(self):
        self.take(report(name="${jndi:ldap://x}\x1b[2J", components=[component("${env:A}", path="/\x1b]0;x")], findings=[finding(cve="${x}", path="/${y}")]))
        for args in (("asset", "list"), ("timeline",), ("timeline", "--json"), ("timeline", "--output", "markdown")):
            out = self.run_cli(*args, status=0).stdout
            self.assertNotIn(b"${", out)
            self.assertNotIn(b"\x1b", out)


class Closing(RespondCase):
    def test_only_a_complete_look_of_at_least_the_same_scope_closes(self):
        wide = {"exclusions": ["*.bak"], "roots": ["/srv", "/opt"]}
        for later, closes in (
            ({}, True),
            ({"roots": ["/"]}, True),
            ({"exclusions": []}, True),
            ({"complete": False}, False),
            ({"host_line": False}, False),
            ({"roots": ["/srv"]}, False),
            ({"roots": ["/srv", "/opt/x"]}, False),
            ({"roots": ["/srv", "/op"]}, False),
            ({"exclusions": ["*.bak", "*.jar"]}, False),
            ({"processes": "no"}, False),
            ({"processes": "own user only"}, False),
            ({"families": "zip"}, False),
            ({"left_out": ["/opt"]}, False),
            ({"left_out": ["/op"]}, True),
        ):
            with self.subTest(later):
                if os.path.exists(self.database):
                    for end in ("", "-wal", "-shm"):
                        if os.path.exists(self.database + end):
                            os.unlink(self.database + end)
                self.take(report(components=[A, B], **wide))
                self.take(report(components=[A], ended="2021-12-10T13:30:00Z", **{**wide, **later}))
                self.assertEqual(self.open_places(), {"/srv/a.jar"} if closes else {"/srv/a.jar", "/opt/b.jar"})
                self.take(report(components=[A, B], ended="2021-12-10T13:40:00Z", **wide))
                self.assertEqual(self.open_places(), {"/srv/a.jar", "/opt/b.jar"})

    def test_twice_is_once(self):
        text = report(components=[A, B], findings=[finding()])
        self.take(text)
        before = self.dump()
        self.now("2021-12-11T00:00:00Z")
        done = self.take(text)
        self.assertIn(b"1 taken before", done.stdout)
        self.assertEqual(self.dump(), before)

    def test_an_older_report_adds_and_never_takes_away(self):
        self.take(report(components=[A]))
        self.take(report(components=[B], ended="2021-12-10T12:00:00Z"))  # the newer complete look did not see it
        self.assertEqual(self.open_places(), {"/srv/a.jar"})
        self.take(report(components=[B], ended="2021-12-10T12:30:00Z", processes="yes", roots=["/", "/mnt"], complete=False))
        self.assertEqual(self.assets()["web-1"]["assessed"], "2021-12-10T13:00:00Z")

    def test_a_report_from_the_future_is_of_now(self):
        self.take(report(components=[A], ended="2031-01-01T00:00:00Z"))
        self.assertEqual(self.assets()["web-1"]["assessed"], "2021-12-10T14:00:00Z")
        self.now("2021-12-10T15:00:00Z")
        self.take(report(components=[], ended="2021-12-10T15:00:00Z"))
        self.assertEqual(self.open_places(), set())

    def test_findings_open_close_and_reopen(self):
        self.take(report(findings=[finding()]))
        self.take(report(findings=[], ended="2021-12-10T13:10:00Z", complete=False))
        key = ("web-1", "CVE-2021-44228", "2.14.1")
        self.assertEqual(self.states(), {key: "affected"})
        self.take(report(findings=[], ended="2021-12-10T13:20:00Z"))
        self.assertEqual(self.states(), {key: "fixed"})
        self.take(report(findings=[finding(state="mitigated")], ended="2021-12-10T13:30:00Z"))
        self.assertEqual(self.states(), {key: "mitigated"})
        self.take(report(findings=[finding(state="affected")], ended="2021-12-10T13:40:00Z", complete=False))  # a partial one that says worse is believed
        self.assertEqual(self.states(), {key: "affected"})
        self.take(report(findings=[finding(state="mitigated")], ended="2021-12-10T13:50:00Z", processes="no"))  # it saw less: not believed
        self.assertEqual([k for k in self.kinds() if k.startswith("finding")], ["finding.opened", "finding.closed", "finding.reopened", "finding.changed"])

    def test_two_places_count_by_the_worse_one(self):
        self.take(report(findings=[finding(state="mitigated", path="/a"), finding(state="affected", path="/b")]))
        self.assertEqual(list(self.states().values()), ["affected"])
        self.take(report(findings=[finding(state="mitigated", path="/a")], ended="2021-12-10T13:30:00Z"))
        self.assertEqual(list(self.states().values()), ["mitigated"])

    def test_partial_looks_never_make_anything_safer(self):
        """Random looks; after each partial one no finding is safer, and nothing is gone that was there."""
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        rng = random.Random(seed)
        order = ["affected", "fixed_on_disk", "under_investigation", "mitigated", "fixed", "not_affected"]
        paths, cves = ["/srv/a", "/srv/b", "/opt/c"], ["CVE-2021-44228", "CVE-2021-45046"]
        for step in range(12):
            partial = rng.random() < 0.6
            found = [finding(cve=c, state=rng.choice(order[:4]), path=p) for p in paths for c in cves if rng.random() < 0.5]
            before, places = (self.states(), self.open_places()) if step else ({}, set())
            self.take(report(findings=found, ended="2021-12-10T13:%02d:00Z" % step, complete=not partial))
            if partial:
                after = self.states()
                self.assertLessEqual(places, self.open_places())
                for key, state in before.items():
                    self.assertLessEqual(order.index(after[key]), order.index(state), (key, step))


    def test_a_partial_look_settles_nothing_by_evidence_of_another_kind(self):
        """The release says affected; that its classes are fixed is believed of a look that saw all of it."""
        self.take(report(findings=[finding(source="package")]))
        key = ("web-1", "CVE-2021-44228", "2.14.1")
        fixed = [finding(source="package"), finding(state="not_affected")]
        self.take(report(findings=fixed, ended="2021-12-10T13:10:00Z", complete=False))
        self.assertEqual(self.states(), {key: "affected"})
        self.take(report(findings=fixed, ended="2021-12-10T12:50:00Z"))  # complete, and older than what is known
        self.assertEqual(self.states(), {key: "affected"})
        self.take(report(findings=fixed, ended="2021-12-10T13:20:00Z"))
        self.assertEqual(self.states(), {key: "not_affected"})

    def test_more_evidence_never_makes_anything_safer(self):
        """Complete looks, each of which sees all that the one before saw, and more."""
        seed = int(os.environ.get("CT_SEED", random.randrange(1 << 32)))
        print("seed", seed)
        rng = random.Random(seed)
        order = ["affected", "fixed_on_disk", "under_investigation", "mitigated", "fixed", "not_affected"]
        found, before = [], {}
        for step in range(12):
            found.append(finding(cve=rng.choice(["CVE-2021-44228", "CVE-2021-45046"]), state=rng.choice(order), path="/srv/%d" % step, source=rng.choice(["class", "package"])))
            self.take(report(findings=rng.sample(found, len(found)), ended="2021-12-10T13:%02d:00Z" % step))
            after = self.states()
            for key, state in before.items():
                self.assertLessEqual(order.index(after[key]), order.index(state), (key, step))
            before = after


class Whole(RespondCase):
    def test_several_at_once(self):
        files = [self.write("r%d.json" % i, report(name="web-%d" % i, machine=("%x" % i) * 32, hardware=("%x" % i) * 32, components=[A, B], findings=[finding()]))
                 for i in range(1, 9)]
        self.run_cli("store", "check", status=0)
        children = [self.start("scan", "import", path) for path in files]
        for child in children:
            out, err = child.communicate(timeout=respond_case.DEADLINE)
            self.assertEqual((child.returncode, err), (0, b""), out)
        self.assertEqual(len(self.assets()), 8)
        self.assertEqual(self.sql("SELECT count(*) FROM component"), [(3,)])
        self.assertEqual(len(self.states()), 8)

    def test_what_is_no_report(self):
        self.assertIn(b"holds no report", self.take("no json\n", status=3).stderr)
        self.run_cli("scan", "import", self.path("none"), status=3)
        self.assertIn(b"2 lines are no part", self.take("Last login: x\n" + report() + "{}\n", status=3).stderr)
        self.assertEqual(list(self.assets()), ["web-1"])
        cut = report(components=[A, B])
        self.take(cut[:len(cut) // 2], status=3)
        self.assertIn(b"go with 'caltrop scan import'", self.run_cli("scan", "--why", "x", self.path("."), status=2).stderr)

    def test_a_real_report(self):
        (self.dir / "root").mkdir()
        self.env.pop("CALTROP_NOW")
        seen = self.run_cli("scan", "--json", "--no-processes", self.path("root"), status=0).stdout
        self.take(seen.decode())
        self.assertEqual(len(self.assets()), 1)

    def test_killed_at_any_moment_it_is_all_there_or_not(self):
        big = report(components=[component("c%d" % i, path="/srv/%d.jar" % i) for i in range(3000)], findings=[finding(path="/srv/l%d.jar" % i) for i in range(50)])
        path = self.write("big.json", big)
        self.take(report(name="first", machine="b" * 32, hardware="9" * 32))
        rng = random.Random(int(os.environ.get("CT_SEED", "1")))
        outcomes = set()
        for attempt in range(12):
            child = subprocess.Popen([respond_case.cli_case.CALTROP, "scan", "import", path], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            faults = 150 if attempt == 0 else rng.randrange(150, 6000)  # memory it touched: a clock that does not depend on the machine's load

            def far_enough(child=child, faults=faults):
                try:
                    with open("/proc/%d/stat" % child.pid) as f:
                        return child.poll() is not None or int(f.read().rsplit(")", 1)[1].split()[7]) >= faults
                except (OSError, IndexError):
                    return child.poll() is not None
            while not far_enough():
                pass
            child.send_signal(signal.SIGKILL)
            child.wait()
            n = self.sql("SELECT count(*) FROM instance")[0][0]
            self.assertIn(n, (0, 3050))
            self.run_cli("store", "check", status=0)
            outcomes.add(n)
            if n:
                break
        self.run_cli("scan", "import", path, status=0)
        self.assertEqual(self.sql("SELECT count(*) FROM instance"), [(3050,)])
        self.assertIn(0, outcomes)


if __name__ == "__main__":
    respond_case.main()
