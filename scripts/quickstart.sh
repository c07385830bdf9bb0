#!/usr/bin/env bash
# Makes a development PKI, starts Core and Edge on loopback, holds a first KMIP conversation and prints it.
#
#   --exit, or QUICKSTART_EXIT=1   end after the conversation instead of staying up
#   KCM_DEMO=DIR                   where the files go (default: demo)
#   KCM_DEMO_PORT=N                the first port (default: 5690)
set -euo pipefail
cd "$(dirname "$0")/.."
demo=${KCM_DEMO:-demo}
port=${KCM_DEMO_PORT:-5690}
unset KCM_DEMO KCM_DEMO_PORT
. scripts/lib.sh

stay=1
[ "${QUICKSTART_EXIT:-0}" = 1 ] && stay=0
case ${1:-} in
    --exit) stay=0 ;;
    '') ;;
    *) echo "usage: scripts/quickstart.sh [--exit]" >&2; exit 2 ;;
esac

ctl=$kcm_bin/kcmctl
step="the start"
trap 'kcm_stop' EXIT
trap 'echo; echo "stopping"; exit 0' INT TERM
broken() { printf '\nquickstart: failed at: %s\n' "$1" >&2; exit 1; }
title() { step=$1; printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || title() { step=$1; printf '\n%s\n' "$1"; }

# say COMMAND...: prints the command as one can paste it, runs it, prints its answer.
say() {
    printf '$ %s\n' "$(quoted "$@")"
    "$@" || broken "$step"
}
# deny COMMAND...: the same where a refusal is the right answer.
deny() {
    printf '$ %s\n' "$(quoted "$@")"
    local status=0
    "$@" || status=$?
    [ "$status" -eq 1 ] || broken "$step (it should have been refused, and ended with status $status)"
    echo "(refused, as it must be)"
}
quoted() {
    local word out=()
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then out+=("$word"); else out+=("'${word//\'/\'\\\'\'}'"); fi
    done
    echo "${out[*]}"
}
# value KEY: one value of the JSON object on standard input.
value() { python3 -c 'import json, sys; v = json.load(sys.stdin).get(sys.argv[1]) or ""; print(" ".join(v) if isinstance(v, list) else v)' "$1"; }
# unhex HEX: the text that the hex digits stand for.
unhex() { python3 -c 'import sys; sys.stdout.write(bytes.fromhex(sys.argv[1]).decode())' "$1"; }
# ask KEY COMMAND...: prints the command and its answer, and keeps it in $said and one value of it in $answer.
ask() {
    local key=$1 json
    shift
    printf '$ %s\n' "$(quoted "$@")"
    json=$("$@" --json) || { printf '%s\n' "$json"; broken "$step"; }
    printf '%s\n' "$json"
    said=$json
    answer=$(value "$key" <<<"$json")
    [ -n "$answer" ] || broken "$step (the answer has no $key)"
}

for tool in "$ctl" "$kcm_bin/kcmd"; do [ -x "$tool" ] || broken "looking for $tool; run make build"; done

title "Configuration, keys and certificates"
if [ -e "$demo/edge.yaml" ]; then
    echo "$demo is there from before and is used again; remove it for a fresh start"
else
    say "$ctl" init "$demo" --base-port "$port"
fi

title "Core and Edge"
mkdir -p "$demo/log"
echo "$ $kcm_bin/kcmd --config $demo/core.yaml &"
kcm_start Core "$demo/core.yaml" $((port + 2)) "$demo/log/core.log" || broken "starting Core"
echo "$ $kcm_bin/kcmd --config $demo/edge.yaml &"
kcm_start Edge "$demo/edge.yaml" $((port + 8)) "$demo/log/edge.log" || broken "starting Edge"
echo "both are ready"

admin=("$ctl" kmip --server "127.0.0.1:$port" --identity "$demo/pki/acme-admin" --trust "$demo/pki/ca.pem")
app=("$ctl" kmip --server "127.0.0.1:$((port + 6))" --identity "$demo/pki/acme-app" --trust "$demo/pki/ca.pem")
suffix=$(date +%H%M%S)

title "At Core, tenant acme's administrator makes a key-encryption key (L3)"
ask unique_identifier "${admin[@]}" create --algorithm AES --length 256 --name "payments-kek-$suffix"
kek=$answer
say "${admin[@]}" activate "$kek"

title "At Edge, an application makes a data key (L4) and uses it"
ask unique_identifier "${app[@]}" create --algorithm AES --length 256 --name "orders-key-$suffix"
key=$answer
say "${app[@]}" activate "$key"
text="order 4711: 3 boxes"
ask data "${app[@]}" encrypt "$key" --mode GCM --text "$text"
data=$answer
ask data "${app[@]}" decrypt "$key" --mode GCM --iv "$(value iv <<<"$said")" --tag "$(value tag <<<"$said")" --hex "$data"
[ "$(unhex "$answer")" = "$text" ] || broken "$step (what was decrypted is not what was encrypted)"
echo "(decrypted: $(unhex "$answer"))"

title "It can fetch that key, and find it by name"
say "${app[@]}" get "$key"
ask unique_identifiers "${app[@]}" locate --name "orders-key-$suffix"
[[ $answer == *"$key"* ]] || broken "$step (Locate did not find $key)"

title "It can use the L3 key through Edge: Core does the work, the key never leaves it"
ask data "${app[@]}" encrypt "$kek" --mode GCM --text "$text"
data=$answer
ask data "${app[@]}" decrypt "$kek" --mode GCM --iv "$(value iv <<<"$said")" --tag "$(value tag <<<"$said")" --hex "$data"
[ "$(unhex "$answer")" = "$text" ] || broken "$step (what was decrypted is not what was encrypted)"

title "It cannot have the L3 key, and neither can the administrator"
deny "${app[@]}" get "$kek"
deny "${admin[@]}" get "$kek"

title "Destroy needs a revoked key"
say "${app[@]}" revoke "$key" --reason unspecified
say "${app[@]}" destroy "$key"

title "The audit logs prove what happened"
for side in core edge; do
    say "$ctl" audit verify "$demo/data/$side-audit.jsonl" --key "$demo/data/$side-audit.pub"
done
printf '$ %s | tail -n 6\n' "$(quoted "$ctl" audit show "$demo/data/edge-audit.jsonl")"
"$ctl" audit show "$demo/data/edge-audit.jsonl" | tail -n 6 || broken "$step"

title "Your own KMIP client"
cat <<TEXT
  server       127.0.0.1 port $((port + 6)) (KMIP 1.0 to 1.4 over TLS), https://127.0.0.1:$((port + 7))/kmip
  certificate  $demo/pki/acme-app.pem
  key          $demo/pki/acme-app.key
  trust        $demo/pki/ca.pem
  logs         $demo/log/core.log, $demo/log/edge.log
TEXT

if [ "$stay" = 1 ]; then
    printf '\nCore and Edge stay up; Ctrl-C stops them.\n'
    wait -n || true
    broken "staying up: a daemon ended by itself; see $demo/log"
fi
