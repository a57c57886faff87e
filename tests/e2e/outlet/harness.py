"""What the outlet tests share: the driven program, certificates made by openssl, and a scripted HTTP(S) server.

Everything listens on loopback, on ports the kernel chose; every wait is for a condition, with a long deadline.
"""
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

DEADLINE = 60
TOOL = None


def event(n, size=0):
    pad = "x" * max(0, size - 40)
    return json.dumps({"event": {"id": "%032x" % n}, "n": n, "pad": pad}, separators=(",", ":"))


class Tool:
    """The outlet in a process of its own. `options` become --name value."""

    def __init__(self, url, spool, env=None, **options):
        arguments = [TOOL]
        options.setdefault("backoff", 5)
        options.setdefault("backoff_max", 50)
        for name, value in options.items():
            arguments += ["--" + name.replace("_", "-"), str(value)]
        self.process = subprocess.Popen(arguments + [url, spool], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1, env=env)
        self.greeting = self.process.stdout.readline().strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def offer(self, n, size=0):
        answer = self.ask("offer %032x %s" % (n, event(n, size)))
        assert answer == "ok", answer

    def stats(self):
        return json.loads(self.ask("stats"))

    def await_stats(self, condition):
        pause, end = threading.Event(), time.monotonic() + DEADLINE
        while True:
            s = self.stats()
            if condition(s):
                return s
            assert time.monotonic() < end, s
            pause.wait(0.005)

    def close(self, ms=20000):
        answer = self.ask("close %d" % ms)
        assert answer == "closed", answer
        status = self.gone()
        assert status == 0, status  # a sanitizer's complaint too

    def kill(self):
        self.process.kill()
        self.gone()

    def gone(self):
        self.process.stdin.close()
        status = self.process.wait(DEADLINE)
        self.process.stdout.close()
        return status


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="caltrop-outlet-")
        self.spool = os.path.join(self.dir, "spool")
        self.tools, self.closers = [], []

    def tearDown(self):
        for tool in self.tools:
            if tool.process.poll() is None:
                tool.kill()
        for close in self.closers:
            close()
        shutil.rmtree(self.dir)

    def tool(self, url, **options):
        t = Tool(url, self.spool, **options)
        self.tools.append(t)
        if t.greeting == "open":
            return t
        t.gone()
        return t

    def refused_lines(self):
        lines = []
        for folder in os.listdir(self.spool):
            path = os.path.join(self.spool, folder, "refused.ndjson")
            if os.path.exists(path):
                with open(path) as f:
                    lines += f.read().splitlines()
        return lines


class Certificates:
    """An authority and leaves signed by it, in a folder of their own."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="caltrop-ca-")
        self.ca = self.path("ca.pem")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                 "/CN=Test authority", "-keyout", self.path("ca.key"), "-out", self.ca)
        self.other = self.path("other.pem")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                 "/CN=Another authority", "-keyout", self.path("other.key"), "-out", self.other)

    def path(self, name):
        return os.path.join(self.dir, name)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def leaf(self, name, names, days=30):
        """The path of a PEM file with certificate and key; names: a subjectAltName value."""
        key, request, extension, out = (self.path(name + end) for end in (".key", ".csr", ".ext", ".pem"))
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name, "-keyout",
                 key, "-out", request)
        with open(extension, "w") as f:
            f.write("subjectAltName=%s\n" % names)
        self.run("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.path("ca.key"), "-CAcreateserial", "-days",
                 str(days), "-extfile", extension, "-out", out)
        with open(out, "a") as f, open(key) as k:
            f.write(k.read())
        return out

    def remove(self):
        shutil.rmtree(self.dir)


class Request:
    def __init__(self, line, headers, body, connection):
        self.line, self.headers, self.body, self.connection = line, headers, body, connection
        self.time = time.monotonic()

    @property
    def n(self):
        return json.loads(self.body)["n"]


def reply(status=200, fields=(), body=b"", length=True):
    head = "HTTP/1.1 %d Whatever\r\n" % status + "".join("%s: %s\r\n" % f for f in fields)
    if length:
        head += "Content-Length: %d\r\n" % len(body)
    return head.encode() + b"\r\n" + body


class Peer:
    """One accepted connection, as a script sees it."""

    def __init__(self, server, sock):
        self.server, self.sock, self.buffer = server, sock, b""

    def send(self, data):
        self.sock.sendall(data)

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("ascii").split("\r\n")
        return lines[0], dict((k.lower(), v.strip()) for k, v in (line.split(":", 1) for line in lines[1:]))

    def read_request(self):
        line, headers = self.read_head()
        n = int(headers["content-length"])
        while len(self.buffer) < n:
            self.fill()
        body, self.buffer = self.buffer[:n], self.buffer[n:]
        request = Request(line, headers, body, self)
        self.server.note(request)
        return request

    def reset(self):
        raw = self.sock
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(raw, ssl.SSLSocket):
            socket.socket(fileno=raw.detach()).close()
        else:
            raw.close()

    def wait_for_close(self):
        try:
            while self.sock.recv(65536):
                pass
        except (OSError, ssl.SSLError):
            pass


class Server:
    """script(peer, k) handles the k-th connection, from 0; the default answers 200 to everything."""

    def __init__(self, pem=None, script=None, port=0, host="127.0.0.1"):
        self.context = None
        if pem:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pem)
        self.script = script or (lambda peer, k: serve_all(peer))
        self.condition = threading.Condition()
        self.requests, self.connections, self.handshake_errors, self.socks = [], 0, [], []
        self.listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def note(self, request):
        with self.condition:
            self.requests.append(request)
            self.condition.notify_all()

    def wait(self, condition):
        with self.condition:
            assert self.condition.wait_for(lambda: condition(self), DEADLINE), "the server waited in vain"

    def numbers(self):
        with self.condition:
            return [r.n for r in self.requests]

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.condition:
                k = self.connections
                self.connections += 1
                self.socks.append(sock)
                self.condition.notify_all()
            threading.Thread(target=self.handle, args=(sock, k), daemon=True).start()

    def handle(self, sock, k):
        try:
            if self.context:
                try:
                    sock = self.context.wrap_socket(sock, server_side=True)
                except (ssl.SSLError, OSError) as e:
                    with self.condition:
                        self.handshake_errors.append(str(e))
                        self.condition.notify_all()
                    return
                with self.condition:
                    self.socks.append(sock)
            self.script(Peer(self, sock), k)
        except (EOFError, OSError, ssl.SSLError):
            pass
        finally:
            sock.close()

    def close(self):
        # shutdown wakes the thread in accept(); close alone would not
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.condition:
            socks = list(self.socks)
        for sock in socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(DEADLINE)


def serve_all(peer, status=200):
    while True:
        peer.read_request()
        peer.send(reply(status))


def main():
    global TOOL
    import harness

    harness.TOOL = TOOL = sys.argv.pop(1)
    unittest.main(verbosity=2)
