#!/usr/bin/env python3
"""Are the bills of materials valid, by the official schema of CycloneDX and SPDX's own tools, and do they say what they were given?

against_sbom_tools.py SBOM_FILTER PACKAGES_FILTER BUILD_FOLDER. The validators come from PyPI by name into a virtual environment below the build folder.
"""
import fcntl
import json
import os
import random
import subprocess
import sys

WANTED = ["cyclonedx-python-lib[json-validation]==11.12.0", "spdx-tools==0.8.5"]


def skip(why):
    must = os.environ.get("REQUIRE") == "all"
    print(("failed: " if must else "skipped: ") + why, file=sys.stderr)
    sys.exit(1 if must else 77)


def enter_environment(build):
    """Runs this program again inside the environment that has the validators."""
    folder = os.path.join(build, "sbom-venv")
    stamp = os.path.join(folder, "ready")
    os.makedirs(build, exist_ok=True)
    with open(os.path.join(build, "sbom-venv.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(stamp) or open(stamp, encoding="utf-8").read() != " ".join(WANTED):
            made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if made.returncode:
                skip("no Python environment can be made (Debian: python3-venv): " + made.stdout.decode()[-200:])
            got = subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *WANTED], check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if got.returncode:
                skip("pip could not fetch the validators: " + got.stdout.decode()[-300:])
            with open(stamp, "w", encoding="utf-8") as f:
                f.write(" ".join(WANTED))
    os.execv(f"{folder}/bin/python", [f"{folder}/bin/python", "-B", *sys.argv, "inside"])


def write(program, form, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    out = subprocess.run([program, form], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    assert b"${" not in out
    return out.decode()


def check_cyclonedx(text):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, str(error)[:2000]
    bom = json.loads(text)
    refs = [c["bom-ref"] for c in bom["components"]] + ["subject"]
    assert len(refs) == len(set(refs)), "two components share a reference"
    return bom


def check_spdx(text, file):
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    with open(file, "w", encoding="utf-8") as f:
        f.write(text)
    messages = validate_full_spdx_document(parse_file(file), "SPDX-2.3")
    assert not messages, [m.validation_message for m in messages][:5]
    return json.loads(text)


SUBJECT = {"subject": "web-1", "subject_kind": "host", "subject_id": "0123456789abcdef0123456789abcdef", "os_id": "debian", "os_version": "12",
           "os_name": "Debian GNU/Linux 12", "created": "2021-12-10T13:00:00Z", "complete": "true"}
LOG4J = {"name": "log4j-core", "group": "org.apache.logging.log4j", "version": "2.14.1", "ecosystem": "Maven", "source": "pom.properties",
         "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "licence": "Apache-2.0", "sha1": "a" * 40, "sha256": "b" * 64,
         "path": "/opt/a.ear!/b.war!/c.jar", "record": "META-INF/maven/g/a/pom.properties", "supplier": "The Apache Software Foundation"}
HOSTILE = ["${jndi:ldap://x/y}", "\u202eevil\u0000\x07", "<script>'\"&", "a" * 2000, "\\", "line\nline", "\ud83d\ude00", "pkg:deb/x", "NOASSERTION", "(", "MIT AND",
           "MIT OR ${x}", "\ufffe", "SPDXRef-x"]


def samples():
    odd = [{**LOG4J, "name": h, "group": h, "version": h, "licence": h, "supplier": h, "path": h, "record": h, "sha1": h, "sha256": h, "cpe": "cpe:2.3:" + h,
            "arch": h, "origin": h, "origin_version": h, "purl": "" if i % 2 else LOG4J["purl"]} for i, h in enumerate(HOSTILE)]
    licences = [{**LOG4J, "version": str(i), "licence": text} for i, text in enumerate(
        ["MIT", "mit", "Apache-2.0 OR (MIT AND BSD-3-Clause)", "GPL-2.0-or-later WITH Classpath-exception-2.0", "GPLv2+ and BSD", "", "MIT/X11", "((MIT)"])]
    return {
        "nothing": [SUBJECT],
        "not even a name": [],
        "one": [SUBJECT, LOG4J],
        "an image, not complete": [{**SUBJECT, "subject_kind": "image", "subject_id": "sha256:" + "c" * 64, "complete": "false"}, LOG4J],
        "the same in many places": [SUBJECT] + [{**LOG4J, "path": f"/opt/{i}/c.jar"} for i in range(2000)],
        "the same name, other bytes": [SUBJECT, LOG4J, {**LOG4J, "sha1": "c" * 40, "sha256": ""}, {**LOG4J, "sha1": "", "sha256": ""}],
        "hostile": [{**SUBJECT, "subject": HOSTILE[0], "os_id": HOSTILE[1], "os_name": HOSTILE[2]}] + odd,
        "licences": [SUBJECT] + licences,
        "with a CPE": [SUBJECT, {**LOG4J, "cpe": "cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*"}, {**LOG4J, "version": "x", "cpe": "cpe:2.3:a:b"}],
    }


def main():
    if sys.argv[-1] != "inside":
        enter_environment(sys.argv[3])
    program, packages, build = sys.argv[1:4]
    file = os.path.join(build, "sbom-check.spdx.json")
    for what, lines in samples().items():
        bom = check_cyclonedx(write(program, "cyclonedx", lines))
        spdx = check_spdx(write(program, "spdx", lines), file)
        print(f"{what}: valid, {len(bom['components'])} components, {len(spdx['packages'])} packages")
    # what was given comes back
    bom = json.loads(write(program, "cyclonedx", [SUBJECT, LOG4J]))
    c = [c for c in bom["components"] if c["name"] == "log4j-core"][0]
    assert c["hashes"] == [{"alg": "SHA-1", "content": "a" * 40}, {"alg": "SHA-256", "content": "b" * 64}] and c["purl"] == LOG4J["purl"]
    assert c["evidence"]["occurrences"] == [{"location": LOG4J["path"], "additionalContext": LOG4J["record"]}]
    assert c["licenses"] == [{"license": {"id": "Apache-2.0"}}] and c["group"] == LOG4J["group"]
    assert bom["metadata"]["component"]["name"] == "web-1" and bom["metadata"]["timestamp"] == SUBJECT["created"]
    many = json.loads(write(program, "cyclonedx", samples()["the same in many places"]))
    assert [len(c["evidence"]["occurrences"]) for c in many["components"] if c["name"] == "log4j-core"] == [2000]
    # this machine's packages; any order in, the same bytes out
    lines = subprocess.run([packages, "var/lib/dpkg/status", "/var/lib/dpkg/status", "/etc/os-release"], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    lines = [SUBJECT] + [{**json.loads(line), "path": "/var/lib/dpkg/status"} for line in lines]
    for form in ("cyclonedx", "spdx"):
        text = write(program, form, lines)
        rest = lines[1:]
        random.shuffle(rest)
        assert write(program, form, [SUBJECT] + rest) == text, "another order of input gives another bill"
        assert write(program, form, lines[:-1]) != text
        if form == "cyclonedx":
            check_cyclonedx(text)
        else:
            check_spdx(text, file)
    broken = bom
    del broken["components"][-1]["name"]
    try:
        check_cyclonedx(json.dumps(broken))
    except AssertionError:
        pass
    else:
        sys.exit("the schema accepts a component without a name: it checks nothing")
    os.remove(file)


if __name__ == "__main__":
    main()
