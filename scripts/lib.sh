# Starts and stops a Core and an Edge for the scripts beside this file. Sourced, not run.

# The folder of the binaries: $KCM_BIN, or dist/bin.
kcm_bin=${KCM_BIN:-dist/bin}
kcm_pids=()
# These are for the scripts; the daemons refuse KCM_ variables that they do not know.
unset KCM_BIN

# kcm_start NAME CONFIG ADMIN-PORT LOG: starts a daemon and waits until it is ready; on failure shows its log.
kcm_start() {
    local name=$1 config=$2 port=$3 log=$4 pid
    if kcm_ready "$port"; then
        printf 'another daemon serves port %s already; stop it, or choose other ports\n' "$port" >&2
        return 1
    fi
    "$kcm_bin/kcmd" --config "$config" >"$log" 2>&1 &
    pid=$!
    kcm_pids+=("$pid")
    for _ in $(seq 1 150); do
        if ! kill -0 "$pid" 2>/dev/null; then
            printf '%s ended before it was ready; the end of %s:\n' "$name" "$log" >&2
            tail -n 20 "$log" >&2
            return 1
        fi
        if kcm_ready "$port"; then return 0; fi
        sleep 0.1
    done
    printf '%s was not ready within 15 seconds; the end of %s:\n' "$name" "$log" >&2
    tail -n 20 "$log" >&2
    return 1
}

# Whether the admin port answers 200 on /readyz. Needs nothing but bash.
kcm_ready() {
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    IFS= read -r -t 2 line <&3
    exec 3>&-
    [[ $line == HTTP/1.1\ 200* ]]
} 2>/dev/null

# Stops what kcm_start started, the last one first.
kcm_stop() {
    local i
    for ((i = ${#kcm_pids[@]} - 1; i >= 0; i--)); do
        kill -TERM "${kcm_pids[i]}" 2>/dev/null || true
        wait "${kcm_pids[i]}" 2>/dev/null || true
    done
    kcm_pids=()
    return 0
}
