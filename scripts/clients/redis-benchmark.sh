#!/usr/bin/env bash
# redis-benchmark: pipelines of several depths; it leaves at the first error reply.
set -euo pipefail
command -v redis-benchmark >/dev/null || { echo "redis-benchmark is not installed"; exit 77; }
for pipeline in 1 16 64; do
    output=$(redis-benchmark -h "$1" -p "$2" -n 5000 -c 20 -P "$pipeline" -r 1000 -t set,get,incr --csv 2>&1)
    for test in SET GET INCR; do
        grep -q "^\"$test\"" <<<"$output" || { echo "pipeline $pipeline: no result for $test: $output"; exit 1; }
    done
done
