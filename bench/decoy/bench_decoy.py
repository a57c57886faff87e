#!/usr/bin/env python3
"""Speed and memory of the decoy, beside a bare acceptor, endlessh and OpenCanary: bench_decoy.py BUILD [--write FILE]

Runs the static sensor. Connections come over loopback, without privileges; the scan over a wire of its own in network namespaces (as root; left out
otherwise, and said). Prints a table; exit status 1 when a limit was missed.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS, CONNECTIONS, HELD, DELAYS, PORT, BARE, TARPIT, CANARY = 5, 20000, 10000, 2000, 28080, 28081, 28082, 28083


def tree(pid):
    pids = [pid]
    for p in pids:
        pids += [int(c) for c in subprocess.run(["pgrep", "-P", str(p)], stdout=subprocess.PIPE, text=True, check=False).stdout.split()]
    return pids


def memory(pid):
    """Megabytes, shared pages by their part, of a process and its children."""
    total = 0
    for p in tree(pid):
        total += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{p}/smaps_rollup").read_text(), re.M).group(1))
    return total / 1024


def cpu(pid):
    total = 0
    for p in tree(pid):
        fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.02)
    raise SystemExit("bench: something never came")


class Bench:
    def __init__(self, build):
        self.build, self.sensor, self.load = build, build / "caltrop-sensor", build / "bench/decoy_load"
        self.rows, self.missed, self.notes = [], False, []
        self.running = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-bench-decoy-"))

    def row(self, what, measured, limit, kept):
        self.rows.append((what, measured, limit, "" if kept is None else "kept" if kept else "MISSED"))
        self.missed |= kept is False
        print("| " + " | ".join(self.rows[-1]) + " |", flush=True)

    def decoy(self, *options, inside=()):
        data = self.folder / f"data{len(list(self.folder.iterdir()))}"
        out = open(data.with_suffix(".events"), "wb")
        p = subprocess.Popen([*inside, str(self.sensor), "decoy", "--json", "--data-dir", str(data), *options], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.running.append(p)
        until(lambda: b'"alive"' in data.with_suffix(".events").read_bytes() or p.poll() is not None)
        if p.poll() is not None:
            raise SystemExit(data.with_suffix(".events").read_text())
        return p, data

    def fire(self, port, pid, connections=CONNECTIONS, page="/"):
        """Connections a second by the clock; microseconds of processor time a connection, of the server and of the client."""
        before, client = cpu(pid), resource.getrusage(resource.RUSAGE_CHILDREN)
        speed = float(subprocess.run([str(self.load), "fire", "127.0.0.1", str(port), str(connections), page], stdout=subprocess.PIPE, text=True, check=True).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        time.sleep(0.5)
        client_s = after.ru_utime + after.ru_stime - client.ru_utime - client.ru_stime
        return speed, (cpu(pid) - before) / connections * 1e6, client_s / connections * 1e6

    @staticmethod
    def end(p):
        p.send_signal(signal.SIGTERM)
        p.wait(30)

    def hold(self, port, pid):
        holder = subprocess.Popen([str(self.load), "hold", "127.0.0.1", str(port), str(HELD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stands = int(holder.stdout.readline())
        time.sleep(1)
        held = memory(pid)
        holder.stdin.close()
        holder.wait()
        return stands, held

    def connections(self):
        p, _ = self.decoy("--unprivileged", "--answer-port", str(PORT))
        time.sleep(2)
        idle = memory(p.pid)
        self.row("idle memory, three processes", f"{idle:.1f} MB", "at most 6 MB", idle <= 6)
        stands, held = self.hold(PORT, p.pid)
        self.row(f"{HELD} connections held", f"{stands}; {held:.1f} MB", "all, under 32 MB", stands == HELD and held < 32)
        self.end(p)
        p, data = self.decoy("--unprivileged", "--answer-port", str(PORT), "--metrics", "28090")
        bare = subprocess.Popen([str(self.load), "accept", str(BARE)])
        self.running.append(bare)
        time.sleep(0.3)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            theirs.append(self.fire(BARE, bare.pid))
            ours.append(self.fire(PORT, p.pid))
        path = data / "decoy/contacts.ndjson"
        wanted = ROUNDS * CONNECTIONS
        sizes = [0, 1]
        while sizes[-1] != sizes[-2]:
            time.sleep(1)
            sizes.append(path.stat().st_size)
        self.end(p)
        graded = sum('"grade":"exploit"' in line for line in path.open())
        # Whichever of server and client needs more of its core decides how many there are in a second.
        ratio = statistics.median(max(t[1], t[2]) / max(o[1], o[2], t[2]) for o, t in zip(ours, theirs))
        us, them = ([statistics.median(x[i] for x in y) for i in range(3)] for y in (ours, theirs))
        self.row("requests of clients that close at once: recorded and graded", f"{graded} of {wanted}", "all", graded == wanted)
        self.row("connections a second against a bare acceptor", f"{ratio:.2f} ({us[1]:.0f} and {them[1]:.0f} µs each of the server's core, {them[2]:.0f} of the client's; {us[0]:.0f} and {them[0]:.0f} by the clock)", "at least 0.80", ratio >= 0.8)
        bare.kill()
        bare.wait()
        p, data = self.decoy("--unprivileged", "--answer-port", str(PORT))
        done = subprocess.run([str(self.load), "delay", "127.0.0.1", str(PORT), str(DELAYS), str(data / "decoy/contacts.ndjson")], stdout=subprocess.PIPE, text=True, check=True)
        median, last = (float(x) / 1000 for x in done.stdout.split())
        self.row("from connecting to the line in the file: 99th percentile", f"{last:.2f} ms (median {median:.2f})", "under 5 ms", last < 5)
        self.end(p)

    def scan(self):
        if os.geteuid() != 0 or not shutil.which("nmap"):
            self.notes.append("the scan was left out: it needs root and nmap")
            return
        # Namespaces without a name, which end with the processes in them; and those end with this program, whatever ends it.
        held = [subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep infinity"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(2)]
        inside, outside = (("setpriv", "--pdeathsig", "KILL", "nsenter", f"--net=/proc/{h.pid}/ns/net") for h in held)
        try:
            for h in held:
                h.stdout.readline()
            subprocess.run([*inside, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(held[1].pid)], check=True)
            for wire, address in ((inside, "10.9.0.1/24"), (outside, "10.9.0.2/24")):
                subprocess.run([*wire, "ip", "addr", "add", address, "dev", "eth0"], check=True)
                subprocess.run([*wire, "ip", "link", "set", "eth0", "up"], check=True)
            p, data = self.decoy("--metrics", "9777", inside=inside)
            before, begin = cpu(p.pid), time.monotonic()
            subprocess.run([*outside, "nmap", "-n", "-Pn", "-sS", "-p-", "10.9.0.1"], stdout=subprocess.DEVNULL, check=True)
            wall = time.monotonic() - begin
            time.sleep(0.2)
            used = cpu(p.pid) - before
            page = subprocess.run([*inside, "curl", "-s", "http://127.0.0.1:9777/metrics"], stdout=subprocess.PIPE, text=True, check=True).stdout
            dropped = int(re.search(r"^caltrop_decoy_packets_dropped_total (\d+)", page, re.M).group(1))
            self.end(p)
            ports = max(json.loads(line)["caltrop"].get("tcp", {}).get("count", 0) for line in data.with_suffix(".events").open() if line.startswith("{"))
            self.row("nmap -sS of all ports at full speed", f"{ports} ports in {wall:.1f} s, {dropped} packets dropped", "65535, none dropped", ports == 65535 and dropped == 0)
            self.row("processor time during it", f"{100 * used / wall:.0f} % of a core", "under 25 %", used / wall < 0.25)
        finally:
            for h in held:
                h.kill()
                h.wait()

    def endlessh(self):
        program = shutil.which("endlessh")
        if not program:
            self.notes.append("endlessh was left out: it is not installed")
            return
        p = subprocess.Popen([program, "-p", str(TARPIT), "-m", "16000"], stdout=subprocess.DEVNULL)
        time.sleep(1)
        idle = memory(p.pid)
        speed, _, _ = self.fire(TARPIT, p.pid)
        stands, held = self.hold(TARPIT, p.pid)
        p.kill()
        p.wait()
        self.row("beside it: endlessh, which answers nothing", f"idle {idle:.1f} MB, {speed:.0f} connections a second, {stands} held in {held:.1f} MB", "", None)

    def opencanary(self):
        """With its HTTP module alone: fewer requests of the same kind, for the page that it logs."""
        venv, requests = self.build / "bench/opencanary", 2000
        if not (venv / "bin/opencanary.tac").exists():
            for command in ([sys.executable, "-m", "venv", venv], [venv / "bin/pip", "install", "-q", "opencanary"]):
                done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600)
                if done.returncode:
                    self.notes.append("OpenCanary was left out: " + (done.stdout.strip().splitlines() or ["it cannot be installed"])[-1])
                    return
        home = self.folder / "opencanary"
        home.mkdir()
        log = {"class": "logging.FileHandler", "filename": str(home / "log")}
        (home / ".opencanary.conf").write_text(json.dumps({
            "device.node_id": "bench", "ip.ignorelist": [], "http.enabled": True, "http.port": CANARY, "http.banner": "Apache", "http.skin": "nasLogin",
            "logger": {"class": "PyLogger", "kwargs": {"formatters": {"plain": {"format": "%(message)s"}}, "handlers": {"file": log}}}}))
        p = subprocess.Popen([str(venv / "bin/twistd"), "-n", "-y", str(venv / "bin/opencanary.tac"), "--pidfile="], cwd=home, env={**os.environ, "HOME": str(home)},
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.running.append(p)
        until(lambda: (home / "log").exists() and "running" in (home / "log").read_text())
        time.sleep(1)
        idle = memory(p.pid)
        _, us, _ = self.fire(CANARY, p.pid, requests, "/index.html?")
        until(lambda: (time.sleep(1), cpu(p.pid))[1] == (time.sleep(1), cpu(p.pid))[1])
        payloads = sum("evil.example" in line for line in (home / "log").open())
        self.end(p)
        self.row("beside it: OpenCanary, HTTP alone", f"idle {idle:.0f} MB, {us:.0f} µs of its core each; of {requests} such requests it logged {payloads} with their payload, and graded none", "", None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    args = parser.parse_args()
    bench = Bench(args.build.resolve())
    print("| what | measured | limit | |\n|---|---|---|---|")
    try:
        bench.connections()
        bench.scan()
        bench.endlessh()
        bench.opencanary()
    finally:
        for p in bench.running:
            if p.poll() is None:
                p.kill()
        shutil.rmtree(bench.folder)
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    note = f"Load average {os.getloadavg()[0]:.1f}. {ROUNDS} interleaved rounds of {CONNECTIONS} connections, median; static sensor on {os.cpu_count()} cores of {model}. Made by `make bench-decoy`."
    print("\n" + "\n".join([note, *bench.notes]))
    if args.write:
        table = "| what | measured | limit | |\n|---|---|---|---|\n" + "".join("| " + " | ".join(r) + " |\n" for r in bench.rows)
        args.write.write_text(table + "\n" + "\n".join([note, *bench.notes]) + "\n")
    return bench.missed


if __name__ == "__main__":
    sys.exit(main())
