"""The outlets for people: mail through a relay, and the journal. Each against a receiver that misbehaves in every way, on loopback; what arrives
is read by Python's own json and email modules."""
import array
import base64
import email
import email.policy
import email.utils
import json
import mmap
import os
import re
import socket
import ssl
import struct
import threading

import harness
from alerts import EVIL, QUICK, Sends, alert, quiet
from harness import Certificates, DEADLINE


class Relay:
    """An SMTP server; behave(relay, k, verb, line) answers a command of the k-th connection, or None for the usual answer. A mail is noted
    when its end gets the usual answer."""

    def __init__(self, pem=None, behave=None, port=0, extensions=("8BITMIME",)):
        self.context = None
        if pem:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pem)
        self.behave = behave or (lambda relay, k, verb, line: None)
        self.extensions = list(extensions) + (["STARTTLS"] if pem else [])
        self.lock = threading.Condition()
        self.mails, self.connections, self.encrypted, self.commands = [], 0, 0, []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                k = self.connections
                self.connections += 1
            threading.Thread(target=self.handle, args=(sock, k), daemon=True).start()

    def handle(self, sock, k):
        try:
            with sock:
                self.talk(sock, k)
        except (OSError, EOFError, ssl.SSLError):
            pass

    def answer(self, sock, k, verb, line, usual, first=lambda: None):
        """first: what is done before the usual answer is sent, since the client may be gone right behind it."""
        got = self.behave(self, k, verb, line)
        if got == "hang up":
            raise EOFError
        if got == "say nothing":
            sock.recv(1)
            raise EOFError
        if not got:
            first()
        got = got or usual
        sock.sendall(got.encode())
        return got

    def talk(self, sock, k):
        self.answer(sock, k, "CONNECT", "", "220 relay.example ESMTP\r\n")
        self.talk_on(sock, k)

    def talk_on(self, sock, k):
        with sock.makefile("rb") as stream:
            self.commands_of(sock, stream, k)

    def commands_of(self, sock, stream, k):
        sender, to = None, []
        while True:
            line = stream.readline()
            if not line:
                return
            assert line.endswith(b"\r\n") and len(line) <= 512, line
            line = line[:-2].decode("ascii")
            verb = line.split(" ")[0].upper()
            with self.lock:
                self.commands.append(line)
            if verb == "EHLO":
                lines = ["relay.example"] + self.extensions
                self.answer(sock, k, verb, line, "".join("250-%s\r\n" % x for x in lines[:-1]) + "250 %s\r\n" % lines[-1])
            elif verb == "STARTTLS":
                if self.answer(sock, k, verb, line, "220 go\r\n").startswith("220"):
                    stream.close()
                    with self.context.wrap_socket(sock, server_side=True) as inner:
                        with self.lock:
                            self.encrypted += 1
                        self.talk_on(inner, k)
                    return
            elif verb == "MAIL":
                sender = re.fullmatch(r"MAIL FROM:<([^>]*)>", line).group(1)
                self.answer(sock, k, verb, line, "250 ok\r\n")
            elif verb == "RCPT":
                address = re.fullmatch(r"RCPT TO:<([^>]*)>", line).group(1)
                if self.answer(sock, k, verb, line, "250 ok\r\n").startswith("250"):
                    to.append(address)
            elif verb == "DATA":
                if self.answer(sock, k, verb, line, "354 go on\r\n").startswith("354"):
                    body = self.read_data(stream)
                    self.answer(sock, k, "END", "", "250 queued\r\n", lambda: self.note(sender, to, body))
            elif verb == "QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                self.answer(sock, k, verb, line, "502 what\r\n")

    def read_data(self, stream):
        body = []
        while True:
            line = stream.readline()
            if not line:
                raise EOFError
            assert line.endswith(b"\r\n") and len(line) <= 1000 and all(c < 128 for c in line), line
            if line == b".\r\n":
                return b"".join(body)
            body.append(line[1:] if line.startswith(b".") else line)

    def note(self, sender, to, body):
        with self.lock:
            self.mails.append((sender, list(to), email.message_from_bytes(body, policy=email.policy.default)))
            self.lock.notify_all()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(DEADLINE)


class Mail(Sends):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.pem = cls.certificates.leaf("good", "IP:127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.certificates.remove()

    def relay(self, *args, **more):
        r = Relay(*args, **more)
        self.closers.append(r.close)
        return r

    def mail(self, port, query="from=decoy@web1.example&to=soc@corp.example", **options):
        t = self.tool("smtp://127.0.0.1:%d?%s" % (port, query), **{**QUICK, **options})
        self.assertEqual(t.greeting, "open")
        return t

    def ids(self, relay):
        return [m["Message-ID"] for _, _, m in relay.mails]

    def test_a_mail_as_promised(self):
        relay = self.relay()
        tool = self.mail(relay.port, "from=decoy@web1.example&to=soc@corp.example,on%2Bcall@corp.example")
        for n in range(3):
            self.send(tool, n, alert(n))
        self.send(tool, 50, quiet("event"))
        self.send(tool, 51, quiet("state", state="alive"))
        s = tool.await_stats(lambda s: s["delivered"] == 5)
        self.assertEqual((s["failures"], s["last_error"]), (0, ""))
        tool.close()
        self.assertEqual(len(relay.mails), 3)
        self.assertEqual(len(set(self.ids(relay))), 3)
        for n, (sender, to, m) in enumerate(relay.mails):
            self.assertEqual((sender, to), ("decoy@web1.example", ["soc@corp.example", "on+call@corp.example"]))
            self.assertEqual(m["From"], "decoy@web1.example")
            self.assertEqual([a.addr_spec for a in m["To"].addresses], to)
            self.assertEqual(m["Subject"], "[caltrop] JNDI payload (exploit) from 10.0.0.7 on web1")
            self.assertTrue(m["Message-ID"].startswith("<%032x.caltrop@" % n))
            self.assertTrue(m["References"].startswith("<%032x.caltrop@" % 77))
            self.assertEqual(m["Auto-Submitted"], "auto-generated")
            self.assertIsNone(m["Bcc"])
            self.assertEqual(m.defects, [])
            self.assertLess(abs(email.utils.parsedate_to_datetime(m["Date"]).timestamp() - os.stat(self.dir).st_mtime), 600)
            text = m.get_content().replace("\r\n", "\n")
            self.nothing_live(text)
            self.assertIn("normal: \\x24{jndi:ldap[:]//evil[.]example:1389/a}", text)
            self.assertIn("\\x0d\\x0aBcc: x@y[.]example", text)
            self.assertIn("source ip: 10.0.0.7\n", text)
            self.assertIn("techniques: connect, syn\n", text)
            self.assertIn("\u00e9", text)

    def test_a_line_of_dots_and_long_lines(self):
        relay = self.relay()
        tool = self.mail(relay.port)
        self.send(tool, 1, alert(1, message="." * 300, caltrop={"normal": "." + "\u00e9=" * 5000, "field": "  "}))
        tool.close()
        text = relay.mails[0][2].get_content().replace("\r\n", "\n")
        self.assertTrue(text.startswith("." * 300 + "\n"))
        self.assertIn("normal: [.]" + "\u00e9=" * 50, text)

    def test_a_relay_that_misbehaves_loses_nothing(self):
        """Each fault once, on the first connections; then it behaves."""
        faults = [("CONNECT", "421 busy\r\n"), ("CONNECT", "hang up"), ("CONNECT", "say nothing"), ("CONNECT", "SSH-2.0-x\r\n"), ("EHLO", "500 no\r\n"),
                  ("EHLO", "250-a\r\n251 b\r\n"), ("EHLO", "250-" + "x" * 3000), ("MAIL", "451 later\r\n"), ("MAIL", "550 who\r\n"),
                  ("RCPT", "450 greylisted\r\n"), ("RCPT", "550 unknown\r\n"), ("DATA", "451 later\r\n"), ("DATA", "hang up"),
                  ("END", "451 disk full\r\n"), ("END", "hang up"), ("END", "say nothing"), ("END", "554 no\r\n")]

        def behave(relay, k, verb, line):
            return faults[k][1] if k < len(faults) and faults[k][0] == verb else None
        relay = self.relay(behave=behave)
        tool = self.mail(relay.port)
        for n in range(5):
            self.send(tool, n, alert(n))
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["dropped"], s["refused"]), (5, 0, 0))
        self.assertEqual(s["failures"], len(faults))
        tool.close()
        self.assertEqual(self.ids(relay), list(dict.fromkeys(self.ids(relay))))
        self.assertEqual(len(relay.mails), 5)

    def test_a_relay_that_is_dead_and_comes_back(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        tool = self.mail(port)
        for n in range(20):
            self.send(tool, n, alert(n))
        tool.await_stats(lambda s: s["failures"] > 1)
        tool.kill()
        tool = self.mail(port)  # what waited outlives the program
        relay = self.relay(port=port)
        tool.await_stats(lambda s: s["waiting"] == 0)
        tool.close()
        self.assertEqual(len(set(self.ids(relay))), 20)

    def test_a_mail_that_is_refused_for_good(self):
        relay = self.relay(behave=lambda r, k, verb, line: "554 spam\r\n" if verb == "END" and k < 3 else None)
        tool = self.mail(relay.port)
        self.send(tool, 1, alert(1))
        self.send(tool, 2, alert(2))
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual((s["delivered"], s["refused"]), (1, 1))
        tool.close()
        self.assertEqual(json.loads(self.refused_lines()[0])["n"], 1)

    def test_one_recipient_of_two(self):
        relay = self.relay(behave=lambda r, k, verb, line: "550 unknown\r\n" if "gone@" in line else None)
        tool = self.mail(relay.port, "from=a@b.example&to=gone@corp.example,soc@corp.example")
        self.send(tool, 1, alert(1))
        s = tool.await_stats(lambda s: s["waiting"] == 0)
        self.assertEqual(s["delivered"], 1)
        self.assertIn("RCPT TO: 550 unknown", s["last_error"])
        tool.close()
        self.assertEqual(relay.mails[0][1], ["soc@corp.example"])

    def test_starttls(self):
        relay = self.relay(self.pem)
        tool = self.mail(relay.port, "from=a@b.example&to=c@d.example&tls=require", ca=self.certificates.ca)
        for n in range(3):
            self.send(tool, n, alert(n))
        tool.close()
        self.assertEqual((len(relay.mails), relay.encrypted), (3, 3))
        self.assertEqual(relay.commands[:4], ["EHLO %s" % relay.commands[0][5:], "STARTTLS", relay.commands[0], "MAIL FROM:<a@b.example>"])

    def login_file(self, text):
        path = os.path.join(self.dir, "login")
        with open(path, "w") as f:
            f.write(text)
        return "from=a@b.example&to=c@d.example&login-file=" + path

    def test_a_login(self):
        """Against Python's own base64, both ways of it; without TLS, or with no way that is known, nothing of it is said."""
        name, password = "decoy@web1.example", "p\u00e4ss: w\u00f6rd "
        query = self.login_file(name + "\n" + password + "\n")

        def words(relay):
            return [base64.b64decode(c.split(" ")[-1]) for c in relay.commands if re.fullmatch(r"(AUTH PLAIN )?[A-Za-z0-9+/]+=*", c) and c not in ("STARTTLS", "QUIT", "DATA")]

        def behave(relay, k, verb, line):
            if verb == "AUTH" or base64.b64encode(password.encode()).decode() == line:
                return "334 VXNlcm5hbWU6\r\n" if line == "AUTH LOGIN" else "235 welcome\r\n"
            return "334 UGFzc3dvcmQ6\r\n" if base64.b64encode(name.encode()).decode() == line else None
        for offer, said in (("AUTH PLAIN LOGIN", [b"\0" + name.encode() + b"\0" + password.encode()]), ("auth=login cram-md5", [name.encode(), password.encode()])):
            relay = self.relay(self.pem, behave=behave)
            relay.extensions = relay.extensions + [offer]
            tool = self.mail(relay.port, query, ca=self.certificates.ca)
            self.send(tool, 1, alert(1))
            tool.close()
            self.assertEqual((len(relay.mails), relay.encrypted), (1, 1))
            self.assertEqual(words(relay), said)
            self.assertLess(relay.commands.index("STARTTLS"), [i for i, c in enumerate(relay.commands) if c.startswith("AUTH")][0])
        for extensions, why in ((["AUTH PLAIN"], "offers no STARTTLS"), (None, "neither AUTH PLAIN nor LOGIN")):
            relay = self.relay(None if extensions else self.pem)
            relay.extensions = extensions or relay.extensions
            tool = self.mail(relay.port, query, ca=self.certificates.ca)
            self.send(tool, 1, alert(1))
            self.assertIn(why, tool.await_stats(lambda s: s["failures"] > 1)["last_error"])
            tool.kill()
            self.assertFalse([c for c in relay.commands if c.startswith("AUTH")])

    def test_a_login_that_is_refused(self):
        """It waits, and its name and password are in no complaint."""
        relay = self.relay(self.pem, behave=lambda r, k, verb, line: "535 no\r\n" if verb == "AUTH" else None)
        relay.extensions = relay.extensions + ["AUTH PLAIN"]
        tool = self.mail(relay.port, self.login_file("me\r\nsecret"), ca=self.certificates.ca)
        self.send(tool, 1, alert(1))
        s = tool.await_stats(lambda s: s["failures"] > 1)
        self.assertIn("AUTH PLAIN: 535 no", s["last_error"])
        self.assertNotIn(base64.b64encode(b"\0me\0secret").decode(), s["last_error"])
        self.assertEqual(s["waiting"], 1)
        tool.kill()

    def test_logins_that_are_none(self):
        for text in ("", "me", "me\n\n", "me\nsecret\nmore", "\nsecret", "x" * 256 + "\nsecret"):
            self.assertTrue(self.tool("smtp://127.0.0.1?" + self.login_file(text)).greeting.startswith("wrong usage"), text)
        self.assertTrue(self.tool("smtp://127.0.0.1?%s&tls=off" % self.login_file("me\nsecret")).greeting.startswith("wrong usage"))
        self.assertTrue(self.tool("smtp://127.0.0.1?from=a@b.example&to=c@d.example&login-file=/nonexistent/x").greeting.startswith("not found"))

    def test_no_tls_on_loopback_unless_asked(self):
        relay = self.relay(self.pem)
        tool = self.mail(relay.port, ca=self.certificates.other)
        self.send(tool, 1, alert(1))
        tool.close()
        self.assertEqual((len(relay.mails), relay.encrypted), (1, 0))

    def test_nothing_in_clear_where_tls_is_required(self):
        for relay, ca in ((self.relay(), self.certificates.ca), (self.relay(self.pem), self.certificates.other),
                          (self.relay(self.pem, behave=lambda r, k, verb, line: "220 go\r\n250 injected\r\n" if verb == "STARTTLS" else None), self.certificates.ca)):
            tool = self.mail(relay.port, "from=a@b.example&to=c@d.example&tls=require", ca=ca)
            self.send(tool, 1, alert(1))
            tool.await_stats(lambda s: s["failures"] > 1)
            tool.kill()
            self.assertEqual(relay.mails, [])
            self.assertFalse([c for c in relay.commands if c.startswith(("MAIL", "DATA"))])

    def test_addresses_that_are_none(self):
        for query in ("", "from=a@b.example", "to=a@b.example", "from=a&to=b@c.example", "from=a@b.example&to=", "from=a@b.example&to=c@d.example,",
                      "from=a@b.example&to=c@d.example%0d%0aDATA", "from=a@b.example&to=%3Cc@d.example%3E", "from=a@b.example&to=c@d.example&cc=x@y.example",
                      "from=a@b.example&to=c@d.example&tls=maybe", "from=a@b.example&to=c%4", "from=a@b.example&to=" + ",".join(["a@b.example"] * 17)):
            self.assertTrue(self.tool("smtp://127.0.0.1?" + query).greeting.startswith("wrong usage"), query)


def entry_of(data):
    """The native protocol, as systemd.io describes it."""
    fields = {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, eq, value = line.partition(b"=")
        if not eq:
            n = struct.unpack("<Q", rest[:8])[0]
            value, data = rest[8:8 + n], rest[8 + n + 1:]
        else:
            data = rest
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]{0,63}", name), name
        assert name not in fields, name
        fields[name.decode()] = value.decode()
    return fields


class Journal(Sends):
    def listen(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = os.path.join(self.dir, "socket")
        s.bind(self.path)
        s.settimeout(DEADLINE)
        self.closers.append(s.close)
        return s

    def receive(self, s):
        data, control, flags, _ = s.recvmsg(1 << 20, socket.CMSG_SPACE(4))
        self.assertFalse(flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC))
        if not control:
            return entry_of(data), False
        self.assertEqual(data, b"")
        fds = array.array("i", control[0][2])
        self.assertEqual(len(fds), 1)
        with os.fdopen(fds[0], "rb") as f:
            import fcntl
            self.assertEqual(fcntl.fcntl(f.fileno(), 1034), 0xf)  # F_GET_SEALS: seal, shrink, grow, write
            return entry_of(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[:]), True

    def test_entries(self):
        s = self.listen()
        tool = self.tool("journald:" + self.path, **QUICK)
        events = [alert(1), quiet("state", state="alive"), alert(3, pad="x" * 400000), alert(4, message="two\nlines ${x}")]
        for n, event in enumerate(events):
            self.send(tool, n, event)
            entry, by_file = self.receive(s)
            self.assertEqual(by_file, n == 2)
            self.assertEqual(json.loads(entry["CALTROP_EVENT"]), event)
            self.assertEqual(entry["SYSLOG_IDENTIFIER"], "caltrop")
            self.assertEqual(entry["PRIORITY"], "6" if n == 1 else "2")
            self.assertEqual(entry["CALTROP_ACTOR"], "%032x" % 77)
            self.assertNotIn("${", entry["MESSAGE"])
        self.assertEqual(entry["MESSAGE"], "two\\x0alines \\x24{x}")
        tool.close()

    def test_a_journal_that_is_away_and_comes_back(self):
        self.path = os.path.join(self.dir, "socket")
        tool = self.tool("journald:" + self.path, **QUICK)
        for n in range(10):
            self.send(tool, n, alert(n))
        tool.await_stats(lambda s: s["failures"] > 1)
        s = self.listen()
        self.assertEqual([json.loads(self.receive(s)[0]["CALTROP_EVENT"])["n"] for _ in range(10)], list(range(10)))
        # Dead in between, and another in its place.
        s.close()
        os.unlink(self.path)
        self.send(tool, 10, alert(10))
        tool.await_stats(lambda s: s["waiting"] == 1)
        s = self.listen()
        self.assertEqual(json.loads(self.receive(s)[0]["CALTROP_EVENT"])["n"], 10)
        tool.close()

    def test_a_journal_that_does_not_read(self):
        s = self.listen()
        tool = self.tool("journald:" + self.path, step=300)
        for n in range(60):
            self.send(tool, n, alert(n, pad="x" * 20000))
        tool.await_stats(lambda s: s["failures"] > 0)
        got = [json.loads(self.receive(s)[0]["CALTROP_EVENT"])["n"] for _ in range(60)]
        self.assertEqual(got, list(range(60)))
        tool.close()


if __name__ == "__main__":
    harness.main()
