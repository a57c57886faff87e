"""What a decoy never touches: test_decoy_spares.py CALTROP"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

from decoy_case import DecoyCase, main, run, until


class Spares(DecoyCase):
    inside = True

    def watch(self, port, stop, seen):
        """A client that tries all the time."""
        while not stop.is_set():
            seen.append((time.monotonic(), self.says(self.peer, "10.9.0.1", port)))

    def ssh_server(self):
        key = self.folder / "host-key"
        run("dropbearkey", "-t", "ed25519", "-f", key)
        process = self.begin(self.host, "dropbear", "-F", "-E", "-p", "22", "-r", key, "-P", self.folder / "dropbear.pid")
        until("an SSH server", lambda: ":22 " in self.network.on(self.host, "ss", "-Hltn"))
        return process

    def test_real_services_are_untouched_and_gone_while_they_are_down(self):
        sshd = self.ssh_server()
        other = self.server(self.host, 8443, "real")
        decoy = self.decoy("--answer", "all")
        self.assertIn("10.9.0.1 ssh-ed25519 ", self.network.on(self.peer, "ssh-keyscan", "-t", "ed25519", "10.9.0.1"))
        seen, stop = [], threading.Event()
        client = threading.Thread(target=self.watch, args=(8443, stop, seen))
        client.start()
        try:
            until("it is reached", lambda: len(seen) > 3)
            self.assertEqual({what for _, what in seen}, {"+real\n"})
            other.kill()
            other.wait()
            down = time.monotonic()
            until("it is missed", lambda: sum(t > down for t, _ in seen) > 8)
            during = [what for t, what in seen if t > down]
            self.assertEqual(set(during), {"ConnectionRefusedError\n"})
            self.server(self.host, 8443, "real")
            up = time.monotonic()
            until("it is back", lambda: sum(t > up for t, _ in seen) > 3)
            self.assertEqual(seen[-1][1], "+real\n")
            # A restart of the decoy does not forget what it saw, though the service is down.
            decoy.stop()
            sshd.kill()
            sshd.wait()
            decoy = self.decoy("--answer", "all")
            self.assertEqual(self.says(self.peer, "10.9.0.1", 22), "ConnectionRefusedError\n")
            self.assertNotEqual(self.says(self.peer, "10.9.0.1", 23, b"x\n"), "ConnectionRefusedError\n")
        finally:
            stop.set()
            client.join()
        decoy.stop()
        for contact in decoy.contacts():
            self.assertNotIn(contact["destination"]["port"], (22, 8443))
        self.assertNotIn(22, {a["destination"].get("port") for a in decoy.actors()})

    def test_a_service_that_starts_later_has_its_port_at_once(self):
        self.decoy("--answer-port", "8080")
        self.assertIn("HTTP/1.1", self.says(self.peer, "10.9.0.1", 8080, b"GET / HTTP/1.0\r\n\r\n"))
        server = self.server(self.host, 8080, "real")
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8080), "+real\n")
        # And keeps it while it restarts, though the decoy has seen it for seconds alone.
        until("it is written down", lambda: "tcp 8080 listens" in (self.folder / "data/decoy/owned-ports").read_text())
        server.kill()
        server.wait()
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8080), "ConnectionRefusedError\n")

    def published(self, rules):
        self.server(self.network.inside, 80, "container")
        for rule in rules:
            self.network.on(self.host, *rule)
        decoy = self.decoy("--answer", "all")
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8088), "+container\n")
        dry = self.network.on(self.host, *self.command("--dry-run"))
        self.assertIn("8088/tcp published", dry)
        return decoy

    def command(self, *options):
        from decoy_case import CALTROP
        return [CALTROP, "decoy", "--data-dir", self.folder / "data", *options]

    def test_ports_published_by_nft(self):
        decoy = self.published([("nft", "add table ip pub; add chain ip pub pre { type nat hook prerouting priority dstnat; }; "
                                        "add rule ip pub pre tcp dport 8088 dnat to 10.8.0.2:80")])
        # The container goes away with its rule: a decoy that starts then still knows.
        until("it is written down", lambda: "8088" in (self.folder / "data/decoy/owned-ports").read_text())
        decoy.stop()
        self.network.on(self.host, "nft", "delete table ip pub")
        self.decoy("--answer", "all")
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8088), "ConnectionRefusedError\n")

    def test_ports_published_by_iptables(self):
        try:
            self.network.on(self.host, "iptables-nft", "-V")
        except (AssertionError, FileNotFoundError):
            self.skipTest("no iptables-nft")
        self.published([("iptables-nft", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "-m", "tcp", "--dport", "8088", "-j", "DNAT", "--to-destination", "10.8.0.2:80")])

    def links(self):
        return [line.split()[0] for line in self.network.on(self.host, "ip", "-br", "link").splitlines()]

    def rules(self):
        return self.network.on(self.host, "nft", "list", "ruleset")

    def test_nothing_is_left_behind(self):
        links = self.links()
        decoy = self.decoy()
        self.assertIn("caltrop_decoy", self.rules())
        self.assertIn("flags owner", self.rules())
        self.assertIn("ctprobe0", self.links())
        decoy.stop()
        until("the rules are gone", lambda: self.rules() == "")
        until("the interface is gone", lambda: self.links() == links)

    def test_nothing_is_left_behind_by_kill_9(self):
        links = self.links()
        decoy = self.decoy()
        self.says(self.peer, "10.9.0.1", 8080, b"GET /before HTTP/1.0\r\n\r\n")
        children = run("pgrep", "-P", str(decoy.process.pid)).split()
        self.assertEqual(len(children), 2)
        decoy.process.kill()
        decoy.process.wait()
        until("the rules are gone", lambda: self.rules() == "")
        until("the interface is gone", lambda: self.links() == links)
        until("the children are gone", lambda: not any(pathlib.Path(f"/proc/{c}/exe").exists() for c in children))
        self.assertEqual(self.says(self.peer, "10.9.0.1", 8080), "ConnectionRefusedError\n")
        self.assertTrue(any(c.get("url", {}).get("original") == "/before" for c in decoy.contacts()))

    def test_a_worker_that_dies_is_an_alarm_and_is_replaced(self):
        decoy = self.decoy()
        worker = [c for c in run("pgrep", "-P", str(decoy.process.pid)).split() if "Uid:\t64399" in pathlib.Path(f"/proc/{c}/status").read_text()]
        self.assertEqual(len(worker), 1)
        decoy.may_die = True
        os.kill(int(worker[0]), signal.SIGKILL)
        until("it is said", lambda: "the worker died: signal 9" in decoy.said())
        before = decoy.states().count("alive")
        until("it hears again", lambda: decoy.states().count("alive") > before)
        self.assertIn("HTTP/1.1", self.says(self.peer, "10.9.0.1", 8080, b"GET / HTTP/1.0\r\n\r\n"))
        decoy.stop()

    def test_the_worker_has_nothing(self):
        decoy = self.decoy()
        for pid in run("pgrep", "-P", str(decoy.process.pid)).split():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            self.assertIn("CapEff:\t0000000000000000", status)
            self.assertIn("CapPrm:\t0000000000000000", status)
            self.assertIn("CapBnd:\t0000000000000000", status)
            self.assertIn("NoNewPrivs:\t1", status)
            if "Uid:\t64399\t64399\t64399\t64399" in status:
                sched = pathlib.Path(f"/proc/{pid}/sched")
                slices = re.findall(r"^se\.slice\s*:\s*(\d+)", sched.read_text(), re.M) if sched.exists() else []
                self.assertIn(slices, ([], ["400000"]))  # kernels before 6.12 have none
                if "runs without" not in decoy.said():
                    self.assertIn("Seccomp:\t2", status)

    def test_a_test_that_is_killed_leaves_nothing(self):
        """This program's own promise: no namespace and no process stays, whatever happens to it."""
        code = ("import sys, signal, time\nsys.argv[1:] = [%r]\nsys.path.insert(0, %r)\nfrom decoy_case import Network\n"
                "n = Network()\np = n.start(n.host, 'sleep', '1000')\nprint(n.host.pid, n.peers[0].pid, p.pid, flush=True)\ntime.sleep(1000)" %
                (str(self.command()[0]), str(pathlib.Path(__file__).parent)))
        names = run("ip", "netns", "list")
        with subprocess.Popen([sys.executable, "-B", "-c", code], stdout=subprocess.PIPE, text=True) as killed:
            pids = killed.stdout.readline().split()
            self.assertEqual(len(pids), 3)
            killed.kill()
        until("its processes are gone", lambda: not any(pathlib.Path(f"/proc/{p}/exe").exists() for p in pids))
        self.assertEqual(run("ip", "netns", "list"), names)

    def test_dry_run_changes_nothing(self):
        self.server(self.host, 22, "real")
        out = self.network.on(self.host, *self.command("--dry-run", "--spare", "3389"))
        self.assertIn("22     spared        a service listens there", out)
        self.assertIn("3389/tcp spared", out)
        self.assertRegex(out, r"8080 +diverted")
        self.assertIn("fib daddr type != local accept", out)
        self.assertEqual(self.rules(), "")
        # What it prints is what nft itself takes.
        text = out[out.index("table inet"):]
        subprocess.run([*self.host.inside, "nft", "-c", "-f", "-"], input=text.replace("    flags owner\n", ""), text=True, check=True)


if __name__ == "__main__":
    main()
