#!/usr/bin/env python3
"""rpm databases of real distributions (CentOS 5 to 8, Fedora, SLE, Mariner, one of a big-endian machine): are the packages those that rpm lists?

The databases come with the Go module go-rpmdb, asked for through Go's own client. Debian's rpm reads the Berkeley and sqlite ones; of an ndb file
the headers are cut out here by another way than the reader's (by their marks) and given to rpm in a database of its own.
"""
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

from against_rpm import ours, theirs
from packages_common import need, same, skip

MODULE = "github.com/knqyf263/go-rpmdb@v0.1.1"


def download(folder):
    need("go", "golang-go")
    out = subprocess.run(["go", "mod", "download", "-json", MODULE], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                         env=dict(os.environ, GOFLAGS="-mod=mod", GO111MODULE="on"))
    try:
        return json.loads(out.stdout)["Dir"]
    except (ValueError, KeyError):
        skip(f"go could not fetch {MODULE}: {(out.stdout + out.stderr).decode()[-200:]}")


def by_marks(file):
    """(number, header) of every blob of an ndb file: found by the mark at its head, checked by the one at its end."""
    with open(file, "rb") as f:
        data = f.read()
    live = {struct.unpack_from("<I", data, at + 4)[0] for at in range(32, struct.unpack_from("<I", data, 12)[0] * 4096, 16)} - {0}
    rows = []
    for at in range(0, len(data), 16):
        if data[at:at + 4] != b"BlbS":
            continue
        number, _, n = struct.unpack_from("<III", data, at + 4)
        if number in live:
            rows.append((number, data[at + 16:at + 16 + n]))
    return rows


def in_sqlite(rows, folder):
    os.makedirs(folder)
    subprocess.run(["rpm", "--dbpath", folder, "--define", "_db_backend sqlite", "--initdb"], check=True)
    with sqlite3.connect(f"{folder}/rpmdb.sqlite") as db:
        db.executemany("INSERT INTO Packages(hnum, blob) VALUES (?, ?)", rows)
    db.close()
    return folder


def main():
    need("rpm", "rpm")
    program, kinds = sys.argv[1], set()
    with tempfile.TemporaryDirectory() as d:
        root = os.path.join(download(d), "pkg", "testdata")
        for name in sorted(os.listdir(root)):
            for base, backend in (("Packages", "bdb_ro"), ("rpmdb.sqlite", "sqlite"), ("Packages.db", "ndb")):
                file = os.path.join(root, name, base)
                if not os.path.exists(file):
                    continue
                folder = os.path.join(d, name)
                os.makedirs(folder)
                copy = shutil.copyfile(file, os.path.join(folder, base))
                found = ours(program, f"rpm/{base}", copy)
                if backend == "ndb":
                    truth = theirs(in_sqlite(by_marks(copy), f"{folder}/sqlite"), "sqlite")
                else:
                    truth = theirs(folder, backend)
                same(f"{name} ({backend})", found, truth)
                kinds.add(backend)
    assert kinds == {"bdb_ro", "sqlite", "ndb"}, kinds


main()
