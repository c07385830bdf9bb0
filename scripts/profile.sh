#!/usr/bin/env bash
# Where Edge's processor time goes under load, by perf (Debian: linux-perf), into docs/performance.md. --help lists the options.
#   KCM_BIN  where kcmd and kcmctl are (dist/bin)
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 -B scripts/bench/perf_table.py "$@"
