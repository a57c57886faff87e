#!/bin/bash
# Builds every libFuzzer target and runs each for a while: tools/fuzz.sh [SECONDS [TARGET...]]
#
# New inputs go to build/fuzz/found/TARGET, never to the committed corpus; a crash is left in build/fuzz/crashes and named.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true

cmake --preset fuzz >/dev/null
cmake --build build/fuzz -j "$(nproc)" --target fuzz_targets
if [ $# -gt 0 ]; then targets=("$@"); else
    targets=()
    for program in build/fuzz/fuzz_*; do [ -x "$program" ] && targets+=("${program##*/fuzz_}"); done
fi
mkdir -p build/fuzz/crashes
failed=()
for target in "${targets[@]}"; do
    mkdir -p "build/fuzz/found/$target"
    dictionary=()
    if [ -f "fuzz/dict/$target.dict" ]; then dictionary=("-dict=fuzz/dict/$target.dict"); fi
    corpora=("build/fuzz/found/$target")
    if [ -d "fuzz/corpus/$target" ]; then corpora+=("fuzz/corpus/$target"); fi
    echo "fuzz: $target for $seconds s"
    if ! "build/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$target-" "${dictionary[@]}" "${corpora[@]}" >"build/fuzz/$target.log" 2>&1; then
        failed+=("$target")
        tail -n 30 "build/fuzz/$target.log"
    else
        grep -E '^stat::number_of_executed_units|^stat::new_units_added' "build/fuzz/$target.log" || true
    fi
done
echo "fuzz: ${#targets[@]} targets, ${#failed[@]} failed ${failed[*]:-}"
[ ${#failed[@]} -eq 0 ]
