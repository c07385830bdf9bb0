#!/usr/bin/env bash
# A fresh Core and Edge under mixed load for some minutes: memory and descriptors have to stay flat, and the audit logs to verify.
# usage: soak.sh [MINUTES]   (10)   KCM_BIN: other binaries than dist/bin
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
minutes=${1:-10}
folder=$(mktemp -d)
port=${KCM_DEMO_PORT:-15790}
unset KCM_DEMO_PORT
sampler=
trap '[ -z "$sampler" ] || kill "$sampler" 2>/dev/null || true; kcm_stop; rm -rf "$folder"' EXIT
demo=$folder/demo
"$kcm_bin/kcmctl" init "$demo" --base-port "$port" >/dev/null
kcm_start Core "$demo/core.yaml" $((port + 2)) "$folder/core.log"
kcm_start Edge "$demo/edge.yaml" $((port + 8)) "$folder/edge.log"

# A line a second: name, seconds since the start, resident KiB, descriptors.
sample() {
    local start=$SECONDS i names=(core edge)
    while sleep 1; do
        for i in 0 1; do
            printf '%s %s %s %s\n' "${names[i]}" $((SECONDS - start)) "$(awk '/^VmRSS/ {print $2}' "/proc/${kcm_pids[i]}/status")" \
                "$(find "/proc/${kcm_pids[i]}/fd" -mindepth 1 | wc -l)"
        done
    done
}
sample >"$folder/samples" 2>/dev/null &
sampler=$!

# Rounds of ten seconds; every operation on one connection and on many, so that connections come and go as well.
end=$((SECONDS + minutes * 60))
rounds=0
while [ "$SECONDS" -lt "$end" ]; do
    "$kcm_bin/kcmctl" bench --server "127.0.0.1:$((port + 6))" --identity "$demo/pki/acme-app" --trust "$demo/pki/ca.pem" \
        --connections 1,16 --seconds 1 >"$folder/bench" || { cat "$folder/bench" >&2; exit 1; }
    rounds=$((rounds + 1))
done
kill "$sampler"
sampler=
kcm_stop

status=0
for side in core edge; do
    "$kcm_bin/kcmctl" audit verify "$demo/data/$side-audit.jsonl" --key "$demo/data/$side-audit.pub" || status=1
done
echo "$rounds rounds in $minutes min"
python3 scripts/soak-slope.py "$folder/samples" || status=1
exit "$status"
