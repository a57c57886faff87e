#!/usr/bin/env python3
"""Measures caltrop scan: CPU, wall time and memory, against google's log4jscanner and syft where Go can build them, and against
fixed limits. Prints a table and, with --write, keeps it.

    bench/scan/run.py --build build [--tree FOLDER] [--write bench/results-scan.md]

Warm cache, interleaved rounds, medians. Speed counts only when everything planted was found. The exit status is 0 when every limit
was kept, 1 when one was missed, 4 when something could not be run. What could not be installed is named in the table.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TREE_FILES, TREE_JARS = 35_153, 632
OTHERS = 0.05  # the share of the cores' time that others may use while wall time is measured
SLOW = {"syft": 2}  # rounds of what takes half a minute each, the first one warm by what ran before


def run(command, cores, ok=(0, 1, 3)):
    """CPU seconds, wall seconds, peak MiB. Output goes to a file."""
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        # A small parent in between: what this process holds would count as the child's peak.
        process = subprocess.Popen(["taskset", "-c", cores, *map(str, command)], stdout=output, stderr=subprocess.DEVNULL, close_fds=True)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in ok:
            sys.exit("bench: exit status %d: %s" % (process.returncode, " ".join(map(str, command))))
        output.seek(0)
        return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, output.read()


def busy_seconds(cores):
    """Of these cores, since the machine started, whoever used them; what a hypervisor gave to others counts as well."""
    total = 0
    with open("/proc/stat", encoding="ascii") as f:
        for line in f:
            name, *fields = line.split()
            if name.startswith("cpu") and name[3:] in cores:
                user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
                total += user + nice + system + irq + softirq + steal
    return total / os.sysconf("SC_CLK_TCK")


def share_of_others(command, cores):
    """One run: (its wall seconds, the share of its cores' time that others used meanwhile)."""
    names = set(cores.split(","))
    before = busy_seconds(names)
    cpu, wall, _, _ = run(command, cores)
    return wall, max(0.0, busy_seconds(names) - before - cpu) / (wall * len(names))


def undisturbed(one, two, rounds, tries=4):
    """Wall time of one over two, medians of pairs run one behind the other in which nobody else took the cores: (ratio, why not). The load
    average says nothing of it: it lags a minute behind, and counts what waits for disks."""
    pairs, least = [], 1.0
    for _ in range(rounds * tries):
        first, second = share_of_others(*one), share_of_others(*two)
        least = min(least, max(first[1], second[1]))
        if max(first[1], second[1]) <= OTHERS:
            pairs.append(first[0] / second[0])
        if len(pairs) == rounds:
            break
    if len(pairs) < min(rounds, 2):
        return None, "not measured: others took %.0f %% of the cores at least" % (100 * least)
    return statistics.median(pairs), ""


def interleaved(commands, rounds):
    """command name -> medians of (cpu, wall, peak)."""
    seen = {name: [] for name in commands}
    for name, (command, cores) in commands.items():
        if name not in SLOW:
            run(command, cores)
    for i in range(rounds):
        for name, (command, cores) in commands.items():
            if i < SLOW.get(name, rounds):
                seen[name].append(run(command, cores)[:3])
    return {name: tuple(statistics.median(column) for column in zip(*rows)) for name, rows in seen.items()}


def peers_of(folder):
    """Where tools/check-peers.py has built the peers of its list, and what it says about those it has not."""
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools/check-peers.py"), "--peers", str(folder), "--build-only"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    why = (done.stdout.strip().splitlines() or ["not built"])[-1]
    return {name: str(folder / name) if (folder / name).exists() else None for name in ("log4jscanner", "syft")}, why


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        names = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
    return names[0] if names else platform.machine()


def bomb(path):
    """400 MiB of stored zeros and nothing else inside 400 KB."""
    inner = path.with_suffix(".inner")
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as z, z.open("zeros", "w") as f:
        for _ in range(400):
            f.write(bytes(1 << 20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.write(inner, "inner.jar")
    inner.unlink()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default="build")
    options.add_argument("--tree")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--no-root", action="store_true", help="no scan of / (slow when its cache is cold)")
    options.add_argument("--write")
    args = options.parse_args()
    caltrop = pathlib.Path(args.build).resolve() / "caltrop"
    rows, missed = [], False
    versions = "".join(", %s %s" % (name, (ROOT / "build/peers" / (name + ".version")).read_text()) for name in ("log4jscanner", "syft")
                       if (ROOT / "build/peers" / (name + ".version")).exists())

    def row(what, value, limit="", kept=None):
        nonlocal missed
        missed |= kept is False
        rows.append((what, value, limit, "" if kept is None else "kept" if kept else "MISSED"))
        print("%-60s %-24s %-20s %s" % rows[-1], flush=True)

    with tempfile.TemporaryDirectory(prefix="caltrop-bench-") as d:
        d = pathlib.Path(d)
        tree = pathlib.Path(args.tree) if args.tree else d / "tree"
        if not tree.exists():
            jars = d / "jars"
            subprocess.run([str(ROOT / "tests/differential/fetch-jars.sh"), str(jars)], check=True)
            subprocess.run([sys.executable, str(HERE / "tree.py"), str(tree), str(jars)], check=True)
        cores = sorted(os.sched_getaffinity(0))
        one, two = str(cores[0]), ",".join(map(str, cores[:2]))
        fast = [caltrop, "scan", "-q", "--families", "zip", "-j", "1", tree]
        everything = [caltrop, "scan", "-q", "-j", "1", "--sbom", d / "s.cdx.json", tree]
        both = [caltrop, "scan", "-q", "--families", "zip", "-j", "2", tree]
        commands = {"fast": (fast, one), "all": (everything, one),
                    "find": (["find", tree, "-name", "*.jar", "-newermt", "2000-01-01"], one)}
        peers, why = peers_of(ROOT / "build/peers")
        for name, arguments in (("log4jscanner", [tree]), ("syft", ["scan", "-q", "-o", "cyclonedx-json", "dir:%s" % tree])):
            if peers[name]:
                commands[name] = ([peers[name], *arguments], one if name == "log4jscanner" else two)
            else:
                row("%s" % name, "not measured", why[:120])
        found = run([caltrop, "scan", "--output", "csv", "--no-header", "--families", "zip", tree], two)[3].decode().splitlines()
        copies = len({line.split(",")[12] for line in found if "log4j-core" in line})
        planted = sum("log4j-core" in f.name for f in tree.rglob("*-log4j-core-*") if f.is_file())
        row("copies of log4j-core found", "%d of %d" % (copies, planted), "all", copies == planted)
        got = interleaved(commands, args.rounds)
        row("zip family, one thread: CPU", "%.2f s" % got["fast"][0])
        if peers["log4jscanner"]:
            ratio = got["fast"][0] / got["log4jscanner"][0]
            row("zip family: CPU against log4jscanner", "%.2f" % ratio, "at most 1", ratio <= 1)
        row("zip family: CPU against find -name", "%.1f" % (got["fast"][0] / got["find"][0]))
        row("everything and an SBOM, one thread: CPU", "%.2f s" % got["all"][0])
        if peers["syft"]:
            ratio = got["syft"][0] / got["all"][0]
            row("everything: syft's CPU against ours", "%.1f" % ratio, "at least 5", ratio >= 5)
        ratio, why = undisturbed((fast, one), (both, two), args.rounds)
        row("zip family: two threads against one, wall time", why or "%.2f" % ratio, "at least 1.6", None if why else ratio >= 1.6)
        row("peak memory, the tree, everything", "%.0f MiB" % got["all"][2], "under 100 MiB", got["all"][2] < 100)
        bomb(d / "bomb.jar")
        peak = run([caltrop, "scan", "-q", "-j", "1", d / "bomb.jar"], one)[2]
        row("peak memory, 400 MiB inside 400 KB", "%.0f MiB" % peak, "under 50 MiB", peak < 50)
        if not args.no_root:
            _, wall, peak, _ = run([caltrop, "scan", "-q", "--sbom", d / "root.cdx.json"], two)
            with open(d / "root.cdx.json", encoding="utf-8") as f:
                n = len(json.load(f)["components"])
            row("peak memory, / with an SBOM (%d components)" % n, "%.0f MiB" % peak, "under 100 MiB", peak < 100)
            row("/ with an SBOM: wall time", "%.1f s" % wall)
    if args.write:
        with open(args.write, "w", encoding="utf-8") as f:
            f.write("| what | measured | limit | |\n|---|---|---|---|\n")
            f.writelines("| %s | %s | %s | %s |\n" % r for r in rows)
            f.write("\n%d files, %d of them jars; medians of %d interleaved rounds, warm cache, %s%s. Made by `make bench-scan`.\n" %
                    (TREE_FILES, TREE_JARS, args.rounds, cpu_name(), versions))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
