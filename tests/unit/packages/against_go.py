#!/usr/bin/env python3
"""Programs that go made: are the modules those of go version -m?

ELF, PE and Mach-O; 32 and 64 bit, big-endian, stripped; with a replaced module and one replaced by a folder; and one of the form that Go had before
1.18, put together here, since no such Go is at hand.
"""
import os
import struct
import subprocess
import sys
import tempfile

from packages_common import components, need, same, skip

TARGETS = [("linux", "amd64", []), ("linux", "386", []), ("linux", "s390x", []), ("windows", "amd64", []), ("darwin", "arm64", []),
           ("linux", "amd64", ["-ldflags=-s -w"])]
FILES = {
    "go.mod": "module example.org/app\n\ngo 1.18\n\nrequire (\n\texample.org/local v1.2.3\n\texample.org/dep v0.1.0\n)\n\n"
              "replace example.org/local => ./local\nreplace example.org/dep => ./dep\n",
    "main.go": 'package main\n\nimport (\n\t"example.org/dep"\n\t"example.org/local"\n)\n\nfunc main() { println(dep.X, local.X) }\n',
    "local/go.mod": "module example.org/local\n\ngo 1.18\n", "local/x.go": "package local\n\nvar X = 1\n",
    "dep/go.mod": "module example.org/dep\n\ngo 1.18\n", "dep/x.go": "package dep\n\nvar X = 2\n",
}


def truth(binary):
    """(name, version) from go version -m; a folder that stands in for a module leaves the module's own version."""
    lines = subprocess.run(["go", "version", "-m", binary], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    rows = [("stdlib", lines[0].split(": ")[1].split()[0].removeprefix("go"))]
    for line in lines[1:]:
        f = line.strip("\t").split("\t")
        if f[0] in ("mod", "dep"):
            rows.append((f[1], "" if f[2] == "(devel)" else f[2]))
        elif f[0] == "=>" and len(f) > 2 and f[2] and f[2] != "(devel)":
            rows[-1] = (f[1], f[2])
    return rows


def old_form(file):
    """An ELF file as Go 1.16 laid it out: pointers to strings in the data."""
    base, data = 0x400000, bytearray()
    info = b"0123456789abcdef" + b"path\tx\nmod\texample.org/old\tv1.0.0\th1:x=\ndep\texample.org/was\tv0.9.0\th1:y=\n=>\texample.org/is\tv0.9.1\th1:z=\n" + b"fedcba9876543210"
    version = b"go1.16.5"
    at = 0x1000
    head = b"\xff Go buildinf:" + bytes([8, 0]) + struct.pack("<QQ", base + at + 32, base + at + 48)
    data += head + struct.pack("<QQ", base + at + 64, len(version)) + struct.pack("<QQ", base + at + 80, len(info))
    data += version.ljust(16, b"\0") + info
    elf = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    elf += struct.pack("<IIQQQQQQ", 1, 6, at, base + at, base + at, len(data), len(data), 4096)
    with open(file, "wb") as f:
        f.write(elf.ljust(at, b"\0") + data)


def main():
    need("go", "golang-go")
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as d:
        for name, text in FILES.items():
            os.makedirs(os.path.dirname(os.path.join(d, name)), exist_ok=True)
            with open(os.path.join(d, name), "w", encoding="utf-8") as f:
                f.write(text)
        for system, machine, flags in TARGETS:
            out = os.path.join(d, f"out-{system}-{machine}-{len(flags)}")
            env = dict(os.environ, GOOS=system, GOARCH=machine, CGO_ENABLED="0", GOFLAGS="-mod=mod", GOPROXY="off", GO111MODULE="on", GOTOOLCHAIN="local")
            made = subprocess.run(["go", "build", "-trimpath", "-o", out, *flags, "."], cwd=d, env=env, check=False, stderr=subprocess.PIPE)
            if made.returncode:
                skip("go cannot build: " + made.stderr.decode()[-200:])
            same(f"{system}/{machine} {' '.join(flags)}", [(c["name"], c["version"]) for c in components(program, "go", out)], truth(out))
        old_form(f"{d}/old")
        same("the form before Go 1.18", [(c["name"], c["version"]) for c in components(program, "go", f"{d}/old")], truth(f"{d}/old"))
    go = subprocess.run(["go", "env", "GOROOT"], stdout=subprocess.PIPE, check=True).stdout.decode().strip() + "/bin/go"
    same("go itself", [c["name"] for c in components(program, "go", go)], [n for n, _ in truth(go)])
    assert components(program, "go", "/bin/sh") == []


main()
