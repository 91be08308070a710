#!/usr/bin/env bash
# redis-cli: one command a call, a script on standard input, RESP3, errors.
set -euo pipefail
command -v redis-cli >/dev/null || { echo "redis-cli is not installed"; exit 77; }
host=$1 port=$2
key="check:cli:$$"
cli() { redis-cli -h "$host" -p "$port" "$@"; }
expect() {
    local want=$1 got
    shift
    got=$(cli "$@")
    if [[ $got != "$want" ]]; then
        echo "$*: expected '$want', got '$got'"
        exit 1
    fi
}

expect PONG PING
expect OK SET "$key" "first value" EX 100
expect "first value" GET "$key"
expect 1 EXISTS "$key"
expect 5 APPEND "$key:a" 12345
expect 12346 INCR "$key:a"
expect 2 DEL "$key" "$key:a"
expect "" GET "$key"
expect OK -3 SET "$key" x
expect x -3 GET "$key"
expect 1 DEL "$key"
[[ $(cli NOSUCHCOMMAND 2>&1) == *"unknown command"* ]] || { echo "an unknown command is not called so"; exit 1; }
[[ $(cli GET 2>&1) == *"wrong number of arguments"* ]] || { echo "a missing argument is not called so"; exit 1; }
[[ $(printf 'SET %s 1\nINCR %s\nDEL %s\n' "$key" "$key" "$key" | cli | tr '\n' ' ') == "OK 2 1 " ]] || { echo "a script on standard input fails"; exit 1; }
cli ROLE | head -n 1 | grep -Eq '^(master|slave)$' || { echo "ROLE names no role"; exit 1; }
cli INFO server | grep -q '^redis_version:' || { echo "INFO server names no version"; exit 1; }
