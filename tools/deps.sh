#!/bin/bash
# Installs the Debian packages that a group of targets needs: tools/deps.sh build check bench
#
# Asks dpkg first, so that a second run is instant and needs no root. Knows Debian 12; elsewhere it names what it would
# have installed. CALTROP_NO_DEPS=1 skips it (packagers, other distributions).
set -euo pipefail

# One line per package or family: extend here and nowhere else. PACKAGE@PROGRAM: not needed where PROGRAM is in the path from
# elsewhere.
build=(
    build-essential cmake ninja-build pkg-config python3
    zlib1g-dev libisal-dev libzstd-dev liblzma-dev libbz2-dev liblz4-dev   # compressed logs and archives
    libdeflate-dev                                             # archives
    libmbedtls-dev                                             # TLS of outlets
    libsqlite3-dev                                             # the store
    libyaml-dev                                                # policies and vendors' lists
    libsystemd-dev                                             # the journal
    publicsuffix                                               # registrable domains
)
check=(
    libcmocka-dev
    clang libclang-rt-14-dev llvm                              # second compiler, fuzzing, readable sanitizer reports
    openjdk-17-jdk-headless maven                              # the real Log4j
    systemd systemd-journal-remote                             # the real journal; makes journals
    gzip zstd xz-utils bzip2 lz4                               # the real compressors
    zip unzip p7zip-full libarchive-tools cpio rpm             # the real archivers
    libpsl-dev                                                 # the reference for registrable domains
    liblog4j2-java liblogback-java                             # Debian's own builds of what a scan looks for
    proguard-cli@proguard                                      # shortens the names of classes
    openssl ca-certificates
    logrotate                                                  # the real rotation
    dpkg rpm ruby nodejs@node python3-packaging                # the real orderings of versions, the real package databases
    db5.3-util golang-go@go                                    # Berkeley DB files, programs with build information
    python3-venv                                               # for the validators of bills of materials
    npm@npm python3-jsonschema                                     # the SARIF schema, and what checks against it
    skopeo                                                     # writes container images as docker and podman save them
    umoci                                                      # unpacks container images by its own reading of the specification
    podman                                                     # makes container images, of several layers and several to a file
    nmap curl openssh-client sshpass python3-paramiko python3-pymongo telnet lftp swaks libnet-ssleay-perl ldap-utils redis-tools default-mysql-client postgresql-client
    smbclient                                                  # whom the faces of a decoy must convince
    dropbear-bin                                               # a real SSH server, whose port a decoy leaves alone
    nmap nftables iptables iproute2 curl procps                # the decoy: real scanners, rules and networks of its own
    git shellcheck binutils util-linux
)
lint=(clang-tidy)
bench=(ripgrep gzip xz-utils zstd bzip2 lz4 time util-linux endlessh)

if [ "${CALTROP_NO_DEPS:-}" ]; then exit 0; fi
if [ $# -eq 0 ]; then
    echo "usage: tools/deps.sh build|check|bench|lint ..." >&2
    exit 2
fi

wanted=()
for group in "$@"; do
    case $group in
        build) wanted+=("${build[@]}") ;;
        check) wanted+=("${check[@]}") ;;
        bench) wanted+=("${bench[@]}") ;;
        lint) wanted+=("${lint[@]}") ;;
        *) echo "deps: no group $group (build, check, bench, lint)" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "deps: this is no Debian; please have installed the equivalents of: ${wanted[*]}" >&2
    exit 0
fi
missing=()
for entry in "${wanted[@]}"; do
    package=${entry%@*}
    if [ "$package" != "$entry" ] && command -v "${entry#*@}" >/dev/null; then continue; fi
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
if [ "$(id -u)" -ne 0 ]; then
    echo "deps: missing packages, and this is not root. Run as root:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 4
fi
echo "deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "deps: apt could not install: ${missing[*]}" >&2
    exit 4
fi
