"""What the tests of `caltrop scan` share: archives in every dress, made here, that hold something to be found; reports as Python
objects."""
import bz2
import gzip
import io
import json
import lzma
import os
import pathlib
import struct
import subprocess
import sys
import tarfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import cli_case  # noqa: E402
from cli_case import DEADLINE, Case, on_terminal  # noqa: E402,F401

cli_case.CALTROP = os.path.abspath(cli_case.CALTROP)

SUSPECT = "pkg:maven/org.example/bad@[1.0,2.0)"
POM = "META-INF/maven/org.example/bad/pom.properties"


def pom(version="1.5"):
    return ("version=%s\ngroupId=org.example\nartifactId=bad\n" % version).encode()


def make_zip(entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as z:
        for name, content in entries.items():
            z.writestr(zipfile.ZipInfo(name, (2021, 12, 10, 0, 0, 0)), content, compression)
    return out.getvalue()


def bad_jar(version="1.5", **more):
    """A jar that --suspect SUSPECT finds by its metadata."""
    return make_zip({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n", POM: pom(version), "org/example/bad/Bad.class": b"\xca\xfe\xba\xbe",
                     **more})


def make_tar(entries, mode="w", fmt=tarfile.PAX_FORMAT):
    """entries: name -> bytes, or a TarInfo for anything else."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=fmt) as t:
        for name, content in entries.items():
            if isinstance(content, tarfile.TarInfo):
                t.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


TOOLS = {"zst": ("zstd", "-q", "-c"), "lz4": ("lz4", "-q", "-c", "-B4")}


def compress(data, how):
    if how in TOOLS:
        return subprocess.run(TOOLS[how], input=data, stdout=subprocess.PIPE, check=True).stdout
    return {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[how](data)


def make_ar(entries):
    out = b"!<arch>\n"
    for name, content in entries.items():
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(content)) + content + b"\n" * (len(content) % 2)
    return out


def make_deb(entries):
    data = make_tar({"./" + name: content for name, content in entries.items()}, "w:xz")
    return make_ar({"debian-binary": b"2.0\n", "control.tar.gz": make_tar({"./control": b"Package: x\n"}, "w:gz"), "data.tar.xz": data})


def split_zip(data):
    """(local part, central directory, end record) of a zip without a comment."""
    end = data.rindex(b"PK\5\6")
    size, offset = struct.unpack("<II", data[end + 12:end + 20])
    return data[:offset], data[offset:offset + size], data[end:]


class Report:
    """The NDJSON of one scan."""

    def __init__(self, text):
        self.lines = [json.loads(line) for line in text.splitlines()]
        of = {"finding": [], "component": [], "host": []}
        for line in self.lines:
            of[line["event"]["dataset"].rsplit(".", 1)[1]].append(line)
        self.findings, self.components = of["finding"], of["component"]
        self.hosts = of["host"]

    @property
    def host(self):
        assert len(self.hosts) == 1, self.hosts
        return self.hosts[0]

    @property
    def own(self):
        return self.host["caltrop"]

    def paths(self):
        return sorted(f["caltrop"]["path"] for f in self.findings)

    def notes(self, incomplete=None):
        return [(n.get("path", ""), n["text"]) for n in self.own["notes"] if incomplete is None or n["incomplete"] == incomplete]

    def left_out(self):
        return [(n.get("path", ""), n["text"]) for n in self.own["left_out"]]

    def states(self):
        """(path, vulnerability) -> state"""
        return {(f["caltrop"]["path"], f["vulnerability"]["id"][0]): f["caltrop"]["state"] for f in self.findings}


class ScanCase(Case):
    def setUp(self):
        super().setUp()
        self.root = self.dir / "root"
        self.root.mkdir()

    def put(self, name, content):
        path = os.fsencode(str(self.root)) + b"/" + (name if isinstance(name, bytes) else name.encode())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content)
        return os.fsdecode(path)

    def below(self, *names):
        return sorted("%s/%s" % (self.root, name) for name in names)

    def scan(self, *args, status=None, suspect=SUSPECT, roots=None, **options):
        args = [*(["--suspect", suspect] if suspect else []), *args, *(roots if roots is not None else [str(self.root)])]
        done = self.run_cli("scan", "--json", *args, status=status, **options)
        self.assertNotIn(b"${", done.stdout)
        return Report(done.stdout.decode())


def main():
    cli_case.main()
