#!/usr/bin/env bash
# A client from npm: npm.sh ioredis|redis HOST PORT FOLDER. It is installed into the folder, which the caller removes.
set -euo pipefail
command -v npm >/dev/null && command -v node >/dev/null || { echo "node and npm are not installed"; exit 77; }
package=$1 host=$2 port=$3 folder=$4/$1
mkdir -p "$folder"
npm install --prefix "$folder" --no-audit --no-fund --loglevel error "$package" >"$folder/install" 2>&1 ||
    { tail -n 3 "$folder/install"; echo "npm cannot install $package"; exit 77; }
cp "$(dirname "${BASH_SOURCE[0]}")/$package.mjs" "$folder/"
exec node "$folder/$package.mjs" "$host" "$port"
