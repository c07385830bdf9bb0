#!/usr/bin/env bash
# Runs every test and prints one last line: N passed, N failed. With CI=true a skipped test is a failed one.
# KCM_BIN points at other binaries for the end-to-end tests; the default is the debug build.
set -uo pipefail
cd "$(dirname "$0")/.."

for tool in swift python3 openssl; do
    command -v "$tool" >/dev/null || { echo "test: $tool is missing; run make deps" >&2; exit 1; }
done
[ -x .venv/bin/pytest ] || { echo "test: .venv is missing; run make deps" >&2; exit 1; }

# Where the tables of the standard are at hand, what was generated from them has to be fresh.
if [ -f ../shared/kmip/tags.csv ]; then
    python3 scripts/generate-kmip-tables.py --check ../shared/kmip || { echo "0 passed, 1 failed (Sources/KMIP/Generated is stale)"; exit 1; }
fi

results=.build/test-results
rm -rf "$results"
mkdir -p "$results"

swift build --build-tests || { echo "0 passed, 1 failed (the build)"; exit 1; }
bin=$(swift build --show-bin-path)

# The suites about plugins wait for compilers, processes and disks on the threads that all tests of a program share: apart from the others, which
# measure time.
plugins='KCMPlugin(Host|Kit)Tests'
swift_status=0
swift test --skip-build --skip "$plugins" --xunit-output "$results/swift.xml" || swift_status=$?
swift test --skip-build --filter "$plugins" --xunit-output "$results/plugins.xml" || swift_status=$?

# Settings from the caller's environment would reach the daemons under test.
unset KCM_PLUGIN_PATH
KCM_BIN=${KCM_BIN:-$bin} .venv/bin/pytest -q -ra --junitxml "$results/end-to-end.xml" Tests/EndToEnd "$@"
python_status=$?

exec .venv/bin/python scripts/summary.py "$results" "swift test=$swift_status" "pytest=$python_status"
