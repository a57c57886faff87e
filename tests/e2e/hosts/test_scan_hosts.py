"""tools/scan-hosts.sh with an ssh of our own in the path: test_scan_hosts.py SCRIPT SENSOR CALTROP"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT, SENSOR, CALTROP = (os.path.abspath(p) for p in sys.argv[1:4])
del sys.argv[1:]

# Knows some hosts, runs what it is told to in a folder that stands for that host, and counts who is there at the same time.
SSH = r"""#!/bin/bash
options=()
while [ "$1" != -- ]; do options+=("$1"); shift; done
host=$2 command=$3
[ $# -eq 3 ] || { echo "ssh: $# arguments" >&2; exit 255; }
case " ${options[*]} " in *" BatchMode=yes "*) ;; *) echo "would ask questions" >&2; exit 255 ;; esac
echo "$host" >>"$FAKE/asked"
mkdir "$FAKE/now/$$" && ls "$FAKE/now" | wc -l >>"$FAKE/at-once"
trap 'rmdir "$FAKE/now/$$"' EXIT
case $host in
    gone.example) echo "ssh: connect to host gone.example port 22: No route to host" >&2; exit 255 ;;
    odd.example) printf 'evil \033[2J ${jndi:ldap://x/a}\n' >&2; exit 1 ;;
    cut.example) cat >/dev/null; echo '{"half": ' ; exit 0 ;;
    slow.example) exec sleep 600 ;;
esac
# Two at the same time see each other: each waits until another one has come, or there is none to come.
if [ -n "$MEET" ] && [ ! -e "$FAKE/met" ]; then
    for _ in $(seq 600); do
        [ "$(ls "$FAKE/now" | wc -l)" -ge "$MEET" ] && touch "$FAKE/met"
        [ -e "$FAKE/met" ] && break
        read -r -t 0.05 <> <(:)
    done
fi
mkdir -p "$FAKE/hosts/$host/tmp"
cd "$FAKE/hosts/$host" && TMPDIR="$FAKE/hosts/$host/tmp" sh -c "$command"
"""


class ScanHosts(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-hosts-"))
        (self.dir / "bin").mkdir()
        (self.dir / "fake/now").mkdir(parents=True)
        (self.dir / "tree").mkdir()
        (self.dir / "tree/a.txt").write_text("nothing\n")
        ssh = self.dir / "bin/ssh"
        ssh.write_text(SSH)
        ssh.chmod(0o755)
        self.env = dict(os.environ, PATH="%s:%s" % (self.dir / "bin", os.environ["PATH"]), FAKE=str(self.dir / "fake"), MEET="", LC_ALL="C.UTF-8")

    def tearDown(self):
        shutil.rmtree(self.dir)

    def run_it(self, hosts, *options, status, arguments=("--no-processes",), meet=""):
        list_file = self.dir / "hosts.list"
        list_file.write_text("".join(h + "\n" for h in hosts))
        done = subprocess.run([SCRIPT, "-s", SENSOR, "-o", str(self.dir / "out"), *options, str(list_file), "--", *arguments, str(self.dir / "tree")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(self.env, MEET=meet), timeout=240, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, b"")
        return done.stderr.decode()

    def files(self):
        return sorted(p.name for p in (self.dir / "out").iterdir())

    def test_many_hosts_some_silent(self):
        hosts = ["# all of them", "a.example", "root@b.example  rack 7", "", "gone.example", "odd.example", "cut.example", "c.example", "d.example"]
        said = self.run_it(hosts, "-j", "3", status=3, meet="2")
        for name in ("a.example", "root@b.example", "c.example", "d.example"):
            last = (self.dir / "out" / (name + ".json")).read_text().splitlines()[-1]
            self.assertEqual(json.loads(last)["event"]["dataset"], "caltrop.scan.host")
            self.assertEqual(json.loads(last)["caltrop"]["roots"], [str(self.dir / "tree")])
            # nothing stays there
            self.assertEqual(list((self.dir / "fake/hosts" / name / "tmp").iterdir()), [])
        self.assertEqual([n for n in self.files() if n.endswith(".json")],
                         ["a.example.json", "c.example.json", "d.example.json", "root@b.example.json"])
        self.assertIn("silent: gone.example: ssh: connect to host gone.example port 22: No route to host", said)
        self.assertIn("silent: odd.example: evil [2J ", said)
        self.assertNotIn("scan-hosts.sh: line", said)  # nothing of the shell's own
        self.assertNotIn("\033", said)
        self.assertNotIn("${", said)
        self.assertIn("silent: cut.example:", said)
        self.assertIn("7 hosts: 4 answered, 3 silent", said)
        at_once = [int(n) for n in (self.dir / "fake/at-once").read_text().split()]
        self.assertLessEqual(max(at_once), 3)
        self.assertTrue((self.dir / "fake/met").exists(), "no two hosts at the same time: %s" % at_once)

        # Again: only those that did not answer are asked.
        (self.dir / "fake/asked").unlink()
        self.run_it(hosts, status=3)
        self.assertEqual(sorted((self.dir / "fake/asked").read_text().split()), ["cut.example", "gone.example", "odd.example"])

        # And all of it as one table, where this caltrop has one.
        merged = subprocess.run([CALTROP, "scan", "report", "--expect", str(self.dir / "out/hosts.txt"),
                                 *(str(p) for p in (self.dir / "out").glob("*.json"))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertIn(b"gone.example", merged.stdout, merged)

    def test_all_answer(self):
        self.assertIn("2 hosts: 2 answered, 0 silent", self.run_it(["a.example", "b.example"], status=0))

    def test_gives_up_on_a_slow_one(self):
        self.assertIn("silent: slow.example: no answer within 1 seconds", self.run_it(["slow.example"], "-t", "1", status=3))

    def test_arguments_reach_the_host_whole(self):
        odd = self.dir / "a 'b' $(touch pwned) c"
        odd.mkdir()
        self.run_it(["a.example"], status=0, arguments=("--no-processes", "--exclude", "x y*", str(odd)))
        host = json.loads((self.dir / "out/a.example.json").read_text().splitlines()[-1])
        self.assertEqual(host["caltrop"]["roots"], [str(odd), str(self.dir / "tree")])
        self.assertEqual(host["caltrop"]["exclusions"], ["x y*"])

    def test_odd_host_names_stay_in_the_folder(self):
        self.run_it(["../../etc/x", "-oProxyCommand=touch_pwned", ".hidden"], status=0)
        self.assertEqual([n for n in self.files() if n.endswith(".json")], ["_._.._etc_x.json", "_hidden.json"])
        self.assertNotIn("-oProxyCommand", (self.dir / "fake/asked").read_text())

    def test_wrong_usage(self):
        for args, status in ((["-j", "x", "hosts"], 2), ([], 2), (["-s", str(self.dir / "none"), "hosts"], 4)):
            done = subprocess.run([SCRIPT, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env, cwd=self.dir, check=False)
            self.assertEqual(done.returncode, status, (args, done.stderr))
        self.assertIn(b"HOSTS|-", subprocess.run([SCRIPT, "-h"], stdout=subprocess.PIPE, env=self.env, check=True).stdout)


unittest.main(verbosity=2)
