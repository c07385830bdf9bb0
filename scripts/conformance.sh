#!/usr/bin/env bash
# Replays the official test cases against a fresh Edge in a temporary folder and writes the result into docs/conformance.md.
# usage: scripts/conformance.sh DIR [arguments of `kcmctl conformance`]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
cases=${1:?the folder with the official cases is missing}
shift
folder=$(mktemp -d)
port=${KCM_DEMO_PORT:-15690}
unset KCM_DEMO_PORT
trap 'kcm_stop; rm -rf "$folder"' EXIT
"$kcm_bin/kcmctl" init "$folder/demo" --base-port "$port" >/dev/null
kcm_start Core "$folder/demo/core.yaml" $((port + 2)) "$folder/core.log"
kcm_start Edge "$folder/demo/edge.yaml" $((port + 8)) "$folder/edge.log"
"$kcm_bin/kcmctl" conformance "$cases" --config "$folder/demo/edge.yaml" --identity "$folder/demo/pki/acme-app" \
    --trust "$folder/demo/pki/ca.pem" --markdown docs/conformance.md "$@"
