#!/bin/sh
# against_java.sh FILTER: runs AgainstJava.java. Without Java: exit 77, or 1 with REQUIRE=all.
set -eu
if ! command -v java >/dev/null; then
    echo "skipped: java is not installed (Debian: openjdk-17-jdk-headless)"
    [ "${REQUIRE:-}" = all ] && exit 1
    exit 77
fi
exec java "$(dirname "$0")/AgainstJava.java" "$1"
