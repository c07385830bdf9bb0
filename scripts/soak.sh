#!/usr/bin/env bash
# A fresh Core and Edge under mixed load for some minutes: memory, descriptors and threads have to stay flat, every answer has to be right, and
# the audit logs to verify. Meanwhile the daemons reload, revocation lists change, and the logs are rotated.
# usage: soak.sh [MINUTES]   (10)   KCM_BIN: other binaries than dist/bin; KCM_SOAK_OUT: a folder that keeps samples, logs and metrics;
# The cache of opened objects is made small and the stores are filled beforehand, so that this cache and the stores' own are full, and evict,
# long before the memory is judged. KCM_SOAK_FILL: keys made at each daemon for that (20000)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
minutes=${1:-10}
folder=$(mktemp -d)
port=${KCM_DEMO_PORT:-15790}
keep=${KCM_SOAK_OUT:-}
fill=${KCM_SOAK_FILL:-20000}
unset KCM_DEMO_PORT KCM_SOAK_OUT KCM_SOAK_FILL
jobs=()
finish() {
    local pid
    for pid in "${jobs[@]}"; do kill "$pid" 2>/dev/null || true; done
    kcm_stop
    if [ -n "$keep" ]; then
        mkdir -p "$keep"
        cp "$folder"/samples "$folder"/*.log "$folder"/*.metrics "$keep" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
[ -x .venv/bin/python ] || { echo "soak: .venv is missing; run make deps" >&2; exit 1; }
demo=$folder/demo
"$kcm_bin/kcmctl" init "$demo" --base-port "$port" >/dev/null
# Whose certificates are nobody's here.
"$kcm_bin/kcmctl" init "$folder/foreign" --base-port "$port" >/dev/null
sed -i 's/durability: write/durability: write, rotate: {size: 4MiB}/' "$demo/core.yaml" "$demo/edge.yaml"
for side in core edge; do echo 'cache: {entries: 5000}' >>"$demo/$side.yaml"; done
kcm_start Core "$demo/core.yaml" $((port + 2)) "$folder/core.log"
kcm_start Edge "$demo/edge.yaml" $((port + 8)) "$folder/edge.log"

for one in acme-admin:$port acme-app:$((port + 6)); do
    "$kcm_bin/kcmctl" bench --server "127.0.0.1:${one#*:}" --identity "$demo/pki/${one%:*}" --trust "$demo/pki/ca.pem" \
        --fill "$fill" --operation get-attributes --connections 16 --seconds 1 --keep >"$folder/bench" || { cat "$folder/bench" >&2; exit 1; }
done

# A line a second: name, seconds since the start, resident KiB that are no file's, descriptors, threads.
sample() {
    local start=$SECONDS i names=(core edge)
    while sleep 1; do
        for i in 0 1; do
            printf '%s %s %s %s %s\n' "${names[i]}" $((SECONDS - start)) "$(awk '/^RssAnon/ {print $2}' "/proc/${kcm_pids[i]}/status")" \
                "$(find "/proc/${kcm_pids[i]}/fd" -mindepth 1 | wc -l)" "$(awk '/^Threads/ {print $2}' "/proc/${kcm_pids[i]}/status")"
        done
    done
}
sample >"$folder/samples" 2>/dev/null &
jobs+=($!)

# What an operator does to running daemons, at odd intervals.
operate() {
    local round=0
    while sleep 7; do
        round=$((round + 1))
        kill -HUP "${kcm_pids[@]}"
        if [ $((round % 2)) -eq 0 ]; then "$kcm_bin/kcmctl" pki crl "$demo" >/dev/null; fi
    done
}
operate &
jobs+=($!)

end=$((SECONDS + minutes * 60))
.venv/bin/python scripts/soak-load.py "$demo" "$folder/foreign" "$port" $((minutes * 60)) >"$folder/load" 2>&1 &
load=$!
jobs+=("$load")
# Rounds of some ten seconds; every operation on one connection and on many, so that connections come and go as well.
rounds=0
while [ "$SECONDS" -lt "$end" ]; do
    "$kcm_bin/kcmctl" bench --server "127.0.0.1:$((port + 6))" --identity "$demo/pki/acme-app" --trust "$demo/pki/ca.pem" \
        --connections 1,16 --seconds 1 >"$folder/bench" || { cat "$folder/bench" >&2; exit 1; }
    rounds=$((rounds + 1))
done
status=0
wait "$load" || status=1
cat "$folder/load"
for one in core:$((port + 2)) edge:$((port + 8)); do
    exec 3<>"/dev/tcp/127.0.0.1/${one#*:}"
    printf 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    cat <&3 >"$folder/${one%:*}.metrics"
    exec 3>&-
done
for pid in "${jobs[@]}"; do kill "$pid" 2>/dev/null || true; done
jobs=()
kcm_stop

for side in core edge; do
    "$kcm_bin/kcmctl" audit verify "$demo/data/$side-audit.jsonl"* --key "$demo/data/$side-audit.pub" || status=1
    grep -q 'are reloaded' "$folder/$side.log" || { echo "$side was never reloaded" >&2; status=1; }
    if grep -E 'Fatal error|audit log cannot be written|did not come back' "$folder/$side.log" >&2; then status=1; fi
done
ls "$demo"/data/edge-audit.jsonl.* >/dev/null 2>&1 || { echo "edge's audit log was never rotated" >&2; status=1; }
echo "$rounds rounds of kcmctl bench in $minutes min"
python3 scripts/soak-slope.py "$folder/samples" || status=1
exit "$status"
