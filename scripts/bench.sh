#!/usr/bin/env bash
# Runs the load generator against a fresh Core and Edge in a temporary folder. Arguments go to `kcmctl bench`.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
folder=$(mktemp -d)
port=${KCM_DEMO_PORT:-15690}
unset KCM_DEMO_PORT
trap 'kcm_stop; rm -rf "$folder"' EXIT
"$kcm_bin/kcmctl" init "$folder/demo" --base-port "$port" >/dev/null
kcm_start Core "$folder/demo/core.yaml" $((port + 2)) "$folder/core.log"
kcm_start Edge "$folder/demo/edge.yaml" $((port + 8)) "$folder/edge.log"
"$kcm_bin/kcmctl" bench --server "127.0.0.1:$((port + 6))" --identity "$folder/demo/pki/acme-app" --trust "$folder/demo/pki/ca.pem" --pid "${kcm_pids[-1]}" "$@"
