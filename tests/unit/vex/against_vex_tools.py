#!/usr/bin/env python3
"""Is what `vex export` writes valid, by OpenVEX's own library and the official schema of CycloneDX, and does it say what the findings are?

against_vex_tools.py CALTROP BUILD_FOLDER            a store of every state, with names of every kind
against_vex_tools.py --files BUILD_FOLDER FILE...    these files alone: exit status 1 when one is not valid

go-vex comes by name through Go's modules, CycloneDX's library from PyPI, both below the build folder.
"""
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sbom"))
import against_sbom_tools as tools  # noqa: E402

GO_VEX = "v0.2.5"
CHECKER = """package main

import (
	"fmt"
	"os"

	"github.com/openvex/go-vex/pkg/vex"
)

func main() {
	for _, path := range os.Args[1:] {
		doc, err := vex.Open(path)
		if err != nil {
			fmt.Println(path, err)
			os.Exit(1)
		}
		for i := range doc.Statements {
			if err := doc.Statements[i].Validate(); err != nil {
				fmt.Println(path, "statement", i, err)
				os.Exit(1)
			}
		}
		fmt.Println(len(doc.Statements))
	}
}
"""


def checker(build):
    """The program that reads with go-vex, built once."""
    program = pathlib.Path(build).resolve() / "vex-check"
    stamp = program.with_suffix(".version")
    if not shutil.which("go"):
        tools.skip("go is not installed")
    with open(program.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.exists() and stamp.exists() and stamp.read_text() == GO_VEX:
            return program
        with tempfile.TemporaryDirectory() as work:
            pathlib.Path(work, "main.go").write_text(CHECKER)
            pathlib.Path(work, "go.mod").write_text("module check\n\ngo 1.19\n\nrequire github.com/openvex/go-vex %s\n" % GO_VEX)
            done = subprocess.run(["go", "build", "-o", str(program), "."], cwd=work, env={**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            tools.skip("go-vex could not be built: " + done.stdout.decode()[-300:])
        stamp.write_text(GO_VEX)
    return program


def check_openvex(program, text):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        done = subprocess.run([program, f.name], stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stdout.decode()
    doc = json.loads(text)
    assert int(done.stdout) == len(doc["statements"])
    return doc


def check_cyclonedx(text):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, str(error)[:2000]
    bom = json.loads(text)
    refs = [c["bom-ref"] for c in bom["components"]]
    assert len(refs) == len(set(refs)) and {a["ref"] for v in bom["vulnerabilities"] for a in v["affects"]} <= set(refs)
    return bom


STATES = {"affected": "affected", "mitigated": "affected", "fixed_on_disk": "affected", "under_investigation": "under_investigation", "fixed": "fixed", "not_affected": "not_affected"}
NAMES = ["web-1", "odd ${jndi:ldap://x/y} <b>&\"'", "\u00e9\u202e\U0001f600", "a" * 900]


def report(name, n):
    host = {"name": name, "id": "%032x" % n}
    lines = []
    for k, state in enumerate(STATES):
        purl = "pkg:maven/org.example/part%d@%d" % (k, n)
        lines.append({"@timestamp": "2021-12-10T13:00:00Z", "host": host, "event": {"dataset": "caltrop.scan.finding"}, "vulnerability": {"id": ["CVE-2021-4422%d" % k], "severity": "high"},
                      "package": {"name": "part%d" % k, "version": "%d" % n}, "caltrop": {"state": state, "source": "class", "purl": purl, "path": "/p%d" % k, "reason": "seen ${x} as " + state,
                                                                                         "fix": "upgrade", "evidence": [], "processes": []}})
    lines.append({"@timestamp": "2021-12-10T13:00:00Z", "host": host, "event": {"dataset": "caltrop.scan.host", "start": "2021-12-10T13:00:00Z", "end": "2021-12-10T13:00:00Z"},
                  "caltrop": {"complete": True, "roots": ["/"], "exclusions": [], "families": "all", "processes": "yes", "counts": {}}})
    return "".join(json.dumps(line) + "\n" for line in lines)


def exports(caltrop, program):
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "CALTROP_DATA_DIR": folder, "CALTROP_NOW": "2021-12-10T14:00:00Z", "SUDO_USER": "tester"}

        def run(*args, text=None):
            done = subprocess.run([caltrop, *args], input=text.encode() if text else None, env=env, stdout=subprocess.PIPE, check=True).stdout
            assert b"${" not in done
            return done.decode()

        check_openvex(program, run("vex", "export"))
        check_cyclonedx(run("vex", "export", "--format", "cyclonedx"))
        run("scan", "import", "-", text="".join(report(name, n + 1) for n, name in enumerate(NAMES)))
        doc = check_openvex(program, run("vex", "export"))
        # states that never were open are no findings of their own, and are not spoken of
        said = {(s["products"][0]["subcomponents"][0]["@id"]): s["status"] for s in doc["statements"]}
        for k, (state, status) in enumerate(STATES.items()):
            for n in range(len(NAMES)):
                assert said.get("pkg:maven/org.example/part%d@%d" % (k, n + 1)) == status, (state, said)
        bom = check_cyclonedx(run("vex", "export", "--format", "cyclonedx"))
        assert len(bom["vulnerabilities"]) == len(doc["statements"]) == len(STATES) * len(NAMES)
        assert {p["value"] for v in bom["vulnerabilities"] for p in v["properties"] if p["name"] == "caltrop:state"} == set(STATES)
        assert run("vex", "export") == run("vex", "export")
    broken = dict(doc["statements"][0], status="not_affected", action_statement="x")
    try:
        check_openvex(program, json.dumps({**doc, "statements": [broken]}))
    except AssertionError:
        return len(doc["statements"])
    sys.exit("go-vex takes a statement that contradicts itself: it checks nothing")


def main():
    arguments = [a for a in sys.argv[1:] if a != "inside"]
    build = arguments[1]
    if sys.argv[-1] != "inside":
        tools.enter_environment(build)
    program = checker(build)
    if arguments[0] == "--files":
        for path in arguments[2:]:
            text = pathlib.Path(path).read_text(encoding="utf-8")
            if "@context" in json.loads(text):
                check_openvex(program, text)
            else:
                check_cyclonedx(text)
        print(len(arguments) - 2, "files are valid")
        return
    print(exports(arguments[0], program), "statements are valid in both formats")


if __name__ == "__main__":
    main()
