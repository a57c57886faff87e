"""A host with all faces on their own ports, in a network namespace of this process, and real clients against it."""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import unittest

DEADLINE = 60
PORTS = {"ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "ldap": 389, "smb": 445, "rmi": 1099, "mysql": 3306, "rdp": 3389, "postgresql": 5432,
         "vnc": 5900, "redis": 6379, "http": 8080, "elasticsearch": 9200, "mongodb": 27017, "any": 9999}
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def skip(reason):
    print(reason)
    sys.exit(77)


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        skip("missing: " + " ".join(missing))


def own_network():
    """Loopback of our own: the well-known ports are free there, and nobody else is."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            skip("no network namespace can be made: " + os.strerror(ctypes.get_errno()))
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open("/proc/self/" + name, "w") as f:
                f.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack("16sH22x", request)[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


class Host:
    def __init__(self, program):
        self.process = subprocess.Popen([program] + [f"{n}:{p}" for n, p in PORTS.items()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, errors="replace")
        for _ in PORTS:
            assert self.process.stdout.readline().startswith("port ")
        self.lines, self.changed = [], threading.Condition()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def stop(self):
        self.process.stdin.close()
        self.status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stdout.close()
        return self.status


class Case(unittest.TestCase):
    host = None

    def setUp(self):
        with self.host.changed:
            self.host.lines.clear()

    def learnt(self, face, kind, value):
        """Waits until this fact was reported."""
        def there():
            return any(line.split(" ", 4)[1:2] + line.split(" ", 4)[3:] == [face, kind, value] for line in self.host.lines)
        with self.host.changed:
            if not self.host.changed.wait_for(there, DEADLINE):
                self.fail(f"not learnt: {face} {kind} {value}; but:\n" + "\n".join(self.host.lines))

    def shown(self, text, least=1):
        """Waits until this text stands in so many reports; the first of them."""
        def found():
            return [line for line in self.host.lines if text in line]
        with self.host.changed:
            if not self.host.changed.wait_for(lambda: len(found()) >= least, DEADLINE):
                self.fail(f"not reported: {text}; but:\n" + "\n".join(self.host.lines))
            return found()[0]

    def run_client(self, *command, stdin="", status=None, env=None):
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, errors="replace", timeout=DEADLINE,
                              env=dict(os.environ, LC_ALL="C.UTF-8", **(env or {})), check=False)
        if status is not None:
            self.assertEqual(done.returncode, status, done)
        return done.stdout + done.stderr


def main(programs):
    need(*programs)
    program = os.path.abspath(sys.argv[1])
    own_network()
    Case.host = Host(program)
    try:
        result = unittest.main(argv=[sys.argv[0]] + sys.argv[2:], exit=False).result
    finally:
        status = Case.host.stop()
    sys.exit(0 if result.wasSuccessful() and status == 0 else 1)
