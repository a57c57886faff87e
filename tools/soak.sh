#!/bin/bash
# The long run: millions of generated lines against the real Log4j, then every fuzz target.
# SOAK_LINES (5000000) and SOAK_FUZZ_SECONDS (600) say how long.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset check >/dev/null
cmake --build build/check -j "$(nproc)"
build/check/tests/test_differential --count "${SOAK_LINES:-5000000}"
tools/fuzz.sh "${SOAK_FUZZ_SECONDS:-600}"
