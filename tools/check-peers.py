#!/usr/bin/env python3
"""make check-peers: what other tools find in the same tree and image, beside what caltrop finds.

    check-peers.py --caltrop PROGRAM --peers FOLDER --prepare FOLDER [--report FILE] [--build-seconds N] [--few]
    check-peers.py --peers FOLDER --build-only

The peers are built from their own Go modules into --peers at the first run (minutes, unless Go's own cache has them); without a Go that
is new enough it ends with 77. With --build-seconds, those that are not built by then are left out, and that is said. The jars come from tests/differential/prepare.sh, below --prepare. Compared are

    packages    syft on a tree and on a docker-save image made here, and on root file systems around real rpm databases and an
                apk one. Every Java and distribution package that it finds, caltrop finds, or REASONS says why not. Other ecosystems: a
                table of differences.
    advisories  osv-scanner, offline, on OSV records written here, over caltrop's own bill of materials: the same pairs of
                package and record.
    verdicts    google's log4jscanner on its own test archives and on the tree: every file that it names, caltrop names.

The exit status is 1 when something is missing without a reason.
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = {  # the quickest to build first
    "log4jscanner": "github.com/google/log4jscanner@v0.5.0",
    "syft": "github.com/anchore/syft/cmd/syft@v1.57.1",
    "osv-scanner": "github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.0",
}
RPM_DATABASES = "github.com/knqyf263/go-rpmdb@v0.1.1"
# Files in which caltrop finds CVE-2021-44228 or CVE-2021-45046 and log4jscanner does not.
MORE = {
    "corrupt.jar": "log4jscanner ends at the entry that it cannot unpack",
    "corrupt_jar_in_jar.jar": "log4jscanner ends at the entry that it cannot unpack",
    "vuln-class-executable": "log4jscanner opens a program with a zip behind it only when asked for one",
}
# What syft lists and caltrop does not, and why that is right. Matched against "type/namespace/name@version".
REASONS = [
    (r"rpm/[^/]+/gpg-pubkey@.*", "a key that rpm keeps among its packages: nothing is installed by it"),
    (r"rpm/sles/.*", "SUSE's own advisories and bills of materials have the namespace suse, and so has caltrop"),
    (r"maven/shaded/shaded@1\.0", "its manifest has a title and no group: syft takes the title for the group as well; caltrop lists the archive and makes no coordinates up"),
]
GO = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
DISTRIBUTIONS = ("deb", "rpm", "apk", "alpm")


def run(command, **options):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def need_peers(folder, seconds):
    """The names of the peers that are there. Without `seconds` all of them are, or this ends with 77."""
    folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which("go"):
        print("go is not installed")
        sys.exit(77)
    until = time.monotonic() + seconds if seconds else None
    there = []
    for name, module in PEERS.items():
        built = folder.resolve() / name
        # A module of its own that asks for it: `go install` also wants the list of all releases, which not every proxy gives.
        path, _, version = module.partition("@")
        stamp = folder / (name + ".version")
        if built.exists() and stamp.exists() and stamp.read_text() == version:
            there.append(name)
            continue
        print("building", module, flush=True)
        with tempfile.TemporaryDirectory() as work:
            main_module = re.sub(r"/cmd/.*", "", path)
            pathlib.Path(work, "go.mod").write_text(f"module peer\n\ngo 1.25\n\nrequire {main_module} {version}\n")
            try:
                status, _, err = run(["nice", "go", "build", "-o", built, path], cwd=work, env=GO, timeout=max(1, until - time.monotonic()) if until else None)
            except subprocess.TimeoutExpired:
                print(f"not compared with {name}: it was not built within {seconds} s")
                continue
        if status:
            print(err.decode(errors="replace")[-1500:])
            print("no peer to compare with: " + (err.decode(errors="replace").strip().splitlines() or ["go build failed"])[-1])
            sys.exit(77)
        stamp.write_text(version)
        there.append(name)
    return there


def make_tree(root, jars, peers):
    """Java in several dresses, and packages of other kinds as they lie in a root file system."""
    lib = root / "srv/app/lib"
    lib.mkdir(parents=True)
    for release in ("2.0-rc1", "2.3.2", "2.12.4", "2.14.1", "2.17.1", "2.24.3"):
        for part in ("api", "core"):
            shutil.copy(jars / release / f"log4j-{part}-{release}.jar", lib)
    with zipfile.ZipFile(root / "srv/app/shop.war", "w", zipfile.ZIP_DEFLATED) as war:
        for release in ("2.13.0", "2.15.0"):
            war.write(jars / release / f"log4j-core-{release}.jar", f"WEB-INF/lib/log4j-core-{release}.jar")
    with zipfile.ZipFile(root / "srv/app/shaded.jar", "w", zipfile.ZIP_DEFLATED) as shaded, zipfile.ZipFile(jars / "2.16.0/log4j-core-2.16.0.jar") as core:
        shaded.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nImplementation-Title: shaded\nImplementation-Version: 1.0\n")
        for entry in core.namelist():
            if entry.startswith(("META-INF/maven/", "org/apache/logging/log4j/core/lookup/")) and not entry.endswith("/"):
                shaded.writestr(entry, core.read(entry))
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n')
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(dpkg_status())
    site = root / "usr/lib/python3/dist-packages"
    for name, version in (("requests", "2.28.1"), ("PyYAML", "6.0"), ("zope.interface", "5.5.2")):
        info = site / f"{name.replace('.', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "RECORD").write_text(f"{info.name}/METADATA,,\n")
    for name, version in (("left-pad", "1.3.0"), ("@types/node", "18.0.0")):
        module = root / "srv/web/node_modules" / name
        module.mkdir(parents=True)
        (module / "package.json").write_text(json.dumps({"name": name, "version": version, "license": "MIT"}))
    (root / "usr/bin").mkdir(parents=True)
    shutil.copy(peers / "log4jscanner", root / "usr/bin/scanner")  # a Go program


def dpkg_status():
    packages = [("libc6", "2.36-9+deb12u10", "amd64", "glibc"), ("bash", "5.2.15-2+b7", "amd64", "bash (5.2.15-2)"), ("tzdata", "2024a-0+deb12u1", "all", ""),
                ("liblog4j2-java", "2.19.0-2", "all", "apache-log4j2"), ("vim-tiny", "2:9.0.1378-2", "amd64", "vim"), ("gone", "1.0", "amd64", "")]
    return "".join(f"Package: {n}\nStatus: {'deinstall ok config-files' if n == 'gone' else 'install ok installed'}\nPriority: optional\nSection: libs\n"
                   f"Maintainer: Nobody <nobody@example.org>\nArchitecture: {a}\n" + (f"Source: {s}\n" if s else "") + f"Version: {v}\nDescription: {n}\n\n"
                   for n, v, a, s in packages)


def make_image(root, path):
    """What docker save writes: one layer, its configuration, and the manifest."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(root, arcname=".", filter=lambda t: (setattr(t, "uid", 0), setattr(t, "gid", 0), t)[2])
    data = layer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}}).encode()
    name = hashlib.sha256(config).hexdigest()
    manifest = json.dumps([{"Config": name + ".json", "RepoTags": ["peers:latest"], "Layers": [digest + "/layer.tar"]}]).encode()
    with tarfile.open(path, "w") as tar:
        for entry, content in ((digest + "/layer.tar", data), (name + ".json", config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(entry)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def module_folder(module):
    """Where Go's own client keeps a module; None when it cannot be had."""
    with tempfile.TemporaryDirectory() as work:
        _, out, _ = run(["go", "mod", "download", "-json", module], cwd=work, env=GO)
    try:
        return pathlib.Path(json.loads(out)["Dir"])
    except (ValueError, KeyError):
        return None


FEW = ("centos7-plain", "fedora35", "sle15-bci")  # a Berkeley, an sqlite and an ndb database


def make_distributions(work, few):
    """(name, root) of small root file systems: package databases where they belong, and an os-release."""
    releases = {"centos": ("centos", "7"), "fedora": ("fedora", "35"), "sle": ("sles", "15.3"), "ubi": ("rhel", "8.4"), "cbl": ("mariner", "2.0")}
    databases = module_folder(RPM_DATABASES)
    for folder in sorted((databases / "pkg/testdata").iterdir()) if databases else []:
        known = releases.get(re.match(r"[a-z]*", folder.name).group())
        if not known or not folder.is_dir() or (few and folder.name not in FEW):
            continue
        root = work / folder.name
        (root / "etc").mkdir(parents=True)
        (root / "etc/os-release").write_text(f'ID={known[0]}\nVERSION_ID="{known[1]}"\nNAME="{known[0]}"\n')
        shutil.copytree(folder, root / "var/lib/rpm", copy_function=shutil.copyfile)
        yield folder.name, root
    root = work / "alpine"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=alpine\nVERSION_ID=3.18.4\nNAME="Alpine Linux"\n')
    (root / "lib/apk/db").mkdir(parents=True)
    (root / "lib/apk/db/installed").write_text("".join(
        f"C:Q1{'a' * 27}=\nP:{n}\nV:{v}\nA:x86_64\nS:1\nI:1\nT:{n}\nU:https://example.org\nL:MIT\no:{o}\nm:N <n@example.org>\nt:1\n\n"
        for n, v, o in (("musl", "1.2.4-r1", "musl"), ("libcrypto3", "3.1.3-r0", "openssl"), ("busybox", "1.36.1-r2", "busybox"))))
    yield "alpine", root


def plain(purl):
    """Type, namespace, name and version, without qualifiers."""
    body = purl.split("#")[0].split("?")[0]
    if not body.startswith("pkg:"):
        return None
    kind, _, rest = body[4:].partition("/")
    path, _, version = rest.rpartition("@") if "@" in rest.rsplit("/", 1)[-1] else (rest, "", "")
    decoded = urllib.parse.unquote(path)
    if kind == "pypi":
        decoded = re.sub(r"[-_.]+", "-", decoded).lower()
    if kind == "golang":
        decoded = decoded.lower()  # as the purl type wants it; syft keeps capitals
    return f"{kind}/{decoded}@{urllib.parse.unquote(version)}"


def purls(document):
    found = set()
    for component in json.loads(document).get("components", []):
        if component.get("purl"):
            found.add(plain(component["purl"]))
    return found - {None}


def compare_packages(what, ours, theirs, report):
    missing, reasons = [], []
    kinds = sorted({p.split("/")[0] for p in ours | theirs})
    report.append(f"\n### {what}\n\n| ecosystem | both | syft only | caltrop only |\n|---|---|---|---|")
    for kind in kinds:
        a, b = ({p for p in s if p.startswith(kind + "/")} for s in (ours, theirs))
        report.append(f"| {kind} | {len(a & b)} | {len(b - a)} | {len(a - b)} |")
        for purl in sorted(b - a):
            reason = next((why for pattern, why in REASONS if re.fullmatch(pattern, purl)), None)
            if reason:
                reasons.append(f"\n{purl}: {reason}.")
            if reason is None and kind in ("maven", *DISTRIBUTIONS):
                missing.append(f"{what}: syft finds {purl}")
    report += reasons
    for title, names in (("syft only", theirs - ours), ("caltrop only", ours - theirs)):
        if names:
            report.append(f"\n{title}: " + ", ".join(sorted(names)[:60]) + (" ..." if len(names) > 60 else ""))
    return missing


def compare_with_syft(options, tree, work, report):
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    make_image(tree, work / "image.tar")
    places = [("tree", [str(tree)], "dir:" + str(tree)), ("image", ["--image", str(work / "image.tar")], "docker-archive:" + str(work / "image.tar"))]
    for name, root in make_distributions(work / "distributions", options.few):
        make_image(root, work / (name + ".tar"))
        places.append((name, ["--image", str(work / (name + ".tar"))], "docker-archive:" + str(work / (name + ".tar"))))
    bad = []
    for what, ours, theirs in places:
        _, _, err = run([options.caltrop, "scan", "-q", "--no-processes", "--sbom", work / "ours.cdx.json", *ours])
        status, out, peer_err = run([options.peers / "syft", "scan", theirs, "-o", "cyclonedx-json", "-q"], env=environment)
        if status or not (work / "ours.cdx.json").exists():
            bad.append(f"{what}: no answer: {err[-400:]} {peer_err[-400:]}")
            continue
        bad += compare_packages(what, purls((work / "ours.cdx.json").read_text()), purls(out), report)
        (work / "ours.cdx.json").unlink()
    return bad


def osv(identifier, ecosystem, name, introduced, fixed):
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    events = [{"introduced": introduced}] + ([{"fixed": fixed}] if fixed else [])
    return {"schema_version": "1.6.0", "id": identifier, "modified": "2024-01-01T00:00:00Z", "published": "2024-01-01T00:00:00Z", "summary": identifier,
            "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": kind, "events": events}]}]}


def records():
    core = "org.apache.logging.log4j:log4j-core"
    return [osv("TEST-1", "Maven", core, "2.13.0", "2.15.0"), osv("TEST-2", "Maven", core, "0", "2.3.1"), osv("TEST-3", "Maven", core, "2.4", "2.12.2"),
            osv("TEST-4", "Maven", core, "2.13.0", None), osv("TEST-5", "Maven", "org.apache.logging.log4j:log4j-api", "2.0-beta9", "2.0"),
            osv("TEST-6", "PyPI", "requests", "2.3.0", "2.31.0"), osv("TEST-7", "PyPI", "pyyaml", "0", "5.4"), osv("TEST-8", "npm", "left-pad", "0", None),
            osv("TEST-9", "npm", "@types/node", "18.0.1", None), osv("TEST-10", "PyPI", "zope-interface", "5.0", "5.5.3"),
            osv("TEST-11", "npm", "@types/node", "17.0.0", "18.0.1"), osv("TEST-12", "Maven", core, "2.0-alpha1", "2.0"),
            osv("TEST-13", "Maven", core, "2.15.0", "2.16.0"), osv("TEST-14", "PyPI", "pyyaml", "6.0rc1", "6.0.1")]


def compare_advisories(options, tree, work, report):
    """Pairs of record and package. osv-scanner gets the packages of the bill of materials under the names that OSV gives them: from the
    bill itself it takes a component's name alone, without its Maven group, and then matches no Maven package."""
    folder, cache = work / "osv", work / "cache"
    folder.mkdir()
    by_ecosystem = {}
    for record in records():
        (folder / (record["id"] + ".json")).write_text(json.dumps(record))
        by_ecosystem.setdefault(record["affected"][0]["package"]["ecosystem"], []).append(record)
    for ecosystem, list_of in by_ecosystem.items():
        place = cache / "osv-scalibr" / ecosystem
        place.mkdir(parents=True)
        with zipfile.ZipFile(place / "all.zip", "w") as z:
            for record in list_of:
                z.writestr(record["id"] + ".json", json.dumps(record))
    bom = work / "bom.cdx.json"
    _, out, err = run([options.caltrop, "scan", "-q", "--json", "--no-processes", "--advisories", folder, "--sbom", bom, tree])
    ours = set()
    for line in out.splitlines():
        event = json.loads(line)
        for identifier in event.get("vulnerability", {}).get("id", []) if "vulnerability" in event else []:
            if identifier.startswith("TEST-") and event["caltrop"]["state"] == "affected":
                ours.add((identifier, plain(event["caltrop"]["purl"])))
    names = {"maven": ("Maven", lambda p: p.replace("/", ":")), "pypi": ("PyPI", str), "npm": ("npm", str)}
    packages = []
    for purl in sorted(purls(bom.read_text())):
        kind, _, rest = purl.partition("/")
        if kind in names:
            path, _, version = rest.rpartition("@")
            packages.append({"package": {"ecosystem": names[kind][0], "name": names[kind][1](path), "version": version}})
    custom = work / "packages.json"
    custom.write_text(json.dumps({"results": [{"packages": packages}]}))
    _, out, err = run([options.peers / "osv-scanner", "scan", "source", "-L", "osv-scanner:" + str(custom), "--offline", "--local-db-path", cache, "--format", "json"],
                      env={**os.environ, "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY": str(cache)})
    try:
        document = json.loads(out)
    except ValueError:
        return ["osv-scanner gave no answer: " + err.decode(errors="replace")[-600:]]
    theirs = set()
    for result in document.get("results", []):
        for package in result.get("packages", []):
            p = package["package"]
            kind = {"Maven": "maven", "PyPI": "pypi", "npm": "npm"}.get(p["ecosystem"], p["ecosystem"].lower())
            name = p["name"].replace(":", "/") if kind == "maven" else re.sub(r"[-_.]+", "-", p["name"]).lower() if kind == "pypi" else p["name"]
            for v in package.get("vulnerabilities", []):
                theirs.add((v["id"], f"{kind}/{name}@{p['version']}"))
    report.append(f"\n### Advisories\n\n{len(ours & theirs)} pairs of record and package the same, {len(theirs - ours)} of osv-scanner only, {len(ours - theirs)} of caltrop only.")
    bad = [f"advisories: osv-scanner alone: {pair}" for pair in sorted(theirs - ours)] + [f"advisories: caltrop alone: {pair}" for pair in sorted(ours - theirs)]
    return bad if ours else bad + ["advisories: caltrop matched nothing"]


def compare_verdicts(options, tree, report):
    """Files with CVE-2021-44228 or CVE-2021-45046."""
    scanner = module_folder(PEERS["log4jscanner"])
    bad, reasons = [], []
    report.append("\n### Verdicts\n\n| files | both | log4jscanner only | caltrop only |\n|---|---|---|---|")
    for what, root in (("its own test archives", scanner / "jar/testdata" if scanner else None), ("the tree", tree)):
        if not root:
            continue
        _, out, _ = run([options.peers / "log4jscanner", root])
        theirs = {line for line in out.decode().splitlines() if line.startswith("/")}
        _, out, _ = run([options.caltrop, "scan", "-q", "--json", "--no-processes", root])
        ours = set()
        for line in out.splitlines():
            event = json.loads(line)
            if event["event"]["dataset"].endswith(".finding") and event["caltrop"]["state"] == "affected" and \
                    {"CVE-2021-44228", "CVE-2021-45046"} & set(event["vulnerability"]["id"]):
                ours.add(event["file"]["path"].split("!/")[0])
        report.append(f"| {what} | {len(ours & theirs)} | {len(theirs - ours)} | {len(ours - theirs)} |")
        bad += [f"verdicts: log4jscanner alone: {path}" for path in sorted(theirs - ours)]
        for path in sorted(ours - theirs):
            why = MORE.get(pathlib.Path(path).name)
            if why:
                reasons.append(f"\n{pathlib.Path(path).name}: {why}.")
            else:
                bad.append(f"verdicts: caltrop alone: {path}")
        if not ours:
            bad.append(f"verdicts: caltrop found nothing in {what}")
    report += reasons
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caltrop", type=pathlib.Path)
    parser.add_argument("--peers", required=True, type=pathlib.Path)
    parser.add_argument("--prepare", type=pathlib.Path)
    parser.add_argument("--build-only", action="store_true", help="the peers and nothing else")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--build-seconds", type=int)
    parser.add_argument("--few", action="store_true", help="three of the rpm databases")
    options = parser.parse_args()
    if options.build_only:
        need_peers(options.peers, options.build_seconds)
        return 0
    if not options.caltrop or not options.prepare:
        parser.error("--caltrop and --prepare are needed")
    status, out, _ = run([ROOT / "tests/differential/prepare.sh", options.prepare])
    if status:
        print(out.decode().strip().splitlines()[-1])
        return status
    peers = need_peers(options.peers, options.build_seconds)
    report, bad = ["# Peers"], []
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        tree = work / "tree"
        tree.mkdir()
        make_tree(tree, options.prepare / "jars", options.peers)
        if "syft" in peers:
            bad += compare_with_syft(options, tree, work, report)
        if "osv-scanner" in peers:
            bad += compare_advisories(options, tree, work, report)
        if "log4jscanner" in peers:
            bad += compare_verdicts(options, tree, report)
    text = "\n".join(report) + "\n"
    if options.report:
        options.report.write_text(text)
    print(text)
    print("\n".join(bad) if bad else "nothing that a peer finds is missing without a reason")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
