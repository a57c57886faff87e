"""The jars of the tests: named in expected.tsv and here, fetched once through Maven's own client into a folder that all builds share."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIP = 77
# Not affected, and close enough to be taken for it: bridges, interfaces, and projects with classes of the same names.
OTHERS = ["org.apache.logging.log4j:log4j-1.2-api:2.25.3", "org.apache.logging.log4j:log4j-1.2-api:2.14.1", "org.slf4j:log4j-over-slf4j:1.7.32",
          "org.slf4j:log4j-over-slf4j:2.0.9", "org.apache.logging.log4j:log4j-api:2.14.1", "org.apache.logging.log4j:log4j-to-slf4j:2.14.1",
          "org.apache.commons:commons-text:1.9", "org.apache.commons:commons-lang3:3.12.0", "org.apache.logging.log4j:log4j-jndi:3.0.0-alpha1"]
ASM = ["org.ow2.asm:asm:9.7", "org.ow2.asm:asm-tree:9.7", "org.ow2.asm:asm-commons:9.7"]


def expected():
    """{group:artifact: (CVEs, {version: {CVE: "A", "-" or "?"}})}"""
    table, current = {}, None
    for line in (HERE / "expected.tsv").read_text().splitlines():
        words = line.split("\t")
        if line.startswith("#") or not line:
            continue
        if words[0] == "artifact":
            current = table[words[1]] = (words[2:], {})
        else:
            current[1][words[0]] = dict(zip(current[0], words[1:], strict=True))
    return table


def skip(reason):
    print(reason)
    sys.exit(SKIP)


def path(folder, coordinate):
    _, artifact, version = coordinate.split(":")
    return folder / f"{artifact}-{version}.jar"


def fetch(folder, coordinates):
    """One run of Maven for all that is missing: first from its cache alone, so that a machine that has the jars needs no network."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [c for c in coordinates if not path(folder, c).exists()]
    if not missing:
        return
    if not shutil.which("mvn"):
        skip("mvn is not installed, and jars are missing")
    with tempfile.TemporaryDirectory(dir=folder) as work:
        items = "".join(f"<artifactItem><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version></artifactItem>"
                        for g, a, v in (c.split(":") for c in missing))
        pom = pathlib.Path(work, "pom.xml")
        pom.write_text("<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>jars</artifactId><version>1</version>"
                       "<packaging>pom</packaging><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId>"
                       "<artifactId>maven-dependency-plugin</artifactId><configuration>"
                       f"<outputDirectory>{work}/jars</outputDirectory><artifactItems>{items}</artifactItems>"
                       "</configuration></plugin></plugins></build></project>")
        told = ""
        for offline in (["-o"], []):
            done = subprocess.run(["mvn", *offline, "-q", "-B", "-f", str(pom), "dependency:copy"], capture_output=True, text=True)
            told = next((l for l in done.stdout.splitlines() if "ERROR" in l), "")
            if done.returncode == 0:
                break
        for c in missing:
            got = path(pathlib.Path(work, "jars"), c)
            if got.exists():
                got.rename(path(folder, c))
    lacking = [c for c in missing if not path(folder, c).exists()]
    if lacking:
        skip(f"jars could not be fetched: {' '.join(lacking[:5])}: {told[:300]}")
