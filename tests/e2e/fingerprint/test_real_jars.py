#!/usr/bin/env python3
"""Every release of the table, as it is and in the forms it takes in the wild: zero misses, zero false.

usage: test_real_jars.py EVIDENCE_TOOL FINGERPRINTS_FOLDER JARS_FOLDER
"""
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import jars  # noqa: E402

HOME = {"log4j-core": "org/apache/logging/log4j/", "log4j": "org/apache/log4j/", "reload4j": "org/apache/log4j/",
        "logback-core": "ch/qos/logback/", "logback-classic": "ch/qos/logback/"}
FAMILY = {"log4j-core": {"log4j-core"}, "log4j": {"log4j"}, "reload4j": {"reload4j"}, "logback-core": {"logback-core"},
          "logback-classic": {"logback-classic"}}
SAFE = {"fixed", "not_affected"}
JNDI = ("CVE-2021-44228", "CVE-2021-45046")


class Tally:
    def __init__(self):
        self.checks, self.failures = 0, []

    def expect(self, what, got, want):
        self.checks += 1
        if got != want:
            self.failures.append(f"{what}: want {want}, got {got}")


class Tool:
    """One process for all containers."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def judge(self, entries, said=(), unread=(), incomplete=False):
        out = self.process.stdin
        for name, data in entries:
            raw = name.encode()
            out.write(b"class %d %d\n%b%b" % (len(raw), len(data), raw, data))
        for group, artifact, version in said:
            out.write(b"said %d %b %b %b\n%b" % (3, group.encode(), artifact.encode(), version.encode(), b"pom"))
        for name in unread:
            out.write(b"unread %d\n%b" % (len(name), name.encode()))
        out.write(b"incomplete\n" if incomplete else b"")
        out.write(b"end\n")
        out.flush()
        copies = []
        while line := self.process.stdout.readline().strip():
            copies.append(json.loads(line))
        return copies

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def stems_of(folder):
    stems = set()
    for path in folder.glob("*.fp"):
        for line in path.read_text().splitlines():
            if line.startswith("class "):
                stems |= {p.rsplit("/", 1)[1] for p in line.split()[2:]}
    return stems


def entries_of(path, stems=None):
    with zipfile.ZipFile(path) as jar:
        return [(n, jar.read(n)) for n in jar.namelist() if n.endswith(".class") and (stems is None or re.split(r"[/.]", n)[-2] in stems)]


def state_letter(state):
    return {"affected": "A", "fixed": "-", "not_affected": "-"}.get(state, state)


def check(tally, what, copies, product, want, override=()):
    """Exactly one copy, of this product, with these states."""
    tally.expect(f"{what}: copies", [c["product"] for c in copies], [product])
    for copy in [c for c in copies if c["product"] == product][:1]:
        for cve, letter in want.items():
            if letter != "?":
                tally.expect(f"{what}: {cve}", state_letter(copy["cves"][cve][0]), dict(override).get((cve, letter), letter))


def fake_class(name, texts):
    """The smallest class file with this name and these strings."""
    pool, count = b"", 1
    for text in [name, "java/lang/Object", *texts]:
        raw = text.encode()
        pool += b"\x01" + struct.pack(">H", len(raw)) + raw
        count += 1
    pool += b"\x07\x00\x01\x07\x00\x02"
    return b"\xca\xfe\xba\xbe\x00\x00\x004" + struct.pack(">H", count + 2) + pool + struct.pack(">HHHHHHH", 0x21, count, count + 1, 0, 0, 0, 0)


def forms(entries, home):
    """(name, entries): the same classes where builds and people put them."""
    yield "top directory", [("log4j-x/" + n, d) for n, d in entries]
    yield "WEB-INF/classes", [("WEB-INF/classes/" + n, d) for n, d in entries]
    yield "BOOT-INF/classes", [("BOOT-INF/classes/" + n, d) for n, d in entries]
    yield "later JREs only", [("META-INF/versions/9/" + n, d) for n, d in entries]
    yield "twice, for later JREs too", entries + [("META-INF/versions/11/" + n, d) for n, d in entries]
    yield "moved to the root", [(n.removeprefix(home).removeprefix("core/"), d) for n, d in entries]
    yield "moved, flat", [("lib/" + n.rsplit("/", 1)[1], d) for n, d in entries]
    yield ".esclazz", [("agent/" + n.replace(".class", ".esclazz"), d) for n, d in entries]
    yield ".classdata", [("inst/" + n.replace(".class", ".classdata"), d) for n, d in entries]
    yield "upper-case ending", [(n.replace(".class", ".CLASS"), d) for n, d in entries]
    yield "backslashes", [(n.replace("/", "\\"), d) for n, d in entries]


def check_releases(tally, tool, folder, stems, table, work):
    versions_told = {}
    for coordinate, (_, rows) in table.items():
        group, product = coordinate.split(":")
        paths = {v: jars.path(folder, f"{coordinate}:{v}") for v in rows}
        rewrite(folder, work, stems, HOME[product], [str(p) for p in paths.values()])
        for version, want in rows.items():
            name = f"{product} {version}"
            entries = entries_of(paths[version], stems)
            said = [(group, product, version)]
            # Metadata tells apart what classes cannot (1.4.13 and 1.4.14 of logback): without it "not settled" is allowed, wrong is not.
            copies = tool.judge(entries_of(paths[version]) if version == list(rows)[-1] else entries, said)
            check(tally, name, copies, product, want)
            tally.expect(f"{name}: version", copies[0]["version"], version)
            tally.expect(f"{name}: purl", copies[0]["purl"], f"pkg:maven/{group}/{product}@{version}")
            tally.expect(f"{name}: relocated, disagree", (copies[0]["relocated"], copies[0]["disagree"]), (False, False))
            alone = tool.judge(entries)
            loose = {(c, l): "under_investigation" for c, l in want.items() if alone[0]["cves"][c][0] == "under_investigation" and c == "CVE-2023-6481"}
            check(tally, f"{name}, no metadata", alone, product, want, loose)
            versions_told[name] = alone[0]["version"]
            if product != "log4j-core" and version not in list(rows)[::5]:
                continue
            for form, moved in forms(entries, HOME[product]):
                check(tally, f"{name}, {form}", tool.judge(moved), product, want, loose)
            for kind in ("rebuilt", "relocated"):
                made = entries_of(work / kind / paths[version].name)
                tally.expect(f"{name}, {kind}: classes", len(made), len(entries))
                copies = tool.judge(made)
                check(tally, f"{name}, {kind}", copies, product, want, loose)
                tally.expect(f"{name}, {kind}: relocated", copies[0]["relocated"], kind == "relocated")
                tally.expect(f"{name}, {kind}: version", copies[0]["version"], versions_told[name])
            if product == "log4j-core":
                check_stripped(tally, tool, name, version, entries, want)
    return versions_told


def check_stripped(tally, tool, name, version, entries, want):
    stripped = [(n, d) for n, d in entries if "JndiLookup" not in n]
    if len(stripped) == len(entries):
        return
    mitigated = {(c, "A"): "mitigated" for c in JNDI}
    check(tally, f"{name}, stripped", tool.judge(stripped), "log4j-core", want, mitigated)
    # What could not be looked at is not absent.
    copies = tool.judge(stripped, incomplete=True)
    for cve in JNDI:
        tally.expect(f"{name}, stripped, incomplete: {cve}", copies[0]["cves"][cve][0] in ("mitigated",), False)
    copies = tool.judge(stripped, unread=["org/apache/logging/log4j/core/lookup/JndiLookup.class"])
    for cve in JNDI:
        tally.expect(f"{name}, JndiLookup encrypted: {cve}", copies[0]["cves"][cve][0] in ("mitigated", "not_affected"), False)
    only = [(n, d) for n, d in entries if "JndiLookup" in n]
    # It is the same in 2.14.0 to 2.16.0: alone it settles nothing, unless it needs no JndiManager or metadata names a release that fits.
    settled = version.startswith(("2.0-", "2.0.")) or version == "2.0" or version in ("2.3.1", "2.3.2", "2.12.2") or want["CVE-2021-45105"] == "-"
    for copy in tool.judge(only):
        for cve in JNDI:
            tally.expect(f"{name}, JndiLookup alone: {cve}", state_letter(copy["cves"][cve][0]), want[cve] if settled else "under_investigation")
    for copy in tool.judge(only, [("org.apache.logging.log4j", "log4j-core", version)]):
        for cve in JNDI:
            tally.expect(f"{name}, JndiLookup and metadata: {cve}", state_letter(copy["cves"][cve][0]), want[cve])


def rewrite(folder, work, stems, home, paths):
    names = work / "stems"
    names.write_text("\n".join(sorted(stems)) + "\n")
    classpath = ":".join(str(jars.path(folder, c)) for c in jars.ASM)
    subprocess.run(["java", "-cp", classpath, str(jars.HERE / "Rewrite.java"), str(work), str(names), home.rstrip("/"), "clt/shaded/l", *paths],
                   check=True)


def check_lookalikes(tally, tool, folder, stems):
    for coordinate in jars.OTHERS:
        copies = tool.judge(entries_of(jars.path(folder, coordinate)))
        tally.expect(f"{coordinate}: copies", [c["product"] for c in copies], [])
    for path in ("org/apache/logging/log4j/core/lookup/JndiLookup", "com/acme/core/lookup/JndiLookup", "com/acme/JndiLookup"):
        copies = tool.judge([(path + ".class", fake_class(path, ["lookup", "doLookup", "jndi"]))])
        tally.expect(f"look-alike {path}: copies", copies, [])
    for text in (b"", b"not a class", b"\xca\xfe\xba\xbe", b"package org.apache.logging.log4j.core.lookup;"):
        copies = tool.judge([("a/core/lookup/JndiLookup.class", text)])
        tally.expect(f"{text!r}: copies", [c["cves"]["CVE-2021-44228"][0] for c in copies], ["under_investigation"] if text[:1] == b"\xca" else [])


def check_mixtures(tally, tool, folder, stems, work):
    def core(version, kind=None):
        return entries_of((work / kind if kind else folder) / f"log4j-core-{version}.jar", stems)

    two = core("2.14.1", "relocated") + core("2.17.1")
    states = sorted((c["package"], c["cves"]["CVE-2021-44228"][0], c["relocated"]) for c in tool.judge(two))
    tally.expect("two copies in one jar", states, [("clt/shaded/l", "affected", True), ("org/apache/logging/log4j", "fixed", False)])
    loose = [("opt/a/" + n, d) for n, d in core("2.14.1")] + [("srv/b/" + n, d) for n, d in core("2.17.1")]
    states = sorted((c["place"], c["cves"]["CVE-2021-44228"][0]) for c in tool.judge(loose))
    tally.expect("two loose trees", states, [("opt/a", "affected"), ("srv/b", "fixed")])
    for old, new in (("2.14.1", "2.17.1"), ("2.0-beta9", "2.25.4"), ("2.15.0", "2.17.1")):
        for mixed in (core(old) + core(new), core(new) + core(old)):
            copies = tool.judge(mixed)
            tally.expect(f"{old} and {new} in one place", [c["cves"]["CVE-2021-45046"][0] for c in copies], ["affected"])
    lie = tool.judge(core("2.14.1"), [("org.apache.logging.log4j", "log4j-core", "2.17.1")])[0]
    tally.expect("metadata lies", (lie["cves"]["CVE-2021-44228"][0], lie["disagree"], "@" in lie["purl"]), ("affected", True, False))
    vendor = tool.judge(core("2.17.1"), [("org.apache.logging.log4j", "log4j-core", "2.17.1.redhat-00002")])[0]
    tally.expect("a vendor's version", (vendor["disagree"], vendor["purl"]), (False, "pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1.redhat-00002"))
    jcl = tool.judge(core("2.14.1"), [("org.apache.logging.log4j", "log4j-jcl", "2.14.1")])[0]
    tally.expect("the pom of another artifact", (jcl["said"], jcl["cves"]["CVE-2021-44228"][0]), ("", "affected"))
    alone = tool.judge([], [("org.apache.logging.log4j", "log4j-core", "2.14.1")])[0]
    tally.expect("metadata alone", (alone["classes"], alone["cves"]["CVE-2021-44228"][0]), (False, "under_investigation"))
    alone = tool.judge([], [("org.apache.logging.log4j", "log4j-core", "2.17.1")])[0]
    tally.expect("metadata alone, fixed", alone["cves"]["CVE-2021-44228"][0], "fixed")
    source = tool.judge([("org/apache/logging/log4j/core/lookup/JndiLookup.java", b"package x;")], [("org.apache.logging.log4j", "log4j-core", "2.14.1")])[0]
    tally.expect("sources", source["cves"]["CVE-2021-44228"][0], "not_affected")
    # The release candidate: as 2.15.0, and its JndiManager does not check the address.
    rc1 = [(n, d.replace(b"Invalid JNDI URI", b"Invalid XXXX URI")) for n, d in core("2.15.0")]
    copy = tool.judge(rc1, [("org.apache.logging.log4j", "log4j-core", "2.15.0")])[0]
    tally.expect("2.15.0-rc1", (copy["version"], copy["disagree"], copy["cves"]["CVE-2021-45046"][0]), ("2.15.0-rc1", True, "affected"))
    newer = tool.judge(core("2.26.1"), [("org.apache.logging.log4j", "log4j-core", "2.99.0")])[0]
    tally.expect("newer than the file", (newer["version"], newer["disagree"]), ("2.26.0-2.26.1 or later", False))
    one_x = entries_of(folder / "log4j-1.2.17.jar", stems)
    for stem, cve in (("JMSAppender", "CVE-2021-4104"), ("JMSSink", "CVE-2022-23302"), ("JDBCAppender", "CVE-2022-23305")):
        copy = tool.judge([(n, d) for n, d in one_x if stem not in n])[0]
        tally.expect(f"1.2.17 without {stem}", {c: s[0] for c, s in copy["cves"].items() if s[0] != "affected"}, {cve: "mitigated"})


def check_debian(tally, tool, stems):
    """What Debian builds itself, where it is installed."""
    for name, product, want in (("log4j-core-2.19.0.jar", "log4j-core", {"CVE-2021-44228": "-", "CVE-2021-45046": "-", "CVE-2021-45105": "-", "CVE-2021-44832": "-"}),
                                ("logback-core-1.2.11.jar", "logback-core", {"CVE-2021-42550": "-"})):
        path = pathlib.Path("/usr/share/java", name)
        if not path.exists():
            jars.skip(f"{path} is not installed (Debian: liblog4j2-java, liblogback-java)")
        check(tally, f"Debian's {name}", tool.judge(entries_of(path, stems)), product, want)


def main():
    tool_path, fingerprints, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    table = jars.expected()
    jars.fetch(folder, [f"{c}:{v}" for c, (_, rows) in table.items() for v in rows] + jars.OTHERS + jars.ASM)
    stems, tally, tool = stems_of(fingerprints), Tally(), Tool([tool_path])
    with tempfile.TemporaryDirectory() as work:
        told = check_releases(tally, tool, folder, stems, table, pathlib.Path(work))
        check_mixtures(tally, tool, folder, stems, pathlib.Path(work))
    check_lookalikes(tally, tool, folder, stems)
    check_debian(tally, tool, stems)
    tally.expect("the tool ends well", tool.close(), 0)
    for line in tally.failures[:60]:
        print(line)
    print(f"releases told apart by classes alone: {sum(v == n.split()[1] for n, v in told.items())} of {len(told)} to the very release")
    print(f"{tally.checks - len(tally.failures)} passed, {len(tally.failures)} failed")
    return 1 if tally.failures or not tally.checks else 0


if __name__ == "__main__":
    sys.exit(main())
