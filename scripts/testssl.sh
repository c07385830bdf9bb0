#!/usr/bin/env bash
# Has Debian's testssl.sh look at the TLS ports of a fresh Core and Edge; fails on a finding above LOW.
# KCM_BIN points at other binaries; the default is what `make build` made. Reports stay in .build/testssl.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
kcm_bin=${KCM_BIN:-$kcm_bin}
folder=$(mktemp -d)
port=${KCM_DEMO_PORT:-15690}
unset KCM_DEMO_PORT
reports=.build/testssl
mkdir -p "$reports"
trap 'kcm_stop; rm -rf "$folder"' EXIT
"$kcm_bin/kcmctl" init "$folder/demo" --base-port "$port" >/dev/null
# With a place of their revocation list, as certificates for production name one.
for name in core edge; do
    "$kcm_bin/kcmctl" pki issue "$folder/demo" --name "$name" --organization openkcm --unit "$name" --server --ip 127.0.0.1 --dns localhost \
        --crl-url http://localhost/crl.der >/dev/null
done
kcm_start Core "$folder/demo/core.yaml" $((port + 2)) "$folder/core.log"
kcm_start Edge "$folder/demo/edge.yaml" $((port + 8)) "$folder/edge.log"

for listener in core-kmip:0 core-https:1 edge-kmip:6 edge-https:7; do
    name=${listener%:*}
    rm -f "$reports/$name".*
    # Its exit status counts findings of any weight; what counts here is in the report.
    testssl --quiet --color 0 --warnings off --add-ca "$folder/demo/pki/ca.pem" --jsonfile "$reports/$name.json" \
        --protocols --std --fs --server-preference --server-defaults --vulnerable --each-cipher \
        "127.0.0.1:$((port + ${listener#*:}))" >"$reports/$name.txt" 2>&1 </dev/null || true
done
exec python3 scripts/testssl-verdict.py "$reports"/*.json
