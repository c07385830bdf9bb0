#!/usr/bin/env bash
# Builds with a sanitizer in a folder of its own and runs the Swift suites and the end-to-end tests against that.
# usage: sanitize.sh thread|address [PYTEST-ARGUMENT...]
# A finding fails the run: daemons under test write theirs to .build-SANITIZER/reports.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
    thread | address) kind=$1 ;;
    *) echo "usage: sanitize.sh thread|address [PYTEST-ARGUMENT...]" >&2; exit 2 ;;
esac
shift
scratch=.build-$([ "$kind" = thread ] && echo tsan || echo asan)
reports=$PWD/$scratch/reports
rm -rf "$reports"
mkdir -p "$reports"

# What is fetched already is not fetched again.
if [ ! -e "$scratch/workspace-state.json" ] && [ -e .build/workspace-state.json ]; then
    cp -a .build/checkouts .build/repositories .build/workspace-state.json "$scratch/"
fi
swift build --sanitize "$kind" --scratch-path "$scratch" --build-tests

# A finding ends with this status; leaks are not looked for, since Swift's runtime and OpenSSL keep what they allocate once until the end.
export TSAN_OPTIONS="exitcode=66:suppressions=$PWD/scripts/tsan.supp:log_path=$reports/thread"
export ASAN_OPTIONS="exitcode=66:detect_leaks=0:log_path=$reports/address"
# Set at all, it makes the daemon leave the handlers of crashes alone: they are the sanitizer's.
export SWIFT_BACKTRACE=enable=no
# The kit starts a process for every check and has a memory check of its own; both are no use under another sanitizer.
swift test --skip-build --sanitize "$kind" --scratch-path "$scratch" --skip 'KCMPluginKitTests|PKCS11ProcessTests' || status=$?
unset KCM_PLUGIN_PATH
# A sanitizer keeps what is freed for a while, unwiped. Plugins of other compilers are built without the sanitizer and cannot be checked; the compiled SDK examples are built anew by their test.
KCM_BIN=$scratch/debug .venv/bin/pytest -q -ra Tests/EndToEnd --ignore Tests/EndToEnd/test_sdk.py --ignore Tests/EndToEnd/test_quickstart.py \
    --deselect Tests/EndToEnd/test_memory.py::test_no_key_is_in_a_dump_that_root_makes \
    --deselect Tests/EndToEnd/test_memory.py::test_a_destroyed_key_is_nowhere "$@" || status=$?

found=$(find "$reports" -type f -size +0 | wc -l)
if [ "$found" -gt 0 ]; then
    cat "$reports"/*
    echo "$found reports in $scratch/reports"
    exit 1
fi
exit "${status:-0}"
