#!/usr/bin/env bash
# Builds with a sanitizer in a folder of its own and runs the Swift suites and the end-to-end tests against that.
# usage: sanitize.sh thread|address [PYTEST-ARGUMENT...]
# A finding fails the run: every process under test writes its own to .build-SANITIZER/reports. What else was said is in .build-SANITIZER/results.
# KCM_TEST_JOBS says how many files of end-to-end tests run at a time; the default is 2, since most of their time is waiting.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
    thread | address) kind=$1 ;;
    *) echo "usage: sanitize.sh thread|address [PYTEST-ARGUMENT...]" >&2; exit 2 ;;
esac
shift
scratch=$PWD/.build-$([ "$kind" = thread ] && echo tsan || echo asan)
reports=$scratch/reports
results=$scratch/results
sources=$PWD/scripts/sanitizers
rm -rf "$reports" "$results"
mkdir -p "$reports" "$results"
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang

# A finding ends with this status; leaks are not looked for, since Swift's runtime and OpenSSL keep what they allocate once until the end.
export TSAN_OPTIONS="exitcode=66:suppressions=$sources/tsan.supp"
export ASAN_OPTIONS="exitcode=66:detect_leaks=0"
preload=()

# What the sanitizer does with a program of `scripts/sanitizers`: "clean" or "reported".
verdict() {
    local status=0
    swiftc -sanitize="$kind" -g "$sources/$1.swift" -o "$scratch/check-$1" 2>"$scratch/check-$1.log" || { cat "$scratch/check-$1.log" >&2; exit 1; }
    env "${preload[@]}" "$scratch/check-$1" >"$scratch/check-$1.log" 2>&1 || status=$?
    case $status in
        0) echo clean ;;
        66) echo reported ;;
        *) echo "ended with $status" ;;
    esac
}

# A run that sees nothing, or one that sees what is not there, says so before hours are spent on it.
expect() {
    local got
    got=$(verdict "$1")
    [ "$got" = "$2" ] || { cat "$scratch/check-$1.log" >&2; echo "sanitize: $1.swift should be $2 and is: $got" >&2; exit 1; }
}

# C programs of the tests that load a built plugin need the runtime that the plugin was built for.
compiler="$clang -fsanitize=$kind"
if [ "$kind" = thread ]; then
    # It reaches Python and the compilers too, where it finds no sanitizer and does nothing.
    "$clang" -shared -fPIC -O1 -Wall -Wextra "$sources/tsan-mutex.c" -o "$scratch/libtsan-mutex.so"
    preload=(LD_PRELOAD="$scratch/libtsan-mutex.so")
    expect mutex clean
    expect race reported
    # Swift's build of this runtime knows libdispatch.
    swift_libraries=$(swift -print-target-info | python3 -c 'import json, sys; print(json.load(sys.stdin)["paths"]["runtimeLibraryPaths"][0])')
    compiler+=" -L$swift_libraries -ldispatch -lBlocksRuntime -Wl,-rpath,$swift_libraries"
else
    expect overrun reported
fi

# What is fetched already is not fetched again.
if [ ! -e "$scratch/workspace-state.json" ] && [ -e .build/workspace-state.json ]; then
    cp -a .build/checkouts .build/repositories .build/workspace-state.json "$scratch/"
fi
swift build --sanitize "$kind" --scratch-path "$scratch" --build-tests

TSAN_OPTIONS+=:log_path=$reports/thread
ASAN_OPTIONS+=:log_path=$reports/address
# Set at all, it makes the daemon leave the handlers of crashes alone: they are the sanitizer's.
export SWIFT_BACKTRACE=enable=no
# Waits are longer, and repetition is less, by about what the sanitizer costs.
export KCM_TEST_SLOWDOWN=5 KCM_FUZZ_INPUTS=1000 KCM_CRASH_ROUNDS=2 KCM_KIT_ROUNDS=3
export KCM_TEST_CC=$compiler

# Left out, each with its reason:
# - KCMPluginKitTests: a process for every check of every fault, by plugins of gcc that are not instrumented; test_keystores.py runs the kit.
# - PKCS11ProcessTests: driver and plugin are built by gcc, partly to run in valgrind; PKCS11StoreTests has the instrumented plugin.
# - DifferentialStoreTests/itTouchesNoStrayMemory: runs the plugins in valgrind.
# - SecretBytesTests/locked: both sanitizers turn mlock into nothing.
skipped_suites='KCMPluginKitTests|PKCS11ProcessTests|DifferentialStoreTests/itTouchesNoStrayMemory|SecretBytesTests/locked'
plugins='KCMPluginHostTests'
statuses=()
test_suites() {
    local name=$1 status=0
    shift
    env "${preload[@]}" swift test --skip-build --sanitize "$kind" --scratch-path "$scratch" --xunit-output "$results/$name.xml" "$@" || status=$?
    statuses+=("$name=$status")
}
test_suites swift --skip "$plugins|$skipped_suites"
test_suites plugins --filter "$plugins" --skip "$skipped_suites"

# - test_sdk.py, test_quickstart.py: build or take binaries of their own.
# - test_memory.py: dumps the whole memory of daemons, which has terabytes of shadow here, and looks at locked memory.
# - test_allocations.py: counts by a malloc of its own.
# - test_hostile_values.py: what it asserts is how long arithmetic takes.
ignored='test_(sdk|quickstart|memory|allocations|hostile_values)\.py$'
# - test_too_little_locked_memory: mlock, again.
deselected=(--deselect test_resources.py::test_too_little_locked_memory_is_said_at_start)
if [ "$kind" = thread ]; then
    # - With this one the client that measures is as slow as the daemon, and its own waits are what it measures.
    deselected+=(--deselect test_limits.py::test_a_flood_of_one_tenant_is_not_felt_by_another)
else
    # - This one keeps what is freed for a while, to find its use.
    deselected+=(--deselect test_limits.py::test_messages_that_are_not_whole_take_bounded_memory)
fi
unset KCM_PLUGIN_PATH

# One file of end-to-end tests; where it fails, all that it said.
end_to_end() {
    local name status=0
    name=$(basename "$1" .py)
    env "${preload[@]}" KCM_BIN="$scratch/debug" .venv/bin/pytest -q -ra --junitxml "$results/$name.xml" "$1" "${deselected[@]}" "${@:2}" \
        >"$results/$name.log" 2>&1 || status=$?
    # None of a file's tests was asked for.
    [ "$status" -ne 5 ] || status=0
    [ "$status" -eq 0 ] || cat "$results/$name.log"
    echo "$name: $(tail -n 1 "$results/$name.log")"
    echo "$name=$status" >>"$results/statuses"
}

# The large files first, so that none is left for the end.
for file in $(ls -S Tests/EndToEnd/test_*.py | grep -Ev "$ignored"); do
    while [ "$(jobs -rp | wc -l)" -ge "${KCM_TEST_JOBS:-2}" ]; do sleep 0.2; done
    end_to_end "$file" "$@" &
done
wait
mapfile -t -O "${#statuses[@]}" statuses <"$results/statuses"

found=$(find "$reports" -type f -size +0 | wc -l)
if [ "$found" -gt 0 ]; then
    cat "$reports"/*
    echo "$found reports in $reports"
fi
exec .venv/bin/python scripts/summary.py "$results" "${statuses[@]}" "reports=$found"
