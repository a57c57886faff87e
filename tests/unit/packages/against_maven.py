#!/usr/bin/env python3
"""Jars of Maven Central: does each say the coordinates that it was published with?

Fetched by Maven's own client (its cache first). Also as others ship them: renamed, without META-INF/maven, shaded by the maven-shade form, inside out.
With M2=FOLDER compares every jar of a Maven repository instead, and prints the score.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
import zipfile

from packages_common import need, skip

JARS = """org.apache.logging.log4j:log4j-core:2.14.1 org.apache.logging.log4j:log4j-1.2-api:2.17.0 org.apache.logging.log4j:log4j-core:2.0-beta9
log4j:log4j:1.2.17 ch.qos.logback:logback-core:1.2.3 org.slf4j:slf4j-api:1.7.30 org.springframework:spring-beans:5.3.17
org.springframework:spring-webmvc:5.3.18 org.springframework:spring-core:4.3.30.RELEASE org.springframework.boot:spring-boot:2.6.6
org.springframework.boot:spring-boot-loader:2.6.6 org.apache.commons:commons-text:1.9 org.apache.commons:commons-lang3:3.12.0
commons-io:commons-io:2.11.0 commons-collections:commons-collections:3.2.1 org.apache.struts:struts2-core:2.5.25
com.google.guava:guava:31.1-jre com.google.code.gson:gson:2.9.0 com.fasterxml.jackson.core:jackson-databind:2.13.2.2
org.yaml:snakeyaml:1.30 io.netty:netty-handler:4.1.77.Final org.jetbrains.kotlin:kotlin-stdlib:1.6.21 org.ow2.asm:asm-tree:9.3
io.projectreactor:reactor-core:3.4.18 org.bouncycastle:bcprov-jdk15on:1.70 org.hibernate:hibernate-core:5.6.9.Final
org.postgresql:postgresql:42.3.5 com.h2database:h2:2.1.212 org.codehaus.plexus:plexus-container-default:1.0-alpha-9-stable-1
org.eclipse.jetty:jetty-server:9.4.46.v20220331 org.apache.tomcat.embed:tomcat-embed-core:9.0.62 joda-time:joda-time:2.10.14""".split()
# Nothing in these jars says the group; a name that resembles one is all there is.
NO_GROUP = {"org.postgresql:postgresql", "com.h2database:h2", "org.yaml:snakeyaml"}


def fetch(folder):
    need("mvn", "maven")
    items = "".join("<artifactItem><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></artifactItem>" % tuple(j.split(":")) for j in JARS)
    with open(f"{folder}/pom.xml", "w", encoding="utf-8") as f:
        f.write("<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>jars</artifactId><version>1</version>"
                "<packaging>pom</packaging><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId>"
                "<artifactId>maven-dependency-plugin</artifactId><configuration><outputDirectory>" + folder +
                "</outputDirectory><artifactItems>" + items + "</artifactItems></configuration></plugin></plugins></build></project>")
    for offline in (["-o"], []):
        done = subprocess.run(["mvn", *offline, "-q", "-B", "-f", f"{folder}/pom.xml", "dependency:copy"], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            return
    skip("maven could not fetch the jars: " + done.stdout.decode()[-200:])


def identify(program, jar, name, keep=lambda entry: True):
    """The components of a jar that goes by a name."""
    with tempfile.TemporaryDirectory() as d, zipfile.ZipFile(jar) as z:
        args = []
        for i, entry in enumerate(z.namelist()):
            if not keep(entry) or not (entry == "META-INF/MANIFEST.MF" or (entry.startswith("META-INF/maven/") and entry.endswith(("/pom.xml", "/pom.properties")))):
                continue
            with open(f"{d}/{i}", "wb") as f:
                f.write(z.read(entry))
            args += [entry, f"{d}/{i}"]
        out = subprocess.run([program, "java", name, *args], stdout=subprocess.PIPE, check=True).stdout
    assert b"${" not in out
    return [c for c in map(json.loads, out.decode().splitlines()) if "error" not in c]


def check(program, folder):
    for coordinates in JARS:
        group, artifact, version = coordinates.split(":")
        jar = f"{folder}/{artifact}-{version}.jar"
        main = identify(program, jar, f"/opt/app.ear!/lib/{artifact}-{version}.jar")[0]
        assert (main["name"], main["version"]) == (artifact, version), (coordinates, main)
        assert main["group"] == group or (f"{group}:{artifact}" in NO_GROUP and main["confidence"] == "low"), (coordinates, main)
        assert main["purl"] == f"pkg:maven/{main['group']}/{artifact}@{version}" or not main["group"], main
        bare = identify(program, jar, f"{artifact}-{version}.jar", lambda e: not e.startswith("META-INF/maven/"))[0]
        assert (bare["name"], bare["version"]) == (artifact, version), ("without poms", coordinates, bare)
        assert bare["group"] in (group, "") or bare["confidence"] == "low", ("without poms", coordinates, bare)
        with zipfile.ZipFile(jar) as z:
            own = [n for n in z.namelist() if n.endswith(f"/{artifact}/pom.properties")]
        if own:
            renamed = identify(program, jar, "/opt/lib/x.jar")[0]
            assert (renamed["group"], renamed["name"], renamed["version"]) == (group, artifact, version), ("renamed", coordinates, renamed)
    print(f"{len(JARS)} jars: as published, without poms, renamed")


def check_shaded(program, folder):
    """What shading leaves: many poms in one jar, and the manifest of one of them."""
    parts = ["log4j-core-2.14.1", "jackson-databind-2.13.2.2", "commons-text-1.9", "commons-io-2.11.0", "guava-31.1-jre"]
    with zipfile.ZipFile(f"{folder}/tool-9.9.jar", "w") as out:
        for part in parts:
            with zipfile.ZipFile(f"{folder}/{part}.jar") as z:
                for entry in z.namelist():
                    if entry.startswith("META-INF/maven/") and not entry.endswith("/"):
                        out.writestr(entry, z.read(entry))
        out.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nMain-Class: x.Main\r\n\r\n")
    found = identify(program, f"{folder}/tool-9.9.jar", "tool-9.9.jar")
    assert (found[0]["name"], found[0]["version"], found[0]["purl"], found[0]["confidence"]) == ("tool", "9.9", "", "low"), found[0]
    bundled = {f"{c['name']}-{c['version']}" for c in found[1:]}
    assert set(parts) <= bundled, set(parts) - bundled
    print(f"shaded: {len(bundled)} bundled components")


def score(program, repository):
    count, wrong = collections.Counter(), []
    for base, _, files in os.walk(repository):
        for name in files:
            if not name.endswith(".jar"):
                continue
            parts = os.path.relpath(base, repository).split("/")
            group, artifact, version = ".".join(parts[:-2]), parts[-2], parts[-1]
            main = (identify(program, os.path.join(base, name), name) or [{}])[0]
            count["jars"] += 1
            count["artifact and version"] += (main.get("name"), main.get("version")) == (artifact, version)
            count["group"] += main.get("group") == group
            count["no group"] += not main.get("group")
            if main.get("group") not in ("", None, group) and main["confidence"] == "high":
                wrong.append((os.path.join(base, name), main))
    print(dict(count))
    assert not wrong, wrong[:3]


def main():
    program = sys.argv[1]
    if os.environ.get("M2"):
        return score(program, os.environ["M2"])
    with tempfile.TemporaryDirectory() as folder:
        fetch(folder)
        check(program, folder)
        check_shaded(program, folder)
    return None


main()
