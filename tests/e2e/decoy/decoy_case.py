"""What the decoy's tests share: network namespaces of their own, a decoy in one of them, peers in others, and what it said."""
import json
import os
import pathlib
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


def run(*command, check=True, **options):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=120,
                          check=False, text=True, errors="replace", **options)
    if check and done.returncode:
        raise AssertionError(f"{command}: {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


def until(what, condition, seconds=30):
    """Waits for a condition, never for a time; the seconds are when it is given up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.02)
    raise AssertionError(f"never came: {what}")


def need_root():
    """Exit status 77 with the reason last, where this machine does not let us have namespaces."""
    for program in ("ip", "nft", "nmap"):
        if not shutil.which(program):
            print(f"{program} is not installed")
            sys.exit(SKIP)
    if os.geteuid() != 0:
        print("needs root, for network namespaces")
        sys.exit(SKIP)
    name = f"ctprobe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
        print("no network namespaces here")
        sys.exit(SKIP)
    run("ip", "netns", "del", name)


class Network:
    """A host, where the decoy is, and peers on one wire with it: 10.9.0.1 and fd09::1, then .2 and up. `inside` is a container behind the host."""

    def __init__(self, peers=1, inside=False):
        self.tag = f"ct{os.getpid()}-{id(self) & 0xffff:x}"
        self.names = [f"{self.tag}-h"] + [f"{self.tag}-p{i}" for i in range(peers)] + ([f"{self.tag}-c"] if inside else [])
        self.host, self.peers = self.names[0], self.names[1:1 + peers]
        self.inside = self.names[-1] if inside else None
        for name in self.names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        h = self.host
        run("ip", "-n", h, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        for i, peer in enumerate(self.peers):
            run("ip", "link", "add", f"v{i}", "netns", h, "type", "veth", "peer", "name", "eth0", "netns", peer)
            run("ip", "-n", h, "link", "set", f"v{i}", "master", "br0", "up")
            run("ip", "-n", peer, "addr", "add", f"10.9.0.{i + 2}/24", "dev", "eth0")
            run("ip", "-n", peer, "addr", "add", f"fd09::{i + 2}/64", "dev", "eth0", "nodad")
            run("ip", "-n", peer, "link", "set", "eth0", "up")
        run("ip", "-n", h, "addr", "add", "10.9.0.1/24", "dev", "br0")
        run("ip", "-n", h, "addr", "add", "fd09::1/64", "dev", "br0", "nodad")
        run("ip", "-n", h, "link", "set", "br0", "up")
        # Where the kernel sends what passes a bridge through the rules of IP as well, diverting would not work on its own address.
        self.on(h, "sh", "-c", "test ! -e /proc/sys/net/bridge || sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0")
        if inside:
            run("ip", "link", "add", "c0", "netns", h, "type", "veth", "peer", "name", "eth0", "netns", self.inside)
            run("ip", "-n", h, "addr", "add", "10.8.0.1/24", "dev", "c0")
            run("ip", "-n", h, "link", "set", "c0", "up")
            run("ip", "-n", self.inside, "addr", "add", "10.8.0.2/24", "dev", "eth0")
            run("ip", "-n", self.inside, "link", "set", "eth0", "up")
            run("ip", "-n", self.inside, "route", "add", "default", "via", "10.8.0.1")
            self.on(h, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        for peer in self.peers:  # both ways of the wire, so that each has the other's link address: a scanner asks once, and gives up
            for address in ("10.9.0.1", "fd09::1"):
                code = "import socket\ntry: socket.create_connection((%r, 9), 1)\nexcept OSError as e: print(e)" % address
                until(f"the wire to {address}", lambda: "refused" in self.on(peer, sys.executable, "-c", code))

    @staticmethod
    def on(name, *command, **options):
        return run("ip", "netns", "exec", name, *command, **options)

    @staticmethod
    def start(name, *command, **options):
        return subprocess.Popen(["ip", "netns", "exec", name, *[str(c) for c in command]], stdin=subprocess.DEVNULL, **options)

    def close(self):
        for name in self.names:
            pids = run("ip", "netns", "pids", name, check=False).split()
            for pid in pids:
                os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


class Decoy:
    METRICS = 9777
    may_die = False

    def __init__(self, network, folder, *options):
        self.network, self.folder = network, pathlib.Path(folder)
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
        return [e for e in self.events() if "news" in e["caltrop"] and (source is None or e["source"]["ip"] == source)]

    def contacts(self):
        path = self.folder / "data/decoy/contacts.ndjson"
        return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []

    def alive(self):
        until("the first heartbeat:" + self.said(), lambda: "alive" in self.states() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise AssertionError(self.said())
        return self

    def counts(self):
        page = self.network.on(self.network.host, "curl", "-s", "-m", "5", f"http://127.0.0.1:{self.METRICS}/metrics")
        return {name: int(value) for name, value in re.findall(r"^caltrop_decoy_(\w+) (\d+)$", page, re.M)}

    def quiet(self):
        """Until it has taken in what there was: two looks at its counts, a second of its own apart, are the same."""
        last = [None]

        def same():
            now = {k: v for k, v in self.counts().items() if k in ("packets_total", "connections_total", "contacts_total", "sessions")}
            time.sleep(0.3)
            same_as_before, last[0] = now == last[0], now
            return same_as_before
        until("quiet", same)

    def stop(self, status=0):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        got = self.process.wait(30)
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

    def says(self, name, host, port, send=b"", timeout=3):
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


def main():
    del sys.argv[1:2]
    need_root()
    unittest.main(verbosity=1)


__all__ = ["CALTROP", "Decoy", "DecoyCase", "Network", "main", "need_root", "ports_of", "run", "socket", "until"]
