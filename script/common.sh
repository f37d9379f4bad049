# Shared by the scripts, sourced: where things are. Sets root, venv, python.
# shellcheck shell=sh
# shellcheck disable=SC2034  # the scripts that source this use them
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
venv=${MARINER_VENV:-$root/.venv}
python=$venv/bin/python

say() {
    printf '%s\n' "$*" >&2
}
