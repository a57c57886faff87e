#!/usr/bin/env python3
"""rpm's databases: are the packages those that rpm itself lists?

sqlite: made by rpm. Berkeley DB: made by db5.3_load out of the same headers, in both byte orders and several page sizes, read by rpm's own
reader as the reference. ndb: Debian's rpm cannot read it, so the file is made here after the format's description, and its headers are
those that rpm wrote. A write-ahead log that nobody folded in is read as rpm reads it.
"""
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

from packages_common import components, need, same

QUERY = "%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{LICENSE}\\t%{SOURCERPM}\\t%{VENDOR}\\n"


def rpm(folder, backend, *args):
    return subprocess.run(["rpm", "--dbpath", folder, "--define", f"_db_backend {backend}", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout.decode()


def theirs(folder, backend):
    rows = [tuple(line.split("\t")) for line in rpm(folder, backend, "-qa", "--qf", QUERY).splitlines()]
    return [row for row in rows if row[0] != "gpg-pubkey"]


def ours(program, path, file):
    return [tuple(c[k] or "(none)" for k in ("name", "version", "arch", "licence", "origin", "supplier")) for c in components(program, path, file)]


SPEC = """Name: {name}
Version: {version}
Release: {release}
{epoch}
Summary: Zusammenfassung für {name}
License: {licence}
{vendor}
BuildArch: noarch
%description
{text}
%install
mkdir -p %{{buildroot}}/usr/share/{name}
for i in $(seq {files}); do : > %{{buildroot}}/usr/share/{name}/a-file-with-a-long-name-so-that-the-header-grows-$i; done
%files
/usr/share/{name}
"""
PACKAGES = [
    dict(name="plain", version="1.0", release="1", epoch="", licence="MIT", vendor="", text="x", files=1),
    dict(name="with-epoch", version="2.14.1~rc1^git5", release="3.el9_2", epoch="Epoch: 32", licence="GPLv2+ and (BSD or MIT)",
         vendor="Vendor: Example Örg, Inc.", text="y", files=3),
    dict(name="big", version="1", release="1", epoch="Epoch: 0", licence="Apache-2.0", vendor="Vendor: V", text="z" * 3000, files=2500),
] + [dict(name=f"many{i}", version=f"{i}.0", release="1", epoch="", licence="ISC", vendor="", text="t" * (37 * i), files=i) for i in range(40)]


def make(folder):
    """An rpm database of all packages; they are not unpacked."""
    os.makedirs(f"{folder}/specs")
    for p in PACKAGES:
        with open(f"{folder}/specs/{p['name']}.spec", "w", encoding="utf-8") as f:
            f.write(SPEC.format(**p))
    subprocess.run(["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}/top", "--define", "_binary_payload w1.gzdio",
                    *[f"{folder}/specs/{p['name']}.spec" for p in PACKAGES]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = [f"{folder}/top/RPMS/noarch/{n}" for n in sorted(os.listdir(f"{folder}/top/RPMS/noarch"))]
    os.makedirs(f"{folder}/sqlite")
    subprocess.run(["rpm", "--dbpath", f"{folder}/sqlite", "--define", "_db_backend sqlite", "-i", "--justdb", "--nodeps", "--noscripts", *made],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return f"{folder}/sqlite"


def blobs(database):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        return db.execute("SELECT hnum, blob FROM Packages ORDER BY hnum").fetchall()


def load_bdb(folder, rows, page, order):
    os.makedirs(folder)
    text = f"VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize={page}\ndb_lorder={order}\nHEADER=END\n"
    key = "<I" if order == 1234 else ">I"
    text += f" {struct.pack(key, 0).hex()}\n {struct.pack(key, len(rows)).hex()}\n"
    for number, blob in rows:
        text += f" {struct.pack(key, number).hex()}\n {blob.hex()}\n"
    subprocess.run(["db5.3_load", f"{folder}/Packages"], input=(text + "DATA=END\n").encode(), check=True)


def write_ndb(file, rows):
    """Slots in no order, one of them free, blobs in blocks of 16 bytes behind the slot pages."""
    pages = 1 + (len(rows) + 4) * 16 // 4096
    slots, area, block = [(0, 0, 0)], b"", pages * 256
    for number, blob in rows:
        head = struct.pack("<4sIII", b"BlbS", number, 7, len(blob))
        body = head + blob
        body += b"\0" * (-(len(body) + 12) % 16) + struct.pack("<II4s", 0, len(blob), b"BlbE")
        slots.append((number, block + len(area) // 16, len(body) // 16))
        area += body
    slots.reverse()
    table = b"".join(struct.pack("<4sIII", b"Slot", *s) for s in slots)
    table += b"".join(struct.pack("<4sIII", b"Slot", 0, 0, 0) for _ in range((pages * 4096 - 32 - len(table)) // 16))
    with open(file, "wb") as f:
        f.write(struct.pack("<4sIIIIIII", b"RpmP", 0, 7, pages, len(rows) + 1, 0, 0, 0) + table + area)


def with_log(program, database, folder):
    """The same database with changes that only its log has."""
    os.makedirs(folder)
    copy = f"{folder}/live"
    shutil.copy(database, copy)
    db = sqlite3.connect(copy)
    assert db.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    db.execute("PRAGMA wal_autocheckpoint=0")
    before = {n for (n, *_) in ours(program, "rpm/rpmdb.sqlite", copy)}
    big = db.execute("SELECT blob FROM Packages ORDER BY length(blob) DESC LIMIT 1").fetchone()[0]
    db.execute("DELETE FROM Packages WHERE hnum % 3 = 0")
    db.commit()
    db.execute("INSERT INTO Packages(blob) VALUES (?)", (big,))
    db.commit()
    db.execute("INSERT INTO Packages(blob) SELECT blob FROM Packages WHERE hnum % 2 = 0")
    db.execute("SELECT count(*) FROM Packages").fetchone()
    for end in ("", "-wal"):  # the last statement is not committed
        shutil.copy(copy + end, f"{folder}/rpmdb.sqlite{end}")
    db.rollback()
    db.close()
    got = ours(program, "rpm/rpmdb.sqlite", f"{folder}/rpmdb.sqlite")
    assert {n for (n, *_) in got} != before
    with sqlite3.connect(f"{folder}/rpmdb.sqlite") as reference:
        rows = reference.execute("SELECT hnum, blob FROM Packages").fetchall()
    os.makedirs(f"{folder}/load")
    load_bdb(f"{folder}/load/bdb", rows, 4096, 1234)
    same("a log that was left behind", got, theirs(f"{folder}/load/bdb", "bdb_ro"))


def main():
    need("rpm", "rpm")
    need("rpmbuild", "rpm")
    need("db5.3_load", "db5.3-util")
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as d:
        made = make(d)
        truth = theirs(made, "sqlite")
        assert len(truth) == len(PACKAGES)
        same("sqlite", ours(program, "rpm/rpmdb.sqlite", f"{made}/rpmdb.sqlite"), truth)
        rows = blobs(f"{made}/rpmdb.sqlite")
        for page, order in ((4096, 1234), (512, 1234), (65536, 1234), (4096, 4321)):
            folder = f"{d}/bdb-{page}-{order}"
            load_bdb(folder, rows, page, order)
            if order == 1234:
                same(f"Berkeley DB as rpm reads it, pages of {page}", theirs(folder, "bdb_ro"), truth)
            same(f"Berkeley DB, pages of {page}, order {order}", ours(program, "rpm/Packages", f"{folder}/Packages"), truth)
        write_ndb(f"{d}/Packages.db", rows)
        same("ndb", ours(program, "rpm/Packages.db", f"{d}/Packages.db"), truth)
        with_log(program, f"{made}/rpmdb.sqlite", f"{d}/log")


if __name__ == "__main__":
    main()
