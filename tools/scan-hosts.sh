#!/bin/bash
# Scans many hosts with nothing but ssh: copies the sensor, runs it, brings the report back, a few hosts at a time.
#
#   scan-hosts.sh [-j N] [-s SENSOR] [-o FOLDER] [-t SECONDS] [-S] HOSTS|- [-- SCAN-ARGUMENT...]
#
#   HOSTS         a file with one host a line, as ssh takes it (user@host, an alias); '#' begins a comment; - reads standard input
#   -j N          hosts at the same time (default 8)
#   -s SENSOR     the static program (default: caltrop-sensor beside this script, in the path, or in build/)
#   -o FOLDER     where HOST.json, HOST.err and hosts.txt go (default reports)
#   -t SECONDS    give up on a host after this long (default 3600)
#   -S            run it with sudo -n on the hosts: only root sees every file and process
#   SCAN-ARGUMENT further arguments of the scan there, such as --nice 500/20 /srv; quoted for the remote shell
#
# What already lies in FOLDER from an earlier run is not asked again: remove HOST.json to repeat it. A host that fails keeps no
# one else waiting; it is named at the end, with what ssh or the sensor said. Merge with: caltrop scan report --expect FOLDER/hosts.txt
# FOLDER/*.json
#
# Nothing stays on a host: the sensor is copied into a folder of its own there, and removed. Exit status: 0 every host answered, 3 some
# did not, 2 usage, 4 the scan could not be started.
set -uo pipefail

usage() { sed -n '2,20s/^# \{0,1\}//p' "$0"; }
complain() { echo "scan-hosts: $*" >&2; }

# One host. Everything about it goes into its own files; the answer is there or not.
scan_one() {
    local host=$1 file status
    file=$folder/$(name_of "$host")
    [ -s "$file.json" ] && return 0
    timeout "$seconds" "${ssh[@]}" -- "$host" "$remote" <"$sensor" 2>&1 >"$file.part" | harmless >"$file.err"
    status=${PIPESTATUS[0]}
    # The last line of a report is the host's own: without it the report was cut off.
    if tail -n 1 "$file.part" 2>/dev/null | grep -q '"caltrop.scan.host"'; then
        mv "$file.part" "$file.json"
        [ -s "$file.err" ] || rm -f "$file.err"
    else
        rm -f "$file.part"
        [ "$status" -eq 124 ] && echo "no answer within $seconds seconds" >>"$file.err"
        [ -s "$file.err" ] || echo "ssh ended with status $status and said nothing" >"$file.err"
    fi
}

# What a host says is not ours: no control bytes, and nothing that a logger would look up.
harmless() { LC_ALL=C tr -cd '[:print:]\n\t' | sed 's/\${/\\x24{/g' | head -c 65536; }

# A file name for a host: what could climb or hide is replaced.
name_of() {
    local name=${1//[^A-Za-z0-9@._:+-]/_}
    echo "${name/#[.-]/_}"
}

jobs=8 sensor='' folder=reports seconds=3600 sudo=''
while getopts 'j:s:o:t:Sh' option; do
    case $option in
        j) jobs=$OPTARG ;;
        s) sensor=$OPTARG ;;
        o) folder=$OPTARG ;;
        t) seconds=$OPTARG ;;
        S) sudo='sudo -n ' ;;
        h) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || { usage >&2; exit 2; }
list=$1
shift
[ "${1:-}" = -- ] && shift
case $jobs$seconds in *[!0-9]* | '') complain "-j and -t take numbers"; exit 2 ;; esac
[ "$jobs" -ge 1 ] || { complain "-j takes a number from 1"; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
if [ -z "$sensor" ]; then
    for sensor in "$here/caltrop-sensor" "$(command -v caltrop-sensor)" "$here/../build/caltrop-sensor" ''; do
        [ -n "$sensor" ] && [ -f "$sensor" ] && break
    done
fi
[ -f "$sensor" ] || { complain "no caltrop-sensor: say -s FILE"; exit 4; }
mkdir -p "$folder" || exit 4

# The sensor comes through standard input, so that one connection does it all. umask: nobody else may change what then runs.
arguments=''
for argument in "$@"; do arguments+=" $(printf %q "$argument")"; done
remote="umask 077; d=\$(mktemp -d \"\${TMPDIR:-/tmp}/caltrop.XXXXXX\") || exit 4; trap 'rm -rf \"\$d\"' EXIT; trap 'exit 130' HUP INT TERM;"
remote+=" cat >\"\$d/caltrop-sensor\" && chmod 700 \"\$d/caltrop-sensor\" || exit 4; $sudo\"\$d/caltrop-sensor\" scan -q --json$arguments </dev/null"
# No questions: a host that would ask for a password or an unknown key counts as silent. No new master: it would stay, and hold our pipe.
ssh=(ssh -o BatchMode=yes -o ControlMaster=no -o ConnectTimeout=20 -o ServerAliveInterval=30)

[ "$list" = - ] || [ -r "$list" ] || { complain "$list cannot be read"; exit 4; }
hosts=()
while read -r host _; do
    case $host in '' | '#'*) ;; -*) complain "not a host: $host" ;; *) hosts+=("$host") ;; esac
done < <(if [ "$list" = - ]; then cat; else cat -- "$list"; fi)
[ ${#hosts[@]} -gt 0 ] || { complain "no hosts in $list"; exit 2; }
printf '%s\n' "${hosts[@]}" >"$folder/hosts.txt"

running=0
for host in "${hosts[@]}"; do
    if [ $running -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
    fi
    scan_one "$host" &
    running=$((running + 1))
done
wait

silent=0
for host in "${hosts[@]}"; do
    file=$folder/$(name_of "$host")
    [ -s "$file.json" ] && continue
    silent=$((silent + 1))
    complain "silent: $host: $(tail -n 1 "$file.err" 2>/dev/null | cut -c 1-200)"
done
complain "${#hosts[@]} hosts: $((${#hosts[@]} - silent)) answered, $silent silent; now: caltrop scan report --expect $folder/hosts.txt $folder/*.json"
[ $silent -eq 0 ] || exit 3
