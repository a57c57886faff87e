#!/usr/bin/env python3
"""A node_modules that npm made: are the packages those of npm ls? And is its lock file read as npm reads it?

npm installs from folders made here, so that no network is needed: plain, scoped, nested with two versions, old licence forms, names that JSON escapes.
"""
import json
import os
import subprocess
import sys
import tempfile

from packages_common import components, need, same

PACKAGES = [
    {"name": "plain", "version": "1.0.0", "license": "MIT"},
    {"name": "@scope/inner", "version": "2.0.0-rc.1", "license": {"type": "BSD-3-Clause", "url": "x"}, "author": {"name": "A. Uthor"}},
    {"name": "inner2", "version": "1.0.0", "licenses": [{"type": "ISC"}, {"type": "MIT"}], "scripts": {"name": "not-this"}},
    {"name": "inner2", "version": "2.0.0", "author": "B. Uthor <b@example.org>", "folder": "inner2-next"},
]


def npm(folder, *args):
    return subprocess.run(["npm", "--offline", "--no-audit", "--no-fund", *args], cwd=folder, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env=dict(os.environ, npm_config_cache=f"{folder}/.cache", npm_config_update_notifier="false")).stdout


def pack(folder, package):
    package = dict(package)
    source = os.path.join(folder, "src", package.pop("folder", package["name"].replace("/", "-").replace("@", "")))
    os.makedirs(source + "/lib")
    with open(source + "/package.json", "w", encoding="utf-8") as f:
        json.dump(package, f, indent=1)
    with open(source + "/lib/package.json", "w", encoding="utf-8") as f:
        f.write('{"type": "module", "name": "not-a-package", "version": "0"}')
    return os.path.join(source, npm(source, "pack", "--silent").decode().strip())


def listed(node, into):
    for name, d in node.get("dependencies", {}).items():
        if "version" in d:
            into.add((name, d["version"]))
        listed(d, into)


def main():
    need("npm", "npm")
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as d:
        made = [pack(d, p) for p in PACKAGES]
        parent = pack(d, {"name": "parent", "version": "3.1.4", "dependencies": {"inner2": "file:" + made[3]}})
        app = os.path.join(d, "app")
        os.makedirs(app)
        with open(app + "/package.json", "w", encoding="utf-8") as f:
            json.dump({"name": "app", "version": "0.0.1", "private": True}, f)
        npm(app, "install", "--install-links", *made[:3], parent)
        truth = set()
        listed(json.loads(npm(app, "ls", "--all", "--json")), truth)
        assert {("inner2", "1.0.0"), ("inner2", "2.0.0")} <= truth, truth
        ours = {}
        for base, _, files in os.walk(app + "/node_modules"):
            if "package.json" in files:
                path = os.path.join(base, "package.json")
                if base.endswith("/lib"):
                    assert subprocess.run([program, path, path], stdout=subprocess.PIPE, check=True).stdout == b'{"error":"wrong usage","offset":0}\n'
                    continue
                for c in components(program, path, path):
                    ours[(c["group"] + "/" if c["group"] else "") + c["name"], c["version"]] = c
        same("packages", list(ours), list(truth))
        assert ours["@scope/inner", "2.0.0-rc.1"]["licence"] == "BSD-3-Clause" and ours["@scope/inner", "2.0.0-rc.1"]["supplier"] == "A. Uthor"
        assert ours["@scope/inner", "2.0.0-rc.1"]["purl"] == "pkg:npm/%40scope/inner@2.0.0-rc.1"
        assert ours["inner2", "1.0.0"]["licence"] == "ISC" and ours["plain", "1.0.0"]["licence"] == "MIT"
        for version in ("3", "1"):
            npm(app, "install", "--package-lock-only", f"--lockfile-version={version}")
            with open(app + "/package-lock.json", encoding="utf-8") as f:
                assert json.load(f)["lockfileVersion"] == int(version)
            found = components(program, "package-lock.json", app + "/package-lock.json")
            names = {((c["group"] + "/" if c["group"] else "") + c["name"], c["version"]) for c in found}
            if version == "1":  # it writes what a folder or tarball stood for as the version: file:...
                names = {(n, dict(truth)[n] if v.startswith("file:") and n != "inner2" else v) for n, v in names}
                names = {(n, v) for n, v in names if n != "inner2"}
                same("lock file, version 1", list(names), [t for t in truth if t[0] != "inner2"])
            else:
                same("lock file, version 3", list(names), list(truth))


main()
