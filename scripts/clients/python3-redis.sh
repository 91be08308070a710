#!/usr/bin/env bash
# redis-py, as Debian packages it.
set -euo pipefail
python=/usr/bin/python3
[[ -x $python ]] && "$python" -c 'import redis' 2>/dev/null || { echo "python3-redis is not installed"; exit 77; }
exec "$python" "$(dirname "${BASH_SOURCE[0]}")/python3_redis.py" "$1" "$2"
