#!/usr/bin/env python3
"""Do the orderings say what the real tools say? against_tools.py ORDERING VERSION_TOOL CACHE-FOLDER

Random, mutated and hand-picked pairs, seeded (CT_SEED repeats a run); one process of the real tool answers all of them.
Both must compare alike, and both must refuse alike, except where the table below says what we take beyond the tool.
Skips (77) when the tool cannot be had; REQUIRE=all makes that a failure.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MAVEN = "4.0.0-rc-5"
SEMVER = "semver@7.8.5"


def skip(why):
    must = os.environ.get("REQUIRE") == "all"
    print(("failed: " if must else "skipped: ") + why, file=sys.stderr)
    sys.exit(1 if must else 77)


def need(program, package):
    found = shutil.which(program)
    if not found:
        skip(f"{program} is not installed (Debian: {package})")
    return found


def answers(command, pairs, **more):
    text = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True, **more)
    return done.stdout.decode().split("\n")[:-1]


# --- the real tools -------------------------------------------------------------------------------------------------


def maven(pairs, cache):
    java, javac, mvn = need("java", "openjdk-17-jdk-headless"), need("javac", "openjdk-17-jdk-headless"), need("mvn", "maven")
    jar = cache / f"maven-artifact-{MAVEN}.jar"
    if not jar.exists():
        with tempfile.TemporaryDirectory(dir=cache) as work:
            pom = pathlib.Path(work) / "pom.xml"
            pom.write_text(
                "<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>jars</artifactId><version>1</version>"
                "<packaging>pom</packaging><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId>"
                "<artifactId>maven-dependency-plugin</artifactId><configuration><artifactItems><artifactItem>"
                f"<groupId>org.apache.maven</groupId><artifactId>maven-artifact</artifactId><version>{MAVEN}</version>"
                f"<outputDirectory>{work}</outputDirectory></artifactItem></artifactItems></configuration></plugin></plugins></build></project>")
            for offline in (["-o"], []):  # first from the cache alone
                done = subprocess.run([mvn, *offline, "-q", "-B", "-f", pom, "dependency:copy"], stdout=subprocess.DEVNULL, check=False)
                if done.returncode == 0:
                    break
            got = pathlib.Path(work) / jar.name
            if not got.exists():
                skip(f"mvn could not fetch maven-artifact {MAVEN}")
            got.rename(jar)
    with tempfile.TemporaryDirectory(dir=cache) as classes:
        subprocess.run([javac, "-d", classes, "-cp", jar, HERE / "MavenOracle.java"], check=True)
        return answers([java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{jar}:{classes}", "MavenOracle"], pairs)


def semver(pairs, cache):
    node, npm = need("node", "nodejs"), need("npm", "npm")
    module = cache / SEMVER
    if not module.exists():
        with tempfile.TemporaryDirectory(dir=cache) as work:
            try:
                subprocess.run([npm, "pack", "--prefer-offline", "--silent", "--pack-destination", work, SEMVER], check=True, timeout=120,
                               cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                tarball = next(pathlib.Path(work).glob("*.tgz"))
                with tarfile.open(tarball) as t:
                    t.extractall(work)
                (pathlib.Path(work) / "package").rename(module)
            except (subprocess.SubprocessError, OSError, StopIteration) as e:
                skip(f"npm could not fetch {SEMVER}: {e}")
    return answers([node, HERE / "semver_oracle.js", module], pairs)


def pep440(pairs, cache):
    program = "import sys\nfrom packaging.version import Version, InvalidVersion\nfor line in sys.stdin.buffer.read().decode().split('\\n')[:-1]:\n" \
              "    a, b = line.split('\\t')\n    try:\n        a, b = Version(a), Version(b)\n        print('<' if a < b else '>' if a > b else '=')\n" \
              "    except InvalidVersion:\n        print('!')\n"
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import packaging.version"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return answers([python, "-c", program], pairs)
    return skip("no Python module packaging (Debian: python3-packaging)")


def rpm(pairs, cache):
    program = need("rpm", "rpm")
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as f:
        f.write("".join(f"{a}\t{b}\n" for a, b in pairs))
        f.flush()
        done = subprocess.run([program, "--eval", '%{lua: dofile("' + str(HERE / "rpm_oracle.lua") + '")}'], stdout=subprocess.PIPE, check=True,
                              env={**os.environ, "CT_PAIRS": f.name})
    # Its print does not end lines.
    return ["<=>"[int(n) + 1] for n in re.findall(r"-?\d", done.stdout.decode())]


def gem(pairs, cache):
    return answers([need("ruby", "ruby"), HERE / "gem_oracle.rb"], pairs)


def dpkg(pairs, cache):
    """A process per question: "lt" of most, and "eq" where that says no."""
    program = need("dpkg", "dpkg")

    def ask(a, op, b):
        return subprocess.run([program, "--compare-versions", a, op, b], stderr=subprocess.DEVNULL, check=False).returncode

    out = []
    for a, b in pairs:
        status = ask(a, "lt", b)
        if status == 1:
            status = ask(a, "eq", b)
            out.append("=" if status == 0 else ">" if status == 1 else "!")
        else:
            out.append("<" if status == 0 else "!")
    return out


# --- pairs ----------------------------------------------------------------------------------------------------------

WORDS = {
    "maven": "alpha beta a b m rc cr snapshot SNAPSHOT ga final release sp milestone foo x GA Final RELEASE jre android v".split(),
    "semver": "alpha beta rc 0 1 01 1a a-b -1 x".split(),
    "pep440": "a b c rc alpha beta pre preview post rev r dev .post .dev -1 +local +1.a a1 .dev0 rc. -post v 1!".split(),
    "rpm": "~rc ^git el8 fc1 a ab ~ ^ ~~ ^^ ~^ rc1 beta".split(),
    "gem": "a b pre rc beta -1 0 a0 0a A".split(),
    "dpkg": "~rc +deb12u1 ~ ~~ +b1 a b +dfsg ubuntu .a -0ubuntu1 bpo".split(),
}
SEPARATORS = {"maven": [".", "-", "", ".", "-", "--", ".."], "semver": [".", "-", "+", ".", "."], "pep440": [".", "", "-", "_", ".", "."],
              "rpm": [".", "", "-", "_", "..", "."], "gem": [".", ".", "-", "", ".."], "dpkg": [".", "-", "+", "", ".", ":"]}
NUMBERS = ["0", "1", "2", "3", "10", "00", "01", "9", "007", "20240101", "2147483647", "2147483648", "9999999999999999999", "0", "1"]
STRAY = {"maven": "+_~ 0", "semver": "v= x0", "pep440": " vV!+0", "rpm": "~^:+ 0", "gem": " _-0", "dpkg": ":~+_ 0"}


def version(rng, which):
    if which == "semver" and rng.random() < 0.9:
        v = ".".join(rng.choice(NUMBERS[:5] + NUMBERS[6:8]) for _ in range(3))
        if rng.random() < 0.6:
            v += "-" + ".".join(rng.choice(WORDS[which] + ["0", "2", "10"]) for _ in range(rng.randint(1, 3)))
        if rng.random() < 0.2:
            v += "+" + rng.choice(["build", "1", "a.b", "01"])
        return v
    v = "" if rng.random() < 0.05 else rng.choice(NUMBERS)
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4, 6))):
        v += rng.choice(SEPARATORS[which]) + rng.choice(NUMBERS if rng.random() < 0.55 else WORDS[which])
    if which in ("rpm", "dpkg"):
        if rng.random() < 0.25:
            v = rng.choice(("0:", "1:", "00:", "01:", ":", "2:")) + v
        if rng.random() < 0.5:
            v += "-" + rng.choice(NUMBERS) + rng.choice(("", ".el8", ".fc3", "~1", "+b1"))
    return v


def mutate(rng, v, which):
    for _ in range(rng.randint(1, 2)):
        at = rng.randint(0, len(v))
        kind = rng.randrange(4)
        if kind == 0:
            v = v[:at] + v[at + 1:]
        elif kind == 1:
            v = v[:at] + rng.choice("01.-a" + STRAY[which]) + v[at:]
        elif kind == 2:
            v += rng.choice((".0", "-0", "0", "", *SEPARATORS[which], *WORDS[which]))
        else:
            v = v[:at] + rng.choice(NUMBERS[:6]) + v[at + 1:]
    return v


def make_pairs(rng, which, n):
    pairs = []
    for _ in range(n):
        a = version(rng, which)
        b = mutate(rng, a, which) if rng.random() < 0.6 else version(rng, which)
        pairs.append((a, b) if rng.random() < 0.5 else (b, a))
    # The first line tells our tool's and theirs apart from an empty input; a tab or a newline would break the lines.
    return [(a, b) for a, b in pairs if len(a) < 200 and len(b) < 200]


#             ours         theirs   pairs   why a pair that theirs refuses may be taken by us (None: never)
ORDERINGS = {
    "maven": ("Maven", maven, 60000, None),
    "semver": ("npm", semver, 60000, "other numbers of components, leading zeros, large numbers: versions in the field have them"),
    "pep440": ("PyPI", pep440, 60000, None),
    "rpm": ("Red Hat", rpm, 40000, None),
    "gem": ("RubyGems", gem, 40000, None),
    "dpkg": ("Debian", dpkg, 3000, None),
}


def main():
    which, tool, cache = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
    cache.mkdir(parents=True, exist_ok=True)
    seed = int(os.environ.get("CT_SEED", random.SystemRandom().randrange(2**63)))
    print(f"against_tools {which}: seed {seed} (CT_SEED={seed} repeats this run)", flush=True)
    name, oracle, n, wider = ORDERINGS[which]
    pairs = make_pairs(random.Random(seed), which, n)
    if which in ("rpm", "dpkg"):  # their command lines give an empty version, or one that looks like an option, another meaning
        pairs = [(a, b) for a, b in pairs if a and b and a[0] != "-" and b[0] != "-"]
    theirs = oracle(pairs, cache)
    text = "".join(f"{name}\t{a}\t{b}\n" for a, b in pairs)
    ours = subprocess.run([tool], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")[:-1]
    assert len(ours) == len(theirs) == len(pairs), (len(ours), len(theirs), len(pairs))
    differences, compared, refused, beyond = [], 0, 0, 0
    for pair, o, t in zip(pairs, ours, theirs):
        if o == t:
            compared += o != "!"
            refused += o == "!"
        elif t == "!" and wider:
            beyond += 1
        else:
            differences.append((pair, o, t))
    for pair, o, t in differences[:20]:
        print(f"{pair[0]!r} {o} {pair[1]!r}, the real one: {t}")
    print(f"{which}: {compared} compared alike, {refused} refused alike, {beyond} taken beyond it, {len(differences)} different")
    spread = {answer: theirs.count(answer) for answer in "<=>"}
    assert compared > len(pairs) // 8 and min(spread.values()) > len(pairs) // 200, f"the pairs ask too little: {spread}"
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
