#!/usr/bin/env python3
"""Python's installed distributions: are names and versions those that importlib.metadata reads?

Compares what this machine's interpreters have, and wheels and an egg made here with what the field allows.
"""
import importlib.metadata
import os
import sys
import tempfile

from packages_common import components, same, skip


def records(folder):
    """(path, file) of all that a scan would ask for."""
    for base, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(base, name)
            if path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO", ".egg-info")):
                yield path


def compare(program, what, folder):
    ours = []
    for path in records(folder):
        ours += [(c["name"], c["version"]) for c in components(program, path, path)]
    found = importlib.metadata.distributions(path=[folder])
    same(what, ours, [(d.metadata["Name"], d.version) for d in found])


METADATA = {
    "plain-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: plain\nVersion: 1.0\n\nName: not-this\nVersion: 9\n",
    "Big_Name.x-2!1.0rc1+local.dist-info/METADATA": "Metadata-Version: 2.4\r\nName: Big_Name.x\r\nVersion: 2!1.0rc1+local\r\n"
                                                    "License-Expression: MIT OR Apache-2.0\r\n\r\ntext\r\n",
    "long-3.dist-info/METADATA": "Metadata-Version: 2.1\nName: long\nSummary: a\n        Name: no\nLicense: first line\n        second line\nVersion: 3\n",
    "egg-4.egg-info/PKG-INFO": "Metadata-Version: 1.0\nName: egg\nVersion: 4\nAuthor: UNKNOWN\n",
    "single-5.egg-info": "Metadata-Version: 1.1\nName: single\nVersion: 5\n",
}


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as d:
        for name, text in METADATA.items():
            path = os.path.join(d, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as f:
                f.write(text)
        compare(program, "distributions made here", d)
        purls = {c["purl"] for path in records(d) for c in components(program, path, path)}
        assert "pkg:pypi/big-name-x@2%211.0rc1%2Blocal" in purls, purls
    folders = [p for p in sys.path + ["/usr/lib/python3/dist-packages"] if p.endswith(("site-packages", "dist-packages")) and os.path.isdir(p)]
    folders = [p for p in folders if next(records(p), None)]
    if not folders:
        skip("no installed Python distributions (Debian: python3-jsonschema brings some)")
    for folder in sorted(set(folders)):
        compare(program, folder, folder)


main()
