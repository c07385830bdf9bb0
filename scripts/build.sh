#!/usr/bin/env bash
# Release build, copied into dist/ so that it runs on a machine without Swift:
#   dist/bin              kcmd, kcmctl, kcm-plugin-exercise (which kcmctl plugin check runs)
#   dist/lib/kcm          the Swift runtime libraries that they need
#   dist/lib/kcm/plugins  the shipped plugins
#   dist/include          the plugin header; dist/lib/pkgconfig says how to build against it
set -euo pipefail
cd "$(dirname "$0")/.."

# One dynamic runtime for the daemon and any Swift plugin; $ORIGIN keeps dist/ movable. The second path serves plugins.
flags=(
    -c release
    -Xswiftc -no-toolchain-stdlib-rpath
    -Xlinker -rpath -Xlinker '$ORIGIN/../lib/kcm'
    -Xlinker -rpath -Xlinker '$ORIGIN/..'
)
swift build "${flags[@]}"
built=$(swift build "${flags[@]}" --show-bin-path)
runtime=$(swift -print-target-info | python3 -c 'import json, sys; print(json.load(sys.stdin)["paths"]["runtimeLibraryPaths"][0])')
[ -d "$runtime" ] || { echo "build: the Swift runtime folder was not found" >&2; exit 1; }

mkdir -p dist/bin dist/lib/kcm/plugins dist/include
# Without what only a debugger reads, two thirds of their size; names of functions stay, for backtraces and perf. Moved into place: a
# running daemon keeps its old file.
for program in kcmd kcmctl kcm-plugin-exercise; do
    objcopy --strip-debug "$built/$program" "dist/bin/.$program"
    mv -f "dist/bin/.$program" "dist/bin/$program"
done
install -m 755 "$built"/libkcm-*.so dist/lib/kcm/plugins/
scripts/install-sdk.sh dist

# Every runtime library that is needed, directly or by another.
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
queue=(dist/bin/kcmd dist/bin/kcmctl dist/bin/kcm-plugin-exercise dist/lib/kcm/plugins/*.so)
declare -A seen=()
while [ ${#queue[@]} -gt 0 ]; do
    file=${queue[0]}
    queue=("${queue[@]:1}")
    for name in $(needed "$file"); do
        [ -z "${seen[$name]:-}" ] && [ -e "$runtime/$name" ] || continue
        seen[$name]=1
        install -m 755 "$runtime/$name" dist/lib/kcm/
        queue+=("$runtime/$name")
    done
done

if env -u LD_LIBRARY_PATH ldd dist/bin/kcmd dist/bin/kcmctl dist/bin/kcm-plugin-exercise | grep -F 'not found'; then
    echo "build: dist/ lacks the libraries above" >&2
    exit 1
fi
printf 'build: dist/ is ready (%s)\n' "$(du -sh dist | cut -f1)"
