#!/bin/sh
# Puts the real log4j-api and log4j-core jars of releases.txt below FOLDER/<release>/, through Maven's own client and cache.
#
#   fetch-jars.sh FOLDER      needs mvn; the network only for what the cache lacks. Nothing is fetched twice.
#
# Exit status 0: all jars are there; 1: some are missing (named on stderr); 2: usage.
set -eu
[ $# = 1 ] || { echo "usage: fetch-jars.sh FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
releases=$(awk '!/^#/ && NF { print $1 }' "$here/releases.txt")

missing() {
    for release in $releases; do
        for part in api core; do
            [ -s "$out/$release/log4j-$part-$release.jar" ] || echo "log4j-$part-$release"
        done
    done
}

[ -n "$(missing)" ] || exit 0
if ! command -v mvn >/dev/null; then
    echo "fetch-jars: mvn is not installed (Debian: maven); missing: $(missing | tr '\n' ' ')" >&2
    exit 1
fi

work=$(mktemp -d "$out/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
{
    echo '<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>jars</artifactId><version>1</version>'
    echo '<packaging>pom</packaging><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId>'
    echo '<artifactId>maven-dependency-plugin</artifactId><configuration><artifactItems>'
    for release in $releases; do
        for part in api core; do
            echo "<artifactItem><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-$part</artifactId>"
            echo "<version>$release</version><outputDirectory>$out/$release</outputDirectory></artifactItem>"
        done
    done
    echo '</artifactItems></configuration></plugin></plugins></build></project>'
} >"$work/pom.xml"
# First from the cache alone: a machine that has the jars needs no network.
mvn -o -q -B -f "$work/pom.xml" dependency:copy >"$work/log" 2>&1 ||
    mvn -q -B -f "$work/pom.xml" dependency:copy >"$work/log" 2>&1 || true

lacking=$(missing | tr '\n' ' ')
if [ -n "$lacking" ]; then
    grep -m 3 ERROR "$work/log" >&2 || true
    echo "fetch-jars: missing: $lacking" >&2
    exit 1
fi
