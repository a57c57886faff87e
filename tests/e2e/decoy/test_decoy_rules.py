"""Other people's rules, in the shapes they have, put into the kernel by nft and iptables themselves: which ports do they publish? test_decoy_rules.py CALTROP"""
import re
import shutil

from decoy_case import CALTROP, DecoyCase, main, ports_of, until

# The ports of a comment are those that the rule above it publishes: a number is TCP and UDP, otherwise t80 or u53.
NFT = """
table ip plain {
    set fixed { type inet_service; elements = { 1010, 1011 } }
    set ranges { type inet_service; flags interval; elements = { 1020-1023, 1025, 1027-1028 } }
    set addressed { type ipv4_addr . inet_service; elements = { 10.9.0.1 . 1031, 198.51.100.7 . 1032 } }
    map to { type inet_service : ipv4_addr; elements = { 1040 : 10.8.0.2, 1041 : 10.8.0.3 } }
    map both { type inet_service : ipv4_addr . inet_service; elements = { 1042 : 10.8.0.2 . 80 } }
    set hosts { type ipv4_addr; elements = { 10.9.0.1 } }
    chain pre {
        type nat hook prerouting priority dstnat;
        tcp dport 1000 dnat to 10.8.0.2:80                                    # t1000
        udp dport 1001 dnat to 10.8.0.2:53                                    # u1001
        tcp dport 1002-1004 dnat to 10.8.0.2                                  # t1002-1004
        th dport 1005 meta l4proto { tcp, udp } dnat to 10.8.0.2:80           # 1005
        tcp dport { 1006, 1007 } dnat to 10.8.0.2:80                          # t1006-1007
        tcp dport @fixed redirect to :80                                      # t1010-1011
        tcp dport @ranges dnat to 10.8.0.2                                    # t1020-1023 t1025 t1027-1028
        ip daddr . tcp dport @addressed dnat to 10.8.0.2                      # t1031
        dnat to tcp dport map @to                                             # t1040-1041
        dnat ip to tcp dport map @both                                        # t1042
        tcp dport { 1050-1052, 1054 } dnat to 10.8.0.2                        # t1050-1052 t1054
        meta l4proto tcp redirect to :tcp dport map { 1060 : 22, 1061 : 23 }                   # t1060-1061
        tcp sport 1024-65535 tcp dport 1062 dnat to 10.8.0.2                  # t1062
        tcp sport 7 tcp dport 1063 dnat to 10.8.0.2                           # t1063
        meta l4proto tcp ct original proto-dst 1064 dnat to 10.8.0.2          # t1064
        ip daddr 10.9.0.1 tcp dport 1065 dnat to 10.8.0.2                     # t1065
        ip daddr 198.51.100.7 tcp dport 1066 dnat to 10.8.0.2
        ip daddr 198.51.100.0/24 tcp dport 1067 dnat to 10.8.0.2              # t1067
        ip daddr @hosts tcp dport 1068 dnat to 10.8.0.2                       # t1068
        ip protocol tcp th dport 1069 dnat to 10.8.0.2                        # t1069
        sctp dport 1070 dnat to 10.8.0.2
        tcp dport 1071 accept
        tcp sport 1072 dnat to 10.8.0.2
        ip saddr { 10.9.0.2, 10.9.0.3 } tcp dport 1073 dnat to 10.8.0.2       # t1073
        tcp dport != 1-65000 dnat to 10.8.0.2                                 # t65001-65535
        tcp dport > 64997 tcp dport < 65000 dnat to 10.8.0.2                  # t64998-64999
        tcp dport { 1074, 1075 } numgen random mod 2 vmap { 0 : goto backend-a, 1 : goto backend-b } # t1074-1075
        ip daddr 203.0.113.9 dnat to 10.8.0.9
    }
    chain backend-a { meta l4proto tcp dnat to 10.8.0.2:80; }
    chain backend-b { meta l4proto tcp dnat to 10.8.0.3:80; }
    chain post { type nat hook postrouting priority srcnat; tcp dport 1080 masquerade; tcp dport 1081 snat to 10.9.0.1; }
    chain in { type filter hook input priority 0; tcp dport { 1082, 1083 } jump allowed; }
    chain allowed { accept; }
}
table ip6 plain6 {
    chain pre { type nat hook prerouting priority dstnat;
        tcp dport { 1100, 1101 } dnat to [fd08::2]:80                         # t1100-1101
        ip6 saddr 2001:db8:1:2:3:4::/96 tcp dport 1102 dnat to [fd08::2]:80   # t1102
        ip6 daddr fd09::1 tcp dport 1103 dnat to [fd08::2]:80                 # t1103
        ip6 daddr fd77::1 tcp dport 1104 dnat to [fd08::2]:80
    }
}
table inet proxy {
    chain pre { type filter hook prerouting priority mangle;
        meta nfproto ipv4 tcp dport 1110 tproxy ip to 127.0.0.1:3128          # t1110
    }
}
table inet netavark {
    chain NETAVARK-HOSTPORT-DNAT { tcp dport 1120 jump nv_2f259bab_10_88_0_0_nm16_dnat; udp dport 1121 jump nv_2f259bab_10_88_0_0_nm16_dnat; }
    chain nv_2f259bab_10_88_0_0_nm16_dnat {
        ip saddr 10.88.0.0/16 tcp dport 1120 jump NETAVARK-HOSTPORT-SETMARK
        ip saddr 127.0.0.1 tcp dport 1120 jump NETAVARK-HOSTPORT-SETMARK
        tcp dport 1120 dnat ip to 10.88.0.2:80                                # t1120
        udp dport 1121 dnat ip to 10.88.0.2:53                                # u1121
    }
    chain NETAVARK-HOSTPORT-SETMARK { meta mark set meta mark | 0x00002000; }
    chain PREROUTING { type nat hook prerouting priority dstnat; fib daddr type local jump NETAVARK-HOSTPORT-DNAT; }
    chain OUTPUT { type nat hook output priority -100; fib daddr type local jump NETAVARK-HOSTPORT-DNAT; }
}
table ip kube-proxy {
    map service-ips { type ipv4_addr . inet_proto . inet_service : verdict;
        elements = { 198.51.100.10 . tcp . 1130 : goto service-a, 10.9.0.1 . tcp . 1131 : goto service-a, 10.9.0.1 . udp . 1132 : goto service-a, 10.9.0.1 . tcp . 1133 : goto nowhere } } # t1131 u1132
    map service-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 1134 : goto external-a, udp . 1135 : goto external-a } } # t1134 u1135
    set nodeport-ips { type ipv4_addr; elements = { 10.9.0.1 } }
    chain services { ip daddr . meta l4proto . th dport vmap @service-ips; ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports; }
    chain external-a { goto service-a; }
    chain service-a { numgen random mod 2 vmap { 0 : goto endpoint-a, 1 : goto endpoint-a }; }
    chain endpoint-a { meta l4proto tcp dnat to 10.8.0.2:8080; meta l4proto udp dnat to 10.8.0.2:53; }
    chain nowhere { reject; }
    chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
}
table ip docker-bridges {
    chain nat-prerouting-and-output { iifname != "docker0" tcp dport 1140 counter dnat to 172.17.0.2:80 comment "DNAT"; } # t1140
    chain nat-prerouting { type nat hook prerouting priority dstnat; fib daddr type local counter jump nat-prerouting-and-output; }
}
table ip maps {
    map jumps { type inet_service : verdict; flags interval; elements = { 1150-1152 : jump there, 1153 : accept, 1154 : goto there } } # t1150-1152 t1154
    map wide { type ipv4_addr . inet_service : verdict; flags interval; elements = { 10.9.0.0/24 . 1160-1162 : goto there, 198.51.100.8 . 1163 : goto there } } # t1160-1162
    chain pre { type nat hook prerouting priority dstnat; tcp dport vmap @jumps; ip daddr . tcp dport vmap @wide; }
    chain there { dnat to 10.8.0.2; }
}
"""

# Docker's and Kubernetes' as iptables has them, the same for both of its kinds.
IPTABLES = """
-N DOCKER
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 2000 -j DNAT --to-destination 172.17.0.2:80 # t2000
-A DOCKER -d 10.9.0.1/32 ! -i docker0 -p udp -m udp --dport 2001 -j DNAT --to-destination 172.17.0.2:53 # u2001
-A DOCKER -d 198.51.100.9/32 -p tcp -m tcp --dport 2002 -j DNAT --to-destination 172.17.0.2:80
-N CNI-DN-0123456789
-A PREROUTING -p tcp -m multiport --dports 2010,2012:2014 -j CNI-DN-0123456789 # t2010 t2012-2014
-A CNI-DN-0123456789 -p tcp -j DNAT --to-destination 10.88.0.2
-N KUBE-NODEPORTS
-N KUBE-EXT-A
-N KUBE-SVC-A
-N KUBE-SEP-A
-A PREROUTING -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m tcp --dport 2020 -j KUBE-EXT-A # t2020
-A KUBE-NODEPORTS -p udp -m udp --dport 2021 -j KUBE-EXT-A # u2021
-A KUBE-EXT-A -j KUBE-SVC-A
-A KUBE-SVC-A -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
-A KUBE-SVC-A -j KUBE-SEP-A
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.0.2:8080
-A PREROUTING -p tcp -m tcp --dport 2030:2031 -j REDIRECT --to-ports 8080 # t2030-2031
-A PREROUTING -p tcp -m tcp ! --dport 1:64989 -m multiport ! --dports 64992:65535 -j REDIRECT --to-ports 8080 # t64990-65535 t1-64991
-A PREROUTING -p tcp -m tcp --dport 2040 -j RETURN
-A PREROUTING -p tcp -m tcp --sport 2041 -j REDIRECT --to-ports 8080
-N LOGGED
-A PREROUTING -p tcp -m tcp --dport 2042 -j LOGGED
-A LOGGED -j RETURN
-A POSTROUTING -p tcp -m tcp --dport 2043 -j MASQUERADE
"""


def expected(text):
    ports = set()
    for comment in re.findall(r"# (.*)$", text, re.M):
        for word in comment.split():
            kinds, numbers = ("tcp", word[1:]) if word[0] == "t" else ("udp", word[1:]) if word[0] == "u" else ("tcp udp", word)
            ports |= {(kind, port) for kind in kinds.split() for port in ports_of(numbers)}
    return ports


class Rules(DecoyCase):
    def dry_run(self, *options):
        return self.network.on(self.host, CALTROP, "decoy", "--dry-run", "--data-dir", self.folder / "data", *options)

    def published(self):
        """Both ways: what is published and nothing else."""
        return {(kind, int(port)) for port, kind in re.findall(r"^  (\d+)/(\w+) published$", self.dry_run(), re.M)}

    def put(self, rules):
        path = self.folder / "rules"
        path.write_text(rules)
        self.network.on(self.host, "nft", "-f", path)

    def test_nft(self):
        self.put(NFT)
        self.assertEqual(sorted(self.published() ^ expected(NFT)), [])

    def iptables(self, program, text):
        for line in text.split("\n"):
            words = line.split("#")[0].split()
            if words:
                self.network.on(self.host, program, "-t", "nat", *words)

    def both_kinds(self, program):
        if not shutil.which(program):
            self.skipTest(f"no {program}")
        some = "\n".join(line for line in IPTABLES.split("\n") if "64989" not in line)
        self.iptables(program, some)
        self.assertEqual(sorted(self.published() ^ expected(some)), [])
        # Ports that two parts of one rule name are all taken.
        self.iptables(program, "\n".join(line for line in IPTABLES.split("\n") if "64989" in line))
        self.assertEqual(self.published() & {("tcp", p) for p in range(1, 65536)}, {("tcp", p) for p in range(1, 65536)})

    def test_iptables_nft(self):
        self.both_kinds("iptables-nft")

    def test_iptables_legacy(self):
        self.both_kinds("iptables-legacy")

    def test_iptables_legacy_of_ipv6(self):
        if not shutil.which("ip6tables-legacy"):
            self.skipTest("no ip6tables-legacy")
        for words in ("-A PREROUTING -p tcp -m tcp --dport 2100 -j DNAT --to-destination [fd08::2]:80",
                      "-A PREROUTING -d fd77::1/128 -p tcp -m tcp --dport 2101 -j DNAT --to-destination [fd08::2]:80",
                      "-A PREROUTING -d fd09::1/128 -p udp -m udp --dport 2102 -j DNAT --to-destination [fd08::2]:53"):
            self.network.on(self.host, "ip6tables-legacy", "-t", "nat", *words.split())
        self.assertEqual(self.published(), {("tcp", 2100), ("udp", 2102)})

    def test_with_two_capabilities_alone(self):
        """As the unit runs it: no root."""
        self.put(NFT)
        shutil.copy(CALTROP, self.folder / "caltrop")
        self.folder.chmod(0o755)
        out = self.network.on(self.host, "setpriv", "--reuid", "64398", "--regid", "64398", "--clear-groups", "--inh-caps", "+net_admin,+net_raw", "--ambient-caps",
                              "+net_admin,+net_raw", self.folder / "caltrop", "decoy", "--dry-run", "--data-dir", "/nonexistent/a")
        self.assertIn("1134/tcp published", out)
        self.assertRegex(out, r"(?m)^8080 +diverted")

    def test_what_is_not_asked_for_is_not_loaded(self):
        """Tables of iptables-legacy that are not there are not brought into being by a look."""
        self.dry_run()
        names = self.network.on(self.host, "sh", "-c", "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null || true")
        self.assertEqual(names, "")

    def test_what_is_not_understood(self):
        self.put("table ip odd { chain pre { type nat hook prerouting priority dstnat; tcp dport & 0xff00 == 0x1e00 dnat to 10.8.0.2; }; }")
        out = self.dry_run()
        self.assertIn("rules that publish ports are not understood (the chain odd pre 4): nothing is answered until --spare names those ports", out)
        self.assertIn("some, by rules that are not understood", out)
        self.assertNotIn("tproxy", out)
        self.assertNotIn("tproxy", self.dry_run("--answer", "all"))
        self.assertRegex(self.dry_run("--spare", "7680"), r"(?m)^8080 +diverted")
        # A rule that is bounded by ports that are understood is no such rule.
        self.put("delete table ip odd; table ip odd { chain pre { type nat hook prerouting priority dstnat; tcp dport 3000 tcp dport & 1 == 0 dnat to 10.8.0.2; }; }")
        self.assertRegex(self.dry_run(), r"(?m)^8080 +diverted")

    def test_a_map_that_changes_while_it_runs(self):
        """The container is gone before the next minute, and its port stays its own."""
        decoy = self.decoy("--answer-port", "8088,8089")
        self.assertNotEqual(self.says(self.peer, "10.9.0.1", 8088, b"x\n"), "ConnectionRefusedError\n")
        self.put("table ip pub { map m { type inet_service : ipv4_addr . inet_service; elements = { 8088 : 10.8.0.2 . 80 }; }; "
                 "chain pre { type nat hook prerouting priority dstnat; dnat to tcp dport map @m; }; }")
        owned = self.folder / "data/decoy/owned-ports"
        until("it is known", lambda: "tcp 8088 published" in owned.read_text())
        self.put("delete table ip pub")
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8088, b"x\n"), "ConnectionRefusedError\n")
        self.assertNotEqual(self.says(self.peer, "10.9.0.1", 8089, b"x\n"), "ConnectionRefusedError\n")
        # Rules that are not understood come: nothing is answered; they go, and what they published is somebody's for a month.
        self.put("table ip odd { chain pre { type nat hook prerouting priority dstnat; tcp dport & 0xff00 == 0x1e00 dnat to 10.8.0.2; }; }")
        until("it keeps silent", lambda: self.says(self.peer, "10.9.0.1", 8089, b"x\n") == "ConnectionRefusedError\n")
        self.put("delete table ip odd")
        until("it is written down", lambda: "tcp 0 unread" in owned.read_text())
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8089, b"x\n"), "ConnectionRefusedError\n")
        decoy.stop()


if __name__ == "__main__":
    main()
