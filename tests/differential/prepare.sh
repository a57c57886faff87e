#!/bin/sh
# Readies the oracle below FOLDER: FOLDER/jars/<release>/*.jar and FOLDER/classes/*.class.
#
# Exit status 0: ready; 77: cannot be made here, with the reason as the last line; anything else: a failure of ours.
set -eu
[ $# = 1 ] || { echo "usage: prepare.sh FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
# Two test programs may come here at once.
exec 9>"$out/.lock"
flock 9

for tool in java javac; do
    command -v $tool >/dev/null || { echo "$tool is not installed (Debian: openjdk-17-jdk-headless)"; exit 77; }
done
"$here/fetch-jars.sh" "$out/jars" 2>&1 || exit 77

# The oldest release has the smallest interface: what compiles against it runs with all of them.
oldest=$out/jars/2.0-beta9
stamp=$out/classes/.stamp
if [ ! -e "$stamp" ] || [ -n "$(find "$here/oracle" -name '*.java' -newer "$stamp")" ]; then
    rm -rf "$out/classes"
    mkdir "$out/classes"
    javac --release 17 -nowarn -Xlint:none -d "$out/classes" -cp "$oldest/log4j-api-2.0-beta9.jar:$oldest/log4j-core-2.0-beta9.jar" "$here"/oracle/*.java
    touch "$stamp"
fi
