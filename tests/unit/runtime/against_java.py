"""Compares the readers of src/runtime with the JDK and with Log4j, on seeded random input.

against_java.py FILTER JARS    JARS: folder made by tests/differential/prepare.sh
"""
import os, random, shutil, struct, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
seed = int(os.environ.get("CT_SEED", random.SystemRandom().randrange(2**63)))
print(f"against_java: seed {seed} (CT_SEED={seed} repeats this run)")
rng = random.Random(seed)
failures = []
compared = {}


def filter_all(records):
    """[(letter, bytes)] -> [(status, bytes)]"""
    data = b"".join(what.encode() + struct.pack("<I", len(b)) + b for what, b in records)
    out = subprocess.run([sys.argv[1]], input=data, stdout=subprocess.PIPE, check=True).stdout
    answers, at = [], 0
    while at < len(out):
        status, n = struct.unpack_from("<BI", out, at)
        answers.append((status, out[at + 5:at + 5 + n]))
        at += 5 + n
    assert len(answers) == len(records), (len(answers), len(records))
    return answers


def java(*args, env=None, stdin=b""):
    clean = {k: v for k, v in os.environ.items() if k not in ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")}
    done = subprocess.run(["java", "-XX:TieredStopAtLevel=1", "-Dsun.jnu.encoding=ISO-8859-1", *args], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**clean, "LC_ALL": "C", **(env or {})}, check=False)
    return done.returncode, done.stdout, done.stderr


def differ(what, given, have, want):
    failures.append(f"{what}: {given[:600]!r}\n  have {have!r}\n  want {want!r}")


def words(classes, folder):
    pieces = [" ", "  ", "\t", "\n", "\r\n", "\f", "\"", "'", "\\", "\\\\", "\\n", "\\\"", "\\\n   ", "#", "a", "bc", "-Dx=y", "@file", "x#y", "\"\"", "''",
              "${a}", "~", "*", ";"]
    for number in range(8):
        text = "".join(rng.choice(pieces) for _ in range(rng.randrange(20, 600)))
        path = os.path.join(folder, "args")
        with open(path, "w", newline="") as f:
            f.write(f"-cp {classes}\nRuntimeOracle words\n{text}")
        status, out, err = java("@" + path)
        assert status == 0, err[-600:]
        (have,) = filter_all([("f", text.encode())])
        compared["file words"] = compared.get("file words", 0) + out.count(b"\0")
        if have != (0, out):
            differ("words of a file", text, have, out)
    for variable in ("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"):
        made = []
        for i in range(60):
            parts = ["\"%s\"", "'%s'", "%s"]
            value = "".join(rng.choice(parts) % rng.choice(["a", "\\", "=", "${x}", "#", "\\n"] + (["b c", " "] if quote < 2 else []))
                            for quote in [rng.randrange(3) for _ in range(rng.randrange(4))]
                            for parts in [["\"%s\"", "'%s'", "%s"][quote:quote + 1]])
            made.append(f"-Dk{i}={value}" if rng.random() < 0.5 else f"'-Dk{i}='{value}")
        text = "".join(m + rng.choice([" ", "  ", "\t", "\n "]) for m in made)
        status, out, err = java("-cp", classes, "RuntimeOracle", "properties", "k", env={variable: text})
        assert status == 0, err[-600:]
        (have,) = filter_all([("v", text.encode())])
        got = b"".join(w.partition(b"=")[2] + b"\0" for w in have[1].split(b"\0")[:-1])
        compared["variable words"] = compared.get("variable words", 0) + out.count(b"\0")
        if have[0] != 0 or got != out:
            differ("words of " + variable, text, got, out)


def policy(code):
    hosts = ["*", "*:1-", "*:389", "*:-80", "*:0", "*:1024-65535", "*:90-80", "*:x", "*:70000", "*:+80", "*:65536-", "*:1-70000", "*:0-5", "*:0000000080",
             "*:4294967376", "*:-", "*:0-0", "*.example.test", "ldap.example.test", "ldap.example.test:389", "localhost", "localhost:0", "localhost:1024-", "127.0.0.1",
             "127.0.0.1:80", "", "[::1]", "[::1]:389", "203.0.113.9:1-", "203.0.113.9", "2001:db8:0:0:0:0:0:5", "[2001:db8::5]:80", "a*", "*a", "*a.b", "${ldap.host}",
             "${none}", "::1", "2001:db8:0:0:0:0:0:5:80"]
    actions = ["connect", "resolve", "listen", "accept", "connect,resolve", "CONNECT , accept", "accept,connect", "listen,resolve", "", "fly", "connect,,resolve",
               "connect,", " connect", "connect\\tresolve"]
    folder = os.path.dirname(code)
    bases = [None, None, "file:" + code, "file:" + folder + "/*", "file:" + folder + "/-", "file:" + folder + "/", "file:" + folder, "file://" + code, "file:/-", "file:/*",
             "FILE:" + code, "file:" + code.replace("a", "%61"), "file:/opt/app/-", "file:${app.home}/-", "file:${app.home}${/}lib/*", "file:${none}/-",
             "http://example.test/x.jar", "jrt:/java.base", "nonsense", "", "file:" + os.path.dirname(folder) + "/*", "file:" + os.path.dirname(folder) + "/-",
             "file:" + folder + "/./" + os.path.basename(code), "file:" + folder + "/x/../" + os.path.basename(code), "file://localhost" + code, "file:" + folder + "//-",
             "file:" + folder + "/-/", "file:" + folder + "/*//", "file:" + folder + "/-/.", "file:" + folder + "/*/x/..", "file:" + folder + "/-/x",
             "file:" + code + "/"]
    out = []
    for _ in range(rng.randrange(1, 4)):
        head = ""
        base = rng.choice(bases)
        if base is not None:
            head += rng.choice([" codeBase ", " CODEBASE ", " codebase\n"]) + f'"{base}"'
        if rng.random() < 0.1:
            head += rng.choice([", ", " "]) + 'signedBy "somebody"'
        if rng.random() < 0.1:
            head += " principal " + rng.choice(['com.example.Person "Duke"', '"Duke"', '"com.example.Person" "Duke"', 'com.example.Person *', '* *'])
        body = ""
        for _ in range(rng.randrange(3)):
            kind = rng.random()
            if kind < 0.1:
                body += " permission java.security.AllPermission;"
            elif kind < 0.15:
                body += ' permission java.security.AllPermission "<all permissions>", "<all actions>";'
            elif kind < 0.25:
                body += ' permission java.util.PropertyPermission "*", "read,write";'
            else:
                kind = rng.choice(["java.net.SocketPermission"] * 9 + ['"java.net.SocketPermission"'])
                body += f' {rng.choice(["permission", "Permission", "PERMISSION"])} {kind} "{rng.choice(hosts)}", "{rng.choice(actions)}";'
            body += rng.choice(["", "\n", " // no; } { \"\n", "/* x } \" */"])
        out.append(f"grant{head} {{{body} }};")
    if rng.random() < 0.1:
        out.insert(rng.randrange(len(out) + 1), 'keystore "some.jks", "JKS";')
    text = rng.choice(["", "// first\n", "/* a\n * b */"]) + "\n".join(out)
    damaged = rng.random() < 0.15
    if damaged:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["", "\"", ";", "}", "{", ",", "'", "/", "*", "\n", "grant", "\\", "-"]) + text[at + rng.randrange(3):]
    return text, damaged


def policies(classes, folder, count):
    hosts = os.path.join(folder, "hosts")
    with open(hosts, "w") as f:
        f.write("127.0.0.1 localhost\n203.0.113.77 ldap.example.test\n203.0.113.78 www.example.test\n")
    cases, lines = [], []
    for i in range(count):
        code = rng.choice(["/opt/app/lib/log4j-core.jar", "/opt/app/log4j-core.jar", "/srv/w/WEB-INF/lib/log4j-core.jar"])
        text, damaged = policy(code)
        path = os.path.join(folder, f"p{i}.policy")
        with open(path, "w", newline="") as f:
            f.write(text)
        cases.append((code, text, damaged))
        lines.append(f"{path} {code}")
    with open(os.path.join(folder, "list"), "w") as f:
        f.write("\n".join(lines))
    status, out, err = java("-Djdk.net.ephemeralPortRange.low=32768", "-Djdk.net.ephemeralPortRange.high=60999", "-Djdk.net.hosts.file=" + hosts, "-Dapp.home=/opt/app", "-Dldap.host=ldap.example.test",
                            "-cp", classes, "RuntimeOracle", "policies", os.path.join(folder, "list"))
    assert status == 0, err[-600:]
    wants = [tuple(map(int, line.split())) for line in out.decode().splitlines()]
    syntax = unsure = 0
    answers = filter_all([("p", c.encode() + b"\0" + t.encode()) for c, t, _ in cases])
    for (code, text, damaged), want, (error, have) in zip(cases, wants, answers):
        if want[0] < 0:  # the JDK throws on each question
            continue
        if error:  # a file that the JDK refuses grants nothing, but for what the JDK falls back to
            syntax += 1
            if (want[0] != 0 or want[1] > 1) and "${none}" not in text:  # there the JDK skips to the next ';' unread
                differ("a policy called malformed", code + " " + text, error, want)
            continue
        connect, resolve, may_connect, may_resolve = map(int, have.split())
        unsure += (connect, resolve) != (may_connect, may_resolve)
        # The truth lies between what is certain and what is possible; where those agree it is exact.
        if damaged:  # hosts of any name, which the questions to the JDK do not know
            connect, resolve = (0 if r < 3 else r for r in (connect, resolve))
            if want == (0, 1):  # what the JDK falls back to when a file is bad
                continue
        if not connect <= want[0] <= may_connect or not resolve <= want[1] <= may_resolve:
            differ("policy", code + " " + text, have, want)
    compared["policies"] = len(wants)
    assert syntax < count / 4 and unsure < count / 2, (syntax, unsure)
    for reach in range(4):
        assert sum(w[0] == reach for w in wants) > count / 60, f"hardly any policy that reaches {reach}"


def names(classes, jars):
    heads = ["log4j2.", "log4j.", "log4j2", "log4j", "Log4j2_", "LOG4J2-", "log4j/", "org.apache.logging.log4j.", "ORG.apache.logging.log4j.", "", "log4j3.", "x.log4j2.",
             "log4j2..", "log4j22."]
    spelt = [["format", "msg", "no", "lookups"]]
    made = ["log4j2.formatMsgNoLookups", "log4j.formatMsgNoLookups", "formatMsgNoLookups", "LOG4J_FORMAT_MSG_NO_LOOKUPS", "log4j2.formatMsgNoLookup", "formatmsgnolookups"]
    for _ in range(3000):
        parts = list(rng.choice(spelt))
        if rng.random() < 0.2:
            parts = parts[:rng.randrange(1, 5)] + rng.choice([[], ["x"], ["2"], ["lookups"]])
        join = rng.choice(["", "-", ".", "_", "/", "+", "--"])
        case = rng.choice([str.lower, str.upper, str.capitalize, None])
        parts = [(case or rng.choice([str.lower, str.upper, str.capitalize]))(p) for p in parts]
        if rng.random() < 0.3:
            parts[0] = parts[0].lower()
        made.append(rng.choice(heads) + join.join(parts))
    made = [m for m in made if "\n" not in m]
    taken = []
    for release in ("2.12.1", "2.14.1"):
        api = f"{jars}/{release}/log4j-api-{release}.jar"
        status, out, err = java("-cp", classes + ":" + os.path.abspath(api), "RuntimeOracle", "names", stdin="\n".join(made).encode())
        assert status == 0, err[-600:]
        taken.append([w == "1" for w in out.decode().split()])
    # The releases differ; ours takes what all of them take.
    for name, first, second, (_, have) in zip(made, *taken, filter_all([("n", m.encode()) for m in made])):
        if (have == b"1") != (first and second):
            differ("property name", name, have, (first, second))
    compared["property names"] = len(made)
    assert sum(map(all, zip(*taken))) > 100


def main():
    if not shutil.which("javac"):
        print("javac is not installed (Debian: openjdk-17-jdk-headless)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        classes = os.path.join(folder, "classes")
        subprocess.run(["javac", "-nowarn", "-Xlint:none", "-d", classes, os.path.join(HERE, "RuntimeOracle.java")], check=True, stderr=subprocess.DEVNULL)
        words(classes, folder)
        policies(classes, folder, int(os.environ.get("CT_POLICIES", "2000")))
        prepare = subprocess.run([os.path.join(HERE, "../../differential/prepare.sh"), sys.argv[2]], stdout=subprocess.PIPE, check=False)
        if prepare.returncode == 0:
            names(classes, sys.argv[2] + "/jars")
        else:
            print("no comparison of property names: " + prepare.stdout.decode().splitlines()[-1])
            return prepare.returncode
    print(", ".join(f"{n} {what}" for what, n in compared.items()))
    print("\n".join(failures[:6]))
    return 1 if failures else 0


sys.exit(main())
