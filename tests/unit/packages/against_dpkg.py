#!/usr/bin/env python3
"""dpkg's status file of this machine: are the packages those that dpkg-query names?"""
import subprocess
import sys
import tempfile

from packages_common import components, need, same, skip


def query(admin):
    fields = "${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\t${Maintainer}\\t${db:Status-Status}\\n"
    out = subprocess.run(["dpkg-query", f"--admindir={admin}", "-W", "-f", fields], stdout=subprocess.PIPE, check=True).stdout.decode()
    rows = [tuple(line.split("\t")) for line in out.splitlines()]
    return [row[:6] for row in rows if row[6] not in ("not-installed", "config-files")]


def found(program, status):
    return [(c["name"], c["version"], c["arch"], c["origin"] or c["name"], c["origin_version"] or c["version"], c["supplier"])
            for c in components(program, "var/lib/dpkg/status", status, "/etc/os-release")]


def main():
    need("dpkg-query", "dpkg")
    try:
        same("this machine's packages", found(sys.argv[1], "/var/lib/dpkg/status"), query("/var/lib/dpkg"))
    except FileNotFoundError:
        skip("this machine has no dpkg status file")
    # States that an ordinary machine rarely has, as dpkg itself reads them.
    with tempfile.TemporaryDirectory() as d:
        with open(f"{d}/status", "w", encoding="utf-8") as f:
            for i, state in enumerate(["install ok installed", "deinstall ok config-files", "install ok unpacked", "hold ok installed",
                                       "install reinstreq half-installed", "purge ok not-installed", "install ok half-configured",
                                       "install ok triggers-awaited"]):
                f.write(f"Package: p{i}\nStatus: {state}\nPriority: optional\nSection: x\nMaintainer: Zoë <z@example.org>\n"
                        f"Architecture: all\nSource: src{i} (2:{i}~rc1)\nVersion: 1:{i}.0-1+b{i}\n"
                        f"{'Triggers-Awaited: p0' + chr(10) if 'awaited' in state else ''}"
                        f"Description: short\n Package: not-a-package\n .\n long\n\n")
        for name in ("available", "diversions", "statoverride"):
            open(f"{d}/{name}", "w").close()
        same("package states", found(sys.argv[1], f"{d}/status"), query(d))


main()
