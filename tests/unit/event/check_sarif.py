#!/usr/bin/env python3
"""Is the SARIF output valid by the standard's own schema?

The schema comes out of an npm package that carries it (asked for through npm, so its cache serves without a network), or from
the file that CT_SARIF_SCHEMA names. Skips (77) when neither it nor the Python module jsonschema can be had; REQUIRE=all
makes that a failure.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

PACKAGE, MEMBER = "@microsoft/jest-sarif@1.0.0-beta.0", "package/lib/schemas/sarif-2.1.0-rtm.5.json"


def skip(why):
    must = os.environ.get("REQUIRE") == "all"
    print(("failed: " if must else "skipped: ") + why, file=sys.stderr)
    sys.exit(1 if must else 77)


def schema():
    if os.environ.get("CT_SARIF_SCHEMA"):
        with open(os.environ["CT_SARIF_SCHEMA"], encoding="utf-8") as f:
            return json.load(f)
    if not shutil.which("npm"):
        skip("no npm to fetch the SARIF schema with")
    with tempfile.TemporaryDirectory() as d:
        try:
            subprocess.run(["npm", "pack", "--prefer-offline", "--silent", "--pack-destination", d, PACKAGE], check=True, timeout=120,
                           cwd=d, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            tarball = [name for name in os.listdir(d) if name.endswith(".tgz")][0]
            with tarfile.open(os.path.join(d, tarball)) as t:
                return json.load(t.extractfile(MEMBER))
        except (subprocess.SubprocessError, OSError, IndexError, KeyError) as e:
            skip(f"npm could not fetch {PACKAGE}: {e}")


def main():
    try:
        import jsonschema
    except ImportError:
        skip("no Python module jsonschema (Debian: python3-jsonschema)")
    out = subprocess.run([sys.argv[1], "sarif"], stdout=subprocess.PIPE, check=True).stdout
    assert b"${" not in out
    log = json.loads(out)
    rules = schema()
    jsonschema.Draft7Validator(rules, format_checker=jsonschema.FormatChecker()).validate(log)
    broken = json.loads(out)
    del broken["runs"][0]["results"][0]["message"]
    try:
        jsonschema.Draft7Validator(rules).validate(broken)
    except jsonschema.ValidationError:
        pass
    else:
        sys.exit("the schema accepts a result without a message: it checks nothing")
    run = log["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 2
    results = run["results"]
    assert [r["ruleId"] for r in results] == ["exploit", "exploit", "attempt", "exploit", "reach"]
    listed = run["tool"]["driver"]["rules"]
    assert all(listed[r["ruleIndex"]]["id"] == r["ruleId"] for r in results)
    region = results[0]["locations"][0]["physicalLocation"]
    assert region["artifactLocation"]["uri"] == "file:///var/log/nginx/access.log"
    assert region["region"] == {"startLine": 42, "byteOffset": 4096}
    assert re.fullmatch("[0-9a-f]{32}", results[0]["partialFingerprints"]["attemptId/v1"])
    messages = [r["message"]["text"] for r in results]
    messages += [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    for m in messages:
        assert "](" not in m and "exploited" not in m and not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", m), m
    assert "would fire on 2.0-beta9-2.14.1" in messages[0] and "evil[.]example" in messages[0]
    print(f"{len(results)} results valid")


main()
