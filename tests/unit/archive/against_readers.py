#!/usr/bin/env python3
"""The walk against the real readers: archives that the real tools make of random trees, read by both.

    against_readers.py NEST_TOOL [ROUNDS]

Same entries, kinds, link targets and contents, whatever way the bytes come: mapped, by pread, inner archives held whole or
streamed. The seed is printed; CT_SEED=N repeats a run. A tool that is missing ends the run with 77.
"""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile

TOOL = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
SEED = int(os.environ.get("CT_SEED") or random.SystemRandom().randrange(1 << 32))
R = random.Random(SEED)
WAYS = [[], ["--pread"], ["--hold", "0"], ["--pread", "--hold", "20000"]]
NEEDED = "zip jar tar bsdtar cpio dpkg-deb rpmbuild rpm2cpio zstd xz bzip2 gzip 7z".split()
ENV = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")


def digest(data):
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def run(*args, cwd=None, data=None):
    return subprocess.run(args, cwd=cwd, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, env=ENV).stdout


def walk(path, *options):
    """(entries, oddities, end) as the walk sees them; end: also the containers that were left."""
    out = run(TOOL, *options, str(path))
    entries, oddities, end, left = [], [], None, []
    for line in out.splitlines():
        e = json.loads(line)
        if e["what"] == "entry":
            entries.append(e)
        elif e["what"] == "oddity":
            oddities.append(e)
        elif e["what"] == "leave":
            left.append(e)
        elif e["what"] in ("end", "none"):
            end = dict(e, left=left)
    return entries, oddities, end


def contents():
    kind = R.randrange(8)
    n = R.choice([0, 1, 21, 511, 512, 513, 4096, 65536, R.randrange(1, 3000), R.randrange(1, 200000)])
    if kind == 0:
        return bytes(n)
    if kind == 1:
        return R.randbytes(n)
    if kind == 2:
        return b"\xca\xfe\xba\xbe\0\0\0\x34" + R.randbytes(n // 4) * 4
    if kind == 3:
        return (b"line %d of the text\n" * (n // 20 + 1))[:n]
    if kind == 4:
        return b"#!/bin/sh\nexit 0\n" + b"x" * n
    if kind == 5:
        return b"\x7fELF" + R.randbytes(n)
    if kind == 6:
        data = b"PK" + R.randbytes(n)
    else:
        data = bytes(R.choice(b"PK\1\2\3\4\5\6\7\x08ustar") for _ in range(min(n, 20000)))
    return b"x" + data if data[:4] in (b"PK\3\4", b"PK\5\6", b"PK\6\6") else data  # a zip, if a bad one, is what it would be


def name(raw):
    letters = "abcxyzXYZ019._-$ äß€"
    text = "".join(R.choice(letters) for _ in range(R.choice([1, 3, 8, 20, 60, 90]))).strip(" .-") or "n"
    b = text.encode()[:200].decode(errors="ignore").encode()
    if raw and R.randrange(6) == 0:
        b = b[:60] + b"\xe4\xff"
    return b


def tree(folder, raw=True, links=True, ascii_only=False):
    """A random tree; {relative path as bytes: ("file", bytes) | ("dir",) | ("symlink", target)}."""
    out, dirs = {}, [b""]
    for _ in range(R.randrange(3, 25)):
        part = name(raw)
        if ascii_only:
            part = bytes(c if 0x20 < c < 0x7f and c not in b"$" else 0x5f for c in part)
        at = R.choice(dirs) + part
        if len(at) > 900 or at in out or at + b"/" in dirs:
            continue
        full = os.path.join(os.fsencode(str(folder)), at)
        what = R.randrange(8)
        if what < 2:
            os.mkdir(full)
            out[at] = ("dir",)
            dirs.append(at + b"/")
        elif what == 2 and links:
            target = name(False)
            if ascii_only:
                target = b"nowhere/" + target  # rpmbuild takes no link that leads to itself
            os.symlink(target, full)
            out[at] = ("symlink", target)
        else:
            data = contents()
            pathlib.Path(os.fsdecode(full)).write_bytes(data)
            out[at] = ("file", data)
    return out


def read_tree(folder):
    out = {}
    base = os.fsencode(str(folder))
    for top, dirs, files in os.walk(base):
        for n in dirs + files:
            full = os.path.join(top, n)
            rel = os.path.relpath(full, base)
            st = os.lstat(full)
            if stat.S_ISLNK(st.st_mode):
                out[rel] = ("symlink", os.readlink(full))
            elif stat.S_ISDIR(st.st_mode):
                out[rel] = ("dir",)
            else:
                with open(full, "rb") as f:
                    out[rel] = ("file", f.read())
    return out


class Differs(Exception):
    pass


def clean(path):
    parts = [p for p in path.split(b"/") if p not in (b"", b".")]
    return b"/".join(parts)


def compare(where, entries, want, prefix, dirs_matter=True, link_contents=False):
    """entries of the walk below prefix against a tree."""
    have = {}
    for e in entries:
        path = e["path"].encode("latin-1")
        if not path.startswith(prefix):
            continue
        rel = clean(path[len(prefix):])
        if not rel:
            continue
        if e["kind"] == "dir":
            have[rel] = ("dir",)
        elif e["kind"] == "symlink":
            have[rel] = ("symlink", e["blake2b"] if link_contents else e.get("link", "").encode("latin-1"))
        elif e["kind"] == "hardlink":
            have[rel] = ("hardlink", clean(e["link"].encode("latin-1")))
        elif e["kind"] == "file":
            have[rel] = ("file", e.get("blake2b") or "entered")
        if e.get("err"):
            raise Differs(f"{where}: {path!r}: {e['err']}")
    for rel, what in have.items():
        if what[0] == "hardlink":
            have[rel] = have.get(what[1], ("file", "no target"))
    expected = {}
    for rel, what in want.items():
        if what[0] == "file":
            expected[rel] = ("file", digest(what[1]))
        elif what[0] == "symlink" and link_contents:
            expected[rel] = ("symlink", digest(what[1]))
        else:
            expected[rel] = what
    if not dirs_matter:
        have = {k: v for k, v in have.items() if v[0] != "dir"}
        expected = {k: v for k, v in expected.items() if v[0] != "dir"}
    if have != expected:
        only = {k: (have.get(k), expected.get(k)) for k in set(have) | set(expected) if have.get(k) != expected.get(k)}
        raise Differs(f"{where}: walk, real: {only}")


def check(path, want, inner=b"", oddities=(), ways=WAYS, **options):
    for way in ways:
        entries, odd, end = walk(path, *way)
        where = f"{path.name} {' '.join(way)}"
        if end is None or end["what"] == "none":
            raise Differs(f"{where}: not recognised")
        unexpected = [o for o in odd if o["oddity"] not in oddities]
        if unexpected:
            raise Differs(f"{where}: {unexpected[:3]}")
        compare(where, entries, want, os.fsencode(path.name) + inner + b"!/", **options)


# ---- zip ----

def python_zip(path, files, stream, method=None, force64=False, comment=b""):
    class NoSeek(io.RawIOBase):
        def __init__(self, f):
            self.f = f

        def writable(self):
            return True

        def write(self, b):
            return self.f.write(b)

    with open(path, "wb") as f:
        with zipfile.ZipFile(NoSeek(f) if stream else f, "w", allowZip64=True) as z:
            z.comment = comment
            for rel, what in files.items():
                text = rel.decode("utf-8", "surrogateescape")
                if what[0] == "dir":
                    z.writestr(zipfile.ZipInfo(text + "/"), b"")
                    continue
                info = zipfile.ZipInfo(text)
                if what[0] == "symlink":
                    info.create_system = 3
                    info.external_attr = 0o120777 << 16
                m = method if method is not None else R.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
                info.compress_type = m
                with z.open(info, "w", force_zip64=force64) as to:
                    to.write(what[1])


def zips(folder, at):
    t = tree(folder, raw=False)
    plain = {k: v for k, v in t.items()}
    kw = dict(link_contents=True)
    path = at / "python.jar"
    python_zip(path, plain, stream=False)
    check(path, plain, **kw)
    with zipfile.ZipFile(path) as z:  # and Python reads the same
        assert {clean(i.filename.encode()) for i in z.infolist()} == set(plain)
    path = at / "streamed.war"
    python_zip(path, plain, stream=True)
    check(path, plain, **kw)
    path = at / "wide.ear"
    python_zip(path, plain, stream=R.randrange(2) == 0, force64=True, comment=R.randbytes(R.randrange(3000)).replace(b"PK", b"pk"))
    check(path, plain, **kw)
    t = tree(fresh(folder), raw=True)
    path = at / "INFO.ZIP"
    run("zip", "-q", "-r", "-y", str(path), ".", cwd=folder)
    check(path, t, **kw)
    both = at / "run.sh"
    both.write_bytes(b"#!/bin/sh\nexec java -jar $0\n" + R.randbytes(R.randrange(3000)) + path.read_bytes())
    check(both, t, **kw)
    run("zip", "-q", "-A", str(both))  # now its offsets count from the start of the file
    check(both, t, **kw)
    cut = at / "cut.zip"  # its directory is gone; only that knows which entries are links
    data = path.read_bytes()
    end = data.rfind(b"PK\5\6")
    start = int.from_bytes(data[end + 16:end + 20], "little")
    cut.write_bytes(data[:start + R.randrange(0, 40)])
    check(cut, {k: ("file", v[1]) if v[0] == "symlink" else v for k, v in t.items()},
          oddities=("no usable central directory: read by local headers", "ends early"))
    path = at / "stdin.zip"
    data = contents()
    path.write_bytes(run("zip", "-q", "-", "-", data=data))
    check(path, {b"-": ("file", data)})
    path = at / "jar.jar"
    t = tree(fresh(folder), raw=False, links=False)
    run("jar", R.choice(["cf", "cf0"]), str(path), "-C", str(folder), ".")
    manifest = {b"META-INF": ("dir",), b"META-INF/MANIFEST.MF": None}
    entries, odd, _ = walk(path)
    if odd:
        raise Differs(f"jar: {odd}")
    entries = [e for e in entries if "META-INF" not in e["path"]]
    compare("jar", entries, t, b"jar.jar!/")
    assert manifest
    for method in ("Deflate", "Deflate64", "BZip2", "LZMA", "Copy"):
        path = at / f"seven-{method}.zip"
        t = tree(fresh(folder), raw=False, links=False)
        run("7z", "a", "-tzip", f"-mm={method}", str(path), ".", cwd=folder)
        check(path, t)
    path = at / "bsd.zip"
    t = tree(fresh(folder), raw=True)
    run("bsdtar", "--format", "zip", "-cf", str(path), "-C", str(folder), ".")
    check(path, t, **kw)
    path.write_bytes(run("bsdtar", "--format", "zip", "-cf", "-", "-C", str(folder), "."))
    check(path, t, **kw)


# ---- tar ----

PACK = {"": None, ".gz": ["gzip", "-c"], ".bz2": ["bzip2", "-c"], ".xz": ["xz", "-c"], ".zst": ["zstd", "-q", "-c"], ".lzma": ["xz", "--format=lzma", "-c"]}


def packed(path, data):
    """Written with a random compression; the path."""
    ending = R.choice(list(PACK))
    if PACK[ending] and R.randrange(3) == 0 and ending != ".lzma":
        k = R.randrange(len(data))  # two members
        data = run(*PACK[ending], data=data[:k]) + run(*PACK[ending], data=data[k:])
    elif PACK[ending]:
        data = run(*PACK[ending], data=data)
    path = path.with_name(path.name + ending)
    path.write_bytes(data)
    return path


def fits(t):
    """Have the oldest formats of tar room for it? Writers leave out what does not fit."""
    return all(len(path) <= 90 and (what[0] != "symlink" or len(what[1]) <= 100) for path, what in t.items())


def tars(folder, at):
    for fmt in ("v7", "ustar", "gnu", "posix", "oldgnu"):
        short = fmt in ("v7", "ustar")
        t = tree(fresh(folder), raw=True)
        if short and not fits(t):
            continue
        files = [r for r, w in t.items() if w[0] == "file"]
        if files:  # a hard link
            os.link(os.path.join(os.fsencode(str(folder)), files[0]), os.path.join(os.fsencode(str(folder)), b"hard"))
            t[b"hard"] = t[files[0]]
        path = packed(at / f"{fmt}.tar", run("tar", f"--format={fmt}", "-cf", "-", "-C", str(folder), "."))
        check(path, t)
    for version in (None, "0.0", "0.1", "1.0"):
        t = tree(fresh(folder), raw=True, links=False)
        for i in range(2):
            with open(os.path.join(folder, f"sparse{i}"), "wb") as f:
                for _ in range(R.randrange(0, 40)):
                    f.seek(R.randrange(0, 3000000) // 4096 * 4096)
                    f.write(R.randbytes(R.randrange(1, 5000)))
                f.truncate(R.randrange(2000000, 4000000))
        t = read_tree(folder)
        options = ["--format=gnu"] if version is None else ["--format=posix", f"--sparse-version={version}"]
        path = packed(at / f"sparse-{version}.tar", run("tar", "-S", *options, "-cf", "-", "-C", str(folder), "."))
        check(path, t, ways=WAYS[:2])
    for fmt in ("pax", "gnutar", "ustar"):
        t = tree(fresh(folder), raw=True)
        if fmt == "ustar" and not fits(t):
            continue
        path = packed(at / f"bsd-{fmt}.tar", run("bsdtar", "--format", fmt, "-cf", "-", "-C", str(folder), "."))
        check(path, t)
    t = tree(fresh(folder), raw=False)
    for fmt in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=fmt) as tar:
            tar.add(str(folder), arcname="deep/" * 40)
        path = packed(at / f"python-{fmt}.tar", buffer.getvalue())
        entries, odd, _ = walk(path)
        if odd:
            raise Differs(f"{path}: {odd}")
        want = {b"deep/" * 39 + b"deep/" + k: v for k, v in t.items()}
        want[b"deep/" * 39 + b"deep"] = ("dir",)
        stem = path.name.encode()
        compare(path.name, entries, want, stem + b"!/")


# ---- packages ----

def cpios(folder, at):
    for fmt in ("newc", "odc", "crc"):
        t = tree(fresh(folder), raw=True)
        names = b"\0".join([b"."] + list(t)) + b"\0"
        path = packed(at / f"{fmt}.cpio", run("cpio", "-o", "-0", "--quiet", "-H", fmt, cwd=folder, data=names))
        check(path, t)
    for fmt in ("newc", "odc"):
        t = tree(fresh(folder), raw=True)
        path = packed(at / f"bsd-{fmt}.cpio", run("bsdtar", "--format", fmt, "-cf", "-", "-C", str(folder), "."))
        check(path, t)


def debs(folder, at):
    for z in ("gzip", "xz", "zstd", "none"):
        t = tree(fresh(folder), raw=False)
        control = folder / "DEBIAN"
        control.mkdir()
        (control / "control").write_text("Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.example>\nDescription: x\n")
        path = at / f"{z}.deb"
        run("dpkg-deb", f"-Z{z}", "--root-owner-group", "-b", str(folder), str(path))
        ending = {"gzip": b".gz", "xz": b".xz", "zstd": b".zst", "none": b""}[z]
        check(path, t, inner=b"!/data.tar" + ending)
        real = {}
        with tempfile.TemporaryDirectory() as out:
            run("dpkg-deb", "-x", str(path), out)
            real = read_tree(out)
        check(path, real, inner=b"!/data.tar" + ending)


def rpms(folder, at):
    z = R.choice(["w9.gzdio", "w9.bzdio", "w6.xzdio", "w3.zstdio", "w7.lzdio"])
    t = tree(fresh(folder), raw=False, ascii_only=True)
    top = at / "rpm"
    shutil.copytree(folder, top / "tree", symlinks=True)
    spec = top / "sample.spec"
    spec.write_text(f"Name: sample\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%define _binary_payload {z}\n%define __os_install_post %{{nil}}\n"
                    f"%define _build_id_links none\nAutoReqProv: no\n%description\nx\n%install\nmkdir -p %{{buildroot}}/opt\ncp -a {top}/tree %{{buildroot}}/opt/tree\n%files\n/opt/tree\n")
    run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {top}/out", str(spec))
    made = next((top / "out").rglob("*.rpm"))
    path = at / "sample.rpm"
    shutil.copy(made, path)
    with tempfile.TemporaryDirectory() as out:
        run("cpio", "-idm", "--quiet", "--no-absolute-filenames", cwd=out, data=run("rpm2cpio", str(path)))
        real = read_tree(out)
    real = {k: v for k, v in real.items() if k != b"opt"}
    assert len(real) == len(t) + 1, (len(real), len(t))
    check(path, real, inner=b"!/payload")


# ---- nested ----

def nested(depth, top=True):
    """(bytes, ending, {path below: ("file" or, of a container, "container", bytes)}, a zip behind a script is inside) of a random
    container."""
    hidden = False
    files, below = {}, {}
    for i in range(R.randrange(1, 6)):
        part = f"d{R.randrange(3)}/n{i}".encode()
        if depth and R.randrange(2) == 0:
            data, ending, inner, more = nested(depth - 1, False)
            hidden = hidden or more
            files[part + ending] = ("file", data)
            below[part + ending] = ("container", data)
            for k, v in inner.items():
                below[part + ending + b"!/" + k] = v
        else:
            data = contents()
            files[part] = ("file", data)
            below[part] = ("file", data)
    kind = R.randrange(4)
    if kind < 2:
        with tempfile.NamedTemporaryFile() as f:
            python_zip(f.name, files, stream=R.randrange(2) == 0, method=R.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, None]))
            data = pathlib.Path(f.name).read_bytes()
        if R.randrange(4) == 0:
            data = b"#!/bin/sh\n" + data
            hidden = hidden or not top
        return data, R.choice([b".jar", b".WAR", b"", b".xyz"]), below, hidden
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for k, v in files.items():
            info = tarfile.TarInfo(os.fsdecode(k))
            info.size = len(v[1])
            tar.addfile(info, io.BytesIO(v[1]))
    data = buffer.getvalue()
    if kind == 2:
        return data, b".tar", below, hidden
    pack, ending = R.choice([(gzip.compress, b".tar.gz"), (bz2.compress, b".tbz2"), (lzma.compress, b".txz"), (gzip.compress, b".tgz")])
    return pack(data), ending, below, hidden


def nests(folder, at):
    for i in range(4):
        data, ending, want, hidden = nested(R.randrange(1, 4))
        path = at / f"nest{i}{os.fsdecode(ending)}"
        path.write_bytes(data)
        for way in WAYS:
            if hidden and "--hold" in way:
                continue  # such a zip must be held whole to be found
            entries, odd, end = walk(path, "--containers", *way)
            where = f"{path.name} {' '.join(way)}"
            if odd or end["what"] == "none":
                raise Differs(f"{where}: {odd[:3]} {end}")
            have = {e["path"].encode("latin-1"): ("file", e["blake2b"]) for e in entries if "blake2b" in e}
            expected = {path.name.encode() + b"!/" + k: ("file", digest(v[1])) for k, v in want.items() if v[0] == "file"}
            # What went by of a container and the rest behind it: the container, however it was read.
            left = {(e["path"].encode("latin-1"), e["blake2b"]) for e in end["left"]}
            lost = [k for k, v in want.items() if v[0] == "container" and (path.name.encode() + b"!/" + k, digest(v[1])) not in left]
            if lost:
                raise Differs(f"{where}: containers read otherwise: {lost}")
            if have != expected:
                only = {k: (have.get(k), expected.get(k)) for k in set(have) | set(expected) if have.get(k) != expected.get(k)}
                raise Differs(f"{where}: {only}")


def fresh(folder):
    shutil.rmtree(folder)
    folder.mkdir()
    return folder


def main():
    missing = [n for n in NEEDED if not shutil.which(n)]
    if missing:
        print("missing:", *missing)
        return 77
    print(f"against_readers: seed {SEED} (CT_SEED={SEED} repeats this run)", flush=True)
    kept = os.environ.get("CT_KEEP")
    for number in range(ROUNDS):
        for part in (zips, tars, cpios, debs, rpms, nests):
            if os.environ.get("CT_PART") and part.__name__ != os.environ["CT_PART"]:
                continue
            with tempfile.TemporaryDirectory() as scratch:
                folder, at = pathlib.Path(scratch) / "tree", pathlib.Path(scratch) / "at"
                folder.mkdir()
                at.mkdir()
                try:
                    part(folder, at)
                except Differs as d:
                    print(f"round {number}, {part.__name__}: {d}")
                    if kept:
                        shutil.copytree(at, kept, dirs_exist_ok=True, symlinks=True)
                    return 1
                except subprocess.CalledProcessError as e:
                    print(f"round {number}, {part.__name__}: {e.args}: {e.stderr[-2000:]}")
                    return 1
    print(f"{ROUNDS} rounds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
