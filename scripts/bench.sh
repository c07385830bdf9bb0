#!/usr/bin/env bash
# Measures a fresh Core and Edge beside their ceiling and writes the tables of docs/performance.md. --help lists what there is.
#   KCM_BIN      where kcmd and kcmctl are (dist/bin)
#   KCM_CEILING  the ceiling server (.build/release/kcm-ceiling)
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 -B scripts/bench/run.py "$@"
